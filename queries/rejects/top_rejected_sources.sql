/* ---
title = "Sources with the most rejected flows"
description = "Rejected flows, packets, targets and destination ports per source address. Each flow counts once, where it was refused."
tags = ["rejects", "sources", "scan"]
since = "14d"

[params.limit]
type = "int"
default = 10
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "srcaddr"
y = "flows"
--- */
SELECT
  srcaddr,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT nullif(dstport, 0)) AS ports,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY srcaddr
ORDER BY flows DESC, srcaddr
LIMIT {{ limit }}
