"""DuckDB over the files of registered partitions, read as Athena's tables are."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import duckdb

from flowathena.catalog import Registry
from flowathena.catalog.placement import describe_misplaced, misplacements
from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copies, Copy
from flowathena.engine.local.files import LogFile, is_odd
from flowathena.engine.local.parts import Part, examine, list_parts, schema, share, uses
from flowathena.engine.local.paths import split_location
from flowathena.engine.local.translate import Translation, translate
from flowathena.engine.local.warnings import warn_of_files
from flowathena.errors import BadFilesError, EngineError
from flowathena.logs.layout import LOG_ROOT
from flowathena.query.render import Rendered
from flowathena.result.duckdb_types import athena_type
from flowathena.result.interruptible import call
from flowathena.result.result import Listener, Progress, Result, Rows, Stats
from flowathena.result.spool import Spooler
from flowathena.result.stored import Stored
from flowathena.shape.shape import PATH, FlowTable, Values
from flowathena.sql.quoting import literal
from flowathena.target.target import Target

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


class DuckDbEngine:
    """Runs statements over local logs; reads only what is registered."""

    is_billed = False

    def __init__(
        self,
        target: Target,
        catalogs: Sequence[Registry],
        now: datetime,
        *,
        skip_bad_files: bool = False,
        mirror: Path | None = None,
    ) -> None:
        """Take a target and the catalogs of its tables, in their order.

        ``mirror`` is the folder of a mirror, if the files are copies of objects.
        """
        self._target = target
        self._catalogs = catalogs
        self._now = now
        self._skip = skip_bad_files
        self._mirror = mirror

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement; ``listener`` is called while files are examined and the query runs."""
        return self.read(rendered, list_parts(rendered, self._catalogs, self._now), listener)

    def read(
        self, rendered: Rendered, parts: Sequence[Part], listener: Listener | None = None
    ) -> Result:
        """Run a statement over files that are listed already, as of ``run``."""
        began = time.monotonic()
        translation = translate(rendered.statement, schema(rendered.sources), self._now)
        watch = _Watch(listener or (lambda _progress: None), began, parts)
        with _copies(rendered, parts) as copies:
            heads, damaged = examine(parts, watch.examined, copies)
            damaged = self._skipped(damaged)
            parts = share(parts, heads)
            watch.run(None)
            try:
                columns, rows = _execute(translation, parts, heads, watch, copies, self._mirror)
            except duckdb.Error as error:
                # What the examination does not see (damage inside of a Parquet file), or what
                # happened since (a file is gone): every file is read whole, once.
                heads, further = _blame(error, parts)
                damaged |= self._skipped(further)
                parts = share(parts, heads)
                with _translate_errors():
                    columns, rows = _execute(translation, parts, heads, watch, mirror=self._mirror)
        sizes = {file.path: file.size_bytes for part in parts for file in part.files}
        stats = Stats(
            engine="duckdb",
            rows=len(rows),
            seconds=time.monotonic() - began,
            scanned_bytes=sum(sizes.values()),
            files=len(sizes),
            skipped_files=damaged,
            warnings=tuple(dict.fromkeys(self._warnings(parts, heads))),
        )
        return Result(columns, rows, stats)

    def _warnings(self, parts: Sequence[Part], heads: Mapping[str, Head]) -> Iterator[str]:
        for part, target in zip(parts, self._target.read_tables, strict=True):
            if part.source.is_archive:
                continue  # each of its partitions has a folder of a run
            wrong = misplacements(part.locations.items(), part.source.shape, target)
            yield from describe_misplaced(wrong, target)
        for part in parts:
            yield from warn_of_files(self._target, part, heads)

    def _skipped(self, damaged: dict[str, str]) -> dict[str, str]:
        if damaged and not self._skip:
            raise BadFilesError(damaged)
        return damaged


@contextmanager
def _copies(rendered: Rendered, parts: Sequence[Part]) -> Iterator[Copies | None]:
    """Where gzip files are copied while a statement runs.

    None if it asks for their paths, which a copy does not tell, or where DuckDB reads no copy.
    """
    # Whoever is interrupted leaves threads behind that write for a moment more.
    with TemporaryDirectory(prefix="flowathena-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        if PATH in rendered.sql or is_odd(str(folder)):
            yield None
            return
        copies = Copies(folder, uses(parts))
        try:
            yield copies
        finally:
            copies.stop()


class _Watch:
    """Tells a listener how far a run is."""

    def __init__(self, listener: Listener, began: float, parts: Iterable[Part]) -> None:
        self._listener = listener
        self._began = began
        sizes = (file.size_bytes for part in parts for file in part.listing.logs)
        self._sizes = [0, *accumulate(sizes)]
        self.examined(0)

    def examined(self, files: int) -> None:
        """So many files have been examined."""
        self._tell("CHECKING", self._sizes[files], files / max(1, len(self._sizes) - 1))

    def run(self, share: float | None) -> None:
        """The query has done this share of its work; None if DuckDB does not know."""
        self._tell("RUNNING", self._sizes[-1], share)

    def _tell(self, state: str, scanned_bytes: int, share: float | None) -> None:
        self._listener(Progress(state, time.monotonic() - self._began, scanned_bytes, share))


# What a damaged file may cause. The others are errors of the statement.
_FILE_ERRORS = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)


def _blame(error: duckdb.Error, parts: Sequence[Part]) -> tuple[dict[str, Head], dict[str, str]]:
    """Find the files that may have caused an error; raises it if there is none."""
    if isinstance(error, _FILE_ERRORS) or type(error) is duckdb.Error:
        heads, damaged = examine(parts, whole=True)
        if damaged:
            return heads, damaged
    raise EngineError(f"DuckDB: {_first_line(error)}") from error


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise EngineError(f"DuckDB: {_first_line(error)}") from error


def _execute(
    translation: Translation,
    parts: Sequence[Part],
    heads: Mapping[str, Head],
    watch: _Watch,
    copies: Copies | None = None,
    mirror: Path | None = None,
) -> tuple[list[tuple[str, str]], Rows]:
    made = copies.all if copies else []
    remaining = [_remaining(place, part, heads, made) for place, part in enumerate(parts)]
    every = {file.path for files in remaining for file in files}
    with ExitStack() as stack:
        connection = stack.enter_context(_connected())
        paths = stack.enter_context(logfiles.plain_paths(sorted(every)))
        for place, (part, files) in enumerate(zip(parts, remaining, strict=True)):
            own = [copy for copy in made if copy.use.place == place]
            read = [(paths[file.path], file) for file in files]
            logs = scan.Files(read, heads, own, mirror, translation.names)
            scan.create(connection, part.source, logs, place)
        sources = (
            (paths[file.path], part.source)
            for part, files in zip(parts, remaining, strict=True)
            for file in files
        )
        spooler = stack.enter_context(Spooler(connection))
        _lock(connection, sources, [spooler.folder, *([copies.folder] if copies else [])])
        answer = call(connection, lambda: connection.sql(translation.sql))
        stored = [
            Stored(str(kind), translation.decoder(place)) for place, kind in enumerate(answer.types)
        ]
        rows = spooler.fill(translation.sql, stored, watch.run)
        types = [
            translation.name(place) or athena_type(kind) for place, kind in enumerate(answer.types)
        ]
        return list(zip(answer.columns, types, strict=True)), rows


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(SETTINGS)
        yield connection


class LogDatabase:
    """A database that reads log files, those of one partition at a time, and nothing else.

    It stays open from one to the next, for opening it takes longer than reading a small file; after
    an error the next one gets another. A context manager.

    Args:
        partitions: what is read of each table, by the values of the partition.
        folder: where DuckDB may write.
    """

    def __init__(self, partitions: Mapping[Values, Sequence[Part]], folder: Path) -> None:
        self._partitions = partitions
        self._files = [
            (file.path, part.source)
            for parts in partitions.values()
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
    def reading(self, values: Values) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database with a view of each table, over nothing but the files of a partition.

        Raises:
            BadFilesError: files are damaged.
            EngineError: a statement of the block fails.
        """
        parts = self._partitions[values]
        heads, damaged = examine(parts)
        if damaged:
            raise BadFilesError(damaged)
        try:
            connection = self._connection or self._open()
            for place, part in enumerate(share(parts, heads)):
                files = [(self._paths[f.path], f) for f in _remaining(place, part, heads)]
                scan.create(connection, part.source, scan.Files(files, heads), place)
            yield connection
        except duckdb.Error as error:
            self._close()
            _, damaged = _blame(error, parts)
            raise BadFilesError(damaged) from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = self._opened.enter_context(_connected())
        plain = logfiles.plain_paths(sorted({path for path, _ in self._files}))
        paths = self._paths = self._opened.enter_context(plain)
        _lock(connection, ((paths[path], source) for path, source in self._files), [self._folder])
        self._connection = connection
        return connection

    def _close(self) -> None:
        self._connection = None
        self._opened.close()


def _remaining(
    place: int, part: Part, heads: Mapping[str, Head], copies: Iterable[Copy] = ()
) -> list[LogFile]:
    """The files of a part that have records, without those that are copied."""
    copied = {path for copy in copies if copy.use.place == place for path in copy.paths}
    return [file for file in part.files if file.path not in copied and not heads[file.path].empty]


def _lock(
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


def _first_line(error: Exception) -> str:
    """What DuckDB says, without the settings of its own that it proposes: nobody can set them.

    An error of ours, by Trino's name, is raised as a cast that fails.
    """
    ours = _OURS.search(str(error))
    if ours:
        return ours[1]
    return re.split(r"\n|, or SET ", str(error).strip(), maxsplit=1)[0]
