"""Look at a folder or bucket: accounts, Regions, layout and record format."""

import re
import zlib
from dataclasses import dataclass, replace

from flowathena.errors import StorageError
from flowathena.fields import BY_NAME, DEFAULT_FORMAT
from flowathena.layout import LOG_ROOT, Layout, Level
from flowathena.storage import Object, Storage
from flowathena.storage.walk import Scope, places

_HEAD_BYTES = 16_384
_LOG = re.compile(r"\.log(\.gz|\.parquet)?$")
_LEVELS = (Level.YEAR, Level.MONTH, Level.DAY)


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes:
        layout: how the folders are laid out.
        accounts: account ids that have flow logs.
        regions: Regions that have flow logs.
        sample: key of the newest log object looked at; empty where there is none.
        log_format: the fields its header line names; None where it has no header line.
        newest_day: the day folder it stands in, ``YYYY-MM-DD``.
    """

    layout: Layout
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    sample: str = ""
    log_format: tuple[str, ...] | None = None
    newest_day: str = ""

    @property
    def format_name(self) -> str:
        """The record format for people."""
        if self.log_format is None:
            return "unknown (no log object with a header line found)"
        if self.log_format == DEFAULT_FORMAT:
            return f"default, {len(DEFAULT_FORMAT)} fields (version 2)"
        known = [BY_NAME[name].version for name in self.log_format if name in BY_NAME]
        return f"custom, {len(self.log_format)} fields (version {max(known, default=0)})"


def look(storage: Storage, prefix: str) -> Discovery:
    """Find out what a storage holds below a prefix.

    Raises:
        StorageError: it holds no ``AWSLogs/``, or no flow logs under it, or cannot be read.
    """
    layout = Layout(prefix)
    names = storage.folders(layout.root)
    if not names:
        raise StorageError(f"{storage.location(prefix)} holds no {LOG_ROOT}/ folder")
    hive = any(Layout(hive=True).value(Level.ACCOUNT, name) for name in names)
    layout = Layout(prefix, hive=hive)
    found = places(storage, layout, Scope())
    if not found:
        raise StorageError(f"{storage.location(layout.root)} holds no VPC flow logs")
    accounts = tuple(sorted({place.account for place in found}))
    regions = tuple(sorted({place.region for place in found}))
    for place in found:
        base = layout.region_prefix(place.account, place.region, place.organization)
        day, folder = _newest_day(storage, layout, base)
        if folder:
            sampled = _sampled(storage, layout, day, folder)
            return replace(sampled, accounts=accounts, regions=regions)
    return Discovery(layout, accounts, regions)


def _sampled(storage: Storage, layout: Layout, day: str, folder: str) -> Discovery:
    hourly = any(layout.value(Level.HOUR, name) for name in storage.folders(folder))
    found = Layout(layout.prefix, hive=layout.hive, hourly=hourly)
    objects = storage.objects(folder)
    sample = next((o for o in objects if o.size_bytes and _LOG.search(o.key)), None)
    if sample is None:
        return Discovery(found, (), (), newest_day=day)
    return Discovery(found, (), (), sample.key, _fields(storage, sample), day)


def _newest_day(storage: Storage, layout: Layout, prefix: str) -> tuple[str, str]:
    parts = []
    for level in _LEVELS:
        values = [v for name in storage.folders(prefix) if (v := layout.value(level, name))]
        if not values:
            return "", ""
        parts.append(max(values))
        prefix += layout.folder(level, parts[-1])
    return "-".join(parts), prefix


def _fields(storage: Storage, sample: Object) -> tuple[str, ...] | None:
    if sample.key.endswith(".parquet"):
        raise StorageError(
            f"{storage.location(sample.key)} is Parquet; this version reads text flow logs"
        )
    raw = storage.first_bytes(sample.key, _HEAD_BYTES)
    try:
        head = zlib.decompressobj(31).decompress(raw) if sample.key.endswith(".gz") else raw
    except zlib.error as error:
        raise StorageError(f"{storage.location(sample.key)}: {error}") from error
    names = tuple(head.partition(b"\n")[0].decode("utf-8", "replace").split())
    return names if any(name in BY_NAME for name in names) else None
