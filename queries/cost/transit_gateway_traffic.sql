/* ---
title = "Traffic into transit gateways"
description = "Bytes that a VPC sends into a transit gateway, by source and destination, and what their processing costs. With interfaces, those of the transit gateway's attachments, it counts their records of what comes in; without, what other interfaces send to one (version 11). Either way a byte counts once, where it enters the gateway."
tags = ["cost", "transit gateway"]
since = "7d"

[params.interfaces]
type = "list[text]"
required = false
help = "Interfaces of the transit gateway; without them the log needs version 11"

[params.price_usd_per_gb]
type = "number"
default = 0.02
min = 0
help = "US dollars per GB of 2^30 bytes; the default is the list price in us-east-1"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["pkt_srcaddr", "pkt_dstaddr"]
y = "bytes"
--- */
SELECT
  vpc_id,
  pkt_srcaddr,
  pkt_dstaddr,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  CAST(sum(bytes) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS processing_usd
FROM flow_logs
WHERE action = 'ACCEPT'
{%- if interfaces %}
  AND interface_id IN {{ interfaces }}
  AND dstaddr <> pkt_dstaddr
{%- else %}
  AND next_hop_interface_type = 'transit_gateway'
  AND flow_direction = 'egress'
{%- endif %}
GROUP BY vpc_id, pkt_srcaddr, pkt_dstaddr
ORDER BY bytes DESC, vpc_id, pkt_srcaddr, pkt_dstaddr
LIMIT {{ limit }}
