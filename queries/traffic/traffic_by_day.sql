/* ---
title = "Traffic by day, accepted and rejected"
description = "Accepted and rejected flows, packets and bytes per day of a time zone, and the share of flows that was rejected. A record counts on the day it starts; a day without records has no row. A flow recorded by two interfaces counts twice, or once with ends = one; a rejected one has one record, where it was refused."
aliases = ["accept_reject_by_day"]
tags = ["traffic", "rejects", "trend", "time"]
since = "14d"

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
x = "day"
y = ["accepted_flows", "rejected_flows"]
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT local_day, action, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol,
      date_format(from_unixtime("start", {{ tz }}), '%Y-%m-%d') AS local_day, action,
      interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action IN ('ACCEPT', 'REJECT')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, local_day, action
{%- else %}
  SELECT
    date_format(from_unixtime("start", {{ tz }}), '%Y-%m-%d') AS local_day, action,
    1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action IN ('ACCEPT', 'REJECT')
{%- endif %}
)
SELECT
  local_day AS day,
  sum(if(action = 'ACCEPT', flows, 0)) AS accepted_flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS accepted_packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS accepted_bytes,
  sum(if(action = 'REJECT', flows, 0)) AS rejected_flows,
  sum(if(action = 'REJECT', packets, 0)) AS rejected_packets,
  sum(if(action = 'REJECT', bytes, 0)) AS rejected_bytes,
  CAST(100e0 * sum(if(action = 'REJECT', flows, 0)) / nullif(sum(flows), 0) AS decimal(5, 2))
    AS rejected_percent
FROM counted
GROUP BY local_day
ORDER BY local_day
