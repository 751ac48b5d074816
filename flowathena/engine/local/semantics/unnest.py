"""``UNNEST`` of arrays, maps and arrays of rows: a table with a row for each element.

DuckDB has ``unnest`` of one array, among the columns of a query: ``UNNEST(m) AS u(k, v)`` becomes
``(SELECT unnest(map_keys(m)), unnest(map_values(m))) AS u(k, v)``. Columns of different lengths end
in NULLs in both.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import rows, types
from flowathena.engine.local.semantics.base import Function, call, duckdb, require
from flowathena.engine.local.semantics.types import element, invalid, is_a, of

# Type rules


def _unnest_type(node: exp.Expr) -> exp.DataType:
    """A row of the table's columns, under the names of the alias: sqlglot looks for them there."""
    kinds = [kind for _, _, kind in _columns(node)]
    if any(kind.this is exp.DType.UNKNOWN for kind in kinds):
        return exp.DType.UNKNOWN.into_expr()
    names = node.alias_column_names or [f"column{place}" for place in range(len(kinds))]
    if len(names) != len(kinds):
        message = f"Column alias list has {len(names)} entries but there are {len(kinds)} columns"
        raise invalid("MISMATCHED_COLUMN_ALIASES", message)
    return types.row(zip(names, kinds, strict=True))


def _columns(node: exp.Expr) -> list[tuple[exp.Expr, str, exp.DataType]]:
    """What is unnested, its part (empty for an array's elements) and type, a column each."""
    return [(value, name, kind) for value in node.expressions for name, kind in _parts(node, value)]


def _parts(node: exp.Expr, value: exp.Expr) -> list[tuple[str, exp.DataType]]:
    if is_a(value, types.MAP):
        return list(zip(("key", "value"), types.pair(of(value)), strict=True))
    require(node, value, "array")
    inside = element(of(value))
    if inside.this in types.ROW:
        kinds = [kind for _, kind in types.fields(inside)]
        return list(zip(types.field_names(inside), kinds, strict=True))
    return [("", inside)]


# DuckDB forms


def _unnest(node: exp.Expr) -> exp.Expr:
    alias, offset = node.args.get("alias"), node.args.get("offset")
    outputs = [_spread(value, name) for value, name, _ in _columns(node)]
    names = list(alias.columns) if isinstance(alias, exp.TableAlias) else []
    if offset is not None:
        outputs.append(_ordinal(node.expressions))
        names = [*names, offset] if isinstance(offset, exp.Identifier) and names else names
    query = exp.Select(expressions=outputs).subquery(copy=False)
    if isinstance(alias, exp.TableAlias):
        query.set("alias", exp.TableAlias(this=alias.this.copy(), columns=names))
    return query


def _spread(value: exp.Expr, name: str) -> exp.Expr:
    if is_a(value, types.MAP):
        return call("unnest", call(f"map_{name}s", value))
    if not name:
        return call("unnest", value)
    row = exp.to_identifier("fa_e")
    each = exp.Lambda(this=rows.field(row, name), expressions=[row.copy()])
    return call("unnest", call("list_transform", value, each))


def _ordinal(values: list[exp.Expr]) -> exp.Expr:
    """The number of the row, from 1."""
    lengths = [
        duckdb("coalesce(:l, 0)", l=call("cardinality" if is_a(v, types.MAP) else "len", v))
        for v in values
    ]
    most = call("greatest", *lengths) if len(lengths) > 1 else lengths[0]
    return call("unnest", duckdb("range(1, CAST(:n AS BIGINT) + 1)", n=most))


ROWS = (Function(exp.Unnest, "unnest", _unnest_type, _unnest),)
