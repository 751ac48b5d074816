"""Carry a plan out in batches: one ``Outcome`` per partition, never half-told.

What failed in passing (throttling, a fault of the service or the network) is tried again under
one budget of time for the whole plan; what would fail with every partition (credentials) ends it
early, a missing permission the kind of write that it is for.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition

from flowathena.catalog import Catalog, Cause, Change, Outcome, Repairable, Status, values_by_key
from flowathena.concurrency import Backoff
from flowathena.partitions.plan import Steps
from flowathena.shape.shape import Values

BUDGET_SECONDS = 60.0
"""How long all pauses before further tries of one plan may be together."""

NOT_TRIED = "not tried: "
"""How the error begins of what was not tried, for it would have failed as another did."""

Watch = Callable[[int, int], None]
"""Told how many of how many partitions are done with."""
_Write = Callable[[Sequence[Change]], list[Outcome]]


@dataclass(frozen=True)
class Synced:
    """What a sync did.

    Attributes:
        keys: names of the partition keys.
        outcomes: one per partition that was to be added, relocated or dropped, in this order.
        calls: calls the whole sync took, by name.
        seconds: how long it took.
        created: whether the table was created.
        withheld: how many partitions were not dropped, being more than may go at once.
        warnings: what a person should know.
    """

    keys: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    calls: Mapping[str, int]
    seconds: float
    created: bool = False
    withheld: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.FAILED)

    def count(self, status: Status) -> int:
        """How many outcomes have a status."""
        return Counter(outcome.status for outcome in self.outcomes)[status]

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``partitions sync --format json``."""
        return {
            "added": self.count(Status.ADDED),
            "existed": self.count(Status.EXISTED),
            "relocated": self.count(Status.RELOCATED),
            "dropped": self.count(Status.DROPPED),
            "withheld": self.withheld,
            "failed": [
                {"values": values_by_key(self.keys, outcome.values), "error": outcome.error}
                for outcome in self.failed
            ],
            "calls": dict(sorted(self.calls.items())),
            "seconds": round(self.seconds, 3),
        }


class SyncInterruptedError(KeyboardInterrupt):
    """Raised when a sync is interrupted; ``synced`` tells what was done until then."""

    def __init__(self, synced: Synced, told: str = "") -> None:
        super().__init__(*([told] if told else []))
        self.synced = synced


def plan_backoff(
    budget_seconds: float = BUDGET_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    draw: Callable[[], float] = random.random,
) -> Backoff:
    """The pauses before further tries: 0.5 to 20 s, jittered, under one budget for a plan."""
    return Backoff(0.5, 20.0, jitter=0.5, budget=budget_seconds, sleep=sleep, draw=draw)


def apply(
    steps: Steps,
    catalog: Catalog,
    outcomes: dict[Values, Outcome],
    *,
    backoff: Backoff | None = None,
    watch: Watch = lambda _done, _total: None,
) -> None:
    """Do the steps: add, relocate, then drop.

    An interrupt begins no further batch; what was under way is waited for before it is raised.

    Args:
        steps: what is to be done.
        catalog: where.
        outcomes: takes the outcome of each partition as soon as there is one; whenever it ends,
            this is what was done.
        backoff: the pauses before further tries.
        watch: told how many are done.
    """
    run = _Run(catalog.writers, backoff or plan_backoff(), outcomes, len(steps), watch)
    run.do(catalog.add, steps.add, catalog.add_size)
    if isinstance(catalog, Repairable):
        run.do(catalog.relocate, steps.relocate, catalog.add_size)
        run.do(catalog.drop_partitions, steps.drop, catalog.drop_size)


class _Run:
    """What is remembered between batches: outcomes, and why nothing is tried any more."""

    def __init__(
        self,
        writers: int,
        backoff: Backoff,
        outcomes: dict[Values, Outcome],
        total: int,
        watch: Watch,
    ) -> None:
        self._writers = writers
        self._backoff = backoff
        self._outcomes = outcomes
        self._total = total
        self._watch = watch
        self._reason = ""
        self._cause = Cause.ITEM
        self._gate = Condition()
        self._busy = 0
        self._closed = False

    def do(self, write: _Write, changes: Sequence[Change], size: int) -> None:
        """Write every change; what failed in passing is tried again."""
        if self._cause is Cause.OPERATION:  # another kind of write may be allowed
            self._reason, self._cause = "", Cause.ITEM
        waiting: Sequence[Change] = changes
        while waiting:
            self._round(write, waiting, size)
            again = [each for each in waiting if _passed_by(self._outcomes.get(each.values))]
            waiting = again if again and self._backoff.pause() else []

    def _round(self, write: _Write, changes: Sequence[Change], size: int) -> None:
        """One try of every change."""
        pool = ThreadPoolExecutor(max_workers=self._writers)
        try:
            futures = [
                pool.submit(self._try, write, changes[start : start + size])
                for start in range(0, len(changes), size)
            ]
            for future in futures:
                future.result()
                self._watch(len(self._outcomes), self._total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            self._close()
            raise
        pool.shutdown()

    def _close(self) -> None:
        """Begin nothing more, wait for what is under way.

        The pool itself may not know of a thread that was being started when an interrupt struck.
        """
        with self._gate:
            self._closed = True
            self._gate.wait_for(lambda: not self._busy)

    def _try(self, write: _Write, batch: Sequence[Change]) -> None:
        with self._gate:
            if self._closed:
                return
            self._busy += 1
        try:
            self._write(write, batch)
        finally:
            with self._gate:
                self._busy -= 1
                self._gate.notify_all()

    def _write(self, write: _Write, batch: Sequence[Change]) -> None:
        """Write a batch and write down what became of it, whoever waits for it still."""
        outcomes = self._not_tried(batch) if self._reason else write(batch)
        for outcome in outcomes:
            if outcome.status is Status.FAILED and outcome.cause in (Cause.OPERATION, Cause.ALL):
                self._reason = outcome.error.removeprefix(NOT_TRIED)
                self._cause = outcome.cause
        self._outcomes.update({outcome.values: outcome for outcome in outcomes})

    def _not_tried(self, batch: Sequence[Change]) -> list[Outcome]:
        error = f"{NOT_TRIED}{self._reason}"
        return [Outcome(each.values, Status.FAILED, error, self._cause) for each in batch]


def _passed_by(outcome: Outcome | None) -> bool:
    """Whether it failed in passing."""
    return bool(outcome and outcome.status is Status.FAILED and outcome.cause is Cause.TRANSIENT)
