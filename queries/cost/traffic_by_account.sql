/* ---
title = "Traffic by account"
description = "Accepted flows, packets and bytes per account that owns the interface. A flow recorded by two interfaces counts twice, or once with ends = one."
tags = ["cost", "accounts"]
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
x = "account_id"
y = "bytes"
--- */
{%- if ends == 'one' -%}
WITH seen AS (
  SELECT
    account_id,
    interface_id,
    row_number() OVER (
      PARTITION BY srcaddr, dstaddr, srcport, dstport, protocol
      ORDER BY sum(bytes) DESC, interface_id, account_id
    ) AS place,
    count(*) AS flows,
    sum(packets) AS packets,
    sum(bytes) AS bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
  GROUP BY account_id, interface_id, srcaddr, dstaddr, srcport, dstport, protocol
)
SELECT
  account_id,
  sum(flows) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM seen
WHERE place = 1
{%- else -%}
SELECT
  account_id,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  count(DISTINCT interface_id) AS interfaces
FROM flow_logs
WHERE action = 'ACCEPT'
{%- endif %}
GROUP BY account_id
ORDER BY bytes DESC, account_id
LIMIT {{ limit }}
