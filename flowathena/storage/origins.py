"""The accounts and Regions with flow logs, found concurrently from their folders.

Calls: one for the root, one per organization, one per account; of a template, one per folder whose
subfolders differ (``places``). If accounts and Regions are named, their folders alone are looked
at, so that a policy may allow these and nothing else.

A place that cannot be listed is reported; the rest is listed nevertheless.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import TypeVar

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import PlaceError, StorageError
from flowathena.logs.layout import LOG_ROOT, Layout, Level, Origin, Scope, is_organization
from flowathena.storage.base import Storage
from flowathena.storage.places import list_places, no_folders_error, origin_of, require_days, spread
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
        error: why, with the folder that failed; its text is one line.
    """

    origin: Origin
    location: str
    error: PlaceError

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
            "error": str(self.error),
        }


@dataclass(frozen=True)
class AccountFolders:
    """The folders in ``AWSLogs/``, and in organization folders there.

    Attributes:
        levels: the names of folders by organization; empty for ``AWSLogs/`` itself.
        unlisted: the organization folders that cannot be listed.
    """

    levels: Mapping[str, Sequence[str]]
    unlisted: tuple[Unlisted, ...] = ()

    def layouts(self, expected: Layout) -> tuple[bool, ...]:
        """Which layouts they have: Hive-compatible (True), plain, or both; the expected first."""
        names = list(chain.from_iterable(self.levels.values()))
        return tuple(
            hive
            for hive in (expected.hive, not expected.hive)
            if any(Layout(hive=hive).value(Level.ACCOUNT, name) for name in names)
        )


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


def find_origins(
    storage: Storage, layout: Layout, scope: Scope, workers: int = CONCURRENCY
) -> list[Origin]:
    """Every account and Region in scope that has a flow-log folder.

    Raises:
        StorageError: a place cannot be listed, or there is no ``AWSLogs/`` of this layout.
    """
    origins = list_origins(storage, layout, scope, workers)
    if origins.unlisted:
        raise StorageError(str(origins.unlisted[0].error))
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
    if layout.template:
        return _template_origins(storage, layout, scope, workers, most)
    folders = find_accounts(storage, layout.prefix, workers)
    _refuse_other_layout(storage, layout, folders.levels[""])
    every = list(
        chain.from_iterable(
            _accounts_of(organization, names, layout, scope)
            for organization, names in folders.levels.items()
        )
    )
    accounts = spread(every, most or len(every))
    regions = map_concurrently(
        lambda account: attempt(lambda: _regions(storage, layout, account, scope)),
        accounts,
        workers,
    )
    found: list[Origin] = []
    unlisted = list(folders.unlisted)
    for account, origins in zip(accounts, regions, strict=True):
        if isinstance(origins, PlaceError):
            location = storage.location(_account_prefix(layout, account))
            unlisted.append(Unlisted(account, location, origins))
        else:
            found += origins
    return Origins(tuple(found), tuple(unlisted), len(every) - len(accounts))


def named_origins(
    storage: Storage, layout: Layout, scope: Scope, organization: str = ""
) -> Origins:
    """The folders of named accounts and Regions, which may not exist, without a look at others.

    Whether there are organization folders is asked too, if it is not known; a policy need not allow
    that.
    """
    if layout.template:
        return _template_origins(storage, layout, scope, CONCURRENCY)
    below = [organization]
    if not organization:
        names = attempt(lambda: storage.folders(layout.root, _ORGANIZATIONS))
        below += [] if isinstance(names, PlaceError) else filter(is_organization, names)
    pairs = product(below, sorted(scope.accounts), sorted(scope.regions))
    return Origins(tuple(Origin(*names) for names in pairs))


def find_accounts(storage: Storage, prefix: str, workers: int = CONCURRENCY) -> AccountFolders:
    """List ``AWSLogs/`` below a prefix, and the organization folders there.

    Accounts may be directly in ``AWSLogs/``, below an organization folder, or both.

    Raises:
        StorageError: there is no ``AWSLogs/``, or it cannot be listed.
    """
    root = Layout(prefix).root
    names = storage.folders(root)
    if not names:
        raise no_logs_error(storage, prefix)
    organizations = list(filter(is_organization, names))
    below = map_concurrently(
        lambda name: attempt(lambda: storage.folders(f"{root}{name}/")), organizations, workers
    )
    levels, unlisted = {"": names}, []
    for organization, folders in zip(organizations, below, strict=True):
        if isinstance(folders, PlaceError):
            location = storage.location(f"{root}{organization}/")
            unlisted.append(Unlisted(Origin(organization, ""), location, folders))
        else:
            levels[organization] = folders
    return AccountFolders(levels, tuple(unlisted))


def require_logs(storage: Storage, layout: Layout) -> None:
    """Make sure that there are logs of a layout, if the root may be listed.

    Raises:
        StorageError: there is no ``AWSLogs/`` of this layout, or the storage cannot be listed.
    """
    if layout.template:
        if not layout.folders.places:
            require_days(storage, layout)
        return
    names = attempt(lambda: storage.folders(layout.root))
    if not isinstance(names, PlaceError):
        if not names:
            raise no_logs_error(storage, layout.prefix)
        _refuse_other_layout(storage, layout, names)


def require_some(unlisted: Sequence[Unlisted], places: int) -> None:
    """Make sure that not every place failed.

    Raises:
        StorageError: every one did; the error of the first.
    """
    if unlisted and len(unlisted) == places:
        others = f" (and {counted(places - 1, 'more place')})" if places > 1 else ""
        raise StorageError(f"{unlisted[0].error}{others}")


class NoLogsError(StorageError):
    """A location contains no ``AWSLogs/`` folder at all."""


def no_logs_error(storage: Storage, prefix: str) -> StorageError:
    """The error for a location without ``AWSLogs/``, or without a folder in it."""
    root = Layout(prefix).root
    if storage.has_folder(root):
        return StorageError(
            f"{storage.location(root)} contains no account folder; wait for the first delivery of "
            "the flow log, or correct the location"
        )
    return NoLogsError(
        f"{storage.location(prefix)} contains no {LOG_ROOT}/ folder; "
        "the location is the folder that contains it"
    )


def attempt(call: Callable[[], Output]) -> Output | PlaceError:
    """What a call returns, or why this place cannot be listed; other errors are raised."""
    try:
        return call()
    except PlaceError as error:
        return error


def _template_origins(
    storage: Storage, layout: Layout, scope: Scope, workers: int, most: int | None = None
) -> Origins:
    """The places of a template, which may be one for all logs."""
    places, unseen = list_places(storage, layout, scope, workers, most)
    found = [origin_of(place, scope) for place in places if not place.error]
    unlisted = [
        Unlisted(origin_of(each, scope), storage.location(layout.root + each.path), each.error)
        for each in places
        if each.error
    ]
    if not places and not (scope.accounts or scope.regions):
        raise no_folders_error(storage, layout)
    return Origins(tuple(found), tuple(unlisted), unseen)


def _accounts_of(
    organization: str, folders: Iterable[str], layout: Layout, scope: Scope
) -> Iterator[Origin]:
    for folder in folders:
        account = layout.value(Level.ACCOUNT, folder)
        if account and (not scope.accounts or account in scope.accounts):
            yield Origin(organization, account)


def _refuse_other_layout(storage: Storage, layout: Layout, names: Sequence[str]) -> None:
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
