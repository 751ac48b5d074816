/* ---
title = "Metric: SKIPDATA records per 15 minutes"
description = "SKIPDATA records per 15 minutes, for CloudWatch: each can stand for many flows that AWS could not record, so that the other metrics of these minutes are too low. A record belongs to the 15 minutes in which it starts."
tags = ["metric", "health", "skipdata"]
since = "1d"

[metric]
bucket = "bucket_start"
period = "15m"

[metric.values]
records = { name = "SkippedRecords", unit = "Count" }

[chart]
kind = "line"
x = "bucket_start"
y = "records"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start,
  count(*) AS records
FROM flow_logs
WHERE log_status = 'SKIPDATA'
GROUP BY "start" - "start" % 900
ORDER BY bucket_start
