/* ---
title = "Traffic between public and private addresses"
description = "Accepted flows, packets and bytes by the kind of address at both ends. Public is what the internet can reach, IPv4 and IPv6, except the networks in the setting own_networks. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "internet"]
since = "7d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[chart]
kind = "heatmap"
x = "target"
y = "source"
color = "bytes"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT src_public, dst_public, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, src_public, dst_public, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT'
    GROUP BY
      srcaddr, dstaddr, srcport, dstport, protocol, src_public, dst_public, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, src_public, dst_public
{%- else %}
  SELECT src_public, dst_public, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
{%- endif %}
)
SELECT
  if(src_public, 'public', 'private') AS source,
  if(dst_public, 'public', 'private') AS target,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM counted
WHERE src_public IS NOT NULL AND dst_public IS NOT NULL
GROUP BY 1, 2
ORDER BY source, target
