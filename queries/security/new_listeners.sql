/* ---
title = "Ports that answer now and did not before"
description = "Inside addresses and ports that sent accepted answers in the window, and none in the equally long window just before it. A listener is the side with the lower port, up to max_port, that sends more than one packet: a single TCP packet is a refusal. If the window before has no logs, every listener is new. tcp_listeners reads the flags instead."
tags = ["security", "new", "listeners"]
since = "7d"

[params.max_port]
type = "port"
default = 32767
help = "Highest port of a listener; those above are mostly clients'"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "protocol_name", "srcport"]
y = "clients"
--- */
WITH earlier AS (
  SELECT DISTINCT
    srcaddr,
    protocol,
    srcport
  FROM flow_logs_before
  WHERE action = 'ACCEPT'
    AND srcport < dstport
    AND dstport >= 1024
    AND dstport <> 2049
    AND (protocol = 17 OR packets > 1)
),
listeners AS (
  SELECT
    srcaddr,
    protocol,
    protocol_name,
    srcport,
    count(DISTINCT dstaddr) AS clients,
    count(DISTINCT dstaddr) FILTER (WHERE dst_public) AS public_clients,
    count(*) AS flows,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen
  FROM flow_logs
  WHERE action = 'ACCEPT'
    AND NOT src_public
    AND srcport BETWEEN 1 AND {{ max_port }}
    AND srcport < dstport
    AND dstport >= 1024
    AND dstport <> 2049  -- clients of NFS use ports below 1024
    AND (protocol = 17 OR packets > 1)
  GROUP BY 1, 2, 3, 4
)
SELECT
  listeners.srcaddr,
  listeners.protocol_name,
  listeners.srcport,
  listeners.clients,
  listeners.public_clients,
  listeners.flows,
  listeners.packets,
  listeners.bytes,
  listeners.first_seen,
  listeners.last_seen
FROM listeners
LEFT JOIN earlier
  ON earlier.srcaddr = listeners.srcaddr
  AND earlier.protocol = listeners.protocol
  AND earlier.srcport = listeners.srcport
WHERE earlier.srcaddr IS NULL
ORDER BY public_clients DESC, clients DESC, flows DESC, srcaddr, srcport, protocol_name
LIMIT {{ limit }}
