"""Parameter types of saved queries: text to Python value, with errors that name the parameter.

The set is closed. An accepted value is safe to become a literal: addresses and networks are in
the notation of flow logs, integers fit Athena's ``bigint``, times are aware UTC.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from numbers import Real
from zoneinfo import ZoneInfo, available_timezones

from flowathena.errors import ParameterError
from flowathena.inputs.window import aware, format_duration, parse_duration, parse_moment
from flowathena.logs.layout import is_account, is_region
from flowathena.text import did_you_mean, is_utf8, iso, shortened

Scalar = str | int | Decimal | date | datetime
Value = Scalar | tuple[Scalar, ...] | None

_INTEGER = re.compile(r"[+-]?[0-9]+")
_MOST = 2**63
_BIGINT = range(-_MOST, _MOST)
_DIGITS = 19  # of the largest; Python refuses to read thousands
_NETWORKS = ipaddress.IPv4Network | ipaddress.IPv6Network
_WRITTEN = (
    *(str, Real, Decimal, date, timedelta, ipaddress.IPv4Address, ipaddress.IPv6Address),
    *(ipaddress.IPv4Network, ipaddress.IPv6Network),
)
"""What a caller may give as one value; numpy's numbers and pandas' timestamps are among these."""
_MAPPED_BITS = 96  # that ::ffff:0:0/96, the IPv4 addresses within IPv6, has before them
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})  # files beside those of zones
_SHOWN = 60  # characters of a value in a message
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


def _seconds(duration: timedelta) -> int:
    if duration < timedelta():
        raise ValueError("is negative")
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


_PARSERS: dict[str, Callable[[str], Scalar]] = {
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
TYPES: tuple[str, ...] = tuple(_PARSERS)
"""Every type a parameter can have; each also as ``list[type]``."""


@dataclass(frozen=True)
class Param:
    """One parameter of a saved query, as its header declares it.

    Attributes:
        name: an identifier; ``some_name`` is ``--some-name`` on the command line.
        type: one of ``TYPES``, or ``list[type]``.
        help: one line of help text.
        required: whether a value must be given, as there is no default.
        default: the typed default; None if there is none.
        choices: the allowed values; empty if every value of the type is allowed.
        minimum: the smallest int or number allowed; None for no limit.
        maximum: the largest int or number allowed; None for no limit.

    Bounds of a duration are seconds.
    """

    name: str
    type: str
    help: str = ""
    required: bool = True
    default: Value = None
    choices: tuple[str, ...] = ()
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None

    @property
    def is_list(self) -> bool:
        """Whether the parameter takes several values."""
        return bool(_LIST.fullmatch(self.type))

    @property
    def item_type(self) -> str:
        """The type of one value."""
        match = _LIST.fullmatch(self.type)
        return match[1] if match else self.type

    def parse(self, value: object) -> Value:
        """The typed value of a given text or Python value.

        A list has every value once, in the order in which they are given.

        Args:
            value: text, or a Python value of the type (an aware datetime, a timedelta for a
                duration, an address of ``ipaddress``); for a list any iterable of these, or one
                text separated by commas. (So is a text within an iterable, but not for
                ``list[text]``: there, the comma is part of the value.)

        Raises:
            ParameterError: the value is not of the type, out of bounds or not one of the choices.
        """
        if not self.is_list:
            return self.parse_item(value)
        items = tuple(dict.fromkeys(map(self.parse_item, self._items(value))))
        if not items and self.default != ():
            raise ParameterError(self.name, "needs at least one value")
        return items

    def parse_item(self, value: object) -> Scalar:
        """The typed value of one item of a list; of a parameter that is none, its value.

        Raises:
            ParameterError: as ``parse``.
        """
        text = _to_text(self.name, value)
        try:
            if self.item_type == "duration" and isinstance(value, timedelta):
                typed: Scalar = _seconds(value)
            else:
                typed = _PARSERS[self.item_type](text if self.item_type == "text" else text.strip())
            self._bound(typed)
        except ValueError as error:
            raise ParameterError(self.name, f"{_quote(text)} {error}") from None
        if self.choices and typed not in self._allowed:
            raise ParameterError(
                self.name, f"{_quote(text)} is not one of {', '.join(self.choices)}"
            )
        return typed

    @cached_property
    def _allowed(self) -> frozenset[Scalar]:
        """The choices as values: ``24h`` and ``1d`` are the same duration."""
        free = replace(self, choices=())
        return frozenset(map(free.parse_item, self.choices))

    def _items(self, value: object) -> list[object]:
        """The items of a list: those of an iterable, the parts of a text."""
        if isinstance(value, str):
            return _parts(value)
        if not isinstance(value, Iterable) or isinstance(value, bytes | Mapping | _NETWORKS):
            return [value]
        if self.item_type == "text":
            return list(value)
        return [part for item in value for part in _parts(item)]

    def _bound(self, typed: Scalar) -> None:
        if not isinstance(typed, int | Decimal):
            return
        if self.minimum is not None and typed < self.minimum:
            raise ValueError(f"is less than {self.written(self.minimum)}")
        if self.maximum is not None and typed > self.maximum:
            raise ValueError(f"is more than {self.written(self.maximum)}")

    def written(self, value: Value) -> str:
        """A typed value as people write it: ``24h``, ``22,3389``; empty for None."""
        if value is None:
            return ""
        if isinstance(value, tuple):
            return ",".join(map(self.written, value))
        if isinstance(value, datetime):
            return iso(value)
        if self.item_type == "duration" and isinstance(value, int):
            return format_duration(value)
        return str(value)

    @property
    def limits(self) -> str:
        """The range as people read it: ``1 to 100``, ``1 or more``, ``up to 7d``; or empty."""
        low, high = self.written(self.minimum), self.written(self.maximum)
        if low and high:
            return f"{low} to {high}"
        return f"{low} or more" if low else f"up to {high}" if high else ""


def known_type(name: str) -> bool:
    """Whether a header may use this type name."""
    match = _LIST.fullmatch(name)
    return (match[1] if match else name) in _PARSERS


def bind(params: tuple[Param, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """The typed value of every parameter: the given one or its default.

    Args:
        params: the declared parameters.
        given: values by name; None is the same as omitted.

    Raises:
        ParameterError: a value is of another type, a name is unknown, a required one is missing.
    """
    names = [param.name for param in params]
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            raise ParameterError(name, f"is not a parameter of this query; it has: {known}")
    return {param.name: _bound_value(param, given.get(param.name)) for param in params}


def _bound_value(param: Param, value: object) -> Value:
    if value is not None:
        return param.parse(value)
    if param.required:
        raise ParameterError(param.name, "needs a value")
    return param.default


def _parts(item: object) -> list[object]:
    if isinstance(item, str):
        return [part for part in item.split(",") if part.strip()]
    return [item]


def _to_text(name: str, value: object) -> str:
    """A value as people write it; of a type that nobody writes as one value, an error."""
    if isinstance(value, bool) or not isinstance(value, _WRITTEN):
        kind = "boolean" if isinstance(value, bool) else type(value).__name__
        article = "an" if kind[0] in "aeiou" else "a"
        raise ParameterError(
            name, f"{shortened(repr(value))} is {article} {kind}, not a value of this type"
        )
    if isinstance(value, datetime):
        try:
            return iso(aware(value))
        except (ValueError, OverflowError) as error:
            raise ParameterError(name, f"{value} {error}") from None
    text = str(value)
    if not is_utf8(text):
        raise ParameterError(name, "is not valid UTF-8 text")
    return text


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
