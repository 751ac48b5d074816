/* ---
title = "AWS services that are reached through NAT gateways"
description = "Bytes through NAT gateways by the AWS service at the other end, sent and received, and what their processing costs; the rest of the internet is the row without a service. With interfaces, those of the NAT gateways, it counts their records towards the inside; without, the records of the interfaces that a NAT gateway is the next hop of (version 11). Either way a byte counts once, not on both sides of the gateway."
tags = ["cost", "nat gateway", "aws services"]
since = "7d"

[params.interfaces]
type = "list[text]"
required = false
help = "Interfaces of the NAT gateways; without them the log needs version 11"

[params.price_usd_per_gb]
type = "number"
default = 0.045
min = 0
help = "US dollars per GB of 2^30 bytes; the default is the list price in us-east-1"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "aws_service"
y = ["sent_bytes", "received_bytes"]
--- */
WITH legs AS (
{%- if interfaces %}
  SELECT
    CASE WHEN dstaddr <> pkt_dstaddr THEN 'sent' ELSE 'received' END AS direction,
    CASE WHEN dstaddr <> pkt_dstaddr THEN pkt_dst_aws_service ELSE pkt_src_aws_service END AS aws_service,
    CASE WHEN dstaddr <> pkt_dstaddr THEN pkt_srcaddr ELSE pkt_dstaddr END AS address,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND interface_id IN {{ interfaces }}
    AND (dstaddr <> pkt_dstaddr OR srcaddr <> pkt_srcaddr)
{%- else %}
  SELECT
    CASE WHEN flow_direction = 'egress' THEN 'sent' ELSE 'received' END AS direction,
    CASE WHEN flow_direction = 'egress' THEN pkt_dst_aws_service ELSE pkt_src_aws_service END AS aws_service,
    CASE WHEN flow_direction = 'egress' THEN pkt_srcaddr ELSE pkt_dstaddr END AS address,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND next_hop_interface_type IN ('nat_gateway', 'regional_nat_gateway')
    AND flow_direction IN ('egress', 'ingress')
{%- endif %}
)
SELECT
  aws_service,
  count(*) AS flows,
  count(DISTINCT address) AS sources,
  sum(CASE WHEN direction = 'sent' THEN bytes ELSE 0 END) AS sent_bytes,
  sum(CASE WHEN direction = 'received' THEN bytes ELSE 0 END) AS received_bytes,
  sum(bytes) AS bytes,
  CAST(sum(bytes) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS processing_usd
FROM legs
GROUP BY aws_service
ORDER BY bytes DESC, aws_service
LIMIT {{ limit }}
