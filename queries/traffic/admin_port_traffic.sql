/* ---
title = "Servers with the most traffic on administrative ports"
description = "Accepted TCP flows, packets and bytes, requests and replies together, per serving address and port. Where both ports are in the list, the destination is the server. A flow recorded by two interfaces counts twice, or once with ends = one."
aliases = ["VpcFlowLogsAdminPortTraffic"]
tags = ["traffic", "admin", "servers"]
since = "7d"

[params.ports]
type = "list[port]"
default = [22, 23, 3389, 5900, 5985, 5986, 8080, 8443]
help = "Ports"

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
default = 10
min = 1
help = "Rows"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, dstaddr, srcport, dstport,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT' AND protocol = 6
      AND (dstport IN {{ ports }} OR srcport IN {{ ports }})
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol
{%- else %}
  SELECT srcaddr, dstaddr, srcport, dstport, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT' AND protocol = 6
    AND (dstport IN {{ ports }} OR srcport IN {{ ports }})
{%- endif %}
)
SELECT
  if(dstport IN {{ ports }}, dstaddr, srcaddr) AS address,
  if(dstport IN {{ ports }}, dstport, srcport) AS port,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT if(dstport IN {{ ports }}, srcaddr, dstaddr)) AS clients
FROM counted
GROUP BY 1, 2
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  address, port
LIMIT {{ limit }}
