/* ---
title = "Traffic by hour"
description = "Accepted and rejected flows, packets and bytes per hour, or another interval, in order of time. Times are UTC; a record counts where it starts, and an interval without records has no row. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "trend", "time"]
since = "1d"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[chart]
kind = "line"
x = "interval_start"
y = ["accepted_bytes", "rejected_bytes"]
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT interval_start, action, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol,
      CAST(from_unixtime("start" - "start" % ({{ minutes }} * 60)) AS timestamp) AS interval_start,
      action, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action IN ('ACCEPT', 'REJECT')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, interval_start, action
{%- else %}
  SELECT
    CAST(from_unixtime("start" - "start" % ({{ minutes }} * 60)) AS timestamp) AS interval_start,
    action,
    1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action IN ('ACCEPT', 'REJECT')
{%- endif %}
)
SELECT
  interval_start,
  sum(if(action = 'ACCEPT', flows, 0)) AS accepted_flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS accepted_packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS accepted_bytes,
  sum(if(action = 'REJECT', flows, 0)) AS rejected_flows,
  sum(if(action = 'REJECT', packets, 0)) AS rejected_packets,
  sum(if(action = 'REJECT', bytes, 0)) AS rejected_bytes
FROM counted
GROUP BY interval_start
ORDER BY interval_start
