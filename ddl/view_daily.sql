{#- Flows summed up by day and by who talked to whom. No ORDER BY: a view's reader orders. -#}
{%- from "view_parts.sql" import flow_logs, name_of -%}
CREATE OR REPLACE VIEW {{ view.table.database | name }}.{{ view.name | name }} AS
{{ flow_logs(view) }}
SELECT
  TRY_CAST("day" AS timestamp) AS "date",
{%- for column in view.grain %}
  {{ column | name }},
{%- endfor %}
{%- if "protocol" in view.columns %}
  {{ name_of("protocol", protocols) }} AS "protocol_name",
{%- endif %}
{%- if "traffic_path" in view.columns %}
  {{ name_of("traffic_path", traffic_paths) }} AS "traffic_path_name",
{%- endif %}
{%- for column in ("packets", "bytes") if column in view.columns %}
  sum({{ column | name }}) AS {{ column | name }},
{%- endfor %}
  count(*) AS "flows"{{ "," if "start_time" in view.columns }}
{%- if "start_time" in view.columns %}
  min("start_time") AS "first_start_time",
  max("start_time") AS "last_start_time"
{%- endif %}
FROM flow_logs
{%- if "log_status" in view.columns %}
WHERE "log_status" = 'OK'
{%- endif %}
GROUP BY
{%- for column in view.grain %}
  {{ column | name }}{{ "," if not loop.last }}
{%- endfor %}
