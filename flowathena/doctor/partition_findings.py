"""What is wrong with registered partitions, judged by what was read of them; pure."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flowathena.catalog.base import Described
from flowathena.catalog.placement import Fault, Misplacement
from flowathena.doctor.findings import Finding, some
from flowathena.shape.key import Role
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target
from flowathena.text import counted

DEFAULT_DAYS = 30
"""How many days a sync looks at without options."""
MAX_DROP_PERCENT = 10
"""The share of the registered partitions that a prune drops at most, unless forced."""
_DROPPED = 25
_TIMES = frozenset({Role.DAY, Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR})
_REPAIRS = {
    Fault.TWICE: (
        "partitions are registered twice, so that their records count twice",
        ("--prune",),
    ),
    Fault.SPELLING: (
        "partitions are spelled differently from their folders, so that filters miss them",
        ("--prune",),
    ),
    Fault.OUTSIDE: ("partitions point outside the target's location", ("--relocate",)),
    Fault.OTHER_FOLDER: (
        "partitions point at the folder of another day, account or Region",
        ("--relocate",),
    ),
    Fault.ELSEWHERE: ("partitions point elsewhere than at their logs", ("--relocate",)),
}


@dataclass(frozen=True)
class Registered:
    """What was seen of the registered partitions of a window of days.

    Attributes:
        first: the first day of the window, UTC.
        pairs: values and location of every one in the window.
        stored: location by values of the stored ones of the window.
        misplaced: those that read other logs than their values name.
        empty: those whose location contains no log, as far as was looked, though logs of their
            account and Region can be listed.
        described: how the catalog describes some of them.
        is_partial: whether some places could not be listed, so that ``stored`` lacks theirs.
    """

    first: date
    pairs: Sequence[tuple[Values, str]]
    stored: Mapping[Values, str]
    misplaced: Sequence[Misplacement] = ()
    empty: Sequence[tuple[Values, str]] = ()
    described: Mapping[Values, Described] | None = None
    is_partial: bool = False


def check_partitions(
    target: Target, table: Table, shape: Shape, seen: Registered, today: date
) -> Iterator[Finding]:
    """Whether the days are registered, where they are stored, and once.

    Args:
        target: the target.
        table: the table.
        shape: what its keys stand for.
        seen: what was seen.
        today: the current day, UTC.
    """
    yield from check_missing(target, shape, seen, today)
    yield from check_registered(target, table, shape, seen, today)


def check_missing(target: Target, shape: Shape, seen: Registered, today: date) -> Iterator[Finding]:
    """Whether the stored days are registered; see ``check_partitions``."""
    yield from _check_missing(_Repair(target, shape, today), seen)


def check_registered(
    target: Target, table: Table, shape: Shape, seen: Registered, today: date
) -> Iterator[Finding]:
    """Whether what is registered is stored where it leads, and once; see ``check_partitions``."""
    repair = _Repair(target, shape, today)
    yield from _check_places(repair, seen)
    yield from _check_empty(repair, seen)
    yield from _check_descriptions(repair, table, seen)


class _Repair:
    """The commands that repair a target's partitions."""

    def __init__(self, target: Target, shape: Shape, today: date) -> None:
        self.target = target
        self.shape = shape
        self._today = today

    def sync(self, values: Sequence[Values], *flags: str) -> str:
        """A sync of the days of some values."""
        days = [day for each in values if (day := self.day(each))]
        first = min(days, default=self._today)
        # One day less than the window: it may be a new day when the command is run.
        old = first <= self._today - timedelta(days=DEFAULT_DAYS - 1)
        since = (f"--since {first}",) if old else ()
        if any(self.has_odd_day(each) for each in values):
            since = ("--all",)
        return self.target.command(" ".join(("partitions sync", *since, *flags)))

    def drop(self, values: Sequence[Values]) -> str:
        """The command that drops the partitions of some values, of 25 at most: Glue's limit."""
        if self.target.is_local:
            again = self.target.command("partitions sync --all")
            return f"{self.target.command('table drop --yes')}, then {again}"
        entries = " ".join(
            f"Values={','.join(map(shlex.quote, each))}" for each in values[:_DROPPED]
        )
        options = (("region", self.target.region), ("profile", self.target.profile))
        more = "".join(f" --{name} {value}" for name, value in options if value)
        return (
            f"aws glue batch-delete-partition --database-name {self.target.database} "
            f"--table-name {self.target.table}{more} --partitions-to-delete {entries}"
        )

    def has_odd_day(self, values: Values) -> bool:
        """Whether the day is written so that a window of days does not contain it."""
        own = self.shape.canonical(values)
        pairs = zip(self.shape.keys, values, own, strict=True)
        return any(key.role in _TIMES and text != right for key, text, right in pairs)

    def day(self, values: Values) -> date | None:
        return self.shape.day_of(self.shape.canonical(values))


def _check_missing(repair: _Repair, seen: Registered) -> Iterator[Finding]:
    shape = repair.shape
    known = {shape.canonical(values) for values, _ in seen.pairs}
    missing = sorted(values for values in seen.stored if values not in known)
    if not missing:
        return
    newest = max(filter(None, map(repair.day, seen.stored)))
    if not any(repair.day(values) for values in known):
        yield Finding(
            "partitions",
            "no partition is registered: Athena sees no data",
            f"logs up to {newest}, none since {seen.first} is registered",
            repair.sync(missing),
        )
        return
    last = max(day for values in known if (day := repair.day(values)))
    if last < newest:
        yield Finding(
            "partitions",
            "the newest days are not registered",
            f"logs up to {newest}, registered up to {last}",
            f"{repair.sync(missing)}, on a schedule",
        )
        missing = [values for values in missing if (repair.day(values) or newest) <= last]
    places = {shape.account_and_region(values) for values in known}
    unknown = [values for values in missing if shape.account_and_region(values) not in places]
    if unknown:
        names = {" ".join(filter(None, shape.account_and_region(values))) for values in unknown}
        yield Finding(
            "partitions",
            "accounts and Regions with logs have no registered partition",
            some(sorted(names)),
            repair.sync(unknown),
        )
    between = [values for values in missing if shape.account_and_region(values) in places]
    if between:
        yield Finding(
            "partitions",
            f"{counted(len(between), 'partition')} with logs "
            f"{'is' if len(between) == 1 else 'are'} not registered",
            some(_named(values, seen.stored[values]) for values in between),
            repair.sync(between),
        )


def _check_places(repair: _Repair, seen: Registered) -> Iterator[Finding]:
    by_fault = defaultdict[Fault, list[Misplacement]](list)
    for each in seen.misplaced:
        by_fault[each.fault].append(each)
    for fault, (what, flags) in _REPAIRS.items():
        these = by_fault[fault]
        if these:
            force = _force(len(these), seen) if "--prune" in flags else ()
            # Without logs of their own, there is no place to point them at.
            others = [each.values for each in these if not (each.expected or seen.is_partial)]
            own = [each.values for each in these if each.expected or seen.is_partial]
            steps = [repair.sync(own, *flags, *force)] if own else []
            steps += [repair.drop(others)] if others else []
            yield Finding(
                "partitions",
                what,
                f"{len(these)} of {len(seen.pairs)} since {seen.first}: "
                + some(_named(each.values, each.location) for each in these),
                ", then ".join(steps),
            )


def _check_empty(repair: _Repair, seen: Registered) -> Iterator[Finding]:
    if seen.empty:
        values = [each for each, _ in seen.empty]
        yield Finding(
            "partitions",
            "partitions point at folders without logs",
            f"{len(seen.empty)} of {len(seen.pairs)} since {seen.first}: "
            + some(_named(*each) for each in seen.empty),
            repair.sync(values, "--prune", *_force(len(values), seen)),
        )


def _force(drops: int, seen: Registered) -> tuple[str, ...]:
    return ("--force",) if drops * 100 > len(seen.pairs) * MAX_DROP_PERCENT else ()


def _check_descriptions(repair: _Repair, table: Table, seen: Registered) -> Iterator[Finding]:
    other = {
        values: reason
        for values, each in sorted((seen.described or {}).items())
        if (reason := _difference(table, each))
    }
    if not other:
        return
    first = next(iter(other))
    yield Finding(
        "partitions",
        "partitions are described differently from the table, and Athena reads them as described",
        f"{len(other)} of {len(seen.described or {})} looked at: {'/'.join(first)} has "
        f"{other[first]}",
        f"{repair.drop(list(other))}, then {repair.sync(list(other))}",
    )


def _difference(table: Table, described: Described) -> str:
    """How a partition is described differently from its table; empty if it is not."""
    if described.file_format != table.file_format:
        return f"the format {described.file_format or 'of a view'}, not {table.file_format}"
    live, own = (
        [Column(column.name.lower(), column.type.lower()) for column in columns]
        for columns in (table.columns, described.columns)
    )
    if table.file_format == "parquet":  # read by name
        live, own = (sorted(columns, key=lambda column: column.name) for columns in (live, own))
    pairs = zip(own, live, strict=False)
    place = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(own), len(live)))
    if place == len(live) == len(own):
        return ""
    texts = [
        f"{columns[place].name} {columns[place].type}" if place < len(columns) else "nothing"
        for columns in (own, live)
    ]
    return f"{texts[0]} as column {place + 1}, not {texts[1]}"


def _named(values: Values, location: str) -> str:
    return f"{'/'.join(values)} at {location}"
