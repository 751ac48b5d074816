"""Samples of a day's folder: the newest file of each flow log, and what its first bytes say."""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from flowathena.errors import StorageError
from flowathena.storage.base import Object, Storage, delivered, is_log, is_visible
from flowathena.storage.header import first_line, header_fields, read_parquet_head

_FLOW_LOG = re.compile(r"_(fl-[0-9a-f]+)_")
_OBJECTS = 2_000
"""How many objects of a folder are listed: two calls."""
_FLOW_LOGS = 4
"""How many flow logs of a folder are sampled."""
_WHOLE_BYTES = 4 << 20
"""Files up to this size are read to their end."""
_HEAD_BYTES = 65_536
_CHUNK_BYTES = 1 << 20
_LONGEST_TEXT_BYTES = 256 << 20  # of a file that unpacks to more, the rest is not checked


@dataclass(frozen=True)
class FileHead:
    """What one log file says of itself.

    Attributes:
        key: its key.
        flow_log: the id of its flow log; empty if its name has none.
        delivered: the time of delivery in its name (``20261101T0005Z``); empty if it has none.
        fields: the fields of its records; None for a text without a header line.
        start: the ``start`` of a record, as it is stored; None if unknown.
        error: why it cannot be read, in which case fields and start are unknown; None if it can.
    """

    key: str
    flow_log: str = ""
    delivered: str = ""
    fields: tuple[str, ...] | None = None
    start: int | None = None
    error: StorageError | None = None

    @property
    def file_format(self) -> str:
        """``text`` or ``parquet``."""
        return "parquet" if self.key.endswith(".parquet") else "text"

    @property
    def folder(self) -> str:
        """The prefix of its folder."""
        return self.key.rpartition("/")[0] + "/"


@dataclass(frozen=True)
class Samples:
    """What a day's folder contains, as far as the first 2,000 objects show it.

    Attributes:
        heads: the newest file of each flow log, damaged ones with their error.
        leftovers: the keys of visible files that are not logs by their names.
    """

    heads: tuple[FileHead, ...]
    leftovers: tuple[str, ...]


def read_samples(storage: Storage, prefix: str) -> Samples:
    """Look into a day's folder.

    Raises:
        StorageError: the folder cannot be listed.
    """
    newest: dict[tuple[str, bool], Object] = {}
    leftovers = []
    for item in islice(storage.objects(prefix), _OBJECTS):
        name = item.key.removeprefix(prefix)
        if item.size_bytes and is_visible(name) and not is_log(name):
            leftovers.append(item.key)
        elif item.size_bytes and is_log(name):
            source = (_flow_log(item.key), item.key.endswith(".parquet"))
            newest[source] = max(newest.get(source, item), item, key=_age)
    chosen = sorted(newest.values(), key=_age, reverse=True)[:_FLOW_LOGS]
    return Samples(tuple(read_head(storage, item) for item in chosen), tuple(leftovers))


def _flow_log(key: str) -> str:
    """The id of the flow log in a log's name; empty if there is none."""
    found = _FLOW_LOG.search(key)
    return found[1] if found else ""


def _age(item: Object) -> tuple[str, str]:
    return delivered(item.key), item.key


def read_head(storage: Storage, item: Object) -> FileHead:
    """The fields and the first start of a file; never raises a ``StorageError``."""
    names = (_flow_log(item.key), delivered(item.key))
    try:
        if item.key.endswith(".parquet"):
            return FileHead(item.key, *names, *read_parquet_head(storage, item.key))
        return FileHead(item.key, *names, *_text_head(storage, item))
    except StorageError as error:
        return FileHead(item.key, *names, error=error)


def _text_head(storage: Storage, item: Object) -> tuple[tuple[str, ...] | None, int | None]:
    whole = item.size_bytes <= _WHOLE_BYTES
    raw = storage.first_bytes(item.key, item.size_bytes if whole else _HEAD_BYTES)
    try:
        head = _unpack(raw, whole=whole) if item.key.endswith(".gz") else raw
    except (EOFError, OSError, zlib.error) as error:
        reason = "it ends too early" if isinstance(error, EOFError) else str(error)
        raise StorageError(
            f"{storage.location(item.key)} is not a complete gzip file: {reason}"
        ) from error
    fields = header_fields(first_line(head))
    lines = head.decode("utf-8", "replace").splitlines()
    return fields, _first_start(fields, lines[1:])


def _unpack(raw: bytes, *, whole: bool) -> bytes:
    """The first bytes of a gzip file; one that is there to its end is checked to its end."""
    if not whole:
        return zlib.decompressobj(31).decompress(raw)
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        head = file.read(_HEAD_BYTES)
        read = len(head)
        while read < _LONGEST_TEXT_BYTES and (chunk := file.read(_CHUNK_BYTES)):
            read += len(chunk)
    return head


def _first_start(fields: tuple[str, ...] | None, lines: list[str]) -> int | None:
    if not fields or "start" not in fields:
        return None
    place = fields.index("start")
    return next(_starts(lines, place), None)


def _starts(lines: list[str], place: int) -> Iterator[int]:
    for line in lines:
        words = line.split()
        if len(words) > place and words[place].isascii() and words[place].isdigit():
            yield int(words[place])
