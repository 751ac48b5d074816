/* ---
title = "Servers with a burst of TCP resets"
description = "Records with RST per server, port and interval that exceed the mean of the server's other intervals min_ratio times. The server is the side with the lower port; either side may have reset. A flow recorded by two interfaces counts twice. mean_resets is NULL where the logs span a single interval. Expect restarts and deployments; scans of closed ports show up too."
tags = ["security", "tcp flags", "anomaly"]
since = "7d"

[params.minutes]
type = "int"
default = 60
min = 1
max = 1440
help = "Length of an interval in minutes"

[params.min_flows]
type = "int"
default = 50
min = 1
help = "Least number of flows with RST in an interval"

[params.min_ratio]
type = "number"
default = 3
min = 0
help = "Least ratio of resets to the mean of the other intervals"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["server", "port"]
y = "resets"
--- */
WITH intervals AS (
  SELECT
    "start" / (60 * {{ minutes }}) AS interval_number,
    CASE WHEN srcport < dstport THEN srcaddr ELSE dstaddr END AS server,
    least(srcport, dstport) AS port,
    count(DISTINCT CASE WHEN srcport < dstport THEN dstaddr ELSE srcaddr END) AS clients,
    count(*) AS flows,
    count_if(bitwise_and(tcp_flags, 4) = 4) AS resets
  FROM flow_logs
  WHERE protocol = 6 AND action = 'ACCEPT'
  GROUP BY 1, 2, 3
),
sums AS (
  SELECT
    *,
    sum(resets) OVER (PARTITION BY server, port) - resets AS other_resets,
    max(interval_number) OVER () - min(interval_number) OVER () AS other_intervals
  FROM intervals
)
SELECT
  CAST(from_unixtime(interval_number * (60 * {{ minutes }})) AS timestamp) AS interval_start,
  server,
  port,
  resets,
  round(CAST(other_resets AS double) / nullif(other_intervals, 0), 2) AS mean_resets,
  flows,
  clients
FROM sums
WHERE resets >= {{ min_flows }}
  AND CAST(resets * other_intervals AS double) >= {{ min_ratio }} * CAST(other_resets AS double)
ORDER BY resets DESC, interval_start, server, port
LIMIT {{ limit }}
