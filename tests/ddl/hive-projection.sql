CREATE EXTERNAL TABLE IF NOT EXISTS `network`.`vpc_flow_logs` (
  `version` int,
  `account_id` string,
  `interface_id` string,
  `srcaddr` string,
  `dstaddr` string,
  `srcport` int,
  `dstport` int,
  `protocol` int,
  `packets` bigint,
  `bytes` bigint,
  `start` bigint,
  `end` bigint,
  `action` string,
  `log_status` string
)
PARTITIONED BY (
  `aws-account-id` string,
  `aws-service` string,
  `aws-region` string,
  `year` string,
  `month` string,
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
  'projection.aws-account-id.type' = 'enum',
  'projection.aws-account-id.values' = '111122223333,444455556666',
  'projection.aws-region.type' = 'enum',
  'projection.aws-region.values' = 'eu-west-1,us-east-1',
  'projection.aws-service.type' = 'enum',
  'projection.aws-service.values' = 'vpcflowlogs',
  'projection.day.digits' = '2',
  'projection.day.range' = '01,31',
  'projection.day.type' = 'integer',
  'projection.enabled' = 'true',
  'projection.hour.digits' = '2',
  'projection.hour.range' = '00,23',
  'projection.hour.type' = 'integer',
  'projection.month.digits' = '2',
  'projection.month.range' = '01,12',
  'projection.month.type' = 'integer',
  'projection.year.digits' = '4',
  'projection.year.range' = '2026,2046',
  'projection.year.type' = 'integer',
  'storage.location.template' = 's3://flow-logs/central/AWSLogs/aws-account-id=${aws-account-id}/aws-service=${aws-service}/aws-region=${aws-region}/year=${year}/month=${month}/day=${day}/hour=${hour}/'
)
