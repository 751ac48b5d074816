/* ---
title = "Packets that transit gateways lost, by reason"
description = "Lost packets per reason and attachment, with the flows that lost some: no route to the destination, a blackhole route, larger than the MTU, or their time to live expired. For flow logs of transit gateways."
tags = ["health", "transit gateway", "loss"]
since = "7d"

[params.attachment]
type = "text"
required = false
help = "One attachment (tgw-attach-…)"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "tgw_attachment_id"
y = "lost_packets"
color = "reason"
--- */
SELECT
  reason,
  tgw_id,
  tgw_attachment_id,
  count(*) AS flows,
  sum(packets_lost) AS lost_packets,
  count(DISTINCT dstaddr) AS destinations,
  min(dstaddr) AS example_destination
FROM (
  SELECT
    tgw_id,
    tgw_attachment_id,
    dstaddr,
    reason,
    CASE reason
      WHEN 'no route' THEN packets_lost_no_route
      WHEN 'blackhole' THEN packets_lost_blackhole
      WHEN 'MTU exceeded' THEN packets_lost_mtu_exceeded
      ELSE packets_lost_ttl_expired
    END AS packets_lost
  FROM flow_logs
  CROSS JOIN UNNEST(ARRAY['no route', 'blackhole', 'MTU exceeded', 'TTL expired']) AS lost (reason)
  WHERE log_status = 'OK'
{%- if attachment is not none %}
    AND tgw_attachment_id = {{ attachment }}
{%- endif %}
)
WHERE packets_lost > 0
GROUP BY reason, tgw_id, tgw_attachment_id
ORDER BY lost_packets DESC, reason, tgw_id, tgw_attachment_id
LIMIT {{ limit }}
