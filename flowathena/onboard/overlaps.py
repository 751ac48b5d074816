"""Whether flow logs of a location record the same flows, so that every flow counts twice."""

from collections.abc import Iterator

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import StorageError
from flowathena.storage import Storage
from flowathena.storage.discovery import Discovery
from flowathena.storage.overlap import Overlap, describe, find_overlaps
from flowathena.storage.places import spread
from flowathena.target.sources import choose_flow_logs
from flowathena.target.target import Target

_FOLDERS = 8
"""In how many accounts and Regions records are compared."""


def warn_of_overlaps(storage: Storage, logs: Discovery, target: Target) -> Iterator[str]:
    """The pairs of flow logs in the newest days that record the same flows, and what to do."""
    ids: dict[str, set[str]] = {}
    for log in logs.flow_logs:
        if log.error is None and log.id:
            ids.setdefault(log.head.folder, set()).add(log.id)
    folders = spread([folder for folder, names in ids.items() if len(names) > 1], _FOLDERS)

    def find(folder: str) -> tuple[Overlap, ...]:
        try:
            return find_overlaps(storage, folder)
        except StorageError:  # the target is right without it
            return ()

    found = [each for some in map_concurrently(find, folders, CONCURRENCY) for each in some]
    if not found:
        return
    spare = frozenset(each.flow_logs[1] for each in found)
    kept = next(each.flow_logs[0] for each in found if each.flow_logs[0] not in spare)
    known = None
    if not logs.unseen:
        named = (log for log in logs.flow_logs if log.id)
        known = {log.id: (log.head.file_format, log.head.fields or ()) for log in named}
    more = f" (and {len(found) - 1} more pairs)" if len(found) > 1 else ""
    yield (
        f"flow logs record the same flows, so that every one of them counts twice: "
        f"{describe(found[0])}{more}; {choose_flow_logs(target, spare, known)}, or add "
        f"--flow-log {kept} to a run"
    )
