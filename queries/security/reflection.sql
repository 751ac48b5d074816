/* ---
title = "UDP reflection: your hosts as reflectors and as victims"
description = "UDP between inside and the internet on ports that are abused for amplification. Role reflector: a service of yours sends at least min_ratio times what it receives. Role victim: a host of yours receives that much from such services elsewhere, rejected flows included. Public DNS servers of yours answer with more bytes than they receive, though rarely five times."
tags = ["security", "ddos", "reflection", "udp", "internet"]
since = "7d"

[params.ports]
type = "list[port]"
default = [17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 1434, 1900, 3283, 3702, 5353, 11211]
help = "Ports of the services"

[params.min_bytes]
type = "int"
default = 1000000
min = 0
help = "Least number of bytes"

[params.min_ratio]
type = "number"
default = 5
min = 0
help = "Least ratio of bytes to the victim to bytes from it"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["inside", "port"]
y = ["bytes_to_victim", "bytes_from_victim"]
--- */
WITH sides AS (
  SELECT
    src_public AS is_inbound,
    CASE WHEN src_public THEN dstaddr ELSE srcaddr END AS inside,
    CASE WHEN src_public THEN dstport ELSE srcport END AS inside_port,
    CASE WHEN src_public THEN srcaddr ELSE dstaddr END AS outside,
    CASE WHEN src_public THEN srcport ELSE dstport END AS outside_port,
    bytes,
    action,
    start_time
  FROM flow_logs
  WHERE protocol = 17 AND src_public <> dst_public
),
services AS (
  SELECT
    *,
    -- The same port on both sides, as of NTP: a client of a public server.
    inside_port IN {{ ports }} AND inside_port <> outside_port AS is_reflector
  FROM sides
  WHERE inside_port IN {{ ports }} OR outside_port IN {{ ports }}
),
roles AS (
  SELECT
    CASE WHEN is_reflector THEN 'reflector' ELSE 'victim' END AS role,
    inside,
    outside,
    inside_port,
    outside_port,
    CASE WHEN is_inbound = is_reflector THEN 0 ELSE bytes END AS bytes_to_victim,
    CASE WHEN is_inbound = is_reflector THEN bytes ELSE 0 END AS bytes_from_victim,
    action,
    start_time
  FROM services
)
SELECT
  role,
  inside,
  CASE WHEN role = 'reflector' THEN inside_port ELSE outside_port END AS port,
  count(DISTINCT outside) AS peers,
  count(*) AS flows,
  count_if(action = 'REJECT') AS rejected_flows,
  sum(bytes_to_victim) AS bytes_to_victim,
  sum(bytes_from_victim) AS bytes_from_victim,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM roles
GROUP BY 1, 2, 3
HAVING sum(bytes_to_victim) >= {{ min_bytes }}
  AND CAST(sum(bytes_to_victim) AS double)
    >= {{ min_ratio }} * CAST(sum(bytes_from_victim) AS double)
ORDER BY bytes_to_victim DESC, role, inside, port
LIMIT {{ limit }}
