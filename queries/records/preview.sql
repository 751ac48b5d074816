/* ---
title = "The first records of the window"
description = "Whole records in order of their start, every field the log has, with NODATA and SKIPDATA records."
tags = ["records", "preview"]
since = "1d"

[params.limit]
type = "int"
default = 10
min = 1
help = "Rows"
--- */
SELECT *
FROM flow_logs
ORDER BY
  start_time, end_time, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr, dstport,
  protocol, packets, bytes, action
LIMIT {{ limit }}
