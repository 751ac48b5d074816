/* ---
title = "Records in the folder of a later day"
description = "Records that lie in a later day's folder than the one they start on. Those that end after midnight belong there; the others were delivered late. A query reads one day beyond its window: later records are missed."
tags = ["health", "late", "delivery"]
since = "7d"

[params.limit]
type = "int"
default = 1000
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["start_day", "folder_day"]
y = ["across_midnight", "late"]
--- */
SELECT
  aws_account,
  aws_region,
  date_format(start_time, '%Y-%m-%d') AS start_day,
  day AS folder_day,
  count(*) AS records,
  count_if(date_format(end_time, '%Y-%m-%d') >= day) AS across_midnight,
  count_if(date_format(end_time, '%Y-%m-%d') < day) AS late
FROM flow_logs
WHERE date_format(start_time, '%Y-%m-%d') < day
GROUP BY aws_account, aws_region, date_format(start_time, '%Y-%m-%d'), day
ORDER BY start_day, folder_day, aws_account, aws_region
LIMIT {{ limit }}
