"""The type of every expression that the local engine knows, by Trino's rules; pure.

A rule takes a node whose operands have their types and gives the node's, or raises by the name of
Trino's error. What has no rule is unknown, and refused. Source: Trino's documentation of functions
and operators, checked on Trino 470 (``tests/semantics``).
"""

from collections.abc import Callable, Iterator

from sqlglot import exp

from flowathena import dialect
from flowathena.engines import kinds
from flowathena.engines.kinds import array, common, element, is_a, missing, of, spelled, wrong

Rule = Callable[[exp.Expr], exp.DataType]

_WANTED: dict[str, frozenset[exp.DType]] = {
    "text": kinds.TEXTS,
    "int": kinds.INTEGERS,
    "num": kinds.NUMBERS,
    "bool": kinds.BOOLEAN,
    "time": kinds.TIMES,
    "stamp": kinds.TIMES,
    "array": kinds.ARRAY,
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
    if wanted == "any" or kind.this in kinds.OPEN or kind.this in _WANTED[wanted]:
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
        if isinstance(value.unnest(), exp.Tuple) or is_a(value, kinds.ARRAY):
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


def literal(node: exp.Expr) -> exp.DataType:
    """An integer is as wide as it must be, ``1.5`` a decimal, ``1e0`` a double."""
    if node.is_string:
        return exp.DType.VARCHAR.into_expr()
    text = node.name.lower()
    if "e" in text:
        return exp.DType.DOUBLE.into_expr()
    if "." in text:
        whole, _, fraction = text.partition(".")
        return kinds.decimal(max(1, len(whole.lstrip("0") + fraction)), len(fraction))
    if int(text) >= 2**63 and not (int(text) == 2**63 and isinstance(node.parent, exp.Neg)):
        raise wrong("SYNTAX_ERROR", f"Invalid numeric literal: {text}")
    return (exp.DType.INT if int(text) < 2**31 else exp.DType.BIGINT).into_expr()


def negative(node: exp.Expr) -> exp.DataType:
    """As the number; the least integer is one although its digits alone are not."""
    if node.this.is_number and node.this.name == str(2**31):
        return exp.DType.INT.into_expr()
    if is_a(node.this, kinds.INTERVAL):
        return of(node.this)
    return signature("num -> 1")(node)


def arithmetic(node: exp.Expr) -> exp.DataType:
    """``+ - * / %`` of numbers, and ``+ -`` of a time and an interval."""
    left, right = of(node.this), of(node.expression)
    pair = {left.this, right.this}
    if exp.DType.UNKNOWN in pair:
        return unknown()
    if pair <= kinds.NUMBERS | {exp.DType.NULL}:
        return _number(node, left, right)
    if exp.DType.INTERVAL in pair:
        return _moved(node, left, right)
    if pair <= kinds.TIMES and isinstance(node, exp.Sub):
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
    (p, s), (q, t) = kinds.digits(left), kinds.digits(right)
    most = max(s, t)
    if isinstance(node, exp.Add | exp.Sub):
        return kinds.decimal(min(38, max(p - s, q - t) + most + 1), most)
    if isinstance(node, exp.Mul):
        return kinds.decimal(p + q, s + t)
    if isinstance(node, exp.Mod):
        return kinds.decimal(min(p - s, q - t) + most, most)
    raise missing("division of decimals (write 100e0, or cast to double)")


def _moved(node: exp.Expr, left: exp.DataType, right: exp.DataType) -> exp.DataType:
    pair = {left.this, right.this}
    if isinstance(node, exp.Mul) and pair <= kinds.INTEGERS | kinds.INTERVAL:
        return exp.DType.INTERVAL.into_expr()
    ordered = right.this is exp.DType.INTERVAL or isinstance(node, exp.Add)
    if isinstance(node, exp.Add | exp.Sub) and ordered:
        time = left if right.this is exp.DType.INTERVAL else right
        if time.this is exp.DType.TIMESTAMP and not _is_of_months(node):
            return kinds.timestamp(max(3, kinds.precision_of(time)))
        if time.this in kinds.TIMES:
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
        return kinds.decimal(*scale_kept(node)) if kind.this in kinds.DECIMAL else kind

    return rule


def rounded(node: exp.Expr) -> tuple[int, int]:
    """Precision and scale of a rounded decimal."""
    precision, scale = kinds.digits(of(node.this))
    if node.args.get("decimals") is not None:
        return min(38, precision + 1), scale
    return min(38, precision - scale + min(scale, 1)), 0


def whole(node: exp.Expr) -> tuple[int, int]:
    """Precision and scale of a decimal's floor and ceiling."""
    precision, scale = kinds.digits(of(node.this))
    return min(38, precision - scale + min(scale, 1)), 0


def summed(node: exp.Expr) -> exp.DataType:
    """Sums of integers are bigint."""
    if is_a(node.this, {exp.DType.NULL}):
        raise wrong("AMBIGUOUS_FUNCTION_CALL", f"{shown(node)}: cast NULL to a type")
    kind = signature("num -> 1")(node)
    if kind.this in kinds.DECIMAL:
        return kinds.decimal(38, kinds.digits(kind)[1])
    return exp.DType.BIGINT.into_expr() if kind.this in kinds.INTEGERS else kind


def averaged(node: exp.Expr) -> exp.DataType:
    """Averages are doubles, but those of decimals."""
    if signature("num -> 1")(node).this in kinds.DECIMAL:
        raise missing("avg of decimals (cast to double)")
    return exp.DType.DOUBLE.into_expr()


def listed(node: exp.Expr) -> exp.DataType:
    """An array of the operands."""
    return array(same(node))


def member(node: exp.Expr) -> exp.DataType:
    """``contains``: an element in an array, or an address in a network."""
    if is_a(node.expression, kinds.ADDRESS) and is_a(node.this, kinds.TEXTS):
        return exp.DType.BOOLEAN.into_expr()
    _want(node, node.this, "array")
    if common(element(of(node.this)), of(node.expression)) is None:
        raise wrong("TYPE_MISMATCH", f"{shown(node)} looks for {spelled(of(node.expression))}")
    return exp.DType.BOOLEAN.into_expr()


def converted(node: exp.Expr) -> exp.DataType:
    """A cast has the type it names."""
    to: exp.DataType = node.args["to"]
    if to.this is exp.DType.TIMESTAMP and not to.expressions and not node.this.is_string:
        to = kinds.timestamp(3)
    if not kinds.castable(of(node.this), to):
        raise wrong("TYPE_MISMATCH", f"Cannot cast {spelled(of(node.this))} to {spelled(to)}")
    return to


def separated(node: exp.Expr) -> exp.DataType:
    """``concat_ws`` of texts; of an array it is not read here."""
    if any(is_a(operand, kinds.ARRAY) for operand in operands(node)):
        raise missing("concat_ws of an array (use array_join)")
    return signature("text -> varchar")(node)


def sequence(node: exp.Expr) -> exp.DataType:
    """Integers; sequences of dates are not made here."""
    if any(is_a(operand, kinds.TIMES) for operand in operands(node)):
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
    if result.this not in kinds.BOOLEAN | kinds.OPEN:
        raise wrong("TYPE_MISMATCH", f"{shown(node)} filters by {spelled(result)}")
    return of(node.this)


def transformed(node: exp.Expr) -> exp.DataType:
    """An array of what the function gives for each element."""
    _want(node, node.this, "array")
    return array(_applied(node))


def _applied(node: exp.Expr) -> exp.DataType:
    """The type of a lambda's result over the elements of the array."""
    from flowathena.engines.known import RULES  # noqa: PLC0415 - the table is made of these rules

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
