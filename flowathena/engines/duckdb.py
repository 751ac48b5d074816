"""DuckDB over the files of registered partitions, read as Athena's text tables are.

A value of a text column stays as written (``-`` too); a number column turns what is no number into
NULL; a short line ends in NULLs and surplus values are dropped (LazySimpleSerDe). One thing is
better than Athena: a file is read by the names of its header line, not by position.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from flowathena.catalog import Catalog, Table
from flowathena.engines import logfiles
from flowathena.engines.base import Listener, Progress
from flowathena.engines.logfiles import Head, LogFile
from flowathena.engines.translate import to_duckdb
from flowathena.errors import BadFilesError, EngineError
from flowathena.fields import BY_COLUMN
from flowathena.layout import LOG_ROOT, Layout
from flowathena.relation import quoted, text
from flowathena.render import Rendered
from flowathena.result import Result, Stats

_TYPES = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT"}
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
# A subexpression that fails must not be computed outside the TRY that stands around it.
_SETTINGS = """
SET TimeZone = 'UTC';
SET disabled_optimizers = 'common_subexpressions';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
"""
_PATTERN = re.compile(r"[*?\[\]{}\\]")
# As the SerDe reads a whole number: decimals are cut off, and what is no plain number is NULL.
# The first branch takes nearly every value, and faster than TRY_CAST says no to a "-". No regular
# expressions: DuckDB would compile them anew for every file.
_UNSIGNED = "CASE WHEN left({x}, 1) IN ('-', '+') THEN substr({x}, 2) ELSE {x} END"
_INTEGER = (
    "CASE WHEN {x} NOT GLOB '*[!0-9]*' THEN TRY_CAST({x} AS {type}) "
    "WHEN {d} NOT GLOB '*[!.0-9]*' AND {d} NOT GLOB '*.*.*' AND {d} <> '' "
    "THEN TRY_CAST(CASE left({x}, 1) WHEN '-' THEN '-0' ELSE '0' END "
    "|| split_part({d}, '.', 1) AS {type}) END"
).replace("{d}", f"({_UNSIGNED})")
_READ = (
    "read_csv(getvariable({files}), delim = ' ', header = true, quote = '', escape = '', "
    "auto_detect = false, null_padding = true, strict_mode = false, nullstr = '\\N', "
    "filename = true, compression = {compression}, columns = {{{columns}}})"
)


@dataclass(frozen=True)
class _Group:
    """Files that one ``read_csv`` can read: same header, and partition values found one way."""

    head: Head
    account_part: int
    values: tuple[str, ...]


class DuckDbEngine:
    """Runs statements over local logs; reads only what is registered."""

    def __init__(self, catalog: Catalog, now: datetime, *, skip_bad_files: bool = False) -> None:
        self._catalog = catalog
        self._now = now
        self._skip = skip_bad_files

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement; ``listener`` is told once, at the start."""
        began = time.monotonic()
        table = rendered.table
        schema = {table.database: {table.name: _schema(table)}}
        sql = to_duckdb(rendered.sql, schema, self._now)
        found = list(self._files(rendered))
        if listener:
            listener(Progress("RUNNING", 0.0, sum(file.size_bytes for file in found)))
        heads, bad = logfiles.examine(found)
        if bad and not self._skip:
            raise BadFilesError(bad)
        good = [file for file in found if file.path in heads]
        columns, data = _execute(sql, table, good, heads)
        stats = Stats(
            engine="duckdb",
            rows=len(data),
            seconds=time.monotonic() - began,
            scanned_bytes=sum(file.size_bytes for file in good),
            files=len(good),
            skipped_files=bad,
            warnings=tuple(_warnings(rendered, good, heads)),
        )
        return Result(columns, data, stats)

    def _files(self, rendered: Rendered) -> Iterator[LogFile]:
        partitions: dict[tuple[str, ...], str] = {}
        for scope in rendered.scopes:
            partitions |= self._catalog.partitions(scope)
        for values, location in sorted(partitions.items()):
            yield from logfiles.files(values, location)


def _execute(
    sql: str, table: Table, found: list[LogFile], heads: dict[str, Head]
) -> tuple[list[tuple[str, str]], list[tuple[object, ...]]]:
    with ExitStack() as stack:
        connection = stack.enter_context(closing(duckdb.connect(":memory:")))
        paths = _paths(found, stack)
        try:
            connection.execute(_SETTINGS)
            _create_view(connection, table, found, heads, paths)
            _lock(connection, [*paths, *paths.values()])  # a link is followed before it is judged
            data = _fetched(connection, sql)
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {_first_line(error)}") from error
        columns = [(name, _athena_type(str(kind))) for name, kind, *_ in connection.description]
        return columns, data


def _paths(found: list[LogFile], stack: ExitStack) -> dict[str, str]:
    """The path to give DuckDB for every file, by its own path.

    DuckDB takes ``*``, ``?`` and ``[`` in a path for a pattern, and beside a backslash there is no
    way to write them plainly: such files get a link of a plain name.
    """
    paths = {file.path: file.path for file in found}
    odd = [path for path in paths if _PATTERN.search(path)]
    if odd:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="flowathena-")))
        for number, path in enumerate(odd):
            link = folder / f"{number}.log"
            link.symlink_to(path)
            paths[path] = str(link)
    return paths


def _fetched(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    """All rows. DuckDB looks at no signal while it runs, so it runs in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        rows = pool.submit(lambda: connection.execute(sql).fetchall())
        try:
            return rows.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _lock(connection: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> None:
    """Statements read the logs and nothing else of this machine."""
    folders = sorted(set(map(_folder, paths)))
    connection.execute(f"SET allowed_directories = [{', '.join(map(text, folders))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _folder(path: str) -> str:
    """The folder to allow for a file: ``AWSLogs/`` (few folders, DuckDB looks through them all).

    Of an odd path, the folder above the odd part: DuckDB takes a backslash in it for a slash.
    """
    plain = _PATTERN.split(path)[0]
    above, root, _ = plain.partition(f"/{LOG_ROOT}/")
    return above + root if root else plain.rpartition("/")[0] + "/"


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    found: list[LogFile],
    heads: dict[str, Head],
    paths: dict[str, str],
) -> None:
    groups: dict[_Group, list[str]] = defaultdict(list)
    for file in found:
        group = _group(file, heads[file.path], moved=paths[file.path] != file.path)
        groups[group].append(paths[file.path])
    selects = []
    for number, (group, members) in enumerate(groups.items()):
        variable = f"files_{number}"
        connection.execute(f"SET VARIABLE {variable} = ?", [members])
        selects.append(_select(table, group, variable))
    body = "\nUNION ALL\n".join(selects or [_empty(table)])
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.database)}")
    connection.execute(f"CREATE VIEW {quoted(table.database)}.{quoted(table.name)} AS\n{body}")


def _group(file: LogFile, head: Head, *, moved: bool) -> _Group:
    """Partition values come from the path where they stand in it, which lets DuckDB prune.

    A partition may be registered anywhere; its values are then constants of a group of its own.
    """
    base, found, below = file.location.rpartition(f"/{LOG_ROOT}/")
    partition = Layout().parse(f"{LOG_ROOT}/{below}") if found else None
    if moved or partition is None or partition.values != file.values:
        return _Group(head, 0, file.values)
    parts_above = base.count("/") + 2 + bool(partition.organization)
    return _Group(head, parts_above + 1, ())


def _select(table: Table, group: _Group, variable: str) -> str:
    names = _column_names(table, group.head)
    columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in names)
    reader = _READ.format(
        files=text(variable),
        compression="'gzip'" if group.head.gzip else "'none'",
        columns=columns,
    )
    record = [_typed(column.name, column.type, names) for column in table.columns]
    keys = [
        f"{value} AS {quoted(key.name)}"
        for key, value in zip(table.partition_keys, _key_values(group), strict=True)
    ]
    return f"SELECT {', '.join([*record, *keys])} FROM {reader}"  # noqa: S608 - names are quoted


def _column_names(table: Table, head: Head) -> list[str]:
    """The columns of a file by position, every name once; unknown fields keep a name of theirs."""
    if head.fields is None:
        return [column.name for column in table.columns]
    names: list[str] = []
    for position, field in enumerate(head.fields):
        name = field.replace("-", "_")
        names.append(
            name if name in BY_COLUMN and name not in names else f"unknown field {position}"
        )
    return names


def _typed(name: str, kind: str, names: list[str]) -> str:
    sql_type = _TYPES[kind]
    if name not in names:
        return f"CAST(NULL AS {sql_type}) AS {quoted(name)}"
    if kind == "string":
        return quoted(name)
    return f"{_INTEGER.format(x=quoted(name), type=sql_type)} AS {quoted(name)}"


def _key_values(group: _Group) -> list[str]:
    if group.values:
        return [text(value) for value in group.values]
    account = group.account_part
    day = " || '-' || ".join(_part(account + n) for n in (3, 4, 5))
    return [_part(account), _part(account + 2), day]


def _part(position: int) -> str:
    return f"split_part(filename, '/', {position})"


def _empty(table: Table) -> str:
    columns = [*table.columns, *table.partition_keys]
    nulls = (f"CAST(NULL AS {_TYPES[c.type]}) AS {quoted(c.name)}" for c in columns)
    return f"SELECT {', '.join(nulls)} WHERE false"


def _schema(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in (*table.columns, *table.partition_keys)}


def _warnings(rendered: Rendered, found: list[LogFile], heads: dict[str, Head]) -> Iterator[str]:
    if rendered.scopes and not found:
        yield (
            "no registered partition of this window holds a file; "
            "'flowathena partitions plan' shows what is missing"
        )
    expected = tuple(column.name for column in rendered.table.columns)
    other = [file.path for file in found if _differs(heads[file.path], expected)]
    if other:
        yield (
            f"{len(other)} files have other fields than the table (first: {other[0]}); "
            "they were read by name here, Athena reads them by position"
        )
    headless = [file.path for file in found if heads[file.path].fields is None]
    if headless:
        yield (
            f"{len(headless)} files have no header line (first: {headless[0]}); "
            "their first line was skipped, as Athena does"
        )


def _differs(head: Head, expected: tuple[str, ...]) -> bool:
    return head.fields is not None and (
        tuple(field.replace("-", "_") for field in head.fields) != expected
    )


def _athena_type(kind: str) -> str:
    return _ATHENA_TYPES.get(kind, kind.lower())


def _first_line(error: Exception) -> str:
    """The reason, and the log file where DuckDB names one further down."""
    reason = str(error).strip().partition("\n")[0]
    file = re.search(r"^\s*file ?= ?(.+)$", str(error), re.MULTILINE)
    return f"{reason} in {file[1]}" if file else reason
