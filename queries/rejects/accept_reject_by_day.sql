/* ---
title = "Accepted and rejected flows by day"
description = "Flows, packets and bytes, accepted and rejected, per UTC day on which they start, and the share of flows that was rejected. An accepted flow between two of your interfaces counts twice, a rejected one once."
tags = ["rejects", "day", "trend"]
since = "14d"
--- */
SELECT
  date_format(start_time, '%Y-%m-%d') AS day,
  count_if(action = 'ACCEPT') AS accepted_flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(CASE WHEN action = 'ACCEPT' THEN packets ELSE 0 END) AS accepted_packets,
  sum(CASE WHEN action = 'REJECT' THEN packets ELSE 0 END) AS rejected_packets,
  sum(CASE WHEN action = 'ACCEPT' THEN bytes ELSE 0 END) AS accepted_bytes,
  sum(CASE WHEN action = 'REJECT' THEN bytes ELSE 0 END) AS rejected_bytes,
  CAST(100e0 * count_if(action = 'REJECT') / count(*) AS decimal(5, 2)) AS rejected_percent
FROM flow_logs
WHERE action IN ('ACCEPT', 'REJECT')
GROUP BY date_format(start_time, '%Y-%m-%d')
ORDER BY day
