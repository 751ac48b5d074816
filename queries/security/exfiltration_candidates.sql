/* ---
title = "Who sends much more to the internet than it receives"
description = "Accepted bytes sent and received per UTC day, inside address and public address, where at least min_bytes were sent and min_ratio times what was received. A flow that several interfaces recorded counts once. served_bytes is the part sent from the lower port, as a server answers: downloads from your servers, not uploads. Behind a NAT gateway, the gateway's address appears beside the sender's."
tags = ["security", "exfiltration", "internet", "bytes"]
since = "7d"

[params.min_bytes]
type = "int"
default = 500000000
min = 0
help = "Least number of bytes"

[params.min_ratio]
type = "number"
default = 2
min = 0
help = "Least ratio of bytes sent to bytes received"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["inside", "outside"]
y = ["sent_bytes", "received_bytes"]
--- */
WITH recorded AS (
  SELECT
    date_trunc('day', start_time) AS utc_day,
    CASE WHEN src_public THEN dstaddr ELSE srcaddr END AS inside,
    CASE WHEN src_public THEN srcaddr ELSE dstaddr END AS outside,
    interface_id,
    count(*) AS flows,
    coalesce(sum(bytes) FILTER (WHERE dst_public), 0) AS sent_bytes,
    coalesce(sum(bytes) FILTER (WHERE dst_public AND srcport < dstport), 0) AS served_bytes,
    coalesce(sum(bytes) FILTER (WHERE src_public), 0) AS received_bytes
  FROM flow_logs
  WHERE action = 'ACCEPT' AND src_public <> dst_public
  GROUP BY 1, 2, 3, 4
)
SELECT
  utc_day AS day,
  inside,
  outside,
  max(flows) AS flows,
  max(sent_bytes) AS sent_bytes,
  max(served_bytes) AS served_bytes,
  max(received_bytes) AS received_bytes,
  round(CAST(max(sent_bytes) AS double) / nullif(max(received_bytes), 0), 2) AS ratio
FROM recorded
GROUP BY utc_day, inside, outside
HAVING max(sent_bytes) >= {{ min_bytes }}
  AND CAST(max(sent_bytes) AS double) >= {{ min_ratio }} * CAST(max(received_bytes) AS double)
ORDER BY sent_bytes DESC, day, inside, outside
LIMIT {{ limit }}
