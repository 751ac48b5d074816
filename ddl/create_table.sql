{#- A table of flow logs. Every identifier is back-quoted: Hive reserves start, end and date.
    Sources: https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html and its pages on
    Parquet and on partition projection. -#}
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
{%- if table.file_format == "parquet" %}
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS
  INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
  OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
{%- else %}
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
{%- endif %}
LOCATION {{ table.location | text }}
TBLPROPERTIES (
{%- for key, value in table.parameters | dictsort %}
  {{ key | text }} = {{ value | text }}{{ "," if not loop.last }}
{%- endfor %}
)
