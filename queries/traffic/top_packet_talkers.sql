/* ---
title = "Packet-level addresses with the most traffic"
description = "Accepted flows, packets and bytes per address, sent and received together. Packet-level addresses are those of the hosts that talk, where NAT gateways, Transit Gateways and Kubernetes nodes put their own into srcaddr and dstaddr. A flow recorded by two interfaces counts twice, or once with ends = one."
aliases = ["VpcFlowLogsTopTalkersPacketLevel"]
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
  SELECT
    pkt_srcaddr, pkt_dstaddr,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      pkt_srcaddr, pkt_dstaddr, srcport, dstport, protocol, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT'
    GROUP BY pkt_srcaddr, pkt_dstaddr, srcport, dstport, protocol, interface_id
  )
  GROUP BY pkt_srcaddr, pkt_dstaddr, srcport, dstport, protocol
{%- else %}
  SELECT pkt_srcaddr, pkt_dstaddr, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
{%- endif %}
)
SELECT
  address,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  sum(if(address = pkt_srcaddr, bytes, 0)) AS sent_bytes,
  sum(if(address = pkt_dstaddr, bytes, 0)) AS received_bytes
FROM counted
CROSS JOIN UNNEST(ARRAY[pkt_srcaddr, pkt_dstaddr]) AS talker (address)
WHERE address IS NOT NULL
GROUP BY address
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  address
LIMIT {{ limit }}
