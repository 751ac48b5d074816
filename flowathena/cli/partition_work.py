"""What ``partitions plan``, ``sync`` and ``status`` do with a target, and how they tell of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat, Via
from flowathena.cli.show import show_coverage, show_plan, show_synced
from flowathena.cli.target_work import Summary, Turn
from flowathena.errors import ExitCode, UsageError
from flowathena.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowathena.client import Client
    from flowathena.inputs.selection import SelectionOptions
    from flowathena.partitions.apply import SyncReport
    from flowathena.partitions.coverage import Coverage
    from flowathena.partitions.plan import PlanReport
    from flowathena.partitions.repair import Repairs
    from flowathena.storage.origins import Unlisted


@dataclass(frozen=True, kw_only=True)
class _Selecting:
    """Work on the partitions that options select."""

    selection: "SelectionOptions"
    changes: ClassVar[bool] = False

    def check(self) -> None:
        """Refuse a selection that contradicts itself, once and not for each target."""
        from flowathena.inputs.selection import DEFAULT_SINCE, select

        select(datetime.now(UTC), DEFAULT_SINCE, **self.selection)

    def partial(self, _interrupt: BaseException, /) -> None:
        """Nothing: only a sync does something."""


@dataclass(frozen=True, kw_only=True)
class Planning(_Selecting):
    """``partitions plan``; ``with_code`` exits 3 if there is anything to do."""

    via: Via
    with_code: bool

    def do(self, flows: "Client", turn: Turn, /) -> "PlanReport":
        """Plan."""
        return flows.partitions.plan(via=self.via, watch=turn.watch, **self.selection)

    def show(self, planned: "PlanReport", form: ListFormat) -> None:
        """Show the plan."""
        show_plan(planned, form)

    def to_json(self, planned: "PlanReport") -> object:
        """The plan."""
        return planned.to_json()

    def summarize(self, planned: "PlanReport") -> Summary:
        """What sync would do."""
        code = _code_of_plan(planned)
        if not code and self.with_code and not planned.is_empty:
            code = ExitCode.DRIFT
        return Summary(code, _plan_counts(planned), _trouble(planned.unlisted, planned.withheld))


@dataclass(frozen=True, kw_only=True)
class _Repairing(_Selecting):
    """A sync or what it would do; ``create`` makes tables that do not exist."""

    via: Via
    repairs: "Repairs"
    create: bool

    def check(self) -> None:
        """Refuse also to drop more than the limit of each table allows, everywhere at once."""
        super().check()
        if self.repairs.force:
            raise UsageError(
                "--force drops more than --max-drop allows, for one target at a time: name it with "
                "-t ('--prune --dry-run' shows what each would drop)"
            )


@dataclass(frozen=True, kw_only=True)
class Preview(_Repairing):
    """``partitions sync --dry-run``."""

    def do(self, flows: "Client", turn: Turn, /) -> "PlanReport":
        """Plan, with the repairs."""
        return flows.partitions.preview(
            repairs=self.repairs,
            create=self.create,
            via=self.via,
            watch=turn.watch,
            **self.selection,
        )

    def show(self, planned: "PlanReport", form: ListFormat) -> None:
        """Show the plan, and the statements of tables to create."""
        show_plan(planned, form)
        for each in (planned, *planned.further):
            if each.statement:
                name = f" {each.table}" if planned.further else ""
                terminal.block(
                    f"would create the table{name} with this statement:\n{each.statement}"
                )

    def to_json(self, planned: "PlanReport") -> object:
        """The plan."""
        return planned.to_json()

    def summarize(self, planned: "PlanReport") -> Summary:
        """What sync would do, and drop."""
        drop = sum(len(each.steps.drop) for each in _tables(planned) if each.steps)
        counts = {**_plan_counts(planned), **({"drop": drop} if self.repairs.prune else {})}
        error = _trouble(planned.unlisted, planned.withheld)
        return Summary(_code_of_plan(planned), counts, error)


@dataclass(frozen=True, kw_only=True)
class Syncing(_Repairing):
    """``partitions sync``."""

    changes: ClassVar[bool] = True

    def do(self, flows: "Client", turn: Turn, /) -> "SyncReport":
        """Sync."""
        return flows.partitions.sync(
            repairs=self.repairs,
            create=self.create,
            via=self.via,
            watch=turn.watch,
            **self.selection,
        )

    def partial(self, interrupt: BaseException, /) -> "SyncReport | None":  # type: ignore[override] # it does something
        """What was registered until then."""
        from flowathena.partitions.apply import SyncInterruptedError

        return interrupt.synced if isinstance(interrupt, SyncInterruptedError) else None

    def show(self, synced: "SyncReport", form: ListFormat) -> None:
        """Show what was done."""
        show_synced(synced, form)

    def to_json(self, synced: "SyncReport") -> object:
        """What was done."""
        return synced.to_json()

    def summarize(self, synced: "SyncReport") -> Summary:
        """How many partitions have which outcome."""
        from flowathena.catalog import Status

        tables = (synced, *synced.further)
        counts = {str(status): sum(each.count(status) for each in tables) for status in Status}
        usual = {Status.ADDED, Status.EXISTED, Status.FAILED}
        shown = {name: n for name, n in counts.items() if n or name in usual}
        code = ExitCode.DONE if synced.is_complete else ExitCode.PARTIAL
        failed = [outcome.error for each in tables for outcome in each.failed]
        withheld = sum(each.withheld for each in tables)
        kept = [f"{withheld} not dropped: more than --max-drop allows"] if withheld else []
        error = _trouble(synced.unlisted, synced.undecided, [*failed, *kept])
        return Summary(code, shown, error)


@dataclass(frozen=True, kw_only=True)
class Measuring(_Selecting):
    """``partitions status``.

    Attributes:
        limit: how old the newest object of a place may be.
        with_code: exit 3 if a day is missing or misplaced.
        with_calendar: show a line of days.
    """

    limit: timedelta | None
    with_code: bool
    with_calendar: bool

    def do(self, flows: "Client", turn: Turn, /) -> "Coverage":
        """Measure."""
        return flows.partitions.status(watch=turn.watch, **self.selection)

    def show(self, coverage: "Coverage", form: ListFormat) -> None:
        """Show the coverage."""
        show_coverage(coverage, form, self.limit, calendar=self.with_calendar)

    def to_json(self, coverage: "Coverage") -> object:
        """The coverage."""
        return coverage.to_json(self.limit)

    def summarize(self, coverage: "Coverage") -> Summary:
        """How many days are missing, and how many places are stale."""
        counts = {
            "stored": sum(len(place.stored) for place in coverage.places),
            "missing_in_catalog": sum(len(place.missing) for place in coverage.places),
            "missing_in_storage": sum(len(place.gaps(coverage.end)) for place in coverage.places),
        }
        stale = coverage.stale(self.limit) if self.limit is not None else ()
        if self.limit is not None:
            counts["stale"] = len(stale)
        code = ExitCode.PARTIAL if coverage.failed else ExitCode.DONE
        is_late = self.limit is not None and (stale or not coverage.places)
        if not code and (is_late or (self.with_code and not coverage.is_complete)):
            code = ExitCode.DRIFT
        return Summary(code, counts, _trouble(coverage.failed))


def _code_of_plan(planned: "PlanReport") -> ExitCode:
    return ExitCode.PARTIAL if planned.unlisted or planned.withheld else ExitCode.DONE


def _tables(planned: "PlanReport") -> "tuple[PlanReport, ...]":
    return (planned, *planned.further)


def _plan_counts(planned: "PlanReport") -> dict[str, int]:
    plans = [each.plan for each in _tables(planned)]
    return {
        "add": sum(len(plan.add) for plan in plans),
        "relocate": sum(len(plan.relocate) for plan in plans),
        "stale": sum(len(plan.stale) for plan in plans),
        "keep": sum(plan.keep for plan in plans),
    }


def _trouble(
    unlisted: "Iterable[Unlisted]",
    withheld: "Mapping[str, str] | None" = None,
    further: "Sequence[str]" = (),
) -> str:
    """What went wrong first; empty if nothing did."""
    places = [f"could not list {place.name}: {place.error}" for place in unlisted]
    folders = [f"{folder} not registered: {why}" for folder, why in (withheld or {}).items()]
    return one_line(next(iter([*places, *folders, *further]), ""))
