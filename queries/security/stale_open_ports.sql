/* ---
title = "Open ports that nobody used lately"
description = "Inside addresses and ports that accepted flows in the window just before, equally long, and none in this one: candidates for closing. Flow logs name no security group rule; look for the rules that let these flows in. Answers of servers and ports above max_port do not count."
tags = ["security", "exposure", "cleanup"]
since = "30d"

[params.max_port]
type = "port"
default = 32767
help = "Highest port of a listener; those above are mostly clients'"

[params.min_flows]
type = "int"
default = 1
min = 1
help = "Least number of flows"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["dstaddr", "protocol_name", "dstport"]
y = "sources"
--- */
WITH used AS (
  SELECT DISTINCT
    dstaddr,
    protocol,
    dstport
  FROM flow_logs
  WHERE action = 'ACCEPT'
),
earlier AS (
  SELECT
    dstaddr,
    protocol,
    protocol_name,
    dstport,
    count(DISTINCT srcaddr) AS sources,
    count(DISTINCT srcaddr) FILTER (WHERE src_public) AS public_sources,
    count(*) AS flows,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs_before
  WHERE action = 'ACCEPT'
    AND protocol IN (6, 17)
    AND NOT dst_public
    AND dstport <= {{ max_port }}
    AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  GROUP BY 1, 2, 3, 4
  HAVING count(*) >= {{ min_flows }}
)
SELECT
  earlier.dstaddr,
  earlier.protocol_name,
  earlier.dstport,
  earlier.sources,
  earlier.public_sources,
  earlier.flows,
  earlier.first_seen,
  earlier.last_seen
FROM earlier
LEFT JOIN used
  ON used.dstaddr = earlier.dstaddr
  AND used.protocol = earlier.protocol
  AND used.dstport = earlier.dstport
WHERE used.dstaddr IS NULL
ORDER BY public_sources DESC, sources DESC, flows DESC, dstaddr, dstport, protocol_name
LIMIT {{ limit }}
