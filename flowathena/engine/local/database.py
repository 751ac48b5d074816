"""DuckDB over log files: its settings, its lock, and what its errors mean."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import duckdb

from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copy
from flowathena.engine.local.files import LogFile
from flowathena.engine.local.parts import Part, examine, share
from flowathena.engine.local.paths import split_location
from flowathena.errors import BadFilesError, EngineError
from flowathena.logs.layout import LOG_ROOT
from flowathena.shape.shape import FlowTable, Values
from flowathena.sql.quoting import literal

_OURS = re.compile(r"Could not convert string '([A-Z_]{6,}: [^\n]*)' to INT32")
# A subexpression that fails must not be computed outside the TRY around it. And the reader of text
# must not be given a TRY_CAST: there it fails (https://github.com/duckdb/duckdb/issues/23818).
SETTINGS = """
SET TimeZone = 'UTC';
SET disabled_optimizers = 'common_subexpressions,type_pushdown';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET enable_progress_bar = true;
SET enable_progress_bar_print = false;
"""


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A new database with our settings, closed in the end."""
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(SETTINGS)
        yield connection


class LogDatabase:
    """A database that reads log files, those of some partitions at a time, and nothing else.

    It stays open from one to the next, for opening it takes longer than reading a small file; after
    an error the next one gets another. A context manager.

    Args:
        groups: the files that are read at a time, of each table; by the values of a partition, or
            by any others.
        folder: where DuckDB may write.
    """

    def __init__(self, groups: Mapping[Values, Sequence[Part]], folder: Path) -> None:
        self._groups = groups
        self._files = [
            (file.path, part.source)
            for parts in groups.values()
            for part in parts
            for file in part.listing.logs
        ]
        self._folder = folder
        self._paths: Mapping[str, str] = {}
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    @contextmanager
    def reading(self, group: Values) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database with a view of each table, over nothing but the files of a group.

        Raises:
            BadFilesError: files are damaged.
            EngineError: a statement of the block fails.
        """
        parts = self._groups[group]
        heads, damaged = examine(parts)
        if damaged:
            raise BadFilesError(damaged)
        try:
            connection = self._connection or self._open()
            for place, part in enumerate(share(parts, heads)):
                files = [(self._paths[f.path], f) for f in remaining_files(place, part, heads)]
                scan.create(connection, part.source, scan.Files(files, heads), place)
            yield connection
        except duckdb.Error as error:
            self._close()
            _, damaged = blame(error, parts)
            raise BadFilesError(damaged) from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = self._opened.enter_context(connected())
        plain = logfiles.plain_paths(sorted({path for path, _ in self._files}))
        paths = self._paths = self._opened.enter_context(plain)
        lock(connection, ((paths[path], source) for path, source in self._files), [self._folder])
        self._connection = connection
        return connection

    def _close(self) -> None:
        self._connection = None
        self._opened.close()


def remaining_files(
    place: int, part: Part, heads: Mapping[str, Head], copies: Iterable[Copy] = ()
) -> list[LogFile]:
    """The files of a part that have records, without those that are copied."""
    copied = {path for copy in copies if copy.use.place == place for path in copy.paths}
    return [file for file in part.files if file.path not in copied and not heads[file.path].empty]


def lock(
    connection: duckdb.DuckDBPyConnection,
    read: Iterable[tuple[str, FlowTable]],
    own: Iterable[Path],
) -> None:
    """Statements read the logs and nothing else of this machine, and our own folders.

    DuckDB follows links before it checks the folder: what they lead to is allowed.
    """
    folders = sorted({_folder(os.path.realpath(path), source) for path, source in read})
    folders += [f"{folder}/" for folder in own]
    connection.execute(f"SET allowed_directories = [{', '.join(map(literal, folders))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _folder(path: str, source: FlowTable) -> str:
    """The folder to allow for a file: ``AWSLogs/`` (few folders, DuckDB looks through them all).

    Of a template, it is the folder that contains those of the template; of an archive, its own.

    Of an odd path, the folder above the odd part: DuckDB takes a backslash in it for a slash.
    """
    plain = logfiles.plain_part(path)
    own = plain.rpartition("/")[0] + "/"
    layout, archive = source.layout, os.path.realpath(source.location) + "/"
    if source.is_archive:
        return archive if own.startswith(archive) else own
    if layout.template:
        whole = replace(layout, hourly=layout.has_hours)
        base, key = split_location(own, whole)
        return base if whole.parse(key) else own
    above, root, _ = plain.partition(f"/{LOG_ROOT}/")
    return above + root if root else own


def first_line(error: Exception) -> str:
    """What DuckDB says, without the settings of its own that it proposes: nobody can set them.

    An error of ours, by Trino's name, is raised as a cast that fails.
    """
    ours = _OURS.search(str(error))
    if ours:
        return ours[1]
    return re.split(r"\n|, or SET ", str(error).strip(), maxsplit=1)[0]


# What a damaged file may cause. The others are errors of the statement.
_FILE_ERRORS = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)


def blame(error: duckdb.Error, parts: Sequence[Part]) -> tuple[dict[str, Head], dict[str, str]]:
    """Find the files that may have caused an error; raises it if there is none."""
    if isinstance(error, _FILE_ERRORS) or type(error) is duckdb.Error:
        heads, damaged = examine(parts, whole=True)
        if damaged:
            return heads, damaged
    raise EngineError(f"DuckDB: {first_line(error)}") from error
