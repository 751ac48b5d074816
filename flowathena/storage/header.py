"""The record format of a log object, from its header line or its Parquet schema."""

import codecs
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from flowathena.errors import StorageError
from flowathena.logs.fields import BY_COLUMN, BY_NAME
from flowathena.logs.formats import is_field_name, usable_names
from flowathena.storage import Storage

_HEAD_BYTES = 16_384
_TAIL_BYTES = 65_536
# The footer grows with the row groups: about 5 KB each, with 54 columns.
_FOOTER_LIMIT_BYTES = 64 << 20
_MAGIC = b"PAR1"
_COLUMNS = "SELECT name FROM parquet_schema(?) WHERE num_children IS NULL"
_LARGEST_START = (
    "SELECT max(TRY_CAST(stats_max_value AS BIGINT)) FROM parquet_metadata(?) "
    "WHERE path_in_schema = 'start'"
)
_END_BYTES = 8  # the footer's length and the magic


def read_fields(storage: Storage, key: str) -> tuple[str, ...] | None:
    """The fields of an object in order; None for a text without a header line.

    Unknown fields keep their names. An invalid or repeated name becomes ``unknown-N``, with its
    position in the line.

    Raises:
        StorageError: the object cannot be read, or is neither text, gzip text nor Parquet.
    """
    if key.endswith(".parquet"):
        return read_parquet_head(storage, key)[0]
    return header_fields(_header_line(storage, key))


def header_fields(line: str) -> tuple[str, ...] | None:
    """The fields that a header line names; None if it is not one."""
    words = line.split()
    return usable_names(words) if any(word in BY_NAME for word in words) else None


def read_parquet_head(storage: Storage, key: str) -> tuple[tuple[str, ...], int | None]:
    """The fields of a Parquet object, and its largest ``start`` by the statistics in its footer.

    The start is None if there are no statistics.

    Raises:
        StorageError: the object cannot be read, or is not Parquet.
    """
    columns, starts = _ask_footer(storage, key, _COLUMNS, _LARGEST_START)
    return tuple(_schema_fields(name for (name,) in columns)), starts[0][0] if starts else None


def _header_line(storage: Storage, key: str) -> str:
    raw = storage.first_bytes(key, _HEAD_BYTES)
    try:
        # 31: with a gzip header. A decompression object accepts the truncated end.
        head = zlib.decompressobj(31).decompress(raw) if key.endswith(".gz") else raw
    except zlib.error as error:
        raise StorageError(f"{storage.location(key)} is not a gzip file: {error}") from error
    return first_line(head)


def first_line(head: bytes) -> str:
    """The first line of a text, without a byte-order mark; ends with CR, LF or both, as in Hive."""
    line = re.split(rb"[\r\n]", head.removeprefix(codecs.BOM_UTF8), maxsplit=1)[0]
    return line.decode("utf-8", "replace")


def _schema_fields(columns: Iterable[str]) -> Iterator[str]:
    """Parquet is read by name, so a column that cannot be a field is skipped."""
    for column in columns:
        field = BY_COLUMN.get(column)
        name = field.name if field else column.replace("_", "-")
        if is_field_name(name):
            yield name


def _ask_footer(storage: Storage, key: str, *questions: str) -> list[list[tuple[Any, ...]]]:
    """Rows about a Parquet object for each question, from its footer; the data is not fetched.

    A file ends with its footer, the footer's length in four bytes, and ``PAR1``. DuckDB reads the
    schema of a file that contains nothing else: the offsets of the data are not followed.
    Source: https://parquet.apache.org/docs/file-format/
    """
    import duckdb  # noqa: PLC0415 - 90 ms

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(_MAGIC + _footer(storage, key))
        file.flush()
        try:
            with closing(duckdb.connect(":memory:")) as connection:
                return [
                    connection.execute(question, [file.name]).fetchall() for question in questions
                ]
        except duckdb.Error as error:
            raise _damage_error(storage, key, str(error).partition("\n")[0]) from error


def _footer(storage: Storage, key: str) -> bytes:
    tail = storage.last_bytes(key, _TAIL_BYTES)
    if len(tail) < _END_BYTES or not tail.endswith(_MAGIC):
        raise _damage_error(storage, key, f"does not end with {_MAGIC.decode()}")
    size = int.from_bytes(tail[-_END_BYTES:-4], "little") + _END_BYTES
    if size > _FOOTER_LIMIT_BYTES:
        raise _damage_error(storage, key, f"its footer would have {size} bytes")
    if size > len(tail):
        tail = storage.last_bytes(key, size)
    return tail[-size:]


def _damage_error(storage: Storage, key: str, reason: str) -> StorageError:
    return StorageError(f"{storage.location(key)} is not a complete Parquet file: {reason}")
