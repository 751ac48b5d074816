/* ---
title = "Public addresses that had not reached your hosts before"
description = "Public addresses whose flows to inside were accepted in the window, and none in the equally long window just before it. Answers from the internet to your clients do not count. If the window before has no logs, every address is new; a public website has new visitors every day."
tags = ["security", "new", "internet"]
since = "7d"

[params.min_bytes]
type = "int"
default = 0
min = 0
help = "Least number of bytes"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "srcaddr"
y = "bytes"
--- */
SELECT
  srcaddr,
  count(DISTINCT dstaddr) AS targets,
  count(DISTINCT nullif(dstport, 0)) AS ports,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND src_public
  AND NOT dst_public
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  AND srcaddr NOT IN (
    SELECT srcaddr
    FROM flow_logs_before
    WHERE action = 'ACCEPT'
      AND src_public  -- nor NULL, which NOT IN would not survive
      AND NOT dst_public
      AND dstport <= greatest(srcport, 1023)
  )
GROUP BY srcaddr
HAVING sum(bytes) >= {{ min_bytes }}
ORDER BY bytes DESC, flows DESC, srcaddr
LIMIT {{ limit }}
