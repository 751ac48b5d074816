"""Aggregates and window functions, with the FILTER and OVER around them."""

from dataclasses import replace

from sqlglot import exp

from flowathena.engine.local.semantics import decimals, list_aggregates, types
from flowathena.engine.local.semantics.arrays import listed
from flowathena.engine.local.semantics.base import (
    LOCAL,
    Function,
    call,
    cast,
    duckdb,
    first,
    guarded,
    inner,
    named,
    number,
    operands,
    shown,
    signature,
    supertype,
    text,
    without_nan,
)
from flowathena.engine.local.semantics.types import (
    DOUBLE,
    INTEGERS,
    INTERVAL,
    invalid,
    is_a,
    is_of_months,
    of,
    unsupported,
)

_AROUND = (exp.Filter, exp.Window, exp.IgnoreNulls, exp.RespectNulls)
_NEED_ORDER = (exp.Lag, exp.Lead)
_OF_PAIRS = (exp.Corr, exp.CovarPop, exp.CovarSamp, exp.RegrSlope, exp.RegrIntercept)
_BITS = (exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.BitwiseXorAgg)
_EVERY, _MEAN = named("every"), named("geometric_mean")
_RENAMED: dict[type[exp.Expr], str] = {_EVERY: "bool_and", _MEAN: "geomean"}
_LEAST_ERROR, _GREATEST_ERROR = 0.0040625, 0.26
_LONGEST = 1_048_576
"""The most bytes of a ``listagg`` in Trino."""


# Type rules


def _sum_type(node: exp.Expr) -> exp.DataType:
    """Sums of integers are bigint."""
    if is_a(node.this, {exp.DType.NULL}):
        raise invalid("AMBIGUOUS_FUNCTION_CALL", f"{shown(node)}: cast NULL to a type")
    if is_a(node.this, INTERVAL):
        return of(node.this)
    kind = signature("num -> 1")(node)
    if kind.this in types.DECIMAL:
        return types.decimal(38, types.digits(kind)[1])
    return exp.DType.BIGINT.into_expr() if kind.this in INTEGERS else kind


def _average_type(node: exp.Expr) -> exp.DataType:
    """Averages are doubles, except those of decimals and intervals."""
    if is_a(node.this, INTERVAL):
        return of(node.this)
    kind = signature("num -> 1")(node)
    return kind if kind.this in types.DECIMAL else exp.DType.DOUBLE.into_expr()


def _pair_type(node: exp.Expr) -> exp.DataType:
    """A double of doubles, otherwise a real."""
    kind = signature("num -> double")(node)
    doubles = all(is_a(side, DOUBLE) for side in operands(node))
    return kind if doubles else exp.DType.FLOAT.into_expr()


def _mean_type(node: exp.Expr) -> exp.DataType:
    if is_a(node.expressions[0], types.DECIMAL):
        raise unsupported("geometric_mean of decimals (cast to double)")
    return signature("num -> double")(node)


def _distinct_type(node: exp.Expr) -> exp.DataType:
    """``approx_distinct`` with the standard error that is asked for."""
    error = node.args.get("accuracy")
    if error is not None:
        if not isinstance(error, exp.Literal) or error.is_string:
            raise unsupported("approx_distinct with a computed error")
        if not _LEAST_ERROR <= float(error.name) <= _GREATEST_ERROR:
            raise invalid(
                "INVALID_FUNCTION_ARGUMENT", "Standard error must be in [0.0040625, 0.26]"
            )
    return exp.DType.BIGINT.into_expr()


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
    if isinstance(node, exp.Window):
        _check_window(node, function)
    if list_aggregates.is_gathered(function):
        return list_aggregates.gathered(node, function)
    if isinstance(function, _NEED_ORDER) and not node.args.get("order"):
        raise invalid("MISSING_ORDER_BY", "lag and lead require an ORDER BY window clause")
    if isinstance(function, exp.CountIf):  # DuckDB's is NULL where no row has a value
        return exp.Coalesce(this=cast(node, "bigint"), expressions=[number(0)])
    if isinstance(function, exp.Sum) and is_a(function, INTEGERS | INTERVAL):
        return cast(node, "bigint")  # DuckDB's is a 128-bit integer
    if isinstance(function, exp.Max | exp.Min) and is_a(function, DOUBLE):
        return _ignoring_nan(node)
    if isinstance(function, exp.ArgMax | exp.ArgMin):
        function.replace(_best(function))
        return node if node is not function else _best(function)
    if isinstance(function, exp.GroupConcat) and function.args.get("separator") is None:
        function.set("separator", text(""))  # a comma in DuckDB
    return _finished(node, function)


def _check_window(window: exp.Window, function: exp.Expr) -> None:
    """Refuse what has another meaning; a frame of some time gets DuckDB's intervals."""
    if isinstance(window.this, exp.Filter):
        raise invalid("NOT_SUPPORTED", "FILTER is not yet supported for window functions")
    if isinstance(function, exp.Func) and isinstance(function.this, exp.Distinct):
        raise unsupported(f"DISTINCT in a window ({shown(window)})")
    spec = window.args.get("spec")
    bounds = spec.args if isinstance(spec, exp.WindowSpec) else {}
    for side in ("start", "end"):
        bound = bounds.get(side)
        if isinstance(bound, exp.Expr) and is_a(bound, INTERVAL):
            if is_of_months(of(bound)):
                raise unsupported("a frame of months or years")
            window.args["spec"].set(side, _step(window.args["order"].expressions[0].this, bound))


def _step(key: exp.Expr, milliseconds: exp.Expr) -> exp.Expr:
    """DuckDB's interval; dates have no hours."""
    step = duckdb("to_milliseconds(:x)", x=milliseconds)
    if not is_a(key, types.DATE):
        return step
    message = "Cannot subtract hour, minutes or seconds from a date"
    odd = duckdb(":x % 86400000 <> 0", x=milliseconds)
    return guarded(odd, "INVALID_FUNCTION_ARGUMENT", message, step)


def _finished(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """Of some functions DuckDB has another kind: a sample's skewness, NaN where Trino has NULL."""
    for kinds, form in _FORMS:
        if isinstance(function, kinds):
            return form(node, function)
    if isinstance(function, _BITS):
        return cast(node, "bigint")
    if type(function) in _RENAMED:
        other = call(_RENAMED[type(function)], *function.expressions)
        if node is function:
            return other
        function.replace(other)
    return node


def _short(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """Trino's has at most 1 MB: it fails, or truncates if that is asked for."""
    long = duckdb(f"strlen(:x) > {_LONGEST}", x=node)
    if isinstance(function.args.get("on_overflow"), exp.OverflowTruncateBehavior):
        function.set("on_overflow", None)
        return guarded(long, LOCAL, "a truncated listagg runs on Athena only", node)
    function.set("on_overflow", None)
    return guarded(long, "EXCEEDED_FUNCTION_MEMORY_LIMIT", "Concatenated string is too long", node)


def _average(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """Of intervals, rounded half up; of decimals, half away from zero to the digits they have."""
    if is_a(function, INTERVAL):
        return cast(duckdb("floor(:x + 0.5e0)", x=node), "bigint")
    if not is_a(function, types.DECIMAL):
        return node
    precision, scale = types.digits(of(function))
    total = _with(node, exp.Sum(this=function.this.copy()))
    total.type = types.decimal(38, scale)
    count = _with(node, exp.Count(this=function.this.copy()))
    count.type = exp.DType.BIGINT.into_expr()
    quotient = exp.Div(this=total, expression=count)
    quotient.type = types.decimal(precision, scale)
    return decimals.quotient(quotient)


def _with(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """The same FILTER and OVER around another function."""
    around = node.copy()
    inner = _function(around)
    return function if around is inner else inner.replace(function).root()


def _moment(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """The skewness of the values themselves; DuckDB's estimates that of more values.

    Of equal values it is no number, and NULL in DuckDB; both give NULL for a few values.
    """
    kurtosis = isinstance(function, exp.Kurtosis)
    size = _with(node, exp.Count(this=function.this.copy()))
    value = ":x" if kurtosis else ":x * (:n - 2) / sqrt(:n * (:n - 1e0))"
    return duckdb(
        f"CASE WHEN :n >= {4 if kurtosis else 3} THEN coalesce({value}, CAST('nan' AS DOUBLE)) END",
        x=node,
        n=size,
    )


def _pairwise(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """Of other numbers than doubles Trino makes real ones; what is no number is NULL."""
    doubles = is_a(function, DOUBLE)
    if not doubles:
        for side in (function.this, function.expression):
            side.replace(cast(cast(side, "float"), "double"))
    known = duckdb("CASE WHEN isfinite(:x) THEN :x END", x=node)
    return known if doubles else cast(known, "float")


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


_FORMS = (
    (exp.GroupConcat, _short),
    (exp.Avg, _average),
    ((exp.Skewness, exp.Kurtosis), _moment),
    (_OF_PAIRS, _pairwise),
)


def _approximate(node: exp.Expr) -> exp.Expr:
    """DuckDB's estimate has an error of its own."""
    node.set("accuracy", None)
    return node


def _grouping(node: exp.Expr) -> exp.Expr:
    """An integer in Trino, a bigint in DuckDB."""
    return cast(node, "integer")


ROWS = (
    *(replace(row, form=_outermost) for row in list_aggregates.ROWS),
    Function(exp.Filter, "FILTER", inner, _outermost),
    Function(exp.Window, "OVER", inner, _outermost),
    Function(exp.IgnoreNulls, "IGNORE NULLS", inner, _outermost),
    Function(exp.RespectNulls, "RESPECT NULLS", inner, _outermost),
    Function(exp.Count, "count", "any -> bigint"),
    Function(exp.CountIf, "count_if", "bool -> bigint", _outermost),
    Function(exp.Sum, "sum", _sum_type, _outermost),
    Function(exp.Avg, "avg", _average_type, _outermost),
    Function(exp.Max, "max", list_aggregates.best_type, _outermost, arguments="this expressions"),
    Function(exp.Min, "min", list_aggregates.best_type, _outermost, arguments="this expressions"),
    Function(
        exp.ArgMax,
        "max_by",
        list_aggregates.best_type,
        _outermost,
        arguments="this expression count",
    ),
    Function(
        exp.ArgMin,
        "min_by",
        list_aggregates.best_type,
        _outermost,
        arguments="this expression count",
    ),
    Function(exp.AnyValue, "any_value arbitrary", first),
    Function(exp.ArrayAgg, "array_agg", listed),
    Function(exp.GroupConcat, "listagg", "text -> varchar", _outermost),
    Function(exp.LogicalAnd, "bool_and", "bool -> boolean"),
    Function(exp.LogicalOr, "bool_or", "bool -> boolean"),
    Function(exp.ApproxDistinct, "approx_distinct", _distinct_type, _approximate),
    Function(_EVERY, "every", "bool -> boolean", _outermost),
    Function(_MEAN, "geometric_mean", _mean_type, _outermost),
    Function(exp.BitwiseAndAgg, "bitwise_and_agg", "int -> bigint", _outermost),
    Function(exp.BitwiseOrAgg, "bitwise_or_agg", "int -> bigint", _outermost),
    Function(exp.BitwiseXorAgg, "bitwise_xor_agg", "int -> bigint", _outermost),
    Function(exp.Corr, "corr", _pair_type, _outermost),
    Function(exp.CovarPop, "covar_pop", _pair_type, _outermost),
    Function(exp.CovarSamp, "covar_samp", _pair_type, _outermost),
    Function(exp.RegrSlope, "regr_slope", _pair_type, _outermost),
    Function(exp.RegrIntercept, "regr_intercept", _pair_type, _outermost),
    Function(exp.Skewness, "skewness", "num -> double", _outermost),
    Function(exp.Kurtosis, "kurtosis", "num -> double", _outermost),
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
