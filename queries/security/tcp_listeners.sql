/* ---
title = "Servers that accepted TCP connections"
description = "Inside addresses and ports that sent SYN-ACK: something listened there. Clients by address, and how many of them are public. A flow recorded by two interfaces counts twice in flows. A flow whose SYN-ACK came before the window has none."
tags = ["security", "listeners", "inventory", "tcp flags"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "srcport"]
y = "clients"
--- */
SELECT
  srcaddr,
  srcport,
  count(DISTINCT dstaddr) AS clients,
  count(DISTINCT dstaddr) FILTER (WHERE dst_public) AS public_clients,
  count(*) AS flows,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT' AND NOT src_public AND bitwise_and(tcp_flags, 18) = 18
GROUP BY srcaddr, srcport
ORDER BY public_clients DESC, clients DESC, flows DESC, srcaddr, srcport
LIMIT {{ limit }}
