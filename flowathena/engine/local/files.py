"""Local log files: which there are, and which of them are damaged."""

import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from flowathena.concurrency import map_concurrently
from flowathena.engine.local import content
from flowathena.engine.local.content import DamageError, Head
from flowathena.engine.local.copies import Batch, Copies
from flowathena.storage.base import is_log
from flowathena.storage.folders import visible_folders

_ODD = re.compile(r"[*?\[\]{}\\\ud800-\udfff]")
"""What DuckDB takes for a pattern in a path, and the bytes of a path that are not UTF-8."""
_PAUSE_SECONDS = 0.1
_BATCH_BYTES = 4 << 20
_THREADS = min(8, max(2, os.cpu_count() or 1))
"""Unzipping keeps a processor busy; on two of them, six threads took longer than two."""


@dataclass(frozen=True)
class LogFile:
    """One log file of a registered partition.

    Attributes:
        path: absolute path.
        size_bytes: as stored.
        values: partition values it is registered under.
        location: the registered location it is under.
    """

    path: str
    size_bytes: int
    values: tuple[str, ...]
    location: str


@dataclass
class Listing:
    """What is at the registered locations.

    Attributes:
        logs: the log files, those that cannot be read among them.
        ignored: paths of visible files that are no logs by their names.
        missing: locations that do not exist.
        unreadable: what is wrong with folders that cannot be listed, by path.
        archived: logs in S3 that must be restored before anything can read them.
    """

    logs: list[LogFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    archived: list[LogFile] = field(default_factory=list)


def find(locations: Mapping[tuple[str, ...], str]) -> Listing:
    """The files of registered locations, by partition values; at any depth, links followed.

    Athena would read each visible file; here those are ignored whose names are not a log's. Empty
    files have no rows.
    Source: https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html
    """
    listing = Listing()

    def report(error: OSError) -> None:
        listing.unreadable[str(error.filename)] = str(error.strerror)

    for values, location in sorted(locations.items()):
        folders = list(visible_folders(Path(location), report=report))
        if not folders and location not in map(_as_location, listing.unreadable):
            listing.missing.append(location)
        for entry in (entry for folder in folders for entry in folder.files):
            size = _size_bytes(entry) if is_log(entry.name) else None
            if size is None:
                listing.ignored.append(entry.path)
            elif size:
                listing.logs.append(LogFile(entry.path, size, values, location))
    return listing


def _as_location(folder: str) -> str:
    return folder.rstrip("/") + "/"


def _size_bytes(entry: "os.DirEntry[str]") -> int | None:
    """The size of a file; None of a pipe or device, which nobody should wait for."""
    try:
        status = entry.stat()
    except OSError:
        return 1  # a link to nowhere: not empty but unreadable, so it is reported as damaged
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def examine(
    logs: Iterable[LogFile],
    types: Mapping[str, str],
    watch: Callable[[int], None] = lambda _done: None,
    copies: Copies | None = None,
    *,
    whole: bool = False,
) -> tuple[dict[str, Head], dict[str, str]]:
    """The heads of the sound files, and what is wrong with the damaged ones, by path.

    What a file is, text or Parquet, its content tells, whatever the table is.

    Args:
        logs: the files.
        types: the table's Hive types by the columns that Parquet files have.
        watch: called now and then, and at the end, with the number of files examined.
        copies: where to keep the texts of gzip files; None if they are not kept.
        whole: whether every value of Parquet files is read; of text files it always is.
    """
    batches = list(_batches(logs))
    with closing(_Database()) as database:
        look = partial(_examine_batch, database, types, copies, whole=whole)
        looks = chain.from_iterable(map_concurrently(look, batches, _THREADS))
        paths = [file.path for batch in batches for file in batch]
        results = dict(zip(paths, list(_watched(looks, watch)), strict=True))
    heads = {path: head for path, head in results.items() if isinstance(head, Head)}
    return heads, {path: reason for path, reason in results.items() if isinstance(reason, str)}


def _batches(logs: Iterable[LogFile]) -> Iterator[list[LogFile]]:
    """Files of one partition, a few megabytes at a time."""
    for _, group in groupby(logs, key=lambda file: (file.values, file.location)):
        batch: list[LogFile] = []
        for file in group:
            if batch and sum(each.size_bytes for each in batch) >= _BATCH_BYTES:
                yield batch
                batch = []
            batch.append(file)
        yield batch


def _watched(looks: Iterator[Head | str], watch: Callable[[int], None]) -> Iterator[Head | str]:
    done = 0
    next_call = time.monotonic() + _PAUSE_SECONDS
    for done, look in enumerate(looks, 1):
        yield look
        if time.monotonic() >= next_call:
            watch(done)
            next_call = time.monotonic() + _PAUSE_SECONDS
    watch(done)


class _Database:
    """One database for all Parquet files, opened for the first: that takes longer than a footer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None

    def open(self) -> duckdb.DuckDBPyConnection:
        """The connection, which all threads share."""
        with self._lock:
            if self._opened is None:
                self._opened = duckdb.connect(":memory:")
            return self._opened

    def close(self) -> None:
        """Close it, if it was opened."""
        if self._opened is not None:
            self._opened.close()


def _examine_batch(
    database: _Database,
    types: Mapping[str, str],
    copies: Copies | None,
    batch: Sequence[LogFile],
    *,
    whole: bool = False,
) -> list[Head | str]:
    """The heads of files of one partition, or what is wrong with them."""
    look = partial(_examine, database, types, whole=whole)
    if copies is None:
        return [look(file.path) for file in batch]
    with copies.batch() as copied:
        return [look(file.path, copied) for file in batch]


def _examine(
    database: _Database,
    types: Mapping[str, str],
    path: str,
    copied: Batch | None = None,
    *,
    whole: bool,
) -> Head | str:
    """The head of a file, or what is wrong with it."""
    try:
        if not content.is_parquet(path):
            return copied.copy(path) if copied else content.examine_text(path)
        with plain_paths([path]) as plain:
            connection = database.open()
            head = content.examine_parquet(connection, types, plain[path])
            if whole:
                content.read_parquet(connection, plain[path])
            return head
    except DamageError as error:
        return str(error)


@contextmanager
def plain_paths(paths: Iterable[str]) -> Iterator[dict[str, str]]:
    """Paths under which DuckDB reads files, by their own paths.

    DuckDB takes ``*``, ``?`` and ``[`` in a path for a pattern, a path with a backslash cannot be
    escaped, and one that is not UTF-8 cannot be said at all: such files get a symbolic link with a
    plain name.
    """
    plain = {path: path for path in paths}
    odd = [path for path in plain if is_odd(path)]
    if not odd:
        yield plain
        return
    with TemporaryDirectory(prefix="flowathena-") as folder:
        for number, path in enumerate(odd):
            link = Path(folder, f"{number}.log")
            link.symlink_to(path)
            plain[path] = str(link)
        yield plain


def is_odd(path: str) -> bool:
    """Whether DuckDB cannot read a path as it is."""
    return bool(_ODD.search(path))


def plain_part(path: str) -> str:
    """The part of a path before what is odd in it."""
    return _ODD.split(path)[0]
