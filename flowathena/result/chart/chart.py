"""How to look at a result: the kind of chart, and which columns are what. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from flowathena.errors import UsageError
from flowathena.result import types
from flowathena.text import did_you_mean

_TIMES = frozenset({"date", "timestamp", "timestamp with time zone"})
NUMBERS = frozenset(
    {"tinyint", "smallint", "int", "integer", "bigint", "real", "float", "double", "decimal"}
)
"""Athena types of numbers, without parameters."""
# Numbers that name something: nobody adds ports up.
_NAMES = re.compile(
    r".*(port|ports_list|protocol|version|account|_id|hour|weekday|day_of_week|month|year|flags"
    r"|type|path|number)"
)
_BEST = ("bytes", "flows", "packets", "records", "connections")
"""Which of several columns of numbers is drawn, if the query says nothing."""


class Kind(StrEnum):
    """The kinds of charts."""

    BAR = "bar"
    LINE = "line"
    HEATMAP = "heatmap"


@dataclass(frozen=True)
class Chart:
    """How a result is drawn.

    Attributes:
        kind: bars beside each other's labels, lines over time, or a grid of shades.
        x: the columns whose values are the labels of bars; the one column along which lines run, or
            of a heat map's columns.
        y: the columns of numbers, one or several; of a heat map the one column of its rows.
        color: the column whose values tell bars or lines apart; of a heat map its numbers.
        title: what is above it.
        description: what it shows, for those who do not see it.
        line: the line of the query's file on which it is.
    """

    kind: Kind
    x: tuple[str, ...]
    y: tuple[str, ...]
    color: str = ""
    title: str = ""
    description: str = ""
    line: int | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the result must have."""
        return (*self.x, *self.y, *filter(None, (self.color,)))

    @property
    def numbers(self) -> tuple[str, ...]:
        """Those of them that are numbers."""
        return (self.color,) if self.kind is Kind.HEATMAP else self.y

    def problems(self) -> list[str]:
        """What its kind does not allow, whatever the columns."""
        found = [f"has no {name}" for name in ("x", "y") if not getattr(self, name)]
        if self.kind is not Kind.BAR and len(self.x) > 1:
            found.append(f"{self.kind} has one column as x; only bars have several")
        if self.kind is Kind.HEATMAP:
            found += ["heatmap has no color: name the column of its numbers"] * (not self.color)
            found += ["heatmap has one column as y"] * (len(self.y) > 1)
        elif self.color and len(self.y) > 1:
            found.append("has several columns as y, or one as y and a color; not both")
        names = self.columns
        return found + [f"names the column {n!r} twice" for n in dict.fromkeys(names)
                        if names.count(n) > 1]  # fmt: skip

    def require(self, names: Sequence[str]) -> None:
        """Make sure that a result has the columns.

        Raises:
            UsageError: it lacks one, or the chart is none.
        """
        for problem in self.problems():
            raise UsageError(f"chart: {problem}")
        for column in self.columns:
            if column not in names:
                hint = did_you_mean(column, names)
                raise UsageError(
                    f"chart: the result has no column {column!r}; {hint}it has {', '.join(names)}"
                )

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "kind": self.kind.value,
            "x": list(self.x),
            "y": list(self.y),
            "color": self.color or None,
        }


def choose(columns: Iterable[tuple[str, str]]) -> Chart:
    """A chart of a result of which no query says how to look at it.

    Lines over the first column of times, else a bar for each row.

    Args:
        columns: names and Athena types.

    Raises:
        UsageError: no column is an amount.
    """
    kinds = {name: types.parse(kind).name for name, kind in columns}
    amounts = [name for name, kind in kinds.items() if is_amount(name, kind)]
    if not amounts:
        raise UsageError("a chart needs a column of amounts, and the result has none")
    best = min(amounts, key=lambda name: _BEST.index(name) if name in _BEST else len(_BEST))
    labels = [name for name in kinds if name not in amounts]
    if not labels:
        raise UsageError("a chart needs a column of labels, and the result has only numbers")
    if kinds[labels[0]] in _TIMES:
        return Chart(Kind.LINE, (labels[0],), (best,), labels[1] if len(labels) == 2 else "")  # noqa: PLR2004 - a time and one more
    before = list(kinds)[: list(kinds).index(amounts[0])]
    names = [name for name in labels if name in before and kinds[name] not in _TIMES]
    return Chart(Kind.BAR, tuple(names) or (labels[0],), (best,))


def is_amount(name: str, kind: str) -> bool:
    """Whether a column counts something: a number that does not name anything, as ports do.

    Args:
        name: the column.
        kind: its Athena type, without parameters.
    """
    return kind in NUMBERS and not _NAMES.fullmatch(name)
