/* ---
title = "Where flows were lost: SKIPDATA by interface and hour"
description = "SKIPDATA records per network interface and hour (UTC). Each can stand for many flows that AWS could not record, so sums over these hours are too low."
tags = ["health", "skipdata"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "hour"
y = "interface_id"
color = "records"
--- */
SELECT
  interface_id,
  aws_account,
  aws_region,
  date_trunc('hour', start_time) AS hour,
  count(*) AS records
FROM flow_logs
WHERE log_status = 'SKIPDATA'
GROUP BY interface_id, aws_account, aws_region, date_trunc('hour', start_time)
ORDER BY records DESC, hour, interface_id, aws_account, aws_region
LIMIT {{ limit }}
