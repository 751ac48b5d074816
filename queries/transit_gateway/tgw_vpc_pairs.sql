/* ---
title = "Traffic between VPCs through transit gateways"
description = "Flows, packets and bytes per source and destination VPC with their accounts. A flow counts once, where it enters the transit gateway (ingress); a VPC that is NULL is none: a VPN, Direct Connect or another gateway. For flow logs of transit gateways."
tags = ["traffic", "transit gateway", "vpc"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "tgw_dst_vpc_id"
y = "tgw_src_vpc_id"
color = "bytes"
--- */
SELECT
  tgw_src_vpc_account_id,
  tgw_src_vpc_id,
  tgw_dst_vpc_account_id,
  tgw_dst_vpc_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM flow_logs
WHERE flow_direction = 'ingress'
  AND log_status = 'OK'
GROUP BY tgw_src_vpc_account_id, tgw_src_vpc_id, tgw_dst_vpc_account_id, tgw_dst_vpc_id
ORDER BY bytes DESC, tgw_src_vpc_id, tgw_dst_vpc_id
LIMIT {{ limit }}
