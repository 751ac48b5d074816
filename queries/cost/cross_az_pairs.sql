/* ---
title = "Pairs of addresses in different Availability Zones"
description = "Bytes between addresses in different zones of one Region, and what they cost at both ends. The zone of an address is that of the interface that has it, as far as this log has records of the interface in the window; a receiver seen in two zones is left out. Only the sender's record counts, so each byte counts once."
tags = ["cost", "availability zones", "pairs"]
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
kind = "bar"
x = ["srcaddr", "dstaddr"]
y = "bytes"
--- */
WITH zones AS (
  SELECT address, min(az_id) AS zone
  FROM (
    SELECT CASE WHEN flow_direction = 'egress' THEN srcaddr ELSE dstaddr END AS address, az_id
    FROM flow_logs
    WHERE az_id IS NOT NULL AND flow_direction IN ('egress', 'ingress')
  ) AS ends
  WHERE address IS NOT NULL
  GROUP BY address
  HAVING min(az_id) = max(az_id)
)
SELECT
  sender.srcaddr,
  sender.az_id AS src_az_id,
  sender.dstaddr,
  zones.zone AS dst_az_id,
  count(*) AS flows,
  sum(sender.packets) AS packets,
  sum(sender.bytes) AS bytes,
  CAST(sum(sender.bytes) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS transfer_usd
FROM flow_logs AS sender
JOIN zones ON zones.address = sender.dstaddr
WHERE sender.action = 'ACCEPT'
  AND sender.flow_direction = 'egress'
  AND sender.az_id <> zones.zone
  -- Of euw1-az2, euw1 is the Region.
  AND split_part(sender.az_id, '-', 1) = split_part(zones.zone, '-', 1)
GROUP BY sender.srcaddr, sender.az_id, sender.dstaddr, zones.zone
ORDER BY bytes DESC, srcaddr, dstaddr, src_az_id, dst_az_id
LIMIT {{ limit }}
