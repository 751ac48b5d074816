"""Whether two flow logs of a folder record the same flows: then every flow counts twice.

A flow log of a VPC and one of a subnet in it, or an old one that was left running, write a record
each for every flow of an interface. Compared are the files that both delivered at the same time.
"""

import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from flowathena.errors import ObjectError, StorageError
from flowathena.logs.fields import column_name
from flowathena.storage.base import Object, Storage, delivered
from flowathena.storage.flow_logs import DayFolder
from flowathena.storage.header import unpack
from flowathena.storage.kinds import GZIP_MAGIC
from flowathena.storage.samples import FileHead, read_head
from flowathena.text import counted

_FLOW_LOGS = 8
"""How many flow logs of a folder are compared."""
_FILES = 200
"""Of how many files of each the times of delivery are compared."""
_BYTES = 1 << 20
"""So much is read of a text; of a larger one its first records. Larger Parquet is not read."""
_TEXT_BYTES = 16 << 20
_NEEDED = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "start")
_TELLING = (*_NEEDED, "protocol", "action", "flow-direction")
"""What says which flow a record is of: both flow logs must have the needed fields."""

Flow = tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """Two flow logs that record the same flows.

    Attributes:
        flow_logs: their ids; the first has more flows, and of as many more fields.
        interface: an interface whose flows both record.
        flows: how many flows of the sample both record.
        sampled: how many flows of the sample the second one records.
        keys: the keys of the two files.
    """

    flow_logs: tuple[str, str]
    interface: str
    flows: int
    sampled: int
    keys: tuple[str, str]


def find_overlaps(storage: Storage, folder: str) -> tuple[Overlap, ...]:
    """The pairs of flow logs in a day's folder that record the same flows, as far as samples show.

    Files that cannot be read are left out.

    Args:
        storage: where to look.
        folder: the prefix of a day (or hour), ending with ``/``.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    day = DayFolder(storage, folder)
    names = [each for each in day.flow_logs if each][:_FLOW_LOGS]
    if len(names) < 2:  # noqa: PLR2004 - a pair
        return ()
    files = {each: list(islice(day.files(each), _FILES)) for each in names}
    samples = _Samples(storage)
    found = (samples.compare(files[one], files[other]) for one, other in combinations(names, 2))
    return tuple(each for each in found if each)


class _Samples:
    """The flows in some files, each read once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._read: dict[str, tuple[FileHead, list[dict[str, str]]]] = {}

    def compare(self, one: Sequence[Object], other: Sequence[Object]) -> Overlap | None:
        """What two flow logs have in common, by the last files that both delivered at once."""
        times = {delivered(item.key): item for item in reversed(other)}
        pair = next(((a, times[t]) for a in one if (t := delivered(a.key)) and t in times), None)
        if pair is None:
            return None
        (first, records), (second, others) = map(self._records, pair)
        both = {*(first.fields or ())} & {*(second.fields or ())}
        if not both.issuperset(_NEEDED):
            return None
        fields = [name for name in _TELLING if name in both]
        sides = [(first, _flows(records, fields)), (second, _flows(others, fields))]
        sides.sort(key=lambda side: (-len(side[1]), -len(side[0].fields or ()), side[0].flow_log))
        (kept, more), (spare, fewer) = sides
        shared = more & fewer
        if not shared:
            return None
        interface = min(flow[0] for flow in shared)
        ids = kept.flow_log, spare.flow_log
        return Overlap(ids, interface, len(shared), len(fewer), (kept.key, spare.key))

    def _records(self, item: Object) -> tuple[FileHead, list[dict[str, str]]]:
        if item.key not in self._read:
            head = read_head(self._storage, item)
            try:
                records = [] if head.error else list(_records(self._storage, item, head))
            except StorageError:
                records = []
            self._read[item.key] = head, records
        return self._read[item.key]


def _flows(records: Sequence[dict[str, str]], fields: Sequence[str]) -> set[Flow]:
    """The flows of records; those without data have no addresses."""
    flows = (tuple(record[name] for name in fields) for record in records)
    return {flow for flow in flows if "-" not in flow[: len(_NEEDED)]}


def _records(storage: Storage, item: Object, head: FileHead) -> Iterator[dict[str, str]]:
    if head.file_format == "parquet":
        return _parquet_records(storage, item, head)
    return _text_records(storage, item, head)


def _text_records(storage: Storage, item: Object, head: FileHead) -> Iterator[dict[str, str]]:
    raw = storage.first_bytes(item.key, min(item.size_bytes, _BYTES))
    whole = len(raw) == item.size_bytes
    try:
        text = unpack(raw, _TEXT_BYTES) if raw.startswith(GZIP_MAGIC) else raw
    except zlib.error as error:
        raise ObjectError(f"{storage.location(item.key)}: {error}") from error
    lines = text.decode("utf-8", "replace").splitlines()
    for line in lines[1:] if whole else lines[1:-1]:
        words = line.split()
        if head.fields and len(words) == len(head.fields):
            yield dict(zip(head.fields, words, strict=True))


def _parquet_records(storage: Storage, item: Object, head: FileHead) -> Iterator[dict[str, str]]:
    import duckdb  # noqa: PLC0415 - 90 ms

    fields = [name for name in _TELLING if name in (head.fields or ())]
    if item.size_bytes > _BYTES or not fields:
        return
    columns = ", ".join(f'CAST("{column_name(name)}" AS VARCHAR)' for name in fields)
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(storage.first_bytes(item.key, item.size_bytes))
        file.flush()
        try:
            query = f"SELECT {columns} FROM read_parquet(?, hive_partitioning = false)"  # noqa: S608 - columns of _TELLING
            rows = duckdb.connect().execute(query, [file.name])
            found = rows.fetchall()
        except duckdb.Error as error:
            raise ObjectError(f"{storage.location(item.key)}: {error}") from error
    for row in found:
        yield {name: value or "-" for name, value in zip(fields, row, strict=True)}


def describe(overlap: Overlap) -> str:
    """What two flow logs have in common, in one line."""
    one, other = overlap.flow_logs
    return (
        f"{one} has {overlap.flows} of {counted(overlap.sampled, 'flow')} in {overlap.keys[1]} "
        f"of {other}, of interface {overlap.interface} for one"
    )
