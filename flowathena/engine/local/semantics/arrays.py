"""Arrays, counted from 1, and functions of their elements."""

from sqlglot import exp

from flowathena.engine.local.semantics import addresses, types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    duckdb,
    guarded,
    is_null,
    number,
    operands,
    require,
    same,
    shown,
    signature,
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

_MOST_ENTRIES = 10_000
"""The most entries that Trino gives a sequence."""


# Type rules


def listed(node: exp.Expr) -> exp.DataType:
    """An array of the operands' one type."""
    return array(same(node))


def _contains_type(node: exp.Expr) -> exp.DataType:
    """``contains``: an element in an array, or an address in a network."""
    if addresses.is_searched(node):
        return exp.DType.BOOLEAN.into_expr()
    require(node, node.this, "array")
    if common(element(of(node.this)), of(node.expression)) is None:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} looks for {spelled(of(node.expression))}")
    return exp.DType.BOOLEAN.into_expr()


def _sequence_type(node: exp.Expr) -> exp.DataType:
    if any(is_a(operand, types.TIMES) for operand in operands(node)):
        raise unsupported("sequence of anything but integers")
    return signature("int -> array(bigint)")(node)


def _element_type(node: exp.Expr) -> exp.DataType:
    """The type of an array's elements."""
    array_node = node.expressions[0] if isinstance(node, exp.Unnest) else node.this
    require(node, array_node, "array")
    if isinstance(node, exp.Bracket):
        require(node, node.expressions[0], "int")
    return element(of(array_node))


def _filter_type(node: exp.Expr) -> exp.DataType:
    """The array's; the lambda is true or false for each element."""
    require(node, node.this, "array")
    result = _result_type(node)
    if result.this not in types.BOOLEAN | types.OPEN:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} filters by {spelled(result)}")
    return of(node.this)


def _transform_type(node: exp.Expr) -> exp.DataType:
    """An array of the lambda's results."""
    require(node, node.this, "array")
    return array(_result_type(node))


def _result_type(node: exp.Expr) -> exp.DataType:
    """The type of a lambda's result; the annotator has typed it by the array's elements."""
    function = node.expression
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 1:
        raise unsupported(f"{shown(node)} with this function")
    return of(function.this)


# DuckDB forms


def _contains(node: exp.Expr) -> exp.Expr:
    """What is not found in an array with a NULL is unknown in Trino, false in DuckDB."""
    if addresses.is_searched(node):
        return addresses.contains(node)
    values, value = node.this, node.expression
    match = call("list_contains", values, value)
    unknown = exp.or_(is_null(values, value), _has_null(values))
    cases = exp.Case().when(match, exp.true()).when(unknown, exp.Null()).else_(exp.false())
    return exp.paren(cases)


def _has_null(values: exp.Expr) -> exp.Expr:
    return exp.LT(this=call("list_count", values), expression=call("len", values))


def _extreme(node: exp.Expr) -> exp.Expr:
    """The greatest and the least of an array with a NULL are NULL in Trino."""
    if element(of(node.this)).this in DOUBLE:
        raise unsupported("array_max and array_min of doubles")
    return exp.paren(exp.Case().when(_has_null(node.this), exp.Null()).else_(node))


def _sequence(node: exp.Expr) -> exp.Expr:
    """Without a step, a sequence counts down if it must; a step in the wrong direction fails."""
    start, stop, step = (node.args.get(name) for name in ("start", "end", "step"))
    assert isinstance(start, exp.Expr)  # noqa: S101 - Trino's grammar
    assert isinstance(stop, exp.Expr)  # noqa: S101 - same
    if step is None:
        step = duckdb("CASE WHEN :a <= :z THEN 1 ELSE -1 END", a=start, z=stop)
    bad = duckdb("(:z - :a) * sign(:s) < 0 OR :s = 0", a=start, z=stop, s=step)
    long = duckdb(f"abs(:z - :a) // abs(:s) >= {_MOST_ENTRIES}", a=start, z=stop, s=step)
    limited = guarded(
        long,
        "INVALID_FUNCTION_ARGUMENT",
        f"result of sequence function must not have more than {_MOST_ENTRIES} entries",
        call("generate_series", start, stop, step),
    )
    message = "sequence stop value should be on the side of start to which step goes"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, limited)


def _subscript(node: exp.Expr) -> exp.Expr:
    """A place outside the array is an error in Trino; for ``element_at`` only 0 is."""
    (index,) = node.expressions
    literal = isinstance(index, exp.Literal)
    if not literal and not isinstance(index.unnest(), exp.Neg | exp.Literal):
        raise unsupported("computed array subscript")
    # sqlglot's parser has made the subscripts of a[1] count from 0, but only if they are literals.
    place = _place(index) + (1 if not node.args.get("offset") and literal else 0)
    value = call("list_extract", node.this, _number(place))
    if place == 0:
        return _outside("SQL array indices start at 1", node.this, exp.true(), value)
    if node.args.get("safe"):  # element_at
        return value
    if place < 0:
        return _outside("Array subscript is negative", node.this, exp.true(), value)
    bad = exp.GT(this=_number(place), expression=call("len", node.this))
    message = "Array subscript must be less than or equal to array length"
    return _outside(message, node.this, bad, value)


def _outside(message: str, values: exp.Expr, bad: exp.Expr, value: exp.Expr) -> exp.Expr:
    """The value, or the error if ``bad``; of no array at all, any subscript is NULL."""
    known = exp.and_(exp.not_(is_null(values)), bad)
    return guarded(known, "INVALID_FUNCTION_ARGUMENT", message, value)


def _place(index: exp.Expr) -> int:
    bare = index.unnest()
    return -int(bare.this.name) if isinstance(bare, exp.Neg) else int(bare.name)


def _number(value: int) -> exp.Expr:
    return number(value) if value >= 0 else exp.Neg(this=number(-value))


def _unnest(node: exp.Expr) -> exp.Expr:
    """Several arrays, one beside the other, have never been compared with Trino."""
    if len(node.expressions) > 1:
        raise unsupported("UNNEST of several arrays")
    return node


ROWS = (
    Function(exp.Array, "ARRAY[]", listed),
    Function(exp.Unnest, "unnest", _element_type, _unnest),
    Function(exp.Bracket, "[] element_at", _element_type, _subscript),
    Function(exp.ArrayContains, "contains", _contains_type, _contains),
    Function(exp.ArrayMax, "array_max", _element_type, _extreme),
    Function(exp.ArrayMin, "array_min", _element_type, _extreme),
    Function(exp.ArraySize, "cardinality", "array -> bigint"),
    Function(exp.ArraySort, "array_sort", "array any -> 1", arguments="this nulls_first"),
    Function(exp.ArrayToString, "array_join", "array text -> varchar"),
    Function(exp.ArrayFilter, "filter", _filter_type),
    Function(exp.Transform, "transform", _transform_type),
    Function(exp.GenerateSeries, "sequence", _sequence_type, _sequence),
)
