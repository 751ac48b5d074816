/* ---
title = "Records between two hosts, in order of time"
description = "Whole records of both directions, accepted and rejected, the oldest first. A flow between two interfaces of yours has two records, which interface_id tells apart."
tags = ["records", "host"]
since = "7d"

[params.ip_a]
type = "ip"
help = "One address"

[params.ip_b]
type = "ip"
help = "The other address"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"
--- */
SELECT
  start_time,
  end_time,
  aws_account,
  aws_region,
  interface_id,
  srcaddr,
  srcport,
  dstaddr,
  dstport,
  protocol_name,
  action,
  packets,
  bytes
FROM flow_logs
WHERE (srcaddr = {{ ip_a }} AND dstaddr = {{ ip_b }})
  OR (srcaddr = {{ ip_b }} AND dstaddr = {{ ip_a }})
ORDER BY
  start_time, end_time, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr,
  dstport, protocol_name, action, packets, bytes
LIMIT {{ limit }}
