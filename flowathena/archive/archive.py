"""The archive of one target: planned, written, verified, looked at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from flowathena.archive.allowance import Allowance, find_price, find_scope
from flowathena.archive.content import ARCHIVE, Records
from flowathena.archive.engines import open_writer
from flowathena.archive.look import Look, carry_out, find_leftovers
from flowathena.archive.outcome import ArchiveRun
from flowathena.archive.place import open_place, read_manifests
from flowathena.archive.plan import ArchivePlan, plan
from flowathena.archive.record import Archived, Sums
from flowathena.archive.rollup import TargetRollup
from flowathena.archive.survey import Survey, survey, survey_logs
from flowathena.archive.views import rewrite_views
from flowathena.archive.writer import Writer
from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, read_partitions
from flowathena.catalog.archive import archive_source, archive_table, with_archive
from flowathena.concurrency import Watch
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.cost.price import Price
from flowathena.cost.price_list import PriceList
from flowathena.errors import EngineError, UsageError
from flowathena.inputs.window import When
from flowathena.logs.layout import Scope
from flowathena.result.result import Listener
from flowathena.shape.shape import FlowTable, Values
from flowathena.target.target import Target

_GB = 2**30  # as S3 counts


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
        return find_price(self._target, self._aws)

    def storage_usd(self, size_bytes: int) -> float | None:
        """What S3 asks a month for so many bytes, by its list price.

        None if the price is not known, and of a folder, which nobody bills.
        """
        if self._target.is_local:
            return None
        region = self._aws.session.region_name or ""
        steps = list(PriceList.of({}).find("storage", region).divide(size_bytes / _GB))
        prices = [(quantity, usd) for quantity, usd in steps if usd is not None]
        return sum(n * usd for n, usd in prices) if len(prices) == len(steps) else None

    @cached_property
    def rollup(self) -> TargetRollup:
        """What the records of closed days add up to, which the view ``daily`` reads."""
        return TargetRollup(self._target, self._aws, self._source, self._clock)

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
        scope = find_scope(self._clock(), since, until, everything=everything)
        return self._look(scope, watch, again=again).plan

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
        scope = find_scope(self._clock(), since, until, everything=everything)
        look = self._look(scope, watch, again=again)
        done = ArchiveRun()
        if look.plan.is_done:
            return rewrite_views(self._target, self._aws, look.logs, done)
        writer = self._writer(look, listener)
        is_wanted = carry_out(
            look,
            writer,
            Allowance(spending_limits, self.price, writer),
            self._aws,
            self._clock,
            confirm=lambda: confirm(look.plan),
            most_bytes=self._target.max_scan,
            done=done,
        )
        if not is_wanted:
            return done
        return rewrite_views(self._target, self._aws, look.logs, done)

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
        scope = find_scope(self._clock(), since, until, everything=everything)
        look = self._look(scope, watch, again=False)
        writer = self._writer(look, listener)
        entries = [entry for day in look.plan.days for entry in day.archived]
        for start in range(0, len(entries), writer.batch_size):
            yield from _verify(entries[start : start + writer.batch_size], look.found, writer)

    def _look(self, scope: Scope, watch: Watch, *, again: bool) -> "_Look":
        archive = self._target.archive
        if archive is None:
            example = "archive" if self._target.is_local else "s3://bucket/archive/"
            raise UsageError(
                f"target {self._target.name!r} has no archive: set archive_location in "
                f'[targets.{self._target.name}], such as archive_location = "{example}"'
            )
        logs = self._source()
        _refuse_timeless(logs)
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
        rest, warnings = find_leftovers(archive, place, manifests, registered, self._aws, now)
        planned = ArchivePlan(days, rest, (*map(str, unreadable), *warnings))
        return _Look(planned, archive, table, logs, catalog, place, registered, found)

    def _writer(self, look: "_Look", listener: Listener | None) -> Writer:
        content = Records(look.logs.tables, look.table)
        return open_writer(self._target, ARCHIVE, content, self._aws, self._clock(), listener)


def _refuse_timeless(logs: FlowTable) -> None:
    """Refuse tables whose records have no time: in an archive nothing tells when they were."""
    for each in logs.tables:
        if not each.shape.clock:
            raise UsageError(
                f"the records of {each.table.full_name} have neither start nor end, and cannot be "
                "archived: take archive_location away, or give that table a target of its own"
            )


@dataclass(frozen=True)
class _Look(Look):
    """The same with what was found, to verify it."""

    found: Survey


def _verify(entries: list[Archived], found: Survey, writer: Writer) -> Iterator[Verification]:
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
    entries: list[Archived], writer: Writer
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
