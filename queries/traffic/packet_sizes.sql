/* ---
title = "Distribution of packet sizes"
description = "Accepted flows, packets and bytes by their mean packet size: up to 64 bytes, above that up to 128, and so on. The last row, without a size, is above 9001 bytes, the largest MTU. A flow recorded by two interfaces counts twice."
tags = ["traffic", "packets"]
since = "7d"

[chart]
kind = "bar"
x = "up_to_bytes"
y = "packets"
--- */
WITH sized AS (
  SELECT
    CASE
      WHEN bytes <= 64 * packets THEN 64
      WHEN bytes <= 128 * packets THEN 128
      WHEN bytes <= 256 * packets THEN 256
      WHEN bytes <= 512 * packets THEN 512
      WHEN bytes <= 1024 * packets THEN 1024
      WHEN bytes <= 1500 * packets THEN 1500
      WHEN bytes <= 9001 * packets THEN 9001
    END AS up_to_bytes,
    packets,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT' AND packets > 0
)
SELECT
  up_to_bytes,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes
FROM sized
GROUP BY up_to_bytes
ORDER BY up_to_bytes
