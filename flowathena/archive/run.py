"""One run: what is due is written, verified, registered; then its days are moved.

Whoever reads while it is under way reads each day once. Its files are in a folder of the run, which
nobody reads before they are registered; a registered partition is not read before its day is moved,
which is one change of the table's properties; a partition that is written anew changes its location
in one step. So a run may end anywhere, and the next one goes on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flowathena.archive.content import ARCHIVE, Kind
from flowathena.archive.outcome import ArchiveInterruptedError, ArchiveRun, Failure
from flowathena.archive.place import Place, forget, remove_manifest, write_manifest
from flowathena.archive.plan import ArchivePlan, Day, Leftover, LostTable, State
from flowathena.archive.record import Archived, Manifest, Sums, name_of
from flowathena.archive.survey import LogPartition
from flowathena.archive.writer import SortingError, Writer
from flowathena.catalog import Change, Outcome, Repairable, Status
from flowathena.catalog.archive import archived_days
from flowathena.errors import BadFilesError, CatalogError, FlowathenaError
from flowathena.logs.days import Days
from flowathena.partitions.apply import apply
from flowathena.partitions.plan import Steps
from flowathena.shape.shape import Values
from flowathena.text import human_bytes

_ATTEMPTS = 5
_MOST_TRIES = 10
"""How often a batch is written anew, without what cannot be read."""


@dataclass
class Execution:
    """Carries out a plan.

    Attributes:
        plan: what to do.
        place: where the archive is.
        catalog: that of its table, which exists.
        writer: what writes and adds up.
        registered: the location of every registered partition of the archive.
        new_run: gives the id of a run that no other has.
        most_bytes: how much one statement may read; None for any.
        may_go_on: whether another batch may be read, of so many bytes; says why not.
        drop_table: drops a table that a run has verified with.
        watch: called with what is under way.
        kind: what it is that is written.
        done: what has become of it so far.
    """

    plan: ArchivePlan
    place: Place
    catalog: Repairable
    writer: Writer
    registered: Mapping[Values, str]
    new_run: Callable[[], str]
    most_bytes: int | None = None
    may_go_on: Callable[[int], str] = lambda _bytes: ""
    drop_table: Callable[[str], None] = lambda _name: None
    watch: Callable[[str], None] = lambda _step: None
    kind: Kind = ARCHIVE
    done: ArchiveRun = field(default_factory=ArchiveRun)

    def carry_out(self) -> ArchiveRun:
        """Do it; a failure is a part of what is returned.

        Raises:
            ArchiveInterruptedError: interrupted; carries what was done.
        """
        try:
            self._move(self.plan.ready)
            self._write_all()
            self._remove_leftovers()
        except KeyboardInterrupt as interrupt:
            raise ArchiveInterruptedError(self.done, str(interrupt)) from interrupt
        finally:
            self.done.scanned_bytes = sum(self.writer.bill.scans)
            self.done.query_ids = self.writer.bill.query_ids
        return self.done

    def _write_all(self) -> None:
        waiting = list(batches(self.plan.due, self.writer.batch_size, self.most_bytes))
        for number, batch in enumerate(waiting):
            reason = self.may_go_on(_size(batch)) or self._archive_sound(batch)
            if reason:
                self.done.stop = reason
                self.done.left = [each for batch in waiting[number:] for each in batch]
                return
            self._move(self._finished(batch))

    def _archive_sound(self, batch: Sequence[LogPartition]) -> str:
        """Archive some partitions, without those whose logs cannot be read.

        Returns why nothing further is to be tried, or nothing.
        """
        unsorted = ""
        for _ in range(_MOST_TRIES):
            try:
                if batch:
                    self._archive(self.new_run(), batch)
            except SortingError as error:
                unsorted = f"{_describe(batch)} are written in no order: {error}"
            except FlowathenaError as error:
                failures = dict(_at_fault(batch, error))
                if not failures:
                    return str(error)
                self.done.failures += [Failure(name_of(v), why) for v, why in failures.items()]
                batch = [each for each in batch if each.values not in failures]
            else:
                self.done.warnings += [unsorted] if unsorted else []
                return ""
        return "too many of the logs cannot be read"

    def _archive(self, run: str, batch: Sequence[LogPartition]) -> None:
        """Write, verify and register some partitions.

        Until they are registered, what is written is removed again if this ends early.
        """
        folder = f"{self.place.location}{run}/"
        try:
            self.watch(f"writing {_describe(batch)}")
            self.writer.write(batch, folder)
            self.watch(f"verifying {_describe(batch)}")
            sound = self._verify(run, batch, folder)
            if sound:
                write_manifest(self.place, Manifest(run, tuple(sound)))
        except BaseException:
            self._discard(run)
            raise
        if not sound:
            self._discard(run)
            return
        self._register(sound)

    def _discard(self, run: str) -> None:
        """Remove what an attempt has written; a later run removes what cannot be."""
        try:
            self.place.remove(f"{run}/")
            remove_manifest(self.place, run)
        except FlowathenaError:
            pass

    def _verify(self, run: str, batch: Sequence[LogPartition], folder: str) -> list[Archived]:
        """Those of the partitions whose records are in both places, with what is known of them."""
        locations = {each.values: f"{folder}{self.kind.folder(each.values)}" for each in batch}
        logs = self.writer.add_up_logs(batch)
        written = self.writer.add_up_written(locations)
        sizes = self.place.sizes(f"{run}/")
        sound = []
        for each in batch:
            own, copy = (sums.get(each.values, Sums()) for sums in (logs, written))
            if different := own.differences(copy):
                reason = f"the {self.kind.name} differs from the logs: {', '.join(different)}"
                self.done.failures.append(Failure(name_of(each.values), reason))
                self.place.remove(f"{run}/{self.kind.folder(each.values)}")
                continue
            prefix = f"{run}/{self.kind.folder(each.values)}"
            size = sum(n for key, n in sizes.items() if key.startswith(prefix))
            counts = (own.rows, own.packets, own.bytes)
            at = locations[each.values]
            sound.append(Archived(each.values, at, each.files, each.size_bytes, size, *counts))
        return sound

    def _register(self, sound: Sequence[Archived]) -> None:
        changes = [Change(each.values, each.location) for each in sound]
        add = [each for each in changes if each.values not in self.registered]
        relocate = [each for each in changes if each.values in self.registered]
        outcomes: dict[Values, Outcome] = {}
        try:
            apply(Steps(tuple(add), tuple(relocate)), self.catalog, outcomes)
            # Another run may have been faster: both have what the logs have.
            taken = [each for each in add if outcomes[each.values].status is Status.EXISTED]
            apply(Steps(relocate=tuple(taken)), self.catalog, outcomes)
        finally:
            for each in sound:
                outcome = outcomes.get(each.values)
                if outcome and outcome.status is not Status.FAILED:
                    self.done.written.append(each)
                elif outcome:
                    reason = f"it is written, and not registered: {outcome.error}"
                    self.done.failures.append(Failure(each.name, reason))

    def _finished(self, batch: Sequence[LogPartition]) -> Iterator[date]:
        """The days of a batch of which nothing is due any more."""
        written = {each.values for each in self.done.written}
        days = {each.day for each in batch}
        for each in self.plan.days:
            if each.day in days and self._may_move(each, written):
                yield each.day

    def _may_move(self, day: Day, written: set[Values]) -> bool:
        return day.state is State.LOGS and all(each.values in written for each in day.due)

    def _move(self, days: Iterator[date] | Sequence[date]) -> None:
        """Have days read from the archive."""
        moved = Days.of(days)
        if not moved:
            return
        try:
            change_days(self.catalog, lambda before: before | moved, self.kind)
        except FlowathenaError as error:
            reason = f"in the {self.kind.name}, but read from its logs still: {error}"
            self.done.failures += [Failure(str(day), reason) for day in moved]
            return
        self.done.moved |= moved

    def _remove_leftovers(self) -> None:
        forgotten: dict[str, list[Leftover]] = defaultdict(list)
        for each in self.plan.leftovers:
            try:
                if isinstance(each, LostTable):
                    self.drop_table(each.table)
                else:
                    self._remove(each)
            except FlowathenaError as error:
                self.done.failures.append(Failure(each.name, f"it is not removed: {error}"))
                continue
            self.done.removed.append(each)
            if isinstance(each, Leftover) and not each.is_whole_run:
                forgotten[each.run].append(each)
        self._forget(forgotten)

    def _remove(self, leftover: Leftover) -> None:
        self.place.remove(leftover.prefix)
        if leftover.is_whole_run:
            remove_manifest(self.place, leftover.run)

    def _forget(self, removed: Mapping[str, Sequence[Leftover]]) -> None:
        for run, leftovers in removed.items():
            try:
                forget(self.place, run, {each.prefix for each in leftovers})
            except FlowathenaError as error:
                reason = f"its manifest has partitions that are removed: {error}"
                self.done.failures.append(Failure(f"{run}/", reason))


def _at_fault(
    batch: Sequence[LogPartition], error: FlowathenaError
) -> Iterator[tuple[Values, str]]:
    """The partitions whose logs an error is about, by the files that it names; and what it says."""
    for each in batch:
        folders = [
            f"{location.rstrip('/')}/"
            for locations in each.locations.values()
            for location in locations.values()
        ]
        if isinstance(error, BadFilesError):
            own = {p: why for p, why in error.files.items() if p.startswith((*folders,))}
            if own:
                more = f" (and {len(own) - 1} more)" if len(own) > 1 else ""
                path, why = min(own.items())
                yield each.values, f"damaged log file: {path}: {why}{more}"
        elif any(folder in str(error) for folder in folders):
            yield each.values, str(error)


def change_days(catalog: Repairable, change: Callable[[Days], Days], kind: Kind = ARCHIVE) -> None:
    """Change for which days an archive is read: one change of its table, whoever else is at it.

    Args:
        catalog: that of its table.
        change: gives the new days of those before.
        kind: what it is, an archive or a rollup.

    Raises:
        CatalogError: the catalog refuses, or others are at it all the time.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        table = catalog.table()
        if table is None:
            raise CatalogError(f"the table of the {kind.name} is gone")
        before = archived_days(table, kind.property)
        after = change(before)
        if after == before:
            return
        try:
            catalog.change_properties(table, {**table.parameters, kind.property: str(after)})
        except CatalogError:
            now = catalog.table()
            is_ours = now is not None and now.parameters.get(kind.property) == str(after)
            if is_ours:  # the answer was lost
                return
            has_changed = now is not None and now.parameters != table.parameters
            if attempt == _ATTEMPTS or not has_changed:
                raise
        else:
            return


def batches(
    due: Sequence[LogPartition], most: int, most_bytes: int | None
) -> Iterator[list[LogPartition]]:
    """Partitions in their order, as many together as one statement may write and read.

    One that alone is larger is alone.
    """
    batch: list[LogPartition] = []
    for each in due:
        is_full = len(batch) == most or (
            most_bytes is not None and _size([*batch, each]) > most_bytes
        )
        if batch and is_full:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def _size(batch: Sequence[LogPartition]) -> int:
    return sum(each.read_bytes for each in batch)


def _describe(batch: Sequence[LogPartition]) -> str:
    first, last = batch[0].values[-1], batch[-1].values[-1]
    days = first if first == last else f"{first} to {last}"
    return f"{days}, {human_bytes(_size(batch))} of logs"
