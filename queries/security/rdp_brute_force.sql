/* ---
title = "Sources that tried RDP again and again"
description = "Short TCP flows to the RDP port per source and target: connections (distinct source ports) in the intervals that have at least min_connections of them. A long session counts once, however many records it has. Rejected flows never reached the server; those that were accepted come first. A flow recorded by two interfaces counts twice, but once in connections. Expect deployment tools and monitoring."
tags = ["security", "rdp", "brute force"]
since = "7d"

[params.port]
type = "port"
default = 3389
help = "RDP port"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.min_connections]
type = "int"
default = 20
min = 1
help = "Least number of connections in an interval"

[params.max_packets]
type = "int"
default = 60
min = 1
help = "Most packets a flow may have"

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
x = ["srcaddr", "dstaddr"]
y = ["accepted_flows", "rejected_flows"]
--- */
WITH intervals AS (
  SELECT
    "start" / (60 * {{ minutes }}) AS interval_number,
    srcaddr,
    dstaddr,
    count(DISTINCT srcport) AS connections,
    count_if(action = 'ACCEPT') AS accepted_flows,
    count_if(action = 'REJECT') AS rejected_flows,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs
  WHERE protocol = 6
    AND dstport = {{ port }}
    AND packets <= {{ max_packets }}
    AND action IN {{ actions }}
  GROUP BY 1, 2, 3
  HAVING count(DISTINCT srcport) >= {{ min_connections }}
)
SELECT
  srcaddr,
  dstaddr,
  sum(connections) AS connections,
  max(connections) AS most_connections,
  count(*) AS intervals,
  sum(accepted_flows) AS accepted_flows,
  sum(rejected_flows) AS rejected_flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM intervals
GROUP BY srcaddr, dstaddr
ORDER BY accepted_flows DESC, connections DESC, srcaddr, dstaddr
LIMIT {{ limit }}
