"""A panel: one question, and how its answer is looked at; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from flowathena.result.chart.chart import Chart

EVERY_RANKING = 15
"""Rows of a panel that ranks, if nobody says otherwise."""
MOST_RANKED = 1_000
"""Rows of a panel that ranks at most: a page is to be read."""


@dataclass(frozen=True)
class Key:
    """What records are grouped by.

    Attributes:
        name: the column of the rows.
        expression: Athena SQL over the columns of ``flow_logs``.
    """

    name: str
    expression: str


@dataclass(frozen=True)
class Group:
    """Records counted by keys: what several panels ask of one scan.

    The rows have the keys, then ``MEASURES``.

    Attributes:
        name: its name.
        where: which records count, Athena SQL.
        sets: the keys; several sets of the same names are counted together, a record in each.
        order: the measure that the rows are ranked by; empty for the order of the keys.
        is_ranking: whether the first rows alone are kept.
        further: columns made of the keys and measures, by name.
    """

    name: str
    where: str
    sets: tuple[tuple[Key, ...], ...]
    order: str = ""
    is_ranking: bool = False
    further: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that the rows are grouped by."""
        return tuple(key.name for key in self.sets[0])


@dataclass(frozen=True)
class Panel:
    """One question.

    Attributes:
        name: a word to choose it by.
        title: the question.
        description: what counts, and what does not.
        columns: the columns that are shown, each as the group, or the query, calls it, with the
            name that it has in the panel; empty for those of the query, all of them.
        chart: how they are drawn, by the names in the panel; None for a table alone.
        group: what it asks of the shared scan; None if it has a scan of its own.
        query: the saved query that answers it alone; empty if none does.
        values: the query's parameters.
        difference: how the query's rows differ from the panel's; empty if they do not.
    """

    name: str
    title: str
    description: str
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    chart: Chart | None = None
    group: Group | None = None
    query: str = ""
    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    difference: str = ""
