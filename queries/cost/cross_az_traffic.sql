/* ---
title = "Traffic between Availability Zones"
description = "Bytes that leave an interface for a next hop in another zone of the Region, and what they cost at both ends. Only the sender's record counts, so each byte counts once; a zone is the one of the next hop, which may be a gateway."
tags = ["cost", "availability zones"]
since = "7d"

[params.price_usd_per_gb]
type = "number"
default = 0.02
min = 0
help = "US dollars per GB of 2^30 bytes; the default is the list price in us-east-1"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "next_hop_az_id"
y = "az_id"
color = "bytes"
--- */
SELECT
  az_id,
  next_hop_az_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  CAST(sum(bytes) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS transfer_usd
FROM flow_logs
WHERE action = 'ACCEPT' AND flow_direction = 'egress' AND az_id <> next_hop_az_id
  -- Of euw1-az2, euw1 is the Region.
  AND split_part(az_id, '-', 1) = split_part(next_hop_az_id, '-', 1)
GROUP BY az_id, next_hop_az_id
ORDER BY bytes DESC, az_id, next_hop_az_id
LIMIT {{ limit }}
