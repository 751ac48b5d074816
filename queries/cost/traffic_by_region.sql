/* ---
title = "Traffic by Region"
description = "Accepted flows, packets and bytes per Region. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["cost", "regions"]
since = "7d"

[params.ends]
type = "choice"
choices = ["both", "one"]
default = "both"
help = "both: a flow recorded by two interfaces counts at each; one: only where most bytes were seen"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "aws_region"
y = "bytes"
--- */
{%- if ends == 'one' -%}
WITH seen AS (
  SELECT
    aws_region,
    interface_id,
    row_number() OVER (
      PARTITION BY srcaddr, dstaddr, srcport, dstport, protocol
      ORDER BY sum(bytes) DESC, interface_id, aws_region
    ) AS place,
    count(*) AS flows,
    sum(packets) AS packets,
    sum(bytes) AS bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
  GROUP BY aws_region, interface_id, srcaddr, dstaddr, srcport, dstport, protocol
)
SELECT
  aws_region,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM seen
WHERE place = 1
{%- else -%}
SELECT
  aws_region,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT'
{%- endif %}
GROUP BY aws_region
ORDER BY bytes DESC, aws_region
LIMIT {{ limit }}
