{#- Registers partitions; those that are registered already are left as they are.
    Source: https://docs.aws.amazon.com/athena/latest/ug/alter-table-add-partition.html -#}
ALTER TABLE {{ table.database | name }}.{{ table.name | name }} ADD IF NOT EXISTS
{%- for change in changes %}
  PARTITION (
{%- for key in table.partition_keys -%}
{{ key.name | name }} = {{ change.values[loop.index0] | literal(key.type) }}{{ ", " if not loop.last }}
{%- endfor -%}
) LOCATION {{ change.location | text }}
{%- endfor %}
