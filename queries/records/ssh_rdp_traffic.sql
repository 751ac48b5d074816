/* ---
title = "SSH and RDP flows"
description = "The latest TCP and UDP flows with one of the ports at either end, requests and replies, accepted and rejected, one row a record."
aliases = ["VpcFlowLogsSshRdpTraffic"]
tags = ["records", "ssh", "rdp"]
since = "7d"

[params.ports]
type = "list[port]"
default = [22, 3389]
help = "Ports"

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
WHERE protocol IN (6, 17) AND (srcport IN {{ ports }} OR dstport IN {{ ports }})
ORDER BY
  start_time DESC, end_time, aws_account, aws_region, interface_id, srcaddr, srcport, dstaddr,
  dstport, protocol_name, action, packets, bytes
LIMIT {{ limit }}
