"""What a sync can do besides adding partitions: relocate, and drop empty ones."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from flowathena.catalog import Change
from flowathena.concurrency import map_concurrently
from flowathena.errors import StorageError
from flowathena.partitions.plan import Plan, Steps
from flowathena.storage import Storage
from flowathena.text import counted

MAX_DROP_PERCENT = 10.0
"""The share of the registered partitions that a prune drops at most, unless forced."""


@dataclass(frozen=True)
class Repairs:
    """The repairs to make.

    Attributes:
        relocate: point partitions at the folder with their logs.
        prune: drop partitions whose folder contains no object any more, and those whose values are
            spelled differently from their folder, which is registered rightly instead.
        max_drop_percent: drop none if more of the registered partitions in scope are empty.
        force: drop them nevertheless.
    """

    relocate: bool = False
    prune: bool = False
    max_drop_percent: float = MAX_DROP_PERCENT
    force: bool = False

    def allows(self, drops: int, registered: int) -> bool:
        """Whether this many of the registered partitions may be dropped."""
        return self.force or drops * 100 <= registered * self.max_drop_percent


@dataclass(frozen=True)
class Decision:
    """The part of a plan to carry out, and what is left.

    Attributes:
        steps: what to do.
        withheld: how many empty partitions are not dropped because they exceed the limit.
        warnings: what the user should know about the rest.
    """

    steps: Steps
    withheld: int
    warnings: tuple[str, ...]


def decide(plan: Plan, repairs: Repairs, storage: Storage, workers: int) -> Decision:
    """Choose the steps of a plan that the repairs ask for.

    A partition without logs is dropped only if a listing of its location, made now, is empty. One
    with another spelling is dropped once the right one is registered; without ``prune``, the right
    one is not added beside it, or its records would count twice.
    """
    stale = plan.stale if repairs.prune else ()
    contents = map_concurrently(lambda change: _list(change, storage), stale, workers)
    listed = list(zip(stale, contents, strict=True))
    empty = tuple(change for change, content in listed if content is _Content.EMPTY)
    allowed = repairs.allows(len(empty), plan.registered)
    misspelled = {change.right for change in plan.misspelled if not repairs.prune}
    steps = Steps(
        tuple(change for change in plan.add if change.values not in misspelled),
        plan.relocate if repairs.relocate else (),
        (*(empty if allowed else ()), *(plan.misspelled if repairs.prune else ())),
    )
    withheld = 0 if allowed else len(empty)
    warnings = (
        *_warn_of_kept(plan, repairs),
        *_warn_of_contents(listed),
        *_warn_of_withheld(plan, repairs, withheld),
    )
    return Decision(steps, withheld, warnings)


class _Content(Enum):
    """What the location of a stale partition contains."""

    EMPTY = auto()
    LOGS = auto()
    UNKNOWN = auto()


def _list(change: Change, storage: Storage) -> _Content:
    try:
        return _Content.EMPTY if storage.is_empty(change.location) else _Content.LOGS
    except StorageError:
        return _Content.UNKNOWN


def _warn_of_kept(plan: Plan, repairs: Repairs) -> Iterator[str]:
    if plan.relocate and not repairs.relocate:
        yield (
            f"kept {counted(len(plan.relocate), 'partition')} pointing elsewhere (--relocate "
            "corrects this)"
        )
    if plan.stale and not repairs.prune:
        yield (
            f"kept {counted(len(plan.stale), 'registered partition')} without logs (--prune "
            "drops the empty ones)"
        )
    if plan.misspelled and not repairs.prune:
        first = plan.misspelled[0]
        yield (
            f"kept {counted(len(plan.misspelled), 'partition')} spelled differently from the "
            f"folders ({'/'.join(first.values)} for {'/'.join(first.right)}): filters miss their "
            "records, or count them twice (--prune puts the right spelling in their place)"
        )


def _warn_of_contents(listed: list[tuple[Change, _Content]]) -> Iterator[str]:
    counts = Counter(content for _, content in listed)
    if count := counts[_Content.LOGS]:
        yield f"kept {counted(count, 'partition')} with logs outside of the listed folders"
    if count := counts[_Content.UNKNOWN]:
        first = next(change.location for change, content in listed if content is _Content.UNKNOWN)
        yield f"kept {counted(count, 'partition')} whose location cannot be listed ({first})"


def _warn_of_withheld(plan: Plan, repairs: Repairs, withheld: int) -> Iterator[str]:
    if withheld:
        yield (
            f"{withheld} of {counted(plan.registered, 'registered partition')} "
            f"{'contains' if withheld == 1 else 'contain'} no logs, more than "
            f"{repairs.max_drop_percent:g} % (--max-drop); none is dropped without --force"
        )
