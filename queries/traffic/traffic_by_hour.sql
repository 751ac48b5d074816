/* ---
title = "Traffic by hour, or by another length of time"
description = "Accepted and rejected flows, packets and bytes per hour, in order of time, UTC. A record counts where it starts; a time without records has no row. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "trend", "time"]
since = "1d"

[params.bucket]
type = "duration"
default = "1h"
min = 60
max = 86400
help = "Length of time of one row, 1m to 1d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT bucket_start, action, max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol,
      CAST(from_unixtime("start" - "start" % {{ bucket }}) AS timestamp) AS bucket_start,
      action, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action IN ('ACCEPT', 'REJECT')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, bucket_start, action
{%- else %}
  SELECT
    CAST(from_unixtime("start" - "start" % {{ bucket }}) AS timestamp) AS bucket_start, action,
    1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action IN ('ACCEPT', 'REJECT')
{%- endif %}
)
SELECT
  bucket_start,
  sum(if(action = 'ACCEPT', flows, 0)) AS accepted_flows,
  sum(if(action = 'ACCEPT', packets, 0)) AS accepted_packets,
  sum(if(action = 'ACCEPT', bytes, 0)) AS accepted_bytes,
  sum(if(action = 'REJECT', flows, 0)) AS rejected_flows,
  sum(if(action = 'REJECT', packets, 0)) AS rejected_packets,
  sum(if(action = 'REJECT', bytes, 0)) AS rejected_bytes
FROM counted
GROUP BY bucket_start
ORDER BY bucket_start
