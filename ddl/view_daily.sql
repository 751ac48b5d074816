{#- Flows summed up by day and by who talked to whom. No ORDER BY: a view's reader orders. -#}
{%- from "view_parts.sql" import flow_logs, daily_rows, date -%}
CREATE OR REPLACE VIEW {{ view.table.database | name }}.{{ view.name | name }} AS
{{ flow_logs(view) }}
{{ daily_rows(view, protocols, traffic_paths) }}
{%- if view.rollup %}
UNION ALL
SELECT
  {{ date }},
{%- for column in view.daily_columns if column != "date" %}
  {{ column | name }}{{ "," if not loop.last }}
{%- endfor %}
FROM {{ view.rollup.table.database | name }}.{{ view.rollup.table.name | name }}
WHERE {{ view.rolled_up_days }}
{%- endif %}
