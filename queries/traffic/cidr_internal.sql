/* ---
title = "Traffic inside a network"
description = "Accepted flows, packets and bytes per source and destination that both lie in an IPv4 or IPv6 network. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "network", "inside"]
since = "7d"

[params.cidr]
type = "cidr"
help = "Network, such as 10.0.0.0/16 or 2001:db8::/32"

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
kind = "heatmap"
x = "dstaddr"
y = "srcaddr"
color = "bytes"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT srcaddr, dstaddr, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT'
      AND contains({{ cidr }}, try_cast(srcaddr AS ipaddress))
      AND contains({{ cidr }}, try_cast(dstaddr AS ipaddress))
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol
{%- else %}
  SELECT srcaddr, dstaddr, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND contains({{ cidr }}, try_cast(srcaddr AS ipaddress))
    AND contains({{ cidr }}, try_cast(dstaddr AS ipaddress))
{%- endif %}
)
SELECT
  srcaddr,
  dstaddr,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM counted
GROUP BY srcaddr, dstaddr
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  srcaddr, dstaddr
LIMIT {{ limit }}
