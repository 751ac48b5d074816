"""What a table beside the logs is made of: their records, or what those of a day add up to.

An archive and a rollup are written, verified, registered and moved alike; what differs is here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowathena.archive import statement
from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.catalog.archive import DAYS
from flowathena.catalog.rollup import DAY, ROLLUP_DAYS
from flowathena.logs.layout import KEYS
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table


@dataclass(frozen=True)
class Kind:
    """A kind of table beside the logs.

    Attributes:
        name: what messages call it.
        keys: its partition keys; the last one is the day.
        property: the property of its table with the days that it is read for.
    """

    name: str
    keys: tuple[str, ...]
    property: str

    def folder(self, values: Values) -> str:
        """The folder of a partition below that of its run, as Athena and Hive name it."""
        return "".join(f"{key}={value}/" for key, value in zip(self.keys, values, strict=True))


ARCHIVE = Kind("archive", KEYS, DAYS)
ROLLUP = Kind("rollup", (DAY,), ROLLUP_DAYS)


class Content(Protocol):
    """The rows of a table beside the logs, in Athena SQL."""

    @property
    def sources(self) -> Sequence[FlowTable]:
        """The tables that it is made of."""
        ...

    @property
    def table(self) -> Table:
        """The table."""
        ...

    @property
    def order(self) -> tuple[str, ...]:
        """How the rows of a partition are sorted."""
        ...

    def select(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """The SELECT of its rows, with its columns and then its keys.

        Args:
            partitions: which; None for all that an engine finds, which is given their files.
        """
        ...

    def count(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """The SELECT over its sources that ``add_up`` takes.

        Args:
            partitions: as of ``select``.
        """
        ...

    def select_written(self, table: str, values: Iterable[Values]) -> str:
        """The SELECT of what is written that ``add_up`` takes.

        Args:
            table: the table to read, quoted.
            values: which partitions.
        """
        ...

    def add_up(self, select: str, checksum: Callable[[str], str]) -> str:
        """The statement that adds up the rows of each partition.

        Args:
            select: a SELECT of ``count`` or ``select_written``, or of all columns.
            checksum: the checksum of a column as a text, in the engine's SQL.
        """
        ...

    def read_sums(self, rows: Iterable[Sequence[object]]) -> Mapping[Values, Sums]:
        """What a statement of ``add_up`` gives, by partition.

        Raises:
            EngineError: a row is not what was asked for.
        """
        ...


@dataclass(frozen=True)
class Records:
    """The records of the logs: an archive.

    Attributes:
        sources: the tables of the target, without its archive.
        table: the table of the archive.
    """

    sources: Sequence[FlowTable]
    table: Table

    @property
    def order(self) -> tuple[str, ...]:
        """By host, and in time."""
        return statement.ORDER

    def select(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """The records."""
        return statement.select_records(self.sources, self.table, partitions)

    def count(self, partitions: Sequence[LogPartition] | None = None) -> str:
        """The records."""
        return self.select(partitions)

    def select_written(self, table: str, values: Iterable[Values]) -> str:
        """The records as they are archived."""
        return statement.select_archived(table, self.table, values)

    def add_up(self, select: str, checksum: Callable[[str], str]) -> str:
        """Records, packets, bytes, and a checksum of every column."""
        return statement.add_up(select, self.table, checksum)

    def read_sums(self, rows: Iterable[Sequence[object]]) -> Mapping[Values, Sums]:
        """What they add up to, by account, Region and day."""
        names = [each.name for each in self.table.columns]
        return statement.read_sums(rows, KEYS, names)
