"""An archive that DuckDB writes on this machine: one sorted file for each partition."""

import shutil
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
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
_PATH = "path of a file"  # no column has such a name
_SETTINGS = "SET preserve_insertion_order = true; SET TimeZone = 'UTC'"
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
        """The sums of what is written, of all partitions at once."""
        with closing(duckdb.connect(":memory:")) as connection:
            connection.execute(_SETTINGS)
            try:
                return self._add_up_files(connection, locations)
            except (duckdb.Error, OSError):  # each alone tells which it is
                sums: dict[Values, Sums] = {}
                for values, location in sorted(locations.items()):
                    with _naming(location):
                        sums |= self._add_up_files(connection, {values: location})
                return sums

    def _add_up_files(
        self, connection: duckdb.DuckDBPyConnection, locations: Mapping[Values, str]
    ) -> Mapping[Values, Sums]:
        files = {
            str(file): values
            for values, location in locations.items()
            for file in Path(location).glob("*.parquet")
        }
        if not files:
            return {}
        with plain_paths(sorted(files)) as paths:
            listed = ", ".join(map(literal, paths.values()))
            keys = ", ".join(
                f"({', '.join(map(literal, (paths[file], *values)))})"
                for file, values in files.items()
            )
            names = ", ".join(f'"{key}"' for key in self._kind.keys)
            select = (
                f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false, "  # noqa: S608 - ours
                f"filename = '{_PATH}') "
                f'JOIN (VALUES {keys}) AS partitions("{_PATH}", {names}) USING ("{_PATH}")'
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
            part_of(source, dict(ChainMap(*(dict(each.locations.get(n, {})) for each in group))))
            for n, source in enumerate(self._content.sources)
        ]


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
