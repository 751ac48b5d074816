"""``format``: values as texts in a pattern.

It is Java's ``String.format``; only a literal pattern can be read.
https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Formatter.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    call,
    cast,
    duckdb,
    named,
    once,
    text,
)
from flowathena.engine.local.semantics.number_texts import java, plain
from flowathena.engine.local.semantics.time_formatting import Part, written
from flowathena.engine.local.semantics.types import (
    DECIMAL,
    DOUBLE,
    INTEGERS,
    TEXTS,
    TIMES,
    digits,
    invalid,
    is_a,
    of,
    precision_of,
    spelled,
    unsupported,
)
from flowathena.engine.local.semantics.zones import shown_time

_SPECIFIER = re.compile(
    r"%(?:(?P<index>[0-9]+)\$)?(?P<flags>[-#+ 0,(<]*)(?P<width>[1-9][0-9]*)?"
    r"(?:\.(?P<precision>[0-9]+))?(?P<kind>[tT]?[a-zA-Z%])"
)
_CLOCK: dict[str, tuple[Part, ...]] = {
    "Y": (("y", 4),),
    "y": (("y", 2),),
    "m": (("M", 2),),
    "d": (("d", 2),),
    "e": (("d", 1),),
    "B": (("M", 4),),
    "b": (("M", 3),),
    "h": (("M", 3),),
    "A": (("E", 4),),
    "a": (("E", 3),),
    "j": (("D", 3),),
    "H": (("H", 2),),
    "I": (("h", 2),),
    "k": (("H", 1),),
    "l": (("h", 1),),
    "M": (("m", 2),),
    "S": (("s", 2),),
    "L": (("S", 3),),
    "F": (("y", 4), "-", ("M", 2), "-", ("d", 2)),
    "D": (("M", 2), "/", ("d", 2), "/", ("y", 2)),
    "T": (("H", 2), ":", ("m", 2), ":", ("s", 2)),
    "R": (("H", 2), ":", ("m", 2)),
    "r": (("h", 2), ":", ("m", 2), ":", ("s", 2), " ", ("a", 1)),
}
_CLOCK_OF_DATES = frozenset("YymdeBbhAajFD")
_SCALE_OF_PLAIN = 6
"""Java writes a decimal of more digits after the point as ``1E-7`` if it is that small."""


@dataclass(frozen=True)
class _Specifier:
    """``%-7.2f`` and the place of its argument."""

    shown: str
    place: int
    flags: str
    width: int
    precision: int | None
    kind: str


# Type rules


def _format_type(node: exp.Expr) -> exp.DataType:
    """The pattern is literal; every argument suits its specifier."""
    if not isinstance(_pattern(node), exp.Literal):
        raise unsupported("format by a computed pattern")
    for part in _parts(node):
        if isinstance(part, _Specifier):
            _check(node, part)
    return exp.DType.VARCHAR.into_expr()


def _pattern(node: exp.Expr) -> exp.Expr:
    pattern: exp.Expr = node.expressions[0].unnest()
    return pattern


def _parts(node: exp.Expr) -> Iterator[str | _Specifier]:
    """The texts and the specifiers of a pattern."""
    pattern, at, next_place, last = _pattern(node).name, 0, 0, -1
    for found in _SPECIFIER.finditer(pattern):
        yield _plain_text(pattern[at : found.start()])
        at = found.end()
        index, flags, width, precision, kind = found.groups()
        if kind in {"n", "%"}:
            if flags or width or precision or index:
                raise unsupported(f"format by {found[0]}")
            yield "\n" if kind == "n" else "%"
            continue
        if index:
            last = int(index) - 1
        elif "<" not in flags:
            last, next_place = next_place, next_place + 1
        if not 0 <= last < len(node.expressions) - 1:
            raise _illegal(found[0], "MissingFormatArgument")
        size = int(precision) if precision else None
        yield _Specifier(found[0], last, flags.replace("<", ""), int(width or 0), size, kind)
    yield _plain_text(pattern[at:])


def _plain_text(part: str) -> str:
    if "%" in part:
        raise _illegal(part, "UnknownFormatConversion")
    return part


def _illegal(given: str, why: str) -> Exception:
    return invalid("INVALID_FUNCTION_ARGUMENT", f"Invalid format string: {given} ({why})")


_KINDS = {
    "s": "-",
    "S": "-",
    "b": "-",
    "d": "-+ 0,(",
    "x": "-0",
    "X": "-0",
    "f": "-+ 0,(",
}
"""The flags that each specifier may have here."""


def _check(node: exp.Expr, part: _Specifier) -> None:
    value, kind = node.expressions[part.place + 1], part.kind
    if kind[0] in "tT":
        _check_clock(value, part)
        return
    if kind not in _KINDS or set(part.flags) - set(_KINDS[kind]):
        raise unsupported(f"format by {part.shown}")
    if set(part.flags) & set("-0") and not part.width:
        raise _illegal(part.shown, "MissingFormatWidth")
    wanted = {
        "d": INTEGERS,
        "x": INTEGERS,
        "X": INTEGERS,
        "f": DOUBLE | DECIMAL,
        "b": types.BOOLEAN,
    }.get(kind)
    if wanted is not None and not is_a(value, wanted | types.OPEN):
        if kind == "b":
            raise unsupported(f"format of {spelled(of(value))} by {part.shown}")
        raise _illegal(part.shown, "IllegalFormatConversion")
    if kind in "dxX" and part.precision is not None:
        raise _illegal(part.shown, "IllegalFormatPrecision")
    if kind in "sS":
        _check_text(value)


def _check_text(value: exp.Expr) -> None:
    plain_kinds = TEXTS | INTEGERS | types.BOOLEAN | types.DATE | DOUBLE | types.OPEN
    clock = is_a(value, types.TIMESTAMP) and precision_of(of(value)) <= 3  # noqa: PLR2004
    short = is_a(value, DECIMAL) and digits(of(value))[1] <= _SCALE_OF_PLAIN
    if not (is_a(value, plain_kinds) or clock or short):
        raise unsupported(f"format of {spelled(of(value))} by %s")


def _check_clock(value: exp.Expr, part: _Specifier) -> None:
    letter = part.kind[1]
    known = letter in _CLOCK or letter == "p"
    if not known or part.flags or part.precision is not None:
        raise unsupported(f"format by {part.shown}")
    if not is_a(value, TIMES):
        raise _illegal(part.shown, "IllegalFormatConversion")
    if is_a(value, types.DATE) and letter not in _CLOCK_OF_DATES:
        raise _illegal(part.shown, "of a date")


# DuckDB forms


def _format(node: exp.Expr) -> exp.Expr:
    pieces = [
        text(part) if isinstance(part, str) else _piece(node.expressions[part.place + 1], part)
        for part in _parts(node)
        if part
    ]
    return call("concat", *pieces) if pieces else text("")


def _piece(value: exp.Expr, part: _Specifier) -> exp.Expr:
    """A value as its specifier says; NULL is a text, cut as any."""
    made = duckdb(
        "CASE WHEN :v IS NULL THEN :n ELSE :t END",
        v=value,
        n=text(_padded_text("null"[: part.precision], part)),
        t=_value(value, part),
    )
    return duckdb("upper(:t)", t=made) if part.kind in {"S", "X"} or part.kind[0] == "T" else made


def _padded_text(given: str, part: _Specifier) -> str:
    return given.ljust(part.width) if "-" in part.flags else given.rjust(part.width)


def _value(value: exp.Expr, part: _Specifier) -> exp.Expr:
    kind = part.kind
    if kind[0] in "tT":
        return _padded(_clock(value, kind[1]), part)
    if kind in "sS":
        made = _text(value)
        if part.precision is not None:
            made = duckdb(f"left(:t, {part.precision})", t=made)
        return _padded(made, part)
    if kind == "b":
        return _padded(cast(value, "varchar"), part)
    if kind in "xX":
        made = duckdb("lower(hex(CAST(:v AS BIGINT)))", v=value)
        return _padded(made, part, "0" if "0" in part.flags else " ")
    return _number(value, part)


def _clock(value: exp.Expr, letter: str) -> exp.Expr:
    if letter == "p":
        return duckdb("lower(:t)", t=written(value, [("a", 1)]))
    return written(value, list(_CLOCK[letter]))


def _text(value: exp.Expr) -> exp.Expr:
    """As Java writes it: ``1.0E10``, ``2026-11-01T00:00``."""
    if is_a(value, DOUBLE):
        return java(value)
    if is_a(value, types.TIMESTAMP):
        return once(
            "strftime(:t, '%Y-%m-%dT%H:%M') || CASE "
            "WHEN millisecond(:t) % 1000 <> 0 THEN strftime(:t, ':%S.%g') "
            "WHEN second(:t) <> 0 THEN strftime(:t, ':%S') ELSE '' END",
            t=shown_time(value),
        )
    return plain(value) if is_a(value, DECIMAL) else cast(value, "varchar")


def _padded(value: exp.Expr, part: _Specifier, fill: str = " ") -> exp.Expr:
    """At least so wide."""
    if not part.width:
        return value
    side = "rpad" if "-" in part.flags else "lpad"
    sql = (
        f"CASE WHEN length(:t) >= {part.width} THEN :t ELSE {side}(:t, {part.width}, '{fill}') END"
    )
    return once(sql, t=value)


def _number(value: exp.Expr, part: _Specifier) -> exp.Expr:
    """With its sign; zeros fill the space behind the sign."""
    flags = part.flags
    amount, negative = _amount(value, part)
    if "," in flags:
        amount = _grouped(amount)
    before, after = ("(", ")") if "(" in flags else ("-", "")
    positive = "+" if "+" in flags else " " if " " in flags else ""
    signs = f"CASE WHEN :n THEN '{before}' ELSE '{positive}' END"
    zeros = ":d"
    if "0" in flags:
        space = f"{part.width} - CASE WHEN :n THEN {len(before + after)} ELSE {len(positive)} END"
        zeros = f"CASE WHEN length(:d) >= {space} THEN :d ELSE lpad(:d, {space}, '0') END"
    sql = f"concat({signs}, {zeros}, CASE WHEN :n THEN '{after}' ELSE '' END)"
    made = once(sql, d=amount, n=negative)
    if is_a(value, DOUBLE):
        odd = duckdb(
            "CASE WHEN isnan(:v) THEN 'NaN' WHEN :v > 0 THEN :p ELSE :m END",
            v=value,
            p=text(f"{positive}Infinity"),
            m=text(f"{before}Infinity{after}"),
        )
        made = duckdb("CASE WHEN isfinite(:v) THEN :t ELSE :o END", v=value, t=made, o=odd)
    return _padded(made, part)


def _amount(value: exp.Expr, part: _Specifier) -> tuple[exp.Expr, exp.Expr]:
    """The digits without a sign, and whether the sign is a minus."""
    if part.kind == "d":
        digits_only = duckdb("CAST(abs(CAST(:v AS HUGEINT)) AS VARCHAR)", v=value)
        return digits_only, duckdb(":v < 0", v=value)
    places = 6 if part.precision is None else part.precision
    if places > 30:  # noqa: PLR2004 - what is before the point has digits too
        raise unsupported(f"format by {part.shown}")
    written_out = cast(value, "varchar") if is_a(value, DOUBLE) else plain(value)
    # Java rounds the digits half up; of a double, those that it shows.
    rounded = f"CAST(ltrim(:t, '-') AS DECIMAL(38, {places}))"
    large = athena_only("format of so great a number")
    limit = f"CAST('1e{37 - places}' AS DOUBLE)"
    made = once(
        f"CASE WHEN isfinite(:x) AND abs(:x) >= {limit} THEN :e "
        f"WHEN isfinite(:x) THEN CAST({rounded} AS VARCHAR) ELSE '' END",
        {"e": large},
        t=written_out,
        x=cast(value, "double"),
    )
    return made, duckdb("left(:t, 1) = '-'", t=written_out)


def _grouped(amount: exp.Expr) -> exp.Expr:
    """Commas between thousands."""
    return once(
        "concat(reverse(rtrim(regexp_replace(reverse(split_part(:d, '.', 1)), '([0-9]{3})', "
        "'\\1,', 'g'), ',')), substr(:d, length(split_part(:d, '.', 1)) + 1))",
        d=amount,
    )


ROWS = (Function(named("format"), "format", _format_type, _format),)
