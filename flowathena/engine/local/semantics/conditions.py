"""Conditions and choices: comparisons, ``IN``, ``CASE``, ``coalesce``, the greatest of values.

NaN equals nothing and is in no order in Trino; in DuckDB it equals itself and is the greatest.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import rows, types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    duckdb,
    inner,
    is_null,
    operands,
    require,
    same,
    shown,
    supertype,
    without_nan,
)
from flowathena.engine.local.semantics.types import DOUBLE, is_a, of, spelled, unsupported
from flowathena.sql import dialect

_NAN = "CAST('nan' AS DOUBLE)"


# Type rules


def _comparison_type(node: exp.Expr) -> exp.DataType:
    """All operands have one type."""
    values = list(operands(node))
    supertype(node, values)
    if not isinstance(node, exp.Is):
        _refuse_unordered(node, values)
    return exp.DType.BOOLEAN.into_expr()


def _refuse_unordered(node: exp.Expr, values: list[exp.Expr]) -> None:
    """Refuse what has no order, or none that both engines share."""
    equality = isinstance(node, exp.EQ | exp.NEQ | exp.In | exp.NullSafeEQ | exp.NullSafeNEQ)
    refused = types.MAP | types.JSON if equality else types.NESTED | types.JSON
    for value in values:
        if any(part.this in refused for part in types.inside(of(value))):
            raise unsupported(f"comparison of {spelled(of(value))} ({shown(node)})")


def _in_type(node: exp.Expr) -> exp.DataType:
    """``IN`` a list, or the rows of a query."""
    query = node.args.get("query")
    inside = query.unnest() if isinstance(query, exp.Expr) else None
    items = [inside.selects[0]] if isinstance(inside, exp.Query) else node.expressions
    supertype(node, [node.this, *items])
    _refuse_unordered(node, [node.this, *items])
    if query is not None and is_a(node.this, types.NESTED):
        raise unsupported(f"IN a query of rows or arrays ({shown(node)})")
    return exp.DType.BOOLEAN.into_expr()


def _choice_type(node: exp.Expr) -> exp.DataType:
    """``CASE`` and ``IF``: conditions are boolean, results have one type."""
    # sqlglot keeps WHEN … THEN … as an IF inside the CASE; only the CASE sees all of them.
    if isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return of(node.args["true"])
    branches = node.args["ifs"] if isinstance(node, exp.Case) else [node]
    operand = node.this if isinstance(node, exp.Case) else None
    for branch in branches:
        if operand is not None:
            supertype(node, [operand, branch.this])
        else:
            require(node, branch.this, "bool")
    default = node.args.get("default") or node.args.get("false")
    results = [branch.args["true"] for branch in branches]
    return supertype(node, [*results, *([default] if default else [])])


def _nullif_type(node: exp.Expr) -> exp.DataType:
    """The first operand's; both must be comparable."""
    supertype(node, [node.this, node.expression])
    return of(node.this)


# DuckDB forms


def _comparison(node: exp.Expr) -> exp.Expr:
    """False, but ``<>`` true, if one side is NaN."""
    left, right = node.this, node.expression
    if is_a(left, types.NESTED) and is_a(right, types.NESTED):
        return _nested(node)
    if not (is_a(left, DOUBLE) or is_a(right, DOUBLE)) or isinstance(right, exp.Any | exp.All):
        return node
    nan = [call("isnan", side) for side in (left, right) if _may_be_nan(side)]
    if not nan:
        return node
    outcome = exp.true() if isinstance(node, exp.NEQ) else exp.false()
    known = exp.not_(exp.paren(is_null(left, right)))
    either = exp.and_(known, exp.paren(exp.or_(*nan)))
    return exp.paren(exp.Case().when(either, outcome).else_(node))


def _nested(node: exp.Expr) -> exp.Expr:
    """Rows and arrays: part by part, where DuckDB takes NULL for a value."""
    kind = types.common(of(node.this), of(node.expression))
    assert kind is not None  # noqa: S101 - the type rule has compared them
    same = exp.paren(rows.equal(node.this, node.expression, kind))
    return exp.paren(exp.not_(same)) if isinstance(node, exp.NEQ) else same


def _may_be_nan(node: exp.Expr) -> bool:
    return is_a(node, DOUBLE) and not isinstance(node.unnest(), exp.Literal)


def _between(node: exp.Expr) -> exp.Expr:
    """As the two comparisons that it stands for."""
    if not any(_may_be_nan(side) for side in (node.this, node.args["low"], node.args["high"])):
        return node
    value, low, high = node.this, node.args["low"], node.args["high"]
    above = exp.GTE(this=exp.paren(value.copy()), expression=low.copy())
    below = exp.LTE(this=exp.paren(value.copy()), expression=high.copy())
    return exp.paren(exp.and_(_comparison(above), _comparison(below)))


def _in(node: exp.Expr) -> exp.Expr:
    """As the comparisons that it stands for."""
    nested = is_a(node.this, types.NESTED)
    if not nested and not any(map(_may_be_nan, node.expressions)):
        return node
    pairs = (exp.EQ(this=node.this.copy(), expression=item) for item in node.expressions)
    return exp.paren(exp.or_(*map(_comparison, pairs)))


def _extreme(node: exp.Expr) -> exp.Expr:
    """Any NULL gives NULL, where DuckDB skips it; NaN counts only if there is nothing else."""
    values = [node.this, *node.expressions]
    greatest = isinstance(node, exp.Greatest)
    best: exp.Expr = call("greatest" if greatest else "least", *values)
    if is_a(node, DOUBLE):
        real = list(map(without_nan, values))
        extreme = call("list_max" if greatest else "list_min", exp.Array(expressions=real))
        best = exp.Coalesce(this=extreme, expressions=[duckdb(_NAN)])
    return exp.paren(exp.Case().when(is_null(*values), exp.Null()).else_(best))


def _try(node: exp.Expr) -> exp.Expr:
    """DuckDB's ``TRY`` does not accept its function ``error``, by which forms raise."""
    if any(call.name.lower() == "error" for call in node.find_all(exp.Anonymous)):
        inside = node.this.sql(dialect.NAME)[:60]
        raise unsupported(f"try around such an expression ({inside})")
    return node


ROWS = (
    Function(exp.And, "AND", "bool -> boolean"),
    Function(exp.Or, "OR", "bool -> boolean"),
    Function(exp.Not, "NOT", "bool -> boolean"),
    Function(exp.Exists, "exists", "any -> boolean"),
    Function(exp.Boolean, "TRUE FALSE", "any -> boolean"),
    Function(exp.Null, "NULL", lambda _: exp.DType.NULL.into_expr()),
    Function(exp.Is, "IS", _comparison_type),
    Function(exp.NullSafeEQ, "IS NOT DISTINCT FROM", _comparison_type),
    Function(exp.NullSafeNEQ, "IS DISTINCT FROM", _comparison_type),
    Function(exp.EQ, "=", _comparison_type, _comparison),
    Function(exp.NEQ, "<> !=", _comparison_type, _comparison),
    Function(exp.LT, "<", _comparison_type, _comparison),
    Function(exp.LTE, "<=", _comparison_type, _comparison),
    Function(exp.GT, ">", _comparison_type, _comparison),
    Function(exp.GTE, ">=", _comparison_type, _comparison),
    Function(exp.Between, "BETWEEN", _comparison_type, _between),
    Function(exp.In, "IN", _in_type, _in),
    Function(exp.Case, "CASE", _choice_type),
    Function(exp.If, "if", _choice_type),
    Function(exp.Coalesce, "coalesce", same),
    Function(exp.Nullif, "nullif", _nullif_type),
    Function(exp.Greatest, "greatest", same, _extreme),
    Function(exp.Least, "least", same, _extreme),
    Function(exp.Try, "try", inner, _try),
)
