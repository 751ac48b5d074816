"""Several queries at once: one that fails leaves the others alone, and each says how it ended.

Athena is asked for a few at a time. Each query has a thread, which an interrupt of the first one
stops where it waits: between two polls of Athena, or when the local engine says how far it is.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Self

from flowathena.client.jobs import Job
from flowathena.engine import Listener
from flowathena.errors import FlowathenaError, MissingFieldsError, ParameterError
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Progress, Result
from flowathena.text import counted, one_line

ON_ATHENA = 5
"""Queries at once: a quarter of what the smallest Regions grant an account, which others use too.

https://docs.aws.amazon.com/general/latest/gr/athena.html (Active DML queries)
"""
ON_LOCAL = 1
"""DuckDB uses every processor for one query already."""

NOT_STARTED = "not started"
"""The reason of a query that a batch had not begun when it was stopped."""

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 15.0  # for queries that are being stopped


class OutcomeState(StrEnum):
    """How a query of a batch ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outcome:
    """What became of a query of a batch.

    Attributes:
        query: the query.
        state: ``done``; ``failed``; ``skipped``, because a parameter has no value or the target
            lacks a field; or ``stopped``, by an interrupt or ``close``.
        seconds: how long it took.
        rendered: its statement; None if it could not be rendered.
        result: its rows; None if it is not done.
        error: why it failed or was skipped; None of others.
        reason: one line that says why it is not done; empty if it is.
    """

    query: Query
    state: OutcomeState
    seconds: float = 0.0
    rendered: Rendered | None = None
    result: Result | None = None
    error: FlowathenaError | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The query's name."""
        return self.query.name


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is.

    Attributes:
        ended: how many queries have ended, in whatever way.
        total: how many there are.
        failed: how many of those that ended failed.
        running: the names of those that run.
        scanned_bytes: bytes read so far by all of them, as they are stored.
    """

    ended: int
    total: int
    failed: int
    running: tuple[str, ...]
    scanned_bytes: int


Runner = Callable[[Rendered, Listener, Callable[[float], None]], Result]
"""Runs a statement; waits by calling the last argument with seconds."""


class Batch:
    """Queries that run a few at a time; iterating starts them and gives each as it ends.

    ``with`` stops, at its end, what still runs; so does an interrupt while the next one is awaited.

    Args:
        jobs: the queries.
        run: runs one.
        concurrency: how many run at once.
        listener: called, in the thread that iterates, while queries run.

    Attributes:
        jobs: the queries.
        outcomes: what became of those that have ended, in the order in which they did.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        run: Runner,
        concurrency: int,
        listener: Callable[[BatchProgress], None] | None = None,
    ) -> None:
        self.jobs = tuple(jobs)
        self.outcomes: list[Outcome] = []
        self._run = run
        self._concurrency = concurrency
        self._listener = listener or (lambda _progress: None)
        self._waiting = deque(job for job in jobs if job.rendered)
        self._ended: Queue[Outcome | BaseException] = Queue()
        self._running: dict[str, Progress] = {}
        self._threads: list[Thread] = []
        self._stop = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Outcome]:
        """Run the queries; each as it ends, first those that cannot run.

        Raises:
            KeyboardInterrupt: interrupted; no query runs any more, and the message says what
                became of them.
        """
        for job in self.jobs:
            if job.error and job.name not in self._names:
                self.outcomes.append(_unable(job, job.error))
                yield self.outcomes[-1]
        self._start()
        try:
            while len(self.outcomes) < len(self.jobs):
                yield self._next()
        except KeyboardInterrupt:
            self.close()
            raise KeyboardInterrupt(self.describe()) from None
        finally:
            self.close()

    def close(self) -> None:
        """Stop what runs, and wait until it has stopped; nothing more is started.

        After that, ``outcomes`` has every query.
        """
        self._stop.set()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        finally:
            self._collect()

    def describe(self) -> str:
        """Which queries are done, and what became of those that were stopped, on one line."""
        done = [each.name for each in self.outcomes if each.state is OutcomeState.DONE]
        parts = [f"{len(done)} of {counted(len(self.jobs), 'query', 'queries')} done"]
        parts[0] += f" ({', '.join(done)})" if done else ""
        stopped = [each for each in self.outcomes if each.state is OutcomeState.STOPPED]
        begun = [f"{each.name}: {each.reason}" for each in stopped if each.reason != NOT_STARTED]
        left = [each.name for each in stopped if each.reason == NOT_STARTED]
        return "; ".join([*parts, *begun, *([f"{NOT_STARTED}: {', '.join(left)}"] if left else [])])

    @property
    def _names(self) -> set[str]:
        return {each.name for each in self.outcomes}

    def _start(self) -> None:
        if self._threads or self._stop.is_set():
            return
        for _ in range(min(self._concurrency, len(self._waiting))):
            self._threads.append(Thread(target=self._work, daemon=True))
        for thread in self._threads:
            thread.start()

    def _next(self) -> Outcome:
        while True:
            try:
                # With a timeout, so that an interrupt takes effect at once.
                ended = self._ended.get(timeout=_LOOK_SECONDS)
            except Empty:
                self._listener(self._progress())
                continue
            if isinstance(ended, BaseException):
                raise ended
            self.outcomes.append(ended)
            self._listener(self._progress())
            return ended

    def _progress(self) -> BatchProgress:
        running = dict(self._running)
        results = [each.result for each in self.outcomes if each.result is not None]
        done = [result.stats.scanned_bytes or 0 for result in results]
        return BatchProgress(
            ended=len(self.outcomes),
            total=len(self.jobs),
            failed=sum(each.state is OutcomeState.FAILED for each in self.outcomes),
            running=tuple(running),
            scanned_bytes=sum(done) + sum(each.scanned_bytes for each in running.values()),
        )

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                job = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._ended.put(self._outcome(job))
            except Exception as error:  # noqa: BLE001 - raised where the outcomes are read
                self._ended.put(error)
            finally:
                self._running.pop(job.name, None)

    def _outcome(self, job: Job) -> Outcome:
        assert job.rendered is not None  # noqa: S101 - of those that wait
        halt, began = _Halt(self._stop), time.monotonic()

        def listen(progress: Progress) -> None:
            self._running[job.name] = progress
            halt.sleep(0)

        self._running[job.name] = Progress("QUEUED", 0.0, 0)
        state, result, failure, reason = OutcomeState.DONE, None, None, ""
        try:
            result = self._run(job.rendered, listen, halt.sleep)
        except KeyboardInterrupt as interrupt:
            state, reason = OutcomeState.STOPPED, one_line(interrupt) or "stopped"
        except FlowathenaError as error:
            state, failure, reason = OutcomeState.FAILED, error, one_line(error)
        seconds = time.monotonic() - began
        return Outcome(job.query, state, seconds, job.rendered, result, failure, reason)

    def _collect(self) -> None:
        """Have an outcome of every query."""
        while True:
            try:
                ended = self._ended.get_nowait()
            except Empty:
                break
            if isinstance(ended, Outcome):
                self.outcomes.append(ended)
        known = self._names
        for job in self.jobs:
            if job.name not in known:
                self.outcomes.append(self._left(job))

    def _left(self, job: Job) -> Outcome:
        """The outcome of a query that has none of its own."""
        if job.error:
            return _unable(job, job.error)
        progress = self._running.get(job.name)
        reason = NOT_STARTED
        if progress is not None:
            what = f"query {progress.query_id}" if progress.query_id else "it"
            reason = f"{what} may go on: it has not answered yet"
        return Outcome(job.query, OutcomeState.STOPPED, rendered=job.rendered, reason=reason)


class _Halt:
    """Interrupts one thread, once, where it waits: afterwards it has to end what it has begun."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._struck = False

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            KeyboardInterrupt: the batch is stopped.
        """
        if self._struck:
            time.sleep(seconds)
        elif self._stop.wait(seconds):
            self._struck = True
            raise KeyboardInterrupt


def _unable(job: Job, error: FlowathenaError) -> Outcome:
    """The outcome of a query that cannot run: skipped if only the target or a value is missing."""
    if isinstance(error, MissingFieldsError):  # nothing is wrong with the query's file
        reason = "; ".join(problem.message for problem in error.problems)
        return Outcome(job.query, OutcomeState.SKIPPED, error=error, reason=reason)
    skipped = isinstance(error, ParameterError)
    state = OutcomeState.SKIPPED if skipped else OutcomeState.FAILED
    return Outcome(job.query, state, error=error, reason=one_line(error))
