"""The difference between what is stored and what is registered; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from flowathena.catalog import Change
from flowathena.inputs.window import Window
from flowathena.shape.shape import Values
from flowathena.text import iso


@dataclass(frozen=True)
class Plan:
    """What would bring the catalog in step with the storage.

    Attributes:
        add: stored and not registered.
        relocate: registered at another location than the stored one; with the stored one.
        stale: registered and not stored (any more); with the registered location.
        keep: how many are registered where they are stored.
        ahead: how many are registered for a day that has no logs yet, today or later.
    """

    add: tuple[Change, ...]
    relocate: tuple[Change, ...]
    stale: tuple[Change, ...]
    keep: int
    ahead: int = 0

    @property
    def registered(self) -> int:
        """How many registered partitions were looked at, those ahead left out."""
        return self.keep + len(self.relocate) + len(self.stale)


@dataclass(frozen=True)
class Steps:
    """What is to be done to the catalog."""

    add: tuple[Change, ...] = ()
    relocate: tuple[Change, ...] = ()
    drop: tuple[Change, ...] = ()

    def __len__(self) -> int:
        return len(self.add) + len(self.relocate) + len(self.drop)

    def __iter__(self) -> Iterator[Change]:
        return chain(self.add, self.relocate, self.drop)


@dataclass(frozen=True)
class Planned:
    """A plan with the circumstances it was made in.

    Attributes:
        target: target name.
        table: ``database.table``.
        keys: names of the partition keys.
        table_exists: whether the catalog has the table; a sync creates it.
        window: the window looked at; None for all of time.
        calls: calls it took, by name.
        warnings: what a person should know.
        steps: what a sync with its repairs would do of it; None where none was asked for.
    """

    target: str
    table: str
    keys: tuple[str, ...]
    table_exists: bool
    window: Window | None
    plan: Plan
    calls: Mapping[str, int]
    warnings: tuple[str, ...] = field(default=())
    steps: Steps | None = None

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``partitions plan --format json``; window bounds are ISO, UTC.

        ``would``, of a dry run, counts what a sync would do.
        """
        steps = self.steps
        would = steps and {
            "add": len(steps.add),
            "relocate": len(steps.relocate),
            "drop": len(steps.drop),
        }
        return {
            "target": self.target,
            "table": self.table,
            "window": {
                "since": iso(self.window.since) if self.window else None,
                "until": iso(self.window.until) if self.window else None,
            },
            "add": [change.to_json(self.keys) for change in self.plan.add],
            "relocate": [change.to_json(self.keys) for change in self.plan.relocate],
            "stale": [change.to_json(self.keys) for change in self.plan.stale],
            "keep": self.plan.keep,
            "ahead": self.plan.ahead,
            "calls": dict(sorted(self.calls.items())),
            **({"would": would} if would else {}),
        }


@dataclass(frozen=True)
class Registered:
    """Registered partitions: the names of the keys, and values with location in order."""

    keys: tuple[str, ...]
    partitions: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.partitions)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.partitions)


def diff(
    stored: Mapping[Values, str],
    registered: Iterable[tuple[Values, str]],
    *,
    spelled: Callable[[Values], Values] | None = None,
    awaited: Callable[[Values], bool] = lambda _: False,
) -> Plan:
    """Compare locations by partition values; every list is in order of the values.

    A trailing slash makes no difference between two locations, and a registered location that
    nobody tells (an empty one) is taken for the stored one.

    Args:
        stored: location by values.
        registered: values and location, in any order; read once.
        spelled: registered values as the stored ones are spelled; None where they are already.
        awaited: whether registered values that are not stored may still be: they are ahead.
    """
    left = dict(stored)
    relocate, stale, keep, ahead = [], [], 0, 0
    for values, location in registered:
        key = spelled(values) if spelled else values
        there = left.pop(key, None)
        if there is None:
            there = stored.get(key)  # registered twice, as 7 and as 07
        if there is None:
            if awaited(key):
                ahead += 1
            else:
                stale.append(Change(values, location))
        elif there == location or _same(there, location):
            keep += 1
        else:
            relocate.append(Change(values, there))
    add = tuple(Change(values, left[values]) for values in sorted(left))
    return Plan(add, _ordered(relocate), _ordered(stale), keep, ahead)


def _same(one: str, other: str) -> bool:
    return not other or one.rstrip("/") == other.rstrip("/")


def _ordered(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: change.values))
