{#- Every record, with its numbers named. concat_ws leaves NULL out, so that no flag is ''. -#}
{%- from "view_parts.sql" import flow_logs, name_of -%}
CREATE OR REPLACE VIEW {{ view.table.database | name }}.{{ view.name | name }} AS
{{ flow_logs(view) }}
SELECT
  *
{%- if "protocol" in view.columns %},
  {{ name_of("protocol", protocols) }} AS "protocol_name"
{%- endif %}
{%- if "tcp_flags" in view.columns %},
  CASE WHEN "tcp_flags" IS NOT NULL THEN concat_ws(
    ','
  {%- for bit, flag in tcp_flags.items() %},
    CASE WHEN bitwise_and("tcp_flags", {{ bit }}) <> 0 THEN {{ flag | text }} END
  {%- endfor %}
  ) END AS "tcp_flag_names"
{%- endif %}
{%- if "traffic_path" in view.columns %},
  {{ name_of("traffic_path", traffic_paths) }} AS "traffic_path_name"
{%- endif %}
FROM flow_logs
