"""Look at a folder or bucket: accounts, Regions, layout, file format and record format."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from flowathena.aws.session import CONCURRENCY
from flowathena.concurrency import each
from flowathena.errors import StorageError
from flowathena.logs.formats import describe_format
from flowathena.logs.layout import LOG_ROOT, Layout, Level, Place, Scope, is_organization
from flowathena.storage import Storage
from flowathena.storage.header import fields_of
from flowathena.storage.walk import places

_LOG = re.compile(r"\.log(\.gz|\.parquet)?$")
# When AWS delivered it: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
_DELIVERY = re.compile(r"_([0-9]{8}T[0-9]{4}Z)_[^/]*$")
_LEVELS = (Level.YEAR, Level.MONTH, Level.DAY)
_PLACES = 64
"""Of how many accounts and Regions the newest day is looked at."""


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes:
        layout: how the folders of the newest object are laid out.
        accounts: account ids that have flow logs there.
        regions: Regions that have flow logs there.
        file_format: ``text`` or ``parquet``, of the newest object.
        sample: key of the newest log object; empty where there is none.
        log_format: the fields it names; None where it has no header line.
        newest_day: the day folder it stands in, ``YYYY-MM-DD``.
        kinds: every layout with its file format (``plain-daily text``), newest first.
        unseen: accounts and Regions whose newest day was not looked at.
    """

    layout: Layout
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    file_format: str = "text"
    sample: str = ""
    log_format: tuple[str, ...] | None = None
    newest_day: str = ""
    kinds: tuple[str, ...] = ()
    unseen: int = 0

    @property
    def format_name(self) -> str:
        """The record format for people."""
        if self.log_format is None:
            return "unknown (no log object with a header line found)"
        return f"{describe_format(self.log_format)}, {self.file_format}"


@dataclass(frozen=True, order=True)
class _Log:
    """A log object; they compare by delivery, those that hold nothing come first."""

    holds_something: bool
    delivered: str
    key: str
    day: str
    hive: bool
    hourly: bool

    @property
    def file_format(self) -> str:
        return "parquet" if self.key.endswith(".parquet") else "text"

    @property
    def kind(self) -> str:
        return f"{Layout(hive=self.hive, hourly=self.hourly).name} {self.file_format}"


def look(storage: Storage, prefix: str) -> Discovery:
    """Find out what a storage holds below a prefix.

    Where kinds of logs stand side by side, the newest object tells layout and format.

    Raises:
        StorageError: it holds no ``AWSLogs/``, or no flow logs under it, or cannot be read.
    """
    root = Layout(prefix).root
    names = storage.folders(root)
    if not names:
        raise StorageError(f"{storage.location(prefix)} holds no {LOG_ROOT}/ folder")
    layouts = [Layout(prefix, hive=hive) for hive in (False, True)]
    found = [
        (layout, place)
        for layout in layouts
        if any(layout.value(Level.ACCOUNT, name) or is_organization(name) for name in names)
        for place in places(storage, layout, Scope())
    ]
    if not found:
        raise StorageError(f"{storage.location(root)} holds no VPC flow logs")
    looked = each(lambda at: list(_newest(storage, *at)), found[:_PLACES], CONCURRENCY)
    logs = sorted(chain.from_iterable(looked), reverse=True)
    layout = replace(found[0][0], hive=logs[0].hive, hourly=logs[0].hourly) if logs else found[0][0]
    own = [place for other, place in found if other.hive == layout.hive]
    return replace(
        _sampled(storage, layout, logs),
        accounts=tuple(sorted({place.account for place in own})),
        regions=tuple(sorted({place.region for place in own})),
        unseen=max(0, len(found) - _PLACES),
    )


def _sampled(storage: Storage, layout: Layout, logs: list[_Log]) -> Discovery:
    if not logs:
        return Discovery(layout)
    newest = logs[0]
    if not newest.holds_something:
        return Discovery(layout, file_format=newest.file_format, newest_day=newest.day)
    return Discovery(
        layout,
        file_format=newest.file_format,
        sample=newest.key,
        log_format=fields_of(storage, newest.key),
        newest_day=newest.day,
        kinds=tuple(dict.fromkeys(log.kind for log in logs if log.holds_something)),
    )


def _newest(storage: Storage, layout: Layout, place: Place) -> Iterator[_Log]:
    """The newest object of each kind in the newest day folder; one without a key for none."""
    base = layout.region_prefix(place.account, place.region, place.organization)
    day, folder = _newest_day(storage, layout, base)
    if not folder:
        return
    hourly = replace(layout, hourly=True)
    newest = {"": _Log(False, day, "", day, layout.hive, hourly=False)}  # noqa: FBT003 - its fields
    for found in storage.objects(folder):
        if not _LOG.search(found.key):
            continue
        stamp = _DELIVERY.search(found.key)
        log = _Log(
            bool(found.size_bytes),
            stamp[1] if stamp else day.replace("-", ""),
            found.key,
            day,
            layout.hive,
            hourly=hourly.parse(found.key) is not None,
        )
        newest[log.kind] = max(log, newest.get(log.kind, log))
    yield from newest.values()


def _newest_day(storage: Storage, layout: Layout, prefix: str) -> tuple[str, str]:
    parts = []
    for level in _LEVELS:
        values = [v for name in storage.folders(prefix) if (v := layout.value(level, name))]
        if not values:
            return "", ""
        parts.append(max(values))
        prefix += layout.folder(level, parts[-1])
    return "-".join(parts), prefix
