/* ---
title = "Rejected flows by protocol"
description = "Rejected flows, packets, bytes and sources per IANA protocol number, the most flows first. Each flow counts once, where it was refused."
tags = ["rejects", "protocol"]
since = "7d"

[chart]
kind = "bar"
x = "protocol_name"
y = "flows"
--- */
SELECT
  protocol,
  protocol_name,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY protocol, protocol_name
ORDER BY flows DESC, protocol
