/* ---
title = "When each source was first and last seen"
description = "First and last record in the window per source address, the newest source first, with its flows, targets and destination ports up to max_port. Rejected flows count too, and have a column of their own. A flow recorded by two interfaces counts twice."
tags = ["traffic", "sources", "time"]
since = "7d"

[params.ip]
type = "ip"
required = false
help = "IPv4 or IPv6 address"

[params.max_port]
type = "port"
default = 32767
help = "Highest destination port that counts; those above it are mostly clients' own"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"
--- */
SELECT
  srcaddr,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(bytes) AS bytes,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT if(dstport BETWEEN 1 AND {{ max_port }}, dstport)) AS ports
FROM flow_logs
WHERE srcaddr IS NOT NULL{% if ip %} AND srcaddr = {{ ip }}{% endif %}
GROUP BY srcaddr
ORDER BY first_seen DESC, srcaddr
LIMIT {{ limit }}
