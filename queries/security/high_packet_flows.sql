/* ---
title = "Flows with the most packets"
description = "Packets per flow, one direction of a connection, summed over all of its records; small packets at a high rate are typical of floods and tunnels. A flow that several interfaces recorded counts once, where most packets were seen; connections that use the same ports again are one flow. last_seen is the end of its last record. Backups, replication and streams are expected."
tags = ["security", "flood", "packets"]
since = "7d"

[params.min_packets]
type = "int"
default = 10000
min = 0
help = "Least number of packets"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "packets"
--- */
WITH recorded AS (
  SELECT
    srcaddr,
    srcport,
    dstaddr,
    dstport,
    protocol_name,
    interface_id,
    count(*) AS records,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    min("start") AS first_second,
    max("end") AS last_second
  FROM flow_logs
  WHERE action = 'ACCEPT'
  GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT
  srcaddr,
  srcport,
  dstaddr,
  dstport,
  protocol_name,
  count(*) AS interfaces,
  max(records) AS records,
  max(packets) AS packets,
  max(bytes) AS bytes,
  round(1e0 * max(packets) / greatest(max(last_second) - min(first_second), 1), 2) AS packets_per_second,
  round(1e0 * max(bytes) / greatest(max(packets), 1), 2) AS bytes_per_packet,
  CAST(from_unixtime(min(first_second)) AS timestamp) AS first_seen,
  CAST(from_unixtime(max(last_second)) AS timestamp) AS last_seen
FROM recorded
GROUP BY 1, 2, 3, 4, 5
HAVING max(packets) >= {{ min_packets }}
ORDER BY packets DESC, srcaddr, srcport, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
