/* ---
title = "Rejected flows between inside addresses"
description = "Rejected flows whose source and destination are both inside, that is, not on the internet: rules that may be too strict, or somebody who looks around. Each counts once, where it was refused."
tags = ["rejects", "inside", "security groups"]
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
  dstaddr,
  protocol,
  protocol_name,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'REJECT' AND NOT src_public AND NOT dst_public
GROUP BY srcaddr, dstaddr, protocol, protocol_name, dstport
ORDER BY flows DESC, srcaddr, dstaddr, protocol, dstport
LIMIT {{ limit }}
