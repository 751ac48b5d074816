{#- Gives a table further properties, or other values of those it has.
    Source: https://docs.aws.amazon.com/athena/latest/ug/alter-table-set-tblproperties.html -#}
ALTER TABLE {{ table.database | name }}.{{ table.name | name }} SET TBLPROPERTIES (
{%- for key, value in properties.items() %}
  {{ key | text }} = {{ value | text }}{{ "," if not loop.last }}
{%- endfor %}
)
