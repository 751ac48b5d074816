"""An archive that DuckDB writes on this machine: one sorted file for each partition."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
_SETTINGS = "SET preserve_insertion_order = true; SET TimeZone = 'UTC'"
_OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS}"


class LocalWriter:
    """Writes by DuckDB.

    Args:
        kind: what is written.
        content: its rows.
        now: the time, aware.
        watch: called with the number of partitions that are written, or added up.
    """

    batch_size = 100

    def __init__(
        self,
        kind: Kind,
        content: Content,
        now: datetime,
        watch: Callable[[str, int], None] = lambda _step, _done: None,
    ) -> None:
        self.bill = Bill()
        self._kind = kind
        self._content = content
        self._watch = watch
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
            self._database(partitions, place) as database,
        ):
            for done, each in enumerate(partitions, 1):
                own = Path(folder, self._kind.folder(each.values))
                try:
                    own.mkdir(parents=True, exist_ok=True)
                    with self._read(each, database) as connection:
                        unfinished = self._write(connection, place)
                    Path(shutil.move(unfinished, own)).replace(own / _FILE)
                except BadFilesError as error:
                    damaged |= error.files
                except OSError as error:
                    raise EngineError(f"archive: {own}: {error.strerror}") from error
                self._watch("WRITING", done)
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
        """The sums of the log files."""
        sums: dict[Values, Sums] = {}
        with _naming(self._kind.name), self._database(partitions, Path.cwd()) as database:
            for done, each in enumerate(partitions, 1):
                with self._read(each, database) as connection:
                    sums |= self._add_up(connection, self._count)
                self._watch("ADDING UP", done)
        return sums

    def add_up_written(self, locations: Mapping[Values, str]) -> Mapping[Values, Sums]:
        """The sums of what is written."""
        sums: dict[Values, Sums] = {}
        with closing(duckdb.connect(":memory:")) as connection:
            connection.execute(_SETTINGS)
            for done, (values, location) in enumerate(sorted(locations.items()), 1):
                with _naming(location):
                    sums |= self._add_up_files(connection, values, location)
                self._watch("VERIFYING", done)
        return sums

    def _add_up_files(
        self, connection: duckdb.DuckDBPyConnection, values: Values, location: str
    ) -> Mapping[Values, Sums]:
        files = sorted(str(each) for each in Path(location).glob("*.parquet"))
        if not files:
            return {}
        pairs = zip(self._kind.keys, values, strict=True)
        keys = ", ".join(f'{literal(value)} AS "{key}"' for key, value in pairs)
        with plain_paths(files) as paths:
            listed = ", ".join(map(literal, paths.values()))
            reader = f"read_parquet([{listed}], hive_partitioning = false)"
            return self._add_up(connection, f"SELECT *, {keys} FROM {reader}")  # noqa: S608 - same

    def _add_up(self, connection: duckdb.DuckDBPyConnection, select: str) -> Mapping[Values, Sums]:
        sql = self._content.add_up(select, lambda column: f"CAST(sum(hash({column})) AS VARCHAR)")
        return self._content.read_sums(_run(connection, sql).fetchall())

    def _database(self, partitions: Iterable[LogPartition], folder: Path) -> LogDatabase:
        """A database for the log files of some partitions, which may write into a folder."""
        return LogDatabase({each.values: self._parts(each) for each in partitions}, folder)

    def _parts(self, logs: LogPartition) -> list[Part]:
        return [
            part_of(source, logs.locations.get(number, {}))
            for number, source in enumerate(self._content.sources)
        ]

    @contextmanager
    def _read(
        self, logs: LogPartition, database: LogDatabase
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database over the log files of a partition."""
        self.bill.scans.append(logs.read_bytes)
        with database.reading(logs.values) as connection:
            yield connection


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
    except (duckdb.Error, OSError) as error:
        raise EngineError(f"{location}: {str(error).splitlines()[0]}") from error
