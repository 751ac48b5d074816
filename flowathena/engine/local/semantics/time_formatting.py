"""Times as texts in patterns: MySQL's (``date_format``) and Joda's (``format_datetime``).

Both kinds of pattern are read into the same parts, letters of Joda's or texts; only literal
patterns can be. https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
"""

from collections.abc import Callable
from itertools import groupby

from sqlglot import exp

from flowathena.engine.local.semantics import types, zones
from flowathena.engine.local.semantics.base import Function, named, once, require, text
from flowathena.engine.local.semantics.casts import shorten
from flowathena.engine.local.semantics.types import (
    invalid,
    is_a,
    of,
    precision_of,
    unsupported,
)

Part = tuple[str, int] | str
"""A letter of Joda's and how often it stands there, or a text; ``f`` is MySQL's fraction."""

_MYSQL: dict[str, tuple[Part, ...]] = {
    "a": (("E", 3),),
    "b": (("M", 3),),
    "c": (("M", 1),),
    "d": (("d", 2),),
    "e": (("d", 1),),
    "f": (("f", 6),),
    "H": (("H", 2),),
    "h": (("h", 2),),
    "I": (("h", 2),),
    "i": (("m", 2),),
    "j": (("D", 3),),
    "k": (("H", 1),),
    "l": (("h", 1),),
    "M": (("M", 4),),
    "m": (("M", 2),),
    "p": (("a", 1),),
    "r": (("h", 2), ":", ("m", 2), ":", ("s", 2), " ", ("a", 1)),
    "S": (("s", 2),),
    "s": (("s", 2),),
    "T": (("H", 2), ":", ("m", 2), ":", ("s", 2)),
    "v": (("w", 2),),
    "W": (("E", 4),),
    "x": (("x", 4),),
    "Y": (("y", 4),),
    "y": (("y", 2),),
}
_MYSQL_REFUSED = frozenset("DUuVwX")
_NUMBERS = {
    "C": "year(:t) // 100",
    "y": "year(:t)",
    "x": "isoyear(:t)",
    "w": "week(:t)",
    "e": "isodow(:t)",
    "D": "dayofyear(:t)",
    "M": "month(:t)",
    "d": "day(:t)",
    "K": "hour(:t) % 12",
    "h": "(hour(:t) + 11) % 12 + 1",
    "H": "hour(:t)",
    "k": "(hour(:t) + 23) % 24 + 1",
    "m": "minute(:t)",
    "s": "second(:t)",
}
_LONG = 4
"""So many letters, or more, give the whole name of a month or a day."""


# Patterns


def mysql(pattern: str) -> list[Part]:
    """The parts of ``%Y-%m-%d``."""
    parts: list[Part] = []
    letters = iter(pattern)
    for letter in letters:
        code = next(letters, None) if letter == "%" else None
        if code in _MYSQL_REFUSED and code is not None:
            message = f"%{code} not supported in date format string"
            raise invalid("INVALID_FUNCTION_ARGUMENT", message)
        if letter != "%":
            parts.append(letter)
        elif code is not None:
            parts.extend(_MYSQL.get(code, (code,)))
    return _checked(parts)


def joda(pattern: str) -> list[Part]:
    """The parts of ``yyyy-MM-dd``; what is in quotes stands for itself."""
    parts: list[Part] = []
    quoted = False
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        if pattern.startswith("''", place):
            parts.append("'")
            place += 2
        elif letter == "'":
            quoted = not quoted
            place += 1
        elif quoted or not (letter.isascii() and letter.isalpha()):
            parts.append(letter)
            place += 1
        else:
            count = len(next("".join(run) for _, run in groupby(pattern[place:])))
            parts.append((_joda_letter(letter), count))
            place += count
    return _checked(parts)


def _joda_letter(letter: str) -> str:
    if letter == "Y":
        return "y"
    if letter not in _NUMBERS and letter not in "GEaSzZ":
        raise invalid("INVALID_FUNCTION_ARGUMENT", f"Illegal pattern component: {letter}")
    return letter


def _checked(parts: list[Part]) -> list[Part]:
    if not parts:
        raise invalid("INVALID_FUNCTION_ARGUMENT", "the pattern is empty")
    return parts


def literal_pattern(node: exp.Expr) -> str:
    """The text of a pattern."""
    if not isinstance(node.unnest(), exp.Literal):
        raise unsupported("date format that is computed")
    return node.unnest().name


# Type rules


def _written_type(read: Callable[[str], list[Part]]) -> Callable[[exp.Expr], exp.DataType]:
    def rule(node: exp.Expr) -> exp.DataType:
        value, pattern = node.expressions
        require(node, value, "time")
        require(node, pattern, "text")
        letters = {part[0] for part in read(literal_pattern(pattern)) if isinstance(part, tuple)}
        if letters & {"z", "Z"} and not is_a(value, types.TIMESTAMP_TZ | types.OPEN):
            message = "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format"
            raise invalid("INVALID_FUNCTION_ARGUMENT", message)
        return exp.DType.VARCHAR.into_expr()

    return rule


# DuckDB forms


def _written(read: Callable[[str], list[Part]]) -> Callable[[exp.Expr], exp.Expr]:
    def form(node: exp.Expr) -> exp.Expr:
        value, pattern = node.expressions
        return written(value, read(literal_pattern(pattern)))

    return form


def written(value: exp.Expr, parts: list[Part]) -> exp.Expr:
    """A time in a pattern, as the clocks of its zone show it."""
    shown_there = zones.shown_time(value)
    if precision_of(of(value)) > 3 and not is_a(value, types.DATE):  # noqa: PLR2004 - milliseconds
        shown_there = shorten(shown_there, types.timestamp(6), types.timestamp(3))
    zone = types.zone_of(of(value))
    constants = {f"l{n}": text(part) for n, part in enumerate(parts) if isinstance(part, str)}
    pieces = [
        f":l{n}" if isinstance(part, str) else _piece(*part, zone) for n, part in enumerate(parts)
    ]
    offset: dict[str, exp.Expr] = {}
    if any(isinstance(part, tuple) and part[0] == "Z" for part in parts):
        offset["o"] = zones.offset_seconds(value)
    sql = f"CASE WHEN :t IS NOT NULL THEN concat({', '.join(pieces)}) END"
    return once(sql, constants, t=shown_there, **offset)


def _piece(letter: str, count: int, zone: str) -> str:  # noqa: PLR0911 - one line a letter
    if letter == "G":
        return "CASE WHEN year(:t) > 0 THEN 'AD' ELSE 'BC' END"
    if letter == "a":
        return "CASE WHEN hour(:t) < 12 THEN 'AM' ELSE 'PM' END"
    if letter in {"y", "x"} and count == 2:  # noqa: PLR2004 - of the century
        return f"printf('%02d', {_NUMBERS[letter]} % 100)"
    if letter == "E" or (letter == "M" and count >= 3):  # noqa: PLR2004 - a name
        name = "dayname(:t)" if letter == "E" else "monthname(:t)"
        return name if count >= _LONG else f"left({name}, 3)"
    if letter in {"S", "f"}:
        return f"rpad(left(printf('%03d', millisecond(:t) % 1000), {count}), {count}, '0')"
    if letter == "Z":
        return _offset(count, zone)
    if letter == "z":
        if zone != "UTC" and zone[:1] not in {"+", "-"}:
            raise unsupported("name of a time zone in a format")
        return _long_name(zone) if count >= _LONG else f"'{zone}'"
    return f"printf('%0{count}d', {_NUMBERS[letter]})"


def _long_name(zone: str) -> str:
    return "'Coordinated Universal Time'" if zone == "UTC" else f"'{zone}'"


def _offset(count: int, zone: str) -> str:
    if count >= 3:  # noqa: PLR2004 - its name
        return f"'{zone}'"
    colon = "chr(58), " if count == 2 else ""  # noqa: PLR2004 - with a colon
    return (
        "concat(CASE WHEN :o < 0 THEN '-' ELSE '+' END, printf('%02d', abs(:o) // 3600), "
        f"{colon}printf('%02d', abs(:o) // 60 % 60))"
    )


def _iso_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[0], "time")
    return exp.DType.VARCHAR.into_expr()


_ISO_DAY: list[Part] = [("y", 4), "-", ("M", 2), "-", ("d", 2)]
_ISO_CLOCK: list[Part] = ["T", ("H", 2), ":", ("m", 2), ":", ("s", 2)]


def _to_iso8601(node: exp.Expr) -> exp.Expr:
    """With as many digits of a second as the type has; UTC is ``Z``."""
    value = node.expressions[0]
    if is_a(value, types.DATE):
        return written(value, _ISO_DAY)
    precision = precision_of(of(value))
    if precision not in {0, 3}:
        raise unsupported(f"to_iso8601 of a timestamp({precision})")
    fraction: list[Part] = [".", ("S", 3)] if precision else []
    parts = [*_ISO_DAY, *_ISO_CLOCK, *fraction]
    if not is_a(value, types.TIMESTAMP_TZ):
        return written(value, parts)
    if zones.known_zone(value) == "UTC":
        return written(value, [*parts, "Z"])
    return written(value, [*parts, ("Z", 2)])


ROWS = (
    Function(named("date_format"), "date_format", _written_type(mysql), _written(mysql)),
    Function(named("format_datetime"), "format_datetime", _written_type(joda), _written(joda)),
    Function(named("to_iso8601"), "to_iso8601", _iso_type, _to_iso8601),
)
