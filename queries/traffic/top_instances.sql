/* ---
title = "Instances with the most traffic"
description = "Accepted flows, packets and bytes per instance, sent and received together. Each record counts at the instance whose interface recorded it. Interfaces without an instance do not count."
aliases = ["VpcFlowLogsTopTalkingInstances"]
tags = ["traffic", "instances"]
since = "7d"

[params.by]
type = "choice"
choices = ["bytes", "packets", "flows"]
default = "bytes"
help = "What the rows are ranked by"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "instance_id"
y = "bytes"
--- */
SELECT
  aws_account,
  aws_region,
  instance_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT' AND instance_id IS NOT NULL
GROUP BY aws_account, aws_region, instance_id
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  aws_account, aws_region, instance_id
LIMIT {{ limit }}
