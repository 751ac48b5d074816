"""Arrays, counted from 1: their parts, and arrays made of arrays."""

from sqlglot import exp

from flowathena.engine.local.semantics import addresses, maps, rows, types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    guarded,
    has_null,
    is_natural,
    is_null,
    number,
    require,
    same,
    shown,
    without_nan,
)
from flowathena.engine.local.semantics.types import (
    DOUBLE,
    array,
    common,
    element,
    invalid,
    is_a,
    of,
    spelled,
    unsupported,
)

# Type rules


def listed(node: exp.Expr) -> exp.DataType:
    """An array of the operands' one type."""
    return array(same(node))


def _contains_type(node: exp.Expr) -> exp.DataType:
    """``contains``: an element in an array, or an address in a network."""
    if addresses.is_searched(node):
        addresses.note_search(node)
        return exp.DType.BOOLEAN.into_expr()
    _searched(node, node.this, node.expression)
    return exp.DType.BOOLEAN.into_expr()


def _searched(node: exp.Expr, values: exp.Expr, value: exp.Expr) -> None:
    """Raise unless the value may be an element; and refuse nested ones, which may have NULLs."""
    require(node, values, "array")
    if common(element(of(values)), of(value)) is None:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} looks for {spelled(of(value))}")
    if is_a(value, types.NESTED | types.JSON):
        raise unsupported(f"{shown(node)}: search for {spelled(of(value))}")


def _element_type(node: exp.Expr) -> exp.DataType:
    """The type of an array's elements."""
    require(node, node.this, "array")
    return element(of(node.this))


def _subscript_type(node: exp.Expr) -> exp.DataType:
    """The type of an array's elements, a map's values or a row's field."""
    if is_a(node.this, types.MAP):
        return maps.value_type(node)
    if is_a(node.this, types.ROW):
        return rows.field_at(node, place(node))[1]
    require(node, node.expressions[0], "int")
    return _element_type(node)


def _size_type(node: exp.Expr) -> exp.DataType:
    if not is_a(node.this, types.MAP):
        require(node, node.this, "array")
    return exp.DType.BIGINT.into_expr()


def _join_type(node: exp.Expr) -> exp.DataType:
    """The text of an array of texts, or of what has a text."""
    require(node, node.this, "array")
    kind = element(of(node.this))
    if kind.this not in types.TEXTS | types.INTEGERS | types.BOOLEAN | types.DATE | types.OPEN:
        raise unsupported(f"array_join of {spelled(kind)} (transform them to varchar first)")
    return exp.DType.VARCHAR.into_expr()


# DuckDB forms


def _contains(node: exp.Expr) -> exp.Expr:
    """What is not found in an array with a NULL is unknown in Trino, false in DuckDB."""
    if addresses.is_searched(node):
        return addresses.contains(node)
    values, value = node.this, node.expression
    match = call("list_contains", values, value)
    unknown = exp.or_(is_null(values, value), has_null(values))
    cases = exp.Case().when(match, exp.true()).when(unknown, exp.Null()).else_(exp.false())
    return exp.paren(cases)


def _extreme(node: exp.Expr) -> exp.Expr:
    """The greatest and the least of an array with a NULL are NULL in Trino; NaN is left aside."""
    if element(of(node.this)).this in types.NESTED:
        raise unsupported(f"order of {spelled(element(of(node.this)))}")
    name = "list_max" if isinstance(node, exp.ArrayMax) else "list_min"
    best: exp.Expr = call(name, node.this)
    if element(of(node.this)).this in DOUBLE:
        body = without_nan(exp.to_identifier("fa_v"))
        real = exp.Lambda(this=body, expressions=[exp.to_identifier("fa_v")])
        best = exp.Coalesce(
            this=call(name, call("list_transform", node.this, real)), expressions=[best]
        )
    return exp.paren(exp.Case().when(has_null(node.this), exp.Null()).else_(best))


def _subscript(node: exp.Expr) -> exp.Expr:
    """A place outside the array is an error in Trino; for ``element_at`` only 0 is."""
    if is_a(node.this, types.MAP):
        return maps.value(node)
    if is_a(node.this, types.ROW):
        return rows.field(node.this, rows.field_at(node, place(node))[0])
    index = _shifted(node)
    value = call("list_extract", node.this, index)
    safe = node.args.get("safe")  # element_at
    if is_natural(index) and safe:
        return value
    result: exp.Expr = value
    if not safe:
        message = "Array subscript must be less than or equal to array length"
        bad = exp.GT(this=exp.paren(index.copy()), expression=call("len", node.this))
        result = _outside(message, node.this, bad, value)
        if not is_natural(index):
            negative = exp.LT(this=exp.paren(index.copy()), expression=number(0))
            result = _outside("Array subscript is negative", node.this, negative, result)
    if is_natural(index):
        return result
    zero = exp.EQ(this=exp.paren(index.copy()), expression=number(0))
    return _outside("SQL array indices start at 1", node.this, zero, result)


def _shifted(node: exp.Expr) -> exp.Expr:
    """The subscript as written: sqlglot's parser has made literal ones count from 0."""
    (index,) = node.expressions
    if isinstance(index, exp.Literal) and index.is_int and not node.args.get("offset"):
        return number(int(index.name) + 1)
    assert isinstance(index, exp.Expr)  # noqa: S101 - narrows the type
    return index


def place(node: exp.Expr) -> int:
    """The literal subscript of a row."""
    index = _shifted(node)
    if not is_natural(index):
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: the subscript of a row is a number")
    return int(index.name)


def _outside(message: str, values: exp.Expr, bad: exp.Expr, value: exp.Expr) -> exp.Expr:
    """The value, or the error if ``bad``; of no array at all, any subscript is NULL."""
    known = exp.and_(exp.not_(is_null(values)), bad)
    return guarded(known, "INVALID_FUNCTION_ARGUMENT", message, value)


def _size(node: exp.Expr) -> exp.Expr:
    """DuckDB counts maps in numbers without a sign."""
    return cast(call("cardinality" if is_a(node.this, types.MAP) else "len", node.this), "bigint")


def _join(node: exp.Expr) -> exp.Expr:
    """Of numbers and dates, their texts."""
    values = cast(node.this, "varchar[]")
    separator, other = node.expression, node.args.get("null")
    if other is not None:
        known = duckdb("list_transform(:v, lambda fa_v: coalesce(fa_v, :o))", v=values, o=other)
        return whole(call("array_to_string", known, separator), node.this, separator, other)
    return whole(call("array_to_string", values, separator), node.this, separator)


def whole(value: exp.Expr, *operands: exp.Expr) -> exp.Expr:
    """The value, or NULL if an operand is NULL."""
    return exp.paren(exp.Case().when(is_null(*operands), exp.Null()).else_(value))


def joined(node: exp.Expr, parts: list[exp.Expr]) -> exp.Expr:
    """Arrays, and single elements among them, one after the other; NULL if an array is NULL."""
    kind = of(node)
    lists = [
        part if is_a(part, types.ARRAY) else exp.Array(expressions=[part.copy()]) for part in parts
    ]
    value = lists[0]
    for other in lists[1:]:
        value = call("list_concat", value, other)
    arrays = [part for part in parts if is_a(part, types.ARRAY)]
    return whole(cast(value, types.storage(kind)), *arrays)


def joined_type(node: exp.Expr, parts: list[exp.Expr]) -> exp.DataType:
    """The type of such an array."""
    found = exp.DType.NULL.into_expr()
    for part in parts:
        kind = element(of(part)) if is_a(part, types.ARRAY) else of(part)
        wider = common(found, kind)
        if wider is None:
            raise invalid("TYPE_MISMATCH", f"{shown(node)} mixes {spelled(found)}, {spelled(kind)}")
        found = wider
    return array(found)


ROWS = (
    Function(exp.Array, "ARRAY[]", listed),
    Function(exp.Bracket, "[] element_at", _subscript_type, _subscript),
    Function(exp.ArrayContains, "contains", _contains_type, _contains),
    Function(exp.ArrayMax, "array_max", _element_type, _extreme),
    Function(exp.ArrayMin, "array_min", _element_type, _extreme),
    Function(exp.ArraySize, "cardinality", _size_type, _size),
    Function(exp.ArrayToString, "array_join", _join_type, _join),
)
