"""The concurrent walk: accounts, then Regions, then the days of each. Never lists every object.

Calls: one for the root, one per organization, one per account, one per account and Region however
long its history, and one more for every 1,000 folders in scope.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
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
    """The partitions that have objects.

    Attributes:
        locations: location by partition values.
        duplicates: further locations of the same values (an account both below an organization
            folder and beside it); a partition can have only one.
        newest_days: the newest day in scope of every account and Region that has one.
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
    """Find every day in scope that has logs; every hour if the layout is hourly.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        scope: what to look for.
        values: the partition values that a table has for a partition.
        workers: how many listings run at once.
        watch: called for every account and Region listed.

    Raises:
        StorageError: the storage cannot be listed, or contains no ``AWSLogs/`` of this layout.
    """
    origins = find_origins(storage, layout, scope, workers)
    prefixes = [layout.region_prefix(o.account, o.region, o.organization) for o in origins]
    listings = map_concurrently(
        lambda prefix: list(_moments(storage, layout, prefix, scope)), prefixes, workers
    )
    stored = StoredPartitions()
    for done, (origin, prefix, moments) in enumerate(
        zip(origins, prefixes, listings, strict=True), 1
    ):
        # A location is put together from the parts of the listed key: formatting it anew from the
        # partition is slower.
        base = storage.location(prefix)
        for moment in moments:
            partition = Partition(
                origin.account, origin.region, moment.day, moment.hour, origin.organization
            )
            location = base + moment.folders
            if stored.locations.setdefault(values(partition), location) != location:
                stored.duplicates.append(location)
        if moments:
            stored.newest_days[origin] = moments[-1].day
        watch(done, len(origins))
    return stored


def _moments(storage: Storage, layout: Layout, prefix: str, scope: Scope) -> Iterator[Moment]:
    """The days (or hours) in scope of one account and Region, each once, in order."""
    # Without its slash, the first day's folder still sorts before the keys in it.
    after = layout.day_folders(scope.first).removesuffix("/") if scope.first else ""
    last = None
    for folder in storage.log_folders(prefix, after):
        moment = layout.moment(folder)
        # In a daily table over hour folders, one day comes once per hour; in key order, its
        # folders follow each other.
        if moment is None or moment == last:
            continue
        if scope.last and moment.day > scope.last:
            return  # the pages after this one are not requested
        last = moment
        yield moment


def find_origins(
    storage: Storage, layout: Layout, scope: Scope, workers: int = CONCURRENCY
) -> list[Origin]:
    """Every account and Region in scope that has a flow-log folder.

    Raises:
        StorageError: the storage cannot be listed, or contains no ``AWSLogs/`` of this layout.
    """
    accounts = list(_accounts(storage, layout, scope, workers))
    regions = map_concurrently(
        lambda account: _regions(storage, layout, account, scope), accounts, workers
    )
    return list(chain.from_iterable(regions))


def _accounts(storage: Storage, layout: Layout, scope: Scope, workers: int) -> Iterator[Origin]:
    names = storage.folders(layout.root)
    if not names:
        raise no_logs_error(storage, layout.prefix)
    _refuse_other_layout(storage, layout, names)
    # Accounts may be directly in AWSLogs/, below an organization folder, or both.
    organizations = [name for name in names if is_organization(name)]
    below = map_concurrently(
        lambda name: storage.folders(f"{layout.root}{name}/"), organizations, workers
    )
    levels = [("", names), *zip(organizations, below, strict=True)]
    for organization, folders in levels:
        for folder in folders:
            account = layout.value(Level.ACCOUNT, folder)
            if account and (not scope.accounts or account in scope.accounts):
                yield Origin(organization, account)


def no_logs_error(storage: Storage, prefix: str) -> StorageError:
    """The error for a location without ``AWSLogs/``."""
    return StorageError(
        f"{storage.location(prefix)} contains no {LOG_ROOT}/ folder; "
        "the location is the folder that contains it"
    )


def _refuse_other_layout(storage: Storage, layout: Layout, names: list[str]) -> None:
    other = Layout(layout.prefix, hive=not layout.hive)
    fits = any(layout.value(Level.ACCOUNT, name) or is_organization(name) for name in names)
    if not fits and any(other.value(Level.ACCOUNT, name) for name in names):
        raise StorageError(
            f"{storage.location(layout.root)} contains {other.name} folders ({names[0]}/), "
            f"not {layout.name} ones; correct the target's layout"
        )


def _regions(storage: Storage, layout: Layout, account: Origin, scope: Scope) -> list[Origin]:
    prefix = layout.region_prefix(account.account, "", account.organization).removesuffix(
        layout.folder(Level.REGION, "")
    )
    regions = (layout.value(Level.REGION, name) for name in storage.folders(prefix))
    return [
        Origin(account.organization, account.account, region)
        for region in regions
        if region and (not scope.regions or region in scope.regions)
    ]
