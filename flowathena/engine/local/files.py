"""Local log files: which there are, which fields they have, which are damaged."""

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import duckdb

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import EngineError
from flowathena.logs.fields import BY_NAME

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_WBITS = 31  # gzip
_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20
PATTERN = re.compile(r"[*?\[\]{}\\]")
"""What DuckDB takes for a pattern in a path."""


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


@dataclass(frozen=True)
class Head:
    """What the beginning of a file says.

    Attributes:
        gzip: whether it is a gzip file.
        fields: the fields of its header line, None without one; the columns of a Parquet file.
        parquet: whether it is a Parquet file.
    """

    gzip: bool
    fields: tuple[str, ...] | None
    parquet: bool = False


class _DamagedError(Exception):
    """Raised for one file that cannot be read; the message says why."""


def files(values: tuple[str, ...], location: str) -> Iterator[LogFile]:
    """The files that Athena would read under a registered location, at any depth.

    Names that begin with ``_`` or ``.`` are hidden, and empty files have no rows
    (https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html).
    """
    for folder, subfolders, names in os.walk(location):
        subfolders[:] = sorted(name for name in subfolders if name[0] not in "_.")
        for name in sorted(names):
            path = Path(folder, name)
            size = 0 if name[0] in "_." else _size_bytes(path)
            if size:
                yield LogFile(str(path), size, values, location)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 1  # a broken link: not empty but unreadable, so it is reported as damaged


def examine(
    logs: Iterable[LogFile], *, parquet: bool = False
) -> tuple[dict[str, Head], dict[str, str]]:
    """The heads of the sound files, and what is wrong with the damaged ones, by path.

    Every gzip file is unzipped to its end: DuckDB notices a truncated file, but reads one with a
    wrong checksum, and its rows, without an error.

    Args:
        logs: the files.
        parquet: whether the table is a Parquet table.

    Raises:
        EngineError: the table is a text table and a file is a Parquet file.
    """
    paths = [file.path for file in logs]
    with ExitStack() as stack:
        look: Callable[[str], Head | str] = _examine_text
        if parquet:  # one database for all files: opening one takes longer than reading a footer
            database = stack.enter_context(closing(duckdb.connect(":memory:")))
            look = partial(_examine_parquet, database)
        results = dict(zip(paths, map_concurrently(look, paths, CONCURRENCY), strict=True))
    heads = {path: head for path, head in results.items() if isinstance(head, Head)}
    return heads, {path: reason for path, reason in results.items() if isinstance(reason, str)}


def _examine_text(path: str) -> Head | str:
    """The head of a text file, or what is wrong with it."""
    try:
        head = _head(path)
        if head.gzip:
            _verify(path)
    except _DamagedError as error:
        return str(error)
    return head


def _examine_parquet(database: duckdb.DuckDBPyConnection, path: str) -> Head | str:
    """The head of a Parquet file, or what is wrong with it."""
    try:
        with _open(path) as file:
            start = file.read(len(_PARQUET_MAGIC))
        if start != _PARQUET_MAGIC:
            return "not a Parquet file"
        with closing(database.cursor()) as cursor, plain_path(path) as plain:
            schema = cursor.execute("SELECT name FROM parquet_schema(?) OFFSET 1", [plain])
            return Head(gzip=False, fields=tuple(n for (n,) in schema.fetchall()), parquet=True)
    except _DamagedError as error:
        return str(error)
    except duckdb.Error as error:
        return f"damaged Parquet file ({str(error).partition(chr(10))[0]})"


def _head(path: str) -> Head:
    if path.endswith(".parquet"):
        raise EngineError(
            f"{path} is a Parquet file, and the table is a text table (file_format in the target)"
        )
    with _open(path) as file:
        raw = file.read(_HEAD_BYTES)
    zipped = raw.startswith(_GZIP_MAGIC)
    if path.endswith(".gz") and not zipped:
        raise _DamagedError("not a gzip file")
    line = (_unzip(raw) if zipped else raw).partition(b"\n")[0]
    return Head(zipped, _fields(line))


def _verify(path: str) -> None:
    """Unzip a file to its end: every member is complete and has the right checksum."""
    stream = zlib.decompressobj(_WBITS)
    with _open(path) as file:
        while data := stream.unconsumed_tail or stream.unused_data or file.read(_CHUNK_BYTES):
            if stream.eof:  # several gzip members make one file
                stream = zlib.decompressobj(_WBITS)
            stream.decompress(data, _CHUNK_BYTES)
    if not stream.eof:
        raise _DamagedError("truncated gzip file")


@contextmanager
def plain_path(path: str) -> Iterator[str]:
    """A path under which DuckDB reads a file.

    DuckDB takes ``*``, ``?`` and ``[`` in a path for a pattern, and a path with a backslash cannot
    be escaped: such files get a symbolic link with a plain name.
    """
    if not PATTERN.search(path):
        yield path
        return
    with TemporaryDirectory(prefix="flowathena-") as folder:
        link = Path(folder, "0.log")
        link.symlink_to(path)
        yield str(link)


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise _DamagedError(str(error.strerror)) from error
    except zlib.error as error:
        raise _DamagedError(f"damaged gzip data ({error})") from error


def _unzip(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(_WBITS).decompress(raw)
    except zlib.error as error:
        raise _DamagedError(f"damaged gzip data ({error})") from error


def _fields(line: bytes) -> tuple[str, ...] | None:
    names = tuple(line.decode("utf-8", "replace").strip().split())
    return names if any(name in BY_NAME for name in names) else None
