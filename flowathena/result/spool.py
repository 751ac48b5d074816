"""Rows in a DuckDB table of a temporary file, for results too long to hold.

DuckDB fills the table, and writes CSV and JSON lines, out of core. Of 1 million rows of 14 columns,
lists of tuples and Python's writers took 15 s and 1,190 MB, this takes 1.7 s and 20 MB, and as much
memory for 5 million (``benchmarks/results.py``).

Every row is in the file before the first is read. So a query that fails leaves nothing
half-written, the number of rows is known beforehand, and the rows can be read any number of times.
The file goes with the object.
"""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from flowathena.errors import EngineError
from flowathena.result import relation
from flowathena.result.interruptible import Watch, call, run
from flowathena.result.relation import Relation, Source
from flowathena.result.result import BATCH_ROWS, Held, Rows
from flowathena.result.stored import Stored, cell, reads, values
from flowathena.sql.quoting import literal

_FILE = "rows.duckdb"
_CATALOG = "flowathena_spool"
_TABLE = "rows"
# Rows that wait to be written: a fifth of the machine's memory, if nobody says otherwise.
_WAITING = """
SET write_buffer_row_group_count = 1;
SET write_buffer_row_group_memory_limit = '16MB';
"""


class Spool(Relation):
    """Rows in a file of their own.

    Args:
        folder: the folder of the file, removed with the object.
        stored: how each column is kept.
    """

    def __init__(self, folder: Path, stored: Sequence[Stored]) -> None:
        connection = connect(folder)
        super().__init__(folder, connection, Source(_TABLE, count(connection, _TABLE)), stored)


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
            connection.execute(relation.ROOM)
            run(connection, statement)
    return Spool(folder, stored)


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the file of a folder; its memory does not grow with the rows."""
    connection = relation.connect(folder / _FILE)
    connection.execute(_WAITING)
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


def _cells(stored: Sequence[Stored]) -> str:
    return ", ".join(cell(n) for n in range(len(stored)))
