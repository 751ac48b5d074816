/* ---
title = "Records of traffic to one address"
description = "Whole records, accepted and rejected, the latest first. What is sent to a secondary private address has the primary one of its interface for dstaddr."
aliases = ["VpcFlowLogsTrafficToDstAddr"]
tags = ["records", "host"]
since = "7d"

[params.ip]
type = "ip"
help = "IPv4 or IPv6 address"

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
WHERE dstaddr = {{ ip }}
ORDER BY
  start_time DESC, end_time, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr,
  dstport, protocol_name, action, packets, bytes
LIMIT {{ limit }}
