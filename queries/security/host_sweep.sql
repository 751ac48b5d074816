/* ---
title = "Sources that tried one port on many targets"
description = "Distinct targets per source, protocol and destination port in an interval. A server's answers do not count: a flow from a lower port to a port of 1024 or more is taken for one. A flow recorded by two interfaces counts twice in flows. Expect monitoring, health checks, backup and configuration management; common client ports are left out by default."
tags = ["security", "scan", "sweep", "reconnaissance"]
since = "7d"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.min_targets]
type = "int"
default = 25
min = 1
help = "Least number of distinct targets"

[params.ignore_ports]
type = "list[port]"
default = [53, 80, 123, 443]
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
x = ["srcaddr", "dstport", "interval_start"]
y = "targets"
--- */
SELECT
  CAST(from_unixtime("start" / (60 * {{ minutes }}) * (60 * {{ minutes }})) AS timestamp)
    AS interval_start,
  srcaddr,
  protocol_name,
  dstport,
  count(DISTINCT dstaddr) AS targets,
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
GROUP BY 1, 2, 3, 4
HAVING count(DISTINCT dstaddr) >= {{ min_targets }}
ORDER BY targets DESC, interval_start, srcaddr, dstport, protocol_name
LIMIT {{ limit }}
