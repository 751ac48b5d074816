"""Carry out a plan in batches: one ``Outcome`` per partition, whatever happens.

Transient failures (throttling, a fault of the service or the network) are tried again under one
time budget for the whole plan. A failure that every partition would share (credentials) ends the
run; a missing permission ends only the kind of write that it is for.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Condition

from flowathena.catalog import Catalog, Cause, Change, Outcome, Repairable, Status, values_by_key
from flowathena.concurrency import Backoff, Watch
from flowathena.partitions.formats import NewSource
from flowathena.partitions.plan import Misspelling, Steps
from flowathena.shape.shape import Values
from flowathena.storage.origins import Unlisted

BUDGET_SECONDS = 60.0
"""How long the pauses before further tries may be in all, per plan."""

NOT_TRIED = "not tried: "
"""Begins the error of a partition that was not tried, because it would have failed as well."""

_Write = Callable[[Sequence[Change]], list[Outcome]]


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Attributes:
        keys: names of the partition keys.
        outcomes: one per partition to add, relocate or drop, in this order.
        calls: the calls of the whole sync, by name.
        seconds: its duration.
        created: whether the table was created.
        withheld: how many partitions were not dropped because they exceed the limit.
        warnings: what the user should know.
        unlisted: the places that could not be listed; nothing was done to their partitions.
        table: ``database.table``.
        undecided: why folders were not registered though they contain logs, by location.
        new_sources: the tables that were added to the target.
        further: what was done to the target's other tables.
    """

    keys: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    calls: Mapping[str, int]
    seconds: float
    created: bool = False
    withheld: int = 0
    warnings: tuple[str, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    table: str = ""
    undecided: Mapping[str, str] = field(default_factory=dict)
    new_sources: tuple[NewSource, ...] = ()
    further: tuple["SyncReport", ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed or was left out, of any of the tables."""
        return not self.undecided and not any(
            each.failed or each.withheld or each.unlisted for each in (self, *self.further)
        )

    def __repr__(self) -> str:
        counts = Counter(str(outcome.status) for outcome in self.outcomes)
        listed = ", ".join(f"{status} {number}" for status, number in sorted(counts.items()))
        return f"<SyncReport: {listed or 'nothing to do'}>"

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.status is Status.FAILED)

    def count(self, status: Status) -> int:
        """The number of outcomes with a status."""
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
            "unlisted": [place.to_json() for place in self.unlisted],
            "warnings": list(self.warnings),
            **({"undecided": dict(self.undecided)} if self.undecided else {}),
            **(
                {"new_sources": [each.to_json() for each in self.new_sources]}
                if self.new_sources
                else {}
            ),
            **(
                {"further": [{"table": each.table, **each.to_json()} for each in self.further]}
                if self.further
                else {}
            ),
        }


class SyncInterruptedError(KeyboardInterrupt):
    """Raised when a sync is interrupted; ``synced`` says what was done until then."""

    def __init__(self, synced: SyncReport, message: str = "") -> None:
        super().__init__(*([message] if message else []))
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
    """Add, relocate, then drop; what another spelling was to replace stays if that failed.

    After an interrupt no batch is begun; it is raised once the batches under way are done.

    Args:
        steps: what to do.
        catalog: where to do it.
        outcomes: receives the outcome of each partition at once: complete whenever this ends.
        backoff: the pauses before further tries.
        watch: called as partitions are done.
    """
    execution = _Execution(catalog.writers, backoff or plan_backoff(), outcomes, len(steps), watch)
    execution.do(catalog.add, steps.add, catalog.add_size)
    if isinstance(catalog, Repairable):
        execution.do(catalog.relocate, steps.relocate, catalog.add_size)
        kept = dict(_keep(steps.drop, outcomes))
        outcomes.update(kept)
        drop = [change for change in steps.drop if change.values not in kept]
        execution.do(catalog.drop_partitions, drop, catalog.drop_size)


def _keep(
    changes: Sequence[Change], outcomes: Mapping[Values, Outcome]
) -> Iterator[tuple[Values, Outcome]]:
    """The outcome of each partition to drop that is the only one of its day.

    The right spelling, which was to be added in its place, has failed.
    """
    for change in changes:
        added = outcomes.get(change.right) if isinstance(change, Misspelling) else None
        if added and added.status is Status.FAILED:
            error = f"{NOT_TRIED}{added.error.removeprefix(NOT_TRIED)}"
            yield change.values, replace(added, values=change.values, error=error)


class _Execution:
    """What batches share: the outcomes, and why nothing more is tried."""

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
        """Write every change; try transient failures again."""
        if self._cause is Cause.OPERATION:  # another kind of write may be allowed
            self._reason, self._cause = "", Cause.ITEM
        waiting: Sequence[Change] = changes
        while waiting:
            self._round(write, waiting, size)
            again = [each for each in waiting if _is_transient(self._outcomes.get(each.values))]
            waiting = again if again and self._backoff.pause() else []

    def _round(self, write: _Write, changes: Sequence[Change], size: int) -> None:
        """Try every change once."""
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
        """Begin nothing more, and wait for the batches under way.

        Counted here: the pool may not know of a thread that an interrupt caught being started.
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
        """Write a batch and record its outcomes, even if nobody waits for it any more."""
        outcomes = self._skip(batch) if self._reason else write(batch)
        for outcome in outcomes:
            if outcome.status is Status.FAILED and outcome.cause in (Cause.OPERATION, Cause.ALL):
                self._reason = outcome.error.removeprefix(NOT_TRIED)
                self._cause = outcome.cause
        self._outcomes.update({outcome.values: outcome for outcome in outcomes})

    def _skip(self, batch: Sequence[Change]) -> list[Outcome]:
        error = f"{NOT_TRIED}{self._reason}"
        return [Outcome(each.values, Status.FAILED, error, self._cause) for each in batch]


def _is_transient(outcome: Outcome | None) -> bool:
    """Whether it failed and is worth another try."""
    return bool(outcome and outcome.status is Status.FAILED and outcome.cause is Cause.TRANSIENT)
