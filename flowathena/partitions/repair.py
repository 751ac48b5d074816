"""What a sync does besides registering what is new: relocate, and drop what is empty."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from flowathena.catalog import Change
from flowathena.concurrency import each
from flowathena.errors import StorageError
from flowathena.partitions.plan import Plan, Steps
from flowathena.storage import Storage

MAX_DROP_PERCENT = 10.0
"""How much of what is registered a prune drops at most, unless forced."""


@dataclass(frozen=True)
class Repairs:
    """What is asked for.

    Attributes:
        relocate: point partitions at the folder that holds their logs.
        prune: drop partitions whose folder holds no object any more.
        max_drop_percent: drop none where more of the registered ones in scope would go.
        force: drop them all the same.
    """

    relocate: bool = False
    prune: bool = False
    max_drop_percent: float = MAX_DROP_PERCENT
    force: bool = False

    def allows(self, drops: int, registered: int) -> bool:
        """Whether so many of the registered partitions may go."""
        return self.force or drops * 100 <= registered * self.max_drop_percent


@dataclass(frozen=True)
class Decision:
    """What is done of a plan, and what is not.

    Attributes:
        steps: what is done.
        withheld: how many partitions stay though they are empty, being too many at once.
        warnings: what a person should know of the rest.
    """

    steps: Steps
    withheld: int
    warnings: tuple[str, ...]


def decide(plan: Plan, repairs: Repairs, storage: Storage, workers: int) -> Decision:
    """Choose the steps of a plan that repairs ask for.

    A partition is only dropped when a listing of where it points, made now, finds nothing.
    """
    stale = plan.stale if repairs.prune else ()
    looked = each(lambda change: _seen(change, storage), stale, workers)
    seen = list(zip(stale, looked, strict=True))
    empty = tuple(change for change, state in seen if state is _State.EMPTY)
    goes = repairs.allows(len(empty), plan.registered)
    steps = Steps(plan.add, plan.relocate if repairs.relocate else (), empty if goes else ())
    withheld = 0 if goes else len(empty)
    warnings = (*_left(plan, repairs), *_not_empty(seen), *_withheld(plan, repairs, withheld))
    return Decision(steps, withheld, warnings)


class _State(Enum):
    """What a stale partition points at."""

    EMPTY = auto()
    LOGS = auto()
    UNKNOWN = auto()


def _seen(change: Change, storage: Storage) -> _State:
    try:
        return _State.EMPTY if storage.is_empty(change.location) else _State.LOGS
    except StorageError:
        return _State.UNKNOWN


def _left(plan: Plan, repairs: Repairs) -> Iterator[str]:
    if plan.relocate and not repairs.relocate:
        yield (
            f"{len(plan.relocate)} partitions point elsewhere; left as they are (--relocate "
            "points them at their logs)"
        )
    if plan.stale and not repairs.prune:
        yield (
            f"{len(plan.stale)} registered partitions hold no logs; left as they are (--prune "
            "drops the empty ones)"
        )


def _not_empty(seen: list[tuple[Change, _State]]) -> Iterator[str]:
    states = Counter(state for _, state in seen)
    if count := states[_State.LOGS]:
        yield f"{count} partitions hold logs outside of the folders that were listed; left"
    if count := states[_State.UNKNOWN]:
        first = next(change.location for change, state in seen if state is _State.UNKNOWN)
        yield f"{count} partitions point where nothing can be listed ({first}); left as they are"


def _withheld(plan: Plan, repairs: Repairs, withheld: int) -> Iterator[str]:
    if withheld:
        yield (
            f"{withheld} of {plan.registered} registered partitions hold no logs, more than "
            f"{repairs.max_drop_percent:g} % (--max-drop); none is dropped without --force"
        )
