/* ---
title = "Sources that probed many ports of one target"
description = "Distinct destination ports per source, target and protocol in an interval. A server's answers do not count: a flow from a lower port to a port of 1024 or more is taken for one, and of two directions between the same hosts only that with more ports is shown. A flow recorded by two interfaces counts twice in flows. A scan from a low source port to high ports is therefore missed. Expect monitoring, traceroute, passive FTP and Windows RPC."
tags = ["security", "scan", "reconnaissance"]
since = "7d"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.min_ports]
type = "int"
default = 10
min = 1
help = "Least number of distinct destination ports"

[params.ignore_ports]
type = "list[port]"
default = [53, 80, 123, 443, 445, 853, 2049]
help = "Destination ports to leave out"

[params.actions]
type = "list[choice]"
default = ["ACCEPT", "REJECT"]
choices = ["ACCEPT", "REJECT"]
help = "Whether accepted flows count, rejected ones, or both"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "interval_start"]
y = "ports"
--- */
WITH attempts AS (
  SELECT
    "start" / (60 * {{ minutes }}) AS interval_number,
    srcaddr,
    dstaddr,
    protocol,
    protocol_name,
    count(DISTINCT dstport) AS ports,
    count(*) AS flows,
    count_if(action = 'REJECT') AS rejected_flows,
    sum(packets) AS packets,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs
  WHERE protocol IN (6, 17)
    AND action IN {{ actions }}
    AND dstport NOT IN {{ ignore_ports }}
    AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  GROUP BY 1, 2, 3, 4, 5
),
directions AS (
  SELECT
    *,
    max(ports) OVER (
      PARTITION BY
        interval_number, protocol, least(srcaddr, dstaddr), greatest(srcaddr, dstaddr)
    ) AS most_ports
  FROM attempts
)
SELECT
  CAST(from_unixtime(interval_number * (60 * {{ minutes }})) AS timestamp) AS interval_start,
  srcaddr,
  dstaddr,
  protocol_name,
  ports,
  flows,
  rejected_flows,
  packets,
  first_seen,
  last_seen
FROM directions
WHERE ports >= {{ min_ports }} AND ports = most_ports
ORDER BY ports DESC, interval_start, srcaddr, dstaddr, protocol
LIMIT {{ limit }}
