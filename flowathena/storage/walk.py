"""The concurrent walk: accounts, then Regions, then the days of each month. Never lists objects.

Calls: one for the root, one per organization, one per account, one per account, Region and month
touched; a walk over all of time asks for the years and months too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from flowathena.aws import CONCURRENCY
from flowathena.concurrency import each
from flowathena.errors import StorageError
from flowathena.layout import LOG_ROOT, Layout, Level, Partition, is_organization, months
from flowathena.storage.base import Storage


@dataclass(frozen=True)
class Scope:
    """Which partitions are looked at.

    Attributes:
        first: first day, None for no bound; ``last`` the last day, included.
        accounts: account ids; empty for all.
        regions: Region names; empty for all.
    """

    first: date | None = None
    last: date | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def holds_day(self, day: date) -> bool:
        """Whether a day lies between the bounds."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass
class Stored:
    """What the walk found.

    Attributes:
        locations: location by partition values.
        duplicates: further locations of the same values (an account both below an organization
            folder and beside it); a partition can have only one.
    """

    locations: dict[tuple[str, ...], str] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """An account, or one of its Regions, and the organization folder it stands in (or none)."""

    organization: str
    account: str
    region: str = ""


def walk(
    storage: Storage,
    layout: Layout,
    scope: Scope,
    values: Callable[[Partition], tuple[str, ...]] = lambda partition: partition.values,
) -> Stored:
    """Find every day folder in scope, or every hour folder where the layout is hourly.

    Args:
        storage: where to look.
        layout: how the folders are laid out.
        scope: what to look at.
        values: the partition values a table gives a partition.

    Raises:
        StorageError: the storage cannot be listed, or holds no ``AWSLogs/`` of this layout.
    """
    prefixes = list(_months(storage, layout, places(storage, layout, scope), scope))
    stored = Stored()
    for partition in _partitions(storage, layout, prefixes, scope):
        location = storage.location(layout.prefix_of(partition))
        if stored.locations.setdefault(values(partition), location) != location:
            stored.duplicates.append(location)
    return stored


def _partitions(
    storage: Storage, layout: Layout, prefixes: list[tuple[Place, str]], scope: Scope
) -> Iterator[Partition]:
    daily = replace(layout, hourly=False)
    days = list(_parsed(storage, daily, [prefix for _, prefix in prefixes]))
    wanted = [day for day in days if scope.holds_day(day.day)]
    if not layout.hourly:
        return iter(wanted)
    return _parsed(storage, layout, [daily.prefix_of(day) for day in wanted])


def _parsed(storage: Storage, layout: Layout, prefixes: list[str]) -> Iterator[Partition]:
    """The partitions whose folders stand directly below some prefixes."""
    listed = each(lambda prefix: (prefix, storage.folders(prefix)), prefixes, CONCURRENCY)
    for prefix, names in listed:
        for name in names:
            partition = layout.parse(f"{prefix}{name}/")
            if partition:
                yield partition


def places(storage: Storage, layout: Layout, scope: Scope) -> list[Place]:
    """Every account and Region in scope that has a flow-log folder.

    Raises:
        StorageError: the storage cannot be listed, or holds no ``AWSLogs/`` of this layout.
    """
    accounts = list(_accounts(storage, layout, scope))
    found = each(lambda place: _regions(storage, layout, place, scope), accounts, CONCURRENCY)
    return list(chain.from_iterable(found))


def _accounts(storage: Storage, layout: Layout, scope: Scope) -> Iterator[Place]:
    names = storage.folders(layout.root)
    if not names:
        raise StorageError(f"{storage.location(layout.prefix)} holds no {LOG_ROOT}/ folder")
    _refuse_other_layout(storage, layout, names)
    organizations = [name for name in names if is_organization(name)]
    below = each(lambda name: storage.folders(f"{layout.root}{name}/"), organizations, CONCURRENCY)
    levels = [("", names), *zip(organizations, below, strict=True)]
    for organization, folders in levels:
        for folder in folders:
            account = layout.value(Level.ACCOUNT, folder)
            if account and (not scope.accounts or account in scope.accounts):
                yield Place(organization, account)


def _refuse_other_layout(storage: Storage, layout: Layout, names: list[str]) -> None:
    other = Layout(layout.prefix, hive=not layout.hive)
    mine = any(layout.value(Level.ACCOUNT, name) or is_organization(name) for name in names)
    if not mine and any(other.value(Level.ACCOUNT, name) for name in names):
        raise StorageError(
            f"{storage.location(layout.root)} holds {other.name} folders ({names[0]}/), "
            f"not {layout.name} ones; correct the target's layout"
        )


def _regions(storage: Storage, layout: Layout, place: Place, scope: Scope) -> list[Place]:
    prefix = layout.region_prefix(place.account, "", place.organization).removesuffix(
        layout.folder(Level.REGION, "")
    )
    found = (layout.value(Level.REGION, name) for name in storage.folders(prefix))
    return [
        Place(place.organization, place.account, region)
        for region in found
        if region and (not scope.regions or region in scope.regions)
    ]


def _months(
    storage: Storage, layout: Layout, found: list[Place], scope: Scope
) -> Iterable[tuple[Place, str]]:
    bases = [
        (place, layout.region_prefix(place.account, place.region, place.organization))
        for place in found
    ]
    if scope.first and scope.last:
        span = [_month_folders(layout, *month) for month in months(scope.first, scope.last)]
        return ((place, base + folders) for place, base in bases for folders in span)
    years = _deeper(storage, layout, Level.YEAR, bases)
    return _deeper(storage, layout, Level.MONTH, years)


def _month_folders(layout: Layout, year: int, month: int) -> str:
    return layout.folder(Level.YEAR, f"{year:04d}") + layout.folder(Level.MONTH, f"{month:02d}")


def _deeper(
    storage: Storage, layout: Layout, level: Level, prefixes: list[tuple[Place, str]]
) -> list[tuple[Place, str]]:
    listed = each(lambda at: (at, storage.folders(at[1])), prefixes, CONCURRENCY)
    return [
        (place, f"{prefix}{name}/")
        for (place, prefix), names in listed
        for name in names
        if layout.value(level, name)
    ]
