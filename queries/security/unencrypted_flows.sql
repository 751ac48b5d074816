/* ---
title = "Flows that AWS sees as unencrypted"
description = "Accepted flows with encryption_status 0 (neither by the Nitro hardware nor by the application, as far as AWS knows) per client, server and port; the server is the side with the lower port. TLS of your own counts as unencrypted: AWS recognizes only its endpoints'. A flow recorded by two interfaces counts twice."
tags = ["security", "encryption"]
since = "7d"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "bar"
x = ["client", "server", "port"]
y = "bytes"
--- */
SELECT
  CASE WHEN srcport < dstport THEN dstaddr ELSE srcaddr END AS client,
  CASE WHEN srcport < dstport THEN srcaddr ELSE dstaddr END AS server,
  protocol_name,
  least(srcport, dstport) AS port,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT' AND encryption_status = 0
GROUP BY 1, 2, 3, 4
ORDER BY bytes DESC, flows DESC, client, server, port, protocol_name
LIMIT {{ limit }}
