/* ---
title = "TCP connections that got no answer"
description = "Accepted TCP connections with a SYN and not a single accepted record of the other direction in the window, per source, target and port: a dead service, a rule that drops the answers, a host that is gone, or a scan. Both directions must be logged: with asymmetric routing, or records at the window's edges, an answer may be elsewhere. A flow recorded by two interfaces counts twice in flows, once in connections."
tags = ["security", "tcp flags", "troubleshooting"]
since = "1d"

[params.min_connections]
type = "int"
default = 1
min = 1
help = "Least number of connections"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "connections"
--- */
WITH connections AS (
  SELECT
    min(srcaddr) AS client,
    min(dstaddr) AS server,
    min(dstport) AS server_port,
    count(*) AS flows,
    sum(packets) AS packets,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs
  WHERE protocol = 6 AND action = 'ACCEPT' AND srcaddr <> dstaddr
  -- Both directions of a connection are one group.
  GROUP BY
    least(srcaddr, dstaddr),
    greatest(srcaddr, dstaddr),
    CASE WHEN srcaddr = least(srcaddr, dstaddr) THEN srcport ELSE dstport END,
    CASE WHEN srcaddr = least(srcaddr, dstaddr) THEN dstport ELSE srcport END
  HAVING min(srcaddr) = max(srcaddr)
    AND max(bitwise_and(tcp_flags, 2)) = 2
    AND max(bitwise_and(tcp_flags, 16)) = 0
)
SELECT
  client AS srcaddr,
  server AS dstaddr,
  server_port AS dstport,
  count(*) AS connections,
  sum(flows) AS flows,
  sum(packets) AS packets,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM connections
GROUP BY client, server, server_port
HAVING count(*) >= {{ min_connections }}
ORDER BY connections DESC, srcaddr, dstaddr, dstport
LIMIT {{ limit }}
