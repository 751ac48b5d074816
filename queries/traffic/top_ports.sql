/* ---
title = "Destination ports with the most traffic"
description = "Accepted flows, packets and bytes per TCP or UDP destination port, with sources and targets. Replies do not count, as far as ports tell them: those from a port below 1024 to a higher one, and those to ports above max_port. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["traffic", "ports"]
since = "7d"

[params.max_port]
type = "port"
default = 32767
help = "Highest destination port that counts; those above it are mostly clients' own"

[params.by]
type = "choice"
choices = ["bytes", "packets", "flows"]
default = "bytes"
help = "What the rows are ranked by"

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
x = ["protocol_name", "dstport"]
y = "bytes"
--- */
WITH counted AS (
{%- if ends == 'one' %}
  SELECT
    srcaddr, dstaddr, dstport, protocol, protocol_name,
    max(flows) AS flows, max(packets) AS packets, max(bytes) AS bytes
  FROM (
    SELECT
      srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, interface_id,
      count(*) AS flows, sum(packets) AS packets, sum(bytes) AS bytes
    FROM flow_logs
    WHERE action = 'ACCEPT' AND protocol IN (6, 17)
      AND dstport <= {{ max_port }} AND (dstport < 1024 OR srcport >= 1024)
    GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, protocol_name, interface_id
  )
  GROUP BY srcaddr, dstaddr, srcport, dstport, protocol, protocol_name
{%- else %}
  SELECT srcaddr, dstaddr, dstport, protocol, protocol_name, 1 AS flows, packets, bytes
  FROM flow_logs
  WHERE action = 'ACCEPT' AND protocol IN (6, 17)
    AND dstport <= {{ max_port }} AND (dstport < 1024 OR srcport >= 1024)
{%- endif %}
)
SELECT
  dstport,
  protocol,
  protocol_name,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT srcaddr) AS sources,
  count(DISTINCT dstaddr) AS targets
FROM counted
GROUP BY dstport, protocol, protocol_name
ORDER BY
  {% if by == 'flows' %}flows{% elif by == 'packets' %}packets{% else %}bytes{% endif %} DESC,
  dstport, protocol
LIMIT {{ limit }}
