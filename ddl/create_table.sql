{#- A text flow log with registered partitions. Every identifier is back-quoted: Hive reserves
    start, end and date. Source: https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html -#}
CREATE EXTERNAL TABLE IF NOT EXISTS {{ table.database | name }}.{{ table.name | name }} (
{%- for column in table.columns %}
  {{ column.name | name }} {{ column.type }}{{ "," if not loop.last }}
{%- endfor %}
)
PARTITIONED BY (
{%- for key in table.partition_keys %}
  {{ key.name | name }} {{ key.type }}{{ "," if not loop.last }}
{%- endfor %}
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
LOCATION {{ table.location | text }}
TBLPROPERTIES (
{%- for key, value in table.parameters | dictsort %}
  {{ key | text }} = {{ value | text }}{{ "," if not loop.last }}
{%- endfor %}
)
