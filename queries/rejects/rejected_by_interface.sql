/* ---
title = "Interfaces with the most rejected flows"
description = "Rejected flows, packets, sources, targets and destination ports per network interface. Each flow counts once, where it was refused."
tags = ["rejects", "interfaces"]
since = "7d"

[params.limit]
type = "int"
default = 20
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "interface_id"
y = "flows"
--- */
SELECT
  interface_id,
  aws_account,
  aws_region,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT nullif(dstport, 0)) AS ports,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY interface_id, aws_account, aws_region
ORDER BY flows DESC, interface_id, aws_account, aws_region
LIMIT {{ limit }}
