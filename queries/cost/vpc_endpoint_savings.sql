/* ---
title = "What VPC endpoints would save"
description = "Bytes to and from AWS services through NAT gateways, what their processing costs there and what it would cost at an endpoint: nothing at the gateway endpoints of S3 and DynamoDB, a price per GB at the interface endpoints of other services, without their price per hour. An upper bound: the records do not say which Region a service's address is in, and AMAZON is any service. With interfaces, those of the NAT gateways, it counts their records towards the inside; without, the records of the interfaces that a NAT gateway is the next hop of (version 11). Either way a byte counts once, not on both sides of the gateway."
tags = ["cost", "nat gateway", "vpc endpoint", "aws services"]
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

[params.endpoint_usd_per_gb]
type = "number"
default = 0.01
min = 0
help = "US dollars per GB at an interface endpoint; the default is the list price in us-east-1"

[params.services]
type = "list[text]"
default = ["AMAZON", "AMAZON_APPFLOW", "AMAZON_CONNECT", "API_GATEWAY", "AURORA_DSQL", "CODEBUILD", "EBS", "KINESIS_VIDEO_STREAMS"]
help = "AWS services, by their names in the records, that an interface endpoint would serve"

[params.limit]
type = "int"
default = 20
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["aws_service", "endpoint"]
y = "saving_usd"
--- */
WITH legs AS (
{%- if interfaces %}
  SELECT
    CASE WHEN dstaddr <> pkt_dstaddr THEN 'sent' ELSE 'received' END AS direction,
    CASE WHEN dstaddr <> pkt_dstaddr THEN pkt_dst_aws_service ELSE pkt_src_aws_service END AS aws_service,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND interface_id IN {{ interfaces }}
    AND (dstaddr <> pkt_dstaddr OR srcaddr <> pkt_srcaddr)
{%- else %}
  SELECT
    CASE WHEN flow_direction = 'egress' THEN 'sent' ELSE 'received' END AS direction,
    CASE WHEN flow_direction = 'egress' THEN pkt_dst_aws_service ELSE pkt_src_aws_service END AS aws_service,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND next_hop_interface_type IN ('nat_gateway', 'regional_nat_gateway')
    AND flow_direction IN ('egress', 'ingress')
{%- endif %}
),
services AS (
  SELECT
    aws_service,
    CASE WHEN aws_service IN ('S3', 'DYNAMODB') THEN 'gateway' ELSE 'interface' END AS endpoint,
    count(*) AS flows,
    sum(bytes) AS bytes
  FROM legs
  WHERE aws_service IN ('S3', 'DYNAMODB') OR aws_service IN {{ services }}
  GROUP BY aws_service
)
SELECT
  aws_service,
  endpoint,
  flows,
  bytes,
  CAST(bytes / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS processing_usd,
  CAST(
    CASE endpoint WHEN 'gateway' THEN 0 ELSE bytes / 1073741824e0 * {{ endpoint_usd_per_gb }} END
    AS decimal(18, 4)
  ) AS endpoint_usd,
  CAST(
    bytes / 1073741824e0 * {{ price_usd_per_gb }}
    - CASE endpoint WHEN 'gateway' THEN 0 ELSE bytes / 1073741824e0 * {{ endpoint_usd_per_gb }} END
    AS decimal(18, 4)
  ) AS saving_usd
FROM services
ORDER BY saving_usd DESC, bytes DESC, aws_service
LIMIT {{ limit }}
