/* ---
title = "Who opens TCP connections, and to which servers"
description = "Accepted flows that contain a SYN without an ACK, per source, destination and port: the source asks for the connection, whether it is answered or not. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "tcp", "connections"]
since = "7d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["srcaddr", "dstaddr", "dstport"]
y = "flows"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, dstaddr, dstport,
    max(flows) AS flows, min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, interface_id,
      count(*) AS flows, min(start_time) AS first_seen, max(start_time) AS last_seen
    FROM flow_logs
    WHERE action = 'ACCEPT' AND protocol = 6 AND bitwise_and(tcp_flags, 18) = 2
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol
{%- else %}
  SELECT srcaddr, dstaddr, dstport, 1 AS flows, start_time AS first_seen, start_time AS last_seen
  FROM flow_logs
  WHERE action = 'ACCEPT' AND protocol = 6 AND bitwise_and(tcp_flags, 18) = 2
{%- endif %}
)
SELECT
  srcaddr,
  dstaddr,
  dstport,
  sum(flows) AS flows,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM counted
GROUP BY srcaddr, dstaddr, dstport
ORDER BY flows DESC, srcaddr, dstaddr, dstport
LIMIT {{ limit }}
