"""Coverage: the stored and the registered days of each account and Region."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain

from flowathena.catalog.placement import Fault, Misplacement
from flowathena.concurrency import map_concurrently
from flowathena.errors import PlaceError
from flowathena.inputs.window import Window, bounds
from flowathena.logs.layout import Origin
from flowathena.shape.shape import Shape, Values
from flowathena.storage import Storage
from flowathena.storage.base import is_visible
from flowathena.storage.origins import Unlisted
from flowathena.text import iso


@dataclass(frozen=True)
class PlaceCoverage:
    """The coverage of one account and Region; days are in order.

    Attributes:
        account: account id; empty if unknown.
        region: Region name; empty if unknown.
        stored: days with objects.
        registered: days with a partition in the catalog.
        missing: days with objects of which some, or all, are in no registered partition.
        last_location: the location of the last stored partition; empty if there is none.
        newest: when its newest object was written, UTC; None if there is none.
        unread: why ``newest`` is unknown, if the last folder cannot be listed.
        misplaced: days with a registered partition that does not point at their logs, or whose
            values are spelled differently from the folders.
        twice: days that are registered under two spellings, so that their records count twice.
    """

    account: str
    region: str
    stored: tuple[date, ...]
    registered: tuple[date, ...]
    missing: tuple[date, ...]
    last_location: str = ""
    newest: datetime | None = None
    unread: Unlisted | None = None
    misplaced: tuple[date, ...] = ()
    twice: tuple[date, ...] = ()

    def gaps(self, until: date) -> tuple[date, ...]:
        """The days without objects, from the first stored or registered day to before ``until``."""
        starts = (*self.stored[:1], *self.registered[:1])
        if not starts:
            return ()
        stored, first = set(self.stored), min(starts)
        days = (first + timedelta(days=n) for n in range((until - first).days))
        return tuple(day for day in days if day not in stored)

    def age(self, now: datetime) -> timedelta | None:
        """The age of the newest object; None if there is none."""
        return None if self.newest is None else now - self.newest

    def is_stale(self, now: datetime, max_age: timedelta) -> bool:
        """Whether its newest object is older than ``max_age``, or there is none.

        Not if its folder cannot be listed: ``unread`` says so.
        """
        age = self.age(now)
        return not self.unread if age is None else age > max_age


@dataclass(frozen=True)
class TableCoverage:
    """What is registered in one of several tables.

    Attributes:
        table: ``database.table``.
        exists: whether it is in the catalog.
        keys: names of the partition keys.
        misplaced: its partitions that read other logs than their values name.
        unreached: why stored partitions are outside of its projection, by their values.
    """

    table: str
    exists: bool
    keys: tuple[str, ...]
    misplaced: tuple[Misplacement, ...] = ()
    unreached: Mapping[Values, str] = field(default_factory=dict)

    def misplaced_to_json(self) -> list[dict[str, object]]:
        """Its ``misplaced`` of ``partitions status --format json``, with its name."""
        return [{"table": self.table, **each.to_json(self.keys)} for each in self.misplaced]


@dataclass(frozen=True)
class Coverage:
    """The coverage of a target. A day is registered if any of its tables has it.

    Attributes:
        target: target name.
        table: ``database.table``, the first.
        window: the window; None for all of time.
        places: every account and Region with anything stored or registered in the window.
        now: when it was measured, UTC.
        calls: the calls it took, by name.
        table_exists: whether the table is in the catalog.
        unlisted: accounts and Regions that could not be listed; they are not in ``places``.
        warnings: what the user should know: what is stored instead, if nothing is in the window;
            what is wrong with the registered partitions, or with the projection.
        keys: names of the partition keys.
        misplaced: the registered partitions that read other logs than their values name.
        unreached: why stored partitions are outside of a table's projection, by their values.
        further: the target's other tables; ``table_exists``, ``keys``, ``misplaced`` and
            ``unreached`` are the first one's.
    """

    target: str
    table: str
    window: Window | None
    places: tuple[PlaceCoverage, ...]
    now: datetime
    calls: Mapping[str, int]
    table_exists: bool = True
    unlisted: tuple[Unlisted, ...] = ()
    warnings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    misplaced: tuple[Misplacement, ...] = ()
    unreached: Mapping[Values, str] = field(default_factory=dict)
    further: tuple[TableCoverage, ...] = ()

    def __repr__(self) -> str:
        missing = sum(len(place.missing) for place in self.places)
        return (
            f"<Coverage of {self.table}: {len(self.places)} accounts and Regions, "
            f"{missing} days missing in the catalog>"
        )

    @property
    def tables(self) -> tuple[TableCoverage, ...]:
        """Every table; the first is that of ``table``."""
        own = TableCoverage(
            self.table, self.table_exists, self.keys, self.misplaced, self.unreached
        )
        return (own, *self.further)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day to show; None if there is nothing."""
        if self.window:
            return self.window.first_day, self.window.last_day
        days = [day for place in self.places for day in (*place.stored, *place.registered)]
        today = self.now.date()
        return (min(*days, today), min(max(days), today)) if days else None

    @property
    def end(self) -> date:
        """The first day that need not have objects: today, or the end of the window."""
        today = self.now.date()
        return min(today, self.window.last_day + timedelta(days=1)) if self.window else today

    @property
    def is_complete(self) -> bool:
        """Whether all is listed, registered once and rightly, and no day lacks objects."""
        return bool(self.places and not self.failed) and not any(
            place.missing or place.misplaced or place.twice or place.gaps(self.end)
            for place in self.places
        )

    @property
    def failed(self) -> tuple[Unlisted, ...]:
        """What could not be listed: whole accounts and Regions, and folders of newest objects."""
        unread = (place.unread for place in self.places if place.unread)
        return (*self.unlisted, *unread)

    def stale(self, max_age: timedelta) -> tuple[PlaceCoverage, ...]:
        """The accounts and Regions whose newest object is older than ``max_age``, or missing."""
        return tuple(place for place in self.places if place.is_stale(self.now, max_age))

    def to_json(self, max_age: timedelta | None = None) -> dict[str, object]:
        """The stable shape of ``partitions status --format json``; times are ISO, UTC."""
        return {
            "target": self.target,
            "table": self.table,
            "table_exists": self.table_exists,
            "window": bounds(self.window),
            "places": [self._place(place, max_age) for place in self.places],
            "misplaced": self._misplaced_to_json(),
            "calls": dict(sorted(self.calls.items())),
            "unlisted": [place.to_json() for place in self.failed],
            "warnings": list(self.warnings),
            **({"tables": self._tables_to_json()} if self.further else {}),
        }

    def _misplaced_to_json(self) -> list[dict[str, object]]:
        if not self.further:
            return [each.to_json(self.keys) for each in self.misplaced]
        return list(chain.from_iterable(each.misplaced_to_json() for each in self.tables))

    def _tables_to_json(self) -> list[dict[str, object]]:
        return [{"table": each.table, "table_exists": each.exists} for each in self.tables]

    def _place(self, place: PlaceCoverage, max_age: timedelta | None) -> dict[str, object]:
        age = place.age(self.now)
        return {
            "account": place.account or None,
            "region": place.region or None,
            "first_day": place.stored[0].isoformat() if place.stored else None,
            "last_day": place.stored[-1].isoformat() if place.stored else None,
            "stored_days": len(place.stored),
            "registered_days": len(place.registered),
            "missing_in_catalog": [day.isoformat() for day in place.missing],
            "misplaced": [day.isoformat() for day in place.misplaced],
            "registered_twice": [day.isoformat() for day in place.twice],
            "missing_in_storage": [day.isoformat() for day in place.gaps(self.end)],
            "newest_object": iso(place.newest) if place.newest else None,
            "age_seconds": None if age is None else int(age.total_seconds()),
            "stale": place.is_stale(self.now, max_age) if max_age is not None else None,
        }


_DaysByPlace = defaultdict[tuple[str, str], set[date]]


def measure(
    shape: Shape,
    stored: Mapping[Values, str],
    registered: AbstractSet[Values],
    misplaced: Iterable[Misplacement] = (),
) -> Iterator[PlaceCoverage]:
    """The coverage of every account and Region, in order.

    Args:
        shape: the meaning of the keys.
        stored: location by values.
        registered: values as ``shape.values`` writes them.
        misplaced: the registered partitions that read other logs than their values name; those
            of another spelling are not among the registered ones.
    """
    wrong, twice = _fault_days(misplaced)
    with_objects, missing = _days(shape, stored), _days(shape, stored.keys() - registered)
    listed = _days(shape, registered)
    last: dict[tuple[str, str], Values] = {}
    for values in sorted(stored, key=lambda values: (str(shape.day_of(values)), values)):
        last[shape.account_and_region(values)] = values
    for place in sorted(with_objects.keys() | listed.keys() | wrong.keys() | twice.keys()):
        yield PlaceCoverage(
            *place,
            stored=tuple(sorted(with_objects[place])),
            registered=tuple(sorted(listed[place])),
            missing=tuple(sorted(missing[place])),
            last_location=stored[last[place]] if place in last else "",
            misplaced=tuple(sorted(wrong[place])),
            twice=tuple(sorted(twice[place])),
        )


def joined(tables: Iterable[Iterable[PlaceCoverage]]) -> Iterator[PlaceCoverage]:
    """The coverage of several tables as one, in order of account and Region."""
    places: defaultdict[tuple[str, str], list[PlaceCoverage]] = defaultdict(list)
    for each in chain.from_iterable(tables):
        places[each.account, each.region].append(each)
    for place in sorted(places):
        parts = places[place]
        yield parts[0] if len(parts) == 1 else _joint(parts)


def _joint(parts: Sequence[PlaceCoverage]) -> PlaceCoverage:
    return replace(
        max(parts, key=lambda part: part.stored[-1:]),
        stored=_union(part.stored for part in parts),
        registered=_union(part.registered for part in parts),
        missing=_union(part.missing for part in parts),
        misplaced=_union(part.misplaced for part in parts),
        twice=_union(part.twice for part in parts),
    )


def _union(days: Iterable[Iterable[date]]) -> tuple[date, ...]:
    return tuple(sorted(set(chain.from_iterable(days))))


def known(places: Iterable[PlaceCoverage], unlisted: Sequence[Unlisted]) -> Iterator[PlaceCoverage]:
    """The places of which it is known what they store: without those that could not be listed."""
    for place in places:
        if place.stored or not any(each.covers(place.account, place.region) for each in unlisted):
            yield place


def newest(
    places: Iterable[PlaceCoverage], storages: Sequence[Storage], workers: int
) -> Iterator[PlaceCoverage]:
    """The same with the time of their newest object: lists one folder for each, to its end.

    Names show when a log was to be delivered, not when it was: a late one is newer than its name.

    Args:
        places: the places.
        storages: where their folders are.
        workers: how many are listed at once.
    """
    roots = {storage.location(""): storage for storage in reversed(storages)}

    def with_newest(place: PlaceCoverage) -> PlaceCoverage:
        if not place.last_location:
            return place
        root = next(root for root in roots if place.last_location.startswith(root))
        objects = roots[root].objects(place.last_location.removeprefix(root))
        try:
            times = [each.modified for each in objects if is_visible(each.key.rpartition("/")[2])]
        except PlaceError as error:
            origin = Origin("", place.account, place.region)
            return replace(place, unread=Unlisted(origin, place.last_location, error))
        return replace(place, newest=max(times, default=None))

    return map_concurrently(with_newest, places, workers)


def _fault_days(misplaced: Iterable[Misplacement]) -> tuple[_DaysByPlace, _DaysByPlace]:
    """The days of misplaced partitions, and those registered twice, by account and Region."""
    wrong, twice = _DaysByPlace(set), _DaysByPlace(set)
    for each in misplaced:
        if each.day:
            days = twice if each.fault is Fault.TWICE else wrong
            days[each.account, each.region].add(each.day)
    return wrong, twice


def _days(shape: Shape, partitions: Iterable[Values]) -> _DaysByPlace:
    days = _DaysByPlace(set)
    for values in partitions:
        day = shape.day_of(values)
        if day:
            days[shape.account_and_region(values)].add(day)
    return days
