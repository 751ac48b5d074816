/* ---
title = "Accepted TCP flows"
description = "The latest TCP flows that security groups and network ACLs let through, one row a record."
aliases = ["VpcFlowLogsAcceptedTraffic"]
tags = ["records", "tcp"]
since = "7d"

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
  packets,
  bytes
FROM flow_logs
WHERE action = 'ACCEPT' AND protocol = 6
ORDER BY
  start_time DESC, end_time, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr,
  dstport, packets, bytes
LIMIT {{ limit }}
