"""Casts of arrays, maps and rows: each part is cast."""

from collections.abc import Callable

from sqlglot import exp

from flowathena.engine.local.semantics import maps, rows, types
from flowathena.engine.local.semantics.base import call, cast, duckdb, is_null, let
from flowathena.engine.local.semantics.types import of, spelled, unsupported

Convert = Callable[[exp.Expr], exp.Expr]
"""The DuckDB form of a cast whose operand has its type."""


def converted(node: exp.Cast, convert: Convert) -> exp.Expr:
    """The DuckDB form of a cast to a nested type."""
    source, to = of(node.this), node.to
    if source.this is exp.DType.NULL:
        return cast(node.this, types.storage(to))
    if isinstance(node, exp.TryCast):
        return _tried(node, convert)
    return _Parts(convert).of(node.this, source, to)


def _tried(node: exp.Cast, convert: Convert) -> exp.Expr:
    """One part that fails makes the whole NULL."""
    source, to = of(node.this), node.to
    if to.this not in types.ARRAY or types.element(to).this in types.NESTED:
        raise unsupported(f"try_cast to {spelled(to)} (try(CAST(…)))")
    each = _typed(exp.to_identifier("fa_c"), types.element(source))
    made = convert(exp.TryCast(this=each, to=types.element(to).copy()))
    body = exp.Lambda(this=made, expressions=[exp.to_identifier("fa_c")])
    return duckdb(
        "list_extract(list_transform([:r], lambda fa_r: "
        "CASE WHEN list_count(fa_r) = list_count(:s) THEN fa_r END), 1)",
        r=call("list_transform", node.this, body),
        s=node.this,
    )


def _typed(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    node.type = kind
    return node


class _Parts:
    """Converts values part by part, under names that no other part has."""

    def __init__(self, convert: Convert) -> None:
        self._convert = convert
        self._names = 0

    def of(self, value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
        if source == to and to.this not in types.ADDRESS:
            return value.copy()
        if to.this in types.ARRAY:
            return self._array(value, types.element(source), types.element(to))
        if to.this in types.MAP:
            return self._map(value, source, to)
        if to.this in types.ROW:
            return self._row(value, source, to)
        return self._convert(exp.Cast(this=_typed(value.copy(), source), to=to.copy()))

    def _array(self, value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
        if source.this is exp.DType.NULL:  # of an empty array, or one of NULLs
            return cast(value, f"{types.storage(to)}[]")
        name = self._name()
        body = self.of(exp.to_identifier(name), source, to)
        each = exp.Lambda(this=body, expressions=[exp.to_identifier(name)])
        return call("list_transform", value, each)

    def _map(self, value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
        name = self._name()
        one = exp.to_identifier(name)
        (key, item), (new_key, new_item) = types.pair(source), types.pair(to)
        keys = self._array(call("map_keys", one), key, new_key)
        values = self._array(call("map_values", one), item, new_item)
        return let(name, value, maps.built(keys, values))

    def _row(self, value: exp.Expr, source: exp.DataType, to: exp.DataType) -> exp.Expr:
        name = self._name()
        one = exp.to_identifier(name)
        parts = zip(types.field_names(source), types.fields(source), types.fields(to), strict=True)
        values = [
            self.of(rows.field(one, field), kind, new) for field, (_, kind), (_, new) in parts
        ]
        packed = exp.Case().when(is_null(one), exp.Null()).else_(rows.packed(to, values))
        return let(name, value, exp.paren(packed))

    def _name(self) -> str:
        self._names += 1
        return f"fa_c{self._names}"
