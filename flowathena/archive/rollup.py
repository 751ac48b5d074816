"""The rollup of one target: what the records of closed days add up to, planned and written.

It is made of what queries read: of a day's archive if it is archived, else of its logs. What it
knows of a day is how large the logs were, also if it was made of their archive: so a day is written
again when logs came, and not when it was archived meanwhile.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from flowathena.archive.allowance import Allowance, find_price, find_scope
from flowathena.archive.content import ROLLUP
from flowathena.archive.daily_sums import DailySums
from flowathena.archive.engines import open_writer
from flowathena.archive.look import Look, carry_out, find_leftovers
from flowathena.archive.outcome import ArchiveRun
from flowathena.archive.place import open_place, read_manifests
from flowathena.archive.plan import Day, plan
from flowathena.archive.record import Archived
from flowathena.archive.rollup_plan import RollupPlan, RollupRun
from flowathena.archive.survey import LogPartition, survey, survey_logs
from flowathena.archive.views import rewrite_views
from flowathena.archive.writer import Writer
from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, read_partitions
from flowathena.catalog.beside import read_archive
from flowathena.catalog.rollup import SHAPE, rollup_of, rollup_table
from flowathena.concurrency import Watch
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.errors import TableMismatchError, UsageError
from flowathena.inputs.window import When
from flowathena.logs.days import Days
from flowathena.logs.layout import Scope
from flowathena.result.result import Listener
from flowathena.shape.shape import FlowTable, Values
from flowathena.table import view_text
from flowathena.target.target import Target

_EVERY = Scope(date.min, date.max)


class TargetRollup:
    """The rollup of one target.

    Args:
        target: the target.
        aws: its clients.
        logs: gives its tables, without the archive; raises if one is missing.
        clock: returns the current time, aware.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        logs: Callable[[], FlowTable],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._logs = logs
        self._clock = clock

    def plan(
        self,
        *,
        since: When = None,
        until: When = None,
        everything: bool = False,
        again: bool = False,
        watch: Watch = lambda _done, _total: None,
    ) -> RollupPlan:
        """How every day is, and what a run would do; changes nothing.

        Args:
            since: the first day to look at (default: 35 days ago), in the forms of ``Client.run``.
            until: the end, exclusive (default: now).
            everything: all days.
            again: write anew what is rolled up already.
            watch: called with how many of how many folders are measured.

        Raises:
            UsageError: the target has no archive_location.
            CatalogError: a catalog cannot be read.
            StorageError: a folder cannot be listed.
            EngineError: a manifest cannot be read.
            TableMismatchError: the table has other columns than the view.
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
        confirm: Callable[[RollupPlan], bool] = lambda _plan: True,
        watch: Watch = lambda _done, _total: None,
        listener: Listener | None = None,
    ) -> ArchiveRun:
        """Roll up what is due: written, verified, registered, and read by the view since.

        Args:
            since: as of ``plan``, and so are the next three.
            until: the end.
            everything: all days.
            again: write anew what is rolled up already.
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
        done = RollupRun()
        if look.plan.is_done:
            return rewrite_views(self._target, self._aws, look.logs, done)
        writer = self._writer(look, listener)
        is_wanted = carry_out(
            look,
            writer,
            Allowance(spending_limits, find_price(self._target, self._aws), writer),
            self._aws,
            self._clock,
            confirm=lambda: confirm(look.plan),
            most_bytes=self._target.max_scan,
            kind=ROLLUP,
            done=done,
        )
        if not is_wanted:
            return done
        return rewrite_views(self._target, self._aws, look.logs, done)

    def status(self, days: Sequence[Day]) -> Mapping[date, Day]:
        """How days are that were looked at already; empty if nothing was ever rolled up.

        Args:
            days: those of a plan of the archive.

        Raises:
            CatalogError: a catalog cannot be read.
            EngineError: a manifest cannot be read.
            TableMismatchError: the table is no rollup of the target.
        """
        rollup = self._target.rollup
        catalog = open_catalog(rollup, self._aws) if rollup else None
        live = catalog.table() if catalog else None
        if rollup is None or catalog is None or live is None:
            return {}
        read = (map(_copy, each.archived) if each.is_moved else each.logs for each in days)
        registered = read_partitions(catalog, _EVERY, SHAPE)
        manifests, _ = read_manifests(open_place(rollup, self._aws))
        found = survey(_by_day(chain.from_iterable(read)), registered, manifests, _EVERY)
        moved = rollup_of(self._target, live).days
        return {each.day: each for each in plan(found, moved, self._clock())}

    def _writer(self, look: "_Look", listener: Listener | None) -> Writer:
        content = DailySums(look.source, look.table)
        return open_writer(self._target, ROLLUP, content, self._aws, self._clock(), listener)

    def _look(self, scope: Scope, watch: Watch, *, again: bool) -> "_Look":
        rollup, archive = self._target.rollup, self._target.archive
        if rollup is None or archive is None:
            example = "archive" if self._target.is_local else "s3://bucket/archive/"
            raise UsageError(
                f"target {self._target.name!r} has no place for a rollup: set archive_location in "
                f'[targets.{self._target.name}], such as archive_location = "{example}"'
            )
        logs = self._logs()
        source = read_archive(self._target, self._aws, logs)
        view = view_text.wanted_view(view_text.DAILY, source)
        table = rollup_table(self._target, view_text.sum_columns(view))
        catalog = open_catalog(rollup, self._aws)
        live = catalog.table()
        moved = rollup_of(self._target, live, repairs=True).days if live else Days()
        if live and live.columns != table.columns:
            raise TableMismatchError(
                f"the rollup {live.full_name} has other columns than the view {view.full_name} has "
                f"by now: drop the table, and '{self._target.command('archive rollup --all')}' "
                "makes a new one"
            )
        place = open_place(rollup, self._aws)
        registered = read_partitions(catalog, _EVERY, SHAPE) if live else {}
        records = self._records(source, archive, scope, watch)
        manifests, unreadable = read_manifests(place)
        found = survey(records, registered, manifests, scope)
        now = self._clock()
        rest, warnings = find_leftovers(rollup, place, manifests, registered, self._aws, now)
        days = plan(found, moved, now, again=again)
        planned = RollupPlan(days, rest, (*map(str, unreadable), *warnings))
        return _Look(planned, rollup, live or table, logs, catalog, place, registered, source)

    def _records(
        self, source: FlowTable, archive: Target, scope: Scope, watch: Watch
    ) -> dict[Values, LogPartition]:
        """What there is of each day, where queries read it."""
        logs = survey_logs(self._target, source, scope, self._aws, watch)
        own = source.tables[-1]
        days = own.archived
        of_logs = (each for each in logs.values() if each.day not in days)
        found = _by_day(of_logs)
        if days:
            catalog = open_catalog(archive, self._aws)
            registered = read_partitions(catalog, _EVERY, own.shape)
            manifests, _ = read_manifests(open_place(archive, self._aws))
            copied = survey({}, registered, manifests, scope)
            number = len(source.tables) - 1
            copies = [*map(_copy, copied.archived.values())]
            copies += [LogPartition(values, {}) for values in copied.unverified]
            placed = (
                replace(each, locations={number: {each.values: registered[each.values]}})
                for each in copies
                if each.day in days
            )
            found |= _by_day(placed)
        return found


@dataclass(frozen=True)
class _Look(Look):
    """The same with what it is made of: the logs and the archive."""

    plan: RollupPlan
    source: FlowTable


def _copy(archived: Archived) -> LogPartition:
    """An archived partition as the logs that it was made of."""
    return LogPartition(
        archived.values, {}, archived.log_files, archived.log_bytes, archived.size_bytes
    )


def _by_day(partitions: Iterable[LogPartition]) -> dict[Values, LogPartition]:
    """What there is of each day, of all accounts and Regions."""
    days: dict[str, list[LogPartition]] = defaultdict(list)
    for each in partitions:
        days[each.values[-1]].append(each)
    return {(day,): _join((day,), own) for day, own in days.items()}


def _join(values: Values, partitions: Sequence[LogPartition]) -> LogPartition:
    locations: dict[int, dict[Values, str]] = defaultdict(dict)
    for each in partitions:
        for number, own in each.locations.items():
            locations[number] |= own
    copies = [each.copy_bytes for each in partitions if each.copy_bytes is not None]
    return LogPartition(
        values,
        locations,
        sum(each.files for each in partitions),
        sum(each.size_bytes for each in partitions),
        sum(copies) if copies else None,
    )
