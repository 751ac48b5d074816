/* ---
title = "Servers with the most traffic on administrative ports"
description = "Accepted TCP flows, packets and bytes, requests and replies together, per serving address and port. Where both ports are in the list, the destination is the server. A port of 1024 or more is taken for a client's where the other one is below 1024. A flow recorded by two interfaces counts twice, or once with ends = one."
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

[chart]
kind = "heatmap"
x = "port"
y = "address"
color = "bytes"
--- */
WITH flows_of_servers AS (
  SELECT
    srcaddr, dstaddr, srcport, dstport, protocol, interface_id, packets, bytes,
    -- From a port below 1024 to one above it, a flow is a server's answer.
    dstport IN {{ ports }} AND (dstport < 1024 OR srcport >= 1024) AS to_server,
    srcport IN {{ ports }} AND (srcport < 1024 OR dstport >= 1024) AS from_server
  FROM flow_logs
  WHERE action = 'ACCEPT' AND protocol = 6
),
counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, dstaddr, srcport, dstport, to_server,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, to_server, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flows_of_servers
    WHERE to_server OR from_server
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, to_server, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, to_server
{%- else %}
  SELECT srcaddr, dstaddr, srcport, dstport, to_server, 1 AS flows, packets, bytes
  FROM flows_of_servers
  WHERE to_server OR from_server
{%- endif %}
)
SELECT
  if(to_server, dstaddr, srcaddr) AS address,
  if(to_server, dstport, srcport) AS port,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT if(to_server, srcaddr, dstaddr)) AS clients
FROM counted
GROUP BY 1, 2
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  address, port
LIMIT {{ limit }}
