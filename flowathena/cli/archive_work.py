"""What ``partitions sync --archive --rollup`` does with a target: it syncs, and what is asked then.

What fails of one step leaves the others, and is told beside what they have done.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from flowathena.cli import archive_show, rollup_show, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Turn, Work
from flowathena.errors import ExitCode, FlowathenaError, UsageError, worst_code
from flowathena.text import one_line

if TYPE_CHECKING:
    from flowathena.archive.archive import TargetArchive
    from flowathena.archive.outcome import ArchiveRun
    from flowathena.archive.plan import ArchivePlan
    from flowathena.archive.rollup import TargetRollup
    from flowathena.cli.partition_work import Preview, Syncing
    from flowathena.client import Client
    from flowathena.partitions.apply import SyncReport
    from flowathena.partitions.plan import PlanReport
    from flowathena.target.target import Target


@dataclass(frozen=True)
class Step:
    """What may follow a sync.

    Attributes:
        name: the option, and the member of the document, that it has.
        counted: the column of its days in a summary.
        choose: what does it.
        tell: says what became of it.
        show_due: shows what it would do, of each day.
        sum_up: the same in a line.
    """

    name: str
    counted: str
    choose: "Callable[[Client], TargetArchive | TargetRollup]"
    tell: "Callable[[ArchiveRun, Target], None]"
    show_due: "Callable[[ArchivePlan], None]"
    sum_up: "Callable[[ArchivePlan], str]"


STEPS = (
    Step(
        name="archive",
        counted="archived",
        choose=lambda flows: flows.archive,
        tell=archive_show.tell_run,
        show_due=archive_show.show_due,
        sum_up=archive_show.sum_up,
    ),
    Step(
        name="rollup",
        counted="rolled_up",
        choose=lambda flows: flows.archive.rollup,
        tell=rollup_show.tell_run,
        show_due=rollup_show.show_due,
        sum_up=rollup_show.sum_up,
    ),
)
"""The steps in their order: the rollup reads what is archived."""


def choose_steps(*, archive: bool, rollup: bool) -> tuple[Step, ...]:
    """The steps that options ask for."""
    wanted = {"archive": archive, "rollup": rollup}
    return tuple(each for each in STEPS if wanted[each.name])


def sync_with(syncing: "Syncing", steps: tuple[Step, ...]) -> Work[Any]:
    """A sync, and the steps after it if there are any."""
    return SyncingAndMore(syncing, steps) if steps else syncing


def preview_with(preview: "Preview", steps: tuple[Step, ...]) -> Work[Any]:
    """What a sync would do, and the steps after it if there are any."""
    return PreviewOfAll(preview, steps) if steps else preview


@dataclass(frozen=True)
class SyncedAndMore:
    """What became of a sync, and of the steps that were begun."""

    target: "Target"
    synced: "SyncReport"
    further: "dict[Step, ArchiveRun | FlowathenaError]" = field(default_factory=dict)


@dataclass(frozen=True)
class SyncingAndMore:
    """``partitions sync --archive --rollup``: closed days, once their partitions are synced."""

    syncing: "Syncing"
    steps: tuple[Step, ...]
    changes: ClassVar[bool] = True

    def check(self) -> None:
        """Refuse what a sync refuses."""
        self.syncing.check()

    def do(self, flows: "Client", turn: Turn, /) -> SyncedAndMore:
        """Sync, then the steps; an interrupt of one knows of those before it.

        Raises:
            UsageError: the target has no archive; nothing was changed.
            FlowathenaError: the sync failed.
        """
        from flowathena.archive.outcome import ArchiveInterruptedError

        _require_archive(flows.target, self.steps)
        done = SyncedAndMore(flows.target, self._sync(flows, turn))
        for step in self.steps:
            try:
                done.further[step] = step.choose(flows).run(
                    watch=lambda known, total: turn.watch("measured", known, total),
                    listener=turn.listen,
                )
            except FlowathenaError as error:
                done.further[step] = error
            except KeyboardInterrupt as interrupt:
                if isinstance(interrupt, ArchiveInterruptedError):
                    done.further[step] = interrupt.done
                raise _InterruptedError(done, str(interrupt)) from interrupt
        return done

    def _sync(self, flows: "Client", turn: Turn) -> "SyncReport":
        try:
            return self.syncing.do(flows, turn)
        except KeyboardInterrupt as interrupt:
            synced = self.syncing.partial(interrupt)
            if synced is None:
                raise
            raise _InterruptedError(SyncedAndMore(flows.target, synced), str(interrupt)) from None

    def partial(self, interrupt: BaseException, /) -> SyncedAndMore | None:
        """What was done until then."""
        if isinstance(interrupt, _InterruptedError):
            return interrupt.done
        return None

    def show(self, done: SyncedAndMore, form: ListFormat) -> None:
        """Show what became of each."""
        self.syncing.show(done.synced, form)
        for step, own in done.further.items():
            if isinstance(own, FlowathenaError):
                terminal.fail(f"{step.name}: {one_line(own)}")
            else:
                step.tell(own, done.target)

    def to_json(self, done: SyncedAndMore) -> object:
        """The sync's, with those of the steps in it."""
        return {**done.synced.to_json(), **_to_json(self.steps, done.further)}

    def summarize(self, done: SyncedAndMore) -> Summary:
        """The sync's, with the numbers of days that are archived and rolled up."""
        summary = self.syncing.summarize(done.synced)
        for step, own in done.further.items():
            summary = _add(summary, step, own)
        return summary


@dataclass(frozen=True)
class PlannedAndMore:
    """What a sync and the steps after it would do, or why that is not known."""

    planned: "PlanReport"
    further: "dict[Step, ArchivePlan | FlowathenaError]" = field(default_factory=dict)


@dataclass(frozen=True)
class PreviewOfAll:
    """``partitions sync --archive --rollup --dry-run``."""

    preview: "Preview"
    steps: tuple[Step, ...]
    changes: ClassVar[bool] = False

    def check(self) -> None:
        """Refuse what a sync refuses."""
        self.preview.check()

    def do(self, flows: "Client", turn: Turn, /) -> PlannedAndMore:
        """Plan each, as the catalog is now.

        Raises:
            UsageError: the target has no archive.
            FlowathenaError: the sync cannot be planned.
        """
        _require_archive(flows.target, self.steps)
        done = PlannedAndMore(self.preview.do(flows, turn))
        for step in self.steps:
            try:
                done.further[step] = step.choose(flows).plan(
                    watch=lambda known, total: turn.watch("measured", known, total)
                )
            except FlowathenaError as error:
                done.further[step] = error
        return done

    def partial(self, _interrupt: BaseException, /) -> None:
        """Nothing: nothing is done."""

    def show(self, done: PlannedAndMore, form: ListFormat) -> None:
        """Show the plans."""
        self.preview.show(done.planned, form)
        for step, own in done.further.items():
            if isinstance(own, FlowathenaError):
                terminal.fail(f"{step.name}: {one_line(own)}")
                continue
            for warning in own.warnings:
                terminal.warn(warning)
            if form is not ListFormat.JSON:
                step.show_due(own)
            terminal.say(f"{step.name}: {step.sum_up(own)}")

    def to_json(self, done: PlannedAndMore) -> object:
        """The sync's, with those of the steps in it."""
        return {**done.planned.to_json(), **_to_json(self.steps, done.further)}

    def summarize(self, done: PlannedAndMore) -> Summary:
        """What the sync would do; partial if a step cannot be planned."""
        summary = self.preview.summarize(done.planned)
        for own in done.further.values():
            if isinstance(own, FlowathenaError):
                summary = _add_failure(summary, one_line(own))
        return summary


def _require_archive(target: "Target", steps: tuple[Step, ...]) -> None:
    if target.archive is None:
        raise UsageError(
            f"--{steps[0].name}: target {target.name!r} has no archive_location to write into"
        )


def _to_json(
    steps: tuple[Step, ...], found: "Mapping[Step, ArchiveRun | ArchivePlan | FlowathenaError]"
) -> dict[str, object]:
    """A member for each step; null for one that was not begun."""
    ended = {step.name: _member(own) for step, own in found.items()}
    return {step.name: ended.get(step.name) for step in steps}


def _member(own: "ArchiveRun | ArchivePlan | FlowathenaError") -> dict[str, object]:
    return {"error": one_line(own)} if isinstance(own, FlowathenaError) else own.to_json()


def _add(summary: Summary, step: Step, own: "ArchiveRun | FlowathenaError") -> Summary:
    """A summary with what became of a step in it."""
    if isinstance(own, FlowathenaError):
        return _add_failure(summary, one_line(own))
    counts = {**summary.counts, step.counted: len(own.moved)}
    summary = replace(summary, counts=counts)
    return summary if own.is_complete else _add_failure(summary, next(_reasons(own), ""))


def _reasons(run: "ArchiveRun") -> Iterator[str]:
    yield from (each.reason for each in run.failures)
    yield run.stop


def _add_failure(summary: Summary, reason: str) -> Summary:
    code = worst_code((summary.code, ExitCode.PARTIAL))
    return replace(summary, code=code, error=summary.error or reason)


class _InterruptedError(KeyboardInterrupt):
    """Raised when a step is interrupted; ``done`` says what was done until then."""

    def __init__(self, done: SyncedAndMore, message: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.done = done
