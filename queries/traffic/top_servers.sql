/* ---
title = "Servers with the most clients"
description = "Destination addresses and ports of accepted TCP and UDP flows, by their number of client addresses. The end with the lower port is taken for the server, so replies do not count; a flow recorded by two interfaces counts twice in flows."
tags = ["traffic", "servers", "ports"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["dstaddr", "protocol_name", "dstport"]
y = "clients"
--- */
SELECT
  dstaddr,
  dstport,
  protocol,
  protocol_name,
  count(DISTINCT srcaddr) AS clients,
  count(*) AS flows,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT' AND protocol IN (6, 17) AND dstport < srcport
GROUP BY dstaddr, dstport, protocol, protocol_name
ORDER BY clients DESC, flows DESC, dstaddr, dstport, protocol
LIMIT {{ limit }}
