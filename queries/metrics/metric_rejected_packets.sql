/* ---
title = "Metric: rejected packets per protocol and 15 minutes"
description = "Packets of rejected flows per protocol and 15 minutes, for CloudWatch; 0 for TCP, UDP and ICMP where there are none. A flow belongs to the 15 minutes in which it starts; each counts once, where it was refused."
tags = ["metric", "rejects", "protocol"]
since = "1d"

[metric]
bucket = "bucket_start"
period = "15m"

[metric.values]
packets = { name = "RejectedPackets", unit = "Count" }

[metric.dimensions]
protocol_name = ["TCP", "UDP", "ICMP"]

[chart]
kind = "line"
x = "bucket_start"
y = "packets"
color = "protocol_name"
--- */
SELECT
  CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start,
  protocol_name,
  sum(packets) AS packets
FROM flow_logs
WHERE action = 'REJECT'
GROUP BY "start" - "start" % 900, protocol_name
ORDER BY bucket_start, protocol_name
