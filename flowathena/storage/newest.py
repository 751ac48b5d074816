"""The newest day of an account and Region, found without a look at the others."""

from dataclasses import replace
from datetime import date

from flowathena.logs.layout import Layout, Moment
from flowathena.storage.base import Storage
from flowathena.storage.places import day_before, newest_moment


def find_newest(
    storage: Storage, layout: Layout, prefix: str, before: date | None = None
) -> Moment | None:
    """The newest day that has a folder; None if there is none.

    A call for every level of its folders (year, month, day), and one more for each year or month
    without such a day.

    Args:
        storage: where to look.
        layout: the layout of the folders; hours below days are not looked for.
        prefix: the folder of the account and Region.
        before: only days before this one; None for all.

    Raises:
        StorageError: a folder cannot be listed.
    """
    last = day_before(before) if before else None
    if before and last is None:
        return None
    return newest_moment(storage, replace(layout, hourly=False), prefix, last)
