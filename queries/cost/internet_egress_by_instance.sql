/* ---
title = "Instances that send the most to the internet"
description = "Bytes that leave through an internet gateway, by instance and interface. Interfaces that AWS manages, such as those of NAT gateways, have no instance. What goes to addresses of AWS is counted apart and not priced: to services in the same Region it is mostly free, to EC2 addresses and other Regions it is not. An instance behind a NAT gateway is not here: see nat_gateway_senders."
tags = ["cost", "internet", "egress", "instances"]
since = "7d"

[params.price_usd_per_gb]
type = "number"
default = 0.09
min = 0
help = "US dollars per GB of 2^30 bytes; the default is the list price in us-east-1"

[params.limit]
type = "int"
default = 20
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["instance_id", "interface_id"]
y = "bytes"
--- */
SELECT
  instance_id,
  interface_id,
  count(*) AS flows,
  count(DISTINCT dstaddr) AS targets,
  sum(bytes) AS bytes,
  sum(CASE WHEN pkt_dst_aws_service IS NOT NULL THEN bytes ELSE 0 END) AS aws_service_bytes,
  CAST(sum(CASE WHEN pkt_dst_aws_service IS NULL THEN bytes ELSE 0 END) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS egress_usd
FROM flow_logs
WHERE action = 'ACCEPT' AND traffic_path IN (2, 8)
GROUP BY instance_id, interface_id
ORDER BY bytes DESC, instance_id, interface_id
LIMIT {{ limit }}
