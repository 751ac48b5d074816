/* ---
title = "Traffic of one network interface over time"
description = "Accepted flows, packets and bytes of one interface per length of time, UTC, with its rejected flows and the addresses involved. A record counts where it starts; a time without records has no row."
tags = ["traffic", "interfaces", "trend"]
since = "1d"

[params.interface]
type = "text"
help = "Network interface, such as eni-0a1b2c3d4e5f60718"

[params.bucket]
type = "duration"
default = "1h"
min = 60
max = 86400
help = "Length of time of one row, 1m to 1d"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % {{ bucket }}) AS timestamp) AS bucket_start,
  count_if(action = 'ACCEPT') AS flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS bytes,
  count_if(action = 'REJECT') AS rejected_flows,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets
FROM flow_logs
WHERE interface_id = {{ interface }} AND action IN ('ACCEPT', 'REJECT')
GROUP BY 1
ORDER BY bucket_start
