/* ---
title = "Traffic by the path it takes out of an interface"
description = "Accepted flows, packets and bytes by traffic path: the VPC, the internet gateway, peering and so on. Only outgoing records have a path, so each byte counts once, where it was sent; what a NAT gateway sends on counts once more."
tags = ["cost", "traffic path"]
since = "7d"

[chart]
kind = "bar"
x = "traffic_path_name"
y = "bytes"
--- */
SELECT
  traffic_path,
  CASE traffic_path
    WHEN 1 THEN 'same VPC'
    WHEN 2 THEN 'internet gateway or gateway endpoint'
    WHEN 3 THEN 'virtual private gateway'
    WHEN 4 THEN 'peering in Region'
    WHEN 5 THEN 'peering across Regions'
    WHEN 6 THEN 'Local Zone or Wavelength Zone'
    WHEN 7 THEN 'gateway endpoint'
    WHEN 8 THEN 'internet gateway'
  END AS traffic_path_name,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT' AND traffic_path IS NOT NULL
GROUP BY traffic_path
ORDER BY bytes DESC, traffic_path
