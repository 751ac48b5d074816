/* ---
title = "Rejected flows of every protocol"
description = "The latest rejected flows, one row a record. A flow is rejected, and recorded so, at one interface: the one that refused it."
tags = ["rejects", "records"]
aliases = ["VpcFlowLogsRejectedTraffic"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"
--- */
SELECT
  start_time,
  aws_account,
  aws_region,
  interface_id,
  protocol,
  protocol_name,
  srcaddr,
  srcport,
  dstaddr,
  dstport,
  packets,
  bytes
FROM flow_logs
WHERE action = 'REJECT'
ORDER BY
  start_time DESC, aws_account, aws_region, interface_id, protocol, srcaddr, srcport, dstaddr,
  dstport, packets, bytes
LIMIT {{ limit }}
