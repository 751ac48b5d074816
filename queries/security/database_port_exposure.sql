/* ---
title = "Database ports that the internet reaches"
description = "Accepted flows from public addresses to ports of databases, caches and search engines, per interface and port. Accepted means that security groups and network ACLs let them in, not that something answered. A flow from a port below 1024 to a higher one is taken for an answer from the internet and does not count."
tags = ["security", "exposure", "internet", "database"]
since = "7d"

[params.ports]
type = "list[port]"
default = [1150, 1433, 1434, 1521, 1522, 1526, 3306, 3307, 5432, 5433, 5439, 5984, 6379, 6380, 6381, 6382, 6383, 7000, 7001, 7474, 7687, 8086, 8529, 9042, 9160, 9200, 9300, 11211, 27017, 27018, 27019]
help = "Destination ports"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "dstaddr"
color = "flows"
--- */
SELECT
  aws_account,
  aws_region,
  interface_id,
  dstaddr,
  protocol_name,
  dstport,
  count(DISTINCT srcaddr) AS sources,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND protocol IN (6, 17)
  AND src_public
  AND NOT dst_public
  AND dstport IN {{ ports }}
  AND (dstport < 1024 OR srcport >= 1024)  -- not a server's answer to a client's port
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY sources DESC, flows DESC, dstaddr, dstport, protocol_name, 1, 2, 3
LIMIT {{ limit }}
