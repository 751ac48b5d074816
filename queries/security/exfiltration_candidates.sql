/* ---
title = "Who sends much more to the internet than it receives"
description = "Accepted bytes sent and received per UTC day, inside address and public address, where at least min_bytes were sent and min_ratio times what was received. A flow that several interfaces recorded counts once. bytes_served is the part sent from the lower port, as a server answers: downloads from your servers, not uploads. Behind a NAT gateway, the gateway's address appears beside the sender's."
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
--- */
WITH recorded AS (
  SELECT
    date_trunc('day', start_time) AS utc_day,
    CASE WHEN src_public THEN dstaddr ELSE srcaddr END AS inside,
    CASE WHEN src_public THEN srcaddr ELSE dstaddr END AS outside,
    interface_id,
    count(*) AS flows,
    coalesce(sum(bytes) FILTER (WHERE dst_public), 0) AS bytes_out,
    coalesce(sum(bytes) FILTER (WHERE dst_public AND srcport < dstport), 0) AS bytes_served,
    coalesce(sum(bytes) FILTER (WHERE src_public), 0) AS bytes_in
  FROM flow_logs
  WHERE action = 'ACCEPT' AND src_public <> dst_public
  GROUP BY 1, 2, 3, 4
)
SELECT
  utc_day AS day,
  inside,
  outside,
  max(flows) AS flows,
  max(bytes_out) AS bytes_out,
  max(bytes_served) AS bytes_served,
  max(bytes_in) AS bytes_in,
  round(CAST(max(bytes_out) AS double) / nullif(max(bytes_in), 0), 2) AS ratio
FROM recorded
GROUP BY utc_day, inside, outside
HAVING max(bytes_out) >= {{ min_bytes }}
  AND CAST(max(bytes_out) AS double) >= {{ min_ratio }} * CAST(max(bytes_in) AS double)
ORDER BY bytes_out DESC, day, inside, outside
LIMIT {{ limit }}
