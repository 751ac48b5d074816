"""The types of parameters: text to Python value, or what is wrong with the text; pure.

The set is closed. An accepted value is safe to become a literal: addresses and networks are in
the notation of flow logs, integers fit Athena's ``bigint``, times are aware UTC.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, available_timezones

from flowathena.inputs.window import parse_duration, parse_moment
from flowathena.logs.layout import is_account, is_region
from flowathena.text import did_you_mean

Scalar = str | int | Decimal | date | datetime
"""One value."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_MOST = 2**63
_BIGINT = range(-_MOST, _MOST)
_DIGITS = 19  # of the largest; Python refuses to read thousands
_MAPPED_BITS = 96  # that ::ffff:0:0/96, the IPv4 addresses within IPv6, has before them
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})  # files beside those of zones
_LIST = re.compile(r"list\[([a-z]+)\]")


def _int(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not a whole number")
    if len(text.lstrip("+-0")) > _DIGITS or int(text) not in _BIGINT:
        raise ValueError(f"is not a number that Athena can hold; write {-_MOST} to {_MOST - 1}")
    return int(text)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 18:  # noqa: PLR2004 - digits of a bigint
        raise ValueError("is not a number")
    return number


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a NUL character")
    return text


def _date(text: str) -> date:
    try:
        if not text.isascii():
            raise ValueError  # noqa: TRY301 - one message for all that is invalid
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date; write YYYY-MM-DD") from None


def _timestamp(text: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise ValueError("is not a time; write 2026-11-01T06:00:00Z")
    return moment


def _duration(text: str) -> int:
    duration = parse_duration(text)
    if duration is None:
        raise ValueError("is not a duration; write 90m, 24h, 7d or 2w")
    return int(duration.total_seconds())


def _ip(text: str) -> str:
    try:
        if "%" in text:  # addresses in flow logs have no zone index
            raise ValueError  # noqa: TRY301 - one message for all that is invalid
        address = ipaddress.ip_address(text)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return str(mapped or address)  # flow logs know ::ffff:10.0.0.1 as 10.0.0.1
    except ValueError:
        raise ValueError("is not an IPv4 or IPv6 address") from None


def _cidr(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
        if "%" in text:
            raise ValueError  # noqa: TRY301 - one message for all that is invalid
    except ValueError:
        raise ValueError("is not a network; write 10.0.0.0/8 or 2001:db8::/32") from None
    if ipaddress.ip_interface(text).ip != network.network_address:
        raise ValueError(f"has host bits set; did you mean {network}?")
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= _MAPPED_BITS:
        return f"{mapped}/{network.prefixlen - _MAPPED_BITS}"
    return str(network)


def _port(text: str) -> int:
    port = int(text) if _INTEGER.fullmatch(text) and len(text) <= _DIGITS else -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - 16 bits
        raise ValueError("is not a port; write 0 to 65535")
    return port


def _account(text: str) -> str:
    if not is_account(text):
        raise ValueError("is not an account id; write 12 digits, leading zeros included")
    return text


def _region(text: str) -> str:
    if not is_region(text):
        raise ValueError("is not a Region; write for example eu-west-1")
    return text


def _timezone(text: str) -> str:
    try:
        if text in _NO_ZONES or text.startswith(("posix/", "right/")):
            raise ValueError  # noqa: TRY301 - one message for all that is invalid
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # of names that are paths, folders or unknown
        hint = did_you_mean(text, available_timezones())
        message = f"is not a time zone; {hint}write for example Europe/Berlin or UTC"
        raise ValueError(message) from None
    return text


PARSERS: Mapping[str, Callable[[str], Scalar]] = {
    "int": _int,
    "number": _number,
    "text": _text,
    "date": _date,
    "timestamp": _timestamp,
    "duration": _duration,
    "ip": _ip,
    "cidr": _cidr,
    "port": _port,
    "account": _account,
    "region": _region,
    "timezone": _timezone,
    "choice": _text,
}
"""What reads a text, by type; raises a ``ValueError`` that says what is wrong and what to write."""
TYPES: tuple[str, ...] = tuple(PARSERS)
"""Every type a parameter can have; each also as ``list[type]``."""


def item_type(name: str) -> str:
    """The type of one value of a type: ``port`` of ``list[port]``, any other itself."""
    match = _LIST.fullmatch(name)
    return match[1] if match else name


def known_type(name: str) -> bool:
    """Whether a header may use this type name."""
    return item_type(name) in PARSERS
