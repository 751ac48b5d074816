/* ---
title = "Conversations of one host"
description = "Flows, packets and bytes per peer, protocol, pair of ports and action, both directions together and each apart. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "host"]
since = "7d"

[params.ip]
type = "ip"
help = "IPv4 or IPv6 address"

[params.by]
type = "choice"
choices = ["bytes", "packets", "flows"]
default = "bytes"
help = "What the rows are ranked by"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

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
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, action,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, action, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes,
      min(start_time) AS first_seen, max(start_time) AS last_seen
    FROM flow_logs
    WHERE srcaddr = {{ ip }} OR dstaddr = {{ ip }}
    GROUP BY
      srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, action, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, action
{%- else %}
  SELECT
    srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, action,
    1 AS flows, packets, bytes, start_time AS first_seen, start_time AS last_seen
  FROM flow_logs
  WHERE srcaddr = {{ ip }} OR dstaddr = {{ ip }}
{%- endif %}
)
SELECT
  if(srcaddr = {{ ip }}, dstaddr, srcaddr) AS peer,
  protocol,
  protocol_name,
  if(srcaddr = {{ ip }}, srcport, dstport) AS host_port,
  if(srcaddr = {{ ip }}, dstport, srcport) AS peer_port,
  action,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(if(srcaddr = {{ ip }}, bytes, 0)) AS sent_bytes,
  sum(if(srcaddr = {{ ip }}, 0, bytes)) AS received_bytes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM counted
GROUP BY 1, protocol, protocol_name, 4, 5, action
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  peer, protocol, host_port, peer_port, action
LIMIT {{ limit }}
