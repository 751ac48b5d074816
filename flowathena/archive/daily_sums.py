"""What a rollup is made of: the rows of the view ``daily``, in Athena SQL; pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena.archive import statement
from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.catalog.rollup import DAY
from flowathena.logs.days import Days
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table
from flowathena.sql.quoting import identifier, literal
from flowathena.table import view_text
from flowathena.table.view_text import View

if TYPE_CHECKING:
    from datetime import date

_SUMS = ("flows", "packets", "bytes")


@dataclass(frozen=True)
class DailySums:
    """What the records of each day add up to.

    Attributes:
        source: the tables of the target, with its archive.
        table: the table of the rollup.
    """

    source: FlowTable
    table: Table

    @property
    def sources(self) -> Sequence[FlowTable]:
        """The tables of the logs, and the archive."""
        return self.source.tables

    @property
    def order(self) -> tuple[str, ...]:
        """By who talked to whom: what is alike compresses best."""
        return tuple(name for name in self._whole.grain if name != DAY)

    def select(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """The rows of the view, its day last."""
        columns = [*(identifier(each.name) for each in self.table.columns), identifier(DAY)]
        rows = view_text.render("rollup_rows", self._view(partitions))
        return f"SELECT {', '.join(columns)}\nFROM (\n{rows}\n)"

    def count(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """Flows, packets and bytes of each day, from the records themselves."""
        return view_text.render("rollup_sums", self._view(partitions))

    def select_written(self, table: str, values: Iterable[Values]) -> str:
        """The sums as they are written."""
        days = ", ".join(literal(day) for (day,) in sorted(values))
        own = {each.name for each in self.table.columns}
        sums = (identifier(each) if each in own else f"0 AS {each}" for each in _SUMS)
        day = identifier(DAY)
        return f"SELECT {day}, {', '.join(sums)}\nFROM {table}\nWHERE {day} IN ({days})"

    def add_up(self, select: str, checksum: Callable[[str], str]) -> str:
        """Flows, packets and bytes; what is summed up differently has no checksum to compare."""
        del checksum
        sums = (f"coalesce(sum({identifier(each)}), 0) AS {each}_sum" for each in _SUMS)
        day = identifier(DAY)
        return f"SELECT {day}, {', '.join(sums)}\nFROM (\n{select}\n)\nGROUP BY {day}"

    def read_sums(self, rows: Iterable[Sequence[object]]) -> Mapping[Values, Sums]:
        """What they add up to, by day."""
        return statement.read_sums(rows, (DAY,), ())

    @cached_property
    def _whole(self) -> View:
        return view_text.wanted_view(view_text.DAILY, self.source)

    def _view(self, partitions: Sequence[LogPartition] | None) -> View:
        """What is read of each table: of days that are archived nothing of their logs."""
        if partitions is None:
            return self._whole
        days: dict[int, list[date]] = defaultdict(list)
        for each in partitions:
            for place in each.locations:
                days[place].append(each.day)
        own = {place: Days.of(among) for place, among in sorted(days.items())}
        return view_text.of_days(self.source, own)
