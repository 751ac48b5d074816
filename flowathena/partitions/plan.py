"""The difference between what is stored and what is registered; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from flowathena.catalog import Change, values_by_key
from flowathena.inputs.window import Window, bounds
from flowathena.partitions.formats import NewSource
from flowathena.shape.shape import Values
from flowathena.storage.origins import Unlisted


@dataclass(frozen=True, slots=True)
class Misspelling(Change):
    """A registered partition whose values are spelled differently from its folder: ``US-EAST-1``.

    Attributes:
        right: the values of the same day as its folder spells them.
    """

    right: Values

    def to_json(self, keys: Sequence[str]) -> dict[str, object]:
        """As that of a ``Change``, with the right ``spelling``."""
        plain = {"values": values_by_key(keys, self.values), "location": self.location}
        return {**plain, "spelling": values_by_key(keys, self.right)}


@dataclass(frozen=True)
class Plan:
    """What would bring the catalog in step with the storage.

    Attributes:
        add: stored and not registered.
        relocate: registered elsewhere than stored; with the stored location.
        stale: registered and not, or no longer, stored; with the registered location.
        keep: how many are registered where they are stored.
        ahead: how many are registered for a day without logs yet, today or later.
        unknown: how many are registered in a place that cannot be listed; nothing is done to them.
        misspelled: registered where they are stored, under another spelling than the stored one,
            which is registered too or is to be added.
    """

    add: tuple[Change, ...]
    relocate: tuple[Change, ...]
    stale: tuple[Change, ...]
    keep: int
    ahead: int = 0
    unknown: int = 0
    misspelled: tuple[Misspelling, ...] = ()

    @property
    def registered(self) -> int:
        """How many partitions are registered, without those ahead and those unknown."""
        return self.keep + len(self.relocate) + len(self.stale) + len(self.misspelled)

    @property
    def is_empty(self) -> bool:
        """Whether the catalog is in step with the storage."""
        return not (self.add or self.relocate or self.stale or self.misspelled)


@dataclass(frozen=True)
class Steps:
    """The changes to make in the catalog."""

    add: tuple[Change, ...] = ()
    relocate: tuple[Change, ...] = ()
    drop: tuple[Change, ...] = ()

    def __len__(self) -> int:
        return len(self.add) + len(self.relocate) + len(self.drop)

    def __iter__(self) -> Iterator[Change]:
        return chain(self.add, self.relocate, self.drop)


@dataclass(frozen=True)
class PlanReport:
    """A plan, and how it was made.

    Attributes:
        target: target name.
        table: ``database.table``.
        keys: names of the partition keys.
        table_exists: whether the table is in the catalog; a sync creates it.
        window: the window; None for all of time.
        calls: the calls it took, by name.
        warnings: what the user should know.
        steps: what a sync with repairs would do; None unless that was asked for.
        unlisted: the places that could not be listed; the plan is about the others.
        withheld: why folders are not registered though they contain logs, by location: their
            format is unknown.
        new_sources: the tables that a sync adds to the target, for formats that none has.
        further: the plans of the target's other tables, those of ``new_sources`` among them.
        statement: the statement of the table that a sync creates; empty unless that was asked for.
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
    unlisted: tuple[Unlisted, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)
    new_sources: tuple[NewSource, ...] = ()
    further: tuple["PlanReport", ...] = ()
    statement: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done, with any of the tables."""
        return all(each.plan.is_empty for each in (self, *self.further)) and not self.withheld

    def __repr__(self) -> str:
        plan = self.plan
        return (
            f"<PlanReport of {self.table}: add {len(plan.add)}, relocate {len(plan.relocate)}, "
            f"stale {len(plan.stale)}, keep {plan.keep}>"
        )

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
            "window": bounds(self.window),
            "add": [change.to_json(self.keys) for change in self.plan.add],
            "relocate": [change.to_json(self.keys) for change in self.plan.relocate],
            "stale": [change.to_json(self.keys) for change in self.plan.stale],
            "misspelled": [change.to_json(self.keys) for change in self.plan.misspelled],
            "keep": self.plan.keep,
            "ahead": self.plan.ahead,
            "calls": dict(sorted(self.calls.items())),
            "unknown": self.plan.unknown,
            "unlisted": [place.to_json() for place in self.unlisted],
            "warnings": list(self.warnings),
            **({"would": would} if would else {}),
            **({"withheld": dict(self.withheld)} if self.withheld else {}),
            **(
                {"new_sources": [each.to_json() for each in self.new_sources]}
                if self.new_sources
                else {}
            ),
            **({"further": [each.to_json() for each in self.further]} if self.further else {}),
        }


@dataclass(frozen=True)
class RegisteredPartitions:
    """Registered partitions of a table.

    Attributes:
        keys: the names of the keys.
        partitions: the partitions in order of their values.
        warnings: what the user should know: what is registered instead, if nothing is in the
            window; what values and locations alone show to be wrong.
        table: ``database.table``.
        further: those of the target's other tables; length and iteration are of this one alone.
    """

    keys: tuple[str, ...]
    partitions: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    table: str = ""
    further: tuple["RegisteredPartitions", ...] = ()

    def __repr__(self) -> str:
        return f"<RegisteredPartitions: {len(self)} by {', '.join(self.keys)}>"

    def __len__(self) -> int:
        return len(self.partitions)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.partitions)

    @property
    def tables(self) -> tuple["RegisteredPartitions", ...]:
        """Those of every table of the target, this one's first."""
        return (self, *self.further)

    def to_json(self) -> list[dict[str, object]]:
        """The stable shape of ``partitions list --format json``; ``table`` if there are several."""
        return [
            {**({"table": each.table} if self.further else {}), **change.to_json(each.keys)}
            for each in self.tables
            for change in each
        ]


def diff(
    stored: Mapping[Values, str],
    registered: Iterable[tuple[Values, str]],
    *,
    normalize: Callable[[Values], Values] | None = None,
    canonical: Callable[[Values], Values] | None = None,
    is_ahead: Callable[[Values], bool] = lambda _: False,
    is_unknown: Callable[[Values, str], bool] | None = None,
) -> Plan:
    """Compare locations by partition values; every list is in order of the values.

    A trailing slash makes no difference between two locations; an empty registered location, that
    of a catalog that does not say, counts as the stored one.

    Args:
        stored: location by values.
        registered: values and location, in any order; read once.
        normalize: spells registered values like stored ones that are equal to a query (``07`` of a
            number); None if they are spelled alike.
        canonical: spells registered values like the stored ones that they stand for, equal or not;
            None to use ``normalize``.
        is_ahead: whether values registered and not stored are for a day yet to come.
        is_unknown: whether values registered at a location may be stored in a place that is not
            listed; None if every place is.
    """
    unregistered = dict(stored)
    relocate, keep, unknown = [], 0, 0
    others = []
    for values, location in registered:
        stored_at = unregistered.pop(values, None)
        if stored_at is None:
            others.append((values, location))
        elif stored_at == location or _is_same(stored_at, location):
            keep += 1
        elif is_unknown and is_unknown(values, location):
            unknown += 1  # its own folder may contain the logs too
        else:
            relocate.append(Change(values, stored_at))
    # Of several spellings, the folder's own is the one to keep: it has been seen by now.
    equal = normalize or (lambda values: values)
    meant = canonical or equal
    spelled = [(*pair, equal(pair[0]), meant(pair[0])) for pair in sorted(others)]
    rest = _diff_others(
        spelled, stored, unregistered, is_ahead, is_unknown or (lambda _values, _location: False)
    )
    return Plan(
        tuple(Change(values, unregistered[values]) for values in sorted(unregistered)),
        tuple(sorted((*relocate, *rest.relocate), key=lambda change: change.values)),
        rest.stale,
        keep + rest.keep,
        rest.ahead,
        unknown + rest.unknown,
        rest.misspelled,
    )


def _diff_others(
    others: Iterable[tuple[Values, str, Values, Values]],
    stored: Mapping[Values, str],
    unregistered: dict[Values, str],
    is_ahead: Callable[[Values], bool],
    is_unknown: Callable[[Values, str], bool],
) -> Plan:
    """Compare what is registered under other values than any stored; it takes what it finds.

    Args:
        others: values, location, the stored values they equal, those they stand for; in order.
        stored: as in ``diff``.
        unregistered: the part of it that is not registered so far.
        is_ahead: as in ``diff``.
        is_unknown: as in ``diff``.
    """
    relocate, stale, misspelled, keep, ahead, unknown = [], [], [], 0, 0, 0
    for values, location, key, right in others:
        stored_at = unregistered.pop(key, None)
        if stored_at and not _is_same(stored_at, location):
            if is_unknown(key, location):
                unknown += 1
            else:
                relocate.append(Change(values, stored_at))
        elif stored_at or values in stored:  # listed twice by the catalog
            keep += 1
        elif right in stored and _is_same(stored[right], location):
            misspelled.append(Misspelling(values, location, right))
        elif is_ahead(key):
            ahead += 1
        elif is_unknown(key, location):
            unknown += 1
        else:
            stale.append(Change(values, location))
    return Plan((), tuple(relocate), tuple(stale), keep, ahead, unknown, tuple(misspelled))


def _is_same(one: str, other: str) -> bool:
    return not other or one.rstrip("/") == other.rstrip("/")
