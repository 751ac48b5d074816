"""Discovers what a folder or bucket contains: accounts, Regions, flow logs, layouts and formats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
from flowathena.errors import ObjectError, PlaceError, StorageError
from flowathena.logs.formats import describe_format
from flowathena.logs.layout import Layout, Level, Moment, Origin, Scope, is_organization
from flowathena.storage import Storage
from flowathena.storage.flow_logs import read_formats
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import Unlisted, list_origins, no_logs_error, require_some
from flowathena.storage.samples import FileHead

_ORIGINS = 64
"""In how many accounts and Regions the newest day is examined."""
_DAYS = 3
"""In how many days of an account and Region, the newest first, a readable file is looked for."""


@dataclass(frozen=True)
class FlowLog:
    """A flow log that delivers to an account and Region, as the newest day with its files shows it.

    Attributes:
        origin: the account and Region.
        layout: the layout of its folders.
        day: the day of the folder, ``YYYY-MM-DD``.
        head: what its newest readable file says; its error if there is none.
    """

    origin: Origin
    layout: Layout
    day: str
    head: FileHead

    @property
    def id(self) -> str:
        """``fl-…``; empty if the names of its files have none."""
        return self.head.flow_log

    @property
    def error(self) -> StorageError | None:
        """Why its format is unknown; None if it was read."""
        return self.head.error

    @property
    def variant(self) -> str:
        """Its layout and file format: ``plain-daily text``."""
        return f"{self.layout.name} {self.head.file_format}"

    @property
    def age(self) -> tuple[str, str]:
        """What sorts flow logs from the oldest file to the newest."""
        return self.head.delivered or self.day.replace("-", ""), self.head.key


@dataclass(frozen=True)
class Format:
    """Flow logs that one table can read: of one layout, file format and record format.

    Attributes:
        layout: the layout of the newest one's folders; hourly and daily ones share a table of days.
        file_format: ``text`` or ``parquet``.
        fields: the fields of the records in order, of Parquet the newest one's; None for text
            without a header line.
        values: how many values the first record of a text has; None if unknown.
        flow_logs: the ids, the newest first, each once; empty for files whose names have none.
        places: the accounts and Regions, the newest first, each once.
        sample: the key of the newest file.
        day: the day of its folder, ``YYYY-MM-DD``.
    """

    layout: Layout
    file_format: str
    fields: tuple[str, ...] | None
    values: int | None
    flow_logs: tuple[str, ...]
    places: tuple[Origin, ...]
    sample: str
    day: str

    @property
    def has_header(self) -> bool:
        """Whether the files name their fields."""
        return self.fields is not None

    @property
    def name(self) -> str:
        """The format in a few words, for display."""
        if self.fields is None:
            return f"{self.values or 0} values without a header line, {self.file_format}"
        return f"{describe_format(self.fields)}, {self.file_format}"


@dataclass(frozen=True)
class Discovery:
    """What a folder or bucket contains.

    Attributes:
        layout: the layout of the newest object's folders.
        accounts: account ids with flow logs.
        regions: Regions with flow logs.
        flow_logs: the flow logs of every account and Region that was examined, those with the
            newest files first.
        last_day: the newest day that has a folder, ``YYYY-MM-DD``; empty without one.
        unseen: how many accounts and Regions were not examined for their newest day.
        unlisted: the places that could not be listed, or whose files may not be read.
        origins: the accounts and Regions with folders of the layout.
    """

    layout: Layout
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    flow_logs: tuple[FlowLog, ...] = ()
    last_day: str = ""
    unseen: int = 0
    unlisted: tuple[Unlisted, ...] = ()
    origins: tuple[Origin, ...] = ()

    @property
    def newest(self) -> FlowLog | None:
        """The flow log with the newest readable file; None if no file can be read."""
        return next(iter(self._readable), None)

    @property
    def newest_day(self) -> str:
        """The newest day with a file that can be read, or may not; without one, with a folder."""
        days = [log.day for log in self.flow_logs if not isinstance(log.error, ObjectError)]
        return max(days, default=self.last_day)

    @property
    def unreadable(self) -> tuple[FlowLog, ...]:
        """The flow logs whose format is unknown, those with the newest files first."""
        return tuple(log for log in self.flow_logs if log.error)

    @property
    def variants(self) -> tuple[str, ...]:
        """Every layout with its file format (``plain-daily text``), the newest first."""
        return tuple(dict.fromkeys(log.variant for log in self._readable))

    @property
    def _readable(self) -> tuple[FlowLog, ...]:
        return tuple(log for log in self.flow_logs if log.error is None)

    def formats(self) -> tuple[Format, ...]:
        """The flow logs by what one table can read, that of the newest object first."""
        groups: dict[tuple[object, ...], list[FlowLog]] = {}
        for log in self._readable:
            groups.setdefault(_format_of(log), []).append(log)
        return tuple(_format(logs) for logs in groups.values())


def _format_of(log: FlowLog) -> tuple[object, ...]:
    """What flow logs of one table have in common; the order of Parquet columns is no matter."""
    head = log.head
    fields = head.fields
    if fields and head.file_format == "parquet":
        fields = tuple(sorted(fields))
    # A text without a header line tells only how many values a record has.
    return log.layout.hive, head.file_format, fields, head.values if fields is None else None


def _format(logs: Sequence[FlowLog]) -> Format:
    newest = logs[0]
    return Format(
        newest.layout,
        newest.head.file_format,
        newest.head.fields,
        next((log.head.values for log in logs if log.head.values), None),
        tuple(dict.fromkeys(log.id for log in logs)),
        tuple(dict.fromkeys(log.origin for log in logs)),
        newest.head.key,
        newest.day,
    )


@dataclass(frozen=True)
class _Place:
    """What was seen of an account and Region: its newest day, and its flow logs."""

    last_day: str = ""
    flow_logs: tuple[FlowLog, ...] = ()


def discover(storage: Storage, prefix: str, watch: Watch = lambda _done, _total: None) -> Discovery:
    """Discover what a storage contains below a prefix.

    If there are logs of several layouts or formats, the newest object decides.

    Args:
        storage: where to look.
        prefix: the folder that contains ``AWSLogs/``; empty, or ending with ``/``.
        watch: called for every account and Region examined.

    Raises:
        StorageError: it contains no ``AWSLogs/`` or no flow logs under it, or no place of it can be
            read.
    """
    return examine(storage, *_list_origins(storage, prefix), watch)


def examine(
    storage: Storage,
    origins: Sequence[tuple[Layout, Origin]],
    unlisted: Sequence[Unlisted],
    watch: Watch = lambda _done, _total: None,
) -> Discovery:
    """Discover what some accounts and Regions, or the places of a template, contain.

    Args:
        storage: where to look.
        origins: each with the layout of its folders; at least one.
        unlisted: the places that could not be listed.
        watch: called for every place examined.

    Raises:
        StorageError: no place can be read.
    """
    places = list(_examine(storage, origins[:_ORIGINS], watch))
    unread = [each for each in places if isinstance(each, Unlisted)]
    require_some(unread, len(places))
    seen = [each for each in places if isinstance(each, _Place)]
    logs = sorted(
        chain.from_iterable(each.flow_logs for each in seen), key=lambda log: log.age, reverse=True
    )
    denied = _denied(storage, logs)
    newest = next((log for log in logs if log.error is None), None)
    layout = newest.layout if newest else logs[0].layout if logs else origins[0][0]
    own = [origin for other, origin in origins if other.hive == layout.hive]
    return Discovery(
        layout,
        tuple(sorted({origin.account for origin in own} - {""})),
        tuple(sorted({origin.region for origin in own} - {""})),
        tuple(logs),
        max((each.last_day for each in seen), default=""),
        max(0, len(origins) - _ORIGINS),
        (*unlisted, *unread, *denied),
        tuple(own),
    )


def _list_origins(
    storage: Storage, prefix: str
) -> tuple[list[tuple[Layout, Origin]], list[Unlisted]]:
    """The accounts and Regions of both layouts, and the places that cannot be listed."""
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
    return origins, unlisted


def _examine(
    storage: Storage, origins: Sequence[tuple[Layout, Origin]], watch: Watch
) -> Iterator[_Place | Unlisted]:
    places = map_concurrently(lambda pair: _look_into(storage, *pair), origins, CONCURRENCY)
    for number, place in enumerate(places, 1):
        watch(number, len(origins))
        yield place


def _look_into(storage: Storage, layout: Layout, origin: Origin) -> _Place | Unlisted:
    """The flow logs of an account and Region, or why it cannot be listed."""
    base = layout.region_prefix(origin.account, origin.region, origin.organization)
    try:
        return _read_newest(storage, layout, origin, base)
    except PlaceError as error:
        return Unlisted(origin, storage.location(base), error)


def _read_newest(storage: Storage, layout: Layout, origin: Origin, base: str) -> _Place:
    """The flow logs of the newest day with a file that can be read; of none, of the last ones."""
    moment = find_newest(storage, layout, base)
    last_day = moment.day.isoformat() if moment else ""
    found: dict[tuple[str, str], FlowLog] = {}
    for _ in range(_DAYS):
        if moment is None:
            break
        logs = list(_flow_logs(storage, layout, origin, base, moment))
        for log in logs:
            found.setdefault((log.id, log.head.file_format if log.error is None else ""), log)
        if any(not isinstance(log.error, ObjectError) for log in logs):
            break
        moment = find_newest(storage, layout, base, before=moment.day)
    readable = {log.id for log in found.values() if log.error is None}
    kept = (log for log in found.values() if log.error is None or log.id not in readable)
    return _Place(last_day, tuple(kept))


def _flow_logs(
    storage: Storage, layout: Layout, origin: Origin, base: str, moment: Moment
) -> Iterator[FlowLog]:
    for head in read_formats(storage, base + moment.folders):
        if head.error and not isinstance(head.error, ObjectError | PlaceError):
            raise head.error  # the storage failed, not this file
        yield FlowLog(origin, _layout_of(layout, head.key), moment.day.isoformat(), head)


def _layout_of(layout: Layout, key: str) -> Layout:
    """The layout as a file has it: with hours; a template loses hours that are not there."""
    hourly = replace(layout, hourly=True) if layout.has_hours else None
    if hourly and hourly.parse(key):
        return layout if layout.template else hourly
    return replace(layout, template=layout.folders.daily().text) if layout.template else layout


def _denied(storage: Storage, logs: Sequence[FlowLog]) -> Iterator[Unlisted]:
    """The places whose files may not be read, each once.

    Raises:
        StorageError: no file may be read.
    """
    denied = {
        log.origin: Unlisted(log.origin, storage.location(log.head.key), log.error)
        for log in reversed(logs)
        if isinstance(log.error, PlaceError)
    }
    if denied and all(isinstance(log.error, PlaceError) for log in logs):
        raise StorageError(str(logs[0].error))
    return iter(tuple(reversed(denied.values())))
