/* ---
title = "Addresses with the most traffic through transit gateways"
description = "Flows, packets and bytes per address, sent and received together. A flow counts once, where it enters the transit gateway (ingress). For flow logs of transit gateways."
tags = ["traffic", "transit gateway", "talkers", "addresses"]
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
x = "address"
y = ["sent_bytes", "received_bytes"]
--- */
SELECT
  address,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(if(address = srcaddr, bytes, 0)) AS sent_bytes,
  sum(if(address = dstaddr, bytes, 0)) AS received_bytes
FROM flow_logs
CROSS JOIN UNNEST(ARRAY[srcaddr, dstaddr]) AS talker (address)
WHERE tgw_id IS NOT NULL
  AND flow_direction = 'ingress'
  AND log_status = 'OK'
GROUP BY address
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  address
LIMIT {{ limit }}
