"""An archive that DuckDB writes on this machine: one sorted file for each partition."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from flowathena.archive.content import Content, Kind
from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.archive.writer import Bill
from flowathena.engine.local.database import LogDatabase
from flowathena.engine.local.files import is_odd, plain_paths
from flowathena.engine.local.parts import Part, part_of, schema
from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import BadFilesError, EngineError
from flowathena.files import UNFINISHED
from flowathena.result.interruptible import call
from flowathena.shape.shape import Values
from flowathena.sql.quoting import literal
from flowathena.sql.statement import Statement

_FILE = "records.parquet"
_ROWS = 122_880
"""Of a row group: fewer make larger files and slower queries."""
_FILE_PATH = "path of a file"  # a column that the logs have not
_SETTINGS = "SET preserve_insertion_order = true; SET TimeZone = 'UTC'"
_SCHEMAS = """
SELECT count(DISTINCT columns) FROM (
    SELECT list((name, type, converted_type, CAST(logical_type AS VARCHAR))) AS columns
    FROM parquet_schema([{}]) GROUP BY file_name
)
"""
# The last comes where DuckDB quotes what it has read.
_ERRORS = (duckdb.Error, OSError, UnicodeDecodeError)
_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS}"


class LocalWriter:
    """Writes by DuckDB.

    Args:
        kind: what is written.
        content: its rows.
        now: the time, aware.
    """

    batch_size = 100

    def __init__(
        self,
        kind: Kind,
        content: Content,
        now: datetime,
    ) -> None:
        self.bill = Bill()
        self._kind = kind
        self._content = content
        tables = schema(content.sources)
        # The two may be the same, and a translation takes as long as a small file.
        translated = cache(lambda sql: to_duckdb(Statement(sql), tables, now))
        self._select, self._count = translated(content.select()), translated(content.count())

    def expected_scans(self, log_bytes: int) -> tuple[int, ...]:
        """Logs are read twice."""
        return (log_bytes, log_bytes)

    def write(self, partitions: Sequence[LogPartition], folder: str) -> None:
        """Write the records of some partitions, one after the other.

        All are tried: the error for damaged files names those of every partition.
        """
        damaged: dict[str, str] = {}
        with (
            _naming(folder),
            _writable(Path(folder)) as place,
            self._database({each.values: [each] for each in partitions}, place) as database,
        ):
            for each in partitions:
                own = Path(folder, self._kind.folder(each.values))
                try:
                    own.mkdir(parents=True, exist_ok=True)
                    self.bill.scans.append(each.read_bytes)
                    with database.reading(each.values) as connection:
                        unfinished = self._write(connection, place)
                    Path(shutil.move(unfinished, own)).replace(own / _FILE)
                except BadFilesError as error:
                    damaged |= error.files
                except OSError as error:
                    raise EngineError(f"archive: {own}: {error.strerror}") from error
        if damaged:
            raise BadFilesError(damaged)

    def _write(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
        """Write one file, under a name that nobody reads."""
        unfinished = folder / f"{UNFINISHED}{_FILE}"
        columns = [f'"{each.name}"' for each in self._content.table.columns]
        order = ", ".join(f'"{name}"' for name in self._content.order)
        rows = f"SELECT {', '.join(columns)} FROM ({self._select}) ORDER BY {order}"  # noqa: S608 - ours
        _run(connection, f"COPY ({rows}) TO {literal(str(unfinished))} ({_OPTIONS})")
        return unfinished

    def add_up_logs(self, partitions: Sequence[LogPartition]) -> Mapping[Values, Sums]:
        """The sums of the log files, of all partitions at once."""
        together: dict[Values, Sequence[LogPartition]] = {(): partitions}
        with _naming(self._kind.name), self._database(together, Path.cwd()) as database:
            self.bill.scans.append(sum(each.read_bytes for each in partitions))
            with database.reading(()) as connection:
                return self._add_up(connection, self._count)

    def add_up_written(self, locations: Mapping[Values, str]) -> Mapping[Values, Sums]:
        """The sums of what is written, of all partitions at once where one statement can."""
        with suppress(*_ERRORS), _connected() as connection:  # each alone tells which it is
            files = _files_of(locations)
            if _are_alike(connection, [path for path, _ in files]):
                return self._add_up_files(connection, files)
        sums: dict[Values, Sums] = {}
        with _connected() as connection:
            for values, location in sorted(locations.items()):
                with _naming(location):
                    files = _files_of({values: location})
                    sums |= self._add_up_files(connection, files)
        return sums

    def _add_up_files(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[str, Values]]
    ) -> Mapping[Values, Sums]:
        """The sums of files, each of which is of a partition."""
        if not files:
            return {}
        with plain_paths(path for path, _ in files) as paths:
            listed = ", ".join(map(literal, paths.values()))
            keys = ", ".join(
                f"({', '.join(map(literal, (paths[path], *values)))})" for path, values in files
            )
            names = ", ".join(f'"{key}"' for key in self._kind.keys)
            select = (
                f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false, "  # noqa: S608 - ours
                f"filename = '{_FILE_PATH}') "
                f'JOIN (VALUES {keys}) AS keys("{_FILE_PATH}", {names}) USING ("{_FILE_PATH}")'
            )
            return self._add_up(connection, select)

    def _add_up(self, connection: duckdb.DuckDBPyConnection, select: str) -> Mapping[Values, Sums]:
        sql = self._content.add_up(select, lambda column: f"CAST(sum(hash({column})) AS VARCHAR)")
        return self._content.read_sums(_run(connection, sql).fetchall())

    def _database(
        self, groups: Mapping[Values, Sequence[LogPartition]], folder: Path
    ) -> LogDatabase:
        """A database for log files, those of one group at a time, which may write into a folder."""
        return LogDatabase({name: self._parts(group) for name, group in groups.items()}, folder)

    def _parts(self, group: Sequence[LogPartition]) -> list[Part]:
        """The log files of some partitions, by table."""
        return [
            part_of(
                source,
                {
                    values: location
                    for each in group
                    for values, location in each.locations.get(n, {}).items()
                },
            )
            for n, source in enumerate(self._content.sources)
        ]


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(_SETTINGS)
        yield connection


def _files_of(locations: Mapping[Values, str]) -> list[tuple[str, Values]]:
    """The files of some partitions, each with the values of its partition."""
    return [
        (str(path), values)
        for values, location in sorted(locations.items())
        for path in sorted(Path(location).glob("*.parquet"))
    ]


def _are_alike(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> bool:
    """Whether files have columns of the same names and types.

    If not, DuckDB reads all as the first one's: the checksums would be those of other values.
    """
    if not files:
        return True
    with plain_paths(files) as paths:
        sql = _SCHEMAS.format(", ".join(map(literal, paths.values())))
        return _run(connection, sql).fetchall() == [(1,)]


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    return call(connection, lambda: connection.execute(sql))


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Where DuckDB can write what belongs into a folder: it cannot say every path."""
    real = folder.resolve()
    if not is_odd(str(real)):
        yield real
        return
    with TemporaryDirectory(prefix="flowathena-") as name:
        yield Path(name).resolve()


@contextmanager
def _naming(location: str) -> Iterator[None]:
    """Errors of DuckDB and of files name what was read or written."""
    try:
        yield
    except _ERRORS as error:
        raise EngineError(f"{location}: {str(error).splitlines()[0]}") from error
