/* ---
title = "Interfaces that fell silent"
description = "Network interfaces with records in the equally long window before, but none in this one. A quiet interface still writes NODATA records: a silent one was deleted, or its flow log was."
tags = ["health", "interfaces", "coverage"]
since = "1d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"
--- */
WITH present AS (
  SELECT DISTINCT interface_id
  FROM flow_logs
  WHERE interface_id IS NOT NULL
)
SELECT
  earlier.interface_id,
  earlier.aws_account,
  earlier.aws_region,
  count(*) AS records,
  max(earlier.start_time) AS last_seen
FROM flow_logs_before AS earlier
LEFT JOIN present ON present.interface_id = earlier.interface_id
WHERE earlier.interface_id IS NOT NULL AND present.interface_id IS NULL
GROUP BY earlier.interface_id, earlier.aws_account, earlier.aws_region
ORDER BY last_seen DESC, earlier.interface_id, earlier.aws_account, earlier.aws_region
LIMIT {{ limit }}
