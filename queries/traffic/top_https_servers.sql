/* ---
title = "Servers that receive the most HTTPS traffic"
description = "Packets, bytes, flows and clients per destination address of accepted flows to one port, TCP and UDP (HTTP/3). A flow recorded by two interfaces counts twice."
tags = ["traffic", "https", "servers"]
since = "7d"

[params.port]
type = "port"
default = 443
help = "Destination port"

[params.limit]
type = "int"
default = 10
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "dstaddr"
y = "packets"
--- */
SELECT
  dstaddr,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(*) AS flows,
  count(DISTINCT srcaddr) AS clients
FROM flow_logs
WHERE dstport = {{ port }} AND action = 'ACCEPT'
GROUP BY dstaddr
ORDER BY packets DESC, dstaddr
LIMIT {{ limit }}
