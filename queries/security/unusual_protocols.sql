/* ---
title = "Accepted traffic that is not TCP, UDP or ICMP"
description = "Accepted flows of other IP protocols per source and target. Tunnels (GRE, IP in IP, ESP of a VPN) and SCTP are expected where you run them. A flow recorded by two interfaces counts twice."
tags = ["security", "protocol"]
since = "7d"

[params.protocols]
type = "list[int]"
default = [1, 6, 17, 58]
min = 0
max = 255
help = "Usual protocols, by IANA number"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "protocol_name"
y = "bytes"
--- */
SELECT
  protocol,
  protocol_name,
  srcaddr,
  dstaddr,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT' AND protocol NOT IN {{ protocols }}
GROUP BY 1, 2, 3, 4
ORDER BY bytes DESC, flows DESC, protocol, srcaddr, dstaddr
LIMIT {{ limit }}
