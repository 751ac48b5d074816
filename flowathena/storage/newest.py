"""The newest day of an account and Region, found without a look at the others."""

from datetime import date, timedelta

from flowathena.logs.layout import Layout, Level, Moment
from flowathena.storage.base import Storage

_LEVELS = (Level.YEAR, Level.MONTH, Level.DAY)


def find_newest(
    storage: Storage, layout: Layout, prefix: str, before: date | None = None
) -> Moment | None:
    """The newest day that has a folder; None if there is none.

    Three calls, from the year down, and one more for each year or month without such a day.

    Args:
        storage: where to look.
        layout: the layout of the folders; hours are not looked for.
        prefix: the folder of the account and Region.
        before: only days before this one; None for all.

    Raises:
        StorageError: a folder cannot be listed.
    """
    daily = Layout(layout.prefix, hive=layout.hive)
    if before is None:
        return _newest(storage, daily, prefix, "", (), None)
    if before == date.min:
        return None
    last = before - timedelta(days=1)
    return _newest(storage, daily, prefix, "", (), (last.year, last.month, last.day))


def _newest(
    storage: Storage,
    layout: Layout,
    prefix: str,
    path: str,
    known: tuple[int, ...],
    last: tuple[int, int, int] | None,
) -> Moment | None:
    """The newest day below the folder ``path`` of the ``known`` year and month, up to ``last``."""
    if len(known) == len(_LEVELS):
        return layout.moment(path)  # 2026/11/31/ is no day: the one before
    level = _LEVELS[len(known)]
    named = ((layout.value(level, name), name) for name in storage.folders(prefix + path))
    for number, name in sorted(((int(text), name) for text, name in named if text), reverse=True):
        parts = (*known, number)
        if last is None or parts <= last[: len(parts)]:
            found = _newest(storage, layout, prefix, f"{path}{name}/", parts, last)
            if found:
                return found
    return None
