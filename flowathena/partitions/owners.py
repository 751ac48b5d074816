"""Which table of a target each flow log in some folders belongs to, as far as known; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from flowathena.partitions import formats
from flowathena.partitions.formats import NewSource
from flowathena.storage.samples import FileHead, misreading
from flowathena.target.target import Target


class Owners:
    """The table of each flow log, out of the tables over the same folders.

    Args:
        targets: the target's tables; those of new formats are appended.
        own: the places in it of the tables over these folders.
        known: the place of the table of each flow log whose format is known.
        unnamed: the tables that are known to have files without an id.

    Attributes:
        places: the same, and those of new formats.
        new: the sources to add.
        found: the ids found to fit each table, by its place.
        obstacles: why no table can be made for a flow log, by its id.
        warnings: what was assumed.
    """

    def __init__(
        self,
        targets: list[Target],
        own: Sequence[int],
        known: Mapping[str, int],
        unnamed: Iterable[int] = (),
    ) -> None:
        self._targets = targets
        self.places = list(own)
        self._unnamed = frozenset(unnamed)
        self._known = dict(known)
        self._size = len(targets)
        self._was_single = len(own) == 1
        self.new: list[NewSource] = []
        self.found: dict[int, set[str]] = {}
        self.obstacles: dict[str, str] = {}
        self.warnings: list[str] = []

    @property
    def tables(self) -> dict[int, Target]:
        """The tables, by their places."""
        return {place: self._targets[place] for place in self.places}

    @property
    def is_local(self) -> bool:
        """Whether the folders are on this machine."""
        return self._targets[self.first].is_local

    @property
    def chosen(self) -> frozenset[str]:
        """The flow logs that the tables are for; empty if one is for all."""
        named = [each.flow_logs for each in self.tables.values()]
        return frozenset(flow_log for each in named for flow_log in each if all(named))

    @property
    def first(self) -> int:
        """The place of the first of the tables."""
        return self.places[0]

    @property
    def names_logs(self) -> bool:
        """Whether the names of files in the folders have the ids of flow logs, as AWS's do."""
        return self._targets[self.first].folders.names_logs

    @property
    def is_single(self) -> bool:
        """Whether the folders have one table, and were given no other."""
        return len(self.places) == 1

    def is_parquet(self, place: int) -> bool:
        """Whether a table is one of Parquet files."""
        return self._targets[place].file_format == "parquet"

    @property
    def with_unnamed(self) -> frozenset[int]:
        """The tables that have files without an id."""
        return self._unnamed.union(place for place, ids in self.found.items() if "" in ids)

    def owner(self, flow_log: str) -> int | None:
        """The place of its table; None if there is none, or if it is not known."""
        return self._known.get(flow_log)

    def learn(
        self, flow_log: str, head: FileHead, registered: Callable[[], Collection[int]]
    ) -> None:
        """Find the table for a flow log, by one of its files.

        Args:
            flow_log: its id, or what stands for it where the files' names have none.
            head: the file.
            registered: gives the tables that have older files of it; those that they read rightly
                stay theirs.
        """
        if flow_log in self._known or flow_log in self.obstacles or head.is_nothing:
            return
        first = self._targets[self.first]
        if head.error and self._was_single:
            self._known[flow_log] = self.first
            self.warnings.append(
                f"{formats.obstacle(head, first)}; "
                "its folders are registered as the target's settings say"
            )
            return
        place = formats.fitting(head, self._tables_for(head.flow_log))
        if place is None and not head.error:
            tables, before = self._tables_for(head.flow_log), registered()
            readable = (n for n in tables if n in before and formats.readable(head, tables[n]))
            place = next(readable, None)
        if place is None and (why := formats.obstacle(head, first)):
            self.obstacles[flow_log] = why
            return
        if place is None:
            place = self._add(head)
        if told := misreading(head, is_local=self.is_local):
            self.warnings.append(told)
        self._known[flow_log] = place
        self.found.setdefault(place, set()).add(head.flow_log)
        if place >= self._size:
            self._name(place, head)

    def _tables_for(self, flow_log: str) -> dict[int, Target]:
        """The tables that read a flow log's files: all, or those whose settings name it."""
        return {
            place: target
            for place, target in self.tables.items()
            if not target.flow_logs or flow_log in target.flow_logs
        }

    def _add(self, head: FileHead) -> int:
        added = formats.make_source(self._targets[self.first], head, self._targets)
        self.places.append(len(self._targets))
        self._targets.append(added)
        self.new.append(NewSource(added, head.key, ()))
        return self.places[-1]

    def _name(self, place: int, head: FileHead) -> None:
        source = self.new[place - self._size]
        ids = (*source.flow_logs, head.flow_log)
        self.new[place - self._size] = NewSource(source.target, source.sample, ids)
