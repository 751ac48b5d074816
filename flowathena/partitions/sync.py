"""The partitions of one target: list what is stored, list what is registered, diff, apply."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Unpack

from flowathena.aws.session import Aws
from flowathena.catalog import Outcome, ddl
from flowathena.catalog.placement import misplacements
from flowathena.errors import ConfigError, FlowathenaError
from flowathena.inputs.selection import DEFAULT_SINCE, Selection, SelectionOptions, select
from flowathena.partitions.apply import SyncInterruptedError, SyncReport
from flowathena.partitions.coverage import Coverage
from flowathena.partitions.outlook import Outlook, look
from flowathena.partitions.plan import PlanReport, RegisteredPartitions, Steps
from flowathena.partitions.repair import Decision, Repairs, decide
from flowathena.partitions.status import list_registered, measure
from flowathena.partitions.survey import PhaseWatch, Survey
from flowathena.partitions.writing import apply_steps, carry_out, report
from flowathena.shape.table import Table
from flowathena.target.target import Target

_NO_REPAIRS = Repairs()


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Follow nothing."""


def _refuse_sources(sources: Sequence[Target]) -> None:
    names = ", ".join(each.table for each in sources)
    raise ConfigError(f"the target is from no configuration file: give it sources for {names}")


class Partitions:
    """Plan, sync and list the partitions of one target, and report their coverage.

    Every method takes the options of a selection: see ``SelectionOptions``.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        clock: Callable[[], datetime],
        keep: Callable[[Sequence[Target]], None] = _refuse_sources,
    ) -> None:
        """``keep`` writes further sources of the target into its configuration."""
        self._target = target
        self._aws = aws
        self._clock = clock
        self._keep = keep

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
        return self._look(self._select(options), via, watch, create=True).report

    def preview(
        self,
        *,
        repairs: Repairs | None = None,
        create: bool = True,
        via: str = "glue",
        watch: PhaseWatch = _ignore,
        **options: Unpack[SelectionOptions],
    ) -> PlanReport:
        """The plan of a sync, what its repairs would do and how it would create missing tables.

        Changes nothing, raises as ``sync``.
        """
        outlook, decisions = self._decide(
            self._select(options), repairs or _NO_REPAIRS, via, watch, create=create
        )
        first, *further = (
            replace(
                each.report,
                warnings=(*each.report.warnings, *decision.warnings),
                steps=decision.steps,
                statement="" if each.table else ddl.create_table(each.wanted),
            )
            for each, decision in zip(outlook.tables, decisions, strict=True)
        )
        whole = outlook.report
        added = whole.warnings[len(outlook.tables[0].report.warnings) :]
        return replace(
            whole,
            steps=first.steps,
            statement=first.statement,
            warnings=(*first.warnings, *added),
            further=tuple(further),
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

        Records of a format that none of the target's tables is for get a table of their own, which
        becomes a source of the target in its configuration.

        Args:
            repairs: what to do besides: relocate, prune (default: neither).
            create: create database and tables if they do not exist.
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
        began = time.monotonic()
        outlook, decisions = self._decide(
            self._select(options), repairs or _NO_REPAIRS, via, watch, create=create
        )
        undecided = dict(outlook.withheld)
        added = self._add_sources(outlook, undecided, create=create)
        several = len(outlook.tables) > 1
        done: list[SyncReport] = []
        interrupt: KeyboardInterrupt | None = None
        for each, decision in zip(outlook.tables, decisions, strict=True):
            if interrupt or (each.is_new and not added):
                continue
            # A folder that not all of its tables can have is not read by some of them.
            add = tuple(c for c in decision.steps.add if c.location not in undecided)
            decision = replace(decision, steps=replace(decision.steps, add=add))  # noqa: PLW2901
            outcomes, interrupt = carry_out(
                each, decision.steps, partial(watch, "written"), several=several
            )
            done.append(report(each, decision, outcomes, time.monotonic() - began))
        first, *further = done
        synced = replace(
            first,
            calls=outlook.calls,
            undecided=undecided,
            warnings=(*first.warnings, *dict.fromkeys(outlook.assignment.warnings)),
            new_sources=tuple(outlook.assignment.new) if added else (),
            further=tuple(further),
        )
        if interrupt:
            raise SyncInterruptedError(synced, str(interrupt)) from interrupt
        return synced

    def _add_sources(self, outlook: Outlook, undecided: dict[str, str], *, create: bool) -> bool:
        """Write new sources into the configuration; says of their folders why, if it cannot be."""
        new = outlook.assignment.new
        if not new:
            return True
        reason = "" if create else "--no-create: no table is made for its format"
        if create:
            try:
                added = tuple(each.target for each in new)
                self._keep(added)
                self._target = replace(self._target, sources=(*self._target.sources, *added))
            except FlowathenaError as error:
                reason = str(error)
        if reason:
            own = range(len(outlook.tables) - len(new), len(outlook.tables))
            for folder, tables in outlook.assignment.tables.items():
                if tables.intersection(own):
                    undecided[folder] = reason
        return not reason

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
        outcomes, interrupt = apply_steps(steps, survey.catalog, partial(watch, "written"))
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
            TableMissingError: no table of the target exists.
            CatalogError: the catalog cannot be read.
        """
        return list_registered(self._surveys(via, _ignore), self._select(options))

    def status(
        self, *, watch: PhaseWatch = _ignore, **options: Unpack[SelectionOptions]
    ) -> Coverage:
        """What is stored and what is registered, by account and Region; changes nothing.

        A day is registered if any of the target's tables has it. If Athena computes a table's
        partitions, those that its projection reaches count as registered.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or a table is not one of ours.
        """
        return measure(self._surveys("glue", watch), self._select(options), self._clock())

    def _survey(self, via: str, watch: PhaseWatch) -> Survey:
        return Survey(self._target, self._aws, via, watch)

    def _surveys(self, via: str, watch: PhaseWatch) -> Sequence[Survey]:
        return [Survey(each, self._aws, via, watch) for each in self._target.tables]

    def _select(self, options: SelectionOptions) -> Selection:
        return select(self._clock(), DEFAULT_SINCE, **options)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _look(self, selection: Selection, via: str, watch: PhaseWatch, *, create: bool) -> Outlook:
        surveys = self._surveys(via, watch)
        return look(surveys, selection, self._today(), watch, via=via, create=create)

    def _decide(
        self,
        selection: Selection,
        repairs: Repairs,
        via: str,
        watch: PhaseWatch,
        *,
        create: bool,
    ) -> tuple[Outlook, Sequence[Decision]]:
        """The plans of all tables, and the parts of them to carry out."""
        if repairs.relocate or repairs.prune:
            self._survey(via, watch).require_locations()
        outlook = self._look(selection, via, watch, create=create)
        decisions = [
            decide(each.plan, repairs, each.survey.storage, each.survey.workers)
            for each in outlook.tables
        ]
        return outlook, decisions
