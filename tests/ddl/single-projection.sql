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
  `dt` string,
  `hour` string
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
LOCATION 's3://flow-logs/central/AWSLogs/o-exampleorgid/111122223333/vpcflowlogs/eu-west-1/'
TBLPROPERTIES (
  'EXTERNAL' = 'TRUE',
  'projection.dt.format' = 'yyyy/MM/dd',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS',
  'projection.dt.range' = '2026/01/31,NOW',
  'projection.dt.type' = 'date',
  'projection.enabled' = 'true',
  'projection.hour.digits' = '2',
  'projection.hour.range' = '00,23',
  'projection.hour.type' = 'integer',
  'skip.header.line.count' = '1',
  'storage.location.template' = 's3://flow-logs/central/AWSLogs/o-exampleorgid/111122223333/vpcflowlogs/eu-west-1/${dt}/${hour}/'
)
