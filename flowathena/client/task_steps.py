"""How each task of a schedule is done, and how it ends."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from flowathena.archive.outcome import ArchiveInterruptedError, ArchiveRun
from flowathena.aws.session import Aws
from flowathena.deploy.schedule import heartbeat
from flowathena.deploy.schedule.tasks import (
    ARCHIVE,
    CHECK,
    METRICS,
    ROLLUP,
    SYNC,
    ScheduledCheck,
    Tasks,
)
from flowathena.errors import FlowathenaError
from flowathena.partitions.apply import SyncInterruptedError, SyncReport
from flowathena.partitions.sync import Partitions
from flowathena.query.library import Library
from flowathena.target.target import Target
from flowathena.text import counted, one_line

if TYPE_CHECKING:
    from flowathena.archive.archive import TargetArchive
    from flowathena.check.notifier import Notifier
    from flowathena.check.result import CheckResult
    from flowathena.deploy.cloudwatch.metrics import TargetMetrics
    from flowathena.deploy.quicksight.target import TargetQuickSight

_SHOWN = 10
"""Failures that a summary names; a log line and an answer of Lambda have their limits."""
TIME_OVER = "the time is over"


class TaskState(StrEnum):
    """How a task ended."""

    DONE = "done"
    ALERT = "alert"
    FAILED = "failed"
    LATER = "resumed later"


Ending = tuple[TaskState, Mapping[str, Any], str, bool]
"""State, details for JSON, why it is not done, and whether somebody was told of an alert."""
Task = Callable[[], Ending]


class Doer(Protocol):
    """What does the tasks: a ``Client``."""

    target: Target

    @property
    def partitions(self) -> Partitions:
        """Its partitions."""
        ...

    @property
    def archive(self) -> "TargetArchive":
        """Its archive."""
        ...

    @property
    def metrics(self) -> "TargetMetrics":
        """Its metrics."""
        ...

    @property
    def quicksight(self) -> "TargetQuickSight":
        """What QuickSight has."""
        ...

    @property
    def library(self) -> Library:
        """Its queries."""
        ...

    @property
    def check(self) -> "Callable[..., CheckResult]":
        """Runs a check."""
        ...

    @property
    def notifier(self) -> "Callable[..., Notifier]":
        """Makes what tells people of a check."""
        ...


def steps(client: Doer, tasks: Tasks) -> Iterator[tuple[str, Task]]:
    """The tasks by name, in their order; not done yet."""
    for name in tasks.names:
        if name == SYNC:
            yield name, lambda: _sync(client, tasks)
        elif name == ARCHIVE:
            yield name, lambda: _told(client.archive.run())
        elif name == ROLLUP:
            yield name, lambda: _told(client.archive.rollup.run())
        elif name == METRICS:
            yield name, lambda: _publish(client)
        elif name == CHECK:
            for each in tasks.checks:
                yield f"{name} {each.query}", lambda each=each: _check(client, each)  # type: ignore[misc]
        else:
            yield name, lambda: _refresh(client)


def _sync(client: Doer, tasks: Tasks) -> Ending:
    synced = client.partitions.sync(since=tasks.since, ahead=tasks.ahead)
    if synced.is_complete:
        return TaskState.DONE, _short(synced), "", False
    return TaskState.FAILED, _short(synced), _incomplete(synced), False


def _told(done: ArchiveRun) -> Ending:
    state = TaskState.DONE if done.is_complete else TaskState.FAILED
    reasons = [*(f"{each.name}: {each.reason}" for each in done.failures), done.stop]
    reason = "; ".join(map(one_line, filter(None, reasons[:_SHOWN])))
    return state, done.to_json(), reason, False


def _short(synced: SyncReport) -> dict[str, Any]:
    """What a sync did, in a line that is never long."""
    reports = [each.to_json() for each in (synced, *synced.further)]
    counts = ("added", "existed", "relocated", "dropped", "withheld")
    return {
        **{key: sum(int(str(each[key])) for each in reports) for key in counts},
        "failed": sum(len(each.failed) for each in (synced, *synced.further)),
        "unlisted": len(synced.unlisted),
        "undecided": len(synced.undecided),
        "calls": dict(sorted(synced.calls.items())),
        "warnings": list(synced.warnings)[:_SHOWN],
    }


def _incomplete(synced: SyncReport) -> str:
    """Why a sync is not complete: how much is missing, and the first reasons."""
    failed = [outcome for each in (synced, *synced.further) for outcome in each.failed]
    reasons = {
        **{outcome.error: None for outcome in failed},
        **{f"{place}": None for place in synced.unlisted},
        **dict.fromkeys(synced.undecided.values()),
    }
    parts = [counted(len(failed), "partition") + " failed"] if failed else []
    parts += [counted(len(synced.unlisted), "place") + " not listed"] if synced.unlisted else []
    parts += [f"{counted(len(synced.undecided), 'folder')} not registered"] * bool(synced.undecided)
    first = "; ".join(one_line(each) for each in list(reasons)[:_SHOWN])
    return f"{', '.join(parts)}: {first}"


def _publish(client: Doer) -> Ending:
    results = client.metrics.publish()
    detail = {"metrics": [each.to_json() for each in results]}
    wrong = [each for each in results if not each.is_whole]
    reason = "; ".join(
        one_line(each.error or f"{each.query}: {each.doubts[0]}") for each in wrong[:_SHOWN]
    )
    return (TaskState.FAILED if wrong else TaskState.DONE), detail, reason, False


def _check(client: Doer, check: ScheduledCheck) -> Ending:
    from flowathena.check.criteria import CheckState  # noqa: PLC0415 - for few runs

    notifier = client.notifier(sns=check.notify_sns, state=check.state)
    found = client.check(check.query, **check.options, **check.values)
    told = notifier.tell(found)
    detail = {**found.to_json(), "notified": list(told.sent), "problems": list(told.problems)}
    del detail["state"]
    detail["result"] = str(found.state)
    if found.state is CheckState.UNKNOWN or told.problems:
        return TaskState.FAILED, detail, "; ".join((found.summary, *told.problems)), False
    if found.state is CheckState.OK:
        return TaskState.DONE, detail, "", False
    return TaskState.ALERT, detail, found.summary, bool(check.notify_sns)


def _refresh(client: Doer) -> Ending:
    from flowathena.deploy.quicksight.ingestions import UNKNOWN  # noqa: PLC0415 - same

    done = client.quicksight.refresh()
    detail = {"data_sets": [each.to_json() for each in done]}
    wrong = [each for each in done if each.state in {"FAILED", "CANCELLED", UNKNOWN}]
    reason = "; ".join(one_line(f"{e.data_set}: {e.error or e.state}") for e in wrong)
    return (TaskState.FAILED if wrong else TaskState.DONE), detail, reason, False


def put_heartbeat(aws: Aws, target: str) -> Ending:
    """Put the heartbeat."""
    heartbeat.beat(aws, target)
    return TaskState.DONE, {}, "", False


def interrupted(interrupt: KeyboardInterrupt) -> Ending:
    """How a task ended that the clock has ended."""
    done: Mapping[str, Any] = {}
    if isinstance(interrupt, SyncInterruptedError):
        done = _short(interrupt.synced)
    elif isinstance(interrupt, ArchiveInterruptedError):
        done = interrupt.done.to_json()
    message = one_line(interrupt)
    reason = message if message.startswith(TIME_OVER) else f"{TIME_OVER}: {message}"
    return TaskState.LATER, done, reason.rstrip(": "), False


def failed_by(failure: Exception) -> Ending:
    """How a task ended that an exception has ended."""
    reason = one_line(failure) or type(failure).__name__
    if not isinstance(failure, FlowathenaError):
        reason = f"{type(failure).__name__}: {reason}"
    return TaskState.FAILED, {}, reason, False
