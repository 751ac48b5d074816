/* ---
title = "Metric: rejected SSH per 15 minutes"
description = "Rejected TCP flows to port 22 per 15 minutes, for CloudWatch. A flow belongs to the 15 minutes in which it starts; each counts once, where it was refused."
tags = ["metric", "rejects", "ssh"]
since = "1d"

[metric]
bucket = "bucket_start"
period = "15m"

[metric.values]
flows = { name = "SshRejects", unit = "Count" }

[chart]
kind = "line"
x = "bucket_start"
y = "flows"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start,
  count(*) AS flows
FROM flow_logs
WHERE action = 'REJECT' AND protocol = 6 AND dstport = 22
GROUP BY "start" - "start" % 900
ORDER BY bucket_start
