"""Texts read as times: in MySQL's and Joda's patterns, and in those of ISO 8601.

A pattern becomes a regular expression with a group for each number. Joda takes as many digits as it
may and never gives one back, so a number that another follows has all its digits.
"""

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    athena_only,
    duckdb,
    fail,
    named,
    once,
    require,
    text,
)
from flowathena.engine.local.semantics.time_formatting import Part, joda, literal_pattern, mysql
from flowathena.engine.local.semantics.types import unsupported
from flowathena.engine.local.semantics.zones import named_zone

# The most digits of each letter's number, and the values it may have.
_DIGITS = {"M": 2, "d": 2, "D": 3, "H": 2, "h": 2, "K": 2, "k": 2, "m": 2, "s": 2}
_RANGES = {
    "M": (1, 12),
    "d": (1, 31),
    "D": (1, 366),
    "H": (0, 23),
    "h": (1, 12),
    "K": (0, 11),
    "k": (1, 24),
    "m": (0, 59),
    "s": (0, 59),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OFFSET = r"Z|[+-][0-9]{2}(?::?[0-9]{2})?"
# Names of groups that are not the letter: years of a century, MySQL's fractions.
_NAMES: dict[Part, str] = {("y", 2): "Y", ("f", 6): "S"}
_TEXTS = frozenset("EaZ")
_ISO = (
    r"^(([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:T([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})"
    rf"(?:[.,]([0-9]{{1,9}}))?)?)?({_OFFSET})?)?)?)?)$"
)
_ISO_LETTERS = "yMdHmsSZ"
_ISO_DAY = r"^(([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?)$"
# Of the other texts, those that Trino may read: weeks, days of a year, other years, no date.
_ISO_ODD = r"^[+-]|^[0-9]{5}|^[0-9]{1,3}(-|T|$)|^T|W|^[0-9]+-[0-9]{3}(T|$)|[.,]|T$|T[^0-9]|T[+-]"


# Patterns


def _expression(parts: list[Part]) -> tuple[str, str]:
    """The regular expression of a pattern, and the letters of its groups in their order."""
    found, letters = "", ""
    for part, following in pairwise([*parts, ""]):
        if isinstance(part, str):
            found += re.escape(part)
            continue
        letter, count = part
        group = _group(letter, count, followed=_is_number(following))
        name = _NAMES.get(part, "N" if letter == "M" and count >= 3 else letter)  # noqa: PLR2004
        if name in letters:
            raise unsupported("date format that names a field twice")
        found, letters = f"{found}({group})", letters + name
    return f"^({found})$", letters


def _is_number(part: Part) -> bool:
    if isinstance(part, str):
        return part.isdigit()
    return part[0] not in _TEXTS and not (part[0] == "M" and part[1] >= 3)  # noqa: PLR2004 - a name


def _group(letter: str, count: int, *, followed: bool) -> str:  # noqa: PLR0911 - one line a letter
    if letter == "y":
        if count == 2:  # noqa: PLR2004 - of the century
            return "[0-9]{2}"
        return f"[0-9]{{{count}}}" if followed else "[0-9]{1,5}"
    if letter == "M" and count >= 3:  # noqa: PLR2004 - a name
        return _alternatives(_MONTHS)
    if letter == "E":
        return _alternatives(_DAYS)
    if letter == "a":
        return "AM|PM|am|pm"
    if letter == "Z" and count < 3:  # noqa: PLR2004 - not its name
        return _OFFSET
    if letter == "S":
        return f"[0-9]{{{count}}}" if followed else f"[0-9]{{1,{count}}}"
    if letter == "f":
        return "[0-9]{9}" if followed else "[0-9]{1,9}"
    if letter not in _DIGITS:
        raise unsupported(f"reading of a time by {letter!r}")
    return f"[0-9]{{{_DIGITS[letter]}}}" if followed else f"[0-9]{{1,{_DIGITS[letter]}}}"


def _alternatives(names: tuple[str, ...]) -> str:
    """Long and short, as they are, in capitals and in small letters; the longer first."""
    both = [name for long in names for name in (long, long[:3])]
    every = {form for name in both for form in (name, name.upper(), name.lower())}
    return "|".join(sorted(every, key=lambda form: (-len(form), form)))


# Type rules


def _read_type(
    read: Callable[[str], list[Part]], *, zoned: bool
) -> Callable[[exp.Expr], exp.DataType]:
    def rule(node: exp.Expr) -> exp.DataType:
        source, pattern = node.expressions
        require(node, source, "text")
        require(node, pattern, "text")
        parts = read(literal_pattern(pattern))
        if zoned and ("y", 2) in parts:
            raise unsupported("parse_datetime by 'yy', which depends on the year")
        _, letters = _expression(parts)
        if not zoned:
            return types.timestamp(3)
        return types.zoned(3, "" if "Z" in letters else "UTC")

    return rule


def _iso_type(node: exp.Expr) -> exp.DataType:
    """The zone is the text's; of a computed text it differs by row."""
    (source,) = node.expressions
    require(node, source, "text")
    if not isinstance(source.unnest(), exp.Literal):
        return types.zoned(3, "")
    found = re.match(_ISO, _calendar(source.unnest().name))
    return types.zoned(3, named_zone((found and found[9]) or "UTC"))


def _iso_date_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[0], "text")
    return exp.DType.DATE.into_expr()


# DuckDB forms


def _read(read: Callable[[str], list[Part]]) -> Callable[[exp.Expr], exp.Expr]:
    def form(node: exp.Expr) -> exp.Expr:
        source, pattern = node.expressions
        expression, letters = _expression(read(literal_pattern(pattern)))
        return _moment(source, expression, letters)

    return form


def _moment(source: exp.Expr, expression: str, letters: str, odd: str = "") -> exp.Expr:
    """The time that a text stands for, or the error of one that stands for none."""
    names = ", ".join(f"'g{n}'" for n in range(len(letters) + 1))
    groups = duckdb(
        f"CASE WHEN :s IS NOT NULL THEN regexp_extract(:s, :e, [{names}]) END",
        s=source,
        e=text(expression),
    )
    number = {
        letter: f"CAST(coalesce(nullif(:g.g{n}, ''), '{_least(letter)}') AS INTEGER)"
        for n, letter in enumerate(letters, 1)
        if letter not in "NEaZS"
    }
    place = {letter: f":g.g{n}" for n, letter in enumerate(letters, 1)}
    outside = [
        f"{number[letter]} NOT BETWEEN {low} AND {high}"
        for letter, (low, high) in _RANGES.items()
        if letter in number
    ]
    bad = " OR ".join([":g.g0 = ''", *outside])
    value = _assembled(letters, number, place)
    invalid = fail("INVALID_FUNCTION_ARGUMENT", "Invalid format of a time")
    constants = {"f": invalid, "o": athena_only("such a text of a time")}
    strange = ""
    if odd:
        constants |= {"w": text(odd)}
        strange = "WHEN :g.g0 = '' AND regexp_matches(:s, :w) THEN :o "
    checked = _checked_day(value, letters, place)
    return once(
        f"CASE WHEN :g IS NULL THEN NULL {strange}WHEN {bad} THEN :f ELSE {checked} END",
        constants,
        g=groups,
        **({"s": source} if odd else {}),
    )


def _least(letter: str) -> int:
    """What stands for a number that the text lacks."""
    return 1 if letter in "Md" else 0


def _assembled(letters: str, number: dict[str, str], place: dict[str, str]) -> str:
    """The time as DuckDB's expression, NULL if the day does not exist."""
    year = number.get("y", "2000" if set(letters) & set("MNdD") else "1970")
    if "Y" in number:
        year = f"({number['Y']} + CASE WHEN {number['Y']} < 70 THEN 2000 ELSE 1900 END)"
    month = number.get("M", "1")
    if "N" in letters:
        names = "', '".join(name[:3].lower() for name in _MONTHS)
        month = f"list_position(['{names}'], lower(left({place['N']}, 3)))"
    hour = number.get("H") or (f"{number['k']} % 24" if "k" in number else None)
    if hour is None:
        half = number.get("h") or number.get("K")
        later = f" + CASE lower({place['a']}) WHEN 'pm' THEN 12 ELSE 0 END" if "a" in place else ""
        hour = f"({half} % 12{later})" if half else f"(0{later})"
    clock = f"{hour}, {number.get('m', '0')}, {number.get('s', '0')}"
    if "D" in number:
        start = f"make_timestamp({year}, 1, 1, {clock})"
        moved = f"{start} + to_days({number['D']} - 1)"
        moment = f"CASE WHEN year({moved}) = {year} THEN {moved} END"
    else:
        moment = f"TRY(make_timestamp({year}, {month}, {number.get('d', '1')}, {clock}))"
    if "S" in place:
        thousandths = f"CAST(rpad(left({place['S']}, 3), 3, '0') AS BIGINT)"
        moment = f"{moment} + to_microseconds({thousandths} * 1000)"
    return f"({moment} - to_minutes({_minutes(place['Z'])}))" if "Z" in place else f"({moment})"


def _minutes(offset: str) -> str:
    """An offset's minutes: none of ``Z`` and of no text."""
    digits = f"rpad(replace(substr({offset}, 2), chr(58), ''), 4, '0')"
    minutes = f"CAST({digits} AS INTEGER) // 100 * 60 + CAST({digits} AS INTEGER) % 100"
    return f"CASE left({offset}, 1) WHEN '+' THEN {minutes} WHEN '-' THEN -({minutes}) ELSE 0 END"


def _checked_day(value: str, letters: str, place: dict[str, str]) -> str:
    """An error for a day that does not exist, or is another day of the week."""
    wrong = ""
    if "E" in letters:
        wrong = f"WHEN lower(left(dayname({value}), 3)) <> lower(left({place['E']}, 3)) THEN :o "
    return f"CASE WHEN {value} IS NULL THEN :f {wrong}ELSE {value} END"


def _calendar(given: str) -> str:
    """A text with a day of a week or of a year, ``2026-W44-1`` or ``2026-305``, by its date."""
    week = re.match(r"([0-9]{4})-W([0-9]{2})(?:-([1-7]))?(?=T|$)", given)
    day = re.match(r"([0-9]{4})-([0-9]{3})(?=T|$)", given)
    try:
        if week:
            found = date.fromisocalendar(int(week[1]), int(week[2]), int(week[3] or 1))
            return f"{found.isoformat()}{given[week.end() :]}"
        if day:
            found = date.fromordinal(date(int(day[1]), 1, 1).toordinal() + int(day[2]) - 1)
            same = found.year == int(day[1])
            return f"{found.isoformat()}{given[day.end() :]}" if same else given
    except ValueError:
        pass
    return given


def _source(node: exp.Expr) -> exp.Expr:
    source: exp.Expr = node.expressions[0]
    bare = source.unnest()
    return text(_calendar(bare.name)) if isinstance(bare, exp.Literal) else source


def _from_iso(node: exp.Expr) -> exp.Expr:
    return _moment(_source(node), _ISO, _ISO_LETTERS, _ISO_ODD)


def _from_iso_date(node: exp.Expr) -> exp.Expr:
    day = _moment(_source(node), _ISO_DAY, "yMd", _ISO_ODD)
    return duckdb("CAST(:t AS DATE)", t=day)


ROWS = (
    Function(named("date_parse"), "date_parse", _read_type(mysql, zoned=False), _read(mysql)),
    Function(named("parse_datetime"), "parse_datetime", _read_type(joda, zoned=True), _read(joda)),
    Function(named("from_iso8601_timestamp"), "from_iso8601_timestamp", _iso_type, _from_iso),
    Function(named("from_iso8601_date"), "from_iso8601_date", _iso_date_type, _from_iso_date),
)
