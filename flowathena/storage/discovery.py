"""Discovers what a folder or bucket contains: accounts, Regions, layout and formats."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.errors import PlaceError, StorageError
from flowathena.logs.formats import describe_format
from flowathena.logs.layout import Layout, Level, Origin, Scope, is_organization
from flowathena.storage import Storage
from flowathena.storage.base import Object, delivered, is_log
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import Unlisted, list_origins, no_logs_error, require_some
from flowathena.storage.samples import read_head

_ORIGINS = 64
"""In how many accounts and Regions the newest day is examined."""
_SAMPLES = 4
"""How many logs are tried that may not be read."""


@dataclass(frozen=True)
class Discovery:
    """What a folder or bucket contains.

    Attributes:
        layout: the layout of the newest object's folders.
        accounts: account ids with flow logs.
        regions: Regions with flow logs.
        file_format: ``text`` or ``parquet``, the newest object's.
        sample: key of the newest log object; empty if there is none.
        log_format: its fields; None if it has no header line.
        newest_day: the day of its folder, ``YYYY-MM-DD``.
        variants: every layout with its file format (``plain-daily text``), newest first.
        unseen: how many accounts and Regions were not examined for their newest day.
        unlisted: the places that could not be listed.
        origins: the accounts and Regions with folders of the layout.
    """

    layout: Layout
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    file_format: str = "text"
    sample: str = ""
    log_format: tuple[str, ...] | None = None
    newest_day: str = ""
    variants: tuple[str, ...] = ()
    unseen: int = 0
    unlisted: tuple[Unlisted, ...] = ()
    origins: tuple[Origin, ...] = ()

    @property
    def format_name(self) -> str:
        """The record format, for display."""
        if self.log_format is None:
            return "unknown (no log object with a header line found)"
        return f"{describe_format(self.log_format)}, {self.file_format}"


@dataclass(frozen=True, order=True)
class _Log:
    """A log object; sorted by time of delivery, empty ones first."""

    has_content: bool
    delivered: str
    key: str
    day: str
    hive: bool
    hourly: bool
    item: Object | None = field(default=None, compare=False)

    @property
    def file_format(self) -> str:
        return "parquet" if self.key.endswith(".parquet") else "text"

    @property
    def variant(self) -> str:
        return f"{Layout(hive=self.hive, hourly=self.hourly).name} {self.file_format}"


def discover(storage: Storage, prefix: str) -> Discovery:
    """Discover what a storage contains below a prefix.

    If there are logs of several layouts or formats, the newest object decides.

    Raises:
        StorageError: it contains no ``AWSLogs/`` or no flow logs under it, or no place of it can be
            read.
    """
    root = Layout(prefix).root
    names = storage.folders(root)
    if not names:
        raise no_logs_error(storage, prefix)
    layouts = [Layout(prefix, hive=hive) for hive in (False, True)]
    known = [
        (layout, list_origins(storage, layout, Scope()))
        for layout in layouts
        if any(layout.value(Level.ACCOUNT, name) or is_organization(name) for name in names)
    ]
    unlisted = [place for _, each in known for place in each.unlisted]
    origins = [(layout, origin) for layout, each in known for origin in each.found]
    require_some(unlisted, len(origins) + len(unlisted))
    if not origins:
        raise StorageError(
            f"{storage.location(root)} contains no VPC flow logs; correct the location"
        )
    newest = list(
        map_concurrently(
            lambda pair: _newest_of_place(storage, *pair), origins[:_ORIGINS], CONCURRENCY
        )
    )
    unread = [each for each in newest if isinstance(each, Unlisted)]
    require_some(unread, len(newest))
    logs = sorted(
        chain.from_iterable(each for each in newest if not isinstance(each, Unlisted)),
        reverse=True,
    )
    layout = origins[0][0]
    if logs:
        layout = replace(layout, hive=logs[0].hive, hourly=logs[0].hourly)
    own = [origin for other, origin in origins if other.hive == layout.hive]
    found = _read_newest(storage, layout, logs)
    return replace(
        found,
        accounts=tuple(sorted({origin.account for origin in own})),
        regions=tuple(sorted({origin.region for origin in own})),
        unseen=max(0, len(origins) - _ORIGINS),
        unlisted=(*unlisted, *unread, *found.unlisted),
        origins=tuple(own),
    )


def _read_newest(storage: Storage, layout: Layout, logs: list[_Log]) -> Discovery:
    if not logs:
        return Discovery(layout)
    newest = logs[0]
    if not newest.has_content:
        return Discovery(layout, file_format=newest.file_format, newest_day=newest.day)
    sample, log_format, unread = _read_sample(storage, layout, logs)
    return Discovery(
        layout,
        file_format=newest.file_format,
        sample=sample,
        log_format=log_format,
        newest_day=newest.day,
        variants=tuple(dict.fromkeys(log.variant for log in logs if log.has_content)),
        unlisted=unread,
    )


def _read_sample(
    storage: Storage, layout: Layout, logs: list[_Log]
) -> tuple[str, tuple[str, ...] | None, tuple[Unlisted, ...]]:
    """The newest log that may be read, its fields, and the places of those that may not.

    One per place and variant is known; others of the newest one's variant take its place.
    """
    unread: list[Unlisted] = []
    for log in [each for each in logs if each.has_content and each.variant == logs[0].variant]:
        assert log.item is not None  # noqa: S101 - it has content
        head = read_head(storage, log.item)
        if not isinstance(head.error, PlaceError):
            if head.error:
                raise head.error
            return log.key, head.fields, tuple(unread)
        found = layout.parse(log.key)
        assert found is not None  # noqa: S101 - it lies below the folder of a place
        origin = Origin(found.organization, found.account, found.region)
        unread.append(Unlisted(origin, storage.location(log.key), head.error))
        if len(unread) == _SAMPLES:
            break
    raise StorageError(str(unread[0].error))


def _newest_of_place(
    storage: Storage, layout: Layout, origin: Origin
) -> tuple[_Log, ...] | Unlisted:
    """The newest logs of an account and Region, or why it cannot be listed."""
    try:
        return tuple(_newest(storage, layout, origin))
    except PlaceError as error:
        base = layout.region_prefix(origin.account, origin.region, origin.organization)
        return Unlisted(origin, storage.location(base), error)


def _newest(storage: Storage, layout: Layout, origin: Origin) -> Iterator[_Log]:
    """The newest object of each variant in the newest day folder, and one without a key.

    The one without a key keeps the day if the folder contains no log.
    """
    base = layout.region_prefix(origin.account, origin.region, origin.organization)
    moment = find_newest(storage, layout, base)
    if moment is None:  # an empty or foreign folder
        return
    day, folder = moment.day.isoformat(), base + moment.folders
    hourly = replace(layout, hourly=True)
    newest = {"": _Log(False, day, "", day, layout.hive, hourly=False)}  # noqa: FBT003 - its fields
    for item in storage.objects(folder):
        if not is_log(item.key.removeprefix(folder)):
            continue
        log = _Log(
            bool(item.size_bytes),
            delivered(item.key) or day.replace("-", ""),
            item.key,
            day,
            layout.hive,
            hourly=hourly.parse(item.key) is not None,
            item=item,
        )
        newest[log.variant] = max(log, newest.get(log.variant, log))
    yield from newest.values()
