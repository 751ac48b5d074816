/* ---
title = "Metric: rejected TCP per 15 minutes"
description = "Rejected TCP flows and their packets per 15 minutes, for CloudWatch. A flow belongs to the 15 minutes in which it starts; each counts once, where it was refused."
tags = ["metric", "rejects", "tcp"]
since = "1d"

[metric]
bucket = "bucket_start"
period = "15m"

[metric.values]
flows = { name = "RejectedTcpFlows", unit = "Count" }
packets = { name = "RejectedTcpPackets", unit = "Count" }

[chart]
kind = "line"
x = "bucket_start"
y = "flows"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start,
  count(*) AS flows,
  sum(packets) AS packets
FROM flow_logs
WHERE action = 'REJECT' AND protocol = 6
GROUP BY "start" - "start" % 900
ORDER BY bucket_start
