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
  `aws_account` string,
  `aws_region` string,
  `day` string
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
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
  'skip.header.line.count' = '1',
  'storage.location.template' = 's3://flow-logs/central/AWSLogs/o-exampleorgid/${aws_account}/vpcflowlogs/${aws_region}/${day}/'
)
