"""Local log files as they are: which there are, what their header line says, which are damaged."""

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flowathena.aws import CONCURRENCY
from flowathena.concurrency import each
from flowathena.errors import EngineError
from flowathena.fields import BY_NAME

_GZIP_MAGIC = b"\x1f\x8b"
_WBITS = 31  # gzip
_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20


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
    """How a file begins: gzip or not, and the fields its header line names (None: no header)."""

    gzip: bool
    fields: tuple[str, ...] | None


class DamagedFileError(Exception):
    """Raised for one file that cannot be read; the message says why."""


def files(values: tuple[str, ...], location: str) -> Iterator[LogFile]:
    """The files under a registered location, at any depth, as Athena would read them.

    Names that begin with ``_`` or ``.`` are invisible and files without a byte hold no row
    (https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html).

    Raises:
        EngineError: a file is Parquet.
    """
    for folder, subfolders, names in os.walk(location):
        subfolders[:] = sorted(name for name in subfolders if name[0] not in "_.")
        for name in sorted(names):
            path = Path(folder, name)
            size = path.stat().st_size
            if name[0] in "_." or not size:
                continue
            if name.endswith(".parquet"):
                raise EngineError(f"{path} is Parquet; the table is one of text logs")
            yield LogFile(str(path), size, values, location)


def head(path: str) -> Head:
    """Read how a file begins.

    Raises:
        DamagedFileError: it cannot be read, or is no gzip file although its name says so.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_HEAD_BYTES)
    except OSError as error:
        raise DamagedFileError(str(error.strerror)) from error
    zipped = raw.startswith(_GZIP_MAGIC)
    if path.endswith(".gz") and not zipped:
        raise DamagedFileError("is no gzip file")
    line, newline, _ = (_unzipped(raw) if zipped else raw).partition(b"\n")
    if zipped and not newline and len(raw) < _HEAD_BYTES:
        _verify(path)
    return Head(zipped, _fields(line))


def damaged(paths: Iterable[str]) -> dict[str, str]:
    """What is wrong with each damaged file; every file is read to its end."""
    paths = list(paths)
    return {
        path: reason
        for path, reason in zip(paths, each(_damage, paths, CONCURRENCY), strict=True)
        if reason
    }


def _damage(path: str) -> str:
    try:
        if head(path).gzip:
            _verify(path)
    except DamagedFileError as error:
        return str(error)
    return ""


def _verify(path: str) -> None:
    """Unzip to the end: every member whole, its checksum right."""
    stream = zlib.decompressobj(_WBITS)
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                while chunk:
                    if stream.eof:  # several gzip members make one file
                        stream = zlib.decompressobj(_WBITS)
                    stream.decompress(chunk)
                    chunk = stream.unused_data
    except zlib.error as error:
        raise DamagedFileError(f"damaged gzip data ({error})") from error
    except OSError as error:
        raise DamagedFileError(str(error.strerror)) from error
    if not stream.eof:
        raise DamagedFileError("truncated gzip file")


def _unzipped(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(_WBITS).decompress(raw)
    except zlib.error as error:
        raise DamagedFileError(f"damaged gzip data ({error})") from error


def _fields(line: bytes) -> tuple[str, ...] | None:
    names = tuple(line.decode("utf-8", "replace").strip().split())
    return names if any(name in BY_NAME for name in names) else None
