"""Which functions Athena has: those of Trino 470, with the numbers of arguments they take.

``functions.txt`` is written by ``tests/rig/trino/registry.py`` from Trino's own list. Athena's
engine version 3 follows Trino at some distance, so it may lack the newest of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlglot import exp

from flowathena.sql import dialect
from flowathena.sql.nodes import of_kind
from flowathena.text import closest

FILE = "functions.txt"
"""The data, beside this module."""

_MANY = 255
# Written like functions, but part of Trino's grammar and therefore not in its list: the least and
# the greatest number of arguments, or None if arguments cannot simply be counted.
_FORMS: dict[str, tuple[int, int] | None] = {
    "coalesce": (2, _MANY),
    "current_date": (0, 0),
    "current_time": (0, 1),
    "current_timestamp": (0, 1),
    "format": (2, _MANY),
    "grouping": (1, _MANY),
    "if": (2, 3),
    "localtime": (0, 1),
    "localtimestamp": (0, 1),
    "nullif": (2, 2),
    "try": (1, 1),
    "row": (1, _MANY),
    "unnest": (1, _MANY),
    **dict.fromkeys(name.lower() for name in dialect.FORMS),
    **dict.fromkeys(("json_exists", "json_array", "table", "exclude_columns")),
    **dict.fromkeys(("match_number", "classifier")),
    # Of a query: sqlglot knows those of a SELECT, and reads those of VALUES or TABLE as calls.
    **dict.fromkeys(("all", "some", "exists")),
}


@dataclass(frozen=True)
class Call:
    """A call in a statement.

    Attributes:
        name: the function's name, as written.
        arguments: how many arguments it is given.
        line: the line of the name, from 1.
    """

    name: str
    arguments: int
    line: int


@cache
def _registry() -> dict[str, tuple[frozenset[int], bool]]:
    """The numbers of arguments by name, and whether any greater number is accepted too."""
    registry: dict[str, tuple[frozenset[int], bool]] = {}
    text = Path(__file__).with_name(FILE).read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        name, _, numbers = line.split(" ")
        before, more = registry.get(name, (frozenset(), False))
        counts = frozenset(map(int, numbers.rstrip("+").split(",")))
        registry[name] = (before | counts, more or numbers.endswith("+"))
    return registry


def exists(name: str) -> bool:
    """Whether Athena has a function, or a form written like one, of this name."""
    return name.lower() in _registry() or name.lower() in _FORMS


@cache
def _aggregates() -> frozenset[str]:
    text = Path(__file__).with_name(FILE).read_text(encoding="utf-8")
    rows = (line.split(" ") for line in text.splitlines()[1:])
    return frozenset(name for name, kind, _ in rows if kind == "aggregate")


def is_aggregate(name: str) -> bool:
    """Whether a function makes one value of many rows."""
    return name.lower() in _aggregates()


def problem(call: Call) -> str | None:
    """What is wrong with a call: its name, or the number of its arguments."""
    name = call.name.lower()
    if not exists(name):
        similar = closest(name, [*_registry(), *_FORMS])
        hint = f"; did you mean {similar}?" if similar else ""
        return f"Athena has no function {name}{hint}"
    if _accepts(name, call.arguments):
        return None
    return f"{name} takes {_describe_counts(name)}, not {call.arguments}"


def _accepts(name: str, arguments: int) -> bool:
    if name in _FORMS:
        form = _FORMS[name]
        return form is None or form[0] <= arguments <= form[1]
    counts, more = _registry()[name]
    return arguments in counts or (more and arguments > min(counts))


def _describe_counts(name: str) -> str:
    form = _FORMS.get(name)
    known, more = (range(form[0], form[1] + 1), form[1] == _MANY) if form else _registry()[name]
    counts = [f"{min(known)} or more"] if more else list(map(str, sorted(known)))
    return f"{' or '.join(counts)} argument{'' if counts == ['1'] else 's'}"


def calls(nodes: Iterable[exp.Expr]) -> Iterator[Call]:
    """Every call among the nodes of a statement, in the order of the text."""
    found = of_kind(nodes, exp.Anonymous)
    for node in sorted(found, key=lambda node: int(node.meta["start"])):
        yield Call(node.name, sum(map(_count, node.expressions)), int(node.meta["line"]))


def _count(argument: exp.Expr) -> int:
    """The number of arguments in one of sqlglot's: ``DISTINCT a, b`` is two, ``*`` is none."""
    bare = argument.this if isinstance(argument, exp.Order) else argument
    if isinstance(bare, exp.Distinct):
        return len(bare.expressions)
    return 0 if isinstance(bare, exp.Star) else 1
