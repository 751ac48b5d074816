"""Dates, timestamps and times of day: their parts, and moving and comparing them."""

from collections.abc import Callable

from sqlglot import exp

from flowathena.engine.local.semantics import casts, intervals, types, zones
from flowathena.engine.local.semantics.base import (
    Form,
    Function,
    call,
    cast,
    duckdb,
    named,
    once,
    operands,
    require,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import (
    DATE,
    TIME,
    TIMESTAMP_TZ,
    invalid,
    is_a,
    of,
    spelled,
)
from flowathena.engine.local.semantics.zones import known_zone, local, shown_time, utc

_DATE_UNITS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_CLOCK_UNITS = frozenset({"MILLISECOND", "SECOND", "MINUTE", "HOUR"})
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
    **{name: name.lower() for name in ("HOUR", "MINUTE", "SECOND", "MILLISECOND")},
}
_ZONE_FIELDS = frozenset({"TIMEZONE_HOUR", "TIMEZONE_MINUTE"})
_CLOCK_FIELDS = frozenset({"HOUR", "MINUTE", "SECOND", "MILLISECOND"})


# Type rules


def _part_rule(field: str) -> Callable[[exp.Expr], exp.DataType]:
    """A bigint of what has the field."""

    def rule(node: exp.Expr) -> exp.DataType:
        return _part_type(node, next(operands(node)), field)

    return rule


def _extract_type(node: exp.Expr) -> exp.DataType:
    field = node.this.name.upper()
    if field in _ZONE_FIELDS:
        return zones.offset_type(node, node.expression)
    if field not in _FIELDS:
        raise invalid("SYNTAX_ERROR", f"Invalid EXTRACT field {field.lower()}")
    return _part_type(node, node.expression, "MILLISECOND" if field == "SECOND" else field)


def _part_type(node: exp.Expr, value: exp.Expr, field: str) -> exp.DataType:
    kind = of(value)
    if kind.this in types.INTERVAL and not intervals.has_part(kind, field):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} does not take {spelled(kind)}")
    if not (kind.this in types.INTERVAL or (kind.this in TIME and field in _CLOCK_FIELDS)):
        require(node, value, "time")
    return exp.DType.BIGINT.into_expr()


def _moved_type(node: exp.Expr) -> exp.DataType:
    """``date_add``, ``date_trunc``: the type of the time."""
    value = node.this
    if is_a(value, TIME):
        if node.text("unit").upper() not in _CLOCK_UNITS:
            raise _no_field(node, "TIME")
        return of(value)
    require(node, value, "time")
    if isinstance(node, exp.DateAdd):
        require(node, node.expression, "int")
    return of(value)


def _no_field(node: exp.Expr, kind: str) -> Exception:
    unit = node.text("unit").lower()
    return invalid("INVALID_FUNCTION_ARGUMENT", f"{unit!r} is not a valid {kind} field")


def _difference_type(node: exp.Expr) -> exp.DataType:
    sides = [node.this, node.expression]
    if not all(is_a(side, TIME) for side in sides):
        for side in sides:
            require(node, side, "time")
    return exp.DType.BIGINT.into_expr()


def _to_date_type(node: exp.Expr) -> exp.DataType:
    """``date(x)`` is ``CAST(x AS date)``."""
    if not types.castable(of(node.this), exp.DType.DATE.into_expr()):
        raise invalid("TYPE_MISMATCH", f"Cannot cast {spelled(of(node.this))} to date")
    return exp.DType.DATE.into_expr()


# DuckDB forms


def _unit(node: exp.Expr, *times: exp.Expr) -> str:
    unit = node.text("unit").upper()
    all_dates = all(is_a(time, DATE) for time in times)
    all_times = all(is_a(time, TIME) for time in times)
    units = _DATE_UNITS if all_dates else _CLOCK_UNITS if all_times else _DATE_UNITS | _CLOCK_UNITS
    if unit not in units:
        raise _no_field(node, "DATE" if all_dates else "TIME" if all_times else "TIMESTAMP")
    return unit.lower()


def _date_add(node: exp.Expr) -> exp.Expr:
    """A date stays a date; a time without milliseconds gets none."""
    later = intervals.moved(node.this, node.expression, _unit(node, node.this))
    fits = is_a(node, DATE) or types.precision_of(of(node)) >= 3  # noqa: PLR2004 - milliseconds
    if fits or node.text("unit").upper() != "MILLISECOND":
        return later
    if is_a(node, TIME):
        return duckdb("CAST(date_trunc('second', DATE '2000-01-01' + :t) AS TIME)", t=later)
    return call("date_trunc", text("second"), later)


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units, DuckDB's ``date_diff`` the boundaries between.

    Days and longer units are counted by the clocks of the first one's zone.
    """
    earlier, later = node.expression, node.this
    unit = _unit(node, later, earlier)
    if is_a(earlier, TIME):
        return call("date_sub", text(unit), earlier, later)
    sides = [_milliseconds(side) for side in (earlier, later)]
    if unit.upper() in _DATE_UNITS and (is_a(earlier, TIMESTAMP_TZ) or is_a(later, TIMESTAMP_TZ)):
        zone = known_zone(earlier)
        sides = [local(side, zone) for side in sides]
    return call("date_sub", text(unit), *sides)


def _milliseconds(value: exp.Expr) -> exp.Expr:
    """A timestamp; digits beyond milliseconds do not count."""
    moment = cast(value.copy(), "timestamp")
    if is_a(value, DATE) or types.precision_of(of(value)) <= 3:  # noqa: PLR2004
        return moment
    return call("date_trunc", text("millisecond"), moment)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    """A truncated date stays a date, and the clocks of a time's zone decide."""
    unit, value = _unit(node, node.this), node.this
    if is_a(value, TIME):
        return duckdb(
            f"CAST(date_trunc('{unit}', DATE '2000-01-01' + :t) AS TIME)",
            t=value,
        )
    zone = known_zone(value)
    if zone == "UTC":
        truncated = call("date_trunc", text(unit), value)
        return cast(truncated, "date") if is_a(value, DATE) else truncated
    shown_there = local(value, zone)
    if unit.upper() in _CLOCK_UNITS:
        return once(f":t - (:l - date_trunc('{unit}', :l))", t=value, l=shown_there)
    return utc(call("date_trunc", text(unit), shown_there), zone, value)


def _extract(node: exp.Expr) -> exp.Expr:
    """The fields are Trino's."""
    if node.this.name.upper() in _ZONE_FIELDS:
        return zones.offset_part(node.expression, node.this.name.upper())
    return _field(node.expression, node.this.name.upper())


def _part(field: str) -> Form:
    return lambda node: _field(next(operands(node)), field)


def _field(value: exp.Expr, field: str) -> exp.Expr:
    if is_a(value, types.INTERVAL):
        return intervals.part(field)(value)
    name = _FIELDS[field]
    if field == "MILLISECOND":  # DuckDB's has the seconds too
        return duckdb("(millisecond(:t) % 1000)", t=shown_time(value))
    return call(name, shown_time(value))


def _to_date(node: exp.Expr) -> exp.Expr:
    made = exp.Cast(this=node.this.copy(), to=exp.DType.DATE.into_expr())
    made.type = exp.DType.DATE.into_expr()
    return casts.to_duckdb(made)


def _last_day(node: exp.Expr) -> exp.Expr:
    return call("last_day", shown_time(node.this))


def _to_unixtime(node: exp.Expr) -> exp.Expr:
    return call("epoch", cast(node.this, "timestamp"))


_PARTS = (
    (exp.Year, "year", "YEAR"),
    (exp.Quarter, "quarter", "QUARTER"),
    (exp.Month, "month", "MONTH"),
    (exp.WeekOfYear, "week week_of_year", "WEEK"),
    (exp.Day, "day", "DAY"),
    (exp.DayOfMonth, "day_of_month", "DAY"),
    (exp.DayOfWeekIso, "day_of_week dow", "DOW"),
    (exp.DayOfYear, "day_of_year doy", "DOY"),
    (exp.Hour, "hour", "HOUR"),
    (exp.Minute, "minute", "MINUTE"),
    (exp.Second, "second", "SECOND"),
    (named("millisecond"), "millisecond", "MILLISECOND"),
    (named("year_of_week"), "year_of_week yow", "YOW"),
)

ROWS = (
    *(Function(node, names, _part_rule(field), _part(field)) for node, names, field in _PARTS),
    Function(exp.CurrentDate, "current_date", "any -> date"),
    Function(
        exp.CurrentTimestamp,
        "now current_timestamp",
        lambda _: types.zoned(3, "UTC"),
        arguments="",
    ),
    Function(exp.Localtimestamp, "localtimestamp", lambda _: types.timestamp(3), arguments=""),
    Function(exp.Localtime, "localtime", lambda _: types.time(3), arguments=""),
    Function(exp.Date, "date", _to_date_type, _to_date),
    Function(exp.DateAdd, "date_add", _moved_type, _date_add),
    Function(exp.DateDiff, "date_diff", _difference_type, _date_diff),
    # sqlglot has two nodes for date_trunc: of what is cast to a date, and of anything else.
    Function(exp.DateTrunc, "date_trunc", _moved_type, _date_trunc),
    Function(exp.TimestampTrunc, "date_trunc", _moved_type, _date_trunc),
    Function(exp.Extract, "extract", _extract_type, _extract),
    Function(exp.LastDay, "last_day_of_month", "time -> date", _last_day),
    Function(exp.TimeToUnix, "to_unixtime", "time -> double", _to_unixtime),
)
