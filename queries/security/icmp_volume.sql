/* ---
title = "ICMP by source and target"
description = "ICMP and ICMPv6 flows, packets and bytes per pair, accepted and rejected; AWS counts no bytes where VPC Block Public Access rejects. Pings are 84 bytes a packet; many packets of another size may be a tunnel. A flow recorded by two interfaces counts twice."
tags = ["security", "icmp", "tunnel"]
since = "7d"

[params.min_bytes]
type = "int"
default = 0
min = 0
help = "Least number of bytes"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr"]
y = "bytes"
--- */
SELECT
  srcaddr,
  dstaddr,
  protocol_name,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  round(1e0 * sum(bytes) / greatest(sum(packets), 1), 2) AS bytes_per_packet,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE protocol IN (1, 58)
GROUP BY 1, 2, 3
HAVING coalesce(sum(bytes), 0) >= {{ min_bytes }}
ORDER BY bytes DESC, flows DESC, srcaddr, dstaddr, protocol_name
LIMIT {{ limit }}
