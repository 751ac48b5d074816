"""Maps: their entries, keys and values, and maps made of arrays and texts."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    guarded,
    is_null,
    named,
    require,
    shown,
)
from flowathena.engine.local.semantics.types import (
    array,
    common,
    element,
    invalid,
    is_a,
    map_of,
    of,
    pair,
    spelled,
    unsupported,
)

_DUPLICATE = "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"


# Type rules


def value_type(node: exp.Expr) -> exp.DataType:
    """The type of a map's values; the key must be of the type of its keys."""
    key, value = pair(of(node.this))
    (given,) = node.expressions
    if common(key, of(given)) != key and not is_a(given, types.OPEN):
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: a key of the map is {spelled(key)}")
    return value


def checked(node: exp.Expr, key: exp.DataType) -> exp.DataType:
    """The type of a key; nested ones and doubles, which may be NaN, are refused."""
    if key.this in types.NESTED | types.JSON | types.DOUBLE:
        raise unsupported(f"{shown(node)}: keys that are {spelled(key)}")
    return key


def _map_type(node: exp.Expr) -> exp.DataType:
    if not node.expressions:
        raise unsupported("map() without types")
    for operand in node.expressions:
        require(node, operand, "array")
    key, value = (element(of(operand)) for operand in node.expressions)
    return map_of(checked(node, key), value)


def _pair_of(node: exp.Expr) -> tuple[exp.DataType, exp.DataType]:
    require(node, node.expressions[0], "map")
    return pair(of(node.expressions[0]))


def _keys_type(node: exp.Expr) -> exp.DataType:
    return array(_pair_of(node)[0])


def _values_type(node: exp.Expr) -> exp.DataType:
    return array(_pair_of(node)[1])


def _entries_type(node: exp.Expr) -> exp.DataType:
    return array(types.row(("", kind) for kind in _pair_of(node)))


def _from_entries_type(node: exp.Expr) -> exp.DataType:
    (entries,) = node.expressions
    require(node, entries, "array")
    kinds = [kind for _, kind in types.fields(element(of(entries)))]
    if len(kinds) != 2:  # noqa: PLR2004 - key and value
        if element(of(entries)).this in types.OPEN:
            return exp.DType.UNKNOWN.into_expr()
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes an array of rows of two fields")
    multiple = node.name == "multimap_from_entries" or "multimap" in shown(node).lower()
    return map_of(checked(node, kinds[0]), array(kinds[1]) if multiple else kinds[1])


def _concat_type(node: exp.Expr) -> exp.DataType:
    found = exp.DType.NULL.into_expr()
    for operand in node.expressions:
        require(node, operand, "map")
        wider = common(found, of(operand))
        if wider is None:
            raise invalid("TYPE_MISMATCH", f"{shown(node)} mixes maps of different types")
        found = wider
    return found


_TEXTS = "map(varchar, varchar)"
_LISTS = "map(varchar, array(varchar))"


def _histogram_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[0], "array")
    key = checked(node, element(of(node.expressions[0])))
    return map_of(key, exp.DType.BIGINT.into_expr())


# DuckDB forms


def value(node: exp.Expr) -> exp.Expr:
    """A key that is not there is an error in Trino; for ``element_at`` it is NULL."""
    (key,) = node.expressions
    if isinstance(key, exp.Literal) and key.is_int and not node.args.get("offset"):
        key = exp.Literal.number(int(key.name) + 1)  # sqlglot's parser has made it count from 0
    key = cast(key, types.storage(pair(of(node.this))[0]))
    found = call("map_extract_value", node.this, key)
    if node.args.get("safe"):
        return found
    missing = duckdb(":k IS NOT NULL AND NOT map_contains(:m, :k)", m=node.this, k=key)
    return guarded(missing, "INVALID_FUNCTION_ARGUMENT", "Key not present in map", found)


def built(keys: exp.Expr, values: exp.Expr) -> exp.Expr:
    """A map of keys and values, with Trino's errors."""
    made = duckdb(
        "CASE WHEN :k IS NULL OR :v IS NULL THEN NULL ELSE map(:k, :v) END", k=keys, v=values
    )
    twice = duckdb("len(list_distinct(:k)) < len(:k)", k=keys)
    unknown = duckdb("list_count(:k) < len(:k)", k=keys)
    uneven = duckdb("len(:k) <> len(:v)", k=keys, v=values)
    name, message = _DUPLICATE
    result = guarded(twice, name, message, made)
    result = guarded(unknown, name, "map key cannot be null", result)
    return guarded(uneven, name, "Key and value arrays must be the same length", result)


def _map(node: exp.Expr) -> exp.Expr:
    return built(*node.expressions)


def _keys(node: exp.Expr) -> exp.Expr:
    return call("map_keys", node.expressions[0])


def _values(node: exp.Expr) -> exp.Expr:
    return call("map_values", node.expressions[0])


def _entries(node: exp.Expr) -> exp.Expr:
    return duckdb(
        "list_transform(map_entries(:m), lambda fa_e: "
        "struct_pack(field0 := fa_e.key, field1 := fa_e.value))",
        m=node.expressions[0],
    )


def _from_entries(node: exp.Expr) -> exp.Expr:
    (entries,) = node.expressions
    first, second = types.field_names(element(of(entries)))
    keys, values = (
        duckdb(f"list_transform(:e, lambda fa_e: struct_extract(fa_e, '{name}'))", e=entries)
        for name in (first.replace("'", "''"), second.replace("'", "''"))
    )
    whole = duckdb("list_count(:e) < len(:e)", e=entries)
    made = built(keys, values)
    if "multimap" in shown(node).lower():
        made = grouped(keys, values)
    return guarded(whole, "INVALID_FUNCTION_ARGUMENT", "map entry cannot be null", made)


_SORTED = """
list_extract(list_transform([list_sort(list_zip(:k, range(1, len(:k) + 1)))], lambda fa_s:
list_extract(list_transform([list_filter(range(1, len(fa_s) + 1), lambda fa_i:
    fa_i = 1 OR struct_extract(list_extract(fa_s, fa_i), 1)
    <> struct_extract(list_extract(fa_s, fa_i - 1), 1))], lambda fa_p:
map(
    list_transform(fa_p, lambda fa_i: struct_extract(list_extract(fa_s, fa_i), 1)),
    list_transform(fa_p, lambda fa_i, fa_j: {})
)), 1)), 1)
"""
"""Keys and places in order; where each key begins in that order; a map of those keys."""
_ALL = """list_transform(
    list_slice(fa_s, fa_i, coalesce(list_extract(fa_p, fa_j + 1), len(fa_s) + 1) - 1),
    lambda fa_e: list_extract(:v, struct_extract(fa_e, 2)))"""
_ONE = "list_extract(:v, struct_extract(list_extract(fa_s, fa_i), 2))"


def grouped(keys: exp.Expr, values: exp.Expr) -> exp.Expr:
    """A map of each key to the array of its values."""
    return _by_key(keys, values, _ALL)


def firsts(keys: exp.Expr, values: exp.Expr) -> exp.Expr:
    """A map of each key to the first of its values."""
    return _by_key(keys, values, _ONE)


def _by_key(keys: exp.Expr, values: exp.Expr, what: str) -> exp.Expr:
    made = duckdb(_SORTED.format(what), k=keys, v=values)
    unknown = duckdb("list_count(:k) < len(:k)", k=keys)
    known = exp.paren(exp.Case().when(is_null(keys), exp.Null()).else_(made))
    return guarded(unknown, "INVALID_FUNCTION_ARGUMENT", "map key cannot be null", known)


def _concat(node: exp.Expr) -> exp.Expr:
    """The last map's value of a key counts; NULL if a map is NULL."""
    joined = call("map_concat", *node.expressions)
    return exp.paren(exp.Case().when(is_null(*node.expressions), exp.Null()).else_(joined))


def _split(node: exp.Expr) -> exp.Expr:
    """An entry ends at the delimiter, the last one with the text, and has its separator once."""
    source, delimiter, separator = node.expressions
    for part in (delimiter, separator):
        if not part.is_string or not part.name:
            raise unsupported(f"{shown(node)} by an empty or computed text")
    # A final delimiter ends the last entry; of an empty text there is none.
    entries = duckdb(
        "CASE WHEN :s = '' THEN CAST([] AS VARCHAR[]) "
        "WHEN ends_with(:s, :d) THEN string_split(:s, :d)[:-2] ELSE string_split(:s, :d) END",
        s=source,
        d=delimiter,
    )
    parts = duckdb(
        "list_transform(:e, lambda fa_e: "
        "CASE WHEN contains(fa_e, :p) THEN fa_e ELSE error(:m) END)",
        e=entries,
        p=separator,
        m=exp.Literal.string(
            "INVALID_FUNCTION_ARGUMENT: Key-value delimiter must appear exactly once in each entry"
        ),
    )
    twice = exp.Literal.string(
        "INVALID_FUNCTION_ARGUMENT: Key-value delimiter must appear exactly once in each entry"
    )
    keys = duckdb(
        "list_transform(:e, lambda fa_e: string_split(fa_e, :p)[1])", e=parts, p=separator
    )
    values = duckdb(
        "list_transform(:e, lambda fa_e: CASE WHEN len(string_split(fa_e, :p)) > 2 "
        "THEN error(:m) ELSE string_split(fa_e, :p)[2] END)",
        e=entries,
        p=separator,
        m=twice,
    )
    return grouped(keys, values) if "multimap" in shown(node).lower() else built(keys, values)


def _histogram(node: exp.Expr) -> exp.Expr:
    """How often each element occurs; NULLs are left out."""
    (values,) = node.expressions
    return duckdb(
        "map(list_filter(:v, lambda fa_v, fa_i: fa_v IS NOT NULL AND "
        "list_position(:v, fa_v) = fa_i), "
        "list_transform(list_filter(:v, lambda fa_v, fa_i: fa_v IS NOT NULL AND "
        "list_position(:v, fa_v) = fa_i), "
        "lambda fa_q: CAST(len(list_filter(:v, lambda fa_o: fa_o = fa_q)) AS BIGINT)))",
        v=values,
    )


ROWS = (
    Function(named("map"), "map", _map_type, _map),
    Function(named("map_keys"), "map_keys", _keys_type, _keys),
    Function(named("map_values"), "map_values", _values_type, _values),
    Function(named("map_entries"), "map_entries", _entries_type, _entries),
    Function(named("map_from_entries"), "map_from_entries", _from_entries_type, _from_entries),
    Function(
        named("multimap_from_entries"), "multimap_from_entries", _from_entries_type, _from_entries
    ),
    Function(named("map_concat"), "map_concat", _concat_type, _concat),
    Function(named("split_to_map"), "split_to_map", f"text -> {_TEXTS}", _split),
    Function(named("split_to_multimap"), "split_to_multimap", f"text -> {_LISTS}", _split),
    Function(named("array_histogram"), "array_histogram", _histogram_type, _histogram),
)
