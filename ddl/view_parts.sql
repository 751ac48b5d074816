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
{#- The name of a number; the number itself where it has none. -#}
{%- macro name_of(column, names) -%}
CASE {{ column | name }}
{%- for number, name in names.items() %}
    WHEN {{ number }} THEN {{ name | text }}
{%- endfor %}
    ELSE CAST({{ column | name }} AS varchar)
  END
{%- endmacro %}
