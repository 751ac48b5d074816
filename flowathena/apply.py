"""Carry a plan out in batches: one ``Outcome`` per partition, never half-told.

What failed in passing (throttling, a fault of the service or the network) is tried again under
one budget of time for the whole plan; what would fail with every partition (credentials, a missing
permission) ends it early.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flowathena.catalog import Catalog, Cause, Change, Outcome, Repairable, Status, named
from flowathena.plan import Steps

BUDGET_SECONDS = 60.0
"""How long all pauses before further tries of one plan may be together."""

NOT_TRIED = "not tried: "
"""How the error begins of what was not tried, for it would have failed as another did."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 20.0

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
                {"values": named(self.keys, outcome.values), "error": outcome.error}
                for outcome in self.failed
            ],
            "calls": dict(sorted(self.calls.items())),
            "seconds": round(self.seconds, 3),
        }


class Pauses:
    """The pauses before further tries, each longer than the last, jittered, under one budget.

    Args:
        budget_seconds: how long all of them may be together.
        sleep: how to pause.
        jitter: a number of [0, 1) that the pause is drawn with.
    """

    def __init__(
        self,
        budget_seconds: float = BUDGET_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._left = budget_seconds
        self._sleep = sleep
        self._jitter = jitter
        self._next = _FIRST_PAUSE_SECONDS

    def pause(self) -> bool:
        """Pause; False, at once, where the budget is spent."""
        seconds = self._next * (1 + self._jitter()) / 2
        if seconds > self._left:
            return False
        self._left -= seconds
        self._next = min(2 * self._next, _LONGEST_PAUSE_SECONDS)
        self._sleep(seconds)
        return True


def apply(
    steps: Steps,
    catalog: Catalog,
    *,
    pauses: Pauses | None = None,
    watch: Watch = lambda _done, _total: None,
) -> Iterator[Outcome]:
    """Do the steps, outcome by outcome: add, relocate, then drop.

    An interrupt begins no further batch, but the outcomes of those under way, and of what waited
    for a further try, are told before it is raised.
    """
    run = _Run(catalog.writers, pauses or Pauses())
    plan: list[tuple[_Write, tuple[Change, ...], int]] = [
        (catalog.add, steps.add, catalog.add_size)
    ]
    if isinstance(catalog, Repairable):
        plan.append((catalog.relocate, steps.relocate, catalog.add_size))
        plan.append((catalog.drop_partitions, steps.drop, catalog.drop_size))
    done = 0
    for write, changes, size in plan:
        for outcome in run.driven(write, changes, size):
            yield outcome
            done += 1
            watch(done, len(steps))


class _Run:
    """What is remembered between batches: the pauses left, and why nothing is tried any more."""

    def __init__(self, writers: int, pauses: Pauses) -> None:
        self._writers = writers
        self._pauses = pauses
        self._reason = ""

    def driven(self, write: _Write, changes: Sequence[Change], size: int) -> Iterator[Outcome]:
        """One outcome of every change; what failed in passing is tried again."""
        waiting = changes
        while waiting:
            again: list[tuple[Change, Outcome]] = []
            try:
                told = self._round(write, waiting, size)
                for change, outcome in zip(waiting, told, strict=False):
                    if outcome.status is Status.FAILED and outcome.cause is Cause.PASSING:
                        again.append((change, outcome))
                    else:
                        yield outcome
                goes_on = bool(again) and self._pauses.pause()
            except KeyboardInterrupt:
                yield from (outcome for _, outcome in again)
                raise
            if not goes_on:
                yield from (outcome for _, outcome in again)
            waiting = [change for change, _ in again] if goes_on else []

    def _round(self, write: _Write, changes: Sequence[Change], size: int) -> Iterator[Outcome]:
        """One try of every change, in order."""
        batches = [changes[start : start + size] for start in range(0, len(changes), size)]
        with ThreadPoolExecutor(max_workers=self._writers) as pool:
            pending = deque(pool.submit(self._tried, write, batch) for batch in batches)
            try:
                while pending:
                    yield from pending[0].result()
                    pending.popleft()
            except KeyboardInterrupt:
                under_way = [future for future in pending if not future.cancel()]
                for future in under_way:
                    yield from future.result()
                raise

    def _tried(self, write: _Write, batch: Sequence[Change]) -> list[Outcome]:
        if self._reason:
            error = f"{NOT_TRIED}{self._reason}"
            return [Outcome(each.values, Status.FAILED, error, Cause.EVERY) for each in batch]
        outcomes = write(batch)
        for outcome in outcomes:
            if outcome.status is Status.FAILED and outcome.cause is Cause.EVERY:
                self._reason = outcome.error
        return outcomes
