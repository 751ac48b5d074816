/* ---
title = "Sources that sent SYN to many ports without connecting"
description = "TCP flows of few packets that carry SYN but neither SYN-ACK nor FIN, per source over the whole window, however slow: distinct ports, targets, and how many flows were rejected. A flow recorded by two interfaces counts twice in flows. Refused and dropped connections look the same, so expect clients of a service that is down, but on few ports."
tags = ["security", "scan", "reconnaissance", "tcp flags"]
since = "7d"

[params.min_ports]
type = "int"
default = 25
min = 1
help = "Least number of distinct destination ports"

[params.max_packets]
type = "int"
default = 3
min = 1
help = "Most packets a flow may have"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "srcaddr"
y = "ports"
--- */
SELECT
  srcaddr,
  count(DISTINCT dstport) AS ports,
  count(DISTINCT dstaddr) AS targets,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(packets) AS packets,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE bitwise_and(tcp_flags, 19) = 2  -- SYN, without the ACK of an answer or the FIN of an end
  AND packets <= {{ max_packets }}
GROUP BY srcaddr
HAVING count(DISTINCT dstport) >= {{ min_ports }}
ORDER BY ports DESC, flows DESC, srcaddr
LIMIT {{ limit }}
