"""Bits of integers, and integers as texts in another base."""

from collections.abc import Callable

from sqlglot import exp

from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    cast,
    duckdb,
    fail,
    named,
    once,
    require,
    shown,
)
from flowathena.engine.local.semantics.mathematics import of_kinds
from flowathena.engine.local.semantics.types import invalid, is_a, of, unsupported

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


# Type rules


def _shifted_type(node: exp.Expr) -> exp.DataType:
    """The integer's; so many places, an integer."""
    value, places = node.expressions
    require(node, value, "int")
    if not is_a(places, {exp.DType.INT, exp.DType.NULL}):
        raise invalid("TYPE_MISMATCH", f"{shown(node)} shifts by an integer")
    return exp.DType.BIGINT.into_expr() if is_a(value, {exp.DType.BIGINT}) else _INT.copy()


_INT = exp.DType.INT.into_expr()


# DuckDB forms


def _width(value: exp.Expr) -> int:
    return 64 if is_a(value, {exp.DType.BIGINT}) else 32


def _shift(sql: str, beyond: str) -> Callable[[exp.Expr], exp.Expr]:
    """A shift of the integer's bits; ``beyond`` is left of it after so many places as it has."""

    def form(node: exp.Expr) -> exp.Expr:
        value, places = node.expressions
        width = _width(value)
        power = "CAST(pow(2, :n) AS HUGEINT)"
        whole = sql.replace("POWER", power).replace("ALL", f"CAST('{2**width}' AS HUGEINT)")
        bits = once(
            f"CASE WHEN :n < 0 THEN :e WHEN :n >= {width} THEN {beyond} ELSE {whole} END",
            {"e": athena_only("a shift by a negative number")},
            v=cast(value, "hugeint"),
            n=places,
        )
        signed = once(
            f"CASE WHEN :b >= CAST('{2 ** (width - 1)}' AS HUGEINT) "
            f"THEN :b - CAST('{2**width}' AS HUGEINT) ELSE :b END",
            b=bits,
        )
        return cast(signed, of(node).copy())

    return form


_LEFT = "((:v * POWER) % ALL + ALL) % ALL"
_RIGHT = "CASE WHEN :v < 0 THEN :v + ALL ELSE :v END // POWER"
_RIGHT_SIGNED = "(:v - (:v % POWER + POWER) % POWER) // POWER"


def _bit_count(node: exp.Expr) -> exp.Expr:
    """Of a number in so many bits; a negative one is counted in its complement."""
    value, bits = node.expressions
    message = "Bits specified in bit_count must be between 2 and 64"
    narrow = "Number must be representable with the bits specified"
    return once(
        "CASE WHEN :v IS NULL OR :n IS NULL THEN NULL WHEN :n NOT BETWEEN 2 AND 64 THEN :e "
        "WHEN NOT :v BETWEEN -CAST(pow(2, :n - 1) AS HUGEINT) "
        "AND CAST(pow(2, :n - 1) AS HUGEINT) - 1 THEN :f "
        "ELSE CAST(bit_count(CASE WHEN :v < 0 THEN :v + CAST(pow(2, :n) AS HUGEINT) ELSE :v END) "
        "AS BIGINT) END",
        {
            "e": fail("INVALID_FUNCTION_ARGUMENT", message),
            "f": fail("INVALID_FUNCTION_ARGUMENT", narrow),
        },
        v=cast(value, "hugeint"),
        n=bits,
    )


def _radix(node: exp.Expr) -> int:
    base = node.expressions[1].unnest()
    if not isinstance(base, exp.Literal):
        raise unsupported("base that is computed")
    if not 2 <= int(base.name) <= len(_DIGITS):  # noqa: PLR2004 - bits
        raise invalid("INVALID_FUNCTION_ARGUMENT", "Radix must be between 2 and 36")
    return int(base.name)


def _to_base(node: exp.Expr) -> exp.Expr:
    """With a sign, in small letters."""
    radix = _radix(node)
    digits = f"lower(to_base(abs(:v), {radix}))"
    return once(f"CASE WHEN :v < 0 THEN '-' || {digits} ELSE {digits} END", v=node.expressions[0])


def _from_base(node: exp.Expr) -> exp.Expr:
    radix = _radix(node)
    digits = _DIGITS[:radix]
    value = (
        f"list_reduce(list_prepend(CAST(0 AS HUGEINT), list_transform(generate_series(1, "
        f"length(:d)), lambda i: CAST(strpos('{digits}', substr(:d, i, 1)) - 1 AS HUGEINT))), "
        f"lambda a, b: a * {radix} + b)"
    )
    text = cast(node.expressions[0], "varchar")
    bare = duckdb("ltrim(regexp_replace(lower(:s), '^[+-]', ''), '0')", s=text)
    number = once(
        f"CASE WHEN NOT regexp_full_match(lower(:s), '[+-]?[{digits}]+') "
        "OR length(:d) > 64 THEN :e "
        f"WHEN :d = '' THEN 0 ELSE {value} * CASE WHEN left(:s, 1) = '-' THEN -1 ELSE 1 END END",
        {"e": fail("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{radix} number")},
        s=text,
        d=bare,
    )
    return once(
        "CASE WHEN NOT :v BETWEEN CAST('-9223372036854775808' AS HUGEINT) "
        "AND CAST('9223372036854775807' AS HUGEINT) THEN :e ELSE CAST(:v AS BIGINT) END",
        {"e": fail("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{radix} number")},
        v=number,
    )


ROWS = (
    Function(
        named("bitwise_not"),
        "bitwise_not",
        of_kinds("int", "bigint"),
        lambda node: duckdb("(-1 - CAST(:v AS BIGINT))", v=node.expressions[0]),
    ),
    Function(named("bitwise_left_shift"), "bitwise_left_shift", _shifted_type, _shift(_LEFT, "0")),
    Function(
        named("bitwise_right_shift"), "bitwise_right_shift", _shifted_type, _shift(_RIGHT, "0")
    ),
    Function(
        named("bitwise_right_shift_arithmetic"),
        "bitwise_right_shift_arithmetic",
        _shifted_type,
        _shift(_RIGHT_SIGNED, "CASE WHEN :v < 0 THEN -1 ELSE 0 END"),
    ),
    Function(named("bit_count"), "bit_count", of_kinds("int int", "bigint"), _bit_count),
    Function(named("to_base"), "to_base", of_kinds("int int", "varchar"), _to_base),
    Function(named("from_base"), "from_base", of_kinds("text int", "bigint"), _from_base),
)
