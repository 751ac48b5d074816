"""Intervals: of days and parts of them, kept as milliseconds; of years and months, as months."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Form,
    Function,
    cast,
    duckdb,
    guarded,
    named,
    once,
    shown,
)
from flowathena.engine.local.semantics.types import (
    DATE,
    DOUBLE,
    INTEGERS,
    NUMBERS,
    TIME,
    TIMES,
    interval,
    invalid,
    is_a,
    is_of_months,
    of,
    precision_of,
    spelled,
    unsupported,
    zone_of,
)
from flowathena.engine.local.semantics.zones import known_zone, local, number_of, utc
from flowathena.sql.swap import swap

_DAY = 86_400_000
_MILLISECONDS = {"DAY": _DAY, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1_000}
_MONTHS = {"YEAR": 12, "MONTH": 1}
_FIELDS = tuple(_MILLISECONDS)
_SECONDS = r"([0-9]+(?:\.[0-9]+)?)"
_WHOLE = "([0-9]+)"
# What is between a field and the next one.
_BETWEEN = {"DAY": " ", "HOUR": ":", "MINUTE": ":", "YEAR": "-"}


# Literals


def normalize(tree: exp.Expr) -> None:
    """``INTERVAL -'1' DAY`` is ``-(INTERVAL '1' DAY)``."""
    for node in list(tree.find_all(exp.Interval)):
        if isinstance(node.this, exp.Neg) and node.this.this.is_string:
            positive = exp.Interval(this=node.this.this.copy(), unit=node.args["unit"].copy())
            swap(node, exp.paren(exp.Neg(this=exp.paren(positive))))


def _units(node: exp.Expr) -> tuple[str, str]:
    """The first and the last field of an interval."""
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        return unit.this.name.upper(), unit.expression.name.upper()
    name = unit.name.upper() if isinstance(unit, exp.Expr) else ""
    return name, name


def _value(node: exp.Expr) -> int:
    """Milliseconds, or months, of a literal interval."""
    (begin, end), written = _units(node), node.this.name
    fields = list(_MONTHS) if begin in _MONTHS else list(_MILLISECONDS)
    if begin not in fields or end not in fields:
        raise invalid("TYPE_NOT_FOUND", f"Athena has no interval of {begin.lower()}")
    fields = fields[fields.index(begin) : fields.index(end) + 1]
    sign, digits = _signed(written)
    found = _matched(fields, digits)
    if not fields or found is None or not node.this.is_string:
        raise invalid("INVALID_LITERAL", f"Invalid INTERVAL {begin} value: {written}")
    if begin in _MONTHS:
        parts = zip(fields, found, strict=False)
        return sign * sum(_MONTHS[field] * int(part) for field, part in parts)
    return sign * sum(map(_milliseconds, fields, found))


def _signed(written: str) -> tuple[int, str]:
    sign = written[:1] if written[:1] in {"-", "+"} else ""
    return (-1 if sign == "-" else 1), written[len(sign) :]


def _matched(fields: list[str], digits: str) -> list[str] | None:
    """The numbers of the fields; the last fields may be left out."""
    for count in range(len(fields), 0, -1):
        pattern = "".join(
            (_SECONDS if field == "SECOND" else _WHOLE)
            + (_BETWEEN[field] if place < count - 1 else "")
            for place, field in enumerate(fields[:count])
        )
        found = re.fullmatch(pattern, digits)
        if found:
            return list(found.groups())
    return None


def _milliseconds(field: str, digits: str) -> int:
    whole, _, fraction = digits.partition(".")
    return int(whole) * _MILLISECONDS[field] + int(fraction[:3].ljust(3, "0"))


# Type rules


def _literal_type(node: exp.Expr) -> exp.DataType:
    begin, _ = _units(node)
    _value(node)
    return interval("month" if begin in _MONTHS else "day")


def arithmetic_type(node: exp.Expr) -> exp.DataType:
    """``+ -`` of a time and an interval, and all arithmetic of intervals."""
    left, right = of(node.this), of(node.expression)
    kinds = {left.this, right.this}
    times = TIMES | TIME
    if kinds <= types.INTERVAL and isinstance(node, exp.Add | exp.Sub) and left == right:
        return left
    if kinds <= types.INTERVAL | NUMBERS and isinstance(node, exp.Mul | exp.Div):
        if left.this in types.INTERVAL and right.this not in types.INTERVAL:
            return left
        if isinstance(node, exp.Mul) and right.this in types.INTERVAL:
            return right
    if right.this in types.INTERVAL and left.this in times and isinstance(node, exp.Add | exp.Sub):
        return _moved_type(left, right)
    if left.this in types.INTERVAL and right.this in times and isinstance(node, exp.Add):
        return _moved_type(right, left)
    if exp.DType.NULL in kinds:
        raise unsupported(f"arithmetic of an interval and NULL ({shown(node)})")
    operation = f"{spelled(left)} and {spelled(right)}"
    raise invalid("TYPE_MISMATCH", f"Cannot apply operator: {shown(node)} of {operation}")


def _moved_type(time: exp.DataType, by: exp.DataType) -> exp.DataType:
    """An interval of days has milliseconds, so the time has them too."""
    if time.this is exp.DType.DATE or is_of_months(by):
        if time.this in TIME:
            raise invalid("TYPE_MISMATCH", f"Cannot apply operator: time + {spelled(by)}")
        return time
    precision = max(3, precision_of(time))
    if time.this is exp.DType.TIMESTAMPTZ:
        return types.zoned(precision, zone_of(time))
    return types.time(precision) if time.this in TIME else types.timestamp(precision)


def difference_type(node: exp.Expr) -> exp.DataType:
    """The interval between two times."""
    kinds = {of(node.this).this, of(node.expression).this}
    if kinds & TIME and not kinds <= TIME:
        raise invalid("TYPE_MISMATCH", f"Cannot apply operator: {shown(node)}")
    return interval("day")


def _milliseconds_type(node: exp.Expr) -> exp.DataType:
    """Those of an interval of days."""
    value = node.expressions[0]
    if not is_a(value, types.INTERVAL | types.OPEN) or is_of_months(of(value)):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes an interval day to second")
    return exp.DType.BIGINT.into_expr()


# DuckDB forms


def _literal(node: exp.Expr) -> exp.Expr:
    """A number."""
    return cast(number_of(_value(node)), "bigint")


def arithmetic(node: exp.Expr) -> exp.Expr:
    """A time moved by an interval, or an interval computed."""
    left, right = node.this, node.expression
    if is_a(node, types.INTERVAL):
        if is_a(left, TIMES | TIME):
            return _difference(left, right)
        return _scaled(node) if isinstance(node, exp.Mul | exp.Div) else exp.paren(node)
    if is_a(left, types.INTERVAL):
        left, right = right, left
    by = duckdb("-:i", i=right) if isinstance(node, exp.Sub) else right
    return moved(left, by, "month" if is_of_months(of(right)) else "millisecond")


_STEPS = {
    "millisecond": "to_microseconds(CAST(:n AS BIGINT) * 1000)",
    "second": "to_seconds(:n)",
    "minute": "to_minutes(:n)",
    "hour": "to_hours(:n)",
    "day": "to_days(CAST(:n AS INTEGER))",
    "week": "to_weeks(CAST(:n AS INTEGER))",
    "month": "to_months(CAST(:n AS INTEGER))",
    "quarter": "to_months(CAST(3 * :n AS INTEGER))",
    "year": "to_years(CAST(:n AS INTEGER))",
}
_CLOCK = ("millisecond", "second", "minute", "hour")


def moved(value: exp.Expr, by: exp.Expr, unit: str) -> exp.Expr:
    """A date or time moved by so many of a unit.

    Days and longer units move what the clocks of its zone show, hours and shorter ones the moment.
    """
    step = _STEPS[unit]
    if is_a(value, DATE):
        return _moved_date(value, by, unit)
    if unit in _CLOCK or not is_a(value, types.TIMESTAMP_TZ) or known_zone(value) == "UTC":
        return duckdb(f"(:t + {step})", t=value, n=by)
    zone = known_zone(value)
    return utc(duckdb(f"(:t + {step})", t=local(value, zone), n=by), zone, value)


def _moved_date(value: exp.Expr, by: exp.Expr, unit: str) -> exp.Expr:
    """A date stays a date."""
    if unit != "millisecond":
        return duckdb(f"CAST(:t + {_STEPS[unit]} AS DATE)", t=value, n=by)
    days = duckdb(f"CAST(:t + to_days(CAST(:n // {_DAY} AS INTEGER)) AS DATE)", t=value, n=by)
    odd = duckdb(f":n % {_DAY} <> 0", n=by)
    message = "Cannot add hour, minutes or seconds to a date"
    return guarded(odd, "INVALID_FUNCTION_ARGUMENT", message, days)


def _difference(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Milliseconds, rounded half up."""
    if is_a(left, DATE) and is_a(right, DATE):
        return duckdb(f"(CAST(:a - :b AS BIGINT) * {_DAY})", a=left, b=right)
    if is_a(left, TIMES):
        left, right = cast(left, "timestamp"), cast(right, "timestamp")
    rounded = "CAST(round((epoch_us(:a) - epoch_us(:b)) / 1000) AS BIGINT)"
    return duckdb(rounded, a=left, b=right)


def _scaled(node: exp.Expr) -> exp.Expr:
    """Towards zero."""
    left, right = node.this, node.expression
    if is_a(left, NUMBERS):
        left, right = right, left
    if isinstance(node, exp.Mul) and is_a(right, INTEGERS):
        return duckdb("(:i * CAST(:x AS BIGINT))", i=left, x=right)
    sign = "*" if isinstance(node, exp.Mul) else "/"
    verb = "multiply" if isinstance(node, exp.Mul) else "divide"
    value = cast(right, "double") if not is_a(right, DOUBLE) else right
    bad = duckdb("isnan(:x)" if sign == "*" else "isnan(:x) OR :x = 0", x=value)
    product = duckdb(f"CAST(trunc(CAST(:i AS DOUBLE) {sign} :x) AS BIGINT)", i=left, x=value)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", f"Cannot {verb} by such a double", product)


def part(field: str) -> Form:
    """A field of an interval."""
    size, modulus = {
        "YEAR": ("12", ""),
        "MONTH": ("1", "% 12"),
        "DAY": (f"{_DAY}", ""),
        "HOUR": ("3600000", "% 24"),
        "MINUTE": ("60000", "% 60"),
        "SECOND": ("1000", "% 60"),
        "MILLISECOND": ("1", "% 1000"),
    }[field]
    return lambda value: duckdb(f"((:i // {size}) {modulus})", i=value)


def has_part(kind: exp.DataType, field: str) -> bool:
    """Whether an interval of that type has the field."""
    return (field in _MONTHS) == is_of_months(kind) and field in {
        *_MONTHS,
        *_MILLISECONDS,
        "MILLISECOND",
    }


def written(value: exp.Expr) -> exp.Expr:
    """An interval's text: ``2 03:04:05.678``, ``1-2``."""
    sign = "CASE WHEN :i < 0 THEN '-' ELSE '' END"
    if is_of_months(of(value)):
        form = f"printf('%s%d-%d', {sign}, abs(:i) // 12, abs(:i) % 12)"
    else:
        form = (
            f"printf('%s%d %02d:%02d:%02d.%03d', {sign}, abs(:i) // {_DAY}, "
            "abs(:i) // 3600000 % 24, abs(:i) // 60000 % 60, abs(:i) // 1000 % 60, abs(:i) % 1000)"
        )
    return once(f"CASE WHEN :i IS NOT NULL THEN {form} END", i=value)


def describe(value: int, kind: exp.DataType) -> str:
    """The same in Python."""
    sign, rest = ("-" if value < 0 else ""), abs(value)
    if is_of_months(kind):
        return f"{sign}{rest // 12}-{rest % 12}"
    seconds, milliseconds = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{sign}{days} {hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}"


ROWS = (
    Function(exp.Interval, "INTERVAL", _literal_type, _literal),
    Function(
        named("to_milliseconds"),
        "to_milliseconds",
        _milliseconds_type,
        lambda node: node.expressions[0],
    ),
)
