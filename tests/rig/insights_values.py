"""Values of CloudWatch Logs Insights: how they compare, functions, aggregates, their order."""

import ipaddress
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

Row = dict[str, Any]
Value = Any
Evaluate = Callable[[Row], Value]

_DISCOVERED = (
    *("version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort"),
    *("protocol", "packets", "bytes", "startTime", "endTime", "action", "logStatus"),
)


class InsightsError(Exception):
    """The text is not understood, or asks for what is not documented."""


def both(left: Evaluate, right: Evaluate) -> Evaluate:
    """Both hold; the right one is not looked at unless the left one does."""
    return lambda row: left(row) and right(row)


def either(left: Evaluate, right: Evaluate) -> Evaluate:
    """One of them holds."""
    return lambda row: left(row) or right(row)


def unquoted(text: str) -> str:
    """The text of a literal."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _is_number(value: Value) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def number(value: Value) -> float:
    """A value as a number; refuses what is none."""
    if not _is_number(value):
        raise InsightsError(f"{value!r} is no number")
    return plain(float(value))


def plain(value: float) -> float:
    """A number, whole if it can be."""
    return int(value) if value == int(value) else value


def compare(sign: str, left: Value, right: Value) -> bool:
    """Compare numbers, or texts for equality."""
    if left is None or right is None:
        raise InsightsError("a comparison with a field that is not there")
    if _is_number(left) and _is_number(right):
        one, other = number(left), number(right)
    elif sign in ("=", "!="):
        one, other = str(left), str(right)  # type: ignore[assignment]
    else:
        raise InsightsError(f"{left!r} {sign} {right!r}: no documented order")
    results = {
        "=": one == other,
        "!=": one != other,
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
    }
    return results[sign]


def computed(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    """An operation on two numbers."""
    operations: dict[str, Callable[[float, float], float]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "%": math.fmod,
    }
    return lambda row: plain(operations[sign](number(left(row)), number(right(row))))


def _in_subnet(version: int) -> Callable[[Any, Any], bool]:
    def within(address: Value, network: Value) -> bool:
        try:
            found = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        return found.version == version and found in _network(str(network))

    return within


@cache
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _is_valid(version: int) -> Callable[[Any], bool]:
    network = "0.0.0.0/0" if version == 4 else "::/0"
    return lambda address: _in_subnet(version)(address, network)


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "floor": lambda value: math.floor(number(value)),
    "ceil": lambda value: math.ceil(number(value)),
    "abs": lambda value: abs(number(value)),
    "greatest": lambda *values: max(map(number, values)),
    "least": lambda *values: min(map(number, values)),
    "strlen": lambda value: len(str(value)),
    "tolower": lambda value: str(value).lower(),
    "toupper": lambda value: str(value).upper(),
    "trim": lambda value: str(value).strip(),
    "concat": lambda *values: "".join(map(str, values)),
    "strcontains": lambda value, part: int(str(part) in str(value)),
    "isValidIpV4": _is_valid(4),
    "isValidIpV6": _is_valid(6),
    "isIpv4InSubnet": _in_subnet(4),
    "isIpv6InSubnet": _in_subnet(6),
}


def call(name: str, arguments: list[Evaluate]) -> Evaluate:
    """A function of values."""
    if name not in _FUNCTIONS:
        raise InsightsError(f"unknown function {name}")
    return lambda row: _FUNCTIONS[name](*(argument(row) for argument in arguments))


def aggregated(name: str, arguments: list[Evaluate], rows: list[Row]) -> Value:
    """An aggregate of the rows of a group."""
    if name == "count" and not arguments:
        return len(rows)
    values = [arguments[0](row) for row in rows]
    if name == "count_distinct":
        return len(set(map(str, values)))
    numbers = [number(value) for value in values]
    if not numbers:
        return None
    if name == "pct":
        share = number(arguments[1]({}))
        return sorted(numbers)[max(0, math.ceil(share / 100 * len(numbers)) - 1)]
    functions: dict[str, Callable[[list[float]], float]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "avg": lambda found: sum(found) / len(found),
    }
    if name not in functions:
        raise InsightsError(f"unknown aggregate {name}")
    return plain(functions[name](numbers))


def natural(value: Value) -> tuple[Any, ...]:
    """Texts before numbers; the numbers within texts by their value."""
    if _is_number(value):
        return (1, number(value), ())
    parts = re.split(r"(\d+)", str(value))
    return (0, 0, tuple((1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts))


def discovered(message: str) -> Row:
    """The fields that are found by themselves: of records of the default format alone."""
    parts = message.split(" ")
    if len(parts) != len(_DISCOVERED) or parts[-1] not in ("OK", "NODATA", "SKIPDATA"):
        return {}
    return dict(zip(_DISCOVERED, parts, strict=True))
