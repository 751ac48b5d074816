"""Rows in a DuckDB table of a temporary file, for results too long to hold.

DuckDB fills the table, and writes CSV and JSON lines, out of core. Of 1 million rows of 14 columns
as a CSV file, lists of tuples and Python's writers took 15 s and 1,190 MB, this takes 1.7 s and
20 MB, and as much memory for 5 million (``benchmarks/results.py``).

Every row is in the file before the first is read. So a query that fails leaves nothing
half-written, the number of rows is known beforehand, and the rows can be read any number of times.
The file goes with the object.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import duckdb

from flowathena.errors import EngineError, FlowathenaError
from flowathena.result import arrays, lines
from flowathena.result.extras import is_installed
from flowathena.result.interruptible import Watch, call, run
from flowathena.result.result import BATCH_ROWS, Batch, Held, ResultColumn, Row, Rows, transposed
from flowathena.result.stored import Stored, cell, reads, values
from flowathena.result.types import AthenaType
from flowathena.sql.quoting import identifier, literal

_FILE = "rows.duckdb"
_CATALOG = "flowathena_spool"
_TABLE = "rows"
_MEMORY = "128MB"
_ROOM = "RESET memory_limit"  # for rows so long that a few fill the memory
_ROW_GROUPS = (20_480, 2_048)  # rows; the fewer, the less memory
_THREADS = 2  # more take more memory
# Rows that wait to be written: a fifth of the machine's memory, if nobody says otherwise.
_WAITING = """
SET write_buffer_row_group_count = 1;
SET write_buffer_row_group_memory_limit = '16MB';
"""
# By its statistics DuckDB sees that a column holds no NULL, and Parquet would say so: two results
# of one query would have two schemas.
_SETTINGS = """
SET disabled_optimizers = 'statistics_propagation';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET TimeZone = 'UTC';
"""
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


class Spool:
    """Rows in a file of their own.

    Args:
        folder: the folder of the file, removed with the object.
        stored: how each column is kept.
    """

    def __init__(self, folder: Path, stored: Sequence[Stored]) -> None:
        self._stored = tuple(stored)
        self._connection = connect(folder)
        self._finalizer = weakref.finalize(self, _remove, folder, self._connection)
        self._roomy = False
        self._count = count(self._connection, _TABLE)

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
        return self._count

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

    def csv(self) -> Iterator[Sequence[str]] | None:
        """The rows as lines of CSV; None if a type's text is Python's alone."""
        return self._lines(lines.csv(self._types)) if self._writable else None

    def objects(self, names: Sequence[str]) -> Iterator[Sequence[str]] | None:
        """The rows as JSON objects; None if a type's text is Python's alone."""
        return self._lines(lines.json_object(names, self._types)) if self._writable else None

    def parquet(self, columns: Sequence[ResultColumn], path: Path) -> bool:
        """Write a Parquet file, if every type and name is one that DuckDB and Arrow agree on."""
        names = [column.name for column in columns]
        if not (self._writable and parquet_types(columns)):
            return False
        kept = ", ".join(
            f"CAST({cell(n)} AS {_parquet_type(column)}) AS {identifier(name)}"
            for n, (column, name) in enumerate(zip(columns, names, strict=True))
        )
        sql = f"COPY (SELECT {kept} FROM {_TABLE}) TO {literal(str(path))} "  # noqa: S608 - ours
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
        sql = f"SELECT {', '.join(casts.values())} FROM {_TABLE}"  # noqa: S608 - ours
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
        for batch in self._select(", ".join(reads(stored))):
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
        with closing(self._connection.cursor()) as cursor:
            return not call(cursor, lambda: cursor.execute(_anywhere(outside)).fetchall())

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
            self._connection.execute(_ROOM)

    def _lines(self, sql: str) -> Iterator[Sequence[str]]:
        for batch in self._select(sql):
            yield [str(line) for (line,) in batch]

    def _select(self, sql: str) -> Iterator[list[Row]]:
        """The answer of a SELECT over the table; DuckDB computes as it is read.

        The table has an order, so that reading can go on where the memory came to its end.
        """
        read = 0
        while read < len(self):
            with self._reading(), closing(self._connection.cursor()) as cursor:
                run(cursor, f"SELECT {sql} FROM {_TABLE} OFFSET {read}")  # noqa: S608 - ours
                while batch := call(cursor, lambda: cursor.fetchmany(BATCH_ROWS)):
                    read += len(batch)
                    yield batch


class Spooler:
    """Puts the answer of a statement into rows, on the connection that runs the statement.

    Enter it before the connection is locked; ``folder`` must stay writable.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.folder = new_folder()

    def __enter__(self) -> Self:
        file = literal(str(self.folder / _FILE))
        try:
            self._connection.execute(f"{_WAITING} ATTACH {file} AS {_CATALOG}")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, sql: str, stored: Sequence[Stored], watch: Watch | None = None) -> Rows:
        """Run a SELECT to its last row. DuckDB raises what is wrong with it."""
        table = f"{_CATALOG}.{_TABLE}"
        run(self._connection, f"CREATE TABLE {table} ({_cells(stored)}) AS {sql}", watch)
        if count(self._connection, table) > BATCH_ROWS:
            run(self._connection, f"DETACH {_CATALOG}")
            return Spool(self.folder, stored)
        read = ", ".join(reads(dict(enumerate(stored))))
        run(self._connection, f"SELECT {read} FROM {table}")  # noqa: S608
        rows = values(self._connection.fetchall(), stored)
        run(self._connection, f"DETACH {_CATALOG}")
        shutil.rmtree(self.folder)
        return Held(list(rows))


def fill(folder: Path, sql: str, stored: Sequence[Stored]) -> Spool:
    """Put the answer of a SELECT into the file of a folder."""
    statement = f"CREATE OR REPLACE TABLE {_TABLE} ({_cells(stored)}) AS {sql}"
    with closing(connect(folder)) as connection:
        try:
            run(connection, statement)
        except duckdb.OutOfMemoryException:
            connection.execute(_ROOM)
            run(connection, statement)
    return Spool(folder, stored)


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the file of a folder; its memory does not grow with the rows."""
    connection = duckdb.connect(
        folder / _FILE, config={"memory_limit": _MEMORY, "threads": _THREADS}
    )
    connection.execute(_SETTINGS + _WAITING)
    return connection


def new_folder() -> Path:
    """A folder for a spool, in the system's folder for temporary files.

    Raises:
        EngineError: it cannot be made.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="flowathena-"))
    except OSError as error:
        where = tempfile.gettempdir()
        raise EngineError(f"cannot keep the result in {where}: {error.strerror}") from error


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table has; ``table`` may go on with a condition."""
    sql = f"SELECT count(*) FROM {table}"  # noqa: S608 - ours
    row = call(connection, lambda: connection.execute(sql).fetchone())
    return int(row[0]) if row else 0


def _anywhere(condition: str) -> str:
    return f"SELECT 1 FROM {_TABLE} WHERE {condition} LIMIT 1"  # noqa: S608 - ours


def parquet_types(columns: Sequence[ResultColumn]) -> bool:
    """Whether the columns have in Parquet what their types and names say, whatever the values."""
    names = {column.name.lower() for column in columns} - {""}  # DuckDB's names have no case
    return len(names) == len(columns) and all(map(_parquet_type, columns))


def _parquet_type(column: ResultColumn) -> str:
    """DuckDB's type of a column that its type's name describes whole; empty for others."""
    if column.kind.name == "decimal" and len(column.kind.numbers) == 2:  # noqa: PLR2004 - both
        return "DECIMAL({},{})".format(*column.kind.numbers)
    return _PARQUET.get(column.type, "")


def _cells(stored: Sequence[Stored]) -> str:
    return ", ".join(cell(n) for n in range(len(stored)))


def _remove(folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)
