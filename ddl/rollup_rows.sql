{#- What a rollup is made of: the rows of the view daily. -#}
{%- from "view_parts.sql" import flow_logs, daily_rows -%}
{{ flow_logs(view) }}
{{ daily_rows(view, protocols, traffic_paths) }}
