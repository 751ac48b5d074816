/* ---
title = "Why flows were rejected"
description = "Rejected flows by reason: BPA is VPC Block Public Access, EC encryption controls; without a reason it was a security group, a network ACL, or a packet that came after its connection was closed. AWS counts no bytes for BPA. Each flow counts once, where it was refused."
tags = ["rejects", "reason"]
since = "7d"

[chart]
kind = "bar"
x = "meaning"
y = "flows"
--- */
SELECT
  reject_reason,
  CASE reject_reason
    WHEN 'BPA' THEN 'VPC Block Public Access'
    WHEN 'EC' THEN 'VPC encryption controls'
    ELSE coalesce(reject_reason, 'security group, network ACL or closed connection')
  END AS meaning,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY reject_reason
ORDER BY flows DESC, reject_reason
