"""Numbers: literals, arithmetic, rounding; and ``+`` and ``-``, which also move times."""

from collections.abc import Callable

from sqlglot import exp

from flowathena.engine.local.semantics import decimals, intervals, types
from flowathena.engine.local.semantics.base import (
    Function,
    Rule,
    call,
    cast,
    is_null,
    number,
    once,
    signature,
    unknown,
)
from flowathena.engine.local.semantics.types import (
    DECIMAL,
    DOUBLE,
    INTEGERS,
    common,
    invalid,
    is_a,
    of,
    spelled,
)

_SIGNS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
_LEAST = {str(2**31), str(2**63)}
"""The least integer and bigint, without their signs."""


# Type rules


def _literal_type(node: exp.Expr) -> exp.DataType:
    """An integer is as wide as it must be, ``1.5`` is a decimal, ``1e0`` a double."""
    if node.is_string:
        return exp.DType.VARCHAR.into_expr()
    text = node.name.lower()
    if "e" in text:
        return exp.DType.DOUBLE.into_expr()
    if "." in text:
        whole, _, fraction = text.partition(".")
        return types.decimal(max(1, len(whole.lstrip("0") + fraction)), len(fraction))
    # The digits of the least bigint are one too many, but for the sign in front of them.
    if int(text) >= 2**63 and not (int(text) == 2**63 and isinstance(node.parent, exp.Neg)):
        raise invalid("SYNTAX_ERROR", f"Invalid numeric literal: {text}")
    return (exp.DType.INT if int(text) < 2**31 else exp.DType.BIGINT).into_expr()


def _negative_type(node: exp.Expr) -> exp.DataType:
    """The number's; the least integer is an integer, although its digits alone are a bigint."""
    if node.this.is_number and node.this.name == str(2**31):
        return exp.DType.INT.into_expr()
    if is_a(node.this, types.INTERVAL):
        return of(node.this)
    return signature("num -> 1")(node)


def _arithmetic_type(node: exp.Expr) -> exp.DataType:
    """``+ - * / %`` of numbers, and ``+ -`` of a time and an interval."""
    left, right = of(node.this), of(node.expression)
    pair = {left.this, right.this}
    if exp.DType.UNKNOWN in pair:
        return unknown()
    if pair <= types.NUMBERS | {exp.DType.NULL}:
        return _number_type(node, left, right)
    if exp.DType.INTERVAL in pair:
        return intervals.arithmetic_type(node)
    if pair <= types.TIMES | types.TIME and isinstance(node, exp.Sub):
        return intervals.difference_type(node)
    operation = f"{spelled(left)} {_SIGNS[type(node)]} {spelled(right)}"
    raise invalid("TYPE_MISMATCH", f"Cannot apply operator: {operation}")


def _number_type(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The wider of the two, but decimals grow."""
    wide = common(left, right)
    if wide is None or wide.this is exp.DType.NULL:
        return exp.DType.INT.into_expr()
    if wide.this is not exp.DType.DECIMAL:
        return wide
    return decimals.result_type(node, left, right)


def _rounding(digits: Callable[[exp.Expr], tuple[int, int]]) -> Rule:
    """The number's type; of a decimal, the precision and scale that ``digits`` returns."""

    def rule(node: exp.Expr) -> exp.DataType:
        kind = signature("num int -> 1")(node)
        return types.decimal(*digits(node)) if kind.this in types.DECIMAL else kind

    return rule


def _rounded_digits(node: exp.Expr) -> tuple[int, int]:
    precision, scale = types.digits(of(node.this))
    if node.args.get("decimals") is not None:
        return min(38, precision + 1), scale
    return _whole_digits(node)


def _whole_digits(node: exp.Expr) -> tuple[int, int]:
    """9.5 rounds to 10: dropping a fraction may add a digit."""
    precision, scale = types.digits(of(node.this))
    return min(38, precision - scale + min(scale, 1)), 0


# DuckDB forms


def _literal(node: exp.Expr) -> exp.Expr:
    """``0.5`` has one digit in Trino, two in DuckDB."""
    return cast(node, of(node).copy()) if is_a(node, DECIMAL) else node


def _negative(node: exp.Expr) -> exp.Expr:
    """The least integer is an integer in Trino, a bigint in DuckDB.

    DuckDB's ``-`` in front of that integer, computed, widens it; ``0 -`` overflows, as in Trino.
    """
    if is_a(node, INTEGERS) and isinstance(node.this.unnest(), exp.Cast | exp.Neg):
        return exp.paren(exp.Sub(this=number(0), expression=exp.paren(node.this.copy())))
    least = node.this.is_number and is_a(node, INTEGERS) and node.this.name in _LEAST
    return cast(node, of(node).copy()) if least else node


def _sum(node: exp.Expr) -> exp.Expr:
    """Of numbers, or a time moved by an interval."""
    if is_a(node, types.TIMES | types.TIME | types.INTERVAL):
        return intervals.arithmetic(node)
    return _decimal(node) if is_a(node, DECIMAL) else node


def _decimal(node: exp.Expr) -> exp.Expr:
    """The engines give a computed decimal different precisions and scales."""
    return cast(exp.paren(node), of(node).copy()) if is_a(node, DECIMAL) else node


def _quotient(node: exp.Expr) -> exp.Expr:
    """Trino divides integers to an integer, towards zero; so does DuckDB's ``//``."""
    if is_a(node, types.INTERVAL):
        return intervals.arithmetic(node)
    if is_a(node, DECIMAL):
        return decimals.quotient(node)
    if is_a(node, INTEGERS):
        return exp.Paren(this=exp.IntDiv(this=node.this, expression=node.expression))
    return node


def _remainder(node: exp.Expr) -> exp.Expr:
    """DuckDB overflows if the divisor is -1 and the dividend the least integer."""
    if not is_a(node, INTEGERS):
        return _decimal(node)
    if isinstance(node.expression.unnest(), exp.Literal):
        return node
    zero = cast(number(0), of(node).copy())
    minus_one = exp.EQ(this=exp.paren(node.expression.copy()), expression=exp.Neg(this=number(1)))
    null = exp.Case().when(is_null(node.this), exp.Null()).else_(zero)
    return exp.paren(exp.Case().when(minus_one, null).else_(node))


def _bitwise(node: exp.Expr) -> exp.Expr:
    """A bigint, always."""
    return cast(exp.paren(node), "bigint")


def _rounded(node: exp.Expr) -> exp.Expr:
    """A rounded integer is that integer in Trino, a double in DuckDB.

    To so many digits Trino rounds the product of a double and a power of ten.
    """
    places = node.args.get("decimals")
    if is_a(node, DOUBLE) and places is not None:
        return once(
            "CASE WHEN NOT isfinite(:x) OR abs(:x) * pow(10, :n) >= 9.2e18 THEN :x "
            "ELSE sign(:x) * (round(abs(:x) * pow(10.0e0, :n)) / pow(10.0e0, :n)) END",
            x=node.this,
            n=places,
        )
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


ROWS = (
    Function(exp.Literal, "", _literal_type, _literal),
    Function(exp.Neg, "-", _negative_type, _negative),
    Function(exp.Add, "+", _arithmetic_type, _sum),
    Function(exp.Sub, "-", _arithmetic_type, _sum),
    Function(exp.Mul, "*", _arithmetic_type, _sum),
    Function(exp.Div, "/", _arithmetic_type, _quotient),
    Function(exp.Mod, "% mod", _arithmetic_type, _remainder),
    Function(exp.BitwiseAnd, "bitwise_and", "int -> bigint", _bitwise),
    Function(exp.BitwiseOr, "bitwise_or", "int -> bigint", _bitwise),
    Function(exp.BitwiseXor, "bitwise_xor", "int -> bigint", _bitwise),
    Function(exp.Round, "round", _rounding(_rounded_digits), _rounded),
    Function(exp.Floor, "floor", _rounding(_whole_digits), _rounded),
    Function(exp.Ceil, "ceil ceiling", _rounding(_whole_digits), _rounded),
    Function(exp.Sign, "sign", _rounding(lambda _: (1, 0)), _sign),
    Function(exp.Abs, "abs", "num -> 1"),
    Function(exp.Pow, "pow power", "num -> double"),
    Function(exp.IsNan, "is_nan", "num -> boolean"),
)
