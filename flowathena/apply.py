"""Carry a plan out in batches: one ``Outcome`` per partition, never half-told."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from flowathena.catalog import Catalog, Outcome, Status
from flowathena.plan import Change, Plan, named

_CONCURRENT_BATCHES = 4  # Glue throttles writers sooner than readers


@dataclass(frozen=True)
class Synced:
    """What a sync did.

    Attributes:
        keys: names of the partition keys.
        outcomes: one per partition that was to be added, in order.
        calls: calls the whole sync took, by name.
        seconds: how long it took.
        created: whether the table was created.
        warnings: what a person should know.
    """

    keys: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    calls: Mapping[str, int]
    seconds: float
    created: bool = False
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
            "relocated": 0,
            "dropped": 0,
            "failed": [
                {"values": named(self.keys, outcome.values), "error": outcome.error}
                for outcome in self.failed
            ],
            "calls": dict(sorted(self.calls.items())),
            "seconds": round(self.seconds, 3),
        }


def apply(plan: Plan, catalog: Catalog) -> Iterator[Outcome]:
    """Register what the plan adds, outcome by outcome; nothing is relocated or dropped.

    An interrupt begins no further batch, but the outcomes of those under way are told before it
    is raised.
    """
    with ThreadPoolExecutor(max_workers=_CONCURRENT_BATCHES) as pool:
        batches = _batches(plan.add, catalog.batch_size)
        pending = deque(pool.submit(catalog.add, batch) for batch in batches)
        try:
            while pending:
                yield from pending[0].result()
                pending.popleft()
        except KeyboardInterrupt:
            under_way = [future for future in pending if not future.cancel()]
            for future in under_way:
                yield from future.result()
            raise


def _batches(changes: Sequence[Change], size: int) -> Iterator[list[tuple[tuple[str, ...], str]]]:
    items = ((change.values, change.location) for change in changes)
    while batch := list(islice(items, size)):
        yield batch
