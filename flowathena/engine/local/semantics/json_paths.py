"""JSON by SQL's own paths, which have a mode: ``json_value(x, 'lax $.a')`` and the like."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    duckdb,
    named,
    require,
    shown,
    text,
)
from flowathena.engine.local.semantics.json_values import FLOAT, normalized, source_of, steps
from flowathena.engine.local.semantics.types import of, unsupported
from flowathena.sql.quoting import literal

_LAX = athena_only("a path through an array")


def _boolean_type(node: exp.Expr) -> exp.DataType:
    source_of(node)
    return exp.DType.BOOLEAN.into_expr()


def _value_type(node: exp.Expr) -> exp.DataType:
    """``json_value``: a varchar, or what RETURNING names."""
    require(node, node.this, "text")
    to = node.args.get("returning")
    kind = to if isinstance(to, exp.DataType) else exp.DType.VARCHAR.into_expr()
    if kind.this not in types.TEXTS | {exp.DType.BIGINT}:
        raise unsupported("json_value of another type than varchar or bigint")
    return kind


def _query_type(node: exp.Expr) -> exp.DataType:
    if not node.args.get("json_query") or node.args.get("option") or node.args.get("quote"):
        raise unsupported("json_query with a wrapper or quotes")
    require(node, node.this, "text")
    return exp.DType.VARCHAR.into_expr()


def _of_mode(node: exp.Expr, path: exp.Expr) -> exp.Expr:
    """The path after its mode, ``lax`` or ``strict``."""
    mode, _, rest = path.name.partition(" ")
    if not path.is_string or mode not in {"lax", "strict"}:
        raise unsupported(f"{shown(node)}: such a path")
    return text(rest.strip())


def _at(node: exp.Expr, source: exp.Expr, path: exp.Expr) -> exp.Expr:
    """What is at a path with a mode. ``lax`` looks into arrays on its way: an error here."""
    parts = steps(node, _of_mode(node, path))
    odd = []
    for count, step in enumerate(parts):
        way = literal("$" + "".join(parts[:count]))
        kind = f"json_type(fa_json_extract(:x, {way}))"
        odd.append(f"{kind} = 'ARRAY'" if step[0] == "." else f"{kind} <> 'ARRAY'")
    found = f"fa_json_extract(:x, {literal('$' + ''.join(parts))})"
    if path.name.startswith("lax") and odd:
        found = f"CASE WHEN {' OR '.join(odd)} THEN CAST(:lax AS JSON) ELSE {found} END"
    known = duckdb("CASE WHEN json_valid(:s) THEN :s END", s=source)
    return duckdb(found, x=known, **({"lax": _LAX} if ":lax" in found else {}))


def _value(node: exp.Expr) -> exp.Expr:
    for_errors = node.args.get("on_condition")
    default: exp.Expr = exp.Null()
    if for_errors is not None:
        if for_errors.args.get("error") not in {None, "NULL"}:
            raise unsupported("json_value with ON ERROR")
        empty = for_errors.args.get("empty")
        if empty == "ERROR":
            raise unsupported("json_value with ERROR ON EMPTY")
        default = empty if isinstance(empty, exp.Expr) else default
    scalar = duckdb(
        "list_extract(list_transform([:x], lambda fa_j: CASE WHEN fa_j IS NULL THEN :d "
        "ELSE CASE json_type(fa_j) WHEN 'VARCHAR' THEN fa_json_extract_string(fa_j, '$') "
        "WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL "
        "WHEN 'DOUBLE' THEN :float ELSE CAST(fa_j AS VARCHAR) END END), 1)",
        x=_at(node, node.this, node.args["path"]),
        d=duckdb("CAST(:d AS VARCHAR)", d=default),
        float=FLOAT,
    )
    if of(node).this in types.TEXTS:
        return duckdb("CASE WHEN :s IS NOT NULL THEN :x END", s=node.this, x=scalar)
    return duckdb("TRY_CAST(:x AS BIGINT)", x=scalar)


def _query(node: exp.Expr) -> exp.Expr:
    return normalized(_at(node, node.this, node.expression))


def _exists(node: exp.Expr) -> exp.Expr:
    source, path = node.expressions
    found = duckdb("json_type(:x) IS NOT NULL", x=_at(node, source, path))
    return duckdb("CASE WHEN :s IS NOT NULL THEN :x END", s=source, x=found)


ROWS = (
    Function(named("json_exists"), "json_exists", _boolean_type, _exists),
    Function(
        exp.JSONValue,
        "json_value",
        _value_type,
        _value,
        arguments="this path returning on_condition",
    ),
    Function(exp.JSONExtract, "json_query", _query_type, _query),
)
