"""Aggregates that DuckDB has not as Trino has them: what they need is gathered into a list first.

``map_agg(k, v) FILTER (WHERE c)`` becomes a map made of ``list({k, v}) FILTER (WHERE c AND k IS NOT
NULL)``: FILTER and OVER stay around the list, and a function of the list around them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from flowathena.engine.local.semantics import maps, types
from flowathena.engine.local.semantics.base import (
    Function,
    Rule,
    athena_only,
    call,
    cast,
    duckdb,
    fail,
    is_natural,
    named,
    require,
    shown,
)
from flowathena.engine.local.semantics.types import (
    array,
    invalid,
    is_a,
    map_of,
    of,
    spelled,
    unsupported,
)

_NUMBER = r"[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Gathering:
    """What is gathered, of which rows, and what becomes of it."""

    inner: exp.Expr
    kept: exp.Expr
    finish: Callable[[exp.Expr], exp.Expr]


def is_gathered(node: exp.Expr) -> bool:
    """Whether the aggregate is one of these."""
    ranked = isinstance(node, exp.Max | exp.Min | exp.ArgMax | exp.ArgMin)
    return type(node) in _GATHERINGS and not (ranked and _ranked(node)[2] is None)


def gathered(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """The form of such an aggregate with the FILTER or OVER around it."""
    gathering = _GATHERINGS[type(function)](function)
    kept = gathering.kept
    if isinstance(node, exp.Filter):
        kept = exp.and_(node.expression.this.copy(), kept)
    inner: exp.Expr = exp.Filter(this=gathering.inner, expression=exp.Where(this=kept))
    if isinstance(node, exp.Window):
        node.set("this", inner)
        inner = node
    return gathering.finish(inner)


def _plain(node: exp.Expr) -> list[exp.Expr]:
    """The arguments; DISTINCT and ORDER BY among them are refused."""
    if any(isinstance(argument, exp.Distinct | exp.Order) for argument in node.expressions):
        raise unsupported(f"{shown(node)} with DISTINCT or ORDER BY")
    arguments: list[exp.Expr] = node.expressions
    return arguments


def _known(node: exp.Expr) -> exp.Expr:
    return duckdb(":x IS NOT NULL", x=node)


# Type rules


def _histogram_type(node: exp.Expr) -> exp.DataType:
    (value,) = _plain(node)
    return map_of(maps.checked(node, of(value)), exp.DType.BIGINT.into_expr())


def _map_type(node: exp.Expr) -> exp.DataType:
    key, value = _plain(node)
    return map_of(maps.checked(node, of(key)), of(value))


def _multimap_type(node: exp.Expr) -> exp.DataType:
    key, value = _plain(node)
    return map_of(maps.checked(node, of(key)), array(of(value)))


def _union_type(node: exp.Expr) -> exp.DataType:
    (value,) = _plain(node)
    require(node, value, "map")
    return of(value)


def _percentile_type(node: exp.Expr) -> exp.DataType:
    """A bigint of integers; an array for several percentages."""
    arguments = _plain(node)
    if len(arguments) != 2:  # noqa: PLR2004 - value and percentage
        raise unsupported("approx_percentile with weights or an accuracy")
    value, percentage = arguments
    if is_a(value, types.DECIMAL):
        raise unsupported("approx_percentile of decimals (cast to double)")
    require(node, value, "num")
    _percentages(percentage)
    kind = exp.DType.BIGINT.into_expr() if is_a(value, types.INTEGERS) else of(value)
    return array(kind) if isinstance(percentage.unnest(), exp.Array) else kind


def _percentages(node: exp.Expr) -> list[str]:
    """The literal percentages, as they are written."""
    bare = node.unnest()
    given = bare.expressions if isinstance(bare, exp.Array) else [bare]
    # A decimal's DuckDB form is a cast of the literal.
    written = [one.this if isinstance(one, exp.Cast) else one for one in given]
    for one in written:
        if not isinstance(one, exp.Literal) or not re.fullmatch(_NUMBER, one.name):
            raise unsupported("approx_percentile with a computed percentage")
        if not 0 <= float(one.name) <= 1:
            raise invalid("INVALID_FUNCTION_ARGUMENT", "Percentile must be between 0 and 1")
    return [one.name for one in written]


def best_type(node: exp.Expr) -> exp.DataType:
    """``max``, ``max_by``: the first operand's; an array if a number of them is asked for."""
    value, by, count = _ranked(node)
    if is_a(by, types.NESTED | types.JSON):
        raise unsupported(f"{shown(node)}: order of {spelled(of(by))}")
    if count is None:
        return of(value)
    if not is_natural(count) or isinstance(node.this, exp.Distinct):
        raise unsupported(f"{shown(node)} with DISTINCT, or a number that is computed or below 1")
    return array(of(value))


def _ranked(node: exp.Expr) -> tuple[exp.Expr, exp.Expr, exp.Expr | None]:
    """The value, what it is ranked by, and how many are asked for."""
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if isinstance(node, exp.ArgMax | exp.ArgMin):
        return value, node.expression, node.args.get("count")
    return value, value, (node.expressions or [None])[0]


# What is gathered


def _histogram(node: exp.Expr) -> Gathering:
    (value,) = node.expressions
    kind = types.storage(of(node))
    return Gathering(call("histogram", value), _known(value), lambda found: cast(found, kind))


def _pairs(node: exp.Expr) -> exp.Expr:
    key, value = node.expressions
    return duckdb("list(struct_pack(k := :k, v := :v))", k=key, v=value)


_FIELD = "list_transform(:l, lambda fa_e: struct_extract(fa_e, '{}'))"


def _of_pairs(node: exp.Expr, make: Callable[[exp.Expr, exp.Expr], exp.Expr]) -> Gathering:
    """What is made of the keys and the values of the pairs that have a key."""

    def finish(found: exp.Expr) -> exp.Expr:
        keys, values = (duckdb(_FIELD.format(part), l=found) for part in ("k", "v"))
        return make(keys, values)

    return Gathering(_pairs(node), _known(node.expressions[0]), finish)


def _map(node: exp.Expr) -> Gathering:
    """Of a key that comes twice, one of the values."""
    return _of_pairs(node, maps.firsts)


def _multimap(node: exp.Expr) -> Gathering:
    return _of_pairs(node, maps.grouped)


def _union(node: exp.Expr) -> Gathering:
    (value,) = node.expressions
    entries = "flatten(list_transform(:l, lambda fa_m: map_entries(fa_m)))"

    def finish(found: exp.Expr) -> exp.Expr:
        all_entries = duckdb(entries, l=found)
        keys, values = (duckdb(_FIELD.format(part), l=all_entries) for part in ("key", "value"))
        return maps.firsts(keys, values)

    return Gathering(call("list", value), _known(value), finish)


def _percentile(node: exp.Expr) -> Gathering:
    """Of the values in order, the one below which so large a part of them lies.

    Trino's digest keeps few values as they are, and estimates between them when there are many.
    """
    value, percentage = node.expressions
    several = isinstance(percentage.unnest(), exp.Array)
    if is_a(value, types.DOUBLE):
        odd = fail("INVALID_FUNCTION_ARGUMENT", "value must be finite")
        value = duckdb("CASE WHEN isfinite(:x) OR :x IS NULL THEN :x ELSE :e END", x=value, e=odd)
    at = "least(CAST(floor(CAST({} AS DOUBLE) * len(fa_l)) AS BIGINT), len(fa_l) - 1) + 1"
    kind = types.element(of(node)) if several else of(node)
    # A bigint goes through a double, as in Trino.
    one = f"CAST(CAST(list_extract(fa_l, {at}) AS DOUBLE) AS {types.storage(kind)})"
    values = [one.format(written) for written in _percentages(percentage)]
    picked = f"[{', '.join(values)}]" if several else values[0]
    sql = (
        "list_extract(list_transform([list_sort(:l)], "
        f"lambda fa_l: CASE WHEN fa_l IS NULL THEN NULL ELSE {picked} END), 1)"
    )
    return Gathering(call("list", value), _known(value), lambda found: duckdb(sql, l=found))


def _best(node: exp.Expr) -> Gathering:
    """The first so many in the order of what they are ranked by."""
    value, by, count = _ranked(node)
    assert count is not None  # noqa: S101 - see is_gathered
    ranked = by
    if is_a(by, types.DOUBLE):
        odd = athena_only("NaN in an order of the greatest")
        ranked = duckdb("CASE WHEN isnan(:x) THEN :e ELSE :x END", x=by, e=odd)
    order = "DESC" if isinstance(node, exp.Max | exp.ArgMax) else "ASC"
    best = f"list_transform(list_slice(list_sort(:l, '{order}'), 1, {count.name}), lambda fa_e: "
    return Gathering(
        duckdb("list(struct_pack(k := :k, v := :v))", k=ranked, v=value),
        _known(by),
        lambda found: duckdb(f"{best} struct_extract(fa_e, 'v'))", l=found),
    )


_GATHERINGS: dict[type[exp.Expr], Callable[[exp.Expr], Gathering]] = dict.fromkeys(
    (exp.Max, exp.Min, exp.ArgMax, exp.ArgMin), _best
)


def _row(name: str, rule: Rule, what: Callable[[exp.Expr], Gathering]) -> Function:
    node = named(name)
    _GATHERINGS[node] = what
    return Function(node, name, rule)


ROWS = (
    _row("histogram", _histogram_type, _histogram),
    _row("map_agg", _map_type, _map),
    _row("multimap_agg", _multimap_type, _multimap),
    _row("map_union", _union_type, _union),
    _row("approx_percentile", _percentile_type, _percentile),
)
