"""Numbers as people read and write them: ``1.23M``, ``2.3MB``, ``1 minute, 36 seconds``, bars."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    cast,
    duckdb,
    guarded,
    named,
    once,
    require,
    text,
)
from flowathena.engine.local.semantics.types import (
    DOUBLE,
    INTEGERS,
    interval,
    invalid,
    is_a,
    unsupported,
)
from flowathena.engine.local.semantics.zones import number_of

_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 36e5, "d": 864e5}
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)\s*")


# Type rules


def _duration_type(node: exp.Expr) -> exp.DataType:
    if not isinstance(node.expressions[0].unnest(), exp.Literal):
        raise unsupported("duration that is computed")
    _duration(node.expressions[0].unnest().name)
    return interval("day")


# DuckDB forms


def _duration(given: str) -> int:
    """Milliseconds of ``42.8ms``."""
    found = _DURATION.fullmatch(given)
    if not found:
        message = f"duration is not a valid data duration string: {given}"
        raise invalid("INVALID_FUNCTION_ARGUMENT", message)
    if found[2] not in _MILLISECONDS:
        raise invalid("INVALID_FUNCTION_ARGUMENT", f"Unknown time unit: {found[2]}")
    return int(float(found[1]) * _MILLISECONDS[found[2]] + 0.5)


def _parse_duration(node: exp.Expr) -> exp.Expr:
    return cast(number_of(_duration(node.expressions[0].unnest().name)), "bigint")


def _human_readable(node: exp.Expr) -> exp.Expr:
    """Weeks, days, hours, minutes and seconds; those that are 0 are left out."""
    value = node.expressions[0]
    if not is_a(value, DOUBLE):
        value = cast(value, "double")
    bad = duckdb("NOT isfinite(:x)", x=value)
    seconds = duckdb("CAST(round(abs(:x)) AS BIGINT)", x=value)
    sizes = (("week", "604800", ""), ("day", "86400", "% 7"), ("hour", "3600", "% 24"))
    smaller = (("minute", "60", "% 60"), ("second", "1", "% 60"))
    parts = ", ".join(
        f"CASE :s // {size} {modulus} WHEN 0 THEN NULL WHEN 1 THEN '1 {name}' "
        f"ELSE (:s // {size} {modulus}) || ' {name}s' END"
        for name, size, modulus in (*sizes, *smaller)
    )
    listed = once(
        f"CASE WHEN :s = 0 THEN '0 seconds' WHEN :s > 0 THEN concat_ws(', ', {parts}) END",
        s=seconds,
    )
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Invalid argument found", listed)


def _number_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[0], "num")
    return exp.DType.VARCHAR.into_expr()


def _format_number(node: exp.Expr) -> exp.Expr:
    """Three digits and a letter; a fraction of what is given does not count."""
    value = node.expressions[0]
    whole = value if is_a(value, INTEGERS) else duckdb("trunc(:v)", v=cast(value, "double"))
    limit = "9223372036854775807"
    count = once(
        f"CASE WHEN isnan(:c) THEN 0 ELSE greatest(-{limit}.0e0, least({limit}.0e0, :c)) END",
        c=cast(whole, "double"),
    )
    steps = ((0, ""), (1, "K"), (2, "M"), (3, "B"), (4, "T"), (5, "Q"))
    divided = {power: ":c" + " / 1000.0e0" * power for power, _ in steps}
    sizes = " ".join(
        f"WHEN abs({divided[power]}) >= 1000 THEN {power + 1}" for power in range(4, -1, -1)
    )
    cases = " ".join(f"WHEN {power} THEN {divided[power]}" for power, _ in steps)
    units = " ".join(f"WHEN {power} THEN '{unit}'" for power, unit in steps)
    shown_value = once(
        f"struct_pack(f := CASE :p {cases} END, u := CASE :p {units} END)",
        c=count,
        p=once(f"CASE {sizes} ELSE 0 END", c=count),
    )
    exact = "CAST(printf('%.25f', :s.f) AS DECIMAL(38, 25))"
    rounded = (
        f"CASE WHEN abs(:s.f) < 10 THEN CAST(CAST({exact} AS DECIMAL(12, 2)) AS VARCHAR) "
        f"WHEN abs(:s.f) < 100 THEN CAST(CAST({exact} AS DECIMAL(12, 1)) AS VARCHAR) "
        f"ELSE CAST(CAST({exact} AS DECIMAL(12, 0)) AS VARCHAR) || '.' END"
    )
    made = f"rtrim(regexp_replace({rounded}, '(\\.[0-9]*?)0*$', '\\1'), '.') || :s.u"
    return duckdb("CASE WHEN :v IS NOT NULL THEN :t END", v=value, t=once(made, s=shown_value))


def _bar_type(node: exp.Expr) -> exp.DataType:
    value, width, *colors = node.expressions
    require(node, value, "num")
    if colors:
        raise unsupported("bar with colors")
    if not isinstance(width.unnest(), exp.Literal) or not width.unnest().is_int:
        raise unsupported("bar of a computed width")
    return exp.DType.VARCHAR.into_expr()


_RESET = "\x1b[0m"


def _bar(node: exp.Expr) -> exp.Expr:
    """Blocks from red to green, as a terminal colors them, and spaces."""
    value, width = node.expressions[0], int(node.expressions[1].unnest().name)
    cells = exp.Array(expressions=[text(_cell(place, width)) for place in range(width)])
    share = value if is_a(value, DOUBLE) else cast(value, "double")
    count = once(
        "CASE WHEN :x IS NULL THEN NULL WHEN isnan(:x) THEN 0 "
        f"ELSE CAST(greatest(0, least({width}, trunc(:x * {width}))) AS BIGINT) END",
        x=share,
    )
    return once(
        f"CASE WHEN :n IS NOT NULL THEN concat(array_to_string(:c[1:CAST(:n AS BIGINT)], ''), :r, "
        f"repeat(' ', {width} - :n)) END",
        {"c": cast(cells, "varchar[]"), "r": text(_RESET)},
        n=count,
    )


def _cell(place: int, width: int) -> str:
    """A block in a color of the palette of 256."""
    share = place / (width - 1) if width > 1 else 0.0
    third = share * 2
    red = 1.0 if third <= 1 else 2 - third
    green = min(third, 1.0)
    levels = [int(255 * part + 0.5) * 6 // 256 for part in (red, green)]
    return f"\x1b[38;5;{16 + 36 * levels[0] + 6 * levels[1]}m\u2588"


_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")


def _data_size(node: exp.Expr) -> int:
    """Bytes of ``2.3MB``; a unit is 1024 of the one before."""
    given = node.expressions[0].unnest()
    if not isinstance(given, exp.Literal):
        raise unsupported("size that is computed")
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]+)", given.name)
    if not found or found[2] not in _UNITS:
        raise invalid("INVALID_FUNCTION_ARGUMENT", f"Invalid data size: '{given.name}'")
    whole, _, fraction = found[1].partition(".")
    power: int = 1024 ** _UNITS.index(found[2])
    return int(whole + fraction) * power // int(10 ** len(fraction))


def _data_size_type(node: exp.Expr) -> exp.DataType:
    _data_size(node)
    return types.decimal(38, 0)


def _parsed_data_size(node: exp.Expr) -> exp.Expr:
    return cast(text(str(_data_size(node))), "decimal(38, 0)")


ROWS = (
    Function(
        named("parse_data_size"),
        "parse_data_size parse_presto_data_size",
        _data_size_type,
        _parsed_data_size,
    ),
    Function(named("parse_duration"), "parse_duration", _duration_type, _parse_duration),
    Function(
        named("human_readable_seconds"), "human_readable_seconds", _number_type, _human_readable
    ),
    Function(named("format_number"), "format_number", _number_type, _format_number),
    Function(named("bar"), "bar", _bar_type, _bar),
)
