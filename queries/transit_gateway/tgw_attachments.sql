/* ---
title = "Traffic of transit gateway attachments"
description = "What each attachment sends into its transit gateway (ingress) and receives from it (egress), with the packets that were lost on the way. For flow logs of transit gateways."
aliases = ["tgw_bytes_by_attachment"]
tags = ["traffic", "transit gateway", "attachments"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "tgw_attachment_id"
y = ["sent_bytes", "received_bytes"]
--- */
SELECT
  tgw_id,
  tgw_attachment_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(if(flow_direction = 'ingress', bytes, 0)) AS sent_bytes,
  sum(if(flow_direction = 'egress', bytes, 0)) AS received_bytes,
  sum(
    coalesce(packets_lost_no_route, 0) + coalesce(packets_lost_blackhole, 0)
    + coalesce(packets_lost_mtu_exceeded, 0) + coalesce(packets_lost_ttl_expired, 0)
  ) AS lost_packets
FROM flow_logs
WHERE log_status = 'OK'
GROUP BY tgw_id, tgw_attachment_id
ORDER BY bytes DESC, tgw_id, tgw_attachment_id
LIMIT {{ limit }}
