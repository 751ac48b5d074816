/* ---
title = "Rejected flows by destination port"
description = "Rejected TCP, UDP and SCTP flows per protocol and destination port; other protocols have no ports. Each flow counts once, where it was refused. High ports are often the late packets of connections that were closed."
tags = ["rejects", "ports"]
since = "7d"

[params.limit]
type = "int"
default = 20
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["protocol_name", "dstport"]
y = "flows"
--- */
SELECT
  protocol,
  protocol_name,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets
FROM flow_logs
WHERE action = 'REJECT' AND protocol IN (6, 17, 132)
GROUP BY protocol, protocol_name, dstport
ORDER BY flows DESC, protocol, dstport
LIMIT {{ limit }}
