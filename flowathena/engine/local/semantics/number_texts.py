"""Doubles and decimals as texts, digit by digit as Java writes them."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import athena_only, cast, once
from flowathena.engine.local.semantics.types import digits, of

# Of a double's shortest text, "1.5e+16": the digits before and after its point, and its exponent.
_SPLIT = (
    "struct_pack(w := split_part(split_part(:t, 'e', 1), '.', 1), "
    "f := split_part(split_part(:t, 'e', 1), '.', 2), "
    "e := CAST(coalesce(nullif(split_part(:t, 'e', 2), ''), '0') AS INTEGER))"
)
_DIGITS = (
    "struct_pack(d := rtrim(ltrim(:p.w || :p.f, '0'), '0'), "
    "e := CAST(:p.e + CASE WHEN ltrim(:p.w, '0') <> '' THEN length(ltrim(:p.w, '0')) - 1 "
    "ELSE length(ltrim(:p.f, '0')) - length(:p.f) - 1 END AS INTEGER))"
)
_MANTISSA = "left(:p.d, 1) || '.' || coalesce(nullif(substr(:p.d, 2), ''), '0')"
# Beyond these Java's older algorithm, which Trino's cast has, may write other digits.
_LEAST, _MOST = "1e-5", "9e15"


def _parts(value: exp.Expr) -> exp.Expr:
    """The digits of a double without zeros around them, and the exponent of the first."""
    return once(_DIGITS, p=once(_SPLIT, t=once("CAST(abs(:x) AS VARCHAR)", x=value)))


_ODD = (
    "WHEN :x IS NULL THEN NULL WHEN isnan(:x) THEN 'NaN' "
    "WHEN isinf(:x) THEN CASE WHEN :x > 0 THEN 'Infinity' ELSE '-Infinity' END"
)
_SIGN = "CASE WHEN CAST(:x AS VARCHAR) LIKE '-%' THEN '-' ELSE '' END"


def scientific(value: exp.Expr) -> exp.Expr:
    """A double as a cast writes it: ``1.5E0``."""
    return once(
        f"CASE {_ODD} WHEN :x = 0 THEN {_SIGN} || '0E0' "
        f"WHEN NOT abs(:x) BETWEEN {_LEAST} AND {_MOST} THEN :o "
        f"ELSE {_SIGN} || {_MANTISSA} || 'E' || :p.e END",
        {"o": athena_only("the text of so great or small a double")},
        x=value,
        p=_parts(value),
    )


def java(value: exp.Expr) -> exp.Expr:
    """A double as Java's ``Double.toString`` writes it: ``1.5``, ``1.0E10``."""
    whole = "rpad(left(:p.d, :p.e + 1), :p.e + 1, '0')"
    rest = "coalesce(nullif(substr(:p.d, :p.e + 2), ''), '0')"
    return once(
        f"CASE {_ODD} WHEN :x = 0 THEN {_SIGN} || '0.0' "
        f"WHEN abs(:x) < 1e-3 OR abs(:x) >= 1e7 THEN {_SIGN} || {_MANTISSA} || 'E' || :p.e "
        f"WHEN :p.e < 0 THEN {_SIGN} || '0.' || repeat('0', -1 - :p.e) || :p.d "
        f"ELSE {_SIGN} || {whole} || '.' || {rest} END",
        x=value,
        p=_parts(value),
    )


def plain(value: exp.Expr) -> exp.Expr:
    """A decimal's text; DuckDB writes no 0 before a point that has nothing else before it."""
    precision, scale = digits(of(value))
    if precision == scale:
        value = cast(value, types.decimal(min(38, precision + 1), scale))
    return cast(value, "varchar")
