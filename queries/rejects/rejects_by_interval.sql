/* ---
title = "Rejected flows per interval of time and protocol"
description = "Rejected flows, packets, sources and targets per protocol in intervals of some minutes; a flow belongs to the interval in which it starts. Intervals that divide a day begin at midnight UTC; those without rejected flows have no row. Each flow counts once, where it was refused."
tags = ["rejects", "protocol", "time"]
since = "1d"

[params.minutes]
type = "int"
default = 15
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.limit]
type = "int"
default = 1000
min = 1
help = "Rows"

[chart]
kind = "line"
x = "interval_start"
y = "flows"
color = "protocol_name"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % ({{ minutes }} * 60)) AS timestamp) AS interval_start,
  protocol,
  protocol_name,
  count(*) AS flows,
  sum(packets) AS packets,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY "start" - "start" % ({{ minutes }} * 60), protocol, protocol_name
ORDER BY interval_start, protocol
LIMIT {{ limit }}
