"""The record fields of VPC flow logs, versions 2 to 11, in the order AWS documents them.

Source of names, versions and Parquet types:
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html. There is no version 6; it is
a version of transit gateway flow logs (``transit_gateway``). The Hive types of versions 2 to 5
follow https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html, except that ``protocol`` is
``int`` (as in the files) and not ``bigint``. AWS publishes none for later versions; they follow the
Parquet types.
"""

from flowathena.logs import transit_gateway
from flowathena.logs.field import Field, column_name, parse_fields

__all__ = [
    "BY_COLUMN",
    "BY_NAME",
    "DEFAULT_FORMAT",
    "EVERY_FIELD",
    "FIELDS",
    "NUMBERS",
    "Field",
    "column_name",
]

_REGISTRY = """
version                     2  int     record version
account-id                  2  string  account that owns the network interface
interface-id                2  string  network interface (ENI)
srcaddr                     2  string  source address
dstaddr                     2  string  destination address
srcport                     2  int     source port
dstport                     2  int     destination port
protocol                    2  int     IANA protocol number
packets                     2  bigint  packets in the aggregation interval
bytes                       2  bigint  bytes in the aggregation interval
start                       2  bigint  first packet of the interval, Unix seconds
end                         2  bigint  last packet of the interval, Unix seconds
action                      2  string  ACCEPT or REJECT
log-status                  2  string  OK, NODATA or SKIPDATA
vpc-id                      3  string  VPC of the interface
subnet-id                   3  string  subnet of the interface
instance-id                 3  string  EC2 instance of the interface
tcp-flags                   3  int     TCP flags, OR-ed: FIN 1, SYN 2, RST 4, SYN-ACK 18
type                        3  string  IPv4, IPv6 or EFA
pkt-srcaddr                 3  string  source address of the packet itself (behind NAT, TGW, EKS)
pkt-dstaddr                 3  string  destination address of the packet itself
region                      4  string  Region of the interface
az-id                       4  string  Availability Zone id
sublocation-type            4  string  wavelength, outpost or localzone
sublocation-id              4  string  id of the sublocation
pkt-src-aws-service         5  string  AWS service of the packet's source address
pkt-dst-aws-service         5  string  AWS service of the packet's destination address
flow-direction              5  string  ingress or egress
traffic-path                5  int     path of egress traffic, 1 to 8
ecs-cluster-arn             7  string  ECS cluster ARN
ecs-cluster-name            7  string  ECS cluster name
ecs-container-instance-arn  7  string  ECS container instance ARN
ecs-container-instance-id   7  string  ECS container instance id
ecs-container-id            7  string  first container of the task
ecs-second-container-id     7  string  second container of the task
ecs-service-name            7  string  ECS service name
ecs-task-definition-arn     7  string  ECS task definition ARN
ecs-task-arn                7  string  ECS task ARN
ecs-task-id                 7  string  ECS task id
reject-reason               8  string  BPA (Block Public Access) or EC (encryption controls)
resource-id                 9  string  regional NAT gateway id
encryption-status           10 int     0 none, 1 Nitro, 2 application, 3 both
instance-tag                11 string  value of the first instance tag, percent-encoded
instance-tag-2              11 string  value of the second instance tag, percent-encoded
interface-tag               11 string  value of the first interface tag, percent-encoded
interface-tag-2             11 string  value of the second interface tag, percent-encoded
asg-tag                     11 string  value of the first Auto Scaling group tag, percent-encoded
asg-tag-2                   11 string  value of the second Auto Scaling group tag, percent-encoded
interface-type              11 string  kind of managed interface
next-hop-interface-id       11 string  interface of the next hop
next-hop-subnet-id          11 string  subnet of the next hop
next-hop-az-id              11 string  Availability Zone id of the next hop
next-hop-vpc-id             11 string  VPC of the next hop
next-hop-interface-type     11 string  kind of managed interface of the next hop
"""

FIELDS: tuple[Field, ...] = parse_fields(_REGISTRY)
"""The fields of VPC flow logs."""
EVERY_FIELD: tuple[Field, ...] = (
    *FIELDS,
    *(
        field
        for field in transit_gateway.FIELDS
        if field.name not in {each.name for each in FIELDS}
    ),
)
"""The fields of VPC flow logs, then those that transit gateway flow logs alone have."""
BY_NAME = {field.name: field for field in EVERY_FIELD}
BY_COLUMN = {field.column: field for field in EVERY_FIELD}
NUMBERS = frozenset(field.column for field in EVERY_FIELD if field.hive_type in {"int", "bigint"})
"""The columns that are whole numbers."""
DEFAULT_FORMAT: tuple[str, ...] = tuple(field.name for field in FIELDS if field.version == 2)  # noqa: PLR2004 - the default format is version 2
