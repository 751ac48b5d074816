"""Aggregates and window functions, with the FILTER and OVER around them."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.arrays import listed
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    first,
    inner,
    shown,
    signature,
    supertype,
    text,
    without_nan,
)
from flowathena.engine.local.semantics.types import (
    DOUBLE,
    INTEGERS,
    invalid,
    is_a,
    of,
    unsupported,
)

_AROUND = (exp.Filter, exp.Window, exp.IgnoreNulls, exp.RespectNulls)
_NEED_ORDER = (exp.Lag, exp.Lead)


# Type rules


def _sum_type(node: exp.Expr) -> exp.DataType:
    """Sums of integers are bigint."""
    if is_a(node.this, {exp.DType.NULL}):
        raise invalid("AMBIGUOUS_FUNCTION_CALL", f"{shown(node)}: cast NULL to a type")
    kind = signature("num -> 1")(node)
    if kind.this in types.DECIMAL:
        return types.decimal(38, types.digits(kind)[1])
    return exp.DType.BIGINT.into_expr() if kind.this in INTEGERS else kind


def _average_type(node: exp.Expr) -> exp.DataType:
    """Averages are doubles, except those of decimals."""
    if signature("num -> 1")(node).this in types.DECIMAL:
        raise unsupported("avg of decimals (cast to double)")
    return exp.DType.DOUBLE.into_expr()


def _shifted_type(node: exp.Expr) -> exp.DataType:
    """``lag`` and ``lead``: the value's; the default is of the same type."""
    default = node.args.get("default")
    if default is not None:
        supertype(node, [node.this, default])
    return of(node.this)


# DuckDB forms


def is_inside(node: exp.Expr) -> bool:
    """Whether FILTER or OVER is around it; then only the outermost of them gets a form."""
    return isinstance(node.parent, _AROUND) and node.arg_key == "this"


def _function(node: exp.Expr) -> exp.Expr:
    while isinstance(node, _AROUND):
        node = node.this
    return node


def _outermost(node: exp.Expr) -> exp.Expr:
    """The form of an aggregate applies to the whole of it: ``CAST(sum(x) OVER (…) AS bigint)``."""
    function = _function(node)
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Filter):
        raise invalid("NOT_SUPPORTED", "FILTER is not yet supported for window functions")
    if isinstance(function, _NEED_ORDER) and not node.args.get("order"):
        raise invalid("MISSING_ORDER_BY", "lag and lead require an ORDER BY window clause")
    if isinstance(function, exp.Sum | exp.CountIf) and is_a(function, INTEGERS):
        return cast(node, "bigint")  # DuckDB's is a 128-bit integer
    if isinstance(function, exp.Max | exp.Min) and is_a(function, DOUBLE):
        return _ignoring_nan(node)
    if isinstance(function, exp.ArgMax | exp.ArgMin):
        function.replace(_best(function))
        return node if node is not function else _best(function)
    if isinstance(function, exp.GroupConcat) and function.args.get("separator") is None:
        function.set("separator", text(""))  # a comma in DuckDB
    return node


def _ignoring_nan(node: exp.Expr) -> exp.Expr:
    """NaN is the greatest in DuckDB; in Trino it counts only if there is nothing else."""
    real = node.copy()
    function = _function(real)
    value = function.this
    value.replace(without_nan(value))
    return exp.Coalesce(this=real, expressions=[node])


def _best(node: exp.Expr) -> exp.Expr:
    """The row of the greatest value counts, although what is taken from it may be NULL."""
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    by: exp.Expr = node.expression
    if is_a(by, DOUBLE):
        by = without_nan(by)
    return call(name, node.this, by)


def _grouping(node: exp.Expr) -> exp.Expr:
    """An integer in Trino, a bigint in DuckDB."""
    return cast(node, "integer")


ROWS = (
    Function(exp.Filter, "FILTER", inner, _outermost),
    Function(exp.Window, "OVER", inner, _outermost),
    Function(exp.IgnoreNulls, "IGNORE NULLS", inner, _outermost),
    Function(exp.RespectNulls, "RESPECT NULLS", inner, _outermost),
    Function(exp.Count, "count", "any -> bigint"),
    Function(exp.CountIf, "count_if", "bool -> bigint", _outermost),
    Function(exp.Sum, "sum", _sum_type, _outermost),
    Function(exp.Avg, "avg", _average_type),
    Function(exp.Max, "max", first, _outermost, arguments="this"),
    Function(exp.Min, "min", first, _outermost, arguments="this"),
    Function(exp.ArgMax, "max_by", first, _outermost, arguments="this expression"),
    Function(exp.ArgMin, "min_by", first, _outermost, arguments="this expression"),
    Function(exp.AnyValue, "any_value arbitrary", first),
    Function(exp.ArrayAgg, "array_agg", listed),
    Function(exp.GroupConcat, "listagg", "text -> varchar", _outermost, arguments="this separator"),
    Function(exp.LogicalAnd, "bool_and", "bool -> boolean"),
    Function(exp.LogicalOr, "bool_or", "bool -> boolean"),
    Function(exp.ApproxDistinct, "approx_distinct", "any -> bigint", arguments="this"),
    Function(exp.Stddev, "stddev", "num -> double"),
    Function(exp.StddevPop, "stddev_pop", "num -> double"),
    Function(exp.StddevSamp, "stddev_samp", "num -> double"),
    Function(exp.Variance, "variance var_samp", "num -> double"),
    Function(exp.VariancePop, "var_pop", "num -> double"),
    Function(exp.Grouping, "grouping", "any -> integer", _grouping),
    Function(exp.RowNumber, "row_number", "any -> bigint"),
    Function(exp.Rank, "rank", "any -> bigint"),
    Function(exp.DenseRank, "dense_rank", "any -> bigint"),
    Function(exp.PercentRank, "percent_rank", "any -> double"),
    Function(exp.CumeDist, "cume_dist", "any -> double"),
    Function(exp.Ntile, "ntile", "int -> bigint"),
    Function(exp.Lag, "lag", _shifted_type, _outermost),
    Function(exp.Lead, "lead", _shifted_type, _outermost),
    Function(exp.FirstValue, "first_value", first),
    Function(exp.LastValue, "last_value", first),
    Function(exp.NthValue, "nth_value", "any int -> 1"),
)
