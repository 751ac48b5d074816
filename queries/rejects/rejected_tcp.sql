/* ---
title = "Rejected TCP flows with their day of the week"
description = "The latest rejected TCP flows, one row a record; day_of_week is 1 for Monday to 7 for Sunday, UTC."
tags = ["rejects", "tcp"]
aliases = ["VpcFlowLogsRejectedTCPTraffic"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"
--- */
SELECT
  start_time,
  day_of_week(start_time) AS day_of_week,
  date_format(start_time, '%W') AS weekday,
  aws_account,
  aws_region,
  interface_id,
  srcaddr,
  srcport,
  dstaddr,
  dstport,
  packets,
  bytes
FROM flow_logs
WHERE action = 'REJECT' AND protocol = 6
ORDER BY
  start_time DESC, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr, dstport,
  packets, bytes
LIMIT {{ limit }}
