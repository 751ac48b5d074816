"""Flow logs that the ``flow_logs`` of a target leave out though they are new: nobody meant them.

A flow log that is deleted and created anew has another id. Left out on purpose is what has been
there for 30 days beside those that are read, what records the same flows as one of these, and the
flow logs of transit gateways beside those of VPCs.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta

from flowathena.doctor.log_findings import DAYS
from flowathena.doctor.look import Look, folder_of
from flowathena.errors import StorageError
from flowathena.logs.formats import is_transit_gateway
from flowathena.storage import Storage
from flowathena.storage.base import Object, flow_log_of
from flowathena.storage.extent import PlaceExtent
from flowathena.storage.overlap import find_overlaps
from flowathena.storage.samples import FileHead, Samples, read_head
from flowathena.target.sources import reads_flow_log
from flowathena.target.target import Target

_MOST = 8
"""Of how many flow logs a file is read."""


def find_left_out(target: Target, look: Look) -> Iterator[FileHead]:
    """A file of each new flow log that no table of a target reads.

    Args:
        target: the target, with its sources.
        look: the look at its first table.
    """
    storage = look.storage
    if storage is None or not all(each.flow_logs for each in target.tables):
        return
    found: dict[str, Object] = {}
    for place in look.places:
        for item in _in_place(target, look, storage, place):
            found.setdefault(flow_log_of(item.key), item)
    for item in list(found.values())[:_MOST]:
        head = read_head(storage, item)
        if not head.fields or is_transit_gateway(head.fields) == is_transit_gateway(
            target.log_format
        ):
            yield head


def _in_place(target: Target, look: Look, storage: Storage, place: PlaceExtent) -> Iterator[Object]:
    """The newest file of each flow log that is new in an account and Region."""
    folder = folder_of(place, place.newest)
    newest = look.samples(folder)
    if newest is None or not (others := _unread(target, newest)):
        return
    before = look.samples(look.first_recent_folder(place))
    has_ended = before is not None and _is_read(target, before) and not _is_read(target, newest)
    known: Collection[str] = frozenset(_unread(target, before)) if before else ()
    is_new_place = place.oldest and place.oldest.day > look.today - timedelta(days=DAYS)
    new = {each for each in others if has_ended or is_new_place or each not in known}
    twice = _recorded_twice(target, storage, folder) if new and _is_read(target, newest) else ()
    yield from (others[each] for each in sorted(new.difference(twice)))


def _unread(target: Target, samples: Samples) -> dict[str, Object]:
    """A file of each flow log that no table reads, by id."""
    items = {flow_log_of(item.key): item for item in samples.left_out}
    return {name: item for name, item in items.items() if not reads_flow_log(target, name)}


def _is_read(target: Target, samples: Samples) -> bool:
    """Whether there is a file that a table reads."""
    keys = [*(head.key for head in samples.heads), *(item.key for item in samples.left_out)]
    return any(reads_flow_log(target, flow_log_of(key)) for key in keys)


def _recorded_twice(target: Target, storage: Storage, folder: str) -> Iterator[str]:
    """The flow logs whose flows one that is read records as well."""
    try:
        overlaps = find_overlaps(storage, folder)
    except StorageError:  # that it cannot be listed is a finding already
        return
    for each in overlaps:
        if any(reads_flow_log(target, name) for name in each.flow_logs):
            yield from each.flow_logs
