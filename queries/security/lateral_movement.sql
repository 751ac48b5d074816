/* ---
title = "Inside hosts that try administrative ports of other hosts"
description = "TCP flows from inside to administrative ports inside, per source and port, from sources that are not allowed to: distinct targets, accepted and rejected flows. Name your bastions, deployment and monitoring hosts in allowed_sources; what remains should be short. A flow recorded by two interfaces counts twice."
tags = ["security", "lateral movement", "admin"]
since = "7d"

[params.allowed_sources]
type = "list[cidr]"
required = false
help = "Sources that may do so, addresses or networks"

[params.ports]
type = "list[port]"
default = [22, 23, 135, 139, 445, 512, 513, 514, 623, 2375, 2376, 3389, 5900, 5901, 5985, 5986, 6443, 10000, 10250]
help = "Destination ports"

[params.min_targets]
type = "int"
default = 1
min = 1
help = "Least number of distinct targets"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "srcaddr"
color = "targets"
--- */
SELECT
  srcaddr,
  dstport,
  count(DISTINCT dstaddr) AS targets,
  count_if(action = 'ACCEPT') AS accepted_flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE protocol = 6
  AND dstport IN {{ ports }}
  AND NOT src_public
  AND NOT dst_public
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  {%- if allowed_sources %}
  AND cardinality(
    filter(
      split({{ allowed_sources | join(',') }}, ','),
      network -> contains(network, try_cast(srcaddr AS ipaddress))
    )
  ) = 0
  {%- endif %}
GROUP BY srcaddr, dstport
HAVING count(DISTINCT dstaddr) >= {{ min_targets }}
ORDER BY targets DESC, accepted_flows DESC, rejected_flows DESC, srcaddr, dstport
LIMIT {{ limit }}
