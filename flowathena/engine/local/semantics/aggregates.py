"""Aggregates, with the FILTER and OVER that stand around them."""

from sqlglot import exp

from flowathena.engine.local.semantics.sql import Mend, call, cast, duckdb, text
from flowathena.engine.local.semantics.types import DOUBLE, INTEGERS, is_a, missing, wrong
from flowathena.sql import dialect

_AROUND = (exp.Filter, exp.Window, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)
_NEED_ORDER = (exp.Lag, exp.Lead)


def is_inside(node: exp.Expr) -> bool:
    """Whether a FILTER or OVER stands around it: that is mended, with what is in it."""
    return isinstance(node.parent, _AROUND) and node.arg_key == "this"


def _function(node: exp.Expr) -> exp.Expr:
    while isinstance(node, _AROUND):
        node = node.this
    return node


def _outermost(node: exp.Expr) -> exp.Expr:
    function = _function(node)
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Filter):
        raise wrong("NOT_SUPPORTED", "FILTER is not yet supported for window functions")
    if isinstance(function, _NEED_ORDER) and not node.args.get("order"):
        raise wrong("MISSING_ORDER_BY", "lag and lead require an ORDER BY window clause")
    if isinstance(function, exp.Sum | exp.CountIf) and is_a(function, INTEGERS):
        return cast(node, "bigint")  # DuckDB's sum has no end, Trino's is a bigint
    if isinstance(function, exp.Max | exp.Min) and is_a(function, DOUBLE):
        return _without_nan(node)
    if isinstance(function, exp.ArgMax | exp.ArgMin):
        function.replace(_best(function))
        return node if node is not function else _best(function)
    if isinstance(function, exp.GroupConcat) and function.args.get("separator") is None:
        function.set("separator", text(""))
    return node


def _without_nan(node: exp.Expr) -> exp.Expr:
    """NaN is the greatest in DuckDB; in Trino it counts only where there is nothing else."""
    real = node.copy()
    function = _function(real)
    value = function.this
    value.replace(duckdb("CASE WHEN NOT isnan(:v) THEN :v END", v=value))
    return exp.Coalesce(this=real, expressions=[node])


def _best(node: exp.Expr) -> exp.Expr:
    """The row of the greatest value counts although the wanted one is NULL in it."""
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    by: exp.Expr = node.expression
    if is_a(by, DOUBLE):
        by = duckdb("CASE WHEN NOT isnan(:v) THEN :v END", v=by)
    return call(name, node.this, by)


_FUNCTIONS = (
    exp.CountIf,
    exp.Sum,
    exp.Max,
    exp.Min,
    exp.ArgMax,
    exp.ArgMin,
    exp.GroupConcat,
    exp.Lag,
    exp.Lead,
)


def _grouping(node: exp.Expr) -> exp.Expr:
    """An integer in Trino, a bigint in DuckDB."""
    return cast(node, "integer")


def _try(node: exp.Expr) -> exp.Expr:
    """DuckDB's ``TRY`` stands around nothing that raises by a function."""
    if any(call.name.lower() == "error" for call in node.find_all(exp.Anonymous)):
        raise missing(f"try around such an expression ({node.this.sql(dialect.NAME)[:60]})")
    return node


MENDS: dict[type[exp.Expr], Mend] = {
    **dict.fromkeys((*_FUNCTIONS, *_AROUND), _outermost),
    exp.Try: _try,
    exp.Grouping: _grouping,
}
