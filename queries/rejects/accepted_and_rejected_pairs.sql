/* ---
title = "Pairs that an interface both accepts and rejects"
description = "The same source, destination, protocol and destination port, both accepted and rejected by one interface: a rule that changed, a stateless network ACL, or packets after the end of a connection. A flow that its sender's interface lets out and its receiver's refuses does not count."
tags = ["rejects", "pairs", "network acl"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = ["accepted_flows", "rejected_flows"]
--- */
SELECT
  interface_id,
  srcaddr,
  dstaddr,
  protocol,
  protocol_name,
  dstport,
  count_if(action = 'ACCEPT') AS accepted_flows,
  count_if(action = 'REJECT') AS rejected_flows,
  max(CASE WHEN action = 'ACCEPT' THEN start_time END) AS last_accepted,
  max(CASE WHEN action = 'REJECT' THEN start_time END) AS last_rejected
FROM flow_logs
WHERE action IN ('ACCEPT', 'REJECT')
GROUP BY interface_id, srcaddr, dstaddr, protocol, protocol_name, dstport
HAVING count_if(action = 'ACCEPT') > 0 AND count_if(action = 'REJECT') > 0
ORDER BY rejected_flows DESC, interface_id, srcaddr, dstaddr, protocol, dstport
LIMIT {{ limit }}
