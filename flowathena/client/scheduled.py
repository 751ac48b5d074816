"""A target's schedule: its tasks carried out, one after the other, and what renders it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flowathena.aws.session import Aws
from flowathena.client.task_steps import (
    TIME_OVER,
    Doer,
    Task,
    TaskState,
    failed_by,
    interrupted,
    put_heartbeat,
    steps,
)
from flowathena.concurrency import interrupt_after
from flowathena.deploy.schedule.job import Job
from flowathena.deploy.schedule.tasks import ARCHIVE, METRICS, QUICKSIGHT, ROLLUP, SYNC, Tasks
from flowathena.deploy.schedule.timetable import Timetable
from flowathena.errors import ConfigError, ExitCode, UsageError
from flowathena.target.config import Config
from flowathena.target.file import check_name
from flowathena.target.target import Target


@dataclass(frozen=True)
class TaskResult:
    """What became of a task.

    Attributes:
        task: ``sync``, ``archive``, ``rollup``, ``metrics``, ``check NAME``, ``quicksight`` or
            ``heartbeat``.
        state: how it ended: ``alert`` of a check that found something, ``resumed later`` of what
            the time did not suffice for, which the next run takes up.
        seconds: how long it took.
        detail: what it did, for JSON.
        reason: why it is not done; empty if it is.
        is_told: whether somebody was told of an alert.
        error: the exception behind a failure; None if there is none.
    """

    task: str
    state: TaskState
    seconds: float = 0.0
    detail: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    is_told: bool = False
    error: Exception | None = field(default=None, compare=False)

    @property
    def summary(self) -> str:
        """One line for display."""
        return f"{self.task}: {self.state}{f': {self.reason}' if self.reason else ''}"

    def to_json(self) -> dict[str, Any]:
        """The stable shape in JSON."""
        reason = {"reason": self.reason} if self.reason else {}
        return {
            "task": self.task,
            "state": str(self.state),
            "seconds": round(self.seconds, 3),
            **reason,
            **self.detail,
        }


@dataclass(frozen=True)
class ScheduledRun:
    """What became of a run.

    Attributes:
        target: the target's name.
        results: one per task, in their order.
    """

    target: str
    results: tuple[TaskResult, ...]

    @property
    def undone(self) -> tuple[TaskResult, ...]:
        """What somebody has to be told of: failures, what is left, alerts that nobody heard."""
        return tuple(
            each
            for each in self.results
            if each.state in {TaskState.FAILED, TaskState.LATER}
            or (each.state is TaskState.ALERT and not each.is_told)
        )

    @property
    def exit_code(self) -> int:
        """The command line's: 0, 1 if all failed, 4 if some did, 3 if a check found something."""
        failed = [e for e in self.results if e.state in {TaskState.FAILED, TaskState.LATER}]
        if failed:
            return ExitCode.ERROR if len(failed) == len(self.results) else ExitCode.PARTIAL
        found = any(each.state is TaskState.ALERT for each in self.results)
        return ExitCode.DRIFT if found else ExitCode.DONE

    def to_json(self) -> dict[str, Any]:
        """The stable shape in JSON."""
        return {"target": self.target, "tasks": [each.to_json() for each in self.results]}


class TargetSchedule:
    """The schedule of one target.

    Args:
        client: does the tasks.
        aws: its clients.
        configured: the configuration that it is from.
    """

    def __init__(self, client: Doer, aws: Aws, configured: Config) -> None:
        self._client = client
        self._aws = aws
        self._configured = configured

    def run(
        self,
        tasks: Tasks,
        *,
        seconds: float | None = None,
        heartbeat_to: Aws | None = None,
        watch: Callable[[TaskResult], None] = lambda _: None,
    ) -> ScheduledRun:
        """Carry out the tasks; a failure of one leaves the others.

        Args:
            tasks: what to do.
            seconds: how long it may take: then the task under way is ended as by Ctrl-C, which
                leaves what the next run completes; None for any time.
            heartbeat_to: the clients of the account and Region that get the heartbeat; None for
                those of the target.
            watch: called with each result at once.

        Raises:
            KeyboardInterrupt: interrupted by somebody else than the clock.
        """
        name = self._client.target.name
        run = _Run(watch, None if seconds is None else time.monotonic() + seconds)
        for task, do in steps(self._client, tasks):
            run.do(task, do)
        synced = any(e.task == SYNC and e.state is TaskState.DONE for e in run.results)
        if tasks.heartbeat and synced:
            run.do("heartbeat", lambda: put_heartbeat(heartbeat_to or self._aws, name))
        return ScheduledRun(name, tuple(run.results))

    def job(self, tasks: Tasks, timetable: Timetable, executable: str | Path = "") -> Job:
        """What the renderers of ``flowathena.deploy.schedule`` take.

        Args:
            tasks: what runs.
            timetable: when.
            executable: the path of the command on the machine that runs it.

        Raises:
            UsageError: a task is not for the target, or would fail at every run.
            QueryError: there is no such query.
            ConfigError: the target is in no configuration file, or its name has characters that
                not every scheduler takes.
        """
        from flowathena.client.scheduled_checks import (  # noqa: PLC0415 - for few commands
            refuse_failing,
        )

        target = self._client.target
        check_name(target.name)
        refuse_unsuitable(target, tasks)
        refuse_failing(target, self._client.library, tasks, datetime.now(UTC))
        path = self._configured.path
        if path is None:
            raise ConfigError("a schedule needs a target of a configuration file")
        job = Job(
            target,
            tasks,
            timetable,
            str(executable) or "flowathena",
            str(path.absolute()),
            self._configured.settings_of(target.name),
            self._configured.document.text,
        )
        if any("\n" in word for word in job.command):
            raise UsageError("a schedule is a line: no path and no check may have line breaks")
        return job

    def own_queries(self, tasks: Tasks) -> tuple[str, ...]:
        """The queries of checks that did not come with flowathena."""
        own = self._client.library.own
        return tuple(each.query for each in tasks.checks if each.query in own)


def refuse_unsuitable(target: Target, tasks: Tasks) -> None:
    """Refuse what a target in a folder of this machine, or one without archive, cannot have.

    Raises:
        UsageError: there is such a task.
    """
    needs_aws = [each for each in tasks.names if each in {METRICS, QUICKSIGHT}]
    needs_aws += ["heartbeat"] * tasks.heartbeat
    if target.is_local and needs_aws:
        raise UsageError(f"{needs_aws[0]} is for logs in S3; target {target.name!r} is a folder")
    kept = [each for each in tasks.names if each in {ARCHIVE, ROLLUP}]
    if kept and target.archive is None:
        raise UsageError(
            f"--{kept[0]}: target {target.name!r} has no archive_location to write into"
        )


class _Run:
    """A run under way."""

    def __init__(self, watch: Callable[[TaskResult], None], end: float | None) -> None:
        self.results: list[TaskResult] = []
        self._watch = watch
        self._end = end

    def do(self, name: str, task: Task) -> None:
        """Do a task in the time that is left, and keep its result."""
        began = time.monotonic()
        left = None if self._end is None else self._end - began
        if left is not None and left <= 0:
            result = TaskResult(name, TaskState.LATER, reason=f"{TIME_OVER}: not begun")
        else:
            result = self._try(name, task, began, left)
        self.results.append(result)
        self._watch(result)

    def _try(self, name: str, task: Task, began: float, left: float | None) -> TaskResult:
        error: Exception | None = None
        try:
            with nullcontext() if left is None else interrupt_after(left, TIME_OVER):
                state, detail, reason, is_told = task()
        except KeyboardInterrupt as interrupt:
            if self._end is None or time.monotonic() < self._end:
                raise
            state, detail, reason, is_told = interrupted(interrupt)
        except Exception as failure:  # noqa: BLE001 - a bug of one task must not stop the others
            error, (state, detail, reason, is_told) = failure, failed_by(failure)
        return TaskResult(name, state, time.monotonic() - began, detail, reason, is_told, error)


def describe_undone(results: Sequence[TaskResult]) -> str:
    """One line on what is not done."""
    return "; ".join(each.summary for each in results)
