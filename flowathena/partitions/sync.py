"""The partitions of one target: list what is stored, list what is registered, diff, apply."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain
from typing import Unpack

from flowathena.aws.session import Aws
from flowathena.catalog import Catalog, Change, Outcome
from flowathena.catalog.placement import Fault, describe_misplaced, misplacements
from flowathena.concurrency import Watch
from flowathena.errors import TableMissingError
from flowathena.inputs.selection import DEFAULT_SINCE, Selection, SelectionOptions, select
from flowathena.partitions import coverage
from flowathena.partitions.apply import SyncInterruptedError, SyncReport, apply
from flowathena.partitions.coverage import Coverage
from flowathena.partitions.plan import PlanReport, RegisteredPartitions, Steps
from flowathena.partitions.repair import Decision, Repairs, decide
from flowathena.partitions.survey import PhaseWatch, Survey
from flowathena.shape.reach import Reach, describe_obstacles
from flowathena.shape.shape import Values
from flowathena.shape.table import Table
from flowathena.target.target import Target

_NO_REPAIRS = Repairs()
_SPELLINGS = (Fault.TWICE, Fault.SPELLING)


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Follow nothing."""


class Partitions:
    """Plan, sync and list the partitions of one target, and report their coverage.

    Every method takes the options of a selection: see ``SelectionOptions``.
    """

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock

    def plan(
        self, *, via: str = "glue", watch: PhaseWatch = _ignore, **options: Unpack[SelectionOptions]
    ) -> PlanReport:
        """What a sync would do; changes nothing.

        Args:
            via: ``glue``, or ``athena`` to use statements that Athena runs.
            watch: called as listing proceeds.
            options: which partitions.

        Raises:
            UsageError: the options contradict each other.
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is not one of ours.
        """
        survey = self._survey(via, watch)
        before = survey.calls
        return survey.plan(survey.catalog.table(), self._select(options), self._today(), before)

    def preview(
        self,
        *,
        repairs: Repairs | None = None,
        create: bool = True,
        via: str = "glue",
        watch: PhaseWatch = _ignore,
        **options: Unpack[SelectionOptions],
    ) -> PlanReport:
        """The plan of a sync and what its repairs would do; changes nothing, raises as ``sync``."""
        survey = self._survey(via, watch)
        before = survey.calls
        _, planned, decision = self._decide(survey, options, repairs or _NO_REPAIRS, create=create)
        return replace(
            planned,
            calls=survey.calls - before,
            warnings=(*planned.warnings, *decision.warnings),
            steps=decision.steps,
        )

    def sync(
        self,
        *,
        repairs: Repairs | None = None,
        create: bool = True,
        via: str = "glue",
        watch: PhaseWatch = _ignore,
        **options: Unpack[SelectionOptions],
    ) -> SyncReport:
        """Register what is stored and not registered, and make the requested repairs.

        Args:
            repairs: what to do besides: relocate, prune (default: neither).
            create: create table and database if they do not exist.
            via: ``glue``, or ``athena`` to use statements that Athena runs.
            watch: called as listing and writing proceed.
            options: which partitions.

        Raises:
            UsageError: the options contradict each other, or the catalog cannot be repaired.
            TableMissingError: the table does not exist and create is false.
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is not one of ours.
            SyncInterruptedError: interrupted; carries what was done.
        """
        survey = self._survey(via, watch)
        began, before = time.monotonic(), survey.calls
        table, planned, decision = self._decide(
            survey, options, repairs or _NO_REPAIRS, create=create
        )
        if table is None:
            survey.catalog.create(survey.wanted)
        outcomes, interrupt = _apply(decision.steps, survey.catalog, partial(watch, "written"))
        ordered = (outcomes.get(change.values) for change in decision.steps)
        synced = SyncReport(
            keys=planned.keys,
            outcomes=tuple(outcome for outcome in ordered if outcome),
            calls=survey.calls - before,
            seconds=time.monotonic() - began,
            created=table is None,
            withheld=decision.withheld,
            warnings=(*planned.warnings, *decision.warnings),
            unlisted=planned.unlisted,
        )
        if interrupt:
            raise SyncInterruptedError(synced, str(interrupt)) from interrupt
        return synced

    def prepare(
        self, table: Table, *, dry_run: bool = False, watch: PhaseWatch = _ignore
    ) -> tuple[PlanReport, tuple[Outcome, ...]]:
        """Register every stored partition for a table that is not the live one yet.

        Those of today and tomorrow are registered for every account and Region, and registered
        ones that would read other logs, or logs twice, are dropped. The live table must ignore
        its registered partitions until then, as one of partition projection does.

        Args:
            table: the table as it will be.
            dry_run: change nothing.
            watch: called as listing and writing proceed.

        Returns:
            The plan, and one outcome for each of its ``steps``; none in a dry run.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read.
            SyncInterruptedError: interrupted; carries what was done.
        """
        survey, selection = (
            self._survey("glue", watch),
            self._select({"everything": True, "ahead": 1}),
        )
        began, before = time.monotonic(), survey.calls
        planned = survey.plan(table, selection, self._today(), before)
        shape = survey.shape(table)
        stale = {change.values: change for change in planned.plan.stale}
        wrong = misplacements(
            [(change.values, change.location) for change in stale.values()], shape, self._target
        )
        drop = (*planned.plan.misspelled, *(stale[each.values] for each in wrong))
        steps = Steps(planned.plan.add, planned.plan.relocate, drop)
        planned = replace(planned, steps=steps)
        if dry_run or planned.unlisted:
            return planned, ()
        outcomes, interrupt = _apply(steps, survey.catalog, partial(watch, "written"))
        done = tuple(outcomes.values())
        if interrupt:
            synced = SyncReport(planned.keys, done, survey.calls - before, time.monotonic() - began)
            raise SyncInterruptedError(synced, str(interrupt)) from interrupt
        return planned, done

    def list(
        self, *, via: str = "glue", **options: Unpack[SelectionOptions]
    ) -> RegisteredPartitions:
        """Every registered partition with its location, in order of the values.

        Raises:
            TableMissingError: the table does not exist.
            CatalogError: the catalog cannot be read.
        """
        survey = self._survey(via, _ignore)
        table = survey.catalog.table()
        if table is None:
            raise TableMissingError.of(survey.table_name, self._target.command("partitions sync"))
        shape = survey.registrable(table)
        selection = self._select(options)
        with survey.registered(table, shape, selection.scope) as pages:
            pairs = sorted(chain.from_iterable(pages))
        empty = () if pairs else survey.explain_registered(table, shape, selection)
        return RegisteredPartitions(
            shape.names,
            tuple(Change(*pair) for pair in pairs),
            (*empty, *describe_misplaced(survey.misplaced(shape, pairs), self._target)),
        )

    def status(
        self, *, watch: PhaseWatch = _ignore, **options: Unpack[SelectionOptions]
    ) -> Coverage:
        """What is stored and what is registered, by account and Region; changes nothing.

        If Athena computes the table's partitions, those that its projection reaches count as
        registered.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is not one of ours.
        """
        survey, selection = self._survey("glue", watch), self._select(options)
        before = survey.calls
        table = survey.catalog.table()
        shape = survey.shape(table)
        listed = None if shape.projected else table
        with survey.registered(listed, shape, selection.scope) as pages:
            stored = survey.stored(table, shape, selection.scope)
            pairs = list(chain.from_iterable(pages))
        reach = Reach(table, shape, self._clock()) if table and shape.projected else None
        unreached = reach.obstacles(stored.locations) if reach else {}
        misplaced = survey.misplaced(shape, pairs, stored.locations)
        if reach:
            registered = stored.locations.keys() - unreached.keys()
        else:
            misspelled = {each.values for each in misplaced if each.fault in _SPELLINGS}
            registered = {shape.normalize(v) for v, _ in pairs if v not in misspelled}
        measured = coverage.measure(shape, stored.locations, registered, misplaced)
        known = coverage.known(measured, stored.unlisted)
        found = tuple(coverage.newest(known, survey.storage, survey.workers))
        warnings = survey.explain(shape, selection, stored)
        doctor = self._target.command("doctor")
        return Coverage(
            target=self._target.name,
            table=survey.table_name,
            window=selection.window,
            places=found,
            now=self._clock(),
            calls=survey.calls - before,
            table_exists=table is not None,
            unlisted=tuple(stored.unlisted),
            warnings=(
                *warnings,
                *describe_misplaced(misplaced, self._target),
                *describe_obstacles(unreached, doctor),
            ),
            keys=shape.names,
            misplaced=misplaced,
            unreached=unreached,
        )

    def _survey(self, via: str, watch: PhaseWatch) -> Survey:
        return Survey(self._target, self._aws, via, watch)

    def _select(self, options: SelectionOptions) -> Selection:
        return select(self._clock(), DEFAULT_SINCE, **options)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _decide(
        self, survey: Survey, options: SelectionOptions, repairs: Repairs, *, create: bool
    ) -> tuple[Table | None, PlanReport, Decision]:
        """The live table, the plan, and the part of it to carry out."""
        selection = self._select(options)
        if repairs.relocate or repairs.prune:
            survey.require_locations()
        before = survey.calls
        table = survey.catalog.table()
        if table is None and not create:
            raise TableMissingError.of(survey.table_name, self._target.command("table create"))
        planned = survey.plan(table, selection, self._today(), before)
        decision = decide(planned.plan, repairs, survey.storage, survey.workers)
        return table, planned, decision


def _apply(
    steps: Steps, catalog: Catalog, watch: Watch
) -> tuple[dict[Values, Outcome], KeyboardInterrupt | None]:
    """The outcomes so far, and the interrupt that ended it; None if nothing did."""
    outcomes: dict[Values, Outcome] = {}
    try:
        apply(steps, catalog, outcomes, watch=watch)
    except KeyboardInterrupt as interrupt:
        return outcomes, interrupt
    return outcomes, None
