/* ---
title = "Rejected flows from inside to the internet"
description = "Inside addresses that were refused on their way to the internet, per protocol and destination port. Each flow counts once, where it was refused. Answers to clients on the internet that came too late are among them, with high ports."
tags = ["rejects", "egress", "internet"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "srcaddr"
color = "flows"
--- */
SELECT
  srcaddr,
  protocol,
  protocol_name,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT dstaddr) AS targets,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT' AND NOT src_public AND dst_public
GROUP BY srcaddr, protocol, protocol_name, dstport
ORDER BY flows DESC, srcaddr, protocol, dstport
LIMIT {{ limit }}
