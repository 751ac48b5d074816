"""The SQL that makes traffic: the hosts, who talks to whom, and the records that result."""

POOLS = """
-- A pool has n members, numbered from first. Without a prefix, they are hosts of the VPC.
CREATE TABLE pool AS FROM (VALUES
    ('web', NULL, 0, 8), ('app', NULL, 8, 12), ('db', NULL, 20, 3), ('dns', NULL, 24, 2),
    ('bastion', NULL, 28, 1), ('worker', NULL, 32, 32), ('any', NULL, 0, 64),
    ('public', 'public', 0, 20000), ('saas', '30.0.113.', 201, 30),
    ('office', '30.0.113.', 240, 4), ('clock', '26.51.100.', 250, 4),
    ('brute', '29.0.2.', 11, 5), ('scanner', '29.0.2.', 66, 4), ('prober', '29.0.2.', 100, 100)
) AS t (name, prefix, first, n);
-- weight is per mille. scale 0 means one or two packets, else the minimum of a Pareto distribution.
-- ask and reply are the minimum bytes per packet in each direction. Port -1 means any.
CREATE TABLE kind AS FROM (VALUES
    (343, 'ACCEPT',  6,  443, 'public',  'web',     3, 120,  900),
    ( 50, 'ACCEPT',  6,   80, 'public',  'web',     2, 110,  700),
    ( 90, 'ACCEPT',  6, 8080, 'web',     'app',     2, 180,  600),
    (120, 'ACCEPT',  6, 5432, 'app',     'db',      4, 140,  420),
    (110, 'ACCEPT', 17,   53, 'worker',  'dns',     0,  60,  110),
    ( 90, 'ACCEPT',  6,  443, 'worker',  'saas',    3, 150,  950),
    ( 40, 'ACCEPT', 17,  123, 'any',     'clock',   0,  76,   76),
    ( 15, 'ACCEPT',  6,   22, 'office',  'bastion', 8,  70,  120),
    ( 10, 'ACCEPT',  6,   22, 'bastion', 'app',     5,  70,  120),
    ( 20, 'ACCEPT',  1,    0, 'bastion', 'app',     0,  84,   84),
    -- What should not be there, for the queries of security to find.
    (  6, 'ACCEPT', 17,   53, 'worker',  'saas',    0,  60,  110),
    (  6, 'ACCEPT',  6, 8443, 'worker',  'saas',    3, 150,  950),
    (  4, 'ACCEPT',  6,   23, 'bastion', 'app',     3,  60,   90),
    (  3, 'ACCEPT',  6,  445, 'worker',  'saas',    2, 120,  160),
    (  3, 'ACCEPT',  6, 5432, 'public',  'db',      2, 140,  420),
    (  2, 'ACCEPT', 47,    0, 'office',  'bastion', 4, 200,  200),
    (  3, 'REJECT',  6,   25, 'worker',  'saas',    0,  60,   60),
    ( 25, 'REJECT',  6,   22, 'brute',   'any',     0,  60,   60),
    ( 30, 'REJECT',  6,   -1, 'scanner', 'any',     0,  44,   44),
    (  8, 'REJECT',  6, 3389, 'prober',  'any',     0,  52,   52),
    (  7, 'REJECT',  6,   23, 'prober',  'any',     0,  40,   40),
    (  5, 'REJECT', 17, 5060, 'prober',  'any',     0, 443,  443),
    (  5, 'REJECT',  1,    0, 'prober',  'any',     0,  84,   84),
    (  5, 'REJECT',  6, 3306, 'worker',  'db',      0,  60,   60)
) AS t (weight, action, protocol, port, client, server, scale, ask, reply);
-- One row per mille, so that a number from 0 to 999 finds its kind in an equality join.
CREATE TABLE mix AS
SELECT unnest(range(below, below + weight)) AS mille, k.*, c.prefix AS c_prefix,
    c.first AS c_first, c.n AS c_n, s.prefix AS s_prefix, s.first AS s_first, s.n AS s_n
FROM (SELECT *, sum(weight) OVER (ORDER BY rowid)::BIGINT - weight AS below FROM kind) AS k
JOIN pool AS c ON c.name = client JOIN pool AS s ON s.name = server;
CREATE MACRO cut(h, low) AS CAST((h >> low) & 65535 AS BIGINT); -- 16 bits of an MD5 sum
CREATE MACRO skew(n, u) AS (n * u * u) >> 32; -- one of n; half of the time, of the first quarter
-- Public addresses, of networks that offer no services: no real site is shown as a scanner. Those
-- for documentation are not globally reachable: queries would not take them for the internet.
CREATE MACRO far(m) AS if(m < 398,
    if(m % 2 = 0, '26.51.100.', '30.0.113.') || (1 + m // 2),
    '28.' || (18 + m % 2) || '.' || (m // 200) || '.' || (10 + m // 2 % 100));
CREATE MACRO v4(prefix, net, m) AS CASE
    WHEN prefix IS NULL THEN '10.' || net || '.' || (m // 16 * 16) || '.' || (10 + 3 * m)
    WHEN prefix = 'public' THEN far(m) ELSE prefix || m END;
CREATE MACRO v6(prefix, net, m) AS
    format('{}::{:x}', if(prefix IS NULL, format('2001:db8:{:x}', net), '3ffe:f00d'), 16 + m)
"""

# Each VPC has four subnets of 16 hosts. Hosts 12 to 15 are ECS tasks, the first two on Fargate;
# host 30 is the NAT gateway of the workers, 32 to 63; databases are managed by AWS. What does not
# apply is '-', as in AWS.
HOSTS = """
CREATE TABLE host AS
WITH site AS (SELECT unnest($sites, recursive := true)),
member AS (
    SELECT account, region, m, 10 * (1 + 2 * site + v) AS net, m BETWEEN 12 AND 15 AS is_task,
        CASE WHEN m < 8 THEN 'web' WHEN m < 20 THEN 'app' WHEN m < 23 THEN 'db'
            WHEN m IN (24, 25) THEN 'dns' WHEN m = 28 THEN 'bastion' WHEN m = 30 THEN 'nat'
            WHEN m < 32 THEN 'spare' ELSE 'worker' END AS role,
        role NOT IN ('db', 'nat') AND m NOT IN (12, 13) AS is_instance
    FROM site, (SELECT unnest([0, 1]) AS v), (SELECT unnest(range(64)) AS m)
)
SELECT net * 64 + m AS id, account, region,
    'eni-0' || left(md5('eni ' || net || ' ' || m), 16) AS eni,
    'vpc-0' || left(md5('vpc ' || net), 16) AS vpc,
    'subnet-0' || left(md5('subnet ' || net || ' ' || m // 16), 16) AS subnet,
    if(region = 'eu-west-1', 'euw1-az', 'use1-az') || (1 + m // 16 % 3) AS zone,
    if(is_instance, 'i-0' || left(md5('i ' || net || ' ' || m), 16), '-') AS instance,
    if(role = 'nat', 'nat_gateway', '-') AS kind,
    'arn:aws:ecs:' || region || ':' || account || ':' AS ecs, is_task,
    md5('task ' || net || ' ' || m) AS task,
    if(is_task AND is_instance, md5('node ' || net || ' ' || m), '-') AS node,
    if(is_instance, url_encode(role || ' ' || m), '-') AS name,
    CASE WHEN NOT is_instance THEN '-' WHEN role = 'web' THEN url_encode('Shop & Co')
        WHEN role = 'app' THEN url_encode('Zahlung/Köln') ELSE 'platform' END AS team,
    if(net % 20 = 10, 'prod', 'test') AS stage,
    if(role = 'spare', '-', url_encode('cost=' || (4000 + net))) AS cost,
    if(role IN ('web', 'worker'), role || '-asg', '-') AS asg,
    if(role IN ('web', 'worker'), if(m % 2 = 0, 'blue', 'green'), '-') AS colour
FROM member
"""

# Records 2k and 2k+1 are the two directions of one conversation and share the MD5 sums a and b; sum
# r belongs to the record alone. Refused conversations have no replies: both records are attempts.
# Scanners (port -1) change every two hours. Small parameters arrive as INT32, hence BIGINT.
#
# The record's interface belongs to host m; inside says whether the other end is in the VPC as well.
# hop is the host that m exchanges packets with: the other end, the NAT gateway or none. Workers use
# the NAT gateway for the internet and a gateway endpoint for S3 and DynamoDB; pod is a second
# address of a worker, in the packets themselves. phase decides which part of a TCP connection is
# recorded. v is one of the site's two VPCs; a file with a vpc has the records of that one alone.
RECORDS = """
files AS (SELECT COLUMNS(*)::BIGINT FROM (SELECT unnest($files, recursive := true))),
slots AS (SELECT *, unnest(range(slot, slot + width)) AS s FROM files),
marks AS (
    SELECT file, site, vpc, midnight + 300 * s AS since,
        first + rows * $curve[s + 1] // $curve[289] AS low,
        first + rows * $curve[s + 2] // $curve[289] AS high
    FROM slots
),
numbered AS (SELECT *, unnest(range(low, high)) AS g FROM marks),
drawn AS (
    SELECT *, md5_number_upper($key || 'a' || g // 2) AS a,
        md5_number_lower($key || 'a' || g // 2) AS b, md5_number_upper($key || 'r' || g) AS r
    FROM numbered
),
timed AS (
    SELECT *, cut(b, 32) % 2 AS v, 10 * (1 + 2 * site + v) AS net, cut(a, 0) % 1000 AS mille,
        since + ((g - low) * 300 + cut(r, 48) % 300) // (high - low) AS stop,
        stop - if(cut(r, 32) % 10 < 6, 10 + cut(r, 32) % 50, cut(r, 32) % 601) AS start
    FROM drawn
),
met AS (
    SELECT t.*, mix.*, g % 2 = 1 AND action = 'ACCEPT' AS answers,
        s_prefix IS NULL AND (c_prefix IS NOT NULL OR cut(b, 0) % 2 = 0) AS at_server,
        cut(b, 0) % 16 = 0 AND (client = 'public' OR server = 'saas') AS is_v6,
        CASE WHEN port < 0 THEN c_first + skew(c_n, stop // 7200 * 40503 % 65536)
            WHEN client = 'public' THEN (skew(c_n, cut(a, 32)) * cut(a, 32)) >> 16
            ELSE c_first + skew(c_n, cut(a, 32)) END AS c,
        s_first + skew(s_n, cut(a, 16)) AS s,
        32768 + xor(cut(a, 48), if(action = 'REJECT', cut(r, 16), 0)) % 28232 AS free_port,
        if(protocol IN (1, 47), 0, free_port) AS c_port,
        if(port < 0, 1 + cut(r, 0) % 9000, port) AS s_port,
        if(scale > 0, 1 + scale * 65536 // (1 + cut(b, 48)), 1 + cut(r, 0) % 2) AS volume
    FROM timed AS t JOIN mix USING (mille) WHERE vpc IS NULL OR vpc = v
),
sized AS (
    SELECT *, if(is_v6, v6(c_prefix, net, c), v4(c_prefix, net, c)) AS c_addr,
        if(is_v6, v6(s_prefix, net, s), v4(s_prefix, net, s)) AS s_addr,
        if(answers OR scale = 0, volume, 1 + volume * 2 // 3) AS packets,
        if(answers, reply, ask) * if(action = 'ACCEPT', 131072 + cut(r, 16), 131072) AS size
    FROM met
),
placed AS (
    SELECT *, if(at_server, s, c) AS m, if(at_server, client, server) AS peer,
        if(at_server, c_prefix, s_prefix) IS NULL AS inside, at_server = answers AS egress,
        if(answers, s_addr, c_addr) AS src, if(answers, c_addr, s_addr) AS dst,
        g % 250 <> 17 AND g % 2000 <> 777 AS ok, cut(b, 16) % 16 AS phase,
        if(client = 'public' AND c % 20 = 3 AND NOT is_v6, 'EC2', '-') AS c_service,
        if(server = 'saas' AND NOT is_v6, ['S3', 'S3', 'DYNAMODB', 'AMAZON', '-'][1 + s % 5], '-')
            AS s_service
    FROM sized
),
routed AS (
    SELECT *, s_service IN ('S3', 'DYNAMODB') AS by_gateway,
        CASE WHEN inside THEN net * 64 + if(at_server, c, s)
            WHEN m >= 32 AND peer IN ('saas', 'clock') AND NOT (is_v6 OR by_gateway)
            THEN net * 64 + 30 END AS hop,
        CASE WHEN m >= 32 AND NOT is_v6 AND cut(b, 16) // 16 % 3 > 0 THEN concat('10.', net, '.',
            m // 16 * 16, '.', 10 + 3 * m + cut(b, 16) // 16 % 3) END AS pod
    FROM placed
)
"""
