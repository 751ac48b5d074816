"""The extent of logs in the folders of a template: first, recent and newest day of every place."""

from datetime import date
from functools import partial

from flowathena.concurrency import map_concurrently
from flowathena.errors import PlaceError
from flowathena.logs.layout import Layout, Origin, Scope
from flowathena.storage.base import Storage
from flowathena.storage.extent import Extent, PlaceExtent
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import Unlisted, list_origins
from flowathena.storage.walk import moments_of


def find_template_extent(
    storage: Storage,
    layout: Layout,
    since: date,
    *,
    accounts: frozenset[str],
    regions: frozenset[str],
    workers: int,
) -> Extent:
    """Look through every place of a template; see ``find_extent``. Misnamed folders are not told.

    Raises:
        StorageError: the storage cannot be listed, or has no folder of the template.
    """
    scope = Scope(since, None, accounts, regions)
    known = list_origins(storage, layout, scope, workers)
    look = partial(_look, storage, layout, scope)
    found = list(map_concurrently(look, known.found, workers))
    return Extent(
        tuple(each for each in found if isinstance(each, PlaceExtent) and each.oldest),
        unlisted=(*known.unlisted, *(each for each in found if isinstance(each, Unlisted))),
    )


def _look(storage: Storage, layout: Layout, scope: Scope, origin: Origin) -> PlaceExtent | Unlisted:
    prefix = layout.region_prefix(origin.account, origin.region, origin.organization)
    try:
        recent = list(moments_of(storage, layout, prefix, scope))
        oldest = next(moments_of(storage, layout, prefix, Scope()), None)
        newest = recent[-1] if recent else find_newest(storage, layout, prefix)
    except PlaceError as error:
        return Unlisted(origin, storage.location(prefix), error)
    return PlaceExtent(origin, prefix, recent, oldest, newest)
