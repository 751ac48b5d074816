"""What a run returns: columns with Athena's types, rows in batches, and how it went.

Few rows are held as a list. Many are in files (``flowathena.result.relation``), from which each
reader gets them batch by batch, as often as it likes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from flowathena.result import frames, types
from flowathena.result.chart import page
from flowathena.result.chart.chart import NUMBERS, Chart
from flowathena.result.chart.given import Given
from flowathena.result.chart.marks import marks
from flowathena.result.chart.picture import Picture
from flowathena.result.extras import optional
from flowathena.result.types import AthenaType
from flowathena.text import counted, shortened

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Row = tuple[object, ...]
Batch = Sequence[Row]

BATCH_ROWS = 10_000
"""Rows in memory at once while a result is read or written."""
_SHOWN_ROWS = 100
"""Rows that a notebook shows."""


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name and Athena type (``varchar``, ``bigint``, ``timestamp``)."""

    name: str
    type: str

    @property
    def kind(self) -> AthenaType:
        """The type, read."""
        return types.parse(self.type)


@dataclass(frozen=True)
class Stats:
    """How a run went.

    Attributes:
        engine: ``athena``, ``duckdb`` or ``insights``.
        rows: rows in the result; known before the first of them is read.
        seconds: from start to the last row.
        scanned_bytes: bytes read from log files as they are stored; None if unknown.
        query_id: Athena's id, or that of Logs Insights; empty elsewhere.
        files: log files opened; None if unknown.
        skipped_files: damaged files that were skipped, each with the reason.
        warnings: what may be wrong with these rows.
        notices: what to know about them though nothing is wrong: that a LIMIT is reached.
        reached_limit: the query's own LIMIT if it is reached, so that there may be more rows; else
            None.
        cost_usd: what the scan costs in USD, 0 on this machine; None if the price is not known.
        estimated_bytes: the bytes that were expected to be scanned; None if nobody looked.
        estimated_usd: what that was expected to cost.
        reused: whether Athena gave an earlier result again, which costs nothing; None if it was not
            asked for.
        unloaded: the folder in which the Parquet files of an UNLOAD are left; empty if there are
            none.
    """

    engine: str
    rows: int
    seconds: float
    scanned_bytes: int | None = None
    query_id: str = ""
    files: int | None = None
    skipped_files: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    reached_limit: int | None = None
    cost_usd: float | None = None
    estimated_bytes: int | None = None
    estimated_usd: float | None = None
    reused: bool | None = None
    unloaded: str = ""

    @property
    def has_read_nothing(self) -> bool:
        """Whether no log file was read, as far as the engine says."""
        read = self.scanned_bytes if self.files is None else self.files
        return read == 0 and not self.skipped_files


class Stream(Protocol):
    """What bytes are written to: a file, standard output, a buffer."""

    def write(self, content: bytes, /) -> object:
        """Write all of them."""
        ...


@runtime_checkable
class Rows(Protocol):
    """The rows of a result, wherever they are; every method reads them from the first one on."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def batches(self) -> Iterator[Batch]:
        """The rows, a few thousand at a time."""
        ...

    def by_column(self, columns: Sequence[ResultColumn]) -> list[Any]:
        """The values of each column: a list, or an array of Arrow's in the column's type."""
        ...

    def csv(self) -> Iterator[bytes] | None:
        """The rows as CSV, whole lines at a time; None if they cannot write themselves."""
        ...

    def objects(self, names: Sequence[str], between: str) -> Iterator[bytes] | None:
        """The rows as JSON objects, many at a time; None if they cannot write themselves.

        Args:
            names: the names in each object.
            between: what stands between two objects of those that come at a time.
        """
        ...

    def parquet(self, columns: Sequence[ResultColumn], path: Path) -> bool:
        """Write a Parquet file; False if they cannot write themselves."""
        ...


@dataclass(frozen=True)
class Held:
    """Rows in memory."""

    data: list[Row]

    def __len__(self) -> int:
        return len(self.data)

    def batches(self) -> Iterator[Batch]:
        """The rows, in slices."""
        for start in range(0, len(self.data), BATCH_ROWS):
            yield self.data[start : start + BATCH_ROWS]

    def by_column(self, columns: Sequence[ResultColumn]) -> list[Any]:
        """The values of each column."""
        return transposed(self.batches(), len(columns))

    def csv(self) -> None:
        """Python writes them."""

    def objects(self, _names: Sequence[str], _between: str) -> None:
        """Python writes them."""

    def parquet(self, _columns: Sequence[ResultColumn], _path: Path) -> bool:
        """They have nothing to write with."""
        return False


class Result:
    """The rows of a run.

    Values are Python values: ``int``, ``float``, ``str``, ``bool``, ``Decimal``, ``date``, aware
    UTC ``datetime``, lists and dicts; None for NULL. Of columns with equal names the later ones are
    called ``name_2``, ``name_3``, …

    A result may be read any number of times, also after it was written to a file. ``batches`` and
    iteration hold a batch at a time; ``rows``, ``data`` and the DataFrames hold every row.

    Attributes:
        columns: the columns, in order.
        store: the rows, wherever they are.
        stats: how the run went.
        usual_chart: how its query says to look at it; None if it does not.
    """

    usual_chart: Chart | None = None

    def __init__(
        self,
        columns: Iterable[tuple[str, str]],
        data: Rows | Iterable[Iterable[object]],
        stats: Stats,
    ) -> None:
        pairs = list(columns)
        names = _distinct([name for name, _ in pairs])
        self.columns = tuple(
            ResultColumn(name, kind) for name, (_, kind) in zip(names, pairs, strict=True)
        )
        self.store = (
            data if isinstance(data, Rows) else Held([tuple(map(aware, row)) for row in data])
        )
        self.stats = stats

    def __repr__(self) -> str:
        rows, columns = counted(len(self), "row"), counted(len(self.columns), "column")
        named = shortened(", ".join(f"{each.name} {each.type}" for each in self.columns), 120)
        return f"<Result {rows} of {columns}: {named}>"

    def __len__(self) -> int:
        return len(self.store)

    def __iter__(self) -> Iterator[dict[str, object]]:
        names = self._names
        for row in chain.from_iterable(self.batches()):
            yield dict(zip(names, row, strict=True))

    def batches(self) -> Iterator[Batch]:
        """The rows as tuples, at most ``BATCH_ROWS`` at a time."""
        return self.store.batches()

    @property
    def data(self) -> list[Row]:
        """Every row as a tuple; kept in memory from the first use on."""
        if not isinstance(self.store, Held):
            return self._collected
        return self.store.data

    def rows(self) -> list[dict[str, object]]:
        """The rows as dicts, in order, keys in the order of the columns."""
        return list(self)

    def to_arrow(self) -> "pa.Table":
        """A ``pyarrow.Table``; timestamps are UTC to the microsecond.

        Raises:
            FlowathenaError: pyarrow is not installed, or a value does not fit its column's type.
        """
        return frames.arrow_table(self._by_column())

    def to_pandas(self) -> "pd.DataFrame":
        """A ``pandas.DataFrame`` of nullable types: integers stay integers beside NULL.

        What pandas has no type for (decimals, dates, arrays, maps, rows) gets Arrow's if pyarrow is
        installed, else ``object``.

        Raises:
            FlowathenaError: pandas is not installed, or a value does not fit its column's type.
        """
        return cast("pd.DataFrame", frames.pandas_frame(self._by_column()))

    def to_polars(self) -> "pl.DataFrame":
        """A ``polars.DataFrame``.

        Raises:
            FlowathenaError: polars or pyarrow is not installed.
        """
        polars = optional("polars", "polars")
        return cast("pl.DataFrame", polars.from_arrow(self.to_arrow()))

    def chart(
        self,
        kind: str = "",
        *,
        x: str | Sequence[str] = (),
        y: str | Sequence[str] = (),
        color: str = "",
        title: str = "",
    ) -> Picture:
        """A picture of the rows, as their query says; what is given here replaces that.

        Without a query that says it, lines over a first column of times, else a bar for each row.

        Args:
            kind: ``bar``, ``line`` or ``heatmap``.
            x: the column, or of bars the columns, of the labels.
            y: the column or columns of numbers; of a heat map the column of its rows.
            color: the column that tells bars or lines apart; of a heat map the one of its numbers.
            title: what stands above.

        Raises:
            UsageError: there is no such kind or column, or a column is not of numbers.
        """
        given = Given(kind, _tuple(x), _tuple(y), color, title)
        chart = given.over(self.usual_chart, [(each.name, each.type) for each in self.columns])
        rows = chain.from_iterable(self.batches())
        return Picture(marks(chart, self._names, rows), self._html(page.MOST_ROWS))

    def _repr_html_(self) -> str:
        """What a notebook shows: the first rows as a table."""
        return self._html(_SHOWN_ROWS)

    def _html(self, most: int) -> str:
        columns = [
            (column.name, page.Look.NUMBER if column.kind.name in NUMBERS else page.Look.TEXT)
            for column in self.columns
        ]
        rows = chain.from_iterable(self.batches())
        return page.table(columns, rows, len(self), most)

    @cached_property
    def _collected(self) -> list[Row]:
        return list(chain.from_iterable(self.batches()))

    @property
    def _names(self) -> list[str]:
        return [column.name for column in self.columns]

    def _by_column(self) -> frames.Columns:
        return [
            (column.name, column.kind, values)
            for column, values in zip(self.columns, self.store.by_column(self.columns), strict=True)
        ]


def _tuple(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) and names else tuple(names)


def _distinct(names: list[str]) -> list[str]:
    taken = set(names)
    result: list[str] = []
    for name in names:
        if name in result:
            number = next(n for n in range(2, len(names) + 2) if f"{name}_{n}" not in taken)
            name = f"{name}_{number}"  # noqa: PLW2901 - the name it gets
            taken.add(name)
        result.append(name)
    return result


def transposed(batches: Iterable[Batch], width: int) -> list[list[object]]:
    """The values of each of so many columns."""
    columns: list[list[object]] = [[] for _ in range(width)]
    for batch in batches:
        for column, values in zip(columns, zip(*batch, strict=True), strict=True):
            column.extend(values)
    return columns


def aware(value: object) -> object:
    """The value as results have it: every time in a flow log is UTC, and says so."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, Decimal) and value.is_nan():
        return None
    return value


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        state: Athena's (``QUEUED``, ``RUNNING``, …); of a local run ``FETCHING``, while objects
            come from S3, ``CHECKING``, while files are examined, then ``RUNNING``; ``ESTIMATING``
            before all of them, while folders are listed.
        seconds: since its start.
        scanned_bytes: bytes read so far, as they are stored; while ``FETCHING``, those fetched.
        share: how much of the state's work is done, from 0 to 1; None if that is unknown.
        cost_usd: what that costs in USD; None if the price is not known.
        query_id: Athena's id of the query; empty elsewhere.
    """

    state: str
    seconds: float
    scanned_bytes: int
    share: float | None = None
    cost_usd: float | None = None
    query_id: str = ""


Listener = Callable[[Progress], None]
"""Called while a run is under way."""
