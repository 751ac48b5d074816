/* ---
title = "Metric: bytes by direction and 15 minutes"
description = "Bytes of accepted flows per direction, as seen from the interface, and 15 minutes, for CloudWatch. A flow belongs to the 15 minutes in which it starts; a flow between two interfaces of yours counts once in each direction."
tags = ["metric", "traffic", "direction"]
since = "1d"

[metric]
bucket = "bucket_start"
period = "15m"

[metric.values]
bytes = { name = "Bytes", unit = "Bytes" }

[metric.dimensions]
flow_direction = ["ingress", "egress"]

[chart]
kind = "line"
x = "bucket_start"
y = "bytes"
color = "flow_direction"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start,
  flow_direction,
  sum(bytes) AS bytes
FROM flow_logs
WHERE action = 'ACCEPT'
GROUP BY "start" - "start" % 900, flow_direction
ORDER BY bucket_start, flow_direction
