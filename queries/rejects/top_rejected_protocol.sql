/* ---
title = "The protocol with the most rejected packets"
description = "Packets, flows, bytes and sources of rejected traffic per IANA protocol number, the one with the most packets; more of them with a limit. Each packet counts once, where it was refused."
tags = ["rejects", "protocol"]
since = "7d"

[params.limit]
type = "int"
default = 1
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "protocol_name"
y = "packets"
--- */
SELECT
  protocol,
  protocol_name,
  sum(packets) AS packets,
  count(*) AS flows,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources
FROM flow_logs
WHERE action = 'REJECT' AND protocol IS NOT NULL
GROUP BY protocol, protocol_name
ORDER BY packets DESC NULLS LAST, protocol
LIMIT {{ limit }}
