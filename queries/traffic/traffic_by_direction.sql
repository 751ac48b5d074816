/* ---
title = "Ingress and egress traffic"
description = "Flows, packets and bytes by direction as seen from the interface, and by action. A flow between two interfaces of yours counts once in each direction."
tags = ["traffic", "direction"]
since = "7d"

[chart]
kind = "bar"
x = "flow_direction"
y = "bytes"
color = "action"
--- */
SELECT
  flow_direction,
  action,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action IN ('ACCEPT', 'REJECT')
GROUP BY flow_direction, action
ORDER BY flow_direction, action
