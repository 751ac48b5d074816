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
  `aws-account-id` string,
  `aws-service` string,
  `aws-region` string,
  `year` string,
  `month` string,
  `day` string,
  `hour` string
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ' '
LOCATION 's3://flow-logs/central/AWSLogs/'
TBLPROPERTIES (
  'EXTERNAL' = 'TRUE',
  'skip.header.line.count' = '1'
)
