"""Bytes: their texts in hexadecimal and base 64, UTF-8, digests."""

from sqlglot import exp

from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    call,
    duckdb,
    fail,
    guarded,
    named,
    shown,
    signature,
    text,
)
from flowathena.engine.local.semantics.types import unsupported

_HEX = "([0-9a-fA-F]{2})*"
_BASE64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_UNPADDED = "[A-Za-z0-9+/]*"


def _literal(node: exp.Expr) -> exp.Expr:
    return call("unhex", text(node.name))


def _bytes_type(_: exp.Expr) -> exp.DataType:
    return exp.DType.VARBINARY.into_expr()


def _from_utf8_type(node: exp.Expr) -> exp.DataType:
    if len(node.expressions) > 1:
        raise unsupported("from_utf8 with a replacement")
    return signature("bytes -> varchar")(node)


def _name(node: exp.Expr) -> str:
    return shown(node).partition("(")[0].lower()


def _digest(node: exp.Expr) -> exp.Expr:
    """DuckDB's digests are texts."""
    return call("unhex", call(_name(node), node.expressions[0]))


def _to_hex(node: exp.Expr) -> exp.Expr:
    return call("hex", node.expressions[0])


def _from_hex(node: exp.Expr) -> exp.Expr:
    (value,) = node.expressions
    bad = exp.not_(call("regexp_full_match", value, text(_HEX)))
    message = "input string must have pairs of hexadecimal digits"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, call("unhex", value))


def _to_utf8(node: exp.Expr) -> exp.Expr:
    return call("encode", node.expressions[0])


def _from_utf8(node: exp.Expr) -> exp.Expr:
    """Trino puts a sign in the place of what is no UTF-8."""
    odd = athena_only("a text of bytes that are not UTF-8")
    (value,) = node.expressions
    read = "fa_decode(:x, 'replace')"
    return duckdb(
        f"CASE WHEN encode({read}) = :x THEN {read} WHEN :x IS NOT NULL THEN :e END", x=value, e=odd
    )


def _to_base64(node: exp.Expr) -> exp.Expr:
    made = call("to_base64", node.expressions[0])
    return call("translate", made, text("+/"), text("-_")) if _is_of_urls(node) else made


def _is_of_urls(node: exp.Expr) -> bool:
    return _name(node).endswith("url")


def _from_base64(node: exp.Expr) -> exp.Expr:
    """Trino also reads texts without their padding."""
    (value,) = node.expressions
    written = call("translate", value, text("-_"), text("+/")) if _is_of_urls(node) else value
    return duckdb(
        f"CASE WHEN regexp_full_match(:x, '{_BASE64}') THEN from_base64(:x) "
        f"WHEN regexp_full_match(:x, '{_UNPADDED}') THEN :odd WHEN :x IS NOT NULL THEN :bad END",
        x=written,
        odd=athena_only("base 64 without padding"),
        bad=fail("INVALID_FUNCTION_ARGUMENT", "Illegal base64 character"),
    )


def _big_endian(node: exp.Expr) -> exp.Expr:
    digits = 16 if _name(node).endswith("64") else 8
    kind = "BIGINT" if digits == 16 else "INTEGER"  # noqa: PLR2004 - eight bytes
    return duckdb(
        f"unhex(right(lpad(hex(CAST(:x AS {kind})), 16, '0'), {digits}))", x=node.expressions[0]
    )


def _from_big_endian(node: exp.Expr) -> exp.Expr:
    size = 8 if _name(node).endswith("64") else 4
    kind = "BIGINT" if size == 8 else "INTEGER"  # noqa: PLR2004 - bytes
    (value,) = node.expressions
    bad = duckdb(f"octet_length(:x) <> {size}", x=value)
    message = f"expected {size}-byte input"
    made = duckdb(f"CAST(CAST(:x AS BIT) AS {kind})", x=value)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, made)


ROWS = (
    Function(named("from_big_endian_32"), "from_big_endian_32", "bytes -> int", _from_big_endian),
    Function(
        named("from_big_endian_64"), "from_big_endian_64", "bytes -> bigint", _from_big_endian
    ),
    Function(exp.HexString, "X''", _bytes_type, _literal),
    Function(named("to_utf8"), "to_utf8", "text -> varbinary", _to_utf8),
    Function(named("from_utf8"), "from_utf8", _from_utf8_type, _from_utf8),
    Function(named("to_hex"), "to_hex", "bytes -> varchar", _to_hex),
    Function(named("from_hex"), "from_hex", "text -> varbinary", _from_hex),
    Function(named("to_base64"), "to_base64", "bytes -> varchar", _to_base64),
    Function(named("from_base64"), "from_base64", "text -> varbinary", _from_base64),
    Function(named("to_base64url"), "to_base64url", "bytes -> varchar", _to_base64),
    Function(named("from_base64url"), "from_base64url", "text -> varbinary", _from_base64),
    Function(named("to_big_endian_32"), "to_big_endian_32", "int -> varbinary", _big_endian),
    Function(named("to_big_endian_64"), "to_big_endian_64", "int -> varbinary", _big_endian),
    Function(named("md5"), "md5", "bytes -> varbinary", _digest),
    Function(named("sha1"), "sha1", "bytes -> varbinary", _digest),
    Function(named("sha256"), "sha256", "bytes -> varbinary", _digest),
)
