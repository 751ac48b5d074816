"""Several queries at once: one that fails leaves the others alone, and each says how it ended.

Athena is asked for a few at a time. Each query has a thread, which an interrupt of the first one
stops where it waits: between two polls of Athena, or when the local engine says how far it is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from flowathena.client.jobs import Job, Runner
from flowathena.client.outcome import NOT_STARTED, BatchProgress, Outcome, OutcomeState, unable
from flowathena.concurrency import Crew, Halt
from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.errors import FlowathenaError
from flowathena.query.render import Rendered
from flowathena.result.result import Progress
from flowathena.text import counted, one_line

ON_ATHENA = 5
"""Queries at once: a quarter of what the smallest Regions grant an account, which others use too.

https://docs.aws.amazon.com/general/latest/gr/athena.html (Active DML queries)
"""
ON_LOCAL = 1
"""DuckDB uses every processor for one query already."""

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 15.0  # for queries that are being stopped


class Batch:
    """Queries that run a few at a time; iterating starts them and gives each as it ends.

    ``with`` stops, at its end, what still runs; so does an interrupt while the next one is awaited.

    Args:
        jobs: the queries.
        runner: runs them.
        concurrency: how many run at once.
        listener: called, in the thread that iterates, while queries run.

    Attributes:
        jobs: the queries.
        outcomes: what became of those that have ended, in the order in which they did.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        runner: Runner,
        concurrency: int,
        listener: Callable[[BatchProgress], None] | None = None,
    ) -> None:
        self.jobs = tuple(jobs)
        self.outcomes: list[Outcome] = []
        self._runner = runner
        self._is_admitted = False
        self._listener = listener or (lambda _progress: None)
        able = (job for job in jobs if job.rendered)
        self._crew: Crew[Job, Outcome] = Crew(self._outcome, able, concurrency)
        self._begun: dict[str, Progress] = {}
        self._signal: str | None = None

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
            CostError: as of ``admit``.
            KeyboardInterrupt: interrupted; no query runs any more, and the message says what
                became of them.
        """
        self.admit()
        yield from self._unable()
        self._crew.start()
        try:
            while len(self.outcomes) < len(self.jobs):
                yield self._next()
        except KeyboardInterrupt as interrupt:
            raise self.interrupted(interrupt) from None
        finally:
            self.close()

    def start(self) -> Iterator[Outcome]:
        """Start the queries in Athena, one after the other, and leave them there; each outcome.

        Raises:
            CostError: as of ``admit``.
            UsageError: they do not run in Athena.
            KeyboardInterrupt: interrupted; the query that was being started has been cancelled, the
                message says which ones go on.
        """
        start = self._runner.starter()
        self.admit()
        yield from self._unable()
        while job := self._crew.next_waiting():
            try:
                self.outcomes.append(self._started(job, start))
            except KeyboardInterrupt as interrupt:
                reason = one_line(interrupt) or "stopped"
                stopped = Outcome(job.query, OutcomeState.STOPPED, reason=reason)
                self.outcomes.append(stopped)
                self._signal = ""  # the reason says what there is to say
                self.close()
                raise KeyboardInterrupt(self.describe()) from None
            yield self.outcomes[-1]

    def estimate(self, listener: Listener | None = None) -> BatchEstimate:
        """What the queries would scan and cost, each and together; runs nothing.

        Args:
            listener: called while folders are listed.

        Raises:
            StorageError: a folder cannot be listed.
        """
        return self._runner.estimate(self.jobs, listener)

    def admit(self, listener: Listener | None = None) -> None:
        """Refuse queries that exceed the limits together; looked at once, before the first runs.

        Args:
            listener: called while folders are listed.

        Raises:
            CostError: they would scan or cost more than the limits allow, or one of them more than
                the workgroup does; none is run.
        """
        if not (self._is_admitted or self._crew.is_stopped):
            self._runner.admit(self.jobs, listener)
        self._is_admitted = True

    def interrupted(self, interrupt: KeyboardInterrupt) -> KeyboardInterrupt:
        """Stop; what to raise instead of an interrupt: by which signal, and what became of each.

        Args:
            interrupt: what struck first, or what this has given for it.
        """
        if self._signal is None:
            self._signal = one_line(interrupt)
        self.close()
        return KeyboardInterrupt("; ".join(filter(None, (self._signal, self.describe()))))

    def close(self) -> None:
        """Stop what runs, and wait until it has stopped; nothing more is started.

        After that, ``outcomes`` has every query.
        """
        self._crew.stop()
        try:
            self._crew.wait(_PATIENCE_SECONDS)
        finally:
            self._collect()

    def describe(self) -> str:
        """Which queries are done, and what became of those that were stopped, on one line."""
        done = [each.name for each in self.outcomes if each.state is OutcomeState.DONE]
        left = [each.name for each in self.outcomes if each.state is OutcomeState.STARTED]
        what, names = ("started", left) if left else ("done", done)
        parts = [f"{len(names)} of {counted(len(self.jobs), 'query', 'queries')} {what}"]
        parts[0] += f" ({', '.join(names)})" if names else ""
        parts += ["Athena goes on with what is started"] if left else []
        stopped = [each for each in self.outcomes if each.state is OutcomeState.STOPPED]
        begun = [f"{each.name}: {each.reason}" for each in stopped if each.reason != NOT_STARTED]
        never = [each.name for each in stopped if each.reason == NOT_STARTED]
        parts += [*begun, *([f"{NOT_STARTED}: {', '.join(never)}"] if never else [])]
        return "; ".join(parts)

    @property
    def _names(self) -> set[str]:
        return {each.name for each in self.outcomes}

    def _unable(self) -> Iterator[Outcome]:
        """The outcomes of those that cannot run, if they are not known yet."""
        for job in self.jobs:
            if job.error and job.name not in self._names:
                self.outcomes.append(unable(job))
                yield self.outcomes[-1]

    def _started(self, job: Job, start: Callable[[Rendered], str]) -> Outcome:
        assert job.rendered is not None  # noqa: S101 - of those that wait
        try:
            query_id = start(job.rendered)
        except FlowathenaError as error:
            reason = one_line(error)
            return Outcome(
                job.query, OutcomeState.FAILED, 0.0, job.rendered, error=error, reason=reason
            )
        return Outcome(job.query, OutcomeState.STARTED, 0.0, job.rendered, query_id=query_id)

    def _next(self) -> Outcome:
        # With a timeout, so that an interrupt takes effect at once.
        while (ended := self._crew.take(_LOOK_SECONDS)) is None:
            self._listener(self._progress())
        self.outcomes.append(ended)
        self._listener(self._progress())
        return ended

    def _progress(self) -> BatchProgress:
        known = self._names
        running = {name: each for name, each in dict(self._begun).items() if name not in known}
        results = [each.result for each in self.outcomes if each.result is not None]
        done = [result.stats.scanned_bytes or 0 for result in results]
        return BatchProgress(
            ended=len(self.outcomes),
            total=len(self.jobs),
            failed=sum(each.state is OutcomeState.FAILED for each in self.outcomes),
            running=tuple(running),
            scanned_bytes=sum(done) + sum(map(_scanned, running.values())),
            cost_usd=sum(result.stats.cost_usd or 0.0 for result in results)
            + sum(each.cost_usd or 0.0 for each in running.values()),
        )

    def _outcome(self, job: Job, halt: Halt) -> Outcome:
        assert job.rendered is not None  # noqa: S101 - of those that wait
        began = time.monotonic()

        def listen(progress: Progress) -> None:
            self._begun[job.name] = progress
            halt.sleep(0)

        self._begun[job.name] = Progress("QUEUED", 0.0, 0)
        state, result, failure, reason = OutcomeState.DONE, None, None, ""
        try:
            result = self._runner.run(job.rendered, listen, halt.sleep)
        except KeyboardInterrupt as interrupt:
            state, reason = OutcomeState.STOPPED, one_line(interrupt) or "stopped"
        except FlowathenaError as error:
            state, failure, reason = OutcomeState.FAILED, error, one_line(error)
        seconds = time.monotonic() - began
        return Outcome(job.query, state, seconds, job.rendered, result, failure, reason)

    def _collect(self) -> None:
        """Have an outcome of every query."""
        known = self._names
        self.outcomes += [each for each in self._crew.answers if each.name not in known]
        known = self._names
        for job in self.jobs:
            if job.name not in known:
                self.outcomes.append(self._left(job))

    def _left(self, job: Job) -> Outcome:
        """The outcome of a query that has none of its own."""
        if job.error:
            return unable(job)
        progress = self._begun.get(job.name)
        reason = NOT_STARTED
        if progress is not None:
            what = f"query {progress.query_id}" if progress.query_id else "it"
            reason = f"{what} may go on: it has not answered yet"
        return Outcome(job.query, OutcomeState.STOPPED, rendered=job.rendered, reason=reason)


def _scanned(progress: Progress) -> int:
    return 0 if progress.state == "FETCHING" else progress.scanned_bytes
