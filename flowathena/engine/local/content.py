"""What is in a local log file: its header, or what is wrong with it.

Every text file is read to its end before a query is. DuckDB would stop at the first damaged one
without a word that a person understands, and reads one with a wrong checksum, and its rows, without
an error.
"""

import codecs
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from typing import Any, BinaryIO

import duckdb
from isal import isal_zlib
from isal.igzip_lib import IsalError

from flowathena.logs.fields import BY_NAME
from flowathena.storage.header import first_line
from flowathena.storage.kinds import GZIP_MAGIC, PARQUET_MAGIC, kind_of

LINE_BYTES = 1_999_000
"""The longest line that DuckDB reads is a little longer; Athena reads 100 MB."""

_WBITS = 31  # gzip
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 65_536
_WHOLE = {"INT32", "INT64"}
_INTEGERS = {"tinyint", "smallint", "int", "integer", "bigint"}
_TEXTS = {"string", "varchar", "char"}


@dataclass(frozen=True)
class Head:
    """What a file contains.

    Attributes:
        gzip: whether it is a gzip file.
        fields: the fields of its header line, None without one; the columns of a Parquet file.
        parquet: whether it is a Parquet file.
        empty: whether it contains nothing, not even a header.
    """

    gzip: bool
    fields: tuple[str, ...] | None
    parquet: bool = False
    empty: bool = False


class DamageError(Exception):
    """Raised for one file that cannot be read; the message says why.

    Attributes:
        offset: the byte of the unzipped text at which its damage begins; None if that is no help.
    """

    def __init__(self, reason: str, offset: int | None = None) -> None:
        super().__init__(reason)
        self.offset = offset


def is_parquet(path: str) -> bool:
    """Whether a file is Parquet by its first bytes, whatever its name is.

    Raises:
        DamageError: it cannot be read.
    """
    with _open(path) as file:
        return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def examine_text(
    path: str, take: Callable[[Head, bytes], None] = lambda _head, _piece: None
) -> Head:
    """Read a text file to its end.

    A line may have too few values or too many, as for Athena; it may not be longer than DuckDB
    reads, or anything but UTF-8. Lines end with LF, CR or both, as in Hive.

    Args:
        path: the file.
        take: called with each piece of its text; the first piece contains all of the first line.

    Raises:
        DamageError: it is damaged, or another kind of file, Parquet among them.
    """
    try:
        with _open(path) as file:
            return _read(file, take)
    except DamageError as error:
        if error.offset is None:
            raise
        raise DamageError(f"line {_line(path, error.offset)} {error}") from error


def _read(file: BinaryIO, take: Callable[[Head, bytes], None]) -> Head:
    is_gzip, chunks = _chunks(file)
    start = b""
    head: Head | None = None
    check = _LineCheck()
    for chunk in chunks:
        piece = chunk
        if head is None:
            start = piece = start + chunk
            _refuse_other_kinds(start[:_HEAD_BYTES], is_gzip=is_gzip)
            head = _head(start, is_gzip=is_gzip) if _has_line(start) else None
        check.feed(chunk)
        if head is not None:
            take(head, piece)
    check.end()
    if head is None:
        head = _head(start, is_gzip=is_gzip)
        take(head, start)
    return head


def _head(start: bytes, *, is_gzip: bool) -> Head:
    return Head(is_gzip, _fields(start[:_HEAD_BYTES]), empty=not start)


def _has_line(start: bytes) -> bool:
    """Whether the first line is complete, or longer than a header can be."""
    return b"\n" in start or b"\r" in start or len(start) >= _HEAD_BYTES


def _chunks(file: BinaryIO) -> tuple[bool, Iterator[bytes]]:
    """Whether a file is a gzip file, whatever its name is, and its text in pieces."""
    is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    plain = iter(lambda: file.read(_CHUNK_BYTES), b"")
    return is_gzip, _unzip(file) if is_gzip else plain


def _unzip(file: BinaryIO) -> Iterator[bytes]:
    """The text of a gzip file; several members make one file."""
    try:
        yield from _inflate(file, isal_zlib.decompressobj)
    except (EOFError, IsalError) as error:  # type: ignore[misc] # its stub takes it for an instance
        raise DamageError(_reason(file)) from error


def _inflate(file: BinaryIO, make: Callable[[int], Any]) -> Iterator[bytes]:
    """The text of a gzip file by a library of zlib's interface; EOFError if it ends too early."""
    stream = make(_WBITS)
    while data := stream.unconsumed_tail or stream.unused_data or file.read(_CHUNK_BYTES):
        if stream.eof:
            stream = make(_WBITS)
        yield stream.decompress(data, _CHUNK_BYTES)
    if not stream.eof:
        raise EOFError


_REASONS = {
    "incorrect data check": "damaged gzip file: its checksum is wrong",
    # Of the first member it would be none: it begins as a gzip file does.
    "incorrect header check": "gzip file with other data after its end",
}


def _reason(file: BinaryIO) -> str:
    """What is wrong with a gzip file: zlib is slower than ISA-L, and knows more about it."""
    file.seek(0)
    try:
        for _ in _inflate(file, zlib.decompressobj):
            pass
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        return _REASONS.get(reason, f"damaged gzip file ({reason})")
    except EOFError:
        return "truncated gzip file"
    return "damaged gzip file"


def _refuse_other_kinds(start: bytes, *, is_gzip: bool) -> None:
    kind = kind_of(start)
    if kind:
        raise DamageError(f"it is {kind}{' in a gzip file' if is_gzip else ''}, not a log")


class _LineCheck:
    """Follows a text piece by piece; all of a long ASCII piece takes a few searches."""

    def __init__(self) -> None:
        self._offset = 0
        self._line_start = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, piece: bytes) -> None:
        """Check the next piece.

        Raises:
            DamageError: a line is too long, or not UTF-8.
        """
        end = b"\n" if b"\n" in piece else b"\r"
        first, last = piece.find(end), piece.rfind(end)
        length = self._offset + (len(piece) if first < 0 else first) - self._line_start
        if length > LINE_BYTES:
            raise DamageError(f"is longer than {LINE_BYTES:,} bytes", self._line_start)
        waiting = len(self._decoder.getstate()[0])
        if waiting or not piece.isascii():
            self._decode(piece, waiting)
        if last >= 0:
            self._line_start = self._offset + last + 1
        self._offset += len(piece)

    def end(self) -> None:
        """The text is at its end."""
        self._decode(b"", len(self._decoder.getstate()[0]), final=True)

    def _decode(self, piece: bytes, waiting: int, *, final: bool = False) -> None:
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            place = self._offset - waiting + error.start
            raise DamageError("is not valid UTF-8", place) from error


def _line(path: str, offset: int) -> int:
    """The number of the line of a byte; for a damaged file alone, because it takes its time."""
    number, position = 1, 0
    with _open(path) as file:
        for chunk in _chunks(file)[1]:
            number += chunk[: max(0, offset - position)].count(b"\n")
            position += len(chunk)
            if position >= offset:
                break
    return number


def _fields(head: bytes) -> tuple[str, ...] | None:
    names = tuple(first_line(head).split())
    return names if any(name in BY_NAME for name in names) else None


def examine_parquet(
    database: duckdb.DuckDBPyConnection, types: Mapping[str, str], plain: str
) -> Head:
    """Read the schema of a Parquet file.

    Args:
        database: any database.
        types: the table's Hive types by the file's columns.
        plain: a path under which DuckDB reads it.

    Raises:
        DamageError: it is damaged, or has a column of a type that Athena does not read as the
            table's.
    """
    with _damage_of_parquet(), closing(database.cursor()) as cursor:
        rows = cursor.execute(_PARQUET_SCHEMA, [plain]).fetchall()
    for name, kind, converted, scale in rows:
        declared = types.get(name.lower())
        if declared and not _fits(declared, kind or "", converted or "", scale):
            raise DamageError(
                f"its column {name} is {converted or kind or 'nested'}, which Athena does not read "
                f"as the table's {declared}"
            )
    return Head(gzip=False, fields=tuple(str(row[0]) for row in rows), parquet=True)


# The first row is the schema itself; rows of nested columns are harmless, no table names them.
_PARQUET_SCHEMA = (
    "SELECT name, type, CASE WHEN converted_type IS NULL AND "
    "starts_with(CAST(logical_type AS VARCHAR), 'Timestamp') THEN 'TIMESTAMP_NANOS' "
    "ELSE converted_type END, coalesce(scale, 0) FROM parquet_schema(?) OFFSET 1"
)


def read_parquet(database: duckdb.DuckDBPyConnection, plain: str) -> None:
    """Read every value of a Parquet file.

    Raises:
        DamageError: it is damaged.
    """
    with _damage_of_parquet(), closing(database.cursor()) as cursor:
        cursor.execute(
            "SELECT sum(hash(COLUMNS(*)) % 2) FROM read_parquet(?, hive_partitioning = false)",
            [plain],
        ).fetchall()


@contextmanager
def _damage_of_parquet() -> Iterator[None]:
    """DuckDB's reason names the file in many ways, and perhaps by another path: it is not shown."""
    try:
        yield
    except duckdb.Error as error:
        short = "No magic bytes" in str(error) or "too small" in str(error)
        raise DamageError(f"damaged Parquet file{' (truncated)' if short else ''}") from error


def _fits(kind: str, physical: str, converted: str, scale: int) -> bool:
    """Whether Athena reads a Parquet column as a Hive type; True for types that logs have not.

    Source: https://github.com/trinodb/trino/blob/470/lib/trino-parquet/src/main/java/io/trino/parquet/reader/ColumnReaderFactory.java
    """
    base = kind.partition("(")[0]
    counts = physical in _WHOLE and (converted == "" or "INT" in converted)
    if base in _TEXTS:
        return physical == "BYTE_ARRAY"
    if base == "bigint" and physical == "INT64" and converted.startswith("TIME"):
        return True  # read as a number
    if base in _INTEGERS:
        return counts or (physical in _WHOLE and converted == "DECIMAL" and not scale)
    if base == "timestamp":
        return physical == "INT96" or converted.startswith("TIMESTAMP")
    if base == "decimal":
        return converted == "DECIMAL"
    return physical in {"DOUBLE", "FLOAT"} if base == "double" else True


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    try:
        with BufferedReader(FileIO(path)) as file:  # a Path takes as long as opening the file
            yield file
    except OSError as error:
        raise DamageError(str(error.strerror)) from error
