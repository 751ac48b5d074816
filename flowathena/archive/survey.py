"""What there is of a target's closed days: log files that are registered, and archived partitions.

Both are looked up anew each time: a log that came late shows in the size of its day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flowathena.archive.record import Archived, Manifest, by_values
from flowathena.aws.session import Aws
from flowathena.catalog import Registry, open_catalog, read_partitions
from flowathena.concurrency import Watch, map_concurrently
from flowathena.cost.sizes import size_of
from flowathena.errors import StorageError
from flowathena.logs.layout import Scope
from flowathena.query.relation import UNKNOWN
from flowathena.shape.shape import FlowTable, Values
from flowathena.storage import LocalStorage, S3Storage, open_storage
from flowathena.storage.walk import walk
from flowathena.target.location import split_location
from flowathena.target.target import Target


@dataclass(frozen=True)
class LogPartition:
    """The log files of one account, Region and day.

    Attributes:
        values: account, Region and ISO day: the values of the archive's partition.
        locations: the registered partitions that they are in, by the table's place among those of
            the target.
        files: how many files there are.
        size_bytes: their size as stored.
        copy_bytes: the size of their copy in the archive, if that is read; else None.
    """

    values: Values
    locations: Mapping[int, Mapping[Values, str]]
    files: int = 0
    size_bytes: int = 0
    copy_bytes: int | None = None

    @property
    def read_bytes(self) -> int:
        """How much whoever reads it reads."""
        return self.size_bytes if self.copy_bytes is None else self.copy_bytes

    @property
    def day(self) -> date:
        """Its day."""
        return date.fromisoformat(self.values[-1])

    def has_grown(self, archived: Archived) -> bool:
        """Whether files came after it was archived."""
        return self.files > archived.log_files or self.size_bytes > archived.log_bytes


@dataclass(frozen=True)
class Survey:
    """What there is of some days.

    Attributes:
        logs: the log files, by the values of the archive's partition.
        archived: the archived partitions that are registered, likewise.
        unverified: registered partitions of the archive that no manifest knows, with their
            locations.
        manifests: those of all runs.
    """

    logs: Mapping[Values, LogPartition]
    archived: Mapping[Values, Archived]
    unverified: Mapping[Values, str]
    manifests: tuple[Manifest, ...]


def survey_logs(
    target: Target,
    source: FlowTable,
    scope: Scope,
    aws: Aws,
    watch: Watch = lambda _done, _total: None,
) -> dict[Values, LogPartition]:
    """The registered log files of the days of a scope, by the values of the archive's partitions.

    Args:
        target: the target.
        source: its tables, without its archive.
        scope: a first and a last day.
        aws: the clients.
        watch: called with how many of how many folders are measured.

    Raises:
        CatalogError: the registered partitions cannot be read.
        StorageError: a folder cannot be listed.
    """
    return _measured(_registered_logs(target, source, scope, aws), aws, watch)


def survey(
    logs: Mapping[Values, LogPartition],
    registered: Mapping[Values, str],
    manifests: Iterable[Manifest],
    scope: Scope,
) -> Survey:
    """What there is of the days of a scope.

    Args:
        logs: the log files.
        registered: the location of every registered partition of the archive.
        manifests: those of all runs.
        scope: a first and a last day.
    """
    kept = tuple(manifests)
    known = by_values(kept)
    archived: dict[Values, Archived] = {}
    unverified: dict[Values, str] = {}
    for values, location in registered.items():
        if not scope.includes_day(date.fromisoformat(values[-1])):
            continue
        if entry := known.get((values, location.rstrip("/"))):
            archived[values] = entry
        else:
            unverified[values] = location
    return Survey(logs, archived, unverified, kept)


def _registered_logs(
    target: Target, source: FlowTable, scope: Scope, aws: Aws
) -> dict[Values, LogPartition]:
    found: dict[Values, dict[int, dict[Values, str]]] = defaultdict(lambda: defaultdict(dict))
    for number, (each, table) in enumerate(zip(target.tables, source.tables, strict=False)):
        limited = table.shape.restrict(scope)
        partitions = _locations(each, table, limited, aws) if limited else {}
        for values, location in partitions.items():
            if own := _archive_values(table, values):
                found[own][number][values] = location
    return {values: LogPartition(values, locations) for values, locations in found.items()}


def _locations(target: Target, table: FlowTable, scope: Scope, aws: Aws) -> Mapping[Values, str]:
    if not table.shape.projected:
        catalog: Registry = open_catalog(target, aws)
        return read_partitions(catalog, scope, table.shape)
    layout = replace(target.folders, hourly=table.shape.is_hourly)
    storage = open_storage(target, aws)
    found = walk(storage, layout, scope, table.shape.values, workers=aws.concurrency)
    if found.unlisted:
        raise found.unlisted[0].error
    return found.locations


def _archive_values(table: FlowTable, values: Values) -> Values | None:
    """The archive's values of a registered partition; None of one that is of no day."""
    canonical = table.shape.canonical(values)
    day = table.shape.day_of(values) or table.shape.day_of(canonical)
    if day is None:
        return None
    account, region = table.shape.account_and_region(values)
    return (account or UNKNOWN, region or UNKNOWN, str(day))


def _measured(
    logs: Mapping[Values, LogPartition], aws: Aws, watch: Watch
) -> dict[Values, LogPartition]:
    """The same with the sizes of their folders."""
    places = {
        location
        for each in logs.values()
        for locations in each.locations.values()
        for location in locations.values()
    }
    ordered = sorted(places)
    sizes: dict[str, tuple[int, int]] = {}
    measure = _measurer(aws)
    found = map_concurrently(measure, ordered, aws.concurrency)
    for location, size in zip(ordered, found, strict=True):
        sizes[location] = size
        watch(len(sizes), len(ordered))
    return {values: _with_size(each, sizes) for values, each in logs.items()}


def _with_size(logs: LogPartition, sizes: Mapping[str, tuple[int, int]]) -> LogPartition:
    own = {at for locations in logs.locations.values() for at in locations.values()}
    return replace(
        logs,
        files=sum(sizes[location][0] for location in own),
        size_bytes=sum(sizes[location][1] for location in own),
    )


def _measurer(aws: Aws) -> Callable[[str], tuple[int, int]]:
    def measure(location: str) -> tuple[int, int]:
        if not location.startswith("s3"):
            return _measure_folder(location)
        try:
            bucket, key = split_location(location)
        except ValueError as error:
            raise StorageError(f"the location of a partition: {error}") from error
        folder = f"{key.rstrip('/')}/" if key.strip("/") else ""
        size = size_of(S3Storage(bucket, aws).objects(folder), folder)
        return size.objects, size.size_bytes

    return measure


def _measure_folder(location: str) -> tuple[int, int]:
    try:
        size = size_of(LocalStorage(location).objects(""), "")
    except StorageError:
        return 0, 0  # a registered folder that is not there has no logs
    return size.objects, size.size_bytes
