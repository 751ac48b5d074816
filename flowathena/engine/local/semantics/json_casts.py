"""Casts to and from json: of numbers, texts, truth values, times, and what is made of them."""

from sqlglot import exp

from flowathena.engine.local.semantics import maps, rows, types
from flowathena.engine.local.semantics.base import athena_only, call, cast, duckdb, fail, let, text
from flowathena.engine.local.semantics.json_values import as_json, escaped
from flowathena.engine.local.semantics.nested_casts import Convert
from flowathena.engine.local.semantics.types import of, spelled, unsupported
from flowathena.errors import EngineError

_PLAIN = types.INTEGERS | types.BOOLEAN | types.DECIMAL
_WRONG = fail("INVALID_CAST_ARGUMENT", "Cannot cast JSON to this type")
_FLOAT = athena_only("the text of such a number in JSON")


def written(node: exp.Cast, convert: Convert) -> exp.Expr:
    """The form of a cast to json."""
    kind = of(node.this)
    if kind.this in types.JSON:
        return exp.paren(node.this)
    if kind.this is exp.DType.NULL:
        return duckdb("CAST(NULL AS JSON)")
    return as_json(member(node.this, kind, convert, 0))


def member(  # noqa: PLR0911 - one way a type
    value: exp.Expr, kind: exp.DataType, convert: Convert, depth: int
) -> exp.Expr:
    """The JSON of a value, NULL for NULL."""
    if kind.this in types.JSON:
        return cast(value, "varchar")
    if kind.this in types.ARRAY:
        return _list(value, types.element(kind), convert, depth)
    if kind.this in types.MAP:
        return _object(value, kind, convert, depth)
    if kind.this in types.ROW:
        return _fields(value, kind, convert, depth)
    if kind.this in _PLAIN:
        return convert(_cast(value, kind, exp.DType.VARCHAR.into_expr()))
    if kind.this in types.TEXTS:
        return escaped(duckdb("CAST(to_json(:x) AS VARCHAR)", x=value))
    if kind.this in types.DOUBLE:
        return duckdb(
            "CASE WHEN isfinite(:x) AND (abs(:x) BETWEEN 1e-3 AND 9999999 OR :x = 0) "
            "THEN CAST(:x AS VARCHAR) WHEN :x IS NOT NULL THEN :e END",
            x=value,
            e=_FLOAT,
        )
    if kind.this in types.DATE | types.TIMESTAMP:
        written = convert(_cast(value, kind, exp.DType.VARCHAR.into_expr()))
        return duckdb("'\"' || :x || '\"'", x=written)
    raise unsupported(f"cast of {spelled(kind)} to json")


def _cast(value: exp.Expr, kind: exp.DataType, to: exp.DataType) -> exp.Cast:
    source = exp.paren(value.copy())
    source.type = kind
    return exp.Cast(this=source, to=to.copy())


def _list(value: exp.Expr, kind: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    one = exp.to_identifier(f"fa_w{depth}")
    item = or_null(member(one, kind, convert, depth + 1))
    each = exp.Lambda(this=item, expressions=[one.copy()])
    return duckdb("'[' || array_to_string(:l, ',') || ']'", l=call("list_transform", value, each))


def or_null(written: exp.Expr) -> exp.Expr:
    """The text, or that of a JSON null."""
    return exp.Coalesce(this=written, expressions=[text("null")])


def _object(value: exp.Expr, kind: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    """The entries of a map, by their keys."""
    key, item = types.pair(kind)
    if key.this not in types.TEXTS:
        raise unsupported(f"cast of {spelled(kind)} to json")
    name, entry = exp.to_identifier(f"fa_m{depth}"), exp.to_identifier(f"fa_w{depth}")
    found = or_null(member(call("map_extract_value", name, entry), item, convert, depth + 1))
    name_of = escaped(duckdb("CAST(to_json(:k) AS VARCHAR)", k=entry))
    body = duckdb(":k || ':' || :v", k=name_of, v=found)
    each = exp.Lambda(this=body, expressions=[entry.copy()])
    sorted_keys = call("list_sort", call("map_keys", name))
    members = duckdb(
        "'{' || array_to_string(:l, ',') || '}'", l=call("list_transform", sorted_keys, each)
    )
    return let(name.name, value, members)


def _fields(value: exp.Expr, kind: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    name = exp.to_identifier(f"fa_m{depth}")
    parts = []
    for kept, (written, part) in zip(types.field_names(kind), types.fields(kind), strict=True):
        field = or_null(member(rows.field(name, kept), part, convert, depth + 1))
        parts.append(duckdb("CAST(to_json(:k) AS VARCHAR) || ':' || :v", k=text(written), v=field))
    joined = call("concat_ws", text(","), *parts)
    body = duckdb("CASE WHEN :r IS NOT NULL THEN '{' || :p || '}' END", r=name, p=joined)
    return let(name.name, value, body)


def read(node: exp.Cast, convert: Convert) -> exp.Expr:
    """The form of a cast from json."""
    if isinstance(node, exp.TryCast):
        raise unsupported("try_cast of json (try(CAST(…)))")
    return _value(node.this, node.to, convert, 0)


def _value(value: exp.Expr, to: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    """A value of the type, NULL for a JSON null."""
    name = exp.to_identifier(f"fa_v{depth}")
    if to.this in types.JSON:
        return value.copy()
    if to.this in types.ARRAY:
        item = exp.to_identifier(f"fa_w{depth}")
        body = _value(item, types.element(to), convert, depth + 1)
        each = exp.Lambda(this=body, expressions=[item.copy()])
        made = call("list_transform", duckdb("fa_json_extract(:x, '$[*]')", x=name), each)
        return let(name.name, value, _of_kind(name, "ARRAY", made))
    if to.this in types.MAP:
        return let(name.name, value, _of_kind(name, "OBJECT", _map(name, to, convert, depth)))
    if to.this in types.ROW:
        return let(name.name, value, _row(name, to, convert, depth))
    return let(name.name, value, _scalar(name, to, convert))


def _of_kind(name: exp.Expr, kind: str, made: exp.Expr) -> exp.Expr:
    return duckdb(
        f"CASE json_type(:j) WHEN '{kind}' THEN :x WHEN 'NULL' THEN NULL "
        "ELSE CASE WHEN :j IS NOT NULL THEN :e END END",
        j=name,
        x=made,
        e=_WRONG,
    )


def _map(name: exp.Expr, to: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    key, item = types.pair(to)
    if key.this not in types.TEXTS:
        raise unsupported(f"cast of json to {spelled(to)}")
    one = exp.to_identifier(f"fa_w{depth}")
    body = _value(_member(name, one), item, convert, depth + 1)
    keys = duckdb("json_keys(:j)", j=name)
    each = exp.Lambda(this=body, expressions=[one.copy()])
    return maps.built(keys, call("list_transform", keys, each))


def _member(value: exp.Expr, key: exp.Expr) -> exp.Expr:
    pointer = "'/' || replace(replace(:k, '~', '~0'), '/', '~1')"
    return duckdb(f"fa_json_extract(:j, {pointer})", j=value, k=key)


def _row(name: exp.Expr, to: exp.DataType, convert: Convert, depth: int) -> exp.Expr:
    """Of an object by the fields' names, of an array by their places."""
    parts = []
    for place, (field, kind) in enumerate(types.fields(to)):
        at = duckdb(f"fa_json_extract(:j, '$[{place}]')", j=name)
        # Trino's names are in lower case unless they are quoted; the keys are as they are.
        found = exp.Case(this=call("json_type", name)).when(text("ARRAY"), at)
        whole = found.else_(_member(name, text(field))) if field else found
        parts.append(_value(whole, kind, convert, depth + 1))
    made = rows.packed(to, parts)
    return duckdb(
        "CASE json_type(:j) WHEN 'OBJECT' THEN :x WHEN 'ARRAY' THEN :x WHEN 'NULL' THEN NULL "
        "ELSE CASE WHEN :j IS NOT NULL THEN :e END END",
        j=name,
        x=made,
        e=_WRONG,
    )


def _scalar(name: exp.Expr, to: exp.DataType, convert: Convert) -> exp.Expr:
    """By the kind of the JSON value; numbers are rounded, truth values are 1 and 0."""
    number, letters = exp.DType.DOUBLE.into_expr(), exp.DType.VARCHAR.into_expr()
    spoken = duckdb("fa_json_extract_string(:j, '$')", j=name)
    plain = cast(name, "varchar")
    wide = duckdb("CAST(:j AS DOUBLE)", j=name)
    whole = duckdb("CAST(:j AS HUGEINT)", j=name)
    if to.this in types.TEXTS:
        kinds = [spoken, plain, plain, _double_text(wide, convert)]
    elif to.this in types.INTEGERS:
        truth = duckdb("CAST(CAST(:j AS BOOLEAN) AS INTEGER)", j=name)
        rounded = convert(_cast(wide, number, to))
        kinds = [convert(_cast(spoken, letters, to)), cast(whole, to), truth, rounded]
    elif to.this in types.DOUBLE:
        truth = duckdb("CAST(CAST(:j AS BOOLEAN) AS DOUBLE)", j=name)
        kinds = [convert(_cast(spoken, letters, to)), wide, truth, wide]
    elif to.this in types.BOOLEAN:
        some = duckdb("CAST(:j AS DOUBLE) <> 0", j=name)
        kinds = [
            convert(_cast(spoken, letters, to)),
            some,
            duckdb("CAST(:j AS BOOLEAN)", j=name),
            some,
        ]
    else:
        raise unsupported(f"cast of json to {spelled(to)}")
    return duckdb(
        "CASE json_type(:j) WHEN 'VARCHAR' THEN :t WHEN 'BIGINT' THEN :n WHEN 'UBIGINT' THEN :n "
        "WHEN 'BOOLEAN' THEN :b WHEN 'DOUBLE' THEN :d WHEN 'NULL' THEN NULL "
        "ELSE CASE WHEN :j IS NOT NULL THEN :e END END",
        j=name,
        t=kinds[0],
        n=kinds[1],
        b=kinds[2],
        d=kinds[3],
        e=_WRONG,
    )


def _double_text(value: exp.Expr, convert: Convert) -> exp.Expr:
    """Where the local engine does not write doubles, such a value fails."""
    try:
        return convert(_cast(value, exp.DType.DOUBLE.into_expr(), exp.DType.VARCHAR.into_expr()))
    except EngineError:
        return _FLOAT
