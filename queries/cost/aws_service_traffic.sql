/* ---
title = "Traffic with AWS services"
description = "Bytes that interfaces send to and receive from the public addresses of AWS services. What goes through a NAT gateway counts at the sender's interface and at the gateway's, if both are logged."
tags = ["cost", "aws services"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "aws_service"
y = ["sent_bytes", "received_bytes"]
--- */
WITH ends AS (
  SELECT
    flow_direction,
    CASE flow_direction WHEN 'egress' THEN pkt_dst_aws_service ELSE pkt_src_aws_service END
      AS aws_service,
    interface_id,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT' AND flow_direction IN ('egress', 'ingress')
)
SELECT
  aws_service,
  count(*) AS flows,
  count(DISTINCT interface_id) AS interfaces,
  sum(CASE WHEN flow_direction = 'egress' THEN bytes ELSE 0 END) AS sent_bytes,
  sum(CASE WHEN flow_direction = 'ingress' THEN bytes ELSE 0 END) AS received_bytes,
  sum(bytes) AS bytes
FROM ends
WHERE aws_service IS NOT NULL
GROUP BY aws_service
ORDER BY bytes DESC, aws_service
LIMIT {{ limit }}
