/* ---
title = "Traffic by tag"
description = "Bytes that interfaces send and receive by the value of a tag: of the instance, of the interface or of its Auto Scaling group. Which tag keys these are is set in the flow log. The records have values percent-encoded; here they are decoded. Without the tag it is the row without a value. A flow between two of your interfaces counts at both."
tags = ["cost", "tags"]
since = "7d"

[params.tag]
type = "choice"
choices = ["instance_tag", "instance_tag_2", "interface_tag", "interface_tag_2", "asg_tag", "asg_tag_2"]
default = "instance_tag"
help = "Which tag field"

[params.limit]
type = "int"
default = 50
min = 1
help = "Rows"

[chart]
kind = "bar"
x = "tag"
y = ["sent_bytes", "received_bytes"]
--- */
WITH tagged AS (
  SELECT
{%- if tag == 'instance_tag' %}
    url_decode(instance_tag) AS tag,
{%- elif tag == 'instance_tag_2' %}
    url_decode(instance_tag_2) AS tag,
{%- elif tag == 'interface_tag' %}
    url_decode(interface_tag) AS tag,
{%- elif tag == 'interface_tag_2' %}
    url_decode(interface_tag_2) AS tag,
{%- elif tag == 'asg_tag' %}
    url_decode(asg_tag) AS tag,
{%- elif tag == 'asg_tag_2' %}
    url_decode(asg_tag_2) AS tag,
{%- endif %}
    flow_direction,
    interface_id,
    bytes
  FROM flow_logs
  WHERE action = 'ACCEPT'
)
SELECT
  tag,
  count(*) AS flows,
  count(DISTINCT interface_id) AS interfaces,
  sum(CASE WHEN flow_direction = 'egress' THEN bytes ELSE 0 END) AS sent_bytes,
  sum(CASE WHEN flow_direction = 'ingress' THEN bytes ELSE 0 END) AS received_bytes,
  sum(bytes) AS bytes
FROM tagged
GROUP BY tag
ORDER BY bytes DESC, tag
LIMIT {{ limit }}
