"""The folders of a template, level by level: where logs come from, then their days.

Calls: one for every folder whose subfolders differ. A level that the scope or the template decides
is not listed: of three days in one month, only the month's folder is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, product
from typing import TypeVar

from flowathena.concurrency import map_concurrently
from flowathena.errors import PlaceError, StorageError
from flowathena.logs.layout import Layout, Moment, Origin, Scope
from flowathena.logs.template import TIME_FIELDS, Folder
from flowathena.storage.base import Storage

Item = TypeVar("Item")
_FIRST_HOUR, _LAST_HOUR = "00", "23"


@dataclass(frozen=True)
class Place:
    """A folder on the way to the days.

    Attributes:
        path: its path below the layout's root, ending with ``/``; empty for the root itself.
        values: the fields that are known there.
        error: why it cannot be listed; None if it can.
    """

    path: str
    values: Mapping[str, str]
    error: PlaceError | None = None

    def below(self, folder: Folder, values: Mapping[str, str]) -> "Place":
        """The folder below it with all the values of fields, which include its own."""
        return Place(f"{self.path}{folder.name(values)}/", values)


def list_places(
    storage: Storage, layout: Layout, scope: Scope, workers: int, most: int | None = None
) -> tuple[list[Place], int]:
    """The folders above the days, and those that cannot be listed; and how many were not looked at.

    Named accounts and Regions are not looked for: their folders may not exist.

    Args:
        storage: where to look.
        layout: the layout, one by template.
        scope: the accounts and Regions to look for.
        workers: how many listings run at once.
        most: how many folders of a level to look into at most; None for all.

    Raises:
        StorageError: the storage cannot be listed.
    """
    places, failed, unseen = [Place("", {})], [], 0
    for folder in layout.folders.places:
        chosen = spread(places, most or len(places))
        unseen += len(places) - len(chosen)
        look = partial(_list, storage, layout, folder, scope)
        found = list(chain.from_iterable(map_concurrently(look, chosen, workers)))
        failed += [place for place in found if place.error]
        places = [place for place in found if not place.error]
    return [*places, *failed], unseen


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of some items, at equal distances from the first on."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]


def origin_of(place: Place, scope: Scope) -> Origin:
    """Where the logs in a folder come from; what no folder says, the scope does if it has one."""
    account, region = (
        values.get(field) or (next(iter(names)) if len(names) == 1 else "")
        for values, field, names in (
            (place.values, "account", scope.accounts),
            (place.values, "region", scope.regions),
        )
    )
    return Origin(place.values.get("org", ""), account, region)


def _list(
    storage: Storage, layout: Layout, folder: Folder, scope: Scope, place: Place
) -> list[Place]:
    named = {"account": scope.accounts, "region": scope.regions}
    unknown = list(dict.fromkeys(name for name in folder.fields if name not in place.values))
    if all(named.get(name) for name in unknown):
        chosen = product(*(sorted(named[name]) for name in unknown))
        each = (dict(zip(unknown, values, strict=True)) for values in chosen)
        return [place.below(folder, {**place.values, **values}) for values in each]
    try:
        names = storage.folders(layout.root + place.path)
    except PlaceError as error:
        return [Place(place.path, place.values, error)]
    found = (folder.match(name, place.values) for name in names)
    return [place.below(folder, values) for values in found if values and _is_chosen(values, scope)]


def _is_chosen(values: Mapping[str, str], scope: Scope) -> bool:
    pairs = (("account", scope.accounts), ("region", scope.regions))
    return all(not names or values.get(field, "") in {*names, ""} for field, names in pairs)


def list_moments(storage: Storage, layout: Layout, prefix: str, scope: Scope) -> Iterator[Moment]:
    """The days (or hours) of a place that have a folder, in order; each folder once it is needed.

    Args:
        storage: where to look.
        layout: the layout of the folders.
        prefix: the folder of the place.
        scope: the days to look for.

    Raises:
        PlaceError: a folder cannot be listed; others may be.
        StorageError: the storage cannot be listed.
    """
    yield from _Days(storage, layout, prefix, scope).below("", {})


def newest_moment(
    storage: Storage, layout: Layout, prefix: str, last: date | None = None
) -> Moment | None:
    """The newest day (or hour) of a place that has a folder, up to a day; None if there is none.

    Raises:
        StorageError: a folder cannot be listed.
    """
    days = _Days(storage, layout, prefix, Scope(last=last), newest_first=True)
    return next(days.below("", {}), None)


class _Days:
    """Goes down from the folder of a place to its days, a listing a folder."""

    def __init__(
        self,
        storage: Storage,
        layout: Layout,
        prefix: str,
        scope: Scope,
        *,
        newest_first: bool = False,
    ) -> None:
        self._storage = storage
        self._layout = layout
        self._prefix = prefix
        self._times = layout.folders.times
        self._first = _bound(scope.first, _FIRST_HOUR)
        self._last = _bound(scope.last, _LAST_HOUR)
        self._newest_first = newest_first

    def below(self, path: str, known: Mapping[str, str], level: int = 0) -> Iterator[Moment]:
        """The days below a folder of which some fields are known."""
        if level == len(self._times):
            moment = self._layout.moment(path)  # 2026/11/31/ is no day
            if moment:
                yield moment
            return
        folder = self._times[level]
        is_last = level == len(self._times) - 1
        for values in self._list(path, folder, known, must_exist=is_last):
            yield from self.below(f"{path}{folder.name(values)}/", values, level + 1)

    def _list(
        self, path: str, folder: Folder, known: Mapping[str, str], *, must_exist: bool
    ) -> list[dict[str, str]]:
        """The values of the folders in scope, in order."""
        start = self._start(folder, known)
        decided = folder.match(start, known)
        if decided and not must_exist:
            return [decided]
        names = self._storage.folders(self._prefix + path, start)
        found = (folder.match(name, known) for name in names)
        return sorted(
            (values for values in found if values is not None and self._is_in_scope(values)),
            key=_time,
            reverse=self._newest_first,
        )

    def _start(self, folder: Folder, known: Mapping[str, str]) -> str:
        """What all names in scope begin with; all of the name if there is only one."""
        first = self._first if self._first and _agrees(known, self._first) else None
        last = self._last if self._last and _agrees(known, self._last) else None
        if not set(folder.fields) - known.keys():
            return folder.name(known)
        if first and last:
            return folder.shared_start(first, last)
        return ""

    def _is_in_scope(self, values: Mapping[str, str]) -> bool:
        own = _time(values)
        after = self._first is None or own >= _time(self._first)[: len(own)]
        return after and (self._last is None or own <= _time(self._last)[: len(own)])


def _bound(day: date | None, hour: str) -> dict[str, str] | None:
    if day is None:
        return None
    return dict(zip(TIME_FIELDS, (*day.isoformat().split("-"), hour), strict=True))


def _time(values: Mapping[str, str]) -> tuple[str, ...]:
    """What is known of a time, from the year down: sorts as times do."""
    return tuple(values[field] for field in TIME_FIELDS if field in values)


def _agrees(known: Mapping[str, str], bound: Mapping[str, str]) -> bool:
    return all(bound[field] == value for field, value in known.items())


def day_before(day: date) -> date | None:
    """The day before; None before the first of all."""
    return None if day == date.min else day - timedelta(days=1)


def require_days(storage: Storage, layout: Layout) -> None:
    """Make sure that a location without folders of accounts has days of a template.

    Raises:
        StorageError: it has none, or cannot be listed.
    """
    first = layout.folders.times[0]
    if not any(first.match(name, {}) for name in storage.folders(layout.root)):
        raise no_folders_error(storage, layout)


def no_folders_error(storage: Storage, layout: Layout) -> StorageError:
    """The error for a location without a folder of a template."""
    return StorageError(
        f"{storage.location(layout.prefix)} contains no folders {layout.folders.text}; correct the "
        "target's layout, or its location"
    )
