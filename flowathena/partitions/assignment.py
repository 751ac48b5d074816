"""Which table of a target each new folder belongs to, by the flow logs that write into it.

A flow log's format never changes, and its id stands in the names of its files. So one listing of a
day's folder names what it contains, and one look at a file what an unknown id means. Looked at are
the newest folder of an account and Region and the new ones: up to eight of them, of more the first
and the last, and those between only where these differ.

Files whose names have no id are known by nothing but what they contain: in each folder that is
looked at, the newest and the oldest of them tell their format, which stands for the id.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import PlaceError
from flowathena.partitions.formats import NewSource
from flowathena.partitions.owners import Owners
from flowathena.partitions.place import Place
from flowathena.storage.base import Storage
from flowathena.storage.flow_logs import DayFolder

if TYPE_CHECKING:
    from flowathena.storage.samples import FileHead

FlowLogs = frozenset[str]

_UNNAMED = "no id: "
"""How the format of files without an id begins where others have an id."""
_FEW = 8
"""Up to so many new folders are all looked at: a flow log may have lived for days between them."""


@dataclass
class Assignment:
    """What belongs where.

    Attributes:
        tables: the places of tables in the target for each folder to register; those of new
            sources follow the target's own.
        new: the sources to add.
        flow_logs: the ids found to fit each table, by its place.
        withheld: why a folder cannot be registered, by its location.
        foreign: of each table, by its place, the ids of others in the folders that it has too.
        mixed: of each Parquet table, by its place, what the paths of text files begin with that lie
            in its folders, by location.
        warnings: what is wrong with folders that are registered already.
        unlisted: the folders that could not be listed, with the error.
    """

    tables: dict[str, set[int]] = field(default_factory=dict)
    new: list[NewSource] = field(default_factory=list)
    flow_logs: dict[int, set[str]] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    foreign: dict[int, set[str]] = field(default_factory=dict)
    mixed: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unlisted: dict[str, PlaceError] = field(default_factory=dict)


def assign(
    assignment: Assignment,
    storage: Storage,
    owners: Owners,
    places: Sequence[Place],
    workers: int = CONCURRENCY,
) -> None:
    """Assign the new folders of some accounts and Regions to the tables over them.

    Args:
        assignment: what belongs where so far, which gets more.
        storage: where the folders are.
        owners: the tables over the folders, with the flow logs known.
        places: the accounts and Regions.
        workers: how many are looked at at once.

    Raises:
        StorageError: the storage cannot be listed.
    """
    looks = [_Look(storage, place, owners) for place in places]
    list(map_concurrently(lambda look: look.list(owners), looks, workers))
    for look in looks:
        look.assign(owners, assignment)
    list(map_concurrently(lambda look: look.look_back(owners, assignment), looks, workers))
    for look in looks:
        look.find_shared(owners, assignment)
    assignment.warnings += (*_warn_of_absent(owners, looks, places), *owners.warnings)
    assignment.new += owners.new
    assignment.flow_logs |= owners.found


def _warn_of_absent(
    owners: Owners, looks: Sequence["_Look"], places: Sequence[Place]
) -> Iterator[str]:
    """Tables without a folder so far, of flow logs that are in none of the folders looked at."""
    seen = frozenset[str]().union(*(each.seen for each in looks))
    there = ", ".join(sorted(seen - {""})[:_FEW])
    for number, target in owners.tables.items():
        is_new = not any(number in place.tables(each) for place in places for each in place.folders)
        if seen and target.flow_logs and is_new and seen.isdisjoint(target.flow_logs):
            yield (
                f"no file of {' or '.join(target.flow_logs)} (flow_logs of {target.table_name}) "
                f"is in the folders looked at{f'; there are {there}' if there else ''}"
            )


def _form(head: "FileHead") -> str:
    """What stands for the id of a file whose name has none: its format; of damaged ones the key."""
    if head.error:
        return f"{_UNNAMED}{head.key}"
    fields = " ".join(head.fields) if head.fields else f"{head.values} values"
    return f"{_UNNAMED}{head.file_format} {fields}"


def _id(flow_log: str) -> str:
    """The id of a flow log; empty for the format of files without one."""
    return "" if flow_log.startswith(_UNNAMED) else flow_log


def _withhold(folder: str, what: str, assignment: Assignment) -> None:
    del assignment.tables[folder]
    assignment.withheld[folder] = (
        f"it contains {what}, and files whose names have no flow log's id: Athena cannot tell them "
        "apart; move those of one format to another folder"
    )


class _Look:
    """A look at one account and Region."""

    def __init__(self, storage: Storage, place: Place, owners: Owners) -> None:
        self._is_local = owners.is_local
        self._storage = storage
        self._chosen = owners.chosen
        self._named = owners.names_logs
        self._place = place
        self._root = storage.location("")
        self._listed: dict[str, DayFolder] = {}
        self._heads: dict[str, tuple[FileHead, str]] = {}
        self._unnamed: dict[str, FlowLogs] = {}
        self._new: dict[str, FlowLogs] = {}
        self._error: PlaceError | None = None

    def list(self, owners: Owners) -> None:
        """List what must be listed, and read a file of each unknown flow log."""
        try:
            newest = self._place.folders[-1]
            seen = {newest: self._flow_logs(newest)}
            if new := self._place.new:
                self._new = dict(self._of_each(new) if len(new) <= _FEW else self._between(new))
                seen |= self._new
            for folder, flow_logs in seen.items():
                for each in sorted(flow_logs - self._heads.keys()):
                    if owners.owner(each) is None:
                        self._heads[each] = self._listed_folder(folder).read(each), folder
        except PlaceError as error:
            self._error = error

    @property
    def seen(self) -> FlowLogs:
        """The flow logs with files in the folders listed so far; an empty text without an id."""
        return frozenset(name for day in self._listed.values() for name in day.flow_logs)

    def _of_each(self, folders: Sequence[str]) -> Iterator[tuple[str, FlowLogs]]:
        return ((each, self._flow_logs(each)) for each in folders)

    def _between(self, folders: Sequence[str]) -> Iterator[tuple[str, FlowLogs]]:
        """The flow logs of every folder; of those between two equal ones without a look."""
        first, last = self._flow_logs(folders[0]), self._flow_logs(folders[-1])
        if first == last or len(folders) <= 2:  # noqa: PLR2004 - none is between
            yield from ((each, first) for each in folders[:-1])
            yield folders[-1], last
            return
        middle = len(folders) // 2
        yield from self._between(folders[:middle])
        yield from self._between(folders[middle:])

    def _flow_logs(self, folder: str) -> FlowLogs:
        found = frozenset(self._listed_folder(folder).flow_logs)
        if self._chosen:
            return found & self._chosen
        return found - {""} | self._formats_of_unnamed(folder) if "" in found else found

    def _formats_of_unnamed(self, folder: str) -> FlowLogs:
        """The formats of a folder's files without an id, in place of ids."""
        if folder not in self._unnamed:
            day = self._listed_folder(folder)
            # On this machine each file is read by what it says of itself: one table has them all.
            found = (day.read(""),) if self._is_local else day.read_unnamed()
            heads = {_form(head): head for head in found}
            self._heads |= {form: (heads[form], folder) for form in heads.keys() - self._heads}
            self._unnamed[folder] = frozenset(heads)
        return self._unnamed[folder]

    def _listed_folder(self, folder: str) -> DayFolder:
        if folder not in self._listed:
            key = folder.removeprefix(self._root)
            self._listed[folder] = DayFolder(self._storage, key, named=self._named)
        return self._listed[folder]

    def assign(self, owners: Owners, assignment: Assignment) -> None:
        """Say which tables the new folders belong to."""
        if self._error:
            self._do_without(owners, assignment, self._error)
            return
        for name, (head, folder) in list(self._heads.items()):
            owners.learn(name, head, partial(self._tables_before, name, folder))
        for folder, flow_logs in self._new.items():
            reasons = [owners.obstacles[each] for each in flow_logs if each in owners.obstacles]
            if reasons:
                assignment.withheld[folder] = reasons[0]
            else:
                owned = {owners.owner(each) for each in flow_logs} - {None}
                # Empty files say nothing: their folder is as the one before it.
                assignment.tables[folder] = {*owned} or self._tables_until(folder) or {owners.first}  # type: ignore[arg-type] # there is no None
        newest = self._place.folders[-1]
        if newest not in self._new:
            for each in sorted(self._flow_logs(newest) & owners.obstacles.keys()):
                assignment.warnings.append(f"{newest}: {owners.obstacles[each]}")

    def _do_without(self, owners: Owners, assignment: Assignment, error: PlaceError) -> None:
        """Say what becomes of the new folders if their flow logs cannot be listed."""
        if not owners.is_single:
            assignment.unlisted |= dict.fromkeys(self._place.new, error)
            return
        assignment.tables |= {folder: {owners.first} for folder in self._place.new}
        assignment.warnings.append(
            f"{error}; so nobody looked for other formats, and folders are registered as the "
            "target's settings say"
        )

    def _tables_before(self, flow_log: str, folder: str) -> frozenset[int]:
        """The tables that have files of a flow log already: of the folder, or the one before it."""
        for each in reversed(self._folders_until(folder)):
            if tables := self._place.tables(each):
                return tables if flow_log in self._flow_logs(each) else frozenset()
        return frozenset()

    def _tables_until(self, folder: str) -> set[int]:
        tables = (self._place.tables(each) for each in reversed(self._folders_until(folder)))
        return set(next(filter(None, tables), ()))

    def _folders_until(self, folder: str) -> Sequence[str]:
        return self._place.folders[: self._place.folders.index(folder) + 1]

    def look_back(self, owners: Owners, assignment: Assignment) -> None:
        """Find the registered folders that a table of another of their flow logs lacks."""
        if self._error:
            return
        folders = self._place.folders
        if folders[-1] not in self._new:
            self._look_back_from(folders[-1], folders, owners, assignment)
        if self._new:
            first = next(iter(self._new))
            before = folders[: folders.index(first)]
            self._look_back_from(first, before, owners, assignment)

    def _look_back_from(
        self, folder: str, older: Sequence[str], owners: Owners, assignment: Assignment
    ) -> None:
        for flow_log in self._new.get(folder) or self._flow_logs(folder):
            place = owners.owner(flow_log)
            if place is None or not older or self._has(place, older[-1]):
                continue
            for each in older[self._first_with(flow_log, older) :]:
                if not self._has(place, each):
                    assignment.tables.setdefault(each, set()).add(place)

    def find_shared(self, owners: Owners, assignment: Assignment) -> None:
        """Find the folders that several tables have, and what each of them must leave out."""
        for folder in self._place.folders:
            added = assignment.tables.get(folder, set())
            tables = added | self._place.tables(folder)
            if not added or len(tables) == 1:
                continue
            if self._formats_of_unnamed(folder) and self._cannot_leave_out(tables, folder, owners):
                _withhold(folder, "several formats", assignment)
                continue
            for each in self._flow_logs(folder):
                owner = owners.owner(each)
                for place in tables - {owner}:
                    assignment.foreign.setdefault(place, set()).add(_id(each))
            parquet = {place for place in tables if owners.is_parquet(place)}
            if parquet and parquet != tables:
                self._leave_out_text(folder, parquet, owners, assignment)

    def _leave_out_text(
        self, folder: str, parquet: set[int], owners: Owners, assignment: Assignment
    ) -> None:
        names = list(self._text_names(folder, owners))
        if "" in names:
            _withhold(folder, "text and Parquet", assignment)
            return
        for place in parquet:
            assignment.mixed.setdefault(place, {})[folder] = names

    def _text_names(self, folder: str, owners: Owners) -> Iterator[str]:
        """What the paths of its text files begin with; empty for files without an id."""
        listed = self._listed_folder(folder)
        for flow_log in self._flow_logs(folder):
            place = owners.owner(flow_log)
            if place is not None and not owners.is_parquet(place):
                for group in sorted(listed.groups[_id(flow_log)]):
                    name = group.removesuffix("20")
                    is_told = _id(flow_log) and name.endswith("_")
                    yield self._storage.location(name) if is_told else ""

    def _cannot_leave_out(self, tables: set[int], folder: str, owners: Owners) -> bool:
        """Whether a table that has files without an id elsewhere must leave out those of a folder.

        All of them are as one to it, because its queries know of no folders.
        """
        own = {owners.owner(each) for each in self._formats_of_unnamed(folder)}
        return len(own) > 1 or bool((tables - own) & owners.with_unnamed)

    def _has(self, place: int, folder: str) -> bool:
        return place in self._place.tables(folder)

    def _first_with(self, flow_log: str, folders: Sequence[str]) -> int:
        """The place of the first folder with a flow log, which the last ones have; by bisection."""
        low, high = 0, len(folders)
        if not folders or flow_log not in self._flow_logs(folders[-1]):
            return high
        while low < high:
            middle = (low + high) // 2
            if flow_log in self._flow_logs(folders[middle]):
                high = middle
            else:
                low = middle + 1
        return low
