"""Rows that DuckDB reads, of a table or of files, each time from the first one on.

What becomes CSV, JSON lines, Parquet or arrays of Arrow is never a value of Python.
"""

import shutil
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from flowathena.errors import EngineError, FlowathenaError
from flowathena.result import arrays, lines
from flowathena.result.extras import is_installed
from flowathena.result.interruptible import call, run
from flowathena.result.result import BATCH_ROWS, Batch, ResultColumn, Row, transposed
from flowathena.result.stored import Stored, cell, reads, values
from flowathena.result.types import AthenaType
from flowathena.sql.quoting import identifier, literal

ROOM = "RESET memory_limit"
"""For rows so long that a few fill the memory."""
_MEMORY = "128MB"
_MEMORY_OVER_FILES = "256MB"  # with less, one thread alone writes Parquet
_THREADS = 2  # more take more memory
# By its statistics DuckDB sees that a column holds no NULL, and Parquet would say so: two results
# of one query would have two schemas. With a buffer of 1 MB, its own, one thread computes all rows.
_SETTINGS = """
SET disabled_optimizers = 'statistics_propagation';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET TimeZone = 'UTC';
SET streaming_buffer_size = '16MB';
"""
_ROW_GROUPS = (20_480, 2_048)  # rows; the fewer, the less memory
_PARQUET = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "timestamp with time zone": "TIMESTAMPTZ",
}
"""DuckDB's types by Athena's, for those that Parquet files have by name, not by their values."""


@dataclass(frozen=True)
class Source:
    """Where rows are.

    Attributes:
        table: what comes after FROM; its columns are named by ``stored.cell``.
        count: how many rows there are.
    """

    table: str
    count: int


class Relation:
    """Rows that a statement of DuckDB reads.

    Args:
        folder: removed with the object.
        connection: closed with it.
        source: where the rows are.
        stored: how each column is kept.
    """

    def __init__(
        self,
        folder: Path,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        stored: Sequence[Stored],
    ) -> None:
        self._stored = tuple(stored)
        self._connection = connection
        self._source = source
        self._finalizer = weakref.finalize(self, _remove, folder, connection)
        self._roomy = False

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: the rows are in a temporary file, which goes with this.

        Raises:
            FlowathenaError: always.
        """
        raise FlowathenaError(
            f"a result of {len(self):,} rows is in a temporary file and cannot be pickled or "
            "copied; use its rows() or to_arrow(), or write it to a file"
        )

    def __len__(self) -> int:
        return self._source.count

    def batches(self) -> Iterator[Batch]:
        """The rows, a few thousand at a time."""
        return self._batches(dict(enumerate(self._stored)))

    def by_column(self, columns: Sequence[ResultColumn]) -> list[Any]:
        """The values of each column: an array of Arrow's where DuckDB can make it, else a list."""
        found = self._arrays(columns)
        others = {n: each for n, each in enumerate(self._stored) if n not in found}
        lists = transposed(self._batches(others), len(others)) if others else []
        found |= zip(others, lists, strict=True)
        return [found[n] for n in range(len(columns))]

    def csv(self) -> Iterator[bytes] | None:
        """The rows as CSV, whole lines at a time; None if a type's text is Python's alone."""
        return self._csv(self._source) if self._writable else None

    def objects(self, names: Sequence[str], between: str) -> Iterator[bytes] | None:
        """The rows as JSON objects; None if a type's text is Python's alone."""
        if not self._writable:
            return None
        return self._blocks(self._source, lines.json_object(names, self._types), between)

    def parquet(self, columns: Sequence[ResultColumn], path: Path) -> bool:
        """Write a Parquet file, if every type and name is one that DuckDB and Arrow agree on."""
        names = [column.name for column in columns]
        if not (self._writable and parquet_types(columns)):
            return False
        kept = ", ".join(
            f"CAST({cell(n)} AS {_parquet_type(column)}) AS {identifier(name)}"
            for n, (column, name) in enumerate(zip(columns, names, strict=True))
        )
        sql = f"COPY (SELECT {kept} FROM {self._source.table}) TO {literal(str(path))} "  # noqa: S608 - ours
        for size in _ROW_GROUPS:
            options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {size}"
            with self._reading(), closing(self._connection.cursor()) as cursor:
                run(cursor, f"{sql} ({options})")
                return True
        return False

    def _arrays(self, columns: Sequence[ResultColumn]) -> dict[int, Any]:
        """The columns, by their places, that become arrays without values of Python."""
        casts = {n: sql for n, column in enumerate(columns) if (sql := self._cast(n, column.kind))}
        if not (casts and is_installed("pyarrow") and self._in_calendar(casts)):
            return {}
        sql = f"SELECT {', '.join(casts.values())} FROM {self._source.table}"  # noqa: S608 - ours
        kinds = [columns[n].kind for n in casts]
        while True:
            with self._reading(), closing(self._connection.cursor()) as cursor:
                try:
                    table = call(cursor, lambda: cursor.sql(sql).to_arrow_table())
                except (duckdb.ConversionException, duckdb.OutOfRangeException):
                    return {}  # Python says which value does not fit
                return dict(zip(casts, arrays.typed(table, kinds), strict=True))

    def _cast(self, place: int, kind: AthenaType) -> str:
        stored = self._stored[place]
        return "" if stored.decode else arrays.cast(cell(place), stored.type, kind)

    def _batches(self, stored: Mapping[int, Stored]) -> Iterator[Batch]:
        """The values of some columns."""
        for batch in self._select(self._source, ", ".join(reads(stored))):
            yield values(batch, list(stored.values()))

    @property
    def _types(self) -> list[str]:
        return [column.type for column in self._stored]

    @property
    def _writable(self) -> bool:
        decoded = any(column.decode for column in self._stored)
        every = range(len(self._stored))
        return not decoded and lines.known(self._types) and self._in_calendar(every)

    def _in_calendar(self, places: Iterable[int]) -> bool:
        """Whether Python has every date; DuckDB knows years beyond 9999 and before 1."""
        outside = lines.outside_calendar({n: self._stored[n].type for n in places})
        if not outside:
            return True
        sql = f"SELECT 1 FROM {self._source.table} WHERE {outside} LIMIT 1"  # noqa: S608 - ours
        with closing(self._connection.cursor()) as cursor:
            return not call(cursor, lambda: cursor.execute(sql).fetchall())

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Out of memory once, the block ends early, and there is more for another try."""
        try:
            yield
        except duckdb.Error as error:
            if self._roomy or not isinstance(error, duckdb.OutOfMemoryException):
                reason = str(error).partition("\n")[0]
                raise EngineError(f"cannot read the result: {reason}") from error
            self._roomy = True
            self._connection.execute(ROOM)

    def _csv(self, source: Source) -> Iterator[bytes]:
        return (block + b"\n" for block in self._blocks(source, lines.csv(self._types), "\n"))

    def _blocks(self, source: Source, sql: str, between: str) -> Iterator[bytes]:
        """A text for every row, many in one, with something between two of them."""
        for batch in self._select(source, sql):
            yield between.join([str(line) for (line,) in batch]).encode()

    def _select(self, source: Source, sql: str) -> Iterator[list[Row]]:
        """The answer of a SELECT; DuckDB computes as it is read.

        The rows have an order, so that reading can go on where the memory came to its end.
        """
        read = 0
        while read < source.count:
            with self._reading(), closing(self._connection.cursor()) as cursor:
                rest = f" OFFSET {read}" if read else ""
                run(cursor, f"SELECT {sql} FROM {source.table}{rest}")  # noqa: S608 - ours
                while batch := call(cursor, lambda: cursor.fetchmany(BATCH_ROWS)):
                    read += len(batch)
                    yield batch


def connect(place: Path | str, memory: str = "") -> duckdb.DuckDBPyConnection:
    """A connection to a file or ``:memory:``; its memory does not grow with the rows."""
    limits: dict[str, str | bool | int | float | list[str]]
    limits = {"memory_limit": memory or _MEMORY, "threads": _THREADS}
    connection = duckdb.connect(place, config=limits)
    connection.execute(_SETTINGS)
    return connection


def connect_over(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads files, and has a folder for what does not fit into its memory."""
    connection = connect(":memory:", _MEMORY_OVER_FILES)
    connection.execute(f"SET temp_directory = {literal(str(folder / 'spilled'))}")
    return connection


def parquet_types(columns: Sequence[ResultColumn]) -> bool:
    """Whether the columns have in Parquet what their types and names say, whatever the values."""
    names = {column.name.lower() for column in columns} - {""}  # DuckDB's names have no case
    return len(names) == len(columns) and all(map(_parquet_type, columns))


def _parquet_type(column: ResultColumn) -> str:
    """DuckDB's type of a column that its type's name describes whole; empty for others."""
    if column.kind.name == "decimal" and len(column.kind.numbers) == 2:  # noqa: PLR2004 - both
        return "DECIMAL({},{})".format(*column.kind.numbers)
    return _PARQUET.get(column.type, "")


def _remove(folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
