"""Divisions that fail or lose a fraction: two rules of ``lint``; pure."""

from sqlglot import exp

from flowathena.logs.fields import NUMBERS
from flowathena.query.rule import Objections
from flowathena.sql import dialect
from flowathena.sql.nodes import call, sides

_COUNTERS = frozenset({"bytes", "packets"})


def by_zero(tree: exp.Expr) -> Objections:
    """Divisors that may be 0, which ends a query."""
    for node in tree.find_all(exp.Div, exp.Mod):
        divisor = node.expression.unnest()
        if not _is_never_zero(divisor, node):
            written = dialect.written(divisor)
            yield node, f"divides by {written}, which may be 0", f"write nullif({written}, 0)"


def _is_never_zero(divisor: exp.Expr, node: exp.Expr) -> bool:
    name, arguments = call(divisor)
    if isinstance(divisor, exp.Literal):
        never = divisor.is_number and float(divisor.name) != 0
    elif name == "nullif":
        never = arguments[-1].name == "0"
    elif name == "greatest":
        never = any(_is_positive(each) for each in arguments)
    elif name == "count":
        # Every group has a record; a whole relation, or one that is filtered, may have none.
        select = node.find_ancestor(exp.Select)
        grouped = bool(select and select.args.get("group"))
        never = grouped and isinstance(arguments[0], exp.Star) and not _is_filtered(divisor)
    elif isinstance(divisor, exp.Mul):
        never = all(_is_never_zero(side, node) for side in sides(divisor))
    elif isinstance(divisor, exp.Cast | exp.TryCast | exp.Neg):
        never = _is_never_zero(divisor.this.unnest(), node)
    else:
        never = False
    return never


def _is_positive(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_number and float(node.name) > 0


def _is_filtered(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Filter)


def of_integers(tree: exp.Expr) -> Objections:
    """3 bytes of 2 packets are 1 each, and 999 of 1000 are 0 per cent."""
    for node in tree.find_all(exp.Div):
        counter = _counter(node.this)
        both = counter and _is_whole(node.this) and _is_whole(node.expression)
        if both and not _is_rounding(node):
            message = f"divides a whole number of {counter}, which cuts the fraction off"
            yield node, message, "write CAST(… AS double) / …"


def _is_rounding(node: exp.Expr) -> bool:
    """``bytes / 100 * 100``: what is cut off is meant to be."""
    outer = node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    return isinstance(outer, exp.Mul) and node.expression.unnest() in list(sides(outer))


def _counter(node: exp.Expr) -> str:
    for part in node.walk():
        if call(part)[0] == "count":
            return "records"
        if isinstance(part, exp.Column) and part.name.lower() in _COUNTERS:
            return part.name.lower()
    return ""


def _is_whole(node: exp.Expr) -> bool:
    """Whether an expression is certainly a whole number."""
    node = node.unnest()
    name, arguments = call(node)
    if isinstance(node, exp.Literal):
        whole = node.is_int
    elif isinstance(node, exp.Column):
        whole = node.name.lower() in NUMBERS
    elif name in {"sum", "min", "max", "nullif", "abs"}:
        whole = _is_whole(arguments[0])
    elif isinstance(node, exp.Filter | exp.Neg | exp.Window):
        whole = _is_whole(node.this)
    elif isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        whole = all(map(_is_whole, sides(node)))
    elif isinstance(node, exp.Cast):
        whole = node.to.this in exp.DataType.INTEGER_TYPES
    else:
        whole = name in {"count", "count_if", "approx_distinct", "cardinality", "length"}
    return whole
