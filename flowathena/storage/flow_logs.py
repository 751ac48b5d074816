"""The flow logs that write into a day's folder, and the format of each, in few calls.

A flow log's id stands in the names of its files
(``<account>_vpcflowlogs_<Region>_<flow log>_<time>_<hash>.log.gz``), and its format never changes:
one file of it tells the format of all.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from flowathena.errors import ObjectError
from flowathena.storage.base import Object, Storage, flow_log_of, is_log, is_visible
from flowathena.storage.samples import FileHead, age, read_head

_TIME = "_20"
"""What follows a flow log's id: a listing with this delimiter names each id once an hour folder."""
_PARQUET = ".parquet"
_GROUP = re.compile(r"_(fl-[0-9a-f]+)_20$")
_OBJECTS = 2_000
"""How many objects with the same beginning are listed: two calls."""
_UNNAMED = 1_000
"""After how many names without an id no more are listed where none is expected: one call."""
_GROUPS = 32
"""In how many hours of a day, or single objects, a readable file is looked for."""
_TRIES = 8
"""How many files of a flow log are read that may be damaged or archived."""


def list_flow_logs(storage: Storage, folder: str, *, named: bool = True) -> tuple[str, ...]:
    """The ids of the flow logs with files in a day's folder, sorted; one call in most cases.

    Empty for log files whose names have no id. Files that are no logs by their names do not count.

    Args:
        storage: where to look.
        folder: the prefix of a day (or hour), ending with ``/``.
        named: whether names have ids, as AWS's do: see ``DayFolder``.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    return DayFolder(storage, folder, named=named).flow_logs


def read_format(storage: Storage, folder: str, flow_log: str) -> FileHead:
    """What the newest readable file of a flow log in a day's folder says.

    Empty, archived and damaged files are passed over for the one before, up to eight. If none can
    be read, it is the newest with its error; without any file, the folder with an error.

    Args:
        storage: where to look.
        folder: the prefix of a day (or hour), ending with ``/``.
        flow_log: its id; empty for the files whose names have none.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    return DayFolder(storage, folder).read(flow_log)


def read_formats(storage: Storage, folder: str) -> tuple[FileHead, ...]:
    """The same for every flow log with files in a day's folder, by id.

    A flow log has two if names ending with ``.parquet`` and others stand side by side: some of its
    files were converted.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    day = DayFolder(storage, folder)
    heads: list[FileHead] = []
    for flow_log in sorted(day.groups):
        newest = day.read(flow_log)
        heads.append(newest)
        if newest.error is None and (other := day.read_converted(newest)):
            heads.append(other)
    return tuple(heads)


class DayFolder:
    """A day's folder, listed by flow log.

    Args:
        storage: where to look.
        folder: the prefix of a day (or hour), ending with ``/``.
        named: whether names have ids, as AWS's do. Without, the first 1,000 files stand for all, if
            none of these has one: others would be listed one by one.

    Attributes:
        groups: what the keys of each flow log begin with, or whole keys, in key order.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """

    def __init__(self, storage: Storage, folder: str, *, named: bool = True) -> None:
        self._storage = storage
        self._folder = folder
        self._listed: dict[str, list[Object]] = {}
        self.groups: dict[str, list[str]] = defaultdict(list)
        for count, path in enumerate(storage.common_prefixes(folder, _TIME), 1):
            self._group(path)
            if count == _UNNAMED and not named and not self.groups.keys() - {""}:
                break

    def _group(self, path: str) -> None:
        name = path.removeprefix(self._folder)
        found = _GROUP.search(path)
        if not is_visible(name):
            return
        if found:
            self.groups[found[1]].append(path)
        elif self._files(path) if path.endswith(_TIME) else is_log(name):
            self.groups[flow_log_of(path)].append(path)

    @property
    def flow_logs(self) -> tuple[str, ...]:
        """The ids of the flow logs with files in it, sorted; empty for names without one."""
        return tuple(sorted(self.groups))

    def files(self, flow_log: str) -> Iterator[Object]:
        """The files of a flow log that are not empty, the newest first; of 32 hours at most."""
        return self._newest_first(self.groups.get(flow_log, ()))

    def read(self, flow_log: str) -> FileHead:
        """The newest readable file of a flow log; the newest one, or the folder, with an error."""
        groups = self.groups.get(flow_log, ())
        if found := self._read(self._newest_first(groups)):
            return found
        name = f"of {flow_log} " if flow_log else ""
        reason = f"{self._storage.location(self._folder)} contains no log {name}that is not empty"
        return FileHead(self._folder, flow_log, error=ObjectError(reason))

    def read_unnamed(self) -> tuple[FileHead, ...]:
        """The files whose names have no id, as far as a few tell their formats.

        The newest readable one, the newest whose name ends in the other way, and the oldest one.
        """
        newest = self.read("")
        if newest.error:
            return (newest,)
        oldest = self._read(reversed(list(self._newest_first(self.groups[""][:1]))))
        heads = (newest, self.read_converted(newest), oldest)
        return tuple({head.key: head for head in heads if head and head.error is None}.values())

    def read_converted(self, newest: FileHead) -> FileHead | None:
        """The newest readable file of the same flow log whose name ends in the other way.

        Of those listed already, and of those without an id.
        """
        groups = self.groups[newest.flow_log]
        known = [each for each in groups if each in self._listed or not each.endswith(_TIME)]
        is_parquet = newest.key.endswith(_PARQUET)
        names = [
            each for each in known if each.endswith(_TIME) or each.endswith(_PARQUET) != is_parquet
        ]
        found = self._read(
            item for item in self._newest_first(names) if item.key.endswith(_PARQUET) != is_parquet
        )
        return found if found and found.error is None else None

    def _read(self, items: Iterator[Object]) -> FileHead | None:
        first: FileHead | None = None
        for item in islice(items, _TRIES):
            head = read_head(self._storage, item)
            if head.error is None:
                return head
            first = first or head
            if not isinstance(head.error, ObjectError):  # the others would fail as well
                break
        return first

    def _newest_first(self, groups: Sequence[str]) -> Iterator[Object]:
        """The files with content, the newest first; within an hour, archived ones last."""
        for group in groups[: -_GROUPS - 1 : -1]:
            found = sorted(self._files(group), key=age, reverse=True)
            yield from sorted(
                (item for item in found if item.size_bytes), key=lambda item: item.is_archived
            )

    def _files(self, group: str) -> list[Object]:
        if group not in self._listed:
            found = islice(self._storage.objects(group), _OBJECTS)
            self._listed[group] = [
                item
                for item in found
                if is_log(item.key.removeprefix(self._folder))
                and (group.endswith(_TIME) or item.key == group)
            ]
        return self._listed[group]
