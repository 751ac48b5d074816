"""The days that are stored around a scope in which nothing was found.

For whoever has an empty answer to explain. It looks at ``MOST_PLACES`` accounts and Regions, with
six calls each: three from year to day and one to be sure of it, the days that follow, the oldest.
A call more for each month or day without logs that lies between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import PlaceError
from flowathena.logs.layout import Layout, Origin, Scope
from flowathena.storage.base import Storage
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import list_origins, named_origins
from flowathena.storage.places import spread
from flowathena.storage.walk import moments_of

MOST_PLACES = 8
"""In how many accounts and Regions days are looked for."""
_TRIES = 3
"""How many folders without logs are passed over on the way to the newest day."""


@dataclass(frozen=True)
class Surroundings:
    """The days stored around a scope.

    Attributes:
        inside: the oldest day in scope; None if nothing is stored in it.
        before: the newest day before the scope.
        after: the oldest day after the scope.
        oldest: the oldest day of all.
        examined: how many accounts and Regions were looked at.
        places: how many there are; an account that was not looked into counts as one.
        others: accounts and Regions outside of the selection that have logs, if it has none;
            some of them, as ``111122223333 eu-west-1``.
    """

    inside: date | None = None
    before: date | None = None
    after: date | None = None
    oldest: date | None = None
    examined: int = 0
    places: int = 0
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no day was found."""
        return not (self.inside or self.before or self.after)


def find_surroundings(
    storage: Storage, layout: Layout, scope: Scope, workers: int = CONCURRENCY
) -> Surroundings:
    """The surroundings in a storage of which nothing is known yet.

    It looks for accounts and Regions first.

    Raises:
        StorageError: the storage cannot be listed, or there is no ``AWSLogs/`` of this layout.
    """
    if scope.accounts and scope.regions:
        origins = named_origins(storage, layout, scope)
    else:
        origins = list_origins(storage, layout, scope, workers, most=MOST_PLACES)
    found = look_around(storage, layout, scope, origins.found, workers)
    return replace(found, places=found.places + origins.unseen)


def look_around(
    storage: Storage,
    layout: Layout,
    scope: Scope,
    origins: Sequence[Origin],
    workers: int = CONCURRENCY,
) -> Surroundings:
    """The surroundings of known accounts and Regions; a place that cannot be listed is passed over.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        scope: the days, and the accounts and Regions that were asked for.
        origins: the accounts and Regions, of which some are looked at.
        workers: how many of them at once.

    Raises:
        StorageError: the storage cannot be listed.
    """
    chosen = spread(origins, MOST_PLACES)
    daily = replace(layout, hourly=False)
    looks = list(
        map_concurrently(lambda origin: _look(storage, daily, scope, origin), chosen, workers)
    )
    around = Surroundings(
        inside=_first(look.inside for look in looks),
        before=max((look.before for look in looks if look.before), default=None),
        after=_first(look.after for look in looks),
        oldest=_first(look.oldest for look in looks),
        examined=sum(look.examined for look in looks),
        places=len(origins),
    )
    if around.is_empty and (scope.accounts or scope.regions):
        return replace(around, others=_others(storage, layout, scope, workers))
    return around


def _first(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day), default=None)


def _look(storage: Storage, layout: Layout, scope: Scope, origin: Origin) -> Surroundings:
    prefix = layout.region_prefix(origin.account, origin.region, origin.organization)
    try:
        before = _newest_before(storage, layout, prefix, scope.first) if scope.first else None
        following = _oldest(storage, layout, prefix, scope.first)
        oldest = _oldest(storage, layout, prefix, None) if before else following
    except PlaceError:
        return Surroundings()
    is_inside = following is not None and scope.includes_day(following)
    return Surroundings(
        inside=following if is_inside else None,
        before=before,
        after=None if is_inside else following,
        oldest=oldest,
        examined=1,
    )


def _oldest(storage: Storage, layout: Layout, prefix: str, since: date | None) -> date | None:
    """The first day with logs, of all or from a day on: one call."""
    found = next(moments_of(storage, layout, prefix, Scope(first=since)), None)
    return found.day if found else None


def _newest_before(storage: Storage, layout: Layout, prefix: str, end: date) -> date | None:
    """The last day with logs before a day: a call for year, month and day, and one to be sure."""
    for _ in range(_TRIES):
        found = find_newest(storage, layout, prefix, end)
        day = found.day if found else None
        if day is None or next(moments_of(storage, layout, prefix, Scope(day, day)), None):
            return day
        end = day  # only hidden objects
    return None


def _others(storage: Storage, layout: Layout, scope: Scope, workers: int) -> tuple[str, ...]:
    try:
        known = list_origins(storage, layout, Scope(), workers, most=MOST_PLACES).found
    except PlaceError:  # a policy may allow the selected folders only
        return ()
    return tuple(
        f"{each.account} {each.region}"
        for each in known
        if (scope.accounts and each.account not in scope.accounts)
        or (scope.regions and each.region not in scope.regions)
    )
