/* ---
title = "How late records are delivered"
description = "The time from a record's end to the time in the name of its file, per account, Region and UTC day of the end. A name gives the start of a slot of five minutes, and a record on time ends within it: so 0 means on time, and other answers are exact to five minutes. AWS uploads the file some minutes after its slot; its name does not say when. Records that come more than a day after the window are missed."
tags = ["health", "delivery", "late"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["day", "aws_account", "aws_region"]
y = "longest_minutes"
--- */
WITH delays AS (
  SELECT
    aws_account,
    aws_region,
    date_format(end_time, '%Y-%m-%d') AS day,
    greatest(0, date_diff('minute', end_time, delivery_time)) AS minutes
  FROM flow_logs
  WHERE end_time IS NOT NULL
)
SELECT
  aws_account,
  aws_region,
  day,
  count(*) AS records,
  count_if(minutes = 0) AS on_time,
  count_if(minutes BETWEEN 1 AND 59) AS within_an_hour,
  count_if(minutes >= 60) AS later,
  count_if(minutes IS NULL) AS unknown,
  CAST(avg(minutes) AS decimal(18, 2)) AS average_minutes,
  max(minutes) AS longest_minutes
FROM delays
GROUP BY aws_account, aws_region, day
ORDER BY longest_minutes DESC NULLS LAST, day, aws_account, aws_region
LIMIT {{ limit }}
