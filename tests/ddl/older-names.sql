CREATE EXTERNAL TABLE IF NOT EXISTS `network`.`vpc_flow_logs` (
  `version` int,
  `account` string,
  `interfaceid` string,
  `sourceaddress` string,
  `destinationaddress` string,
  `sourceport` int,
  `destinationport` int,
  `protocol` int,
  `numpackets` bigint,
  `numbytes` bigint,
  `starttime` bigint,
  `endtime` bigint,
  `action` string,
  `logstatus` string
)
PARTITIONED BY (
  `dt` string
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
LOCATION 's3://flow-logs/central/AWSLogs/111122223333/vpcflowlogs/eu-west-1/'
TBLPROPERTIES (
  'EXTERNAL' = 'TRUE',
  'skip.header.line.count' = '1'
)
