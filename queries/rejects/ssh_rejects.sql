/* ---
title = "Who is refused at SSH"
description = "Rejected TCP flows to the SSH port per source address: attempts, targets, first and last time. Each flow counts once, where it was refused."
tags = ["rejects", "ssh", "brute force"]
since = "7d"

[params.port]
type = "port"
default = 22
help = "SSH port"

[params.min_flows]
type = "int"
default = 1
min = 1
help = "Least number of rejected flows a source must have"

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
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT' AND protocol = 6 AND dstport = {{ port }}
GROUP BY srcaddr
HAVING count(*) >= {{ min_flows }}
ORDER BY flows DESC, srcaddr
LIMIT {{ limit }}
