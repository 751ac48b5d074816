"""Which table of a target each flow log belongs to, as far as it is known; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from flowathena.partitions import formats
from flowathena.partitions.formats import NewSource
from flowathena.storage.samples import FileHead, misreading
from flowathena.target.target import Target


class Owners:
    """The table of each flow log."""

    def __init__(
        self, targets: Sequence[Target], known: Mapping[str, int], unnamed: Iterable[int] = ()
    ) -> None:
        """``unnamed`` are the tables that are known to have files without an id."""
        self._targets = list(targets)
        self._unnamed = frozenset(unnamed)
        self._known = dict(known)
        self._size = len(targets)
        self.new: list[NewSource] = []
        self.found: dict[int, set[str]] = {}
        self.obstacles: dict[str, str] = {}
        self.warnings: list[str] = []

    @property
    def is_single(self) -> bool:
        """Whether the target has one table, and was given no other."""
        return len(self._targets) == 1

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

    def learn(self, flow_log: str, head: FileHead, registered: Callable[[], Iterable[int]]) -> None:
        """Find the table for a flow log, by one of its files.

        Args:
            flow_log: its id, or what stands for it where the files' names have none.
            head: the file.
            registered: gives the tables that have older files of it; those that they read rightly
                stay theirs.
        """
        if flow_log in self._known or flow_log in self.obstacles or head.is_nothing:
            return
        if head.error and self._size == 1:
            self._known[flow_log] = 0
            self.warnings.append(
                f"{formats.obstacle(head, self._targets[0])}; "
                "its folders are registered as the target's settings say"
            )
            return
        place = formats.fitting(head, self._targets)
        if place is None and not head.error:
            readable = (n for n in registered() if formats.readable(head, self._targets[n]))
            place = next(readable, None)
        if place is None and (why := formats.obstacle(head, self._targets[0])):
            self.obstacles[flow_log] = why
            return
        if place is None:
            place = self._add(head)
        if told := misreading(head, is_local=self._targets[0].is_local):
            self.warnings.append(told)
        self._known[flow_log] = place
        self.found.setdefault(place, set()).add(head.flow_log)
        if place >= self._size:
            self._name(place, head)

    def _add(self, head: FileHead) -> int:
        added = formats.make_source(self._targets[0], head, self._targets)
        self._targets.append(added)
        self.new.append(NewSource(added, head.key, ()))
        return len(self._targets) - 1

    def _name(self, place: int, head: FileHead) -> None:
        source = self.new[place - self._size]
        ids = (*source.flow_logs, head.flow_log)
        self.new[place - self._size] = NewSource(source.target, source.sample, ids)
