"""Casts: the texts that are numbers or times, how numbers are rounded and values written."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import (
    addresses,
    intervals,
    json_casts,
    nested_casts,
    number_texts,
    types,
    zones,
)
from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    call,
    cast,
    duckdb,
    fail,
    is_null,
    named,
    once,
    text,
)
from flowathena.engine.local.semantics.types import (
    invalid,
    is_a,
    of,
    precision_of,
    spelled,
    unsupported,
    zone_of,
)
from flowathena.sql import dialect

_BLANK = r"[\x00-\x20]*"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?"
_DAY = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCK = r"([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?"
_ALIKE = {
    **dict.fromkeys(types.INTEGERS, rf"{_BLANK}[+-]?[0-9]+{_BLANK}"),
    exp.DType.DOUBLE: rf"{_BLANK}({_NUMBER}|[+-]?(NaN|Infinity)){_BLANK}",
    exp.DType.DECIMAL: r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)",
    exp.DType.DATE: rf"{_BLANK}{_DAY}{_BLANK}",
    exp.DType.TIMESTAMP: rf"{_BLANK}{_DAY}( {_CLOCK})?{_BLANK}",
    exp.DType.TIME: _CLOCK,
}
"""The texts of each type that both engines read alike."""
_ATHENA_ONLY = {
    **dict.fromkeys(types.INTEGERS, r"[^\x00-\x7f]"),
    exp.DType.DOUBLE: r"^\s*[+-]?0[xX]|[0-9.][dDfF]\s*$",
    exp.DType.DECIMAL: r"[^\x00-\x7f]|[0-9.][eE]",
    exp.DType.DATE: r"^\s*([+-][0-9]+-|[0-9]{5,}-)",
    exp.DType.TIMESTAMP: rf"^\s*([+-][0-9]+-|[0-9]{{5,}}-)|^\s*{_DAY} {_CLOCK}",
    exp.DType.TIME: r"[+-]",
}
"""Of the other texts, those that Trino may read: an error here, even for ``TRY_CAST``."""
_BOOLEANS = (
    "CASE WHEN lower(:x) IN ('true', 't', '1') THEN true "
    "WHEN lower(:x) IN ('false', 'f', '0') THEN false END"
)


# Type rules


def _cast_type(node: exp.Expr) -> exp.DataType:
    """The type it names."""
    to: exp.DataType = node.args["to"]
    # A timestamp has milliseconds by default; sqlglot sizes the literals, TIMESTAMP '…', itself.
    if to.this is exp.DType.TIMESTAMP and not to.expressions and not node.this.is_string:
        to = types.timestamp(3)
    if to.this in types.TIME:
        to = types.time(precision_of(to))
    if to.this in types.TIMESTAMP_TZ and types.castable(of(node.this), to):
        to = types.zoned(precision_of(to), _zone(node, precision_of(to)))
    if not types.castable(of(node.this), to):
        raise invalid("TYPE_MISMATCH", f"Cannot cast {spelled(of(node.this))} to {spelled(to)}")
    return to


def _zone(node: exp.Expr, precision: int) -> str:
    """The zone of what becomes a timestamp with time zone."""
    source: exp.Expr = node.this
    if is_a(source, types.TIMESTAMP_TZ):
        return zone_of(of(source))
    if is_a(source, types.TEXTS):
        if not source.is_string:
            raise unsupported("cast of a computed text to timestamp with time zone")
        return zones.literal(source.name, precision)[1]
    return "UTC"


# DuckDB forms


def _whole(node: exp.Cast) -> exp.Expr | None:
    """The form of a cast to or from a type with a module of its own."""
    source, target = node.this, node.to.this
    if target in types.JSON:
        return json_casts.written(node, to_duckdb)
    if is_a(source, types.JSON):
        return json_casts.read(node, to_duckdb)
    if target in types.BINARY and is_a(source, types.TEXTS):
        return call("encode", source)
    if target in types.BINARY and is_a(source, types.ADDRESS):
        return call("unhex", source)
    if target in types.BINARY and not is_a(source, types.BINARY | types.OPEN):
        raise unsupported(f"cast of {spelled(of(source))} to varbinary")
    if target in types.ADDRESS:
        return addresses.read(node)
    return nested_casts.converted(node, to_duckdb) if target in types.NESTED else None


def to_duckdb(node: exp.Expr) -> exp.Expr:  # noqa: PLR0911 - one way a type
    """The DuckDB form of a typed cast."""
    assert isinstance(node, exp.Cast)  # noqa: S101 - narrows the type, see ROWS
    source, target = node.this, node.to.this
    whole = _whole(node)
    if whole is not None:
        return whole
    if target in types.TIMESTAMP_TZ:
        return _to_zoned(node)
    zone = ""
    if is_a(source, types.TIMESTAMP_TZ):
        zone = zones.known_zone(source)
        source = zones.shown_time(source)
        source.type = types.timestamp(precision_of(of(node.this)))
        node.set("this", source)
    if target in types.TEXTS:
        return (_to_short_text if node.to.expressions else _to_text)(node, zone)
    if is_a(source, types.TEXTS):
        return _from_text(node)
    if target in types.INTEGERS and is_a(source, types.DOUBLE):
        node.set("this", call("round", source))  # half away from zero; DuckDB: half to even
    if target in types.DECIMAL and is_a(source, types.DOUBLE):
        return _to_decimal(node)
    if target is exp.DType.TIMESTAMP:
        return shorten(cast(source, "timestamp"), of(source), node.to)
    if target in types.TIME:
        return _to_time(node)
    return node


def _to_zoned(node: exp.Cast) -> exp.Expr:
    """The moment in UTC."""
    source = node.this
    if is_a(source, types.TEXTS):
        moment, _ = zones.literal(source.name, precision_of(node.to))
        return cast(text(moment.isoformat(" ")), "timestamp")
    return shorten(cast(source, "timestamp"), of(source), node.to)


def _to_time(node: exp.Cast) -> exp.Expr:
    """The time of day."""
    source = node.this
    if precision_of(of(source)) > precision_of(node.to):
        raise unsupported(f"cast of a longer time to {spelled(node.to)}")
    return cast(source, "time")


def _to_decimal(node: exp.Cast) -> exp.Expr:
    """A double is rounded by its digits in Trino, by its binary value in DuckDB."""
    source, quiet = node.this, isinstance(node, exp.TryCast)
    precision, scale = types.digits(node.to)
    node.set("this", cast(source, "varchar"))
    large = duckdb(f"abs(:x) >= 1e{precision - scale} OR isnan(:x)", x=source)
    error = fail("INVALID_CAST_ARGUMENT", f"Cannot cast to {node.to.sql(dialect.NAME)}")
    return exp.paren(exp.Case().when(large, exp.Null() if quiet else error).else_(node))


def shorten(value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
    """Rounds away the digits of a second that the type does not have."""
    precision = precision_of(to)
    exact = source.this in types.TIMES and precision_of(source) <= precision
    if precision >= 6 or exact or source.this is exp.DType.DATE:  # noqa: PLR2004 - microseconds
        return value
    unit = 10 ** (6 - precision)
    return duckdb(
        f"make_timestamp(CAST(floor((epoch_us(:x) + {unit // 2}) / {unit}.0e0) AS BIGINT)"
        f" * {unit})",
        x=value,
    )


def _from_text(node: exp.Cast) -> exp.Expr:
    source, target = node.this, node.to.this
    quiet = isinstance(node, exp.TryCast)
    if target is exp.DType.BOOLEAN:
        read = duckdb(_BOOLEANS, x=source)
        return read if quiet else exp.Coalesce(this=read, expressions=[_refusal(node)])
    if isinstance(source, exp.Literal) and re.fullmatch(_ALIKE[target], source.name):
        return _read(node, text(source.name.strip()), quiet=quiet)
    if isinstance(source, exp.Literal) and not re.search(_ATHENA_ONLY[target], source.name):
        kind = "timestamp" if target is exp.DType.TIMESTAMP else node.to
        return cast(exp.Null() if quiet else _refusal(node), kind)
    alike = call("regexp_full_match", source, text(_ALIKE[target]))
    # Trino ignores blanks and control characters around a value; DuckDB's casts only some.
    trimmed = call("trim", source, text("".join(map(chr, range(1, 33)))))
    read = _read(node, trimmed, quiet=quiet)
    only = call("regexp_matches", source, text(_ATHENA_ONLY[target]))
    strange = athena_only(f"such a text of a {node.to.sql(dialect.NAME)}")
    cases = exp.Case().when(alike, read).when(only, strange)
    return exp.paren(cases if quiet else cases.else_(_refusal(node)))


def _refusal(node: exp.Cast) -> exp.Expr:
    error = fail("INVALID_CAST_ARGUMENT", f"Cannot cast to {node.to.sql(dialect.NAME)}")
    return exp.paren(exp.Case().when(is_null(node.this), exp.Null()).else_(error))


def _read(node: exp.Cast, source: exp.Expr, *, quiet: bool) -> exp.Expr:
    to = exp.DType.TIMESTAMP.into_expr() if node.to.this is exp.DType.TIMESTAMP else node.to
    kind = exp.TryCast if quiet else exp.Cast
    value: exp.Expr = kind(this=source, to=to.copy())
    if node.to.this is exp.DType.TIMESTAMP:
        return shorten(value, exp.DType.VARCHAR.into_expr(), node.to)
    return value


def _to_text(node: exp.Cast, zone: str) -> exp.Expr:
    source = node.this
    if is_a(source, types.ADDRESS):
        return addresses.written(source)
    if is_a(source, types.INTERVAL):
        return intervals.written(source)
    if is_a(source, types.TIME):
        return duckdb(f"strftime(DATE '2000-01-01' + :t, '{_clock_form(source)}')", t=source)
    if is_a(source, types.TIMESTAMP):
        ending = f" {zone}" if zone else ""
        return call("strftime", source, text(f"%Y-%m-%d {_clock_form(source)}{ending}"))
    if is_a(source, types.DOUBLE):
        return number_texts.scientific(source)
    return number_texts.plain(source) if is_a(source, types.DECIMAL) else node


def _to_short_text(node: exp.Cast, zone: str) -> exp.Expr:
    """Texts are cut; the text of anything else must fit."""
    length = types.sizes(node.to)[0]
    if is_a(node.this, types.TEXTS | types.OPEN):
        return duckdb(f"substr(:x, 1, {length})", x=node.this)
    long = exp.Cast(this=node.this.copy(), to=exp.DType.VARCHAR.into_expr())
    error = fail("INVALID_CAST_ARGUMENT", f"Value cannot be represented as varchar({length})")
    quiet = isinstance(node, exp.TryCast)
    return once(
        f"CASE WHEN length(:x) > {length} THEN :error ELSE :x END",
        {"error": exp.Null() if quiet else error},
        x=_to_text(long, zone),
    )


def _clock_form(node: exp.Expr) -> str:
    precision = precision_of(of(node))
    endings = {0: "", 3: ".%g", 6: ".%f"}
    if precision not in endings:
        raise unsupported(f"text of a timestamp({precision})")
    return "%H:%M:%S" + endings[precision]


def _typeof(node: exp.Expr) -> exp.Expr:
    """A text that is known beforehand."""
    return text(_type_name(node.expressions[0]))


def _typeof_type(node: exp.Expr) -> exp.DataType:
    _type_name(node.expressions[0])
    return exp.DType.VARCHAR.into_expr()


def _type_name(value: exp.Expr) -> str:
    """Trino's name of a type; lengths of texts are known of literals and casts alone."""
    bare, kind = value.unnest(), of(value)
    if kind.this in types.TEXTS:
        if isinstance(bare, exp.Literal):
            return f"varchar({len(bare.name)})"
        if isinstance(bare, exp.Cast):
            return "varchar"
        raise unsupported("typeof of a computed text")
    if kind.this is exp.DType.NULL:
        return "unknown"
    if kind.this in types.ARRAY | types.MAP:
        return _nested_name(kind)
    plain = types.NUMBERS | types.BOOLEAN | types.TIMES | types.TIME | types.INTERVAL
    if kind.this not in plain | types.JSON | types.BINARY | types.ADDRESS:
        raise unsupported(f"typeof of {spelled(kind)}")
    if kind.this in types.DECIMAL:
        return "decimal({},{})".format(*types.digits(kind))
    return {"int": "integer"}.get(spelled(kind), spelled(kind))


def _nested_name(kind: exp.DataType) -> str:
    """Of an array or a map; the lengths of texts in it are not known."""
    if any(part.this in types.TEXTS | types.ROW for part in types.inside(kind)):
        raise unsupported(f"typeof of {spelled(kind)}")
    parts = types.pair(kind) if kind.this in types.MAP else [types.element(kind)]
    names = []
    for part in parts:
        inner = exp.Placeholder()
        inner.type = part
        names.append(_type_name(inner))
    return f"{'map' if kind.this in types.MAP else 'array'}({', '.join(names)})"


ROWS = (
    Function(named("typeof"), "typeof", _typeof_type, _typeof),
    Function(exp.Cast, "cast", _cast_type, to_duckdb),
    Function(exp.TryCast, "try_cast", _cast_type, to_duckdb),
)
