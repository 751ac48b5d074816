/* ---
title = "Records by the length of their aggregation interval"
description = "Flows by the length of their record, from its first to its last packet. AWS aggregates for one or ten minutes at most, as the flow log is set; at Nitro instances it is always one."
tags = ["health", "aggregation"]
since = "1d"

[chart]
kind = "bar"
x = "length"
y = "flows"
--- */
SELECT
  CASE
    WHEN "end" - "start" <= 60 THEN 'up to 1 minute'
    WHEN "end" - "start" <= 600 THEN 'up to 10 minutes'
    ELSE 'longer'
  END AS length,
  count(*) AS flows,
  count(DISTINCT interface_id) AS interfaces,
  min("end" - "start") AS shortest_seconds,
  max("end" - "start") AS longest_seconds
FROM flow_logs
WHERE log_status = 'OK' AND "end" IS NOT NULL
GROUP BY 1
ORDER BY longest_seconds
