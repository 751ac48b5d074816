"""Local log files as they are: which there are, what their header line says, which are damaged."""

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
"""What DuckDB would take for a pattern in a path."""


@dataclass(frozen=True)
class LogFile:
    """One log file of a registered partition.

    Attributes:
        path: absolute path.
        size_bytes: as stored.
        values: partition values it is registered under.
        location: the registered location it stands under.
    """

    path: str
    size_bytes: int
    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Head:
    """How a file begins.

    Attributes:
        gzip: whether it is gzip.
        fields: the fields its header line names, None without one; the columns of Parquet.
        parquet: whether it is Parquet.
    """

    gzip: bool
    fields: tuple[str, ...] | None
    parquet: bool = False


class _DamagedError(Exception):
    """Raised for one file that cannot be read; the message says why."""


def files(values: tuple[str, ...], location: str) -> Iterator[LogFile]:
    """The files under a registered location, at any depth, as Athena would read them.

    Names that begin with ``_`` or ``.`` are invisible and files without a byte hold no row
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
        return 1  # a link to nowhere: not empty but unreadable, and told as damaged


def examine(
    found: Iterable[LogFile], *, parquet: bool = False
) -> tuple[dict[str, Head], dict[str, str]]:
    """How each file begins, and what is wrong with those that are damaged, by path.

    Every gzip file is unzipped to its end: DuckDB tells a truncated one, but reads one whose
    checksum is wrong, and its rows, without a word.

    Raises:
        EngineError: the table is one of text and a file is Parquet.
    """
    paths = [file.path for file in found]
    with ExitStack() as stack:
        look: Callable[[str], Head | str] = _examined
        if parquet:  # one database for all files: to open one takes longer than to read a footer
            database = stack.enter_context(closing(duckdb.connect(":memory:")))
            look = partial(_examined_parquet, database)
        examined = dict(zip(paths, map_concurrently(look, paths, CONCURRENCY), strict=True))
    heads = {path: head for path, head in examined.items() if isinstance(head, Head)}
    return heads, {path: why for path, why in examined.items() if isinstance(why, str)}


def _examined(path: str) -> Head | str:
    """How the file begins, or what is wrong with it."""
    try:
        head = _head(path)
        if head.gzip:
            _verify(path)
    except _DamagedError as error:
        return str(error)
    return head


def _examined_parquet(database: duckdb.DuckDBPyConnection, path: str) -> Head | str:
    try:
        with _opened(path) as file:
            start = file.read(len(_PARQUET_MAGIC))
        if start != _PARQUET_MAGIC:
            return "is no Parquet file"
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
            f"{path} is Parquet; the table is one of text logs (file_format in the target)"
        )
    with _opened(path) as file:
        raw = file.read(_HEAD_BYTES)
    zipped = raw.startswith(_GZIP_MAGIC)
    if path.endswith(".gz") and not zipped:
        raise _DamagedError("is no gzip file")
    line = (_unzipped(raw) if zipped else raw).partition(b"\n")[0]
    return Head(zipped, _fields(line))


def _verify(path: str) -> None:
    """Unzip to the end: every member whole, its checksum right."""
    stream = zlib.decompressobj(_WBITS)
    with _opened(path) as file:
        while data := stream.unconsumed_tail or stream.unused_data or file.read(_CHUNK_BYTES):
            if stream.eof:  # several gzip members make one file
                stream = zlib.decompressobj(_WBITS)
            stream.decompress(data, _CHUNK_BYTES)
    if not stream.eof:
        raise _DamagedError("truncated gzip file")


@contextmanager
def plain_path(path: str) -> Iterator[str]:
    """The path to give DuckDB for a file.

    DuckDB takes ``*``, ``?`` and ``[`` in a path for a pattern, and beside a backslash there is no
    way to write them plainly: such files get a link of a plain name.
    """
    if not PATTERN.search(path):
        yield path
        return
    with TemporaryDirectory(prefix="flowathena-") as folder:
        link = Path(folder, "0.log")
        link.symlink_to(path)
        yield str(link)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise _DamagedError(str(error.strerror)) from error
    except zlib.error as error:
        raise _DamagedError(f"damaged gzip data ({error})") from error


def _unzipped(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(_WBITS).decompress(raw)
    except zlib.error as error:
        raise _DamagedError(f"damaged gzip data ({error})") from error


def _fields(line: bytes) -> tuple[str, ...] | None:
    names = tuple(line.decode("utf-8", "replace").strip().split())
    return names if any(name in BY_NAME for name in names) else None
