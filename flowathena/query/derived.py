"""The columns of ``flow_logs`` that no record has: Athena SQL over a table's real columns; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network

from flowathena.logs import values
from flowathena.logs.addresses import (
    REACHABLE_IPV6,
    SPECIAL_IPV6,
    UNICAST_IPV6,
)
from flowathena.shape.shape import PATH, Shape
from flowathena.sql.quoting import literal

# The special-purpose IPv4 ranges by their text: Trino would parse a CIDR again for each row. The
# addresses 192.0.0.9 and 192.0.0.10 are reachable, the rest of their /24 is not.
_SPECIAL_IPV4 = "|".join(
    (
        *(r"(0|10|127|22[4-9]|2[345][0-9])\.", r"100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."),
        *(r"169\.254\.", r"172\.(1[6-9]|2[0-9]|3[01])\.", r"192\.168\.", r"192\.0\.2\."),
        r"192\.0\.0\.([0-8]|1[1-9]|[2-9][0-9]|[12][0-9][0-9])$",
        *(r"192\.88\.99\.", r"198\.1[89]\.", r"198\.51\.100\.", r"203\.0\.113\."),
    )
)
_IPV4 = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"
# AWS names a file after the start of its five minutes; another name is not a time.
# Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
_FLOW_LOG = r"_(fl-[0-9a-f]+)_[^/]*$"
_DELIVERY = r"^.*_([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})Z_[^/]*$"


@dataclass(frozen=True)
class Derived:
    """A column made of a field, or of the path of the record's file.

    Attributes:
        field: the column that it is made of; ``PATH`` is in every table.
        hive_type: its type.
        expression: its Athena SQL: of the real column, and the table's shape.
        hidden: whether ``*`` leaves it out, as Athena leaves out ``"$path"``.
    """

    field: str
    hive_type: str
    expression: Callable[[str, Shape], str]
    hidden: bool = False


def _time(column: str, _: Shape) -> str:
    return f"CAST(from_unixtime({column}) AS timestamp)"


def _protocol_name(column: str, _: Shape) -> str:
    return f"CASE {column} {_protocol_cases()} ELSE CAST({column} AS varchar) END"


@cache
def _protocol_cases() -> str:
    return " ".join(f"WHEN {n} THEN {literal(name)}" for n, name in values.protocol_names().items())


def _public(column: str, shape: Shape) -> str:
    """Whether an address is public; NULL of what is not an address, such as ``-``."""
    own = " OR ".join(_contains(network, column) for network in shape.own_networks)
    foreign = f" AND NOT ({own})" if own else ""
    return (
        f"CASE WHEN regexp_like({column}, {literal(_IPV4)}) "
        f"THEN NOT regexp_like({column}, {literal(f'^({_SPECIAL_IPV4})')}){foreign} "
        f"WHEN strpos({column}, ':') > 0 THEN ({_public_ipv6(column)}){foreign} END"
    )


def _public_ipv6(column: str) -> str:
    """By the 32 hexadecimal digits: an IPv6 address may be written in several ways."""
    digits = f"to_hex(CAST(TRY_CAST({column} AS ipaddress) AS varbinary))"
    unicast, special, reachable = (
        f"regexp_like({digits}, {literal(_pattern(networks))})"
        for networks in ((UNICAST_IPV6,), SPECIAL_IPV6, REACHABLE_IPV6)
    )
    return f"{unicast} AND NOT {special} OR {reachable}"


@cache
def _pattern(networks: tuple[str, ...]) -> str:
    """What the hexadecimal digits of the addresses of some IPv6 networks begin with."""
    return f"^({'|'.join(map(_digits, networks))})"


def _digits(network: str) -> str:
    block = ip_network(network)
    whole, bits = divmod(block.prefixlen, 4)
    first = f"{int(block.network_address):032X}"
    if not bits:
        return first[:whole]
    low = int(first[whole], 16)
    last = "".join(f"{digit:X}" for digit in range(low, low + 2 ** (4 - bits)))
    return f"{first[:whole]}[{last}]"


def _contains(network: str, column: str) -> str:
    return f"contains({literal(network)}, TRY_CAST({column} AS ipaddress))"


def _file(path: str, _: Shape) -> str:
    return path


def _delivery_time(path: str, _: Shape) -> str:
    time = f"regexp_replace({path}, {literal(_DELIVERY)}, '$1-$2-$3 $4:$5:00')"
    return f"TRY_CAST({time} AS timestamp)"


def flow_log(path: str) -> str:
    """The id of the flow log that wrote a file, by its name; NULL if that has none.

    Args:
        path: an expression for the file's path.
    """
    return f"regexp_extract({path}, {literal(_FLOW_LOG)}, 1)"


DERIVED: Mapping[str, Derived] = {
    "start_time": Derived("start", "timestamp", _time),
    "end_time": Derived("end", "timestamp", _time),
    "protocol_name": Derived("protocol", "string", _protocol_name),
    "src_public": Derived("srcaddr", "boolean", _public, hidden=True),
    "dst_public": Derived("dstaddr", "boolean", _public, hidden=True),
    "pkt_src_public": Derived("pkt_srcaddr", "boolean", _public, hidden=True),
    "pkt_dst_public": Derived("pkt_dstaddr", "boolean", _public, hidden=True),
    "file": Derived(PATH, "string", _file, hidden=True),
    "delivery_time": Derived(PATH, "timestamp", _delivery_time, hidden=True),
    "flow_log": Derived(PATH, "string", lambda path, _: flow_log(path), hidden=True),
}
"""The derived columns by name."""

HIDDEN = frozenset(name for name, column in DERIVED.items() if column.hidden)
"""Those that ``*`` leaves out."""
