/* ---
title = "Where one source sends its TCP traffic"
description = "Flows, packets and bytes from one source address per destination, port and action. A flow recorded by two interfaces counts twice, or once with ends = one."
aliases = ["VpcFlowLogsTopTCPTraffic"]
tags = ["traffic", "tcp", "host"]
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
x = ["dstaddr", "dstport"]
y = "bytes"
color = "action"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    dstaddr, dstport, action,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, action, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes,
      min(start_time) AS first_seen, max(start_time) AS last_seen
    FROM flow_logs
    WHERE srcaddr = {{ ip }} AND protocol = 6
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, action, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, action
{%- else %}
  SELECT
    dstaddr, dstport, action,
    1 AS flows, packets, bytes, start_time AS first_seen, start_time AS last_seen
  FROM flow_logs
  WHERE srcaddr = {{ ip }} AND protocol = 6
{%- endif %}
)
SELECT
  dstaddr,
  dstport,
  action,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM counted
GROUP BY dstaddr, dstport, action
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  dstaddr, dstport, action
LIMIT {{ limit }}
