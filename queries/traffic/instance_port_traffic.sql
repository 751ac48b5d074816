/* ---
title = "Traffic of one port of an instance"
description = "Accepted flows, packets and bytes per peer and protocol that reach the port of an instance (ingress) or leave from it (egress). Its flows to the same port of other hosts do not count."
tags = ["traffic", "instances", "ports"]
since = "7d"

[params.instance]
type = "text"
help = "EC2 instance, such as i-0a1b2c3d4e5f60718"

[params.port]
type = "port"
default = 443
help = "Port"

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
x = "peer"
y = ["sent_bytes", "received_bytes"]
--- */
WITH served AS (
  SELECT
    if(flow_direction = 'ingress', srcaddr, dstaddr) AS peer,
    protocol,
    protocol_name,
    packets,
    bytes,
    if(flow_direction = 'egress', bytes, 0) AS sent,
    start_time
  FROM flow_logs
  WHERE action = 'ACCEPT' AND protocol IN (6, 17)
    AND instance_id = {{ instance }}
    AND (
      (flow_direction = 'ingress' AND dstport = {{ port }})
      OR (flow_direction = 'egress' AND srcport = {{ port }})
    )
)
SELECT
  peer,
  protocol,
  protocol_name,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(sent) AS sent_bytes,
  sum(bytes - sent) AS received_bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM served
GROUP BY peer, protocol, protocol_name
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  peer, protocol
LIMIT {{ limit }}
