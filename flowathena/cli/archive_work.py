"""What ``partitions sync --archive`` does with a target: it syncs, then it archives."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from flowathena.cli import archive_show
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Turn
from flowathena.errors import ExitCode, UsageError, worst_code

if TYPE_CHECKING:
    from flowathena.archive.outcome import ArchiveRun
    from flowathena.cli.partition_work import Syncing
    from flowathena.client import Client
    from flowathena.partitions.apply import SyncReport
    from flowathena.target.target import Target


@dataclass(frozen=True)
class SyncedAndArchived:
    """What became of both; ``archived`` is None if there was no time for it."""

    target: "Target"
    synced: "SyncReport"
    archived: "ArchiveRun | None" = None


@dataclass(frozen=True)
class SyncingAndArchiving:
    """``partitions sync --archive``: closed days are archived once their partitions are synced."""

    syncing: "Syncing"
    changes: ClassVar[bool] = True

    def check(self) -> None:
        """Refuse what a sync refuses."""
        self.syncing.check()

    def do(self, flows: "Client", turn: Turn, /) -> SyncedAndArchived:
        """Sync, then archive; an interrupt of the second knows of the first."""
        from flowathena.archive.outcome import ArchiveInterruptedError

        if flows.target.archive is None:
            raise UsageError(
                f"--archive: target {flows.target.name!r} has no archive_location to archive into"
            )
        done = SyncedAndArchived(flows.target, self.syncing.do(flows, turn))
        try:
            archived = flows.archive.run(
                watch=lambda known, total: turn.watch("measured", known, total),
                listener=turn.listen,
            )
        except ArchiveInterruptedError as interrupt:
            raise _BothInterruptedError(replace(done, archived=interrupt.done)) from interrupt
        return replace(done, archived=archived)

    def partial(self, interrupt: BaseException, /) -> SyncedAndArchived | None:
        """What was done until then."""
        if isinstance(interrupt, _BothInterruptedError):
            return interrupt.done
        return None

    def show(self, done: SyncedAndArchived, form: ListFormat) -> None:
        """Show what became of both."""
        self.syncing.show(done.synced, form)
        if done.archived:
            archive_show.tell_run(done.archived, done.target)

    def to_json(self, done: SyncedAndArchived) -> object:
        """The sync's, with the archive's in it."""
        archived = done.archived.to_json() if done.archived else None
        return {**done.synced.to_json(), "archive": archived}

    def summarize(self, done: SyncedAndArchived) -> Summary:
        """The sync's, with the number of days that are archived."""
        summary = self.syncing.summarize(done.synced)
        if done.archived is None:
            return summary
        code = ExitCode.DONE if done.archived.is_complete else ExitCode.PARTIAL
        reasons = [each.reason for each in done.archived.failures]
        error = summary.error or next(iter([*reasons, done.archived.stop]), "")
        counts = {**summary.counts, "archived": len(done.archived.moved)}
        return replace(summary, code=worst_code((summary.code, code)), counts=counts, error=error)


class _BothInterruptedError(KeyboardInterrupt):
    """Raised when the second half is interrupted; ``done`` says what was done of both."""

    def __init__(self, done: SyncedAndArchived) -> None:
        super().__init__()
        self.done = done
