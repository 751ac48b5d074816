/* ---
title = "Unexpected ports that the internet reaches"
description = "Accepted TCP and UDP flows from public addresses to ports that are not expected to be open, per interface and port. Answers from the internet do not count: a flow from a lower port to a port of 1024 or more is taken for one. An answer from a server on a high port (such as 50051) to a lower client port still looks like an inbound flow."
tags = ["security", "exposure", "internet"]
since = "7d"

[params.ignore_ports]
type = "list[port]"
default = [80, 443]
help = "Destination ports to leave out"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "dstaddr"
color = "flows"
--- */
SELECT
  aws_account,
  aws_region,
  interface_id,
  dstaddr,
  protocol_name,
  dstport,
  count(DISTINCT srcaddr) AS sources,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND protocol IN (6, 17)
  AND src_public
  AND NOT dst_public
  AND dstport NOT IN {{ ignore_ports }}
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY sources DESC, flows DESC, dstaddr, dstport, protocol_name, 1, 2, 3
LIMIT {{ limit }}
