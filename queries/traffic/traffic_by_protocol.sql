/* ---
title = "Traffic by protocol"
description = "Accepted flows, packets, bytes and sources per IANA protocol number. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "protocol"]
since = "7d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[chart]
kind = "bar"
x = "protocol_name"
y = "bytes"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, protocol, protocol_name,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT'
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, protocol_name
{%- else %}
  SELECT srcaddr, protocol, protocol_name, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
{%- endif %}
)
SELECT
  protocol,
  protocol_name,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources
FROM counted
GROUP BY protocol, protocol_name
ORDER BY bytes DESC, protocol
