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

from flowathena.errors import PlaceError, StorageError
from flowathena.storage.base import Object, Storage, flow_log_of, is_log, is_visible
from flowathena.storage.samples import FileHead, age, read_head

_TIME = "_20"
"""What follows a flow log's id: a listing with this delimiter names each id once an hour folder."""
_GROUP = re.compile(r"_(fl-[0-9a-f]+)_20$")
_OBJECTS = 2_000
"""How many objects with the same beginning are listed: two calls."""
_GROUPS = 32
"""In how many hours of a day, or single objects, a readable file is looked for."""
_TRIES = 8
"""How many files of a flow log are read that may be damaged or archived."""


def list_flow_logs(storage: Storage, folder: str) -> tuple[str, ...]:
    """The ids of the flow logs with files in a day's folder, sorted; one call in most cases.

    Empty for log files whose names have no id. Files that are no logs by their names do not count.

    Args:
        storage: where to look.
        folder: the prefix of a day (or hour), ending with ``/``.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    return tuple(sorted(_groups(storage, folder)))


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
    return _read(storage, folder, flow_log, _groups(storage, folder).get(flow_log, ()))


def read_formats(storage: Storage, folder: str) -> tuple[FileHead, ...]:
    """The same for every flow log with files in a day's folder, by id.

    Raises:
        PlaceError: this folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    groups = _groups(storage, folder)
    return tuple(_read(storage, folder, flow_log, groups[flow_log]) for flow_log in sorted(groups))


def _groups(storage: Storage, folder: str) -> dict[str, list[str]]:
    """What the keys of each flow log begin with, or whole keys, in key order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in storage.common_prefixes(folder, _TIME):
        name = path.removeprefix(folder)
        found = _GROUP.search(path)
        if not is_visible(name):
            continue
        if found:
            groups[found[1]].append(path)
        elif is_log(name) if not path.endswith(_TIME) else next(_logs(storage, folder, path), None):
            groups[flow_log_of(path)].append(path)
    return groups


def _read(storage: Storage, folder: str, flow_log: str, groups: Sequence[str]) -> FileHead:
    first: FileHead | None = None
    for item in islice(_newest_first(storage, folder, groups), _TRIES):
        head = read_head(storage, item)
        first = first or head
        if head.error is None:
            return head
        if isinstance(head.error, PlaceError):  # the others would be denied as well
            break
    if first:
        return first
    name = f"of {flow_log} " if flow_log else ""
    reason = f"{storage.location(folder)} contains no log {name}that is not empty"
    return FileHead(folder, flow_log, error=StorageError(reason))


def _newest_first(storage: Storage, folder: str, groups: Sequence[str]) -> Iterator[Object]:
    """The files with content, the newest first; within an hour, archived ones last."""
    for group in groups[: -_GROUPS - 1 : -1]:
        found = sorted(_logs(storage, folder, group), key=age, reverse=True)
        yield from sorted(
            (item for item in found if item.size_bytes), key=lambda item: item.is_archived
        )


def _logs(storage: Storage, folder: str, group: str) -> Iterator[Object]:
    for item in islice(storage.objects(group), _OBJECTS):
        is_other = not group.endswith(_TIME) and item.key != group
        if not is_other and is_log(item.key.removeprefix(folder)):
            yield item
