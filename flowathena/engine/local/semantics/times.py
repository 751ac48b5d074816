"""Dates, timestamps and intervals."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Form,
    Function,
    call,
    cast,
    duckdb,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import DATE, INTEGERS, invalid, is_a, of, unsupported

_DATE_UNITS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_TIME_UNITS = _DATE_UNITS | {"MILLISECOND", "SECOND", "MINUTE", "HOUR"}
_INTERVAL_UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"})
# DuckDB's function of each field of EXTRACT. Sunday is 7 in Trino, and 0 in DuckDB's "dow".
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
# sqlglot has translated Trino's date formats already: these letters DuckDB spells otherwise, and
# those it, or Trino, does not have.
_FORMATS = {"%v": "%V", "%x": "%G"}
_FORMATS_REFUSED = re.compile(r"%[DUuVwWXn]")


# Type rules


def moved_type(node: exp.Expr) -> exp.DataType:
    """The type of ``+ -`` of a time and an interval, and of an interval multiplied."""
    left, right = of(node.this), of(node.expression)
    pair = {left.this, right.this}
    if isinstance(node, exp.Mul) and pair <= types.INTEGERS | types.INTERVAL:
        return exp.DType.INTERVAL.into_expr()
    ordered = right.this is exp.DType.INTERVAL or isinstance(node, exp.Add)
    if isinstance(node, exp.Add | exp.Sub) and ordered:
        time = left if right.this is exp.DType.INTERVAL else right
        # An interval of days or less has milliseconds, so the timestamp has them too.
        if time.this is exp.DType.TIMESTAMP and not _is_of_months(node):
            return types.timestamp(max(3, types.precision_of(time)))
        if time.this in types.TIMES:
            return time
    raise unsupported(f"arithmetic of intervals ({shown(node)})")


def _is_of_months(node: exp.Expr) -> bool:
    units = {interval.text("unit").upper() for interval in node.find_all(exp.Interval)}
    return units <= {"MONTH", "YEAR"}


def _interval_type(node: exp.Expr) -> exp.DataType:
    """One number and one unit."""
    if not (node.this.is_string and node.this.name.lstrip("-").isdigit()):
        raise unsupported(f"interval of more than one number ({shown(node)})")
    return exp.DType.INTERVAL.into_expr()


# DuckDB forms


def moved(node: exp.Expr) -> exp.Expr:
    """A date plus days is a date in Trino, a timestamp in DuckDB."""
    if not is_a(node, DATE):
        return node
    units = {interval.text("unit").upper() for interval in node.find_all(exp.Interval)}
    if not units <= _DATE_UNITS:
        raise invalid("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date")
    return cast(exp.paren(node), "date")


def _interval(node: exp.Expr) -> exp.Expr:
    """Trino has fewer units."""
    if node.text("unit").upper() not in _INTERVAL_UNITS:
        raise invalid("TYPE_NOT_FOUND", f"Athena has no interval of {node.text('unit').lower()}")
    return node


def _unit(node: exp.Expr, *times: exp.Expr) -> str:
    unit = node.text("unit").upper()
    all_dates = all(is_a(time, DATE) for time in times)
    if unit not in (_DATE_UNITS if all_dates else _TIME_UNITS):
        kind = "DATE" if all_dates else "TIMESTAMP"
        raise invalid("INVALID_FUNCTION_ARGUMENT", f"{unit.lower()!r} is not a valid {kind} field")
    return unit.lower()


def _date_add(node: exp.Expr) -> exp.Expr:
    """As for ``+``: a date stays a date."""
    unit = _unit(node, node.this)
    later = duckdb(f"(:t + :n * INTERVAL 1 {unit})", t=node.this, n=node.expression)
    return cast(later, "date") if is_a(node.this, DATE) else later


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
    """The fields are Trino's."""
    field = node.this.name.upper()
    if field not in _FIELDS:
        raise invalid("SYNTAX_ERROR", f"Invalid EXTRACT field {field.lower()}")
    return call(_FIELDS[field], _timestamp(node.expression))


def _part(name: str) -> Form:
    return lambda node: call(name, _timestamp(node.this))


def _timestamp(node: exp.Expr) -> exp.Expr:
    """Of a date, DuckDB has no hours."""
    return cast(node.copy(), "timestamp") if is_a(node, DATE) else node


def _format(node: exp.Expr) -> exp.Expr:
    """Some letters differ; only a literal format can be translated."""
    pattern = node.args.get("format")
    if not isinstance(pattern, exp.Literal):
        raise unsupported("date format that is computed")
    refused = _FORMATS_REFUSED.search(pattern.name.replace("%%", ""))
    if refused:
        raise unsupported(f"date format {refused[0]}")
    translated = re.sub(r"%.", lambda match: _FORMATS.get(match[0], match[0]), pattern.name)
    pattern.replace(text(translated))
    return node


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    """Milliseconds, and UTC without a zone, so that no setting of the session can shift it."""
    if is_a(node.this, INTEGERS):
        return call("timezone", text("UTC"), call("to_timestamp", node.this))
    return duckdb("epoch_ms(CAST(floor(CAST(:x AS DOUBLE) * 1000 + 0.5e0) AS BIGINT))", x=node.this)


ROWS = (
    Function(exp.Interval, "INTERVAL", _interval_type, _interval),
    Function(exp.CurrentDate, "current_date", "any -> date"),
    Function(
        exp.CurrentTimestamp,
        "now current_timestamp",
        "any -> timestamp with time zone",
        arguments="",
    ),
    Function(exp.Date, "date", "any -> date"),
    Function(exp.DateAdd, "date_add", "time int -> 1", _date_add),
    Function(exp.DateDiff, "date_diff", "time -> bigint", _date_diff),
    # sqlglot has two nodes for date_trunc: of what is cast to a date, and of anything else.
    Function(exp.DateTrunc, "date_trunc", "time -> 1", _date_trunc),
    Function(exp.TimestampTrunc, "date_trunc", "time -> 1", _date_trunc),
    Function(exp.Extract, "extract", "time -> bigint", _extract),
    Function(exp.Year, "year", "time -> bigint"),
    Function(exp.Quarter, "quarter", "time -> bigint"),
    Function(exp.Month, "month", "time -> bigint"),
    Function(exp.WeekOfYear, "week week_of_year", "time -> bigint"),
    Function(exp.Day, "day", "time -> bigint", _part("day")),
    Function(exp.DayOfMonth, "day_of_month", "time -> bigint", _part("day")),
    Function(exp.DayOfWeekIso, "day_of_week dow", "time -> bigint"),
    Function(exp.DayOfYear, "day_of_year doy", "time -> bigint"),
    Function(exp.Hour, "hour", "time -> bigint", _part("hour")),
    Function(exp.Minute, "minute", "time -> bigint", _part("minute")),
    Function(exp.Second, "second", "time -> bigint", _part("second")),
    Function(exp.LastDay, "last_day_of_month", "time -> date"),
    Function(exp.TimeToStr, "date_format", "time text -> varchar", _format),
    Function(exp.StrToTime, "date_parse", "text -> timestamp(3)", _format),
    Function(
        exp.UnixToTime,
        "from_unixtime",
        "num -> timestamp with time zone",
        _from_unixtime,
        arguments="this",
    ),
    Function(exp.TimeToUnix, "to_unixtime", "time -> double"),
)
