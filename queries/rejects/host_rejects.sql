/* ---
title = "What is rejected to and from one host"
description = "Rejected flows of one address by direction, other end, protocol and destination port. Each flow counts once, where it was refused."
tags = ["rejects", "host"]
since = "7d"

[params.ip]
type = "ip"
help = "IPv4 or IPv6 address"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["peer", "protocol_name", "dstport"]
y = "flows"
color = "direction"
--- */
SELECT
  CASE WHEN srcaddr = {{ ip }} THEN 'from' ELSE 'to' END AS direction,
  CASE WHEN srcaddr = {{ ip }} THEN dstaddr ELSE srcaddr END AS peer,
  protocol,
  protocol_name,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT' AND (srcaddr = {{ ip }} OR dstaddr = {{ ip }})
GROUP BY 1, 2, protocol, protocol_name, dstport
ORDER BY flows DESC, direction, peer, protocol, dstport
LIMIT {{ limit }}
