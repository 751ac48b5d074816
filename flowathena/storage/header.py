"""What a log object is and says of its records: by its content, whatever its name is."""

import codecs
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from flowathena.errors import ObjectError
from flowathena.logs.fields import BY_COLUMN, BY_NAME
from flowathena.logs.formats import is_field_name, usable_names
from flowathena.shape.recognition import name_fields
from flowathena.storage.base import Storage
from flowathena.storage.kinds import GZIP_MAGIC, PARQUET_MAGIC, kind_of
from flowathena.storage.parquet_schema import (
    CHUNKS,
    RANGES,
    SCHEMA,
    Chunk,
    ParquetColumn,
    parse_schema,
)

HEAD_BYTES = 65_536
"""So many first bytes of an object are read, unless more are asked for."""
_TAIL_BYTES = 65_536
# The footer grows with the row groups: about 5 KB each, with 54 columns.
_FOOTER_LIMIT_BYTES = 64 << 20
_LARGEST_START = (
    "SELECT max(TRY_CAST(stats_max_value AS BIGINT)) FROM parquet_metadata(?) "
    "WHERE path_in_schema = 'start'"
)
_END_BYTES = 8  # the footer's length and the magic
_WBITS = 31  # gzip
_CHUNK_BYTES = 1 << 20
_LONGEST_TEXT_BYTES = 256 << 20  # of a file that unpacks to more, the rest is not checked


@dataclass(frozen=True)
class Content:
    """What an object contains.

    Attributes:
        fields: the fields of its records in order; None for a text without a header line. Unknown
            fields keep their names; an invalid or repeated name becomes ``unknown-N``, with its
            position in the line.
        start: the ``start`` of a record, as it is stored; None if unknown.
        values: how many values the first record of a text has; None if it has no record, and of
            Parquet.
        columns: the columns of Parquet; none of a text.
    """

    fields: tuple[str, ...] | None
    start: int | None = None
    values: int | None = None
    columns: tuple[ParquetColumn, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """The first bytes of an object, or the last ones of Parquet, and what they tell.

    Attributes:
        raw: the bytes.
        file_format: ``text`` or ``parquet``.
        compression: ``gzip`` or ``none``; of Parquet always ``none``, it compresses within.
        is_whole: whether these are all its bytes.
    """

    raw: bytes
    file_format: str
    compression: str
    is_whole: bool


def read_beginning(storage: Storage, key: str, size_bytes: int, whole_bytes: int) -> Beginning:
    """Read as much of an object as tells what it is: one call, two of a misnamed one.

    The name only says where to look first: Parquet tells its columns at its end.

    Args:
        storage: where it is.
        key: its key.
        size_bytes: its size, at least 1.
        whole_bytes: up to which size it is read to its end.

    Raises:
        StorageError: it cannot be read.
    """
    if key.endswith(".parquet"):
        tail = storage.last_bytes(key, _TAIL_BYTES)
        if tail.endswith(PARQUET_MAGIC):
            return Beginning(tail, "parquet", "none", size_bytes <= _TAIL_BYTES)
    is_whole = size_bytes <= max(whole_bytes, HEAD_BYTES)
    raw = storage.first_bytes(key, size_bytes if is_whole else HEAD_BYTES)
    if raw.startswith(PARQUET_MAGIC):
        return Beginning(raw if is_whole else b"", "parquet", "none", is_whole)
    return Beginning(raw, "text", "gzip" if raw.startswith(GZIP_MAGIC) else "none", is_whole)


def read_content(storage: Storage, key: str, beginning: Beginning) -> Content:
    """What an object contains, from its beginning; of Parquet, its footer may be read too.

    Raises:
        ObjectError: it is damaged, or is no text of records and not Parquet.
        StorageError: it cannot be read.
    """
    if beginning.file_format == "parquet":
        tail = beginning.raw or storage.last_bytes(key, _TAIL_BYTES)
        answers = _ask_footer(storage, key, tail, SCHEMA, RANGES, _LARGEST_START)
        columns = parse_schema(*answers[:2])
        start = answers[2][0][0] if answers[2] else None
        return Content(tuple(_schema_fields(columns)), start, columns=columns)
    head = _unpack(storage.location(key), beginning)
    _refuse_others(storage.location(key), head)
    return _text_content(head)


def header_fields(line: str) -> tuple[str, ...] | None:
    """The fields that a header line names; None if it is not one."""
    words = line.split()
    return usable_names(words) if any(word in BY_NAME for word in words) else None


def first_line(head: bytes) -> str:
    """The first line of a text, without a byte-order mark; ends with CR, LF or both, as in Hive."""
    line = re.split(rb"[\r\n]", head.removeprefix(codecs.BOM_UTF8), maxsplit=1)[0]
    return line.decode("utf-8", "replace")


def _unpack(location: str, beginning: Beginning) -> bytes:
    """The first bytes of a text; a gzip file that is there to its end is checked to its end."""
    if beginning.compression == "none":
        return beginning.raw
    try:
        if beginning.is_whole:
            return _unpack_whole(beginning.raw)
        return unpack(beginning.raw)
    except (EOFError, OSError, zlib.error) as error:
        reason = "it ends too early" if isinstance(error, EOFError) else str(error)
        raise ObjectError(f"{location} is not a complete gzip file: {reason}") from error


def _unpack_whole(raw: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        head = file.read(HEAD_BYTES)
        read = len(head)
        while read < _LONGEST_TEXT_BYTES and (chunk := file.read(_CHUNK_BYTES)):
            read += len(chunk)
    return head


def unpack(raw: bytes, most_bytes: int = HEAD_BYTES) -> bytes:
    """The text in the first bytes of a gzip file; its first members may be empty.

    Raises:
        zlib.error: they are damaged.
    """
    head = b""
    while raw and len(head) < most_bytes:
        stream = zlib.decompressobj(_WBITS)
        head += stream.decompress(raw, most_bytes - len(head))
        raw = stream.unused_data
    return head


def _refuse_others(location: str, head: bytes) -> None:
    if not head:
        raise ObjectError(f"{location} is empty")
    kind = kind_of(head)
    # A value may contain a NUL, as far as Athena is concerned; the first line of a text does not.
    if kind is None and "\0" in first_line(head):
        kind = "neither text nor Parquet"
    if kind:
        raise ObjectError(f"{location} is {kind}, not a log")


def _text_content(head: bytes) -> Content:
    fields = header_fields(first_line(head))
    text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    lines = re.split(r"[\r\n]+", text)
    records = lines if fields is None else lines[1:]
    words = next(filter(None, map(str.split, records)), None)
    return Content(fields, _first_start(fields, records), len(words) if words else None)


def _first_start(fields: tuple[str, ...] | None, records: list[str]) -> int | None:
    if not fields or "start" not in fields:
        return None
    place = fields.index("start")
    return next(_starts(records, place), None)


def _starts(records: list[str], place: int) -> Iterator[int]:
    for record in records:
        words = record.split()
        if len(words) > place and words[place].isascii() and words[place].isdigit():
            yield int(words[place])


def _schema_fields(columns: Iterable[ParquetColumn]) -> Iterator[str]:
    """Parquet is read by name, so a column that cannot be a field is skipped.

    Names are those of fields in any of their spellings: Athena ignores case, and tables say which
    column contains which field.
    """
    names = {each.name.lower(): each for each in columns}
    fields = {real: column for column, real in name_fields(names, {}).items()}
    for name, column in names.items():
        field = BY_COLUMN.get(fields[name])
        text = field.name if field else name.replace("_", "-")
        if is_field_name(text) and (field or (column.hive_type and "-" not in name)):
            yield text


def column_chunks(storage: Storage, key: str) -> tuple[Chunk, ...]:
    """Where the columns of a Parquet object are in it, from the first byte to the last.

    Raises:
        ObjectError: it is not a complete Parquet file.
        StorageError: it cannot be read.
    """
    (rows,) = _ask_footer(storage, key, storage.last_bytes(key, _TAIL_BYTES), CHUNKS)
    return tuple(Chunk(str(name), int(start), int(size)) for name, start, size in rows)


def _ask_footer(
    storage: Storage, key: str, tail: bytes, *questions: str
) -> list[list[tuple[Any, ...]]]:
    """Rows about a Parquet object for each question, from its footer; the data is not fetched.

    A file ends with its footer, the footer's length in four bytes, and ``PAR1``. DuckDB reads the
    schema of a file that contains nothing else: the offsets of the data are not followed.
    Source: https://parquet.apache.org/docs/file-format/
    """
    import duckdb  # noqa: PLC0415 - 90 ms

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(PARQUET_MAGIC + _footer(storage, key, tail))
        file.flush()
        try:
            with closing(duckdb.connect(":memory:")) as connection:
                return [
                    connection.execute(question, [file.name]).fetchall() for question in questions
                ]
        except duckdb.Error as error:
            raise _damage_error(storage, key, str(error).partition("\n")[0]) from error


def _footer(storage: Storage, key: str, tail: bytes) -> bytes:
    if len(tail) < _END_BYTES or not tail.endswith(PARQUET_MAGIC):
        raise _damage_error(storage, key, f"does not end with {PARQUET_MAGIC.decode()}")
    size = int.from_bytes(tail[-_END_BYTES:-4], "little") + _END_BYTES
    if size > _FOOTER_LIMIT_BYTES:
        raise _damage_error(storage, key, f"its footer would have {size} bytes")
    if size > len(tail):
        tail = storage.last_bytes(key, size)
    return tail[-size:]


def _damage_error(storage: Storage, key: str, reason: str) -> ObjectError:
    return ObjectError(f"{storage.location(key)} is not a complete Parquet file: {reason}")
