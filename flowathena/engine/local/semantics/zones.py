"""Time zones: which there are, and times as the clocks of a zone show them.

A timestamp with time zone is kept as the same moment in UTC, without a zone, so that no setting of
DuckDB's session can shift it; its zone is part of its type (``types.zoned``).
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    call,
    cast,
    duckdb,
    named,
    number,
    once,
    require,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import (
    invalid,
    is_a,
    of,
    precision_of,
    unsupported,
    zone_of,
)
from flowathena.errors import EngineError

_UTC = frozenset({"UTC", "GMT", "Z", "Etc/UTC"})
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_NAMED = re.compile(r"[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]*)+")
_At = named("at_timezone")
_MOST_MINUTES = 14 * 60
_LITERAL = re.compile(
    r"\s*([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    r"(?: ([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:\.([0-9]{1,6}))?)?)?"
    r" ?([A-Za-z+-]\S*)?\s*"
)


def named_zone(name: str) -> str:
    """The zone as Trino names it: ``UTC``, ``+05:30``, ``Europe/Berlin``.

    Raises:
        EngineError: neither engine has the zone, or they may read it differently.
    """
    if name in _UTC:
        return "UTC"
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes = offset.groups(default="0")
        total = int(hours) * 60 + int(minutes)
        if total > _MOST_MINUTES or int(minutes) >= 60:  # noqa: PLR2004 - minutes of an hour
            raise invalid("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid time zone")
        return f"{sign}{total // 60:02d}:{total % 60:02d}" if total else "UTC"
    if not _NAMED.fullmatch(name) or name.startswith("Etc/"):
        raise unsupported(f"time zone '{name}' (write an offset, or a name such as Europe/Berlin)")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"'{name}' is not a valid time zone"
        raise invalid("INVALID_FUNCTION_ARGUMENT", message) from None
    return name


def _minutes(zone: str) -> int | None:
    """How far a zone of one offset is ahead of UTC; None for a zone with a name."""
    if zone == "UTC":
        return 0
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", zone)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes


def known_zone(node: exp.Expr) -> str:
    """The zone of a time; refuses one that differs by row."""
    zone = zone_of(of(node)) if is_a(node, types.TIMESTAMP_TZ) else "UTC"
    if not zone:
        raise unsupported(f"time whose zone is computed ({shown(node)}: use AT TIME ZONE)")
    return zone


# Times in a zone


def local(value: exp.Expr, zone: str) -> exp.Expr:
    """What the clocks of a zone show at a moment in UTC."""
    minutes = _minutes(zone)
    if minutes is not None:
        return duckdb("(:t + to_minutes(:m))", t=value, m=number_of(minutes)) if minutes else value
    shown_there = f"timezone('{zone}', timezone('UTC', :t))"
    return _since_1970(shown_there, t=value)


def utc(value: exp.Expr, zone: str, original: exp.Expr | None = None) -> exp.Expr:
    """The moment in UTC when the clocks of a zone show a time.

    Where they show it twice it is the later moment, or the one with the offset that the zone has
    at the moment ``original``; where they skip it, so much later.
    """
    minutes = _minutes(zone)
    if minutes is not None:
        return duckdb("(:t - to_minutes(:m))", t=value, m=number_of(minutes)) if minutes else value
    moment = f"timezone('UTC', timezone('{zone}', :t))"
    if original is None:
        return _since_1970(moment, t=value)
    kept = once(":t - (:l - :o)", t=value, l=local(original, zone), o=original)
    there = f"timezone('{zone}', timezone('UTC', :k))"
    return _since_1970(f"CASE WHEN {there} = :t THEN :k ELSE {moment} END", t=value, k=kept)


def _since_1970(sql: str, **parts: exp.Expr) -> exp.Expr:
    """Before 1970 the engines' time zones differ, by as much as an hour."""
    guarded = f"CASE WHEN :t < TIMESTAMP '1970-01-01' THEN :e ELSE {sql} END"
    return once(guarded, {"e": athena_only("a time zone before 1970")}, **parts)


def number_of(value: int) -> exp.Expr:
    """A literal integer of either sign."""
    return number(value) if value >= 0 else exp.Neg(this=number(-value))


def shown_time(node: exp.Expr) -> exp.Expr:
    """A date or a time as a DuckDB timestamp that shows what its own zone's clocks show."""
    if is_a(node, types.DATE):
        return cast(node, "timestamp")
    return local(node, known_zone(node)) if is_a(node, types.TIMESTAMP_TZ) else node


def literal(written: str, precision: int) -> tuple[datetime, str]:
    """The moment in UTC, naive, and the zone of ``2026-11-01 02:00:00 Europe/Berlin``.

    Raises:
        EngineError: it is no such time, or the clocks skip it.
    """
    found = _LITERAL.fullmatch(written)
    if not found:
        raise unsupported(f"timestamp with time zone written {written!r}")
    day, hour, minute, second, fraction, name = found.groups()
    zone = named_zone(name) if name else "UTC"
    try:
        midnight = datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - the zone comes later
    except ValueError:
        raise _invalid_literal(written) from None
    clock = timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
    if clock >= timedelta(days=1) or max(int(minute or 0), int(second or 0)) > 59:  # noqa: PLR2004
        raise _invalid_literal(written)
    unit = 10 ** (6 - precision)
    micros = (int((fraction or "").ljust(6, "0")) + unit // 2) // unit * unit
    return _moment(midnight + clock, zone, written) + timedelta(microseconds=micros), zone


def _moment(shown_there: datetime, zone: str, written: str) -> datetime:
    """When the clocks show it: of two moments, the earlier."""
    minutes = _minutes(zone)
    if minutes is not None:
        return shown_there - timedelta(minutes=minutes)
    if shown_there.year < 1970:  # noqa: PLR2004 - as for other times, see above
        raise unsupported("a time zone before 1970")
    there = ZoneInfo(zone)
    moment = shown_there.replace(tzinfo=there).astimezone(UTC)
    if moment.astimezone(there).replace(tzinfo=None) != shown_there:
        raise _invalid_literal(written)
    return moment.replace(tzinfo=None)


def _invalid_literal(written: str) -> EngineError:
    return invalid("INVALID_LITERAL", f"'{written}' is not a valid TIMESTAMP literal")


# Type rules


def _zone_argument(node: exp.Expr | None) -> str:
    zone = node.unnest() if node is not None else None
    if isinstance(zone, exp.Literal) and zone.is_string:
        return named_zone(zone.name)
    raise unsupported("time zone that is computed")


def _put_type(node: exp.Expr) -> exp.DataType:
    """``AT TIME ZONE``, ``at_timezone``: the same moment in another zone."""
    value, zone = _value_and_zone(node)
    require(node, value, "time" if isinstance(node, _At) else "zoned")
    precision = 0 if is_a(value, types.DATE) else precision_of(of(value))
    return types.zoned(precision, _zone_argument(zone))


def _value_and_zone(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    if isinstance(node, exp.AtTimeZone):
        return node.this, node.args["zone"]
    value, zone = node.expressions
    return value, zone


def _read_type(node: exp.Expr) -> exp.DataType:
    """``with_timezone``: what a zone's clocks show."""
    value, zone = node.expressions
    if not is_a(value, types.DATE | types.TIMESTAMP | types.OPEN):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes a timestamp without a zone")
    precision = 0 if is_a(value, types.DATE) else precision_of(of(value))
    return types.zoned(precision, _zone_argument(zone))


def _from_unixtime_type(node: exp.Expr) -> exp.DataType:
    """UTC, or a zone by its name or by hours and minutes."""
    value, *where = node.expressions
    require(node, value, "num")
    zone = "UTC"
    if len(where) == 1:
        zone = _zone_argument(where[0])
    elif where:
        hours, minutes = map(_whole, where)
        total = hours * 60 + minutes
        zone = named_zone(
            f"{'-' if total < 0 else '+'}{abs(total) // 60:02d}:{abs(total) % 60:02d}"
        )
    return types.zoned(3, zone)


def _whole(node: exp.Expr) -> int:
    bare = node.unnest()
    digits = bare.this if isinstance(bare, exp.Neg) else bare
    if not isinstance(digits, exp.Literal) or not digits.is_int:
        raise unsupported("time zone that is computed")
    return -int(digits.name) if isinstance(bare, exp.Neg) else int(digits.name)


def offset_type(node: exp.Expr, value: exp.Expr) -> exp.DataType:
    """A bigint of a timestamp with time zone."""
    if not is_a(value, types.TIMESTAMP_TZ | types.OPEN):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes a timestamp with time zone")
    return exp.DType.BIGINT.into_expr()


# DuckDB forms


def _put(node: exp.Expr) -> exp.Expr:
    value, _ = _value_and_zone(node)
    return cast(value, "timestamp") if is_a(value, types.DATE) else value


def _with_timezone(node: exp.Expr) -> exp.Expr:
    return utc(cast(node.expressions[0], "timestamp"), zone_of(of(node)))


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    """Milliseconds."""
    value = node.expressions[0]
    if is_a(value, types.INTEGERS):
        return call("timezone", text("UTC"), call("to_timestamp", value))
    return duckdb("epoch_ms(CAST(floor(CAST(:x AS DOUBLE) * 1000 + 0.5e0) AS BIGINT))", x=value)


def offset_seconds(node: exp.Expr) -> exp.Expr:
    """How far the zone of a time is ahead of UTC at that time."""
    zone = known_zone(node)
    minutes = _minutes(zone)
    if minutes is not None:
        return number_of(minutes * 60)
    return once("date_diff('second', :t, :l)", t=node, l=local(node, zone))


def offset_part(value: exp.Expr, field: str) -> exp.Expr:
    """Hours, or the minutes beyond them: both have the sign of the offset."""
    size, modulus = (3600, 100) if field == "TIMEZONE_HOUR" else (60, 60)
    part = f"CAST((:s // {size}) % {modulus} AS BIGINT)"
    return duckdb(f"CASE WHEN :t IS NOT NULL THEN {part} END", t=value, s=offset_seconds(value))


def _offset_row(name: str) -> Function:
    return Function(
        named(name),
        name,
        lambda node: offset_type(node, node.expressions[0]),
        lambda node: offset_part(node.expressions[0], name.upper()),
    )


ROWS = (
    Function(exp.AtTimeZone, "AT TIME ZONE", _put_type, _put),
    Function(_At, "at_timezone", _put_type, _put),
    Function(named("with_timezone"), "with_timezone", _read_type, _with_timezone),
    Function(named("from_unixtime"), "from_unixtime", _from_unixtime_type, _from_unixtime),
    _offset_row("timezone_hour"),
    _offset_row("timezone_minute"),
    Function(
        named("current_timezone"), "current_timezone", "any -> varchar", lambda _: text("UTC")
    ),
)
