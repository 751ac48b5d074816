/* ---
title = "Traffic on ports of clear-text protocols"
description = "Accepted TCP flows to ports whose protocols send passwords or content unencrypted: FTP, Telnet, POP3, IMAP, LDAP, the r-commands, MQTT, VNC. The port is all that is known: STARTTLS may encrypt. Scope says whether the flow crosses the internet. A flow recorded by two interfaces counts twice."
tags = ["security", "encryption", "clear text"]
since = "7d"

[params.ports]
type = "list[port]"
default = [21, 23, 110, 143, 389, 512, 513, 514, 1883, 5900]
help = "Destination ports"

[params.limit]
type = "int"
default = 100
min = 1
help = "Rows"

[chart]
kind = "heatmap"
x = "dstport"
y = "srcaddr"
color = "bytes"
--- */
SELECT
  CASE
    WHEN src_public THEN 'from the internet'
    WHEN dst_public THEN 'to the internet'
    ELSE 'inside'
  END AS scope,
  srcaddr,
  dstaddr,
  dstport,
  count(*) AS flows,
  sum(packets) AS packets,
  sum(bytes) AS bytes,
  min(start_time) AS first_seen,
  max(start_time) AS last_seen
FROM flow_logs
WHERE action = 'ACCEPT'
  AND protocol = 6
  AND dstport IN {{ ports }}
  AND dstport <= greatest(srcport, 1023)  -- not a server's answer to a client's port
GROUP BY 1, 2, 3, 4
ORDER BY bytes DESC, flows DESC, srcaddr, dstaddr, dstport
LIMIT {{ limit }}
