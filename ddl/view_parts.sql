{#- What the views share, in Athena's query dialect. -#}
{#- The tables' columns under the names that saved queries use. -#}
{%- macro flow_logs(view) -%}
WITH flow_logs AS (
{%- for branch in view.branches %}
  SELECT
{%- for column, expression in branch.columns.items() %}
    {{ expression | named(column) }}{{ "," if not loop.last }}
{%- endfor %}
  FROM {{ branch.table.database | name }}.{{ branch.table.name | name }}
{%- if branch.condition %}
  WHERE {{ branch.condition }}
{%- endif %}
{%- if not loop.last %}
  UNION ALL
{%- endif %}
{%- endfor %}
)
{%- endmacro %}
{#- Of the day alone: a condition on it prunes. -#}
{%- set date = 'TRY_CAST("day" AS timestamp) AS "date"' -%}
{#- Flows summed up by day and by who talked to whom; reads the table expression flow_logs. -#}
{%- macro daily_rows(view, protocols, traffic_paths) -%}
SELECT
  {{ date }},
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
{{ logged(view) }}GROUP BY
{%- for column in view.grain %}
  {{ column | name }}{{ "," if not loop.last }}
{%- endfor %}
{%- endmacro %}
{#- The records with traffic: others say that there was none, or that it was not recorded. -#}
{%- macro logged(view) -%}
{%- if "log_status" in view.columns -%}
WHERE "log_status" = 'OK'
{% endif -%}
{%- endmacro %}
{#- The name of a number; the number itself where it has none. -#}
{%- macro name_of(column, names) -%}
CASE {{ column | name }}
{%- for number, name in names.items() %}
    WHEN {{ number }} THEN {{ name | text }}
{%- endfor %}
    ELSE CAST({{ column | name }} AS varchar)
  END
{%- endmacro %}
