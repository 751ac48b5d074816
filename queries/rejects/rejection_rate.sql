/* ---
title = "Interfaces that reject the largest share of flows"
description = "The share of rejected flows per network interface, in percent of the flows it recorded; interfaces without rejected flows are left out."
tags = ["rejects", "interfaces", "rate"]
since = "7d"

[params.min_flows]
type = "int"
default = 10
min = 1
help = "Least number of flows; of few, the share tells little"

[params.limit]
type = "int"
default = 20
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "interface_id"
y = "rejected_percent"
--- */
SELECT
  interface_id,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  CAST(100e0 * count_if(action = 'REJECT') / count(*) AS decimal(5, 2)) AS rejected_percent
FROM flow_logs
WHERE action IN ('ACCEPT', 'REJECT')
GROUP BY interface_id
HAVING count_if(action = 'REJECT') > 0 AND count(*) >= {{ min_flows }}
ORDER BY rejected_percent DESC, flows DESC, interface_id
LIMIT {{ limit }}
