/* ---
title = "Flows that moved the most bytes"
description = "Bytes per flow, one direction of a connection, summed over all of its records: AWS cuts a long transfer into records of at most ten minutes. A flow that several interfaces recorded counts once, where most bytes were seen; connections that use the same ports again are one flow. last_seen is the end of its last record. Backups and replication are expected."
tags = ["security", "exfiltration", "bytes"]
since = "7d"

[params.min_bytes]
type = "int"
default = 500000000
min = 0
help = "Least number of bytes"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "bytes"
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
  round(1e0 * max(bytes) / greatest(max(last_second) - min(first_second), 1), 2) AS bytes_per_second,
  CAST(from_unixtime(min(first_second)) AS timestamp) AS first_seen,
  CAST(from_unixtime(max(last_second)) AS timestamp) AS last_seen
FROM recorded
GROUP BY 1, 2, 3, 4, 5
HAVING max(bytes) >= {{ min_bytes }}
ORDER BY bytes DESC, srcaddr, srcport, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
