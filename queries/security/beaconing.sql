/* ---
title = "Hosts that call the internet at regular intervals"
description = "Accepted connections from inside to a public address and port whose starts are evenly spaced: their number, the mean interval, and its coefficient of variation (standard deviation over mean; 0 is a clock). A connection is a source port and counts from its first record, so that a long one is no beacon. UDP from a fixed port is missed. Behind a NAT gateway, the gateway's address appears beside the sender's. Expect updates, telemetry and monitoring."
tags = ["security", "beaconing", "command and control", "internet"]
since = "1d"

[params.min_connections]
type = "int"
default = 20
min = 1
help = "Least number of connections"

[params.max_cv]
type = "number"
default = 0.2
min = 0
help = "Largest coefficient of variation of the intervals"

[params.min_seconds]
type = "int"
default = 30
min = 1
help = "Least mean interval in seconds"

[params.ignore_ports]
type = "list[port]"
default = [53, 123]
help = "Destination ports to leave out"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "connections"
--- */
WITH connections AS (
  SELECT
    srcaddr,
    dstaddr,
    protocol_name,
    dstport,
    srcport,
    min("start") AS first_second
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND NOT src_public
    AND dst_public
    AND dstport NOT IN {{ ignore_ports }}
    AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  GROUP BY 1, 2, 3, 4, 5
),
gaps AS (
  SELECT
    *,
    first_second - lag(first_second) OVER (
      PARTITION BY srcaddr, dstaddr, protocol_name, dstport ORDER BY first_second, srcport
    ) AS gap
  FROM connections
)
SELECT
  srcaddr,
  dstaddr,
  protocol_name,
  dstport,
  count(*) AS connections,
  round(avg(gap), 1) AS mean_seconds,
  round(stddev_pop(gap) / nullif(avg(gap), 0), 3) AS variation,
  min(gap) AS least_seconds,
  max(gap) AS most_seconds,
  CAST(from_unixtime(min(first_second)) AS timestamp) AS first_seen,
  CAST(from_unixtime(max(first_second)) AS timestamp) AS last_seen
FROM gaps
GROUP BY 1, 2, 3, 4
HAVING count(*) >= {{ min_connections }}
  AND avg(gap) >= {{ min_seconds }}
  AND stddev_pop(gap) <= {{ max_cv }} * avg(gap)
ORDER BY variation, connections DESC, srcaddr, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
