"""Samples of a day's folder: the newest file of each flow log, and what its first bytes say."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import islice

from flowathena.errors import ObjectError, StorageError
from flowathena.storage.base import Object, Storage, delivered, flow_log_of, is_log, is_visible
from flowathena.storage.header import read_beginning, read_content
from flowathena.storage.parquet_schema import ParquetColumn

_MILLISECONDS = 10**11
"""A Unix time above this is in milliseconds: in seconds, it would be after the year 5000."""
_OBJECTS = 2_000
"""How many objects of a folder are listed: two calls."""
_FLOW_LOGS = 4
"""How many flow logs of a folder are sampled."""
_WHOLE_BYTES = 4 << 20
"""Files up to this size are read to their end."""


@dataclass(frozen=True)
class FileHead:
    """What one log file says of itself, by its content.

    Attributes:
        key: its key.
        flow_log: the id of its flow log; empty if its name has none.
        delivered: the time of delivery in its name (``20261101T0005Z``); empty if it has none.
        fields: the fields of its records; None for a text without a header line.
        start: the ``start`` of a record, as it is stored; None if unknown.
        error: why it cannot be read, in which case fields and start are unknown; None if it can.
        file_format: ``text`` or ``parquet``; empty if nothing of it could be read.
        compression: ``gzip`` or ``none``, of a text.
        values: how many values the first record of a text has; None if it has no record, and of
            Parquet.
        columns: the columns of Parquet; none of a text.
    """

    key: str
    flow_log: str = ""
    delivered: str = ""
    fields: tuple[str, ...] | None = None
    start: int | None = None
    error: StorageError | None = None
    file_format: str = ""
    compression: str = "none"
    values: int | None = None
    columns: tuple[ParquetColumn, ...] = ()

    @property
    def folder(self) -> str:
        """The prefix of its folder."""
        return self.key.rpartition("/")[0] + "/"

    @property
    def is_nothing(self) -> bool:
        """Whether there is no file that is not empty."""
        return self.key.endswith("/")

    @property
    def is_misnamed(self) -> bool:
        """Whether Athena takes a text for compressed, or not, and it is otherwise.

        It goes by the name alone:
        https://github.com/trinodb/trino/blob/470/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/compression/CompressionKind.java
        """
        is_text = self.error is None and self.file_format == "text"
        return is_text and (self.compression == "gzip") is not self.key.endswith(".gz")

    @property
    def in_milliseconds(self) -> bool:
        """Whether the times of its records are in milliseconds, so that no window has them."""
        return self.start is not None and self.start > _MILLISECONDS

    @property
    def has_header(self) -> bool:
        """Whether it names its fields: a header line, or Parquet."""
        return self.fields is not None


def misreading(head: FileHead, *, is_local: bool) -> str:
    """What a query makes of a file that says something else than it should; empty if all is well.

    Args:
        head: the file.
        is_local: whether the files are on this machine, where the content counts and not the name.
    """
    if head.is_misnamed and not is_local:
        if head.compression == "gzip":
            return (
                f"{head.key} is a gzip file and does not end with .gz: Athena reads rows of NULLs "
                "in such files, which no window contains; rename them"
            )
        return (
            f"{head.key} ends with .gz and is no gzip file: in Athena a query that reads one "
            "fails; rename them"
        )
    if head.in_milliseconds:
        return (
            f"{head.key} has start in milliseconds ({head.start}): no window of time contains its "
            "records; divide start and end by 1000"
        )
    return ""


@dataclass(frozen=True)
class Samples:
    """What a day's folder contains, as far as the first 2,000 objects show it.

    Attributes:
        heads: the newest file of each flow log, damaged ones with their error.
        leftovers: the keys of visible files that are not logs by their names.
        left_out: the newest file of each flow log that was not to be looked at.
    """

    heads: tuple[FileHead, ...]
    leftovers: tuple[str, ...]
    left_out: tuple[Object, ...] = ()


def read_samples(
    storage: Storage, prefix: str, flow_logs: Collection[str] = frozenset()
) -> Samples:
    """Look into a day's folder.

    Args:
        storage: where to look.
        prefix: the folder.
        flow_logs: the ids of the flow logs to look at; empty for all.

    Raises:
        StorageError: the folder cannot be listed.
    """
    newest: dict[tuple[str, bool], Object] = {}
    left_out: dict[str, Object] = {}
    leftovers = []
    for item in islice(storage.objects(prefix), _OBJECTS):
        name = item.key.removeprefix(prefix)
        if item.size_bytes and is_visible(name) and not is_log(name):
            leftovers.append(item.key)
        elif item.size_bytes and is_log(name):
            # Of one flow log, files with both endings may be there: it was converted.
            flow_log = flow_log_of(item.key)
            source = (flow_log, item.key.endswith(".parquet"))
            if flow_logs and flow_log not in flow_logs:
                left_out[flow_log] = max(left_out.get(flow_log, item), item, key=age)
            else:
                newest[source] = max(newest.get(source, item), item, key=age)
    chosen = sorted(newest.values(), key=age, reverse=True)[:_FLOW_LOGS]
    heads = tuple(read_head(storage, item, _WHOLE_BYTES) for item in chosen)
    return Samples(heads, tuple(leftovers), tuple(left_out.values()))


def age(item: Object) -> tuple[str, str]:
    """What sorts objects from the oldest to the newest, as far as their names tell."""
    return delivered(item.key), item.key


def read_head(storage: Storage, item: Object, whole_bytes: int = 0) -> FileHead:
    """What a file says of itself; never raises a ``StorageError``.

    Args:
        storage: where it is.
        item: the file.
        whole_bytes: up to which size it is read to its end, and checked; 64 KB at least.
    """
    head = FileHead(item.key, flow_log_of(item.key), delivered(item.key))
    if not item.size_bytes:
        return replace(head, error=ObjectError(f"{storage.location(item.key)} is empty"))
    try:
        beginning = read_beginning(storage, item.key, item.size_bytes, whole_bytes)
        head = replace(head, file_format=beginning.file_format, compression=beginning.compression)
        content = read_content(storage, item.key, beginning)
    except StorageError as error:
        return replace(head, error=error)
    return replace(
        head,
        fields=content.fields,
        start=content.start,
        values=content.values,
        columns=content.columns,
    )
