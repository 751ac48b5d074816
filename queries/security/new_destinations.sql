/* ---
title = "Public addresses that your hosts had not contacted before"
description = "Public addresses that received accepted flows from inside in the window, and none in the equally long window just before it. Answers of your servers to clients do not count. If the window before has no logs, every address is new; content networks change addresses all the time."
tags = ["security", "new", "egress", "internet"]
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
x = "dstaddr"
y = "bytes"
--- */
SELECT
  dstaddr,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT nullif(dstport, 0)) AS ports,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND dst_public
  AND NOT src_public
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
  AND dstaddr NOT IN (
    SELECT dstaddr
    FROM flow_logs_before
    WHERE action = 'ACCEPT'
      AND dst_public  -- nor NULL, which NOT IN would not survive
      AND NOT src_public
      AND dstport <= greatest(srcport, 1023)
  )
GROUP BY dstaddr
HAVING sum(bytes) >= {{ min_bytes }}
ORDER BY bytes DESC, flows DESC, dstaddr
LIMIT {{ limit }}
