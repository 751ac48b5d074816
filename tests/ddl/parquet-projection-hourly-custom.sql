CREATE EXTERNAL TABLE IF NOT EXISTS `network`.`vpc_flow_logs` (
  `version` int,
  `region` string,
  `vpc_id` string,
  `pkt_srcaddr` string,
  `pkt_dstaddr` string,
  `dstport` int,
  `protocol` int,
  `tcp_flags` int,
  `type` string,
  `bytes` bigint,
  `start` bigint,
  `end` bigint,
  `action` string,
  `flow_direction` string,
  `traffic_path` int
)
PARTITIONED BY (
  `aws_account` string,
  `aws_region` string,
  `day` string,
  `hour` string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS
  INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
  OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION 's3://flow-logs/central/AWSLogs/'
TBLPROPERTIES (
  'EXTERNAL' = 'TRUE',
  'projection.aws_account.type' = 'enum',
  'projection.aws_account.values' = '111122223333,444455556666',
  'projection.aws_region.type' = 'enum',
  'projection.aws_region.values' = 'eu-west-1,us-east-1',
  'projection.day.format' = 'yyyy/MM/dd',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'projection.day.range' = '2026/01/31,NOW',
  'projection.day.type' = 'date',
  'projection.enabled' = 'true',
  'projection.hour.digits' = '2',
  'projection.hour.range' = '00,23',
  'projection.hour.type' = 'integer',
  'storage.location.template' = 's3://flow-logs/central/AWSLogs/${aws_account}/vpcflowlogs/${aws_region}/${day}/${hour}/'
)
