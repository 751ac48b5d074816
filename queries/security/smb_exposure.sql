/* ---
title = "SMB and NetBIOS from or to the internet"
description = "Accepted flows between inside and public addresses to ports of SMB and NetBIOS. Inbound: a file service is open to the internet. Outbound: hosts may leak credentials, or a worm spreads. There is hardly a good reason for either, unless a public address is your own: list it in the target's own_networks."
tags = ["security", "exposure", "smb", "internet"]
since = "7d"

[params.ports]
type = "list[port]"
default = [137, 138, 139, 445]
help = "Destination ports"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "srcaddr"
color = "flows"
--- */
SELECT
  CASE WHEN src_public THEN 'inbound' ELSE 'outbound' END AS direction,
  srcaddr,
  dstaddr,
  protocol_name,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND protocol IN (6, 17)
  AND dstport IN {{ ports }}
  AND src_public <> dst_public
GROUP BY 1, 2, 3, 4, 5
ORDER BY bytes DESC, flows DESC, srcaddr, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
