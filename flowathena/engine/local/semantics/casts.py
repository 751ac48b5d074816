"""Casts: the texts that are numbers or times, how numbers are rounded and values written."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import addresses, nested, types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    fail,
    is_null,
    text,
)
from flowathena.engine.local.semantics.types import (
    invalid,
    is_a,
    of,
    precision_of,
    spelled,
    unsupported,
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
}
"""The texts of each type that both engines read alike."""
_ATHENA_ONLY = {
    **dict.fromkeys(types.INTEGERS, r"[^\x00-\x7f]"),
    exp.DType.DOUBLE: r"^\s*[+-]?0[xX]|[0-9.][dDfF]\s*$",
    exp.DType.DECIMAL: r"[^\x00-\x7f]|[0-9.][eE]",
    exp.DType.DATE: r"^\s*([+-][0-9]+-|[0-9]{5,}-)",
    exp.DType.TIMESTAMP: rf"^\s*([+-][0-9]+-|[0-9]{{5,}}-)|^\s*{_DAY} {_CLOCK}",
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
    if not types.castable(of(node.this), to):
        raise invalid("TYPE_MISMATCH", f"Cannot cast {spelled(of(node.this))} to {spelled(to)}")
    return to


# DuckDB forms


def _cast(node: exp.Expr) -> exp.Expr:
    assert isinstance(node, exp.Cast)  # noqa: S101 - narrows the type, see ROWS
    source, target = node.this, node.to.this
    if target in types.ADDRESS:
        return addresses.read(node)
    if target in types.NESTED:
        return nested.converted(node, _cast)
    if target in types.TEXTS:
        return _to_text(node)
    if is_a(source, types.TEXTS):
        return _from_text(node)
    if target in types.INTEGERS and is_a(source, types.DOUBLE):
        node.set("this", call("round", source))  # half away from zero; DuckDB: half to even
    if target in types.DECIMAL and is_a(source, types.DOUBLE):
        return _to_decimal(node)
    if target is exp.DType.TIMESTAMP:
        return _shorten(cast(source, "timestamp"), of(source), node.to)
    return node


def _to_decimal(node: exp.Cast) -> exp.Expr:
    """A double is rounded by its digits in Trino, by its binary value in DuckDB."""
    source, quiet = node.this, isinstance(node, exp.TryCast)
    precision, scale = types.digits(node.to)
    node.set("this", cast(source, "varchar"))
    large = duckdb(f"abs(:x) >= 1e{precision - scale} OR isnan(:x)", x=source)
    error = fail("INVALID_CAST_ARGUMENT", f"Cannot cast to {node.to.sql(dialect.NAME)}")
    return exp.paren(exp.Case().when(large, exp.Null() if quiet else error).else_(node))


def _shorten(value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
    """Rounds away the digits of a second that the type does not have."""
    precision = precision_of(to)
    exact = source.this in types.TIMES and precision_of(source) <= precision
    if precision == 6 or exact or source.this is exp.DType.DATE:  # noqa: PLR2004 - microseconds
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
    alike = call("regexp_full_match", source, text(_ALIKE[target]))
    # Trino ignores blanks and control characters around a value; DuckDB's casts only some.
    trimmed = call("trim", source, text("".join(map(chr, range(1, 33)))))
    read = _read(node, trimmed, quiet=quiet)
    athena_only = call("regexp_matches", source, text(_ATHENA_ONLY[target]))
    strange = fail(
        "the local engine", f"such a text of a {node.to.sql(dialect.NAME)} runs on Athena only"
    )
    cases = exp.Case().when(alike, read).when(athena_only, strange)
    return exp.paren(cases if quiet else cases.else_(_refusal(node)))


def _refusal(node: exp.Cast) -> exp.Expr:
    error = fail("INVALID_CAST_ARGUMENT", f"Cannot cast to {node.to.sql(dialect.NAME)}")
    return exp.paren(exp.Case().when(is_null(node.this), exp.Null()).else_(error))


def _read(node: exp.Cast, source: exp.Expr, *, quiet: bool) -> exp.Expr:
    to = exp.DType.TIMESTAMP.into_expr() if node.to.this is exp.DType.TIMESTAMP else node.to
    kind = exp.TryCast if quiet else exp.Cast
    value: exp.Expr = kind(this=source, to=to.copy())
    if node.to.this is exp.DType.TIMESTAMP:
        return _shorten(value, exp.DType.VARCHAR.into_expr(), node.to)
    return value


def _to_text(node: exp.Cast) -> exp.Expr:
    source = node.this
    if node.to.expressions:
        raise unsupported("cast to a varchar of some length (use substr)")
    if is_a(source, types.ADDRESS):
        return addresses.written(source)
    if is_a(source, types.TIMESTAMP_TZ):
        return call("strftime", source, text("%Y-%m-%d %H:%M:%S.%g UTC"))
    if is_a(source, types.TIMESTAMP):
        return call("strftime", source, text(_timestamp_form(source)))
    if is_a(source, types.DOUBLE):
        raise unsupported("cast of a double to varchar (round and cast to decimal first)")
    if is_a(source, types.DECIMAL):
        precision, scale = types.digits(of(source))
        if precision == scale:  # DuckDB writes no 0 before such a point
            node.set("this", cast(source, types.decimal(precision + 1, scale)))
    return node


def _timestamp_form(node: exp.Expr) -> str:
    precision = precision_of(of(node))
    endings = {0: "", 3: ".%g", 6: ".%f"}
    if precision not in endings:
        raise unsupported(f"text of a timestamp({precision})")
    return "%Y-%m-%d %H:%M:%S" + endings[precision]


ROWS = (
    Function(exp.Cast, "cast", _cast_type, _cast),
    Function(exp.TryCast, "try_cast", _cast_type, _cast),
)
