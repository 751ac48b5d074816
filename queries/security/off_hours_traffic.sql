/* ---
title = "Traffic outside working hours"
description = "Accepted bytes per source, target and port in the hours of day between from_hour and to_hour of a time zone, and at weekends; total_bytes is what the same hosts moved at any time, so that a pair with bytes close to it works only off hours. Answers of servers do not count. A flow recorded by two interfaces counts twice. Backups and batch jobs are expected."
tags = ["security", "time of day"]
since = "7d"

[params.tz]
type = "timezone"
default = "UTC"
help = "Time zone, such as Europe/Berlin"

[params.from_hour]
type = "int"
default = 20
min = 0
max = 23
help = "First hour that is off, 0 to 23"

[params.to_hour]
type = "int"
default = 6
min = 0
max = 23
help = "Hour at which work begins, 0 to 23"

[params.weekends]
type = "choice"
default = "off"
choices = ["off", "on"]
help = "off: Saturday and Sunday are off all day; on: like other days"

[params.min_bytes]
type = "int"
default = 0
min = 0
help = "Least number of bytes"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "bytes"
--- */
WITH local_times AS (
  SELECT
    srcaddr,
    dstaddr,
    protocol_name,
    dstport,
    bytes,
    start_time,
    hour(from_unixtime("start", {{ tz }})) AS local_hour,
    day_of_week(from_unixtime("start", {{ tz }})) AS local_day
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
),
marked AS (
  SELECT
    *,
    (local_day >= 6 AND {{ weekends }} = 'off')
    OR (local_hour >= {{ from_hour }} AND local_hour < {{ to_hour }})
    OR (
      {{ from_hour }} > {{ to_hour }}
      AND (local_hour >= {{ from_hour }} OR local_hour < {{ to_hour }})
    ) AS off_hours
  FROM local_times
)
SELECT
  srcaddr,
  dstaddr,
  protocol_name,
  dstport,
  count_if(off_hours) AS flows,
  sum(bytes) FILTER (WHERE off_hours) AS bytes,
  sum(bytes) AS total_bytes,
  min(start_time) FILTER (WHERE off_hours) AS first_seen,
  max(start_time) FILTER (WHERE off_hours) AS last_seen
FROM marked
GROUP BY 1, 2, 3, 4
HAVING sum(bytes) FILTER (WHERE off_hours) >= {{ min_bytes }}
ORDER BY bytes DESC, srcaddr, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
