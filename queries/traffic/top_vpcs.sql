/* ---
title = "VPCs with the most traffic"
description = "Accepted flows, packets and bytes per VPC, sent and received together. Each record counts at the interface that recorded it, so a flow between two interfaces of one VPC counts twice."
tags = ["traffic", "vpcs"]
since = "7d"

[params.by]
type = "choice"
choices = ["bytes", "packets", "flows"]
default = "bytes"
help = "What the rows are ranked by"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "vpc_id"
y = "bytes"
--- */
SELECT
  aws_account,
  aws_region,
  vpc_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT subnet_id) AS subnets,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT' AND vpc_id IS NOT NULL
GROUP BY aws_account, aws_region, vpc_id
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  aws_account, aws_region, vpc_id
LIMIT {{ limit }}
