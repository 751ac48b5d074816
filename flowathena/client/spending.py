"""What a run of a target would scan and cost, and whether its limits allow it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from flowathena.aws.session import Aws
from flowathena.aws.workgroup import read_cutoff
from flowathena.catalog import open_catalog
from flowathena.client.engines import open_mirror
from flowathena.client.jobs import Job
from flowathena.client.readings import Readings
from flowathena.concurrency import Watch, property_once
from flowathena.cost.estimate import Estimate, Footer, Reading, SourceEstimate, estimate
from flowathena.cost.limits import SpendingLimits
from flowathena.cost.price import LOCAL, Price, price_in
from flowathena.cost.sizes import FolderSize, SizeCache, measure, size_of
from flowathena.cost.together import BatchEstimate
from flowathena.errors import FlowathenaError, StorageError
from flowathena.query.render import Rendered
from flowathena.result.result import Listener, Progress, Result
from flowathena.storage import Object, S3Storage
from flowathena.storage.header import column_chunks
from flowathena.target.config import cache_folder
from flowathena.target.location import split_location
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.engine.local.parts import Part

_Found = TypeVar("_Found")

ESTIMATING = "ESTIMATING"
"""The state of a run while what it would scan is looked up."""


class Spending:
    """What runs over one target cost.

    Args:
        target: the target.
        aws: its clients.
        clock: returns the current time, aware.
        is_local: whether the statements run on this machine, though the logs may be in S3.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        clock: Callable[[], datetime],
        *,
        is_local: bool = False,
    ) -> None:
        self._target = target
        self._is_local = is_local or target.is_local
        self._aws = aws
        self._clock = clock

    @property_once
    def price(self) -> Price:
        """The price of what the target's runs scan."""
        if self._is_local:
            return LOCAL
        return price_in(self._aws.session.region_name or "", self._target.price_per_tb)

    @property
    def usual(self) -> SpendingLimits:
        """The limits of the target."""
        return SpendingLimits(self._target.max_scan, self._target.max_cost)

    @property_once
    def _cutoff(self) -> int | None:
        if self._is_local:
            return None
        return read_cutoff(self._aws, self._target.workgroup)

    def estimate(self, rendered: Rendered, listener: Listener | None = None) -> Estimate:
        """What a statement would scan and cost.

        Args:
            rendered: the statement.
            listener: called while folders are listed.

        Raises:
            CatalogError: the registered partitions cannot be read.
            StorageError: a folder cannot be listed, or a footer cannot be read.
        """
        return self.estimate_all([rendered], listener)[0]

    def estimate_all(
        self, statements: Sequence[Rendered], listener: Listener | None = None
    ) -> list[Estimate]:
        """What each of several statements would scan and cost; a folder of S3 is listed once.

        Arguments and errors as of ``estimate``.
        """
        if self._is_local:
            find = self._parts(listener)
            return [self._of_files(find(each)) for each in statements]
        looked_at = Readings(self._target, self._aws, self._clock)
        readings = [looked_at.of(each) for each in statements]
        sizes = self._sizes(list(chain.from_iterable(readings)), listener)
        read_footer = cache(self._read_footer)
        return [estimate(some, sizes, read_footer, self.price, self._cutoff) for some in readings]

    def admit(
        self, rendered: Rendered, limits: SpendingLimits, listener: Listener | None = None
    ) -> Estimate | None:
        """Refuse a statement that exceeds its limits, or its workgroup's.

        Args:
            rendered: the statement.
            limits: those of the call; the target's hold where these say nothing.
            listener: called while folders are listed.

        Returns:
            What it would scan and cost; None if nothing limits it, so that nobody looked.

        Raises:
            CostError: it exceeds one.
            FlowathenaError: it has limits, and what it would scan cannot be found out.
        """
        found = self._look(limits, lambda: self.estimate(rendered, listener))
        if found is not None:
            limits.or_else(self.usual).check(found, self._target.workgroup)
        return found

    def estimate_batch(
        self, jobs: Sequence[Job], listener: Listener | None = None
    ) -> BatchEstimate:
        """What queries would scan and cost, each and together; those that cannot run are named.

        Args:
            jobs: the queries.
            listener: called while folders are listed.

        Raises:
            FlowathenaError: as of ``estimate``.
        """
        able = {each.name: each.rendered for each in jobs if each.rendered}
        found = self.estimate_all(list(able.values()), listener)
        unable = {each.name: each.reason for each in jobs if each.error}
        estimates = dict(zip(able, found, strict=True))
        return BatchEstimate(estimates, self.price, self._cutoff, unable)

    def admit_batch(
        self, jobs: Sequence[Job], limits: SpendingLimits, listener: Listener | None = None
    ) -> Mapping[str, Estimate]:
        """Refuse queries that exceed limits together, or their workgroup's each.

        Args:
            jobs: the queries.
            limits: those of the call; the target's hold where these say nothing.
            listener: called while folders are listed.

        Returns:
            What each would scan and cost by its name; none if nothing limits them.

        Raises:
            CostError: they exceed one.
            FlowathenaError: there are limits, and what they would scan cannot be found out.
        """
        found = self._look(limits, lambda: self.estimate_batch(jobs, listener))
        if found is None:
            return {}
        limits.or_else(self.usual).check_batch(found, self._target.workgroup)
        return found.queries

    def _look(self, limits: SpendingLimits, look: Callable[[], _Found]) -> _Found | None:
        """What is to be held against limits; None if there are none, or only the workgroup's.

        Raises:
            FlowathenaError: there are limits, and it cannot be found out.
        """
        is_limited = limits.or_else(self.usual).exist
        if not is_limited and self._cutoff is None:
            return None
        try:
            return look()
        except FlowathenaError:
            if is_limited:
                raise
            return None  # Athena itself ends what scans more than the workgroup allows

    def has_settled(self, rendered: Rendered) -> bool:
        """Whether what a statement reads does not change any more: all of its days are over."""
        spans = (
            span.selection(each.shape) for span in rendered.relations for each in rendered.sources
        )
        ends = (each.delivery_scope.last for each in spans)
        now = self._clock()
        return all(
            last and datetime.combine(last + timedelta(days=1), time(), UTC) <= now for last in ends
        )

    def follow(self, listener: Listener | None) -> Listener | None:
        """A listener that is told what the run has cost so far, too."""
        if listener is None:
            return None

        def told(progress: Progress) -> None:
            cost = self.price.cost_usd(progress.scanned_bytes) if progress.scanned_bytes else 0.0
            listener(replace(progress, cost_usd=cost))

        return told

    def account(self, result: Result, expected: Estimate | None) -> None:
        """Write into a result's figures what it has cost, and what was expected."""
        stats = result.stats
        cost = stats.cost_usd
        if cost is None:
            cost = 0.0 if stats.reused else self.price.cost_usd(stats.scanned_bytes or 0)
        result.stats = replace(
            stats,
            cost_usd=cost,
            estimated_bytes=expected.scanned_bytes if expected else None,
            estimated_usd=expected.cost_usd if expected else None,
        )

    def _parts(self, listener: Listener | None) -> "Callable[[Rendered], list[Part]]":
        """What finds the files that the local engine would read of a statement."""
        from flowathena.engine.local.listing import ObjectListing  # noqa: PLC0415 - 90 ms, for few
        from flowathena.engine.local.parts import list_parts  # noqa: PLC0415 - same

        catalogs = [open_catalog(each, self._aws) for each in self._target.read_tables]
        now = self._clock()
        if self._target.is_local:
            return lambda rendered: list_parts(rendered, catalogs, now)
        listing = ObjectListing(
            lambda bucket: S3Storage(bucket, self._aws),
            open_mirror(self._target),
            _estimating(listener),
        )
        return lambda rendered: listing.parts(rendered, catalogs, now)

    def _of_files(self, parts: "Sequence[Part]") -> Estimate:
        """What the local engine would read: each file once."""
        seen: set[str] = set()
        sources = []
        for part in parts:
            files = {file.path: file for file in part.listing.logs if file.path not in seen}
            seen.update(files)
            size_bytes = sum(file.size_bytes for file in files.values())
            days: dict[date, int] = {}
            for file in files.values():
                if day := part.source.shape.day_of(file.values):
                    days[day] = days.get(day, 0) + file.size_bytes
            table = part.source.table
            counts = (len(part.locations), len(files), size_bytes, size_bytes)
            sources.append(SourceEstimate(table.full_name, table.file_format, *counts, days))
        return Estimate(tuple(sources), self.price)

    def _sizes(
        self, readings: Sequence[Reading], listener: Listener | None
    ) -> dict[str, FolderSize]:
        days: dict[str, date | None] = {}
        ranges: list[tuple[str, str]] = []
        for each in readings:
            days |= {at: each.source.shape.day_of(v) for v, at in each.locations.items()}
            ranges += map(_range_of, chain.from_iterable(each.source.mixed.values()))
        endpoint = self._aws.s3.meta.endpoint_url if days else ""
        # What is left out of a folder is not the folder's own: such sizes are not kept.
        cache = SizeCache(None if ranges else cache_folder(), endpoint, self._clock())
        return measure(
            days,
            lambda at: self._list_size(at, ranges),
            cache,
            self._aws.concurrency,
            _estimating(listener),
        )

    def list_size(self, location: str) -> FolderSize:
        """The size of a folder in S3.

        Raises:
            StorageError: it cannot be listed.
        """
        return self._list_size(location, ())

    def _list_size(self, location: str, left_out: Sequence[tuple[str, str]]) -> FolderSize:
        storage, key = self._place(location)
        folder = f"{key.rstrip('/')}/" if key.strip("/") else ""
        return size_of(_kept(storage.objects(folder), storage, left_out), folder)

    def _place(self, location: str) -> tuple[S3Storage, str]:
        try:
            bucket, key = split_location(location)
        except ValueError as error:
            raise StorageError(f"the location of a partition: {error}") from error
        return S3Storage(bucket, self._aws), key

    def _read_footer(self, location: str, size: FolderSize) -> Footer:
        storage, _ = self._place(location)
        return Footer(size.largest_bytes, column_chunks(storage, size.largest_key))


def _estimating(listener: Listener | None) -> Watch:
    """What tells a listener how many folders are listed."""
    began = monotonic()

    def watch(done: int, total: int) -> None:
        if listener:
            listener(Progress(ESTIMATING, monotonic() - began, 0, done / total))

    return watch


def _range_of(start: str) -> tuple[str, str]:
    """The paths that begin so, as the statement leaves them out."""
    return start, start[:-1] + chr(ord(start[-1]) + 1)


def _kept(
    objects: Iterator[Object], storage: S3Storage, left_out: Sequence[tuple[str, str]]
) -> Iterator[Object]:
    """The objects that a statement opens: text among Parquet is left out by its path."""
    for each in objects:
        path = storage.location(each.key) if left_out else ""
        if not any(low <= path <= high for low, high in left_out):
            yield each
