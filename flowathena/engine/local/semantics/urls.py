"""URLs as Java's ``URI`` reads them: their parts, NULL for what is no URL; texts within them."""

from sqlglot import exp

from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    duckdb,
    guarded,
    let,
    named,
)

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ALLOWED = r"([A-Za-z0-9._~:/?#@!$&''()*+,;=-]|%[0-9A-Fa-f]{2})*"
_PARTS = r"^(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$"
_HOST = (
    r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?\.?"
    rf"|{_OCTET}(\.{_OCTET}){{3}}"
)
_SERVER = rf"([^@]*@)?({_HOST})(:[0-9]{{0,9}})?"
_NEXT = "%[89AB][0-9A-F]"
_UTF8 = (
    "(?i)([^%]|%[0-7][0-9A-F]"
    f"|%(C[2-9A-F]|D[0-9A-F]){_NEXT}"
    f"|(%E0%[AB][0-9A-F]|%E[1-9A-CEF]{_NEXT}|%ED%[89][0-9A-F]){_NEXT}"
    f"|(%F0%[9AB][0-9A-F]|%F[1-3]{_NEXT}|%F4%8[0-9A-F]){_NEXT}{_NEXT})*"
)
"""Texts whose escapes are UTF-8."""
_ODD = athena_only("such a URL")


def _part(group: int) -> str:
    return f"regexp_extract(fa_u, '{_PARTS}', {group})"


# Letters beyond ASCII and brackets are more than a pattern can judge.
_SCHEME = "[A-Za-z][A-Za-z0-9+.-]*:"
_BAD = (
    f"NOT regexp_full_match(fa_u, '{_ALLOWED}') OR regexp_matches(fa_u, '^{_SCHEME}(//)?$') "
    f"OR regexp_matches(fa_u, '^[^/?#:]*:') AND NOT regexp_matches(fa_u, '^{_SCHEME}') "
    "OR regexp_matches(fa_u, '^//$|#.*#')"
)
_OPAQUE = f"regexp_matches(fa_u, '^{_SCHEME}[^/]')"


def _read(source: exp.Expr, body: str, **parts: exp.Expr) -> exp.Expr:
    """A part of a URL by DuckDB's SQL over ``fa_u``."""
    sql = (
        rf"CASE WHEN regexp_matches(fa_u, '[^\x00-\x7f]|[\[\]]|:[0-9]{{10}}') THEN :odd "
        f"WHEN {_BAD} THEN NULL ELSE {body} END"
    )
    return let("fa_u", source, duckdb(sql, odd=_ODD, **parts))


def _decoded(group: int) -> str:
    return _decoding(_part(group))


def _decoding(part: str) -> str:
    return f"CASE WHEN regexp_full_match({part}, '{_UTF8}') THEN url_decode({part}) ELSE :odd END"


def _protocol(node: exp.Expr) -> exp.Expr:
    return _read(node.expressions[0], _part(1))


def _host(node: exp.Expr) -> exp.Expr:
    """Empty if what stands in its place is no name of a server."""
    server = f"regexp_full_match({_part(2)}, '{_SERVER}')"
    body = f"CASE WHEN {server} THEN regexp_extract({_part(2)}, '^{_SERVER}$', 2) ELSE '' END"
    return _read(node.expressions[0], body)


def _port(node: exp.Expr) -> exp.Expr:
    server = f"regexp_full_match({_part(2)}, '{_SERVER}')"
    digits = f"regexp_extract({_part(2)}, ':([0-9]+)$', 1)"
    return _read(
        node.expressions[0], f"CASE WHEN {server} THEN CAST(nullif({digits}, '') AS BIGINT) END"
    )


def _path(node: exp.Expr) -> exp.Expr:
    return _read(node.expressions[0], f"CASE WHEN {_OPAQUE} THEN '' ELSE {_decoded(3)} END")


def _query(node: exp.Expr) -> exp.Expr:
    return _read(node.expressions[0], f"CASE WHEN {_OPAQUE} THEN '' ELSE {_decoded(4)} END")


def _fragment(node: exp.Expr) -> exp.Expr:
    return _read(node.expressions[0], _decoded(5))


def _parameter(node: exp.Expr) -> exp.Expr:
    """The value of the first parameter of that name."""
    source, name = node.expressions
    named_so = (
        f"list_filter(string_split({_part(4)}, '&'), lambda fa_p: split_part(fa_p, '=', 1) = :n)"
    )
    first = f"list_extract({named_so}, 1)"
    rest = f"substr({first}, strpos({first}, '=') + 1)"
    value = f"CASE WHEN contains({first}, '=') THEN {rest} ELSE '' END"
    body = (
        f"CASE WHEN {_OPAQUE} THEN NULL "
        f"WHEN regexp_matches({_part(4)}, '[+]|%26|%3[dD]') THEN :odd "
        f"WHEN len({named_so}) > 0 THEN {_decoding(value)} END"
    )
    return _read(source, body, n=name)


def _encode(node: exp.Expr) -> exp.Expr:
    """As a form is sent: a blank is ``+``."""
    return duckdb(
        "replace(replace(replace(url_encode(:x), '%20', '+'), '%2A', '*'), '~', '%7E')",
        x=node.expressions[0],
    )


def _decode(node: exp.Expr) -> exp.Expr:
    (value,) = node.expressions
    bad = duckdb("NOT regexp_full_match(:x, '([^%]|%[0-9A-Fa-f]{2})*')", x=value)
    made = duckdb(
        f"CASE WHEN regexp_full_match(:x, '{_UTF8}') THEN url_decode(replace(:x, '+', ' ')) "
        "WHEN :x IS NOT NULL THEN :odd END",
        x=value,
        odd=athena_only("url_decode of bytes that are not UTF-8"),
    )
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Incomplete trailing escape", made)


_FORMS = {
    "protocol": _protocol,
    "host": _host,
    "path": _path,
    "query": _query,
    "fragment": _fragment,
    "parameter": _parameter,
}

ROWS = (
    *(
        Function(named(f"url_extract_{part}"), f"url_extract_{part}", "text -> varchar", form)
        for part, form in _FORMS.items()
    ),
    Function(named("url_extract_port"), "url_extract_port", "text -> bigint", _port),
    Function(named("url_encode"), "url_encode", "text -> varchar", _encode),
    Function(named("url_decode"), "url_decode", "text -> varchar", _decode),
)
