"""The concurrent walk: accounts, then Regions, then the days of each. Never lists every object.

Calls: one for the root, one per organization, one per account, one per account and Region
whatever its history; one more for every 1,000 folders in scope.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from flowathena.concurrency import CONCURRENCY, Watch, each
from flowathena.errors import StorageError
from flowathena.logs.layout import (
    LOG_ROOT,
    Layout,
    Level,
    Moment,
    Origin,
    Partition,
    Scope,
    is_organization,
)
from flowathena.storage.base import Storage


@dataclass
class StoredPartitions:
    """What the walk found.

    Attributes:
        locations: location by partition values.
        duplicates: further locations of the same values (an account both below an organization
            folder and beside it); a partition can have only one.
        newest_days: the newest day in scope of the accounts and Regions that hold one.
    """

    locations: dict[tuple[str, ...], str] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)
    newest_days: dict[Origin, date] = field(default_factory=dict)


def walk(
    storage: Storage,
    layout: Layout,
    scope: Scope,
    values: Callable[[Partition], tuple[str, ...]] = lambda partition: partition.values,
    *,
    workers: int = CONCURRENCY,
    watch: Watch = lambda _done, _total: None,
) -> StoredPartitions:
    """Find every day in scope that holds logs, or every hour where the layout is hourly.

    Args:
        storage: where to look.
        layout: how the folders are laid out.
        scope: what to look at.
        values: the partition values a table gives a partition.
        workers: how many listings are under way at once.
        watch: told of every account and Region that was listed.

    Raises:
        StorageError: the storage cannot be listed, or holds no ``AWSLogs/`` of this layout.
    """
    found = find_origins(storage, layout, scope, workers)
    prefixes = [layout.region_prefix(p.account, p.region, p.organization) for p in found]
    listed = each(lambda prefix: list(_moments(storage, layout, prefix, scope)), prefixes, workers)
    stored = StoredPartitions()
    for done, (place, prefix, moments) in enumerate(zip(found, prefixes, listed, strict=True), 1):
        base = storage.location(prefix)
        for moment in moments:
            partition = Partition(
                place.account, place.region, moment.day, moment.hour, place.organization
            )
            location = base + moment.folders
            if stored.locations.setdefault(values(partition), location) != location:
                stored.duplicates.append(location)
        if moments:
            stored.newest_days[place] = moments[-1].day
        watch(done, len(found))
    return stored


def _moments(storage: Storage, layout: Layout, prefix: str, scope: Scope) -> Iterator[Moment]:
    """The days (or hours) in scope of one account and Region, each once, in order."""
    after = layout.day_folders(scope.first).removesuffix("/") if scope.first else ""
    last = None
    for folder in storage.log_folders(prefix, after):
        moment = layout.moment(folder)
        if moment is None or moment == last:
            continue
        if scope.last and moment.day > scope.last:
            return
        last = moment
        yield moment


def find_origins(
    storage: Storage, layout: Layout, scope: Scope, workers: int = CONCURRENCY
) -> list[Origin]:
    """Every account and Region in scope that has a flow-log folder.

    Raises:
        StorageError: the storage cannot be listed, or holds no ``AWSLogs/`` of this layout.
    """
    accounts = list(_accounts(storage, layout, scope, workers))
    found = each(lambda place: _regions(storage, layout, place, scope), accounts, workers)
    return list(chain.from_iterable(found))


def _accounts(storage: Storage, layout: Layout, scope: Scope, workers: int) -> Iterator[Origin]:
    names = storage.folders(layout.root)
    if not names:
        raise StorageError(f"{storage.location(layout.prefix)} holds no {LOG_ROOT}/ folder")
    _refuse_other_layout(storage, layout, names)
    organizations = [name for name in names if is_organization(name)]
    below = each(lambda name: storage.folders(f"{layout.root}{name}/"), organizations, workers)
    levels = [("", names), *zip(organizations, below, strict=True)]
    for organization, folders in levels:
        for folder in folders:
            account = layout.value(Level.ACCOUNT, folder)
            if account and (not scope.accounts or account in scope.accounts):
                yield Origin(organization, account)


def _refuse_other_layout(storage: Storage, layout: Layout, names: list[str]) -> None:
    other = Layout(layout.prefix, hive=not layout.hive)
    mine = any(layout.value(Level.ACCOUNT, name) or is_organization(name) for name in names)
    if not mine and any(other.value(Level.ACCOUNT, name) for name in names):
        raise StorageError(
            f"{storage.location(layout.root)} holds {other.name} folders ({names[0]}/), "
            f"not {layout.name} ones; correct the target's layout"
        )


def _regions(storage: Storage, layout: Layout, place: Origin, scope: Scope) -> list[Origin]:
    prefix = layout.region_prefix(place.account, "", place.organization).removesuffix(
        layout.folder(Level.REGION, "")
    )
    found = (layout.value(Level.REGION, name) for name in storage.folders(prefix))
    return [
        Origin(place.organization, place.account, region)
        for region in found
        if region and (not scope.regions or region in scope.regions)
    ]
