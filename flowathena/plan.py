"""The difference between what is stored and what is registered; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowathena.shape import Values
from flowathena.window import Window, iso


@dataclass(frozen=True)
class Change:
    """One partition to register, to relocate, or that is stale; with its location."""

    values: Values
    location: str

    def to_json(self, keys: Sequence[str]) -> dict[str, object]:
        """``{"values": {key: value}, "location"}``; ``keys`` are the names of the keys."""
        return {"values": named(keys, self.values), "location": self.location}


@dataclass(frozen=True)
class Plan:
    """What would bring the catalog in step with the storage.

    Attributes:
        add: stored and not registered.
        relocate: registered at another location than the stored one.
        stale: registered and not stored (any more).
        keep: how many are registered where they are stored.
    """

    add: tuple[Change, ...]
    relocate: tuple[Change, ...]
    stale: tuple[Change, ...]
    keep: int


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
    """

    target: str
    table: str
    keys: tuple[str, ...]
    table_exists: bool
    window: Window | None
    plan: Plan
    calls: Mapping[str, int]
    warnings: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``partitions plan --format json``; window bounds are ISO, UTC."""
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
            "calls": dict(sorted(self.calls.items())),
        }


def diff(stored: Mapping[Values, str], registered: Mapping[Values, str]) -> Plan:
    """Compare locations by partition values; every list is in order of the values.

    A trailing slash makes no difference between two locations.
    """
    both = stored.keys() & registered.keys()
    moved = {values for values in both if not _same(stored[values], registered[values])}
    return Plan(
        add=_changes(stored, stored.keys() - both),
        relocate=_changes(stored, moved),
        stale=_changes(registered, registered.keys() - both),
        keep=len(both) - len(moved),
    )


def named(keys: Sequence[str], values: Values) -> dict[str, str]:
    """Partition values by key name."""
    return dict(zip(keys, values, strict=True))


def _same(one: str, other: str) -> bool:
    return one == other or one.rstrip("/") == other.rstrip("/")


def _changes(locations: Mapping[Values, str], chosen: set[Values]) -> tuple[Change, ...]:
    return tuple(Change(values, locations[values]) for values in sorted(chosen))
