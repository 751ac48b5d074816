"""Functions that take a function: of the elements of arrays and the entries of maps."""

from collections.abc import Iterator

from sqlglot import exp

from flowathena.engine.local.semantics import maps, types
from flowathena.engine.local.semantics.base import (
    Function,
    Parameters,
    applied,
    athena_only,
    call,
    cast,
    duckdb,
    function,
    is_null,
    let,
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

_MOST_SORTED = 1_000
_FEW = 200
"""Elements of an array that are written out as alternatives."""


def written_out(node: exp.Expr) -> exp.Expr | None:
    """``any_match`` and the like of a short array of texts: a condition for each of them.

    Networks among them become literals, by which addresses are compared fast.
    """
    if not isinstance(node, _ANY | _ALL | _NONE):
        return None
    values, of_each = node.expressions
    items = values.expressions if isinstance(values, exp.Array) else []
    plain = isinstance(of_each, exp.Lambda) and len(of_each.expressions) == 1
    nested = plain and of_each.this.find(exp.Lambda, exp.Query)
    if not plain or nested or not 0 < len(items) <= _FEW or not all(i.is_string for i in items):
        return None
    conditions = [exp.paren(_with(of_each, item)) for item in items]
    if isinstance(node, _ALL):
        return exp.paren(exp.and_(*conditions))
    either = exp.paren(exp.or_(*conditions))
    return exp.not_(either) if isinstance(node, _NONE) else either


def _with(of_each: exp.Lambda, item: exp.Expr) -> exp.Expr:
    """The lambda's body with the item in the place of its parameter."""
    (parameter,) = of_each.expressions
    # In brackets, so that the body itself has a parent in which it can be replaced.
    root = exp.Paren(this=of_each.this.copy())
    for part in list(root.find_all(exp.Identifier)):
        field = isinstance(part.parent, exp.Dot) and part.arg_key == "expression"
        named_there = isinstance(part.parent, _NAMING) or part.arg_key == "alias" or field
        if part.name == parameter.name and not named_there:
            part.replace(item.copy())
    body: exp.Expr = root.this
    return body


_NAMING = (exp.Column, exp.ColumnDef, exp.TableAlias, exp.Table, exp.DataType)


_ANY, _ALL, _NONE = named("any_match"), named("all_match"), named("none_match")


# The types of the parameters


def _one(node: exp.Expr) -> Iterator[Parameters]:
    """A function of an array's elements."""
    values, of_each = _array_and_function(node)
    require(node, values, "array")
    yield of_each, [element(of(values))]


def _array_and_function(node: exp.Expr) -> tuple[exp.Expr, exp.Lambda]:
    values, of_each = node.expressions or (node.this, node.expression)
    if not isinstance(of_each, exp.Lambda) or len(of_each.expressions) != 1:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes a function of one parameter")
    return values, of_each


def _state(node: exp.Expr) -> Iterator[Parameters]:
    values, start, *_ = node.expressions
    require(node, values, "array")
    yield function(node, 2, 2), [of(start), element(of(values))]
    yield function(node, 3, 1), [of(start)]


def _pairwise(node: exp.Expr) -> Iterator[Parameters]:
    one, other = node.expressions[:2]
    for values in (one, other):
        require(node, values, "array")
    yield function(node, 2, 2), [element(of(one)), element(of(other))]


def _entry(node: exp.Expr) -> Iterator[Parameters]:
    require(node, node.expressions[0], "map")
    yield function(node, 1, 2), list(pair(of(node.expressions[0])))


def _two_maps(node: exp.Expr) -> Iterator[Parameters]:
    one, other = node.expressions[:2]
    for values in (one, other):
        require(node, values, "map")
    (key, value), (other_key, other_value) = pair(of(one)), pair(of(other))
    if key != other_key and not {key.this, other_key.this} & types.OPEN:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} takes maps of the same keys")
    yield function(node, 2, 3), [key, value, other_value]


def _two_elements(node: exp.Expr) -> Iterator[Parameters]:
    """A function that compares two elements."""
    require(node, node.this, "array")
    compare = node.args.get("expression")
    if compare is not None:
        if not isinstance(compare, exp.Lambda) or len(compare.expressions) != 2:  # noqa: PLR2004
            raise invalid("TYPE_MISMATCH", f"{shown(node)} takes a function of two elements")
        yield compare, [element(of(node.this))] * 2


# Type rules


def _sort_type(node: exp.Expr) -> exp.DataType:
    require(node, node.this, "array")
    compare = node.args.get("expression")
    if compare is None:
        if element(of(node.this)).this in types.NESTED | types.JSON:
            raise unsupported(f"order of {spelled(element(of(node.this)))}")
    elif not is_a(compare.this, {exp.DType.INT} | types.OPEN):
        given = spelled(of(compare.this))
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: the function gives {given}, not integer")
    return of(node.this)


def _filter_type(node: exp.Expr) -> exp.DataType:
    """The array's, or the map's; the function is true or false for each element."""
    _predicate(node)
    return of(node.expressions[0] if node.expressions else node.this)


def _match_type(node: exp.Expr) -> exp.DataType:
    _predicate(node)
    return exp.DType.BOOLEAN.into_expr()


def _predicate(node: exp.Expr) -> None:
    result = _result(node)
    if result.this not in types.BOOLEAN | types.OPEN:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} filters by {spelled(result)}")


def _result(node: exp.Expr) -> exp.DataType:
    """The type of the last function's result."""
    last = node.expressions[-1] if node.expressions else node.expression
    return of(last.this)


def _results_type(node: exp.Expr) -> exp.DataType:
    """An array of the function's results."""
    return array(_result(node))


def _reduce_type(node: exp.Expr) -> exp.DataType:
    """The output function's; what the other one gives must be of the state's type."""
    state, merged = of(node.expressions[1]), of(node.expressions[2].this)
    if common(state, merged) != state and merged.this not in types.OPEN:
        given = f"{spelled(merged)}, not {spelled(state)}"
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: the state becomes {given}")
    return _result(node)


def _new_values_type(node: exp.Expr) -> exp.DataType:
    return map_of(pair(of(node.expressions[0]))[0], _result(node))


def _new_keys_type(node: exp.Expr) -> exp.DataType:
    return map_of(maps.checked(node, _result(node)), pair(of(node.expressions[0]))[1])


# DuckDB forms


def _sort(node: exp.Expr) -> exp.Expr:
    """By a function of two elements: every pair is compared, and the smaller ones are counted.

    What no order agrees with is an error, for Trino's answer depends on how it sorts.
    """
    compare = node.args.get("expression")
    if compare is None:
        return node
    one, other = exp.to_identifier("fa_a"), exp.to_identifier("fa_b")
    sql = (
        "list_transform(fa_v, lambda fa_a, fa_i: list_transform(fa_v, lambda fa_b, fa_j: "
        "CASE WHEN fa_i = fa_j THEN 0 ELSE :c END))"
    )
    pairs = duckdb(sql, c=applied(compare, one, other))
    places = "list_transform(fa_m, lambda fa_r: len(list_filter(fa_r, lambda fa_c: fa_c = 1)))"
    odd = (
        "list_contains(flatten(list_transform(fa_m, lambda fa_r, fa_i: list_transform(fa_r, "
        "lambda fa_c, fa_j: fa_c IS NULL OR fa_c NOT IN (-1, 0, 1) OR "
        "(fa_c <> sign(fa_p[fa_i] - fa_p[fa_j]) AND "
        "fa_v[fa_i] IS DISTINCT FROM fa_v[fa_j])))), true)"
    )
    made = duckdb(
        f"CASE WHEN {odd} THEN :odd ELSE list_transform(list_sort(list_transform(fa_p, "
        "lambda fa_q, fa_i: struct_pack(p := fa_q, i := fa_i))), lambda fa_o: fa_v[fa_o.i]) END",
        odd=athena_only("array_sort by such a function"),
    )
    ranked = let("fa_m", pairs, let("fa_p", duckdb(places), made))
    long = athena_only(f"array_sort by a function of more than {_MOST_SORTED} elements")
    return let(
        "fa_v",
        node.this,
        duckdb(
            f"CASE WHEN fa_v IS NULL THEN NULL WHEN len(fa_v) > {_MOST_SORTED} THEN :long "
            "ELSE :made END",
            long=long,
            made=ranked,
        ),
    )


def _any(node: exp.Expr) -> exp.Expr:
    return _match(node, decides="true", else_="false")


def _all(node: exp.Expr) -> exp.Expr:
    return _match(node, decides="false", else_="true")


def _none(node: exp.Expr) -> exp.Expr:
    return exp.not_(exp.paren(_match(node, decides="true", else_="false")))


def _match(node: exp.Expr, decides: str, else_: str) -> exp.Expr:
    """One result decides; otherwise a NULL among them makes it unknown."""
    values, of_each = node.expressions
    found = call("list_transform", values, of_each)
    return duckdb(
        "list_extract(list_transform([:f], lambda fa_r: CASE WHEN fa_r IS NULL THEN NULL "
        f"WHEN list_contains(fa_r, {decides}) THEN {decides} "
        f"WHEN list_count(fa_r) < len(fa_r) THEN NULL ELSE {else_} END), 1)",
        f=found,
    )


def _reduce(node: exp.Expr) -> exp.Expr:
    """DuckDB's state has the type of the elements; so both are put into a row."""
    values, start, merge, output = node.expressions
    state, item = types.storage(of(start)), types.storage(element(of(values)))
    left, right = exp.to_identifier("fa_l"), exp.to_identifier("fa_r")
    merged = applied(merge, call("struct_extract", left, _S), call("struct_extract", right, _X))
    step = duckdb(f"struct_pack(s := CAST(:m AS {state}), x := CAST(NULL AS {item}))", m=merged)
    each = exp.Lambda(this=step, expressions=[left.copy(), right.copy()])
    first = duckdb(f"[struct_pack(s := CAST(:s AS {state}), x := CAST(NULL AS {item}))]", s=start)
    rest = duckdb(
        "list_transform(:v, lambda fa_x: "
        f"struct_pack(s := CAST(NULL AS {state}), x := CAST(fa_x AS {item})))",
        v=values,
    )
    reduced = call("list_reduce", call("list_concat", first, rest), each)
    result = applied(output, call("struct_extract", reduced, _S))
    return exp.paren(exp.Case().when(is_null(values), exp.Null()).else_(result))


_S, _X = exp.Literal.string("s"), exp.Literal.string("x")


def _zip_with(node: exp.Expr) -> exp.Expr:
    """The shorter array ends in NULLs."""
    one, other, both = node.expressions
    place = exp.to_identifier("fa_i")
    body = applied(both, call("list_extract", one, place), call("list_extract", other, place))
    each = exp.Lambda(this=body, expressions=[place.copy()])
    places = duckdb("range(1, greatest(len(:a), len(:b)) + 1)", a=one, b=other)
    made = call("list_transform", places, each)
    return exp.paren(exp.Case().when(is_null(one, other), exp.Null()).else_(made))


def _over_entries(node: exp.Expr) -> exp.Expr:
    """The results of a function of a map's keys and values."""
    source, of_each = node.expressions
    entry = exp.to_identifier("fa_e")
    body = applied(
        of_each,
        call("struct_extract", entry, exp.Literal.string("key")),
        call("struct_extract", entry, exp.Literal.string("value")),
    )
    each = exp.Lambda(this=body, expressions=[entry.copy()])
    return call("list_transform", call("map_entries", source), each)


def _filter_map(node: exp.Expr) -> exp.Expr:
    source, _ = node.expressions
    return duckdb(
        "map_from_entries(list_filter(map_entries(:m), "
        "lambda fa_e, fa_i: coalesce(list_extract(:k, fa_i), false)))",
        m=source,
        k=_over_entries(node),
    )


def _new_values(node: exp.Expr) -> exp.Expr:
    kind = types.storage(of(node))
    made = call("map", call("map_keys", node.expressions[0]), _over_entries(node))
    whole = exp.Case().when(is_null(node.expressions[0]), exp.Null()).else_(cast(made, kind))
    return exp.paren(whole)


def _new_keys(node: exp.Expr) -> exp.Expr:
    return maps.built(_over_entries(node), call("map_values", node.expressions[0]))


def _zip_maps(node: exp.Expr) -> exp.Expr:
    """All keys of both; where one has no such key, its value is NULL."""
    one, other, of_each = node.expressions
    key = exp.to_identifier("fa_k")
    body = applied(
        of_each, key, call("map_extract_value", one, key), call("map_extract_value", other, key)
    )
    each = exp.Lambda(this=body, expressions=[key.copy()])
    keys = duckdb(
        "list_concat(map_keys(:a), list_filter(map_keys(:b), "
        "lambda fa_k: NOT map_contains(:a, fa_k)))",
        a=one,
        b=other,
    )
    made = call("map", keys, call("list_transform", keys, each))
    whole = cast(made, types.storage(of(node)))
    return exp.paren(exp.Case().when(is_null(one, other), exp.Null()).else_(whole))


ROWS = (
    Function(
        exp.ArraySort,
        "array_sort",
        _sort_type,
        _sort,
        arguments="this expression nulls_first",
        lambdas=_two_elements,
    ),
    Function(exp.ArrayFilter, "filter", _filter_type, lambdas=_one),
    Function(exp.Transform, "transform", _results_type, lambdas=_one),
    Function(_ANY, "any_match", _match_type, _any, lambdas=_one),
    Function(_ALL, "all_match", _match_type, _all, lambdas=_one),
    Function(_NONE, "none_match", _match_type, _none, lambdas=_one),
    Function(named("reduce"), "reduce", _reduce_type, _reduce, lambdas=_state),
    Function(named("zip_with"), "zip_with", _results_type, _zip_with, lambdas=_pairwise),
    Function(named("map_filter"), "map_filter", _filter_type, _filter_map, lambdas=_entry),
    Function(
        named("transform_values"), "transform_values", _new_values_type, _new_values, lambdas=_entry
    ),
    Function(named("transform_keys"), "transform_keys", _new_keys_type, _new_keys, lambdas=_entry),
    Function(named("map_zip_with"), "map_zip_with", _new_values_type, _zip_maps, lambdas=_two_maps),
)
