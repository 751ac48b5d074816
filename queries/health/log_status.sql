/* ---
title = "Records by log status"
description = "OK records are flows; NODATA: an interface without traffic; SKIPDATA: flows were lost, possibly many a record."
tags = ["health", "skipdata", "nodata"]
since = "7d"

[chart]
kind = "bar"
x = "log_status"
y = "records"
--- */
SELECT
  log_status,
  count(*) AS records,
  CAST(100e0 * count(*) / nullif(sum(count(*)) OVER (), 0) AS decimal(5, 2)) AS percent,
  count(DISTINCT interface_id) AS interfaces,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
GROUP BY log_status
ORDER BY records DESC, log_status
