/* ---
title = "Network interfaces with the most traffic"
description = "Accepted flows, packets and bytes per network interface, sent and received together. Each record counts once, at the interface that recorded it."
tags = ["traffic", "interfaces"]
since = "7d"

[params.by]
type = "choice"
choices = ["bytes", "packets", "flows"]
default = "bytes"
help = "What the rows are ranked by"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "interface_id"
y = "bytes"
--- */
SELECT
  aws_account,
  aws_region,
  interface_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM flow_logs
WHERE action = 'ACCEPT'
GROUP BY aws_account, aws_region, interface_id
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  aws_account, aws_region, interface_id
LIMIT {{ limit }}
