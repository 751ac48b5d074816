"""The record fields of transit gateway flow logs, versions 2 to 6, in the order AWS documents them.

Their default format is all of them, in this order. Those that VPC flow logs have as well have the
same type there. Source: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from flowathena.logs.field import Field, parse_fields

_REGISTRY = """
version                    2  int     record version
resource-type              6  string  TransitGateway
account-id                 2  string  account that owns the source transit gateway
tgw-id                     6  string  transit gateway
tgw-attachment-id          6  string  attachment for which the traffic is recorded
tgw-src-vpc-account-id     6  string  account of the source VPC
tgw-dst-vpc-account-id     6  string  account of the destination VPC
tgw-src-vpc-id             6  string  source VPC
tgw-dst-vpc-id             6  string  destination VPC
tgw-src-subnet-id          6  string  subnet of the traffic's source
tgw-dst-subnet-id          6  string  subnet of the traffic's destination
tgw-src-eni                6  string  interface of the source attachment
tgw-dst-eni                6  string  interface of the destination attachment
tgw-src-az-id              6  string  Availability Zone id of the source
tgw-dst-az-id              6  string  Availability Zone id of the destination
tgw-pair-attachment-id     6  string  attachment at the other end of the flow
srcaddr                    2  string  source address
dstaddr                    2  string  destination address
srcport                    2  int     source port
dstport                    2  int     destination port
protocol                   2  int     IANA protocol number
packets                    2  bigint  packets in the aggregation interval
bytes                      2  bigint  bytes in the aggregation interval
start                      2  bigint  first packet of the interval, Unix seconds
end                        2  bigint  last packet of the interval, Unix seconds
log-status                 2  string  OK, NODATA or SKIPDATA
type                       3  string  IPv4, IPv6 or EFA
packets-lost-no-route      6  bigint  packets lost because no route leads to their destination
packets-lost-blackhole     6  bigint  packets lost to a blackhole route
packets-lost-mtu-exceeded  6  bigint  packets lost because they are larger than the MTU
packets-lost-ttl-expired   6  bigint  packets lost because their time to live expired
tcp-flags                  3  int     TCP flags, OR-ed: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32
region                     4  string  Region of the transit gateway
flow-direction             5  string  ingress or egress, as the attachment sees it
pkt-src-aws-service        5  string  AWS service of the source address
pkt-dst-aws-service        5  string  AWS service of the destination address
"""

FIELDS: tuple[Field, ...] = parse_fields(_REGISTRY)
DEFAULT_FORMAT: tuple[str, ...] = tuple(field.name for field in FIELDS)
OWN_VERSION = 6
"""The version of the fields that no VPC flow log has."""
OWN: frozenset[str] = frozenset(field.name for field in FIELDS if field.version == OWN_VERSION)
"""The names of the fields that no VPC flow log has."""
