"""Functions of numbers: roots, logarithms, angles, buckets."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Form,
    Function,
    Rule,
    athena_only,
    cast,
    duckdb,
    fail,
    named,
    once,
    require,
    shown,
)
from flowathena.engine.local.semantics.decimals import truncated, truncated_type
from flowathena.engine.local.semantics.types import (
    DOUBLE,
    INTEGERS,
    element,
    invalid,
    is_a,
    of,
)

# Type rules


def of_kinds(kinds: str, result: str) -> Rule:
    """The result of arguments of these kinds."""

    def rule(node: exp.Expr) -> exp.DataType:
        for value, kind in zip(node.expressions, kinds.split(), strict=False):
            require(node, value, kind)
        return exp.DataType.build(result)

    return rule


def _bucket_type(node: exp.Expr) -> exp.DataType:
    """``width_bucket``: of equal buckets, or of those between an array's bounds."""
    value, *others = node.expressions
    require(node, value, "num")
    if len(others) == 1:
        require(node, others[0], "array")
        inside = element(of(others[0])).this
        if inside not in types.NUMBERS | types.OPEN:
            raise invalid("TYPE_MISMATCH", f"{shown(node)}: the bounds are no numbers")
    else:
        for other in others:
            require(node, other, "num")
        if not is_a(others[2], INTEGERS):
            raise invalid("TYPE_MISMATCH", f"{shown(node)}: the number of buckets is no integer")
    return exp.DType.BIGINT.into_expr()


# DuckDB forms


def _double(value: exp.Expr) -> exp.Expr:
    return value if is_a(value, DOUBLE) else cast(value, "double")


def _doubles(sql: str, *names: str) -> Form:
    """A piece of SQL of the arguments as doubles, by these names."""

    def form(node: exp.Expr) -> exp.Expr:
        return duckdb(sql, **dict(zip(names, map(_double, node.expressions), strict=True)))

    return form


def _constant(sql: str) -> Form:
    return lambda _: duckdb(sql)


def _cbrt(node: exp.Expr) -> exp.Expr:
    """Of a cube, its root, which DuckDB's is beside."""
    return once(
        "CASE WHEN :c * :c * :c = :x THEN :c ELSE :r END",
        x=_double(node.expressions[0]),
        r=duckdb("cbrt(:x)", x=_double(node.expressions[0])),
        c=duckdb("CAST(printf('%.15g', cbrt(:x)) AS DOUBLE)", x=_double(node.expressions[0])),
    )


def _bucket(node: exp.Expr) -> exp.Expr:
    value, *others = node.expressions
    if len(others) == 1:
        return _bucket_of(value, others[0])
    low, high, count = others
    errors = {
        "f": fail("INVALID_FUNCTION_ARGUMENT", "operand must not be NaN"),
        "g": fail("INVALID_FUNCTION_ARGUMENT", "bounds cannot equal each other"),
        "h": fail("INVALID_FUNCTION_ARGUMENT", "bucketCount must be greater than 0"),
        "i": fail("INVALID_FUNCTION_ARGUMENT", "bounds must be finite"),
    }
    return once(
        "CASE WHEN :x IS NULL OR :a IS NULL OR :b IS NULL OR :n IS NULL THEN NULL "
        "WHEN :n <= 0 THEN :h WHEN isnan(:x) THEN :f WHEN NOT (isfinite(:a) AND isfinite(:b)) "
        "THEN :i WHEN :a = :b THEN :g WHEN :a < :b THEN CASE WHEN :x < :a THEN 0 "
        "WHEN :x >= :b THEN :n + 1 "
        "ELSE CAST(floor(CAST(:n AS DOUBLE) * (:x - :a) / (:b - :a) + 1) AS BIGINT) END "
        "ELSE :n + 1 - CASE WHEN :x < :b THEN 0 WHEN :x >= :a THEN :n + 1 "
        "ELSE CAST(floor(CAST(:n AS DOUBLE) * (:x - :b) / (:a - :b) + 1) AS BIGINT) END END",
        errors,
        x=_double(value),
        a=_double(low),
        b=_double(high),
        n=cast(count, "bigint"),
    )


def _bucket_of(value: exp.Expr, bounds: exp.Expr) -> exp.Expr:
    """How many bounds are not above the value."""
    errors = {
        "f": fail("INVALID_FUNCTION_ARGUMENT", "operand must not be NaN"),
        "g": fail("INVALID_FUNCTION_ARGUMENT", "Bins cannot be an empty array"),
        "h": fail("INVALID_FUNCTION_ARGUMENT", "Bin values are not sorted in ascending order"),
        "i": athena_only("width_bucket with NULL or NaN among its bounds"),
    }
    return once(
        "CASE WHEN :x IS NULL OR :b IS NULL THEN NULL WHEN len(:b) = 0 THEN :g "
        "WHEN isnan(:x) THEN :f WHEN len(list_filter(:b, lambda e: isfinite(e))) < len(:b) THEN :i "
        "WHEN list_sort(:b) <> :b THEN :h "
        "ELSE CAST(len(list_filter(:b, lambda e: e <= :x)) AS BIGINT) END",
        errors,
        x=_double(value),
        b=cast(bounds, "double[]"),
    )


def _wilson(sign: str) -> Form:
    """Wilson's interval of a share."""

    def form(node: exp.Expr) -> exp.Expr:
        successes, trials, z = node.expressions
        errors = {
            "f": fail("INVALID_FUNCTION_ARGUMENT", "number of successes must not be negative"),
            "g": fail("INVALID_FUNCTION_ARGUMENT", "number of trials must be positive"),
            "h": fail(
                "INVALID_FUNCTION_ARGUMENT",
                "number of successes must not be larger than number of trials",
            ),
            "i": fail("INVALID_FUNCTION_ARGUMENT", "z-score must not be negative"),
        }
        return once(
            "CASE WHEN :s < 0 THEN :f WHEN :n <= 0 THEN :g WHEN :s > :n THEN :h "
            "WHEN :z < 0 THEN :i "
            f"ELSE (:s / :n + :z * :z / (2 * :n) {sign} :z * sqrt(:s / :n * (1 - :s / :n) / :n "
            "+ :z * :z / (4 * :n * :n))) / (1 + :z * :z / :n) END",
            errors,
            s=_double(successes),
            n=_double(trials),
            z=_double(z),
        )

    return form


def _plain(name: str, sql: str = "") -> Function:
    """A function of one number that DuckDB has too."""
    return Function(
        named(name), name, of_kinds("num", "double"), _doubles(sql or f"{name}(:x)", "x")
    )


ROWS = (
    *map(_plain, ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")),
    *map(_plain, ("degrees", "radians", "ln", "log10", "exp", "sqrt")),
    # As Java computes them: DuckDB's differ in the last digit.
    _plain("log2", "ln(:x) / ln(2.0e0)"),
    Function(
        named("log"), "log", of_kinds("num num", "double"), _doubles("ln(:x) / ln(:b)", "b", "x")
    ),
    Function(
        named("atan2"), "atan2", of_kinds("num num", "double"), _doubles("atan2(:y, :x)", "y", "x")
    ),
    Function(named("cbrt"), "cbrt", of_kinds("num", "double"), _cbrt),
    Function(named("truncate"), "truncate", truncated_type, truncated),
    Function(named("pi"), "pi", of_kinds("", "double"), _constant("pi()")),
    Function(
        named("e"), "e", of_kinds("", "double"), _constant("CAST(2.718281828459045 AS DOUBLE)")
    ),
    Function(named("nan"), "nan", of_kinds("", "double"), _constant("CAST('nan' AS DOUBLE)")),
    Function(
        named("infinity"), "infinity", of_kinds("", "double"), _constant("CAST('inf' AS DOUBLE)")
    ),
    Function(
        named("is_finite"), "is_finite", of_kinds("num", "boolean"), _doubles("isfinite(:x)", "x")
    ),
    Function(
        named("is_infinite"), "is_infinite", of_kinds("num", "boolean"), _doubles("isinf(:x)", "x")
    ),
    Function(named("width_bucket"), "width_bucket", _bucket_type, _bucket),
    Function(
        named("wilson_interval_lower"),
        "wilson_interval_lower",
        of_kinds("int int num", "double"),
        _wilson("-"),
    ),
    Function(
        named("wilson_interval_upper"),
        "wilson_interval_upper",
        of_kinds("int int num", "double"),
        _wilson("+"),
    ),
)
