/* ---
title = "Unusual ports on the internet that your hosts use"
description = "Accepted TCP and UDP flows from inside to public addresses, on ports outside a list of common ones, per source and port. Answers of your own servers do not count: a flow from a lower port to a port of 1024 or more is taken for one. A server of yours on a high port that answers a client on a lower port still looks like such a flow. Behind a NAT gateway, the gateway's address appears beside the sender's."
tags = ["security", "egress", "internet"]
since = "7d"

[params.ignore_ports]
type = "list[port]"
default = [53, 80, 123, 443, 465, 587]
help = "Destination ports to leave out"

[params.min_flows]
type = "int"
default = 1
min = 1
help = "Least number of flows"

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
  srcaddr,
  protocol_name,
  dstport,
  count(DISTINCT dstaddr) AS targets,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND protocol IN (6, 17)
  AND NOT src_public
  AND dst_public
  AND dstport NOT IN {{ ignore_ports }}
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
GROUP BY 1, 2, 3
HAVING count(*) >= {{ min_flows }}
ORDER BY bytes DESC, flows DESC, srcaddr, dstport, protocol_name
LIMIT {{ limit }}
