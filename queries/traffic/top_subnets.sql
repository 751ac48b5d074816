/* ---
title = "Subnets with the most traffic"
description = "Accepted flows, packets and bytes per subnet, sent and received together. Each record counts at the interface that recorded it, so a flow between two interfaces of one subnet counts twice."
aliases = ["VpcFlowLogsTopTalkingSubnets"]
tags = ["traffic", "subnets"]
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
x = "subnet_id"
y = "bytes"
--- */
SELECT
  aws_account,
  aws_region,
  subnet_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT' AND subnet_id IS NOT NULL
GROUP BY aws_account, aws_region, subnet_id
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  aws_account, aws_region, subnet_id
LIMIT {{ limit }}
