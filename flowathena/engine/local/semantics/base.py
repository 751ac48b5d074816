"""The type of every expression that the local engine knows, by Trino's rules; pure.

A rule takes a node whose operands have their types and gives the node's, or raises by the name of
Trino's error. What has no rule is unknown, and refused. Source: Trino's documentation of functions
and operators, checked on Trino 470 (``tests/semantics``).
"""

from collections.abc import Callable, Iterator

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.types import (
    array,
    common,
    element,
    is_a,
    missing,
    of,
    spelled,
    wrong,
)
from flowathena.sql import dialect

Rule = Callable[[exp.Expr], exp.DataType]

_WANTED: dict[str, frozenset[exp.DType]] = {
    "text": types.TEXTS,
    "int": types.INTEGERS,
    "num": types.NUMBERS,
    "bool": types.BOOLEAN,
    "time": types.TIMES,
    "stamp": types.TIMES,
    "array": types.ARRAY,
}


def unknown() -> exp.DataType:
    """A type that could not be found out."""
    return exp.DType.UNKNOWN.into_expr()


def operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """The values a node works on, in the order in which sqlglot keeps them."""
    for name in node.arg_types:
        if name == "unit":
            continue
        value = node.args.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Distinct):
                yield from item.expressions
            elif isinstance(item, exp.Order) and item.this:
                yield item.this
            elif isinstance(item, exp.Expr) and not isinstance(item, exp.Var | exp.DataType):
                yield item


def signature(text: str) -> Rule:
    """The rule of ``"text int -> bigint"``; the last operand may be there any number of times.

    A result of ``1`` is the type of the first operand.
    """
    wanted_text, _, result = text.partition("->")
    wanted = wanted_text.split()

    def rule(node: exp.Expr) -> exp.DataType:
        given = list(operands(node))
        for place, operand in enumerate(given):
            _want(node, operand, wanted[min(place, len(wanted) - 1)])
        if result.strip() == "1" and is_a(given[0], {exp.DType.NULL}):
            raise missing(f"{shown(node)} of a bare NULL (cast it to a type)")
        if result.strip() == "1":
            return of(given[0])
        return exp.DataType.build(result.strip(), dialect=dialect.NAME)

    return rule


def _want(node: exp.Expr, operand: exp.Expr, wanted: str) -> None:
    kind = of(operand)
    if wanted == "any" or kind.this in types.OPEN or kind.this in _WANTED[wanted]:
        return
    raise wrong("TYPE_MISMATCH", f"{shown(node)} takes no {spelled(kind)}")


def shown(node: exp.Expr) -> str:
    """The node as it was written, near enough."""
    return node.sql(dialect.NAME)


def supertype(node: exp.Expr, values: list[exp.Expr]) -> exp.DataType:
    """The one type of several values."""
    kind = exp.DType.NULL.into_expr()
    for value in values:
        found = common(kind, of(value))
        if found is None:
            told = f"{shown(node)} mixes {spelled(kind)} and {spelled(of(value))}"
            raise wrong("TYPE_MISMATCH", told)
        kind = found
    return kind


def same(node: exp.Expr) -> exp.DataType:
    """All operands have one type, which is the node's."""
    return supertype(node, list(operands(node)))


def compared(node: exp.Expr) -> exp.DataType:
    """All operands have one type; the node is true or false."""
    _refuse_rows(node, list(operands(node)))
    supertype(node, list(operands(node)))
    return exp.DType.BOOLEAN.into_expr()


def _refuse_rows(node: exp.Expr, values: list[exp.Expr]) -> None:
    for value in values:
        if isinstance(value.unnest(), exp.Tuple) or is_a(value, types.ARRAY):
            raise missing(f"comparison of rows or arrays ({shown(node)})")


def among(node: exp.Expr) -> exp.DataType:
    """``IN`` a list or the rows of a query."""
    query = node.args.get("query")
    inside = query.unnest() if isinstance(query, exp.Expr) else None
    rows = [inside.selects[0]] if isinstance(inside, exp.Query) else node.expressions
    _refuse_rows(node, [node.this, *rows])
    supertype(node, [node.this, *rows])
    return exp.DType.BOOLEAN.into_expr()


def inner(node: exp.Expr) -> exp.DataType:
    """What stands inside says the type."""
    return of(node.this)


def first(node: exp.Expr) -> exp.DataType:
    """The first operand says the type."""
    return of(next(operands(node)))


def choice(node: exp.Expr) -> exp.DataType:
    """``CASE`` and ``IF``: conditions are true or false, results have one type."""
    pairs = node.args["ifs"] if isinstance(node, exp.Case) else [node]
    if isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return of(node.args["true"])
    results = [pair.args["true"] for pair in pairs]
    otherwise = node.args.get("default") or node.args.get("false")
    operand = node.this if isinstance(node, exp.Case) else None
    for pair in pairs:
        if operand is not None:
            supertype(node, [operand, pair.this])
        else:
            _want(node, pair.this, "bool")
    return supertype(node, [*results, *([otherwise] if otherwise else [])])


def nullif(node: exp.Expr) -> exp.DataType:
    """The first operand's type; both must be comparable."""
    supertype(node, [node.this, node.expression])
    return of(node.this)


def listed(node: exp.Expr) -> exp.DataType:
    """An array of the operands."""
    return array(same(node))


def member(node: exp.Expr) -> exp.DataType:
    """``contains``: an element in an array, or an address in a network."""
    if is_a(node.expression, types.ADDRESS) and is_a(node.this, types.TEXTS):
        return exp.DType.BOOLEAN.into_expr()
    _want(node, node.this, "array")
    if common(element(of(node.this)), of(node.expression)) is None:
        raise wrong("TYPE_MISMATCH", f"{shown(node)} looks for {spelled(of(node.expression))}")
    return exp.DType.BOOLEAN.into_expr()


def converted(node: exp.Expr) -> exp.DataType:
    """A cast has the type it names."""
    to: exp.DataType = node.args["to"]
    if to.this is exp.DType.TIMESTAMP and not to.expressions and not node.this.is_string:
        to = types.timestamp(3)
    if not types.castable(of(node.this), to):
        raise wrong("TYPE_MISMATCH", f"Cannot cast {spelled(of(node.this))} to {spelled(to)}")
    return to


def separated(node: exp.Expr) -> exp.DataType:
    """``concat_ws`` of texts; of an array it is not read here."""
    if any(is_a(operand, types.ARRAY) for operand in operands(node)):
        raise missing("concat_ws of an array (use array_join)")
    return signature("text -> varchar")(node)


def sequence(node: exp.Expr) -> exp.DataType:
    """Integers; sequences of dates are not made here."""
    if any(is_a(operand, types.TIMES) for operand in operands(node)):
        raise missing("sequence of anything but integers")
    return signature("int -> array(bigint)")(node)


def shifted(node: exp.Expr) -> exp.DataType:
    """``lag`` and ``lead``: the default is of the value's type."""
    default = node.args.get("default")
    if default is not None:
        supertype(node, [node.this, default])
    return of(node.this)


def held(node: exp.Expr) -> exp.DataType:
    """An element of the array."""
    array_node = node.expressions[0] if isinstance(node, exp.Unnest) else node.this
    _want(node, array_node, "array")
    if isinstance(node, exp.Bracket):
        _want(node, node.expressions[0], "int")
    return element(of(array_node))


def filtered(node: exp.Expr) -> exp.DataType:
    """The array; the condition is true or false for each element."""
    _want(node, node.this, "array")
    result = _applied(node)
    if result.this not in types.BOOLEAN | types.OPEN:
        raise wrong("TYPE_MISMATCH", f"{shown(node)} filters by {spelled(result)}")
    return of(node.this)


def transformed(node: exp.Expr) -> exp.DataType:
    """An array of what the function gives for each element."""
    _want(node, node.this, "array")
    return array(_applied(node))


def _applied(node: exp.Expr) -> exp.DataType:
    """The type of a lambda's result over the elements of the array."""
    from flowathena.engine.local.semantics.known import RULES  # noqa: PLC0415 - the table is made of these rules

    function = node.expression
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 1:
        raise missing(f"{shown(node)} with this function")
    name, kind = function.expressions[0].name, element(of(node.this))
    for part in reversed(list(function.this.walk(bfs=True))):
        if isinstance(part, exp.Identifier) and part.name == name:
            part.type = kind
        elif type(part) in RULES:
            part.type = RULES[type(part)](part)
    return of(function.this)


def scalar(node: exp.Expr) -> exp.DataType:
    """A query of one column as a value."""
    query = node.unnest()
    selects = query.selects if isinstance(query, exp.Query) else []
    table = isinstance(node.parent, exp.From | exp.Join | exp.Lateral | exp.Query)
    if len(selects) > 1 and not table:
        raise missing("subquery of several columns as a value")
    return of(selects[0]) if len(selects) == 1 else unknown()
