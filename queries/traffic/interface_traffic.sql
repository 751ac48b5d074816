/* ---
title = "Traffic of one network interface over time"
description = "Accepted flows, packets and bytes of one interface per hour, or another interval, in order of time, with its rejected flows and the addresses involved. Times are UTC; a record counts where it starts, and an interval without records has no row."
tags = ["traffic", "interfaces", "trend"]
since = "1d"

[params.interface]
type = "text"
help = "Network interface, such as eni-0a1b2c3d4e5f60718"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[chart]
kind = "line"
x = "interval_start"
y = "bytes"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % ({{ minutes }} * 60)) AS timestamp) AS interval_start,
  count_if(action = 'ACCEPT') AS flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS bytes,
  count_if(action = 'REJECT') AS rejected_flows,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets
FROM flow_logs
WHERE interface_id = {{ interface }} AND action IN ('ACCEPT', 'REJECT')
GROUP BY 1
ORDER BY interval_start
