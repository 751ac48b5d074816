"""The archive of one target: planned, written, verified, looked at."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from flowathena.archive.place import Place, open_place, read_manifests
from flowathena.archive.plan import RUN_FORMAT, ArchivePlan, leftovers, plan
from flowathena.archive.record import Archived, Sums
from flowathena.archive.run import ArchiveRun, Execution
from flowathena.archive.staging import drop_table, lost_tables
from flowathena.archive.survey import LogPartition, Survey, survey, survey_logs
from flowathena.aws.session import Aws
from flowathena.catalog import Repairable, open_catalog, read_partitions
from flowathena.catalog.archive import archive_source, archive_table, with_archive
from flowathena.concurrency import Watch
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.cost.price import LOCAL, Price, price_in
from flowathena.errors import CostError, EngineError, UsageError
from flowathena.inputs.selection import select
from flowathena.inputs.window import When
from flowathena.logs.layout import Scope
from flowathena.result.result import Listener
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table
from flowathena.target.target import Target
from flowathena.text import human_bytes

if TYPE_CHECKING:
    from flowathena.archive.writer import Writer

DEFAULT_SINCE = "35d"
"""How far back a run looks: for days that are not archived, and for logs that came late."""


@dataclass(frozen=True)
class Verification:
    """What became of verifying one archived partition.

    Attributes:
        archived: the partition.
        different: what differs: of the logs, or, if those are gone, of what was written.
        has_logs: whether the logs were there to compare with.
    """

    archived: Archived
    different: tuple[str, ...] = ()
    has_logs: bool = True

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "partition": self.archived.name,
            "rows": self.archived.rows,
            "against": "logs" if self.has_logs else "manifest",
            "different": list(self.different),
        }


class TargetArchive:
    """The archive of one target.

    Args:
        target: the target.
        aws: its clients.
        source: gives its tables, without the archive; raises if one is missing.
        clock: returns the current time, aware.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        source: Callable[[], FlowTable],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._source = source
        self._clock = clock

    @property
    def price(self) -> Price:
        """What its statements cost."""
        if self._target.is_local:
            return LOCAL
        return price_in(self._aws.session.region_name or "", self._target.price_per_tb)

    def plan(
        self,
        *,
        since: When = None,
        until: When = None,
        everything: bool = False,
        again: bool = False,
        watch: Watch = lambda _done, _total: None,
    ) -> ArchivePlan:
        """How every day is, and what a run would do; changes nothing.

        Args:
            since: the first day to look at (default: 35 days ago), in the forms of ``Client.run``.
            until: the end, exclusive (default: now); days that are not closed are shown as such.
            everything: all days.
            again: write anew what is archived already.
            watch: called with how many of how many folders are measured.

        Raises:
            UsageError: the target has no archive_location.
            CatalogError: a catalog cannot be read.
            StorageError: a folder cannot be listed.
            EngineError: a manifest is of a newer release, or cannot be fetched.
        """
        return self._look(self._scope(since, until, everything=everything), watch, again=again).plan

    def run(  # noqa: PLR0913 - keyword options of one call
        self,
        *,
        since: When = None,
        until: When = None,
        everything: bool = False,
        again: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        confirm: Callable[[ArchivePlan], bool] = lambda _plan: True,
        watch: Watch = lambda _done, _total: None,
        listener: Listener | None = None,
    ) -> ArchiveRun:
        """Archive what is due: written, verified, registered, and read from there since.

        Args:
            since: as of ``plan``, and so are the next three.
            until: the end.
            everything: all days.
            again: write anew what is archived already.
            spending_limits: what all its statements may scan and cost; what would exceed it is
                left.
            confirm: asked with the plan before anything is written, if there is something to do.
            watch: called with how many of how many folders are measured.
            listener: called while statements run.

        Raises:
            CostError: its limits do not even allow the first statement; nothing was written.
            UsageError: as of ``plan``, and so are the others.
            ArchiveInterruptedError: interrupted; carries what was done.
        """
        look = self._look(self._scope(since, until, everything=everything), watch, again=again)
        if look.plan.is_done or not confirm(look.plan):
            return ArchiveRun()
        if look.plan.due:
            look.place.make()
            look.catalog.create(look.table)
        writer = self._writer(look, listener)
        allowed = _Allowance(spending_limits, self.price, writer)
        if look.plan.due:
            allowed.require(look.plan.due[0])
        done = Execution(
            look.plan,
            look.place,
            look.catalog,
            writer,
            look.registered,
            self._new_run,
            most_bytes=self._target.max_scan,
            may_go_on=allowed.obstacle,
            drop_table=self._drop_table,
        ).carry_out()
        done.cost_usd = allowed.cost_usd(done.scanned_bytes)
        return done

    def verify(
        self,
        *,
        since: When = None,
        until: When = None,
        everything: bool = False,
        watch: Watch = lambda _done, _total: None,
        listener: Listener | None = None,
    ) -> Iterator[Verification]:
        """Add up what is archived and its logs once more, and compare them; changes nothing.

        Logs that are gone, or have grown, are not compared with: then what the archive has is
        compared with what was written.

        Arguments and errors as of ``plan``.
        """
        look = self._look(self._scope(since, until, everything=everything), watch, again=False)
        writer = self._writer(look, listener)
        entries = [entry for day in look.plan.days for entry in day.archived]
        for start in range(0, len(entries), writer.batch_size):
            yield from _verify(entries[start : start + writer.batch_size], look.found, writer)

    def _scope(self, since: When, until: When, *, everything: bool) -> Scope:
        if everything:
            if since is not None or until is not None:
                raise UsageError("all days are asked for: leave since and until away")
            return Scope(date.min, date.max)
        return select(self._clock(), DEFAULT_SINCE, since=since, until=until).scope

    def _look(self, scope: Scope, watch: Watch, *, again: bool) -> "_Look":
        archive = self._target.archive
        if archive is None:
            example = "archive" if self._target.is_local else "s3://bucket/archive/"
            raise UsageError(
                f"target {self._target.name!r} has no archive: set archive_location in "
                f'[targets.{self._target.name}], such as archive_location = "{example}"'
            )
        logs = self._source()
        catalog = open_catalog(archive, self._aws)
        live = catalog.table()
        source = with_archive(logs, archive_source(self._target, live, logs, repairs=True))
        table = live or archive_table(self._target, logs)
        place = open_place(archive, self._aws)
        own = source.tables[-1]
        every = Scope(date.min, date.max)
        registered = read_partitions(catalog, every, own.shape) if live else {}
        manifests, unreadable = read_manifests(place)
        files = survey_logs(self._target, logs, scope, self._aws, watch)
        found = survey(files, registered, manifests, scope)
        now = self._clock()
        days = plan(found, own.archived, now, again=again)
        rest = leftovers(found.manifests, place.folders(), registered, place.location, now)
        lost = lost_tables(archive, self._aws, now)
        planned = ArchivePlan(days, (*rest, *lost), tuple(map(str, unreadable)))
        return _Look(planned, found, table, logs, catalog, place, registered)

    def _writer(self, look: "_Look", listener: Listener | None) -> "Writer":
        if not self._target.is_local:
            from flowathena.archive.athena_writer import AthenaWriter  # noqa: PLC0415 - 60 ms

            return AthenaWriter(self._target, look.logs.tables, look.table, self._aws, listener)
        from flowathena.archive.local_writer import LocalWriter  # noqa: PLC0415 - 90 ms

        return LocalWriter(look.logs.tables, look.table, self._clock())

    def _drop_table(self, name: str) -> None:
        if self._target.archive:
            drop_table(self._target.archive, self._aws, name)

    def _new_run(self) -> str:
        return f"{self._clock():{RUN_FORMAT}}-{os.urandom(4).hex()}"


@dataclass(frozen=True)
class _Look:
    """What there is, and what is to be done about it."""

    plan: ArchivePlan
    found: Survey
    table: Table
    logs: FlowTable
    catalog: Repairable
    place: Place
    registered: Mapping[Values, str]


class _Allowance:
    """Whether the limits of a run allow another statement."""

    def __init__(self, limits: SpendingLimits, price: Price, writer: "Writer") -> None:
        self._limits = limits
        self._price = price
        self._writer = writer

    def cost_usd(self, scanned_bytes: int) -> float | None:
        """What so many bytes have cost."""
        return self._price.cost_usd(scanned_bytes) if scanned_bytes else 0.0

    def obstacle(self, log_bytes: int) -> str:
        """Why logs of a size may not be read any more; empty if they may."""
        scan = self._writer.bill.scanned_bytes + self._writer.expected_bytes(log_bytes)
        most = self._limits.max_scan_bytes
        if most is not None and scan > most:
            return (
                f"with the next statement the run would have scanned {human_bytes(scan)}, and "
                f"--max-scan is {human_bytes(most)}"
            )
        cost, most_usd = self._price.cost_usd(scan), self._limits.max_cost_usd
        if most_usd is not None and cost is None:
            return f"--max-cost: {self._price.source}, or use --max-scan"
        if most_usd is not None and cost is not None and cost > most_usd:
            return (
                f"with the next statement the run would have cost {cost:.2f} USD, and --max-cost "
                f"is {most_usd:g}"
            )
        return ""

    def require(self, first: LogPartition) -> None:
        """Refuse a run that may not even archive its first partition."""
        if reason := self.obstacle(first.size_bytes):
            raise CostError(reason)


def _verify(entries: list[Archived], found: Survey, writer: "Writer") -> Iterator[Verification]:
    written, unreadable = _add_up_written(entries, writer)
    for entry, reason in unreadable:
        yield Verification(entry, (f"it cannot be read: {reason}",), has_logs=False)
    entries = [each for each in entries if each.values in written]
    whole = [
        logs
        for each in entries
        if (logs := found.logs.get(each.values))
        and (logs.files, logs.size_bytes) == (each.log_files, each.log_bytes)
    ]
    sums = writer.add_up_logs(whole) if whole else {}
    compared = {each.values for each in whole}
    for each in entries:
        own = written[each.values]
        if each.values in compared:
            logs_sums = sums.get(each.values, Sums())
            yield Verification(each, logs_sums.differences(own))
        else:
            kept = Sums(each.rows, each.packets, each.bytes)
            bare = Sums(own.rows, own.packets, own.bytes)
            yield Verification(each, kept.differences(bare), has_logs=False)


def _add_up_written(
    entries: list[Archived], writer: "Writer"
) -> tuple[dict[Values, Sums], list[tuple[Archived, str]]]:
    """The sums of what is archived; and of which partitions it cannot be read, and why."""
    unreadable: list[tuple[Archived, str]] = []
    rest = list(entries)
    while rest:
        try:
            sums = writer.add_up_written({each.values: each.location for each in rest})
        except EngineError as error:
            named = [each for each in rest if f"{each.location.rstrip('/')}/" in str(error)]
            if not named:
                raise
            unreadable += [(each, str(error)) for each in named]
            rest = [each for each in rest if each not in named]
        else:
            return {each.values: sums.get(each.values, Sums()) for each in rest}, unreadable
    return {}, unreadable
