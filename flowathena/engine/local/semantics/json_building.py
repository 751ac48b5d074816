"""JSON objects and arrays made of values: ``json_object('a' : 1)``, ``json_array(1, 2)``.

What they give is a text. Dates, times and addresses in it are texts; of what is JSON already, Trino
takes some for JSON and some for a text, so it is refused.
"""

from collections.abc import Iterable, Iterator

from sqlglot import exp

from flowathena.engine.local.semantics import casts, json_casts, types
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
    text,
)
from flowathena.engine.local.semantics.types import is_a, of, spelled, unsupported

_FEW = 12
_AS_JSON = types.INTEGERS | types.BOOLEAN | types.DECIMAL | types.DOUBLE | types.TEXTS
_AS_TEXT = types.DATE | types.TIMESTAMP | types.ADDRESS


# Type rules


def _pairs(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    for pair in node.expressions:
        if not isinstance(pair, exp.JSONKeyValue):
            raise unsupported(f"{shown(node)}: such an object")
        yield pair.this, pair.expression


def _check_order(node: exp.Expr) -> None:
    """Refuse keys that Java's hash map has in another order, as Trino 470 does: others keep it."""
    keys = [key.name if key.is_string else "" for key, _ in _pairs(node)]
    places = [_place(key) for key in keys]
    several = len(keys) > 1
    if several and (len(set(keys)) < len(keys) or "" in keys or len(keys) > _FEW):
        raise unsupported(f"{shown(node)}: keys that are equal, computed or many")
    if places != sorted(places):
        raise unsupported(f"{shown(node)}: the order of these keys")


def _place(key: str) -> int:
    """The bucket of a text in a hash map of 16."""
    letters = key.encode("utf-16-be")
    code = 0
    for high, low in zip(letters[::2], letters[1::2], strict=True):
        code = (31 * code + 256 * high + low) % 2**32
    return (code ^ code >> 16) % 16


def _object_type(node: exp.Expr) -> exp.DataType:
    for key, value in _pairs(node):
        require(node, key, "text")
        _check(node, value)
    _check_order(node)
    return exp.DType.VARCHAR.into_expr()


def _array_type(node: exp.Expr) -> exp.DataType:
    for value in node.expressions:
        _check(node, value)
    return exp.DType.VARCHAR.into_expr()


def _check(node: exp.Expr, value: exp.Expr) -> None:
    made = isinstance(value.unnest(), exp.JSONObject | exp.JSONExtract | exp.FormatJson | _ARRAY)
    if made or not is_a(value, _AS_JSON | _AS_TEXT | types.OPEN):
        raise unsupported(f"{shown(node)} with a value of {spelled(of(value))}, or JSON")


# DuckDB forms


def _written(value: exp.Expr) -> exp.Expr:
    """The JSON of a value, NULL for NULL."""
    kind = of(value)
    if kind.this in types.OPEN:
        return cast(exp.Null(), "varchar")
    if kind.this in _AS_TEXT:
        source = exp.paren(value.copy())
        source.type = kind
        letters = exp.DType.VARCHAR.into_expr()
        value = casts.to_duckdb(exp.Cast(this=source, to=letters))
        kind = letters
    return json_casts.member(value, kind, casts.to_duckdb, 0)


def _object(node: exp.Expr) -> exp.Expr:
    absent = node.args.get("null_handling") == "ABSENT ON NULL"
    entries: list[exp.Expr] = []
    for key, value in _pairs(node):
        written = _written(value)
        entry = duckdb(
            "CAST(to_json(:k) AS VARCHAR) || ':' || :v",
            k=key,
            v=written if absent else json_casts.or_null(written),
        )
        message = "null value passed for JSON object key"
        entries.append(guarded(is_null(key), "INVALID_FUNCTION_ARGUMENT", message, entry))
    return _joined("{", entries, "}")


def _array(node: exp.Expr) -> exp.Expr:
    return _joined("[", map(_written, node.expressions), "]")


def _joined(opening: str, parts: Iterable[exp.Expr], closing: str) -> exp.Expr:
    """What is NULL is left out."""
    given = list(parts)
    inside = call("concat_ws", text(","), *given) if given else text("")
    return duckdb(f"'{opening}' || :p || '{closing}'", p=inside)


_ARRAY = named("json_array")

ROWS = (
    Function(
        exp.JSONObject,
        "json_object",
        _object_type,
        _object,
        arguments="expressions null_handling",
    ),
    Function(_ARRAY, "json_array", _array_type, _array),
)
