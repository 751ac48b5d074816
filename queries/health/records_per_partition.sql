/* ---
title = "Records per account, Region and day"
description = "Records, interfaces and bytes in each day folder, of the records that start in the window: the folder after its last day has the late ones only. A day without records has no row."
tags = ["health", "partitions", "coverage"]
since = "7d"

[params.limit]
type = "int"
default = 1000
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "day"
y = "aws_region"
color = "records"
--- */
SELECT
  aws_account,
  aws_region,
  day,
  count(*) AS records,
  count_if(log_status = 'OK') AS flows,
  count(DISTINCT interface_id) AS interfaces,
  sum(bytes) AS bytes
FROM flow_logs
GROUP BY aws_account, aws_region, day
ORDER BY aws_account, aws_region, day
LIMIT {{ limit }}
