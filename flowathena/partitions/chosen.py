"""Which of the flow logs that a run, or else its target, asks for have nothing in what it reads.

Looked at are the folders of at most 64 registered partitions, and none for a flow log that a sync
has found. A look that fails says nothing: an explanation must not fail an answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flowathena.catalog import Catalog, read_partitions
from flowathena.catalog.flow_logs import recorded
from flowathena.concurrency import map_concurrently
from flowathena.errors import FlowathenaError
from flowathena.inputs.selection import Selection
from flowathena.shape.shape import FlowTable
from flowathena.storage import Storage
from flowathena.storage.flow_logs import list_flow_logs
from flowathena.storage.places import spread
from flowathena.text import counted

_FOLDERS = 64
_NAMES = 5


@dataclass(frozen=True)
class Readable:
    """One of the tables that a run reads.

    Attributes:
        source: the table.
        catalog: its registered partitions.
        storage: its logs.
    """

    source: FlowTable
    catalog: Catalog
    storage: Storage


def describe_unseen(tables: Sequence[Readable], selection: Selection, workers: int) -> str:
    """Which of the chosen flow logs give no records, and why; empty if all may give some.

    Args:
        tables: what the run reads.
        selection: what it asked for; it has a window.
        workers: how many folders are listed at once.
    """
    asked = selection.flow_logs or _of_target(tables)
    left_out = [each for each in asked if not _is_read(tables, each)]
    if left_out:
        verb = "is not one" if len(left_out) == 1 else "are none"
        return f"{', '.join(left_out)} {verb} of the flow_logs of the target, which alone are read"
    known = frozenset[str]().union(*(recorded(each.source.table).flow_logs for each in tables))
    unknown = [each for each in asked if each not in known]
    if not unknown:
        return ""
    try:
        return _look_for(unknown, tables, selection, workers)
    except FlowathenaError:
        return ""


def _of_target(tables: Iterable[Readable]) -> tuple[str, ...]:
    """The flow logs that the target's settings choose."""
    return tuple(dict.fromkeys(name for each in tables for name in each.source.flow_logs or ()))


def _is_read(tables: Iterable[Readable], flow_log: str) -> bool:
    chosen = (each.source.flow_logs for each in tables)
    return any(ids is None or flow_log in ids for ids in chosen)


def _look_for(
    flow_logs: Sequence[str], tables: Sequence[Readable], selection: Selection, workers: int
) -> str:
    folders = {folder: table for table in tables for folder in _folders(table, selection)}
    looked = spread(sorted(folders), _FOLDERS)
    seen: set[str] = set()

    def look(folder: str) -> tuple[str, ...]:
        table = folders[folder]
        named = table.source.layout.names_logs
        return list_flow_logs(table.storage, folder, named=named)

    for found in map_concurrently(look, looked, workers):
        seen.update(found)
    absent = [each for each in flow_logs if each not in seen]
    if not absent or not looked:
        return ""
    there = sorted(seen - {""})
    names = ", ".join(there[:_NAMES]) + (", …" if len(there) > _NAMES else "")
    part = f"{len(looked)} of " if len(looked) < len(folders) else ""
    return (
        f"no file of {' or '.join(absent)} is in {part}{counted(len(folders), 'folder')} that the "
        f"run reads{f'; there are {names}' if names else ''}"
    )


def _folders(table: Readable, selection: Selection) -> Iterator[str]:
    """The folders of the registered partitions in the window."""
    shape = table.source.shape
    scope = shape.restrict(selection.delivery_scope)
    if scope is None or shape.projected:
        return
    root = table.storage.location("")
    for location in read_partitions(table.catalog, scope, shape).values():
        if location.startswith(root):
            yield location.removeprefix(root).rstrip("/") + "/"
