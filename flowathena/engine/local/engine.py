"""DuckDB over the files of registered partitions, read as Athena's tables are."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import duckdb

from flowathena.catalog import Catalog, read_partitions
from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.files import Head, LogFile
from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import BadFilesError, EngineError
from flowathena.logs.fields import column_name
from flowathena.logs.layout import LOG_ROOT
from flowathena.query.render import Rendered
from flowathena.result.interruptible import call
from flowathena.result.result import Listener, Progress, Result, Rows, Stats
from flowathena.result.spool import Spooler, Stored
from flowathena.sql.quoting import literal
from flowathena.text import counted

_ATHENA_TYPES = {
    "VARCHAR": "varchar",
    "HUGEINT": "bigint",  # sums of bigint; Athena's stay bigint
    "INTEGER": "integer",
    "FLOAT": "real",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "BLOB": "varbinary",
}
# A subexpression that fails must not be computed outside the TRY around it.
_SETTINGS = """
SET TimeZone = 'UTC';
SET disabled_optimizers = 'common_subexpressions';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
"""


class DuckDbEngine:
    """Runs statements over local logs; reads only what is registered."""

    def __init__(self, catalog: Catalog, now: datetime, *, skip_bad_files: bool = False) -> None:
        self._catalog = catalog
        self._now = now
        self._skip = skip_bad_files

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement; ``listener`` is called once, at the start."""
        began = time.monotonic()
        table = rendered.sources[0].table
        schema = {table.database: {table.name: scan.schema(table)}}
        sql = to_duckdb(rendered.statement, schema, self._now)
        logs = list(self._files(rendered))
        parquet = table.file_format == "parquet"
        if listener:
            listener(Progress("RUNNING", 0.0, sum(file.size_bytes for file in logs)))
        heads, damaged = logfiles.examine(logs, parquet=parquet)
        if damaged and not self._skip:
            raise BadFilesError(damaged)
        sound = [file for file in logs if file.path in heads]
        columns, rows = _execute(sql, rendered, sound, heads)
        stats = Stats(
            engine="duckdb",
            rows=len(rows),
            seconds=time.monotonic() - began,
            scanned_bytes=sum(file.size_bytes for file in sound),
            files=len(sound),
            skipped_files=damaged,
            warnings=tuple(_warnings(rendered, sound, heads)),
        )
        return Result(columns, rows, stats)

    def _files(self, rendered: Rendered) -> Iterator[LogFile]:
        locations: dict[tuple[str, ...], str] = {}
        for scope in rendered.scopes:
            locations |= read_partitions(self._catalog, scope, rendered.sources[0].shape)
        for values, location in sorted(locations.items()):
            yield from logfiles.files(values, location)


def _execute(
    sql: str, rendered: Rendered, logs: list[LogFile], heads: dict[str, Head]
) -> tuple[list[tuple[str, str]], Rows]:
    with ExitStack() as stack:
        connection = stack.enter_context(closing(duckdb.connect(":memory:")))
        paths = _paths(logs, stack)
        try:
            connection.execute(_SETTINGS)
            files = {paths[file.path]: file for file in logs}
            scan.create(connection, rendered.sources[0], files, heads)
            spooler = stack.enter_context(Spooler(connection))
            # DuckDB follows a link before it checks the folder: both are allowed.
            _lock(connection, [*paths, *paths.values()], spooler.folder)
            answer = call(connection, lambda: connection.sql(sql))
            kinds = [str(kind) for kind in answer.types]
            rows = spooler.fill(sql, [Stored(kind) for kind in kinds])
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {_first_line(error)}") from error
        return list(zip(answer.columns, map(_athena_type, kinds), strict=True)), rows


def _paths(logs: list[LogFile], stack: ExitStack) -> dict[str, str]:
    """The path to give DuckDB for every file, by its own path."""
    return {file.path: stack.enter_context(logfiles.plain_path(file.path)) for file in logs}


def _lock(connection: duckdb.DuckDBPyConnection, paths: Iterable[str], spool: Path) -> None:
    """Statements read the logs and nothing else of this machine, and write the spool."""
    folders = [*sorted(set(map(_folder, paths))), f"{spool}/"]
    connection.execute(f"SET allowed_directories = [{', '.join(map(literal, folders))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _folder(path: str) -> str:
    """The folder to allow for a file: ``AWSLogs/`` (few folders, DuckDB looks through them all).

    Of an odd path, the folder above the odd part: DuckDB takes a backslash in it for a slash.
    """
    plain = logfiles.PATTERN.split(path)[0]
    above, root, _ = plain.partition(f"/{LOG_ROOT}/")
    return above + root if root else plain.rpartition("/")[0] + "/"


def _warnings(rendered: Rendered, logs: list[LogFile], heads: dict[str, Head]) -> Iterator[str]:
    if rendered.scopes and not logs:
        yield (
            "no registered partition of this window contains a file; "
            "'flowathena partitions plan' shows what is missing"
        )
    if rendered.sources[0].table.file_format == "parquet":
        return  # read by name in Athena too
    expected = tuple(rendered.sources[0].shape.columns)
    other = [file.path for file in logs if _differs(heads[file.path], expected)]
    if other:
        yield (
            f"{counted(len(other), 'file')} with other fields than the table's "
            f"(first: {other[0]}); read by name here, but by position in Athena"
        )
    headless = [file.path for file in logs if heads[file.path].fields is None]
    if headless:
        yield (
            f"{counted(len(headless), 'file')} without a header line (first: {headless[0]}); "
            "the first line was skipped, as in Athena"
        )


def _differs(head: Head, expected: tuple[str, ...]) -> bool:
    return head.fields is not None and tuple(map(column_name, head.fields)) != expected


def _athena_type(kind: str) -> str:
    return _ATHENA_TYPES.get(kind, kind.lower())


def _first_line(error: Exception) -> str:
    """The reason, and the log file where DuckDB names one further down."""
    reason = str(error).strip().partition("\n")[0]
    file = re.search(r"^\s*file ?= ?(.+)$", str(error), re.MULTILINE)
    return f"{reason} in {file[1]}" if file else reason
