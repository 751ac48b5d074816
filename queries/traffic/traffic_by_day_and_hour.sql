/* ---
title = "Traffic by day and hour of the day"
description = "Accepted and rejected flows, packets and bytes per day and hour of the day, 0 to 23, in a time zone: when a network works, and when it should sleep. A record counts in the hour in which it starts; an hour without records has no row. A flow recorded by two interfaces counts at each."
tags = ["traffic", "trend", "time", "time of day"]
since = "7d"

[params.tz]
type = "timezone"
default = "UTC"
help = "Time zone, such as Europe/Berlin"

[chart]
kind = "heatmap"
x = "hour"
y = "day"
color = "accepted_bytes"
--- */
SELECT
  date_format(from_unixtime("start", {{ tz }}), '%Y-%m-%d') AS day,
  hour(from_unixtime("start", {{ tz }})) AS hour,
  count_if(action = 'ACCEPT') AS accepted_flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS accepted_packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS accepted_bytes,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(if(action = 'REJECT', packets, 0)) AS rejected_packets,
  sum(if(action = 'REJECT', bytes, 0)) AS rejected_bytes
FROM flow_logs
WHERE action IN ('ACCEPT', 'REJECT')
GROUP BY 1, 2
ORDER BY 1, 2
