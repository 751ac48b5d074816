/* ---
title = "Traffic by hour of the day"
description = "Accepted and rejected flows, packets and bytes per hour of the day, 0 to 23, in a time zone, over all days of the window. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "time", "time of day"]
since = "7d"

[params.tz]
type = "timezone"
default = "UTC"
help = "Time zone, such as Europe/Berlin"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[chart]
kind = "line"
x = "hour"
y = ["accepted_bytes", "rejected_bytes"]
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT local_hour, action, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol,
      hour(from_unixtime("start", {{ tz }})) AS local_hour, action, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action IN ('ACCEPT', 'REJECT')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, local_hour, action
{%- else %}
  SELECT hour(from_unixtime("start", {{ tz }})) AS local_hour, action, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action IN ('ACCEPT', 'REJECT')
{%- endif %}
)
SELECT
  local_hour AS hour,
  sum(if(action = 'ACCEPT', flows, 0)) AS accepted_flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS accepted_packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS accepted_bytes,
  sum(if(action = 'REJECT', flows, 0)) AS rejected_flows,
  sum(if(action = 'REJECT', packets, 0)) AS rejected_packets,
  sum(if(action = 'REJECT', bytes, 0)) AS rejected_bytes
FROM counted
GROUP BY local_hour
ORDER BY local_hour
