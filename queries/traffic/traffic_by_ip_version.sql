/* ---
title = "IPv4 and IPv6 traffic"
description = "Accepted flows, packets and bytes of IPv4 and of IPv6. The version is read from the address, so every record format will do. A flow recorded by two interfaces counts twice, or once with ends = one."
aliases = ["VpcFlowLogsIPv4Traffic", "VpcFlowLogsIPv6Traffic"]
tags = ["traffic", "ipv6"]
since = "7d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[chart]
kind = "bar"
x = "ip_version"
y = "bytes"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT srcaddr, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
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
  SELECT srcaddr, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
{%- endif %}
)
SELECT
  if(strpos(srcaddr, ':') > 0, 'IPv6', 'IPv4') AS ip_version,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM counted
GROUP BY 1
ORDER BY ip_version
