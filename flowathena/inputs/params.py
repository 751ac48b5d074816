"""Parameters of saved queries: given values to typed ones, with errors that name the parameter."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from numbers import Real

from flowathena.errors import ParameterError
from flowathena.inputs import types
from flowathena.inputs.types import Scalar
from flowathena.inputs.window import aware, format_duration
from flowathena.text import is_utf8, iso, shortened

Value = Scalar | tuple[Scalar, ...] | None

_NETWORKS = ipaddress.IPv4Network | ipaddress.IPv6Network
_WRITTEN = (
    *(str, Real, Decimal, date, timedelta, ipaddress.IPv4Address, ipaddress.IPv6Address),
    *(ipaddress.IPv4Network, ipaddress.IPv6Network),
)
"""What a caller may give as one value; numpy's numbers and pandas' timestamps are among these."""
_SHOWN = 60  # characters of a value in a message


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
        return self.type != self.item_type

    @property
    def item_type(self) -> str:
        """The type of one value."""
        return types.item_type(self.type)

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
                typed = types.PARSERS[self.item_type](
                    text if self.item_type == "text" else text.strip()
                )
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


def option(name: str) -> str:
    """The option of ``run`` that gives a parameter: ``--min-flows``."""
    return f"--{name.replace('_', '-')}"


def bind(params: tuple[Param, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """The typed value of every parameter: the given one or its default.

    Args:
        params: the declared parameters.
        given: values by name; None is the same as omitted.

    Raises:
        ParameterError: a value is of another type, a name is unknown, a required one is missing.
    """
    refuse_unknown(params, given)
    return {param.name: _bound_value(param, given.get(param.name)) for param in params}


def refuse_unknown(params: tuple[Param, ...], given: Iterable[str]) -> None:
    """Raise a ``ParameterError`` for a name that is none of the parameters'."""
    names = [param.name for param in params]
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            raise ParameterError(name, f"is not a parameter of this query; it has: {known}")


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


def _seconds(duration: timedelta) -> int:
    if duration < timedelta():
        raise ValueError("is negative")
    return int(duration.total_seconds())
