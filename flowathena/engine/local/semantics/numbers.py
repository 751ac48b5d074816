"""Arithmetic, rounding and the comparisons of numbers."""

from sqlglot import exp

from flowathena.engine.local.semantics.sql import Mend, call, cast, duckdb, is_null, number
from flowathena.engine.local.semantics.types import DECIMAL, DOUBLE, INTEGERS, is_a, of

_NAN = "CAST('nan' AS DOUBLE)"


def _arithmetic(node: exp.Expr) -> exp.Expr:
    """A decimal has its own precision and scale in each engine."""
    return cast(exp.paren(node), of(node).copy()) if is_a(node, DECIMAL) else node


def _division(node: exp.Expr) -> exp.Expr:
    """Trino divides integers to an integer, towards zero; so does DuckDB's ``//``."""
    if is_a(node, INTEGERS):
        return exp.Paren(this=exp.IntDiv(this=node.this, expression=node.expression))
    return node


def _remainder(node: exp.Expr) -> exp.Expr:
    """DuckDB overflows where the divisor is -1 and the dividend the least integer."""
    if not is_a(node, INTEGERS):
        return _arithmetic(node)
    if isinstance(node.expression.unnest(), exp.Literal):
        return node
    zero = cast(number(0), of(node).copy())
    minus_one = exp.EQ(this=exp.paren(node.expression.copy()), expression=exp.Neg(this=number(1)))
    null = exp.Case().when(is_null(node.this), exp.Null()).else_(zero)
    return exp.paren(exp.Case().when(minus_one, null).else_(node))


def _literal(node: exp.Expr) -> exp.Expr:
    """``0.5`` has one digit in Trino, two in DuckDB."""
    return cast(node, of(node).copy()) if is_a(node, DECIMAL) else node


def _negative(node: exp.Expr) -> exp.Expr:
    """The least integer is an integer in Trino, a bigint in DuckDB; its negative overflows."""
    if is_a(node, INTEGERS) and isinstance(node.this.unnest(), exp.Cast | exp.Neg):
        return exp.paren(exp.Sub(this=number(0), expression=exp.paren(node.this.copy())))
    least = node.this.is_number and is_a(node, INTEGERS) and node.this.name in _LEAST
    return cast(node, of(node).copy()) if least else node


_LEAST = {str(2**31), str(2**63)}


def _bitwise(node: exp.Expr) -> exp.Expr:
    """A bigint, always."""
    return cast(exp.paren(node), "bigint")


def _rounded(node: exp.Expr) -> exp.Expr:
    """An integer rounded is that integer in Trino, a double in DuckDB."""
    if is_a(node.this, INTEGERS) and node.args.get("decimals") is None:
        integer: exp.Expr = node.this
        return integer
    return cast(node, of(node).copy()) if is_a(node, DECIMAL | INTEGERS) else node


def _sign(node: exp.Expr) -> exp.Expr:
    """The type of the number in Trino, a tinyint in DuckDB; NaN stays NaN."""
    signed = cast(node, of(node).copy())
    if not is_a(node, DOUBLE):
        return signed
    return exp.paren(exp.Case().when(call("isnan", node.this), node.this).else_(signed))


def _extreme(node: exp.Expr) -> exp.Expr:
    """Any NULL gives NULL; NaN counts only where there is nothing else."""
    values = [node.this, *node.expressions]
    name = "greatest" if isinstance(node, exp.Greatest) else "least"
    best: exp.Expr = call(name, *values)
    if is_a(node, DOUBLE):
        list_name = "list_max" if isinstance(node, exp.Greatest) else "list_min"
        real = [duckdb("CASE WHEN NOT isnan(:v) THEN :v END", v=value) for value in values]
        best = exp.Coalesce(
            this=call(list_name, exp.Array(expressions=real)), expressions=[duckdb(_NAN)]
        )
    return exp.paren(exp.Case().when(is_null(*values), exp.Null()).else_(best))


def _compared(node: exp.Expr) -> exp.Expr:
    """NaN equals nothing and is in no order in Trino; in DuckDB it is the greatest."""
    left, right = node.this, node.expression
    if not (is_a(left, DOUBLE) or is_a(right, DOUBLE)) or isinstance(right, exp.Any | exp.All):
        return node
    nan = [call("isnan", side) for side in (left, right) if _may_be_nan(side)]
    if not nan:
        return node
    outcome = exp.true() if isinstance(node, exp.NEQ) else exp.false()
    known = exp.not_(exp.paren(is_null(left, right)))
    either = exp.and_(known, exp.paren(exp.or_(*nan)))
    return exp.paren(exp.Case().when(either, outcome).else_(node))


def _may_be_nan(node: exp.Expr) -> bool:
    return is_a(node, DOUBLE) and not isinstance(node.unnest(), exp.Literal)


def _between(node: exp.Expr) -> exp.Expr:
    """As for the two comparisons it stands for."""
    if not any(_may_be_nan(side) for side in (node.this, node.args["low"], node.args["high"])):
        return node
    low = _compared(exp.GTE(this=exp.paren(node.this.copy()), expression=node.args["low"].copy()))
    high = _compared(exp.LTE(this=exp.paren(node.this.copy()), expression=node.args["high"].copy()))
    return exp.paren(exp.and_(low, high))


def _among(node: exp.Expr) -> exp.Expr:
    """As for the comparisons it stands for."""
    if not any(map(_may_be_nan, node.expressions)):
        return node
    pairs = (exp.EQ(this=node.this.copy(), expression=item) for item in node.expressions)
    return exp.paren(exp.or_(*(_compared(pair) for pair in pairs)))


MENDS: dict[type[exp.Expr], Mend] = {
    exp.Mul: _arithmetic,
    exp.Div: _division,
    exp.Mod: _remainder,
    exp.Literal: _literal,
    exp.Neg: _negative,
    **dict.fromkeys((exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor), _bitwise),
    exp.Round: _rounded,
    exp.Floor: _rounded,
    exp.Ceil: _rounded,
    exp.Sign: _sign,
    exp.Greatest: _extreme,
    exp.Least: _extreme,
    exp.Between: _between,
    exp.In: _among,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _compared),
}
