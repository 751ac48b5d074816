/* ---
title = "Hosts that ask public DNS servers"
description = "Flows from inside to DNS ports (also DNS over TLS) of public addresses that are not approved, accepted and rejected. Behind a NAT gateway, the gateway's address appears beside the sender's. Queries to the resolver of the VPC are in no flow log, and DNS over HTTPS looks like any HTTPS. Your own recursive resolvers appear here; one_way_tcp and beaconing may tell more about the rest."
tags = ["security", "dns", "egress", "internet"]
since = "7d"

[params.allowed_servers]
type = "list[cidr]"
required = false
help = "Approved servers, addresses or networks"

[params.ports]
type = "list[port]"
default = [53, 853]
help = "Destination ports"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstaddr"
y = "srcaddr"
color = "flows"
--- */
SELECT
  srcaddr,
  dstaddr,
  protocol_name,
  dstport,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE protocol IN (6, 17)
  AND dstport IN {{ ports }}
  AND NOT src_public
  AND dst_public
  {%- if allowed_servers %}
  AND cardinality(
    filter(
      split({{ allowed_servers | join(',') }}, ','),
      network -> contains(network, try_cast(dstaddr AS ipaddress))
    )
  ) = 0
  {%- endif %}
GROUP BY 1, 2, 3, 4
ORDER BY flows DESC, srcaddr, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
