"""A reader of CloudWatch Logs Insights' language: parse, filter, fields, stats, sort, limit.

What AWS does not document (a sum over ``-``, an order between a text and a number) is refused, so
that no test rests on it. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.rig.insights_values import (
    Evaluate,
    InsightsError,
    Row,
    aggregated,
    both,
    call,
    compare,
    computed,
    discovered,
    either,
    natural,
    number,
    plain,
    unquoted,
)

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<regex>/(?:[^/\\]|\\.)+/)
    |(?P<number>\d+(?:\.\d+)?)|(?P<name>@?[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<sign><=|>=|!=|=|<|>|[-+*/%(),\[\]|]))""",
    re.VERBOSE,
)
_AFTER_VALUE = re.compile(r"[\w\"')\]]\s*$")
_MOST_ROWS = 10_000
_MOST_STATS = 2


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def run(text: str, events: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What a query answers about events with ``@message``, ``@timestamp`` and ``@log``."""
    rows: list[Row] = [{**discovered(str(each["@message"])), **each} for each in events]
    shown: list[str] | None = None
    stats = limits = 0
    for command in _commands(text):
        reader = _Reader(command)
        word = reader.take("name")
        if word in ("sort", "limit") and stats == 1 and _later_stats(text, command):
            raise InsightsError(f"{word} before the second stats")
        if word == "filter":
            condition = reader.expression()
            rows = [row for row in rows if condition(row)]
        elif word == "parse":
            rows = reader.parse(rows)
        elif word == "fields":
            rows, named = reader.fields(rows)
            shown = [*(shown or []), *named] if not stats else shown
        elif word == "stats":
            stats += 1
            rows, shown = reader.stats(rows)
        elif word == "sort":
            rows = reader.sort(rows)
        elif word == "limit":
            limits = int(reader.take("number"))
            rows = rows[:limits]
        else:
            raise InsightsError(f"unknown command {word}")
        reader.end()
    if stats > _MOST_STATS:
        raise InsightsError("more than two stats")
    names = shown if shown is not None else ["@timestamp", "@message"]
    kept = rows[: limits or _MOST_ROWS]
    return [{name: row[name] for name in names if row.get(name) is not None} for row in kept]


def _later_stats(text: str, command: Sequence[_Token]) -> bool:
    commands = _commands(text)
    place = next(n for n, each in enumerate(commands) if each is command or each == command)
    return any(each[0].text == "stats" for each in commands[place + 1 :])


def _commands(text: str) -> list[list[_Token]]:
    commands: list[list[_Token]] = [[]]
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InsightsError(f"not understood: {text[place : place + 20]!r}")
        kind = str(match.lastgroup)
        # A slash after a value divides; anywhere else it begins a pattern.
        if kind == "regex" and _AFTER_VALUE.search(text, 0, match.start("regex")):
            before = commands[-1][-1].text if commands[-1] else ""
            if before != "like":
                kind = "sign"
        chosen = match.group("regex")[0] if kind == "sign" and match["regex"] else match[kind]
        place = match.start(str(match.lastgroup)) + len(chosen)
        if chosen == "|":
            commands.append([])
        else:
            commands[-1].append(_Token(kind, chosen))
    return commands


class _Reader:
    """Reads one command, and applies it."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = list(tokens)
        self._place = 0

    def end(self) -> None:
        """Nothing may be left."""
        if self._place < len(self._tokens):
            raise InsightsError(f"not understood: {self._tokens[self._place].text}")

    def peek(self) -> str:
        """The text of the next token; empty at the end."""
        return self._tokens[self._place].text if self._place < len(self._tokens) else ""

    def take(self, kind: str) -> str:
        """The next token, which must be of a kind."""
        if self._place >= len(self._tokens) or self._tokens[self._place].kind != kind:
            raise InsightsError(f"a {kind} is expected, not {self.peek()!r}")
        self._place += 1
        return self._tokens[self._place - 1].text

    def accept(self, text: str) -> bool:
        """Take the next token if it is this."""
        if self.peek() != text:
            return False
        self._place += 1
        return True

    # Commands

    def parse(self, rows: list[Row]) -> list[Row]:
        """``parse FIELD "glob" as a, b``."""
        source, glob = self.take("name"), self.take("text")[1:-1]
        if not self.accept("as"):
            raise InsightsError("parse needs as")
        names = [self.take("name")]
        while self.accept(","):
            names.append(self.take("name"))
        if glob.count("*") != len(names):
            raise InsightsError(f"{glob.count('*')} globs, {len(names)} names")
        parts = [re.escape(part) for part in glob.split("*")]
        pattern = re.compile("(.*?)".join(parts[:-1]) + "(.*)" + parts[-1], re.DOTALL)
        made = []
        for row in rows:
            found = pattern.fullmatch(str(row.get(source, "")))
            made.append({**row, **(dict(zip(names, found.groups(), strict=True)) if found else {})})
        return made

    def fields(self, rows: list[Row]) -> tuple[list[Row], list[str]]:
        """``fields a, expression as b``; the other fields stay for later commands."""
        made, names = [dict(row) for row in rows], []
        for name, evaluate in self._named():
            names.append(name)
            for row in made:
                row[name] = evaluate(row)
        return made, names

    def stats(self, rows: list[Row]) -> tuple[list[Row], list[str]]:
        """``stats f(x) as a, … by b, …``."""
        aggregates = []
        while True:
            function = self.take("name")
            arguments = self._aggregate_arguments()
            name = self.take("name") if self.accept("as") else ""
            aggregates.append((name, function, arguments))
            if not self.accept(","):
                break
        keys = self._named() if self.accept("by") else []
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(evaluate(row) for _, evaluate in keys), []).append(row)
        if not keys and not groups:
            groups[()] = []
        made = [
            {
                **dict(zip((name for name, _ in keys), values, strict=True)),
                **{n: aggregated(f, arguments, group) for n, f, arguments in aggregates},
            }
            for values, group in groups.items()
        ]
        return made, [*(name for name, _ in keys), *(name for name, _, _ in aggregates)]

    def sort(self, rows: list[Row]) -> list[Row]:
        """``sort a desc, b asc``."""
        keys = []
        while True:
            name = self.take("name")
            descending = self.accept("desc") or (self.accept("asc") and False)
            keys.append((name, descending))
            if not self.accept(","):
                break
        for name, descending in reversed(keys):
            rows = sorted(rows, key=lambda row: natural(row[name]), reverse=descending)
        return rows

    def _named(self) -> list[tuple[str, Evaluate]]:
        named = []
        while True:
            start = self._place
            evaluate = self.expression()
            name = "".join(token.text for token in self._tokens[start : self._place])
            named.append((self.take("name") if self.accept("as") else name, evaluate))
            if not self.accept(","):
                return named

    def _aggregate_arguments(self) -> list[Evaluate]:
        if not self.accept("("):
            raise InsightsError("an aggregate needs (")
        arguments: list[Evaluate] = []
        if not self.accept("*"):
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        if not self.accept(")"):
            raise InsightsError("a bracket is open")
        return arguments

    # Expressions, from or down to one value

    def expression(self) -> Evaluate:
        """A condition or a value."""
        left = self._conjunction()
        while self.accept("or"):
            left = either(left, self._conjunction())
        return left

    def _conjunction(self) -> Evaluate:
        left = self._negation()
        while self.accept("and"):
            left = both(left, self._negation())
        return left

    def _negation(self) -> Evaluate:
        if self.accept("not"):
            inner = self._negation()
            return lambda row: not inner(row)
        return self._comparison()

    def _comparison(self) -> Evaluate:
        left = self._sum()
        sign = self.peek()
        if sign in ("=", "!=", "<", "<=", ">", ">="):
            self._place += 1
            right = self._sum()
            return lambda row: compare(sign, left(row), right(row))
        negative = self.accept("not")
        if self.accept("in"):
            items = self._list()
            return lambda row: (
                any(compare("=", left(row), item(row)) for item in items) is not negative
            )
        if self.accept("like"):
            pattern = self._pattern()
            return lambda row: (pattern.search(str(left(row))) is not None) is not negative
        if negative:
            raise InsightsError("not without in or like")
        return left

    def _pattern(self) -> re.Pattern[str]:
        if self._tokens[self._place].kind == "regex":
            return re.compile(self.take("regex")[1:-1].replace("\\/", "/"))
        return re.compile(re.escape(unquoted(self.take("text"))))

    def _list(self) -> list[Evaluate]:
        if not self.accept("["):
            raise InsightsError("in needs [")
        items = [self._sum()]
        while self.accept(","):
            items.append(self._sum())
        if not self.accept("]"):
            raise InsightsError("a list is open")
        return items

    def _sum(self) -> Evaluate:
        left = self._product()
        while self.peek() in ("+", "-"):
            left = computed(self.take("sign"), left, self._product())
        return left

    def _product(self) -> Evaluate:
        left = self._value()
        while self.peek() in ("*", "/", "%"):
            left = computed(self.take("sign"), left, self._value())
        return left

    def _value(self) -> Evaluate:
        if self.accept("("):
            inner = self.expression()
            if not self.accept(")"):
                raise InsightsError("a bracket is open")
            return inner
        if self.accept("-"):
            inner = self._value()
            return lambda row: -number(inner(row))
        token = self._tokens[self._place] if self._place < len(self._tokens) else None
        if token is None:
            raise InsightsError("something is missing at the end")
        self._place += 1
        if token.kind == "text":
            return lambda _: unquoted(token.text)
        if token.kind == "number":
            return lambda _: plain(float(token.text))
        if token.kind != "name":
            raise InsightsError(f"not understood: {token.text}")
        if self.accept("("):
            self._place -= 1
            return call(token.text, self._aggregate_arguments())
        return lambda row: row.get(token.text)
