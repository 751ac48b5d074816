/* ---
title = "Traffic by ECS service"
description = "Bytes that the tasks of each ECS service send and receive (awsvpc mode only). Tasks that no service started are the row of their cluster without a service. A flow between two tasks counts at both."
tags = ["cost", "ecs", "containers"]
since = "7d"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["ecs_cluster_name", "ecs_service_name"]
y = ["sent_bytes", "received_bytes"]
--- */
SELECT
  ecs_cluster_name,
  ecs_service_name,
  count(*) AS flows,
  count(DISTINCT ecs_task_id) AS tasks,
  sum(CASE WHEN flow_direction = 'egress' THEN bytes ELSE 0 END) AS sent_bytes,
  sum(CASE WHEN flow_direction = 'ingress' THEN bytes ELSE 0 END) AS received_bytes,
  sum(bytes) AS bytes
FROM flow_logs
WHERE action = 'ACCEPT' AND ecs_cluster_name IS NOT NULL
GROUP BY ecs_cluster_name, ecs_service_name
ORDER BY bytes DESC, ecs_cluster_name, ecs_service_name
LIMIT {{ limit }}
