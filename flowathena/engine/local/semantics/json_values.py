"""JSON: read from texts, taken apart by paths, written.

A value of type json is kept as Trino writes it: without blanks, the keys of its objects in order
(``json_parse``) or as they came (``json_extract``). Numbers that Trino would write in another way
than DuckDB, and what is nested deeper than here, are errors for their rows.
"""

import json
import re

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    Rule,
    athena_only,
    duckdb,
    fail,
    guarded,
    let,
    named,
    require,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import is_a, unsupported
from flowathena.sql.quoting import literal

_LEAST, _MOST = 1e-3, 1e7
"""Between these, Java writes doubles without an exponent."""
_ODD_NUMBER = r"[0-9]{8,}\.[0-9]|[0-9][eE][+-]?[0-9]|(^|[^0-9])0\.000"
_MINUS_ZERO = r"-0($|[^.0-9eE])"
_UNORDERED = r"\{.*,"
_STEP = re.compile(r"""\.([A-Za-z_][A-Za-z0-9_]*)|\["([^"\\]+)"\]|\[([0-9]{1,9})\]""")
_DEEP = athena_only("JSON with objects in objects")
FLOAT = athena_only("such a number in JSON")
_MOST_WAYS = 8
_HALF = athena_only("half of a letter in JSON")
_BROKEN = athena_only("JSON that is broken off")


# Type rules


def source_of(node: exp.Expr) -> exp.Expr:
    """The first operand: a text or a value."""
    value: exp.Expr = node.expressions[0] if node.expressions else node.this
    if is_a(value, {exp.DType.NULL}):
        raise unsupported(f"{shown(node)} of a bare NULL (cast it to a type)")
    if not is_a(value, types.JSON):
        require(node, value, "text")
    return value


def _giving(kind: exp.DType) -> Rule:
    """The rule of a function of JSON that gives a type."""

    def rule(node: exp.Expr) -> exp.DataType:
        source_of(node)
        return kind.into_expr()

    return rule


_json_type = _giving(exp.DType.JSON)


def _get_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[1], "int")
    return _json_type(node)


# Paths


def steps(node: exp.Expr, path: exp.Expr) -> list[str]:
    """The steps of a literal path, as DuckDB spells them."""
    if not path.is_string:
        raise unsupported(f"{shown(node)}: a computed path")
    written = path.name.removeprefix("$")
    steps = list(_STEP.finditer(written))
    if not path.name.startswith("$") or "".join(step[0] for step in steps) != written:
        raise unsupported(f"the JSON path {path.name!r} (names and places alone: $.a[0])")
    return [f'."{step[1] or step[2]}"' if step[3] is None else f"[{step[3]}]" for step in steps]


# DuckDB forms


def valid(source: exp.Expr) -> exp.Expr:
    """A text that is JSON, NULL for others; Trino may answer what comes before an error in it."""
    if is_a(source, types.JSON):
        return source
    return duckdb(
        "CASE WHEN json_valid(:x) THEN :x "
        "WHEN regexp_matches(:x, '^\\s*[\\[{\"0-9-]') THEN :broken END",
        x=source,
        broken=_BROKEN,
    )


def escaped(written: exp.Expr) -> exp.Expr:
    """JSON's text as Trino writes it: a letter beyond 16 bits as two escapes."""
    wide = r"[\x{10000}-\x{10ffff}]"
    letter = (
        "CASE WHEN unicode(fa_c) > 65535 THEN printf('\\u%04X\\u%04X', "
        "55296 + (unicode(fa_c) - 65536) // 1024, 56320 + (unicode(fa_c) - 65536) % 1024) "
        "ELSE fa_c END"
    )
    return let(
        "fa_u",
        written,
        duckdb(
            f"CASE WHEN regexp_matches(fa_u, '{wide}') THEN array_to_string(list_transform("
            f"regexp_extract_all(fa_u, '(?s).'), lambda fa_c: {letter}), '') ELSE fa_u END"
        ),
    )


def normalized(value: exp.Expr) -> exp.Expr:
    """The text of a JSON value as Trino writes it, without blanks."""
    return duckdb(
        "list_extract(list_transform([:x], lambda fa_t: "
        f"CASE WHEN regexp_matches(fa_t, '{_ODD_NUMBER}') THEN :float ELSE fa_t END), 1)",
        x=escaped(duckdb("CAST(json(:x) AS VARCHAR)", x=value)),
        float=FLOAT,
    )


def _ordered(value: exp.Expr) -> exp.Expr:
    """The same, with the keys of an object in order; there must be no order further inside."""
    pointer = "'/' || replace(replace(fa_k, '~', '~0'), '/', '~1')"
    field = f"CAST(fa_json_extract(:x, {pointer}) AS VARCHAR)"
    return duckdb(
        "CASE json_type(:x) WHEN 'OBJECT' THEN CASE "
        "WHEN len(list_distinct(json_keys(:x))) < len(json_keys(:x)) THEN :deep "
        f"WHEN list_contains(list_transform(json_keys(:x), lambda fa_k: "
        f"regexp_matches({field}, '{_UNORDERED}')), true) THEN :deep "
        "ELSE '{' || array_to_string(list_transform(list_sort(json_keys(:x)), lambda fa_k: "
        f"CAST(json_quote(fa_k) AS VARCHAR) || ':' || {field}), ',') || '}}' END "
        f"WHEN 'ARRAY' THEN CASE WHEN regexp_matches(:x, '{_UNORDERED}') THEN :deep ELSE :x END "
        "ELSE :x END".replace("}}'", "}'"),
        x=value,
        deep=_DEEP,
    )


def _of_literal(written: str) -> exp.Expr:
    """A literal, read before anything runs."""
    try:
        value = json.loads(written, parse_constant=_no_constant)
    except ValueError:
        return as_json(fail("INVALID_FUNCTION_ARGUMENT", "Cannot convert value to JSON"))
    made = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if re.search(r"[\ud800-\udfff]", made):
        return as_json(_HALF)
    made = re.sub(r"[^\u0000-\uffff]", _escapes, made)
    return duckdb("CAST(:x AS JSON)", x=text(made)) if _is_plain(value) else FLOAT


def _escapes(found: re.Match[str]) -> str:
    high, low = divmod(ord(found[0]) - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04X}\\u{0xDC00 + low:04X}"


def _no_constant(name: str) -> float:
    """NaN is a number to Python alone."""
    raise ValueError(name)


def _is_plain(value: object) -> bool:
    """Whether Java writes all the numbers in it as Python does."""
    if isinstance(value, float):
        return value == 0 or _LEAST <= abs(value) < _MOST
    if isinstance(value, list | dict):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return True


def as_json(written: exp.Expr) -> exp.Expr:
    """A text as a value."""
    return duckdb("CAST(:x AS JSON)", x=written)


def _parse(node: exp.Expr) -> exp.Expr:
    source = source_of(node)
    if is_a(source, types.JSON):
        return source
    if source.is_string:
        return _of_literal(source.name)
    known = duckdb("CASE WHEN json_valid(:x) THEN :x END", x=source)
    made = as_json(escaped(let("fa_o", normalized(known), _ordered(exp.to_identifier("fa_o")))))
    bad = duckdb("NOT json_valid(:x)", x=source)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Cannot convert value to JSON", made)


def _format(node: exp.Expr) -> exp.Expr:
    return duckdb("CAST(:x AS VARCHAR)", x=node.expressions[0])


def _found(node: exp.Expr) -> exp.Expr:
    """What is at the path: ``[0]`` is a place in an array, and the name ``0`` in an object."""
    source, path = node.expressions
    ways = [""]
    for step in steps(node, path):
        ways = [way + either for way in ways for either in _readings(step)]
    if len(ways) > _MOST_WAYS:
        raise unsupported(f"the JSON path {path.name!r} (of so many places)")
    found = [f"fa_json_extract(:x, {literal('$' + way)})" for way in ways]
    return duckdb(found[0] if len(found) == 1 else f"coalesce({', '.join(found)})", x=valid(source))


def _readings(step: str) -> list[str]:
    """What a step, as DuckDB spells it, may mean; at most one of them finds something."""
    if step.startswith("["):
        return [step, f'."{step[1:-1]}"']
    name = step[2:-1]
    return [step, f"[{int(name)}]"] if re.fullmatch("[+]?[0-9]{1,9}", name) else [step]


def _extract(node: exp.Expr) -> exp.Expr:
    return as_json(normalized(_found(node)))


def _scalar(node: exp.Expr) -> exp.Expr:
    """The text of a scalar; of a number, as it is written in the text."""
    source = node.expressions[0]
    raw, whole = "CAST(fa_j AS VARCHAR)", "CAST(fa_j AS VARCHAR)"
    if not is_a(source, types.JSON):
        numbers = r"regexp_extract_all(:s, '-?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?')"
        same = (
            f"list_distinct(list_filter({numbers}, "
            "lambda fa_n: CAST(fa_n AS DOUBLE) = CAST(fa_j AS DOUBLE)))"
        )
        raw = f"CASE WHEN len({same}) = 1 THEN list_extract({same}, 1) ELSE :float END"
        # DuckDB has no integer -0.
        zero = f"{whole} = '0' AND regexp_matches(:s, '{_MINUS_ZERO}')"
        whole = f"CASE WHEN {zero} THEN :float ELSE {whole} END"
    return duckdb(
        "list_extract(list_transform([:x], lambda fa_j: CASE json_type(fa_j) "
        "WHEN 'VARCHAR' THEN fa_json_extract_string(fa_j, '$') "
        "WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL "
        f"WHEN 'DOUBLE' THEN {raw} ELSE {whole} END), 1)",
        x=_found(node),
        s=source,
        float=FLOAT,
    )


def _length(node: exp.Expr) -> exp.Expr:
    return duckdb(
        "CASE WHEN json_type(:x) = 'ARRAY' THEN CAST(json_array_length(:x) AS BIGINT) END",
        x=valid(node.expressions[0]),
    )


def _get(node: exp.Expr) -> exp.Expr:
    """An element from 0, or from the end; what Trino makes of a text is no JSON."""
    source, place = node.expressions
    items = duckdb(
        "CASE WHEN json_type(:x) = 'ARRAY' THEN fa_json_extract(:x, '$[*]') END", x=valid(source)
    )
    item = duckdb("list_extract(:l, CASE WHEN :n < 0 THEN :n ELSE :n + 1 END)", l=items, n=place)
    odd = athena_only("json_array_get of a text")
    checked = duckdb(
        "list_extract(list_transform([:x], lambda fa_j: CASE json_type(fa_j) "
        "WHEN 'VARCHAR' THEN :odd WHEN 'NULL' THEN NULL ELSE fa_j END), 1)",
        x=item,
        odd=odd,
    )
    return as_json(normalized(checked))


def _contains(node: exp.Expr) -> exp.Expr:
    source, value = node.expressions
    kinds = "'VARCHAR'"
    read = "fa_json_extract_string(fa_j, '$') = :v"
    if is_a(value, types.INTEGERS):
        kinds, read = "'BIGINT', 'UBIGINT'", "CAST(fa_j AS HUGEINT) = :v"
    elif is_a(value, types.DOUBLE):
        kinds, read = "'DOUBLE'", "CAST(fa_j AS DOUBLE) = :v"
    elif is_a(value, types.BOOLEAN):
        kinds, read = "'BOOLEAN'", "CAST(fa_j AS BOOLEAN) = :v"
    elif not is_a(value, types.TEXTS):
        raise unsupported(f"{shown(node)}: search for such a value")
    return duckdb(
        "CASE WHEN :v IS NOT NULL AND json_type(:x) = 'ARRAY' THEN list_contains(list_transform("
        "fa_json_extract(:x, '$[*]'), lambda fa_j: "
        f"CASE WHEN json_type(fa_j) IN ({kinds}) THEN {read} ELSE false END), true) END",
        x=valid(source),
        v=value,
    )


def _size(node: exp.Expr) -> exp.Expr:
    return duckdb(
        "list_extract(list_transform([:x], lambda fa_j: CASE json_type(fa_j) "
        "WHEN 'OBJECT' THEN CAST(len(json_keys(fa_j)) AS BIGINT) "
        "WHEN 'ARRAY' THEN CAST(json_array_length(fa_j) AS BIGINT) "
        "ELSE CASE WHEN fa_j IS NOT NULL THEN CAST(0 AS BIGINT) END END), 1)",
        x=_found(node),
    )


def _is_scalar(node: exp.Expr) -> exp.Expr:
    (source,) = node.expressions
    verdict = duckdb("json_type(:x) NOT IN ('OBJECT', 'ARRAY')", x=source)
    if is_a(source, types.JSON):
        return verdict
    bad = duckdb("NOT json_valid(:x)", x=source)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Invalid JSON value", verdict)


ROWS = (
    Function(exp.ParseJSON, "JSON", _json_type, _parse),
    Function(named("json_parse"), "json_parse", _json_type, _parse),
    Function(named("json_format"), "json_format", "json -> varchar", _format),
    Function(named("json_extract"), "json_extract", _json_type, _extract),
    Function(
        named("json_extract_scalar"), "json_extract_scalar", _giving(exp.DType.VARCHAR), _scalar
    ),
    Function(named("json_array_length"), "json_array_length", _giving(exp.DType.BIGINT), _length),
    Function(named("json_array_get"), "json_array_get", _get_type, _get),
    Function(
        named("json_array_contains"), "json_array_contains", _giving(exp.DType.BOOLEAN), _contains
    ),
    Function(named("json_size"), "json_size", _giving(exp.DType.BIGINT), _size),
    Function(named("is_json_scalar"), "is_json_scalar", _giving(exp.DType.BOOLEAN), _is_scalar),
)
