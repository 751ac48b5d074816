"""Decimal arithmetic: digits before and after the point, and division.

Source: https://trino.io/docs/current/functions/decimal.html, checked on Trino 470. DuckDB has no
division of decimals; it is one of 128-bit integers here.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import cast, duckdb, once, shown
from flowathena.engine.local.semantics.types import DECIMAL, INTEGERS, digits, invalid, is_a, of

_MOST = 38


def result_type(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type of ``+ - * / %`` of two numbers that are decimals together."""
    (left_digits, left_scale), (right_digits, right_scale) = _digits(left), _digits(right)
    left_whole, right_whole = left_digits - left_scale, right_digits - right_scale
    scale = max(left_scale, right_scale)
    if isinstance(node, exp.Add | exp.Sub):
        return types.decimal(min(_MOST, max(left_whole, right_whole) + scale + 1), scale)
    if isinstance(node, exp.Mul):
        scale = left_scale + right_scale
        if scale > _MOST:
            message = f"DECIMAL scale must be in range [0, precision (38)]: {scale} ({shown(node)})"
            raise invalid("INVALID_FUNCTION_ARGUMENT", message)
        return types.decimal(min(_MOST, left_digits + right_digits), scale)
    if isinstance(node, exp.Mod):
        return types.decimal(min(left_whole, right_whole) + scale, scale)
    digits_of_quotient = left_digits + right_scale + max(right_scale - left_scale, 0)
    return types.decimal(min(_MOST, digits_of_quotient), scale)


def _digits(kind: exp.DataType) -> tuple[int, int]:
    """A bare NULL counts as one digit."""
    return (1, 0) if kind.this is exp.DType.NULL else digits(kind)


def quotient(node: exp.Expr) -> exp.Expr:
    """A quotient rounded half away from zero to its type's digits."""
    (_, left_scale), (_, right_scale) = _digits(of(node.this)), _digits(of(node.expression))
    precision, scale = digits(of(node))
    exponent = scale - left_scale + right_scale
    dividend = duckdb(f"(:a * {_power(exponent)})", a=unscaled(node.this))
    rounded = once(
        ":a // :b + CASE WHEN abs(:a % :b) >= abs(:b) - abs(:a % :b) "
        "THEN CASE WHEN (:a < 0) = (:b < 0) THEN 1 ELSE -1 END ELSE 0 END",
        a=dividend,
        b=unscaled(node.expression),
    )
    return scaled(rounded, precision, scale)


def _power(exponent: int) -> str:
    return f"CAST('{10**exponent}' AS HUGEINT)"


def unscaled(value: exp.Expr) -> exp.Expr:
    """All digits of a decimal, or an integer, as one integer."""
    if is_a(value, DECIMAL) and digits(of(value))[1]:
        return duckdb("CAST(replace(CAST(:v AS VARCHAR), '.', '') AS HUGEINT)", v=value)
    return cast(value, "hugeint")


def scaled(value: exp.Expr, precision: int, scale: int) -> exp.Expr:
    """The decimal with the digits of an integer."""
    if not scale:
        return cast(value, f"decimal({precision}, 0)")
    least = f"CAST('{'0.' + '0' * (scale - 1) + '1'}' AS DECIMAL({scale}, {scale}))"
    product = duckdb(f"(CAST(:v AS DECIMAL(38, 0)) * {least})", v=value)
    return cast(product, f"decimal({precision}, {scale})")


def truncated_type(node: exp.Expr) -> exp.DataType:
    """``truncate``: digits dropped, to a whole number or to zeros."""
    value, *places = node.expressions
    if is_a(value, types.DOUBLE):
        if places:
            raise invalid("TYPE_MISMATCH", f"{shown(node)}: truncate(double) takes one argument")
        return exp.DType.DOUBLE.into_expr()
    if not is_a(value, INTEGERS | DECIMAL) or not all(is_a(n, INTEGERS) for n in places):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes a number")
    precision, scale = digits(of(value))
    return (
        types.decimal(precision, scale) if places else types.decimal(max(1, precision - scale), 0)
    )


def truncated(node: exp.Expr) -> exp.Expr:
    """Towards zero."""
    value, *places = node.expressions
    if is_a(value, types.DOUBLE):
        return duckdb("trunc(:v)", v=value)
    precision, scale = digits(of(value))
    if not places:
        return cast(duckdb("trunc(:v)", v=value), of(node))
    dropped = "CAST(pow(10, greatest(0, least(37, :s - :n))) AS HUGEINT)"
    whole = once(
        f"CASE WHEN :n IS NOT NULL THEN :v - :v % {dropped} END",
        {"s": exp.Literal.number(scale)},
        v=unscaled(value),
        n=places[0],
    )
    return scaled(whole, precision, scale)
