"""Dates, timestamps and intervals."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics.sql import Mend, call, cast, duckdb, text
from flowathena.engine.local.semantics.types import DATE, INTEGERS, is_a, missing, wrong

_OF_A_DATE = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_OF_A_TIME = _OF_A_DATE | {"MILLISECOND", "SECOND", "MINUTE", "HOUR"}
_OF_AN_INTERVAL = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"})
_FIELDS = {
    "DOW": "isodow",
    "DAY_OF_WEEK": "isodow",
    "DAYOFWEEK": "isodow",
    "DOY": "dayofyear",
    "DAY_OF_YEAR": "dayofyear",
    "DAYOFYEAR": "dayofyear",
    "DAY_OF_MONTH": "day",
    "DAYOFMONTH": "day",
    "WEEK": "week",
    "YEAR_OF_WEEK": "isoyear",
    "YOW": "isoyear",
    **{name: name.lower() for name in ("YEAR", "QUARTER", "MONTH", "DAY")},
    **{name: name.lower() for name in ("HOUR", "MINUTE", "SECOND")},
}
# Of sqlglot's translation of Trino's date formats, what DuckDB spells otherwise, and what it,
# or Trino, does not have.
_FORMATS = {"%v": "%V", "%x": "%G"}
_FORMATS_REFUSED = re.compile(r"%[DUuVwWXn]")


def _moved(node: exp.Expr) -> exp.Expr:
    """A date plus days is a date in Trino, a timestamp in DuckDB."""
    intervals = list(node.find_all(exp.Interval))
    units = {interval.text("unit").upper() for interval in intervals}
    if not is_a(node, DATE):
        return node
    if not units <= _OF_A_DATE:
        raise wrong("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date")
    return cast(exp.paren(node), "date")


def _interval(node: exp.Expr) -> exp.Expr:
    """Trino has six units."""
    if node.text("unit").upper() not in _OF_AN_INTERVAL:
        raise wrong("TYPE_NOT_FOUND", f"Athena has no interval of {node.text('unit').lower()}")
    return node


def _unit(node: exp.Expr, *times: exp.Expr) -> str:
    unit = node.text("unit").upper()
    all_dates = all(is_a(time, DATE) for time in times)
    if unit not in (_OF_A_DATE if all_dates else _OF_A_TIME):
        kind = "DATE" if all_dates else "TIMESTAMP"
        raise wrong("INVALID_FUNCTION_ARGUMENT", f"{unit.lower()!r} is not a valid {kind} field")
    return unit.lower()


def _date_add(node: exp.Expr) -> exp.Expr:
    """As for ``+``."""
    unit = _unit(node, node.this)
    moved = duckdb(f"(:t + :n * INTERVAL 1 {unit})", t=node.this, n=node.expression)
    return cast(moved, "date") if is_a(node.this, DATE) else moved


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units, DuckDB's ``date_diff`` the boundaries between."""
    unit = _unit(node, node.this, node.expression)
    later, earlier = (cast(side.copy(), "timestamp") for side in (node.this, node.expression))
    return call("date_sub", text(unit), earlier, later)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    """A truncated date stays a date in Trino."""
    truncated = call("date_trunc", text(_unit(node, node.this)), node.this)
    return cast(truncated, "date") if is_a(node.this, DATE) else truncated


def _extract(node: exp.Expr) -> exp.Expr:
    """Sunday is 7 in Trino, 0 in DuckDB; the fields are Trino's."""
    field = node.this.name.upper()
    if field not in _FIELDS:
        raise wrong("SYNTAX_ERROR", f"Invalid EXTRACT field {field.lower()}")
    return call(_FIELDS[field], _time(node.expression))


def _part(name: str) -> Mend:
    return lambda node: call(name, _time(node.this))


def _time(node: exp.Expr) -> exp.Expr:
    return cast(node.copy(), "timestamp") if is_a(node, DATE) else node


def _format(node: exp.Expr) -> exp.Expr:
    """Some letters differ; a format must be a literal to be translated."""
    pattern = node.args.get("format")
    if not isinstance(pattern, exp.Literal):
        raise missing("date format that is no literal")
    refused = _FORMATS_REFUSED.search(pattern.name.replace("%%", ""))
    if refused:
        raise missing(f"date format {refused[0]}")
    translated = re.sub(r"%.", lambda match: _FORMATS.get(match[0], match[0]), pattern.name)
    pattern.replace(text(translated))
    return node


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    """Milliseconds, and UTC without a zone, so that no session setting can shift it."""
    if is_a(node.this, INTEGERS):
        return call("timezone", text("UTC"), call("to_timestamp", node.this))
    return duckdb("epoch_ms(CAST(floor(CAST(:x AS DOUBLE) * 1000 + 0.5e0) AS BIGINT))", x=node.this)


MENDS: dict[type[exp.Expr], Mend] = {
    exp.Interval: _interval,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _date_trunc,
    exp.DateTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.Day: _part("day"),
    exp.DayOfMonth: _part("day"),
    exp.Hour: _part("hour"),
    exp.Minute: _part("minute"),
    exp.Second: _part("second"),
    exp.TimeToStr: _format,
    exp.StrToTime: _format,
    exp.UnixToTime: _from_unixtime,
}
MOVED = _moved
