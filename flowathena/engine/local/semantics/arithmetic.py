"""The types of numbers: literals, arithmetic, rounding, sums; and of times moved by intervals."""

from collections.abc import Callable

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import Rule, shown, signature, unknown
from flowathena.engine.local.semantics.types import common, is_a, missing, of, spelled, wrong


def literal(node: exp.Expr) -> exp.DataType:
    """An integer is as wide as it must be, ``1.5`` a decimal, ``1e0`` a double."""
    if node.is_string:
        return exp.DType.VARCHAR.into_expr()
    text = node.name.lower()
    if "e" in text:
        return exp.DType.DOUBLE.into_expr()
    if "." in text:
        whole, _, fraction = text.partition(".")
        return types.decimal(max(1, len(whole.lstrip("0") + fraction)), len(fraction))
    if int(text) >= 2**63 and not (int(text) == 2**63 and isinstance(node.parent, exp.Neg)):
        raise wrong("SYNTAX_ERROR", f"Invalid numeric literal: {text}")
    return (exp.DType.INT if int(text) < 2**31 else exp.DType.BIGINT).into_expr()


def negative(node: exp.Expr) -> exp.DataType:
    """As the number; the least integer is one although its digits alone are not."""
    if node.this.is_number and node.this.name == str(2**31):
        return exp.DType.INT.into_expr()
    if is_a(node.this, types.INTERVAL):
        return of(node.this)
    return signature("num -> 1")(node)


def arithmetic(node: exp.Expr) -> exp.DataType:
    """``+ - * / %`` of numbers, and ``+ -`` of a time and an interval."""
    left, right = of(node.this), of(node.expression)
    pair = {left.this, right.this}
    if exp.DType.UNKNOWN in pair:
        return unknown()
    if pair <= types.NUMBERS | {exp.DType.NULL}:
        return _number(node, left, right)
    if exp.DType.INTERVAL in pair:
        return _moved(node, left, right)
    if pair <= types.TIMES and isinstance(node, exp.Sub):
        raise missing("difference of times (use date_diff)")
    told = f"Cannot apply operator: {spelled(left)} {_SIGNS[type(node)]} {spelled(right)}"
    raise wrong("TYPE_MISMATCH", told)


_SIGNS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}


def _number(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    wide = common(left, right)
    if wide is None or wide.this is exp.DType.NULL:
        return exp.DType.INT.into_expr()
    if wide.this is not exp.DType.DECIMAL:
        return wide
    if exp.DType.NULL in {left.this, right.this}:
        raise missing(f"arithmetic of a decimal and NULL ({shown(node)})")
    (p, s), (q, t) = types.digits(left), types.digits(right)
    most = max(s, t)
    if isinstance(node, exp.Add | exp.Sub):
        return types.decimal(min(38, max(p - s, q - t) + most + 1), most)
    if isinstance(node, exp.Mul):
        return types.decimal(p + q, s + t)
    if isinstance(node, exp.Mod):
        return types.decimal(min(p - s, q - t) + most, most)
    raise missing("division of decimals (write 100e0, or cast to double)")


def _moved(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    pair = {left.this, right.this}
    if isinstance(node, exp.Mul) and pair <= types.INTEGERS | types.INTERVAL:
        return exp.DType.INTERVAL.into_expr()
    ordered = right.this is exp.DType.INTERVAL or isinstance(node, exp.Add)
    if isinstance(node, exp.Add | exp.Sub) and ordered:
        time = left if right.this is exp.DType.INTERVAL else right
        if time.this is exp.DType.TIMESTAMP and not _is_of_months(node):
            return types.timestamp(max(3, types.precision_of(time)))
        if time.this in types.TIMES:
            return time
    raise missing(f"arithmetic of intervals ({shown(node)})")


def _is_of_months(node: exp.Expr) -> bool:
    units = {interval.text("unit").upper() for interval in node.find_all(exp.Interval)}
    return units <= {"MONTH", "YEAR"}


def interval(node: exp.Expr) -> exp.DataType:
    """One number and one unit."""
    if not (node.this.is_string and node.this.name.lstrip("-").isdigit()):
        raise missing(f"interval of more than one number ({shown(node)})")
    return exp.DType.INTERVAL.into_expr()


def decimal_result(scale_kept: Callable[[exp.Expr], tuple[int, int]]) -> Rule:
    """As the number; of a decimal, what ``scale_kept`` says."""

    def rule(node: exp.Expr) -> exp.DataType:
        kind = signature("num int -> 1")(node)
        return types.decimal(*scale_kept(node)) if kind.this in types.DECIMAL else kind

    return rule


def rounded(node: exp.Expr) -> tuple[int, int]:
    """Precision and scale of a rounded decimal."""
    precision, scale = types.digits(of(node.this))
    if node.args.get("decimals") is not None:
        return min(38, precision + 1), scale
    return min(38, precision - scale + min(scale, 1)), 0


def whole(node: exp.Expr) -> tuple[int, int]:
    """Precision and scale of a decimal's floor and ceiling."""
    precision, scale = types.digits(of(node.this))
    return min(38, precision - scale + min(scale, 1)), 0


def summed(node: exp.Expr) -> exp.DataType:
    """Sums of integers are bigint."""
    if is_a(node.this, {exp.DType.NULL}):
        raise wrong("AMBIGUOUS_FUNCTION_CALL", f"{shown(node)}: cast NULL to a type")
    kind = signature("num -> 1")(node)
    if kind.this in types.DECIMAL:
        return types.decimal(38, types.digits(kind)[1])
    return exp.DType.BIGINT.into_expr() if kind.this in types.INTEGERS else kind


def averaged(node: exp.Expr) -> exp.DataType:
    """Averages are doubles, but those of decimals."""
    if signature("num -> 1")(node).this in types.DECIMAL:
        raise missing("avg of decimals (cast to double)")
    return exp.DType.DOUBLE.into_expr()
