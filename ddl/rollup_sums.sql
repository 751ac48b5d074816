{#- What the records of each day add up to. -#}
{%- from "view_parts.sql" import flow_logs, logged -%}
{{ flow_logs(view) }}
SELECT
  "day",
  count(*) AS "flows",
{%- for column in ("packets", "bytes") %}
  {{ "coalesce(sum(%s), 0)" | format(column | name) if column in view.columns else 0 }} AS {{ column | name }}{{ "," if not loop.last }}
{%- endfor %}
FROM flow_logs
{{ logged(view) }}GROUP BY
  "day"
