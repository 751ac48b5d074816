"""DuckDB over the files of registered partitions, read as Athena's tables are."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from flowathena.catalog import Registry
from flowathena.catalog.placement import describe_misplaced, misplacements
from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copies
from flowathena.engine.local.database import blame, connected, first_line, lock, remaining_files
from flowathena.engine.local.files import is_odd
from flowathena.engine.local.parts import Part, examine, list_parts, schema, share, uses
from flowathena.engine.local.translate import Translation, translate
from flowathena.engine.local.warnings import warn_of_files
from flowathena.errors import BadFilesError, EngineError
from flowathena.query.render import Rendered
from flowathena.result.duckdb_types import athena_type
from flowathena.result.interruptible import call
from flowathena.result.result import Listener, Progress, Result, Rows, Stats
from flowathena.result.spool import Spooler
from flowathena.result.stored import Stored
from flowathena.shape.shape import PATH
from flowathena.target.target import Target


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
                heads, further = blame(error, parts)
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


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise EngineError(f"DuckDB: {first_line(error)}") from error


def _execute(
    translation: Translation,
    parts: Sequence[Part],
    heads: Mapping[str, Head],
    watch: _Watch,
    copies: Copies | None = None,
    mirror: Path | None = None,
) -> tuple[list[tuple[str, str]], Rows]:
    made = copies.all if copies else []
    remaining = [remaining_files(place, part, heads, made) for place, part in enumerate(parts)]
    every = {file.path for files in remaining for file in files}
    with ExitStack() as stack:
        connection = stack.enter_context(connected())
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
        lock(connection, sources, [spooler.folder, *([copies.folder] if copies else [])])
        answer = call(connection, lambda: connection.sql(translation.sql))
        stored = [
            Stored(str(kind), translation.decoder(place)) for place, kind in enumerate(answer.types)
        ]
        rows = spooler.fill(translation.sql, stored, watch.run)
        types = [
            translation.name(place) or athena_type(kind) for place, kind in enumerate(answer.types)
        ]
        return list(zip(answer.columns, types, strict=True)), rows
