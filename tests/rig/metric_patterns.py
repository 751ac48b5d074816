"""Metric filters in the space-delimited form: ``[a, b="x*", c>5 && c!=7, ...]``.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FIELD = re.compile(r"\s*(\.\.\.|[A-Za-z_$][A-Za-z0-9_$.-]*)?\s*")
_TEST = re.compile(r'\s*(!=|<=|>=|=|<|>)\s*("(?:[^"\\]|\\.)*"|[^\s,\]&|"]+)\s*')
_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PARTS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')


class PatternError(Exception):
    """The pattern is invalid, or of a form that is not played."""


@dataclass(frozen=True)
class _Test:
    sign: str
    value: str
    quoted: bool

    def passes(self, text: str) -> bool:
        """Whether a part of a line passes."""
        if self.sign in ("=", "!="):
            return self._equals(text) is (self.sign == "=")
        if not _NUMBER.fullmatch(text):
            return False
        one, other = float(text), float(self.value)
        return {
            "<": one < other,
            "<=": one <= other,
            ">": one > other,
            ">=": one >= other,
        }[self.sign]

    def _equals(self, text: str) -> bool:
        if not self.quoted and _NUMBER.fullmatch(self.value) and _NUMBER.fullmatch(text):
            return float(text) == float(self.value)
        pattern = ".*".join(map(re.escape, self.value.split("*")))
        return re.fullmatch(pattern, text) is not None


@dataclass(frozen=True)
class _Field:
    """A field; of its tests, all of one inner list must pass, of any of them."""

    name: str
    tests: tuple[tuple[_Test, ...], ...] = ()

    def passes(self, text: str) -> bool:
        """Whether a part of a line passes the field's tests."""
        return not self.tests or any(all(t.passes(text) for t in each) for each in self.tests)


class Pattern:
    """A pattern that is read.

    Raises:
        PatternError: it is invalid.
    """

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not (text.startswith("[") and text.endswith("]")):
            raise PatternError("the rig plays patterns in square brackets only")
        self._fields = [_field(part) for part in _split(text[1:-1], ",")]
        dots = [n for n, each in enumerate(self._fields) if each.name == "..."]
        if len(dots) > 1:
            raise PatternError("... occurs twice")
        self._dots = dots[0] if dots else None
        names = [each.name for each in self._fields if each.name]
        if len(set(names)) < len(names):
            raise PatternError("a name occurs twice")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(each.name for each in self._fields)

    def match(self, line: str) -> Mapping[str, str] | None:
        """The values of a line by ``$name``; None if it does not match."""
        parts = [part.strip('[]"') for part in _PARTS.findall(line)]
        fields = self._fields
        if self._dots is not None:
            more = len(parts) - len(fields) + 1
            if more < 0:
                return None
            filler = [_Field(f"dots{n}") for n in range(more)]
            fields = [*fields[: self._dots], *filler, *fields[self._dots + 1 :]]
        if len(parts) != len(fields):
            return None
        pairs = list(zip(fields, parts, strict=True))
        if not all(field.passes(part) for field, part in pairs):
            return None
        return {f"${field.name or n}": part for n, (field, part) in enumerate(pairs, 1)}


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that are not within quotes."""
    parts, start, within, place = [], 0, False, 0
    while place < len(text):
        if text[place] == '"':
            within = not within
        elif not within and text.startswith(mark, place):
            parts.append(text[start:place])
            start = place + len(mark)
            place = start - 1
        place += 1
    if within:
        raise PatternError("a quote is not closed")
    return [*parts, text[start:]]


def _field(text: str) -> _Field:
    if text.strip() == "...":
        return _Field("...")
    alternatives = [_split(each, "&&") for each in _split(text, "||")]
    name = ""
    tests = []
    for alternative in alternatives:
        group = []
        for part in alternative:
            named = _NAME.match(part)
            if named is None:
                raise PatternError(f"no name in {part.strip()!r}")
            name = name or named[1]
            if named[1] != name:
                raise PatternError(f"{named[1]} in the field {name}")
            rest = part[named.end() :]
            if rest.strip():
                group.append(_test(rest))
            elif len(alternatives) > 1 or len(alternative) > 1:
                raise PatternError(f"no comparison in {part.strip()!r}")
        if group:
            tests.append(tuple(group))
    return _Field(name, tuple(tests))


def _test(text: str) -> _Test:
    found = _TEST.fullmatch(text)
    if found is None:
        raise PatternError(f"invalid comparison {text.strip()!r}")
    sign, value = found.groups()
    quoted = value.startswith('"')
    value = value.strip('"') if quoted else value
    if sign not in ("=", "!=") and (quoted or not _NUMBER.fullmatch(value)):
        raise PatternError(f"{sign} compares numbers, not {value!r}")
    return _Test(sign, value, quoted)
