/* ---
title = "Addresses with the most traffic"
description = "Accepted flows, packets and bytes per address, sent and received together. A flow recorded by two interfaces counts twice, or once with ends = one."
aliases = ["VpcFlowLogsTopTalkers"]
tags = ["traffic", "talkers", "addresses"]
since = "7d"

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
x = "address"
y = ["sent_bytes", "received_bytes"]
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
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol
{%- else %}
  SELECT srcaddr, dstaddr, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
{%- endif %}
)
SELECT
  address,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(if(address = srcaddr, bytes, 0)) AS sent_bytes,
  sum(if(address = dstaddr, bytes, 0)) AS received_bytes
FROM counted
CROSS JOIN UNNEST(ARRAY[srcaddr, dstaddr]) AS talker (address)
GROUP BY address
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  address
LIMIT {{ limit }}
