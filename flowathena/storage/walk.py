"""The concurrent walk: accounts, then Regions, then the days of each. Never lists every object.

Calls: one for the root, one per organization, one per account, one per account and Region however
long its history, and one more for every 1,000 folders in scope. If accounts and Regions are named,
their folders alone are listed, so that a policy may allow these and nothing else.

A place that cannot be listed is reported; the rest is listed nevertheless.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
from flowathena.errors import PlaceError
from flowathena.logs.layout import Layout, Moment, Origin, Partition, Scope
from flowathena.storage.base import Storage
from flowathena.storage.origins import (
    Unlisted,
    attempt,
    list_origins,
    named_origins,
    require_logs,
    require_some,
)
from flowathena.storage.places import list_moments


@dataclass
class StoredPartitions:
    """The partitions that have objects.

    Attributes:
        locations: location by partition values.
        duplicates: further locations of the same values (an account both below an organization
            folder and beside it); a partition can have only one.
        newest_days: the newest day in scope of every account and Region that has one.
        unlisted: the places that could not be listed; nothing of them is in ``locations``.
        origins: the accounts and Regions that were listed, with and without a day in scope; of
            named ones, those that do not exist too.
    """

    locations: dict[tuple[str, ...], str] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)
    newest_days: dict[Origin, date] = field(default_factory=dict)
    unlisted: list[Unlisted] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)


def walk(  # noqa: PLR0913 - keyword options of one call
    storage: Storage,
    layout: Layout,
    scope: Scope,
    values: Callable[[Partition], tuple[str, ...]] = lambda partition: partition.values,
    *,
    workers: int = CONCURRENCY,
    watch: Watch = lambda _done, _total: None,
    organization: str = "",
) -> StoredPartitions:
    """Find every day in scope that has logs; every hour if the layout is hourly.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        scope: what to look for.
        values: the partition values that a table has for a partition.
        workers: how many listings run at once.
        watch: called for every account and Region listed.
        organization: the organization folder of named accounts, if it is known.

    Raises:
        StorageError: no place can be listed, or there is no ``AWSLogs/`` of this layout.
    """
    named = bool(scope.accounts and scope.regions)
    if named:
        known = named_origins(storage, layout, scope, organization)
    else:
        known = list_origins(storage, layout, scope, workers)
    origins = known.found
    prefixes = [layout.region_prefix(o.account, o.region, o.organization) for o in origins]
    listings = map_concurrently(
        lambda prefix: attempt(lambda: list(moments_of(storage, layout, prefix, scope))),
        prefixes,
        workers,
    )
    stored = StoredPartitions(unlisted=list(known.unlisted))
    for done, (origin, prefix, moments) in enumerate(
        zip(origins, prefixes, listings, strict=True), 1
    ):
        watch(done, len(origins))
        # A location is put together from the parts of the listed key: formatting it anew from the
        # partition is slower.
        base = storage.location(prefix)
        if isinstance(moments, PlaceError):
            stored.unlisted.append(Unlisted(origin, base, moments))
            continue
        stored.origins.append(origin)
        for moment in moments:
            partition = Partition(
                origin.account, origin.region, moment.day, moment.hour, origin.organization
            )
            location = base + moment.folders
            if stored.locations.setdefault(values(partition), location) != location:
                stored.duplicates.append(location)
        if moments:
            stored.newest_days[origin] = moments[-1].day
    require_some(stored.unlisted, len(origins) + len(known.unlisted))
    if not stored.locations and (named or not layout.folders.places):
        require_logs(storage, layout)
    return stored


def moments_of(storage: Storage, layout: Layout, prefix: str, scope: Scope) -> Iterator[Moment]:
    """The days (or hours) in scope of one account and Region, each once, in order.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        prefix: the folder of the account and Region.
        scope: the days to look for.

    Raises:
        PlaceError: the folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    if not layout.names_logs:
        yield from list_moments(storage, layout, prefix, scope)
        return
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
