"""Texts letter by letter: distances, translations, places of a text in another, check digits."""

from sqlglot import exp

from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    call,
    cast,
    duckdb,
    guarded,
    named,
    require,
    shown,
)
from flowathena.engine.local.semantics.types import invalid, unsupported

_PLAIN = athena_only("a distance of letters beyond ASCII")


# Type rules


def _codepoint_type(node: exp.Expr) -> exp.DataType:
    (value,) = node.expressions
    if not value.is_string or len(value.name) != 1:
        raise unsupported(f"{shown(node)} of anything but one letter, written out")
    return exp.DType.INT.into_expr()


def _normal_type(node: exp.Expr) -> exp.DataType:
    require(node, node.this, "text")
    form = node.args.get("form")
    if isinstance(form, exp.Expr) and form.name.upper() != "NFC":
        raise unsupported(f"normalize to {form.name}")
    return exp.DType.VARCHAR.into_expr()


# DuckDB forms


def _levenshtein(node: exp.Expr) -> exp.Expr:
    return _distance(node, "levenshtein")


def _hamming(node: exp.Expr) -> exp.Expr:
    one, other = node.expressions
    uneven = duckdb("length(:a) <> length(:b)", a=one, b=other)
    message = "The input strings to hamming_distance function must have the same length"
    made = _distance(node, "hamming")
    empty = duckdb("CASE WHEN :a = '' AND :b = '' THEN 0 ELSE :x END", a=one, b=other, x=made)
    return guarded(uneven, "INVALID_FUNCTION_ARGUMENT", message, cast(empty, "bigint"))


def _distance(node: exp.Expr, name: str) -> exp.Expr:
    """DuckDB counts bytes."""
    one, other = node.expressions
    return duckdb(
        "CASE WHEN strlen(:a) > length(:a) OR strlen(:b) > length(:b) THEN :e "
        f"ELSE CAST({name}(:a, :b) AS BIGINT) END",
        a=one,
        b=other,
        e=_PLAIN,
    )


def _translate(node: exp.Expr) -> exp.Expr:
    return call("translate", *node.expressions)


def _codepoint(node: exp.Expr) -> exp.Expr:
    return call("unicode", *node.expressions)


def _normal(node: exp.Expr) -> exp.Expr:
    return call("nfc_normalize", node.this)


def _luhn(node: exp.Expr) -> exp.Expr:
    """Every second digit from the right counts twice, nines left out."""
    (value,) = node.expressions
    verdict = duckdb(
        ":x <> '' AND list_sum(list_transform(range(1, length(:x) + 1), lambda fa_i: "
        "CASE WHEN (length(:x) - fa_i) % 2 = 0 THEN CAST(substr(:x, fa_i, 1) AS INTEGER) "
        "WHEN substr(:x, fa_i, 1) = '9' THEN 9 "
        "ELSE CAST(substr(:x, fa_i, 1) AS INTEGER) * 2 % 9 END)) % 10 = 0",
        x=value,
    )
    bad = duckdb("NOT regexp_full_match(:x, '[0-9]*')", x=value)
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Input must contain only digits", verdict)


def position(node: exp.Expr) -> exp.Expr:
    """``strpos`` of an occurrence: counted from the end if it is below 0, 0 if there is none."""
    occurrence = node.args.get("occurrence")
    if occurrence is None:
        return node
    whole, part = node.this, node.args["substr"]
    number = _number(occurrence)
    if number == 0:
        raise invalid("INVALID_FUNCTION_ARGUMENT", "'instance' must not be zero")
    if not part.is_string or _overlaps(part.name):
        raise unsupported("strpos of an occurrence of a text that may overlap with itself")
    place = str(number) if number > 0 else f"len(fa_s) - 1 + {number} + 1"
    return duckdb(
        "list_extract(list_transform([string_split(:s, :p)], lambda fa_s: "
        f"CASE WHEN fa_s IS NULL THEN NULL WHEN {place} NOT BETWEEN 1 AND len(fa_s) - 1 THEN 0 "
        f"ELSE CAST(length(array_to_string(list_slice(fa_s, 1, {place}), :p)) + 1 AS BIGINT) "
        "END), 1)",
        s=whole,
        p=part,
    )


def _number(node: exp.Expr) -> int:
    bare = node.unnest()
    negative = isinstance(bare, exp.Neg)
    literal = bare.this if negative else bare
    if not isinstance(literal, exp.Literal) or not literal.is_int:
        raise unsupported("a computed occurrence")
    return -int(literal.name) if negative else int(literal.name)


def _overlaps(part: str) -> bool:
    """Whether it ends as it begins, or is empty."""
    return not part or any(part.startswith(part[at:]) for at in range(1, len(part)))


def limited(node: exp.Expr) -> exp.Expr:
    """``split`` into at most so many parts: the last is the rest."""
    limit = node.args["limit"]
    count = _number(limit)
    if count < 1:
        raise invalid("INVALID_FUNCTION_ARGUMENT", "Limit must be positive")
    return duckdb(
        "list_extract(list_transform([string_split(:s, :d)], lambda fa_s: "
        f"CASE WHEN len(fa_s) <= {count} THEN fa_s ELSE list_append("
        f"list_slice(fa_s, 1, {count - 1}), "
        f"array_to_string(list_slice(fa_s, {count}, len(fa_s)), :d)) END), 1)",
        s=node.this,
        d=node.expression,
    )


ROWS = (
    Function(named("levenshtein_distance"), "levenshtein_distance", "text -> bigint", _levenshtein),
    Function(named("hamming_distance"), "hamming_distance", "text -> bigint", _hamming),
    Function(named("translate"), "translate", "text -> varchar", _translate),
    Function(named("codepoint"), "codepoint", _codepoint_type, _codepoint),
    Function(named("luhn_check"), "luhn_check", "text -> boolean", _luhn),
    Function(exp.Normalize, "normalize", _normal_type, _normal),
)
