"""The concurrent walk: accounts, then Regions, then the days of each. Never lists every object.

Calls: one for the root, one per organization, one per account, one per account and Region however
long its history, and one more for every 1,000 folders in scope. If accounts and Regions are named,
their folders alone are listed, so that a policy may allow these and nothing else.

A place that cannot be listed is reported; the rest is listed nevertheless.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import TypeVar

from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
from flowathena.errors import PlaceError, StorageError
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
from flowathena.text import counted

Output = TypeVar("Output")
_ORGANIZATIONS = "o-"
"""What the names of organization folders begin with, and no account's."""


@dataclass(frozen=True)
class Unlisted:
    """A place that could not be listed.

    Attributes:
        origin: an account and Region; an account alone if its Regions are unknown, an organization
            folder alone if its accounts are.
        location: the absolute location of its folder.
        error: why, with the folder that failed.
    """

    origin: Origin
    location: str
    error: str

    def covers(self, account: str, region: str, location: str = "") -> bool:
        """Whether a partition may be stored here; what is unknown (empty) may be.

        Args:
            account: its account.
            region: its Region.
            location: where it is registered.
        """
        if not self.origin.account or (location and location.startswith(self.location)):
            return True
        same = not account or account == self.origin.account
        return same and (not self.origin.region or not region or region == self.origin.region)

    @property
    def name(self) -> str:
        """The place, for display: ``111122223333 eu-west-1``."""
        origin = self.origin
        return " ".join(filter(None, (origin.account or origin.organization, origin.region)))

    def to_json(self) -> dict[str, object]:
        """``{"account", "region", "location", "error"}``; None for what is not known."""
        return {
            "account": self.origin.account or None,
            "region": self.origin.region or None,
            "location": self.location,
            "error": self.error,
        }


@dataclass(frozen=True)
class Origins:
    """The accounts and Regions found.

    Attributes:
        found: each with its organization folder.
        unlisted: the places where none could be looked for.
        unseen: how many accounts were not looked into.
    """

    found: tuple[Origin, ...]
    unlisted: tuple[Unlisted, ...] = ()
    unseen: int = 0


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
        lambda prefix: _attempt(lambda: list(moments_of(storage, layout, prefix, scope))),
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
            stored.unlisted.append(Unlisted(origin, base, str(moments)))
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
    if named and not stored.locations:
        _require_root(storage, layout)
    return stored


def require_some(unlisted: Sequence[Unlisted], places: int) -> None:
    """Make sure that not every place failed.

    Raises:
        StorageError: every one did; the error of the first.
    """
    if unlisted and len(unlisted) == places:
        others = f" (and {counted(places - 1, 'more place')})" if places > 1 else ""
        raise StorageError(f"{unlisted[0].error}{others}")


def _attempt(call: Callable[[], Output]) -> Output | PlaceError:
    """What a call returns, or why this place cannot be listed; other errors end the walk."""
    try:
        return call()
    except PlaceError as error:
        return error


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
        StorageError: a place cannot be listed, or there is no ``AWSLogs/`` of this layout.
    """
    origins = list_origins(storage, layout, scope, workers)
    if origins.unlisted:
        raise StorageError(origins.unlisted[0].error)
    return list(origins.found)


def list_origins(
    storage: Storage,
    layout: Layout,
    scope: Scope,
    workers: int = CONCURRENCY,
    *,
    most: int | None = None,
) -> Origins:
    """The same, and the accounts and organization folders that cannot be listed.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        scope: the accounts and Regions to look for.
        workers: how many listings run at once.
        most: how many accounts to look into at most, from the first to the last; None for all.

    Raises:
        StorageError: the root cannot be listed, or there is no ``AWSLogs/`` of this layout.
    """
    found: list[Origin] = []
    unlisted: list[Unlisted] = []
    every = list(_accounts(storage, layout, scope, workers, unlisted))
    accounts = spread(every, most or len(every))
    regions = map_concurrently(
        lambda account: _attempt(lambda: _regions(storage, layout, account, scope)),
        accounts,
        workers,
    )
    for account, origins in zip(accounts, regions, strict=True):
        if isinstance(origins, PlaceError):
            location = storage.location(_account_prefix(layout, account))
            unlisted.append(Unlisted(account, location, str(origins)))
        else:
            found += origins
    return Origins(tuple(found), tuple(unlisted), len(every) - len(accounts))


def spread(items: Sequence[Output], most: int) -> list[Output]:
    """At most so many of some items, at equal distances from the first on."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]


def named_origins(
    storage: Storage, layout: Layout, scope: Scope, organization: str = ""
) -> Origins:
    """The folders of named accounts and Regions, which may not exist, without a look at others.

    Whether there are organization folders is asked too, if it is not known; a policy need not allow
    that.
    """
    below = [organization]
    if not organization:
        names = _attempt(lambda: storage.folders(layout.root, _ORGANIZATIONS))
        below += [] if isinstance(names, PlaceError) else filter(is_organization, names)
    pairs = product(below, sorted(scope.accounts), sorted(scope.regions))
    return Origins(tuple(Origin(*names) for names in pairs))


def _require_root(storage: Storage, layout: Layout) -> None:
    """Make sure that there are logs of this layout, if the root may be listed."""
    names = _attempt(lambda: storage.folders(layout.root))
    if not isinstance(names, PlaceError):
        _check_names(storage, layout, names)


def _check_names(storage: Storage, layout: Layout, names: list[str]) -> None:
    if not names:
        raise no_logs_error(storage, layout.prefix)
    _refuse_other_layout(storage, layout, names)


def _accounts(
    storage: Storage, layout: Layout, scope: Scope, workers: int, unlisted: list[Unlisted]
) -> Iterator[Origin]:
    names = storage.folders(layout.root)
    _check_names(storage, layout, names)
    # Accounts may be directly in AWSLogs/, below an organization folder, or both.
    organizations = [name for name in names if is_organization(name)]
    below = map_concurrently(
        lambda name: _attempt(lambda: storage.folders(f"{layout.root}{name}/")),
        organizations,
        workers,
    )
    yield from _accounts_of("", names, layout, scope)
    for organization, folders in zip(organizations, below, strict=True):
        if isinstance(folders, PlaceError):
            location = storage.location(f"{layout.root}{organization}/")
            unlisted.append(Unlisted(Origin(organization, ""), location, str(folders)))
        else:
            yield from _accounts_of(organization, folders, layout, scope)


def _accounts_of(
    organization: str, folders: Iterable[str], layout: Layout, scope: Scope
) -> Iterator[Origin]:
    for folder in folders:
        account = layout.value(Level.ACCOUNT, folder)
        if account and (not scope.accounts or account in scope.accounts):
            yield Origin(organization, account)


def no_logs_error(storage: Storage, prefix: str) -> StorageError:
    """The error for a location without ``AWSLogs/``, or without a folder in it."""
    root = Layout(prefix).root
    if storage.has_folder(root):
        return StorageError(
            f"{storage.location(root)} contains no account folder; wait for the first delivery of "
            "the flow log, or correct the location"
        )
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


def _account_prefix(layout: Layout, account: Origin) -> str:
    """The folder of an account's Regions."""
    return layout.region_prefix(account.account, "", account.organization).removesuffix(
        layout.folder(Level.REGION, "")
    )


def _regions(storage: Storage, layout: Layout, account: Origin, scope: Scope) -> list[Origin]:
    names = storage.folders(_account_prefix(layout, account))
    regions = (layout.value(Level.REGION, name) for name in names)
    return [
        Origin(account.organization, account.account, region)
        for region in regions
        if region and (not scope.regions or region in scope.regions)
    ]
