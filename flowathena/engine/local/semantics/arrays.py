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
    named,
    number,
    operands,
    require,
    same,
    shown,
    signature,
    supertype,
    text,
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

_MOST_ENTRIES = 10_000
"""The most entries that Trino gives a sequence."""


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


def _sequence_type(node: exp.Expr) -> exp.DataType:
    if any(is_a(operand, types.TIMES) for operand in operands(node)):
        raise unsupported("sequence of anything but integers")
    return signature("int -> array(bigint)")(node)


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


def _sort_type(node: exp.Expr) -> exp.DataType:
    require(node, node.this, "array")
    if is_a(node.this, types.ARRAY) and element(of(node.this)).this in types.NESTED | types.JSON:
        raise unsupported(f"order of {spelled(element(of(node.this)))}")
    if node.args.get("expression") is not None:
        raise unsupported("array_sort by a function")
    return of(node.this)


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


def _flatten_type(node: exp.Expr) -> exp.DataType:
    inner = _first_array(node)
    if inner.this not in types.ARRAY | types.OPEN:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} does not take {spelled(inner)}")
    return inner


def _first_array(node: exp.Expr) -> exp.DataType:
    """The type of the elements of the first operand."""
    require(node, node.expressions[0], "array")
    return element(of(node.expressions[0]))


def _nested_type(node: exp.Expr) -> exp.DataType:
    """``ngrams`` and ``combinations``: arrays of elements."""
    require(node, node.expressions[1], "int")
    return array(array(_first_array(node)))


def _repeat_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[1], "int")
    return array(of(node.expressions[0]))


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
    if is_a(node.this, types.MAP):
        return maps.value(node)
    if is_a(node.this, types.ROW):
        return rows.field(node.this, rows.field_at(node, place(node))[0])
    index = _shifted(node)
    value = call("list_extract", node.this, index)
    safe = node.args.get("safe")  # element_at
    if is_natural(index) and safe:
        return value
    result = value
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
        known = duckdb(
            "list_transform(:v, lambda fa_v: coalesce(fa_v, :o))", v=values, o=other
        )
        return _whole(call("array_to_string", known, separator), node.this, separator, other)
    return _whole(call("array_to_string", values, separator), node.this, separator)


def _whole(value: exp.Expr, *operands: exp.Expr) -> exp.Expr:
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
    return _whole(cast(value, types.storage(kind)), *arrays)


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


def _slice(node: exp.Expr) -> exp.Expr:
    """A start below 0 counts from the end; a start before the array gives nothing."""
    values, start, size = node.args["this"], node.args["start"], node.args["end"]
    part = duckdb(
        "CASE WHEN :s < -len(:v) THEN :v[1:0] "
        "ELSE list_slice(:v, if(:s < 0, len(:v) + :s + 1, :s), "
        "if(:s < 0, len(:v) + :s + 1, :s) + :n - 1) END",
        v=values,
        s=start,
        n=size,
    )
    zero = guarded(
        duckdb(":s = 0", s=start),
        "INVALID_FUNCTION_ARGUMENT",
        "SQL array indices start at 1",
        part,
    )
    less = duckdb(":n < 0", n=size)
    message = "length must be greater than or equal to 0"
    return _whole(
        guarded(less, "INVALID_FUNCTION_ARGUMENT", message, zero), values, start, size
    )


def _trim(node: exp.Expr) -> exp.Expr:
    values, size = node.expressions
    kept = duckdb("list_slice(:v, 1, len(:v) - :n)", v=values, n=size)
    bad = duckdb(":n < 0 OR :n > len(:v)", v=values, n=size)
    message = "size must not be negative or exceed array cardinality"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, _whole(kept, values, size))


def _repeat(node: exp.Expr) -> exp.Expr:
    value, count = node.expressions
    many = duckdb("list_transform(range(:n), lambda fa_i: :v)", n=count, v=value)
    bad = duckdb(f":n < 0 OR :n > {_MOST_ENTRIES}", n=count)
    message = "count argument of repeat function must be greater than or equal to 0"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, _whole(many, count))


def _ngrams(node: exp.Expr) -> exp.Expr:
    """Of a shorter array, the whole of it."""
    values, size = node.expressions
    found = duckdb(
        "CASE WHEN len(:v) <= :n THEN [:v] ELSE list_transform("
        "range(1, len(:v) - :n + 2), lambda fa_i: list_slice(:v, fa_i, fa_i + :n - 1)) END",
        v=values,
        n=size,
    )
    bad = duckdb(":n <= 0", n=size)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "N must be positive", _whole(found, *(values, size)))


def _flatten(node: exp.Expr) -> exp.Expr:
    return call("flatten", node.expressions[0])


def _combinations(node: exp.Expr) -> exp.Expr:
    """In the order of the places of the last element, then of the one before it."""
    values, size = node.expressions
    count = int(size.name) if isinstance(size, exp.Literal) and size.is_int else -1
    if not 0 <= count <= 3:  # noqa: PLR2004 - as far as it is written out here
        raise unsupported("combinations of more than 3 or a computed number of elements")
    sql = {
        0: "[:v[1:0]]",
        1: "list_transform(:v, lambda fa_a: [fa_a])",
        2: (
            "flatten(list_transform(range(2, len(:v) + 1), lambda fa_b: "
            "list_transform(range(1, fa_b), lambda fa_a: [:v[fa_a], :v[fa_b]])))"
        ),
        3: (
            "flatten(list_transform(range(3, len(:v) + 1), lambda fa_c: "
            "flatten(list_transform(range(2, fa_c), lambda fa_b: list_transform("
            "range(1, fa_b), lambda fa_a: [:v[fa_a], :v[fa_b], :v[fa_c]])))))"
        ),
    }[count]
    return _whole(duckdb(sql, v=values), values)


ROWS = (
    Function(exp.Array, "ARRAY[]", listed),
    Function(exp.Bracket, "[] element_at", _subscript_type, _subscript),
    Function(exp.ArrayContains, "contains", _contains_type, _contains),
    Function(exp.ArrayMax, "array_max", _element_type, _extreme),
    Function(exp.ArrayMin, "array_min", _element_type, _extreme),
    Function(exp.ArraySize, "cardinality", _size_type, _size),
    Function(exp.ArraySort, "array_sort", _sort_type, arguments="this nulls_first"),
    Function(exp.ArrayToString, "array_join", _join_type, _join),
    Function(exp.GenerateSeries, "sequence", _sequence_type, _sequence),
    Function(exp.ArraySlice, "slice", "array int -> 1", _slice, arguments="this start end"),
    Function(named("trim_array"), "trim_array", "array int -> 1", _trim),
    Function(named("repeat"), "repeat", _repeat_type, _repeat),
    Function(named("flatten"), "flatten", _flatten_type, _flatten),
    Function(named("ngrams"), "ngrams", _nested_type, _ngrams),
    Function(named("combinations"), "combinations", _nested_type, _combinations),
)
