/* ---
title = "Traffic over VPC peering"
description = "Bytes that leave over VPC peering, within the Region and to other Regions, by VPC, source and destination. Only the sender's record has a path, so each byte counts once. The price is an upper bound: within one Availability Zone peering is free."
tags = ["cost", "peering"]
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
color = "traffic_path_name"
--- */
SELECT
  traffic_path,
  CASE traffic_path WHEN 4 THEN 'peering in Region' ELSE 'peering across Regions' END
    AS traffic_path_name,
  vpc_id,
  srcaddr,
  dstaddr,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  CAST(sum(bytes) / 1073741824e0 * {{ price_usd_per_gb }} AS decimal(18, 4)) AS transfer_usd
FROM flow_logs
WHERE action = 'ACCEPT' AND traffic_path IN (4, 5)
GROUP BY traffic_path, vpc_id, srcaddr, dstaddr
ORDER BY bytes DESC, traffic_path, vpc_id, srcaddr, dstaddr
LIMIT {{ limit }}
