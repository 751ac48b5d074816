"""The extent of the logs: first, recent and newest day of every account and Region, in few calls.

A call lists 1,000 folders with logs, of one account after the other. Where it ends before the
recent days of a Region, the next one begins with these: the time between is skipped. So 1,200
places with 90 days each take 110 calls; with years of history, one call for each place. Sixteen
parts of the accounts are listed at once. Where other services' folders are many, or a policy
allows an account's folder alone, each account is listed by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import PlaceError, StorageError
from flowathena.logs.layout import Layout, Level, Moment, Origin
from flowathena.storage.base import Storage, is_log
from flowathena.storage.origins import AccountFolders, Unlisted

_PAGE = 1_000
"""How many folders a call lists: where it ends, the next one may as well begin further on."""
_CANDIDATES = 8
"""How many misnamed folders of an account are looked into."""
_OBJECTS = 1_000
_FOREIGN = "/"
"""Where to go on after a folder that is no flow log's: nowhere."""


@dataclass
class PlaceExtent:
    """The logs of one account and Region.

    Attributes:
        origin: the account and Region, with the organization folder above.
        prefix: the key prefix of its folder.
        recent: the days (hours, of an hourly layout) since the given day, in order.
        oldest: the first of all; None if there is none.
        newest: the last of all; None if there is none, or if it lies in the time skipped.
        daily: whether an hourly layout was asked for and days without hours were found.
    """

    origin: Origin
    prefix: str
    recent: list[Moment] = field(default_factory=list)
    oldest: Moment | None = None
    newest: Moment | None = None
    daily: bool = False


@dataclass(frozen=True)
class Misnamed:
    """A folder with log files whose name is none of a flow log's.

    Attributes:
        folder: its key prefix.
        level: what the name should be: an account, a Region or a day.
    """

    folder: str
    level: Level


@dataclass(frozen=True)
class Extent:
    """The logs of a location in one layout.

    Attributes:
        places: every account and Region with logs.
        misnamed: folders with logs that belong to no account, Region or day.
        unlisted: the accounts and organization folders that cannot be listed.
    """

    places: tuple[PlaceExtent, ...]
    misnamed: tuple[Misnamed, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()

    @property
    def newest_day(self) -> date | None:
        """The newest day of all places; None if there is none."""
        return max((place.newest.day for place in self.places if place.newest), default=None)


def find_extent(  # noqa: PLR0913 - keyword options of one call
    storage: Storage,
    layout: Layout,
    folders: AccountFolders,
    since: date,
    *,
    accounts: frozenset[str] = frozenset(),
    regions: frozenset[str] = frozenset(),
    workers: int = CONCURRENCY,
) -> Extent:
    """Look through every account and Region.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        folders: what ``find_accounts`` found.
        since: the first day of which every partition is to be known.
        accounts: account ids; empty for all.
        regions: Region names; empty for all.
        workers: how many listings run at once.

    Raises:
        StorageError: the storage cannot be listed.
    """
    spans = []
    misnamed = []
    for organization, names in folders.levels.items():
        above = f"{layout.root}{organization}/" if organization else layout.root
        own = [
            name
            for name in names
            if (account := layout.value(Level.ACCOUNT, name))
            and (not accounts or account in accounts)
        ]
        size = -(-len(own) // workers)
        spans += [
            _Span(storage, layout, organization, own[start : start + size], since, regions)
            for start in range(0, len(own), size or 1)
        ]
        misnamed += [
            Misnamed(f"{above}{name}/", Level.ACCOUNT)
            for name in names
            if _resembles_account(layout, name)
        ]
    unlisted = list(folders.unlisted)
    places: list[PlaceExtent] = []
    for span in map_concurrently(_Span.listed, spans, workers):
        places += span.places.values()
        misnamed += span.misnamed
        unlisted += span.unlisted
    confirmed = [each for each in misnamed[:_CANDIDATES] if _contains_logs(storage, each)]
    return Extent(tuple(places), tuple(confirmed), tuple(unlisted))


class _Span:
    """Lists some accounts that follow each other, all in one folder."""

    def __init__(
        self,
        storage: Storage,
        layout: Layout,
        organization: str,
        names: Sequence[str],
        since: date,
        regions: frozenset[str],
    ) -> None:
        self._storage = storage
        self._layout = layout
        self._organization = organization
        self._above = f"{layout.root}{organization}/" if organization else layout.root
        self._names = sorted(names)
        self._since = since
        self._regions = regions
        self._recent = layout.day_folders(since).removesuffix("/")
        self.places: dict[tuple[str, str], PlaceExtent] = {}
        self.misnamed: list[Misnamed] = []
        self.unlisted: list[Unlisted] = []

    def listed(self) -> "_Span":
        """List them: together if that saves calls, else each by itself."""
        left = list(self._names)
        if len(left) > 1:
            try:
                left = self._list_all()
            except PlaceError:  # perhaps of one account alone, or of what is not theirs
                self.places.clear()
                self.misnamed.clear()
        for name in left:
            try:
                self._list_one(name)
            except PlaceError as error:
                account = self._layout.value(Level.ACCOUNT, name) or ""
                location = self._storage.location(f"{self._above}{name}/")
                self.unlisted.append(Unlisted(Origin(self._organization, account), location, error))
        return self

    def _list_all(self) -> list[str]:
        """List the accounts together; the names that are left, to be listed by themselves."""
        after = self._names[0]  # without its slash, it sorts before the keys in it
        while after:
            found = ""
            for number, folder in enumerate(self._storage.log_folders(self._above, after), 1):
                name = folder.partition("/")[0]
                if f"{name}/" > f"{self._names[-1]}/":
                    return []
                self._add(folder)
                found = self._following(folder) if number >= _PAGE else ""
                if found == _FOREIGN:
                    past = f"{name}/{self._layout.service}"  # an account after it is done
                    return [
                        each
                        for each in self._names
                        if f"{each}/" > f"{name}/" or (each == name and folder < past)
                    ]
                if found:
                    self._skip(folder)
                    break
            after = found
        return []

    def _list_one(self, name: str) -> None:
        base = f"{name}/{self._layout.service}"
        after = ""
        while True:
            found = ""
            folders = self._storage.log_folders(self._above + base, after)
            for number, folder in enumerate(folders, 1):
                self._add(base + folder)
                found = self._following(base + folder) if number >= _PAGE else ""
                if found:
                    self._skip(base + folder)
                    break
            if not found:
                return
            after = found.removeprefix(base)

    def _following(self, folder: str) -> str:
        """Where to go on after a folder at the end of a call; empty to go straight on."""
        name, _, rest = folder.partition("/")
        if name not in self._names or not rest.startswith(self._layout.service):
            return _FOREIGN
        region, _, path = rest.removeprefix(self._layout.service).partition("/")
        if region and path < self._recent:
            return f"{name}/{self._layout.service}{region}/{self._recent}"
        return ""

    def _skip(self, folder: str) -> None:
        """What follows in the Region of a folder is skipped, up to the recent days."""
        name, _, rest = folder.partition("/")
        region = rest.removeprefix(self._layout.service).partition("/")[0]
        values = (self._layout.value(Level.ACCOUNT, name), self._layout.value(Level.REGION, region))
        for known, place in self.places.items():
            if known == values:
                place.newest = None

    def _add(self, folder: str) -> None:
        name, _, rest = folder.partition("/")
        account = self._layout.value(Level.ACCOUNT, name)
        if not account or name not in self._names or not rest.startswith(self._layout.service):
            return
        region_name, _, path = rest.removeprefix(self._layout.service).partition("/")
        region = self._layout.value(Level.REGION, region_name)
        if region is None:
            self._note(folder, Level.REGION)
        elif not self._regions or region in self._regions:
            self._add_moment(Origin(self._organization, account, region), folder, path)

    def _add_moment(self, origin: Origin, folder: str, path: str) -> None:
        known = (origin.account, origin.region)
        place = self.places.get(known)
        if place is None:
            prefix = self._above + folder.removesuffix(path)
            place = self.places[known] = PlaceExtent(origin, prefix)
        moment = self._layout.moment(path)
        if moment is None:
            place.daily = place.daily or _is_day(self._layout, path)
            self._note(folder, Level.DAY)
            return
        if moment == place.newest:
            return  # a daily table over hour folders
        place.oldest = place.oldest or moment
        place.newest = moment
        if moment.day >= self._since:
            place.recent.append(moment)

    def _note(self, folder: str, level: Level) -> None:
        misnamed = Misnamed(self._above + folder, level)
        if len(self.misnamed) < _CANDIDATES and misnamed not in self.misnamed:
            self.misnamed.append(misnamed)


def _is_day(layout: Layout, path: str) -> bool:
    daily = Layout(layout.prefix, hive=layout.hive).moment(path)
    return layout.hourly and daily is not None and daily.folders == path


def _resembles_account(layout: Layout, folder: str) -> bool:
    """Whether a name may be meant for an account's: ``123``, ``aws-account-id=123``."""
    prefix = layout.folder(Level.ACCOUNT, "").removesuffix("/")
    value = folder.removeprefix(prefix)
    return value.isdigit() and folder.startswith(prefix) and not layout.value(Level.ACCOUNT, folder)


def _contains_logs(storage: Storage, misnamed: Misnamed) -> bool:
    """Whether log files are directly in a folder; of an account's, at any depth."""
    try:
        objects = list(islice(storage.objects(misnamed.folder), _OBJECTS))
    except StorageError:
        return False
    return any(
        is_log(each.key.removeprefix(misnamed.folder))
        and (
            misnamed.level is Level.ACCOUNT or each.key.rpartition("/")[0] + "/" == misnamed.folder
        )
        for each in objects
    )
