"""The value of each field of a record: SQL over ``traffic.RECORDS``, as text lines or typed rows.

Meanings follow https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html. ``h`` is
the host of the record's interface, ``n`` that of the next hop, if any. A number that does not apply
is NULL and a string ``-``; in text files both are written ``-``. ``version`` is always 2, although
AWS writes the highest version of the fields, so that the same records do not depend on the fields.
"""

from collections.abc import Sequence

from flowathena.logs.fields import BY_NAME
from flowathena.sample.traffic import RECORDS

_SQL_TYPES = {"int": "INTEGER", "bigint": "BIGINT", "string": "VARCHAR"}

# The two VPCs of an account and Region reach each other, and the internet, through a transit
# gateway. The attachment of the other VPC has the record, of either direction.
_OTHER = "if(net % 20 = 0, net - 10, net + 10)"
_ATTACHMENT = "'tgw-attach-0' || left(md5('attachment ' || {net}), 16)"
_OTHER_VPC = f"'vpc-0' || left(md5('vpc ' || {_OTHER}), 16)"
_OTHER_SUBNET = f"'subnet-0' || left(md5('attachment ' || {_OTHER}), 16)"
_OTHER_ENI = f"'eni-0' || left(md5('attachment ' || {_OTHER}), 16)"

# AWS documents NODATA and SKIPDATA records of the default format only. Here they keep those of the
# other fields that describe the interface.
_OF_INTERFACE = {
    "version": "2",
    "account-id": "h.account",
    "interface-id": "h.eni",
    "start": "start",
    "end": "stop",
    "log-status": "CASE WHEN ok THEN 'OK' WHEN g % 250 = 17 THEN 'NODATA' ELSE 'SKIPDATA' END",
    "vpc-id": "h.vpc",
    "subnet-id": "h.subnet",
    "instance-id": "h.instance",
    "region": "h.region",
    "az-id": "h.zone",
    "sublocation-type": "'-'",
    "sublocation-id": "'-'",
    "ecs-cluster-arn": "if(h.is_task, h.ecs || 'cluster/shop', '-')",
    "ecs-cluster-name": "if(h.is_task, 'shop', '-')",
    "ecs-container-instance-arn": (
        "if(h.node <> '-', h.ecs || 'container-instance/shop/' || h.node, '-')"
    ),
    "ecs-container-instance-id": "h.node",
    "ecs-container-id": "if(h.is_task, h.task || '-1527056392', '-')",
    "ecs-second-container-id": "if(h.is_task AND h.node = '-', h.task || '-2098416101', '-')",
    "ecs-service-name": "if(h.is_task, 'checkout', '-')",
    "ecs-task-definition-arn": "if(h.is_task, h.ecs || 'task-definition/checkout:7', '-')",
    "ecs-task-arn": "if(h.is_task, h.ecs || 'task/shop/' || h.task, '-')",
    "ecs-task-id": "if(h.is_task, h.task, '-')",
    "resource-id": "'-'",
    "instance-tag": "h.name",
    "instance-tag-2": "h.team",
    "interface-tag": "h.stage",
    "interface-tag-2": "h.cost",
    "asg-tag": "h.asg",
    "asg-tag-2": "h.colour",
    "interface-type": "h.kind",
    "resource-type": "'TransitGateway'",
    "tgw-id": "'tgw-0' || left(md5('tgw ' || h.region), 16)",
    "tgw-attachment-id": _ATTACHMENT.format(net=_OTHER),
}
_OF_FLOW = {
    "srcaddr": "src",
    "dstaddr": "dst",
    "srcport": "if(answers, s_port, c_port)",
    "dstport": "if(answers, c_port, s_port)",
    "protocol": "protocol",
    "packets": "packets",
    "bytes": "packets * size // 131072",
    "action": "action",
    # Flags of the whole interval, OR-ed: SYN 2, SYN-ACK 18, FIN 1, RST 4; an ACK alone is 0.
    "tcp-flags": """CASE WHEN protocol <> 6 THEN NULL WHEN action = 'REJECT' THEN 2
        WHEN phase < 9 THEN if(answers, 19, 3) WHEN phase < 12 THEN if(answers, 18, 2)
        WHEN phase < 14 THEN 0 WHEN phase < 15 THEN 1 ELSE if(answers, 22, 2) END""",
    "type": "if(is_v6, 'IPv6', 'IPv4')",
    "pkt-srcaddr": "if(egress AND pod IS NOT NULL, pod, src)",
    "pkt-dstaddr": "if(NOT egress AND pod IS NOT NULL, pod, dst)",
    "pkt-src-aws-service": "if(answers, s_service, c_service)",
    "pkt-dst-aws-service": "if(answers, c_service, s_service)",
    "flow-direction": "if(egress, 'egress', 'ingress')",
    # 1 within the VPC, the NAT gateway included; 3 by VPN; 7 gateway endpoint; 8 internet gateway.
    "traffic-path": """CASE WHEN NOT egress THEN NULL WHEN hop IS NOT NULL THEN 1
        WHEN peer = 'office' THEN 3 WHEN by_gateway THEN 7 ELSE 8 END""",
    # Public access to the subnets of the workers is blocked. AWS omits bytes from such records;
    # here they keep them, as every default field.
    "reject-reason": "if(action = 'REJECT' AND m >= 32 AND NOT (inside OR egress), 'BPA', '-')",
    # Every other VPC has encryption controls. Host 22 cannot encrypt.
    "encryption-status": """CASE WHEN net % 20 = 0 THEN NULL
        WHEN inside THEN if(22 IN (c, s), 0, 1)
        WHEN s_service = 'S3' THEN 2 WHEN s_service = 'DYNAMODB' THEN 3 ELSE 0 END""",
    "next-hop-interface-id": "coalesce(n.eni, '-')",
    "next-hop-subnet-id": "coalesce(n.subnet, '-')",
    "next-hop-az-id": "coalesce(n.zone, '-')",
    "next-hop-vpc-id": "coalesce(n.vpc, '-')",
    "next-hop-interface-type": "coalesce(n.kind, '-')",
    "tgw-src-vpc-account-id": "h.account",
    "tgw-dst-vpc-account-id": "h.account",
    "tgw-src-vpc-id": f"if(egress, h.vpc, {_OTHER_VPC})",
    "tgw-dst-vpc-id": f"if(egress, {_OTHER_VPC}, h.vpc)",
    "tgw-src-subnet-id": f"if(egress, h.subnet, {_OTHER_SUBNET})",
    "tgw-dst-subnet-id": f"if(egress, {_OTHER_SUBNET}, h.subnet)",
    "tgw-src-eni": f"if(egress, h.eni, {_OTHER_ENI})",
    "tgw-dst-eni": f"if(egress, {_OTHER_ENI}, h.eni)",
    "tgw-src-az-id": "h.zone",
    "tgw-dst-az-id": "h.zone",
    "tgw-pair-attachment-id": _ATTACHMENT.format(net="net"),
    # What no VPC wants has no route; the rest is rare.
    "packets-lost-no-route": "if(action = 'REJECT', packets, 0)",
    "packets-lost-blackhole": "if(action = 'ACCEPT' AND cut(r, 16) % 500 = 7, 1, 0)",
    "packets-lost-mtu-exceeded": "if(size > 900 * 131072 AND cut(r, 16) % 50 = 3, 1, 0)",
    "packets-lost-ttl-expired": "if(protocol = 1 AND cut(r, 16) % 9 = 2, 1, 0)",
}
_FROM = """
FROM routed JOIN host AS h ON h.id = net * 64 + m LEFT JOIN host AS n ON n.id = hop
"""


def text_lines(log_format: Sequence[str]) -> str:
    """A query for the number and the text of every file, its records in order."""
    values = ", ".join(f"coalesce(CAST({_value(name)} AS VARCHAR), '-')" for name in log_format)
    return f"""WITH {RECORDS}
        SELECT file, string_agg(concat_ws(' ', {values}), chr(10) ORDER BY g)
        {_FROM} GROUP BY file"""


def parquet_rows(log_format: Sequence[str]) -> str:
    """A query for typed rows with the number of their file, in the order of the records."""
    values = ", ".join(
        f'CAST({_value(name)} AS {_SQL_TYPES[BY_NAME[name].hive_type]}) AS "{BY_NAME[name].column}"'
        for name in log_format
    )
    return f"WITH {RECORDS} SELECT file, {values} {_FROM} ORDER BY file, g"


def _value(name: str) -> str:
    if name in _OF_INTERFACE:
        return _OF_INTERFACE[name]
    absent = "'-'" if BY_NAME[name].hive_type == "string" else "NULL"
    return f"if(ok, {_OF_FLOW[name]}, {absent})"
