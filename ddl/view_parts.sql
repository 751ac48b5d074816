{#- What the views share, in Athena's query dialect. -#}
{#- The table's columns under the names that saved queries use. -#}
{%- macro flow_logs(view) -%}
WITH flow_logs AS (
  SELECT
{%- for column, expression in view.columns.items() %}
    {{ expression | named(column) }}{{ "," if not loop.last }}
{%- endfor %}
  FROM {{ view.table.database | name }}.{{ view.table.name | name }}
{%- if view.condition %}
  WHERE {{ view.condition }}
{%- endif %}
)
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
