/* ---
title = "Contacts with addresses of a list"
description = "Flows from or to addresses and networks of a list, IPv4 and IPv6, such as indicators of an incident: which of your hosts, in which direction, accepted or rejected. Direction from means that the listed address sent. Behind a NAT gateway, the gateway's address appears beside the sender's. Rejected flows from outside are background noise; accepted ones, and any flow to a listed address, are not."
tags = ["security", "indicators", "incident"]
since = "7d"

[params.addresses]
type = "list[cidr]"
help = "Addresses and networks to look for"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr"]
y = ["accepted_flows", "rejected_flows"]
--- */
-- The networks are one text, and pairs of addresses are compared with it, not records: a condition
-- for each network is more than Athena compiles.
WITH list AS (
  SELECT split({{ addresses | join(',') }}, ',') AS networks
),
pairs AS (
  SELECT
    srcaddr,
    dstaddr,
    try_cast(srcaddr AS ipaddress) AS source,
    try_cast(dstaddr AS ipaddress) AS target,
    count_if(action = 'ACCEPT') AS accepted_flows,
    count_if(action = 'REJECT') AS rejected_flows,
    count(DISTINCT nullif(dstport, 0)) AS ports,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs
  WHERE srcaddr IS NOT NULL
  GROUP BY srcaddr, dstaddr
),
matched AS (
  SELECT
    element_at(filter(networks, network -> contains(network, target)), 1) AS listed_target,
    element_at(filter(networks, network -> contains(network, source)), 1) AS listed_source,
    pairs.*
  FROM pairs
  CROSS JOIN list
)
SELECT
  coalesce(listed_target, listed_source) AS listed,
  CASE WHEN listed_target IS NULL THEN 'from' ELSE 'to' END AS direction,
  srcaddr,
  dstaddr,
  accepted_flows,
  rejected_flows,
  ports,
  packets,
  bytes,
  first_seen,
  last_seen
FROM matched
WHERE listed_target IS NOT NULL OR listed_source IS NOT NULL
ORDER BY accepted_flows DESC, bytes DESC, listed, direction, srcaddr, dstaddr
LIMIT {{ limit }}
