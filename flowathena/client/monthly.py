"""What a target costs a month: the volume is looked at, and so is what else is paid for."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from flowathena.aws.session import Aws, translate_errors
from flowathena.concurrency import Watch
from flowathena.cost.assumptions import Assumptions
from flowathena.cost.history import PastRun
from flowathena.cost.month import (
    DAYS,
    Bill,
    MonthlyCost,
    Scans,
    Volume,
    scans_of,
    scans_of_example,
)
from flowathena.cost.price_list import PriceList
from flowathena.cost.sizes import FolderSize, SizeCache, measure
from flowathena.deploy.schedule.cloudformation import MEGABYTES
from flowathena.deploy.setup.expiry import Expiry, read_expiry
from flowathena.errors import FlowathenaError, StorageError, TableMissingError, UsageError
from flowathena.logs.layout import Layout, Partition, Scope
from flowathena.query.library import Library
from flowathena.storage import open_storage
from flowathena.storage.walk import walk
from flowathena.target.config import cache_folder
from flowathena.target.target import Target
from flowathena.text import counted, one_line

if TYPE_CHECKING:
    from flowathena.client.batch import Batch
    from flowathena.deploy.cloudwatch.setup import CloudWatchSetup

RUNS_A_DAY = 10.0
_MOST_RUNS = 1_000
_HISTORY = timedelta(days=DAYS)
_YEAR = 365
_HOURS = 24
_SECONDS_OF_RUN = 10
"""A nightly sync takes about as long."""
_OF_STACK = {"metrics": 1, "alarms": 2}
"""What a schedule's stack has in CloudWatch: the heartbeat, and alarms on it and on failures."""


class Spender(Protocol):
    """What is asked about a target: a ``Client``."""

    target: Target

    @property
    def library(self) -> Library:
        """Its queries."""
        ...

    @property
    def cloudwatch(self) -> "CloudWatchSetup":
        """What it has in CloudWatch."""
        ...

    @property
    def history(self) -> Callable[[int], list[PastRun]]:
        """The last queries of its workgroup."""
        ...

    @property
    def run_all(self) -> "Callable[..., Batch]":
        """Makes a batch of queries."""
        ...


class MonthlyBill:
    """Works out what a target costs a month; changes nothing.

    Args:
        client: the client of the target.
        aws: its clients of AWS.
        clock: returns the current time, aware.
        list_size: lists a folder's size.
    """

    def __init__(
        self,
        client: Spender,
        aws: Aws,
        clock: Callable[[], datetime],
        list_size: Callable[[str], FolderSize],
    ) -> None:
        self._client = client
        self._target = client.target
        self._aws = aws
        self._clock = clock
        self._list_size = list_size
        self._notes: list[str] = []

    def work_out(self, given: Assumptions, watch: Watch = lambda _done, _all: None) -> MonthlyCost:
        """The cost of a month like the last days.

        Args:
            given: what cannot be seen.
            watch: called while folders are listed.

        Raises:
            UsageError: the target is a folder, or a number is out of its range.
            StorageError: there are no logs of these days, or they cannot be listed.
            EngineError: Athena does not list its queries.
        """
        given.check()
        if self._target.is_local:
            raise UsageError(
                f"target {self._target.name} is a folder of this machine: AWS bills nothing for it"
            )
        prices = dict(given.prices)
        if self._target.price_per_tb is not None:
            prices.setdefault("scan", self._target.price_per_tb)
        bill, region = Bill(PriceList.of(prices)), self._region
        volume = self._volume(given.days, watch)
        self._notes = [*_assumed(given)]
        files = {each.file_format for each in self._target.tables}
        bill.add_delivery(volume, given.ratio, is_parquet=files == {"parquet"})
        retention = self._retention(given.retention_days)
        bill.add_storage(volume, region, retention)
        self._add_catalog(bill, volume, retention)
        bill.add_scans(self._scans(given.runs_a_day, volume), region)
        self._add_cloudwatch(bill, given.lambda_runs_a_day)
        if self._target.archive_location:
            self._notes.append(f"not counted: the archive in {self._target.archive_location}")
        self._notes.append(
            "not counted: reading objects (GET), keys of KMS, results of queries, data transfer "
            "between Regions, QuickSight; free tiers but Glue's, taxes"
        )
        return MonthlyCost(self._target.name, volume, tuple(bill.lines), tuple(self._notes))

    @property
    def _region(self) -> str:
        return self._aws.session.region_name or ""

    def _volume(self, days: int, watch: Watch) -> Volume:
        """What was delivered on the last closed days, from the first of them that has logs."""
        today = self._clock().astimezone(UTC).date()
        scope = Scope(today - timedelta(days=days), today - timedelta(days=1))
        found = self._folders(scope)
        if not found:
            raise StorageError(
                f"no logs of the last {counted(days, 'closed day')} in {self._target.location}: "
                f"see '{self._target.command('partitions status')}', or look further back (--days)"
            )
        by_day = {at: each.day for at, each in found.items()}
        cache = SizeCache(cache_folder(), self._aws.s3.meta.endpoint_url, self._clock())
        sizes = measure(by_day, self._list_size, cache, self._aws.concurrency, watch)
        stored: Counter[str] = Counter()
        for at, each in found.items():
            stored[each.region or self._region] += sizes[at].size_bytes
        hours = _HOURS if self._target.granularity == "hour" else 1
        return Volume(
            min(by_day.values()),
            scope.last or today,
            dict(stored),
            sum(each.objects for each in sizes.values()),
            len(found) * hours,
        )

    def _folders(self, scope: Scope) -> dict[str, Partition]:
        """The day folders that have logs, by location, whichever table reads them."""
        found: dict[str, Partition] = {}
        places: dict[tuple[str, Layout], Target] = {}
        for each in self._target.tables:
            places.setdefault((each.location, replace(each.folders, hourly=False)), each)
        for (_location, layout), each in places.items():
            parts: dict[tuple[str, ...], Partition] = {}
            stored = walk(
                open_storage(each, self._aws),
                layout,
                scope,
                lambda part, parts=parts: _remember(part, parts),  # type: ignore[misc] # of now
                workers=self._aws.concurrency,
            )
            if stored.unlisted:
                raise stored.unlisted[0].error
            found |= {at: parts[values] for values, at in stored.locations.items()}
        return found

    def _retention(self, given: int | None) -> int | None:
        """How long logs are kept, and a note on why."""
        if given is not None:
            return given
        try:
            found = read_expiry(self._aws, self._target.bucket, self._target.folders.root)
        except FlowathenaError as error:
            self._notes.append(f"{one_line(error)}: say how long logs are kept with --retention")
            return None
        self._notes += _explain(found)
        return found.days

    def _add_catalog(self, bill: Bill, volume: Volume, retention_days: int | None) -> None:
        """Partitions that are registered, which Glue counts as objects."""
        if self._target.partitioning == "projection":
            self._notes.append("Athena computes the partitions of the table: Glue stores none")
            return
        days = retention_days or _YEAR
        kept = volume.partitions / volume.days * days
        basis = f"partitions of {days} days" + ("" if retention_days else ": nothing expires")
        bill.add("objects in Glue", kept, "catalog", self._region, basis)

    def _scans(self, runs_a_day: float | None, volume: Volume) -> Scans:
        """What Athena scans: of the runs of the last month, or of a worked example."""
        if runs_a_day is None:
            since = self._clock() - _HISTORY
            listed = self._client.history(_MOST_RUNS)
            recent = [each for each in listed if each.submitted >= since]
            cut = len(listed) == _MOST_RUNS and len(recent) == len(listed)
            days = max(1, (self._clock() - recent[-1].submitted).days) if cut else DAYS
            found = scans_of(recent, days)
            if found:
                return found
        return self._example(RUNS_A_DAY if runs_a_day is None else runs_a_day, volume)

    def _example(self, runs_a_day: float, volume: Volume) -> Scans:
        """So many runs a day of the saved queries, one as often as another."""
        try:
            names = [*self._client.library.queries]
            queries = self._client.run_all(names).estimate().queries
            sizes = [each.scanned_bytes for each in queries.values()]
            basis = f"{runs_a_day:g} runs a day, the mean of {len(sizes)} saved queries"
        except TableMissingError:
            sizes, basis = [], ""
        if not sizes:
            sizes, basis = [round(volume.daily_bytes)], f"{runs_a_day:g} runs a day over one day"
        return scans_of_example(sizes, runs_a_day, basis)

    def _add_cloudwatch(self, bill: Bill, lambda_runs_a_day: float) -> None:
        """Metrics, alarms and dashboard, if the target has a section for them; a function."""
        feed, region = self._target.feed.metrics, self._region
        counts: Counter[str] = Counter()
        if feed is not None:
            counts["metrics"] = self._metrics(feed.namespace)
            counts["alarms"] = len(self._client.cloudwatch.alarms().wanted())
            counts["dashboards"] = int(feed.dashboard)
        if lambda_runs_a_day:
            counts.update(_OF_STACK)
            runs = lambda_runs_a_day * DAYS
            basis = f"{runs:g} runs of {_SECONDS_OF_RUN} s with {MEGABYTES} MB"
            seconds = runs * _SECONDS_OF_RUN * MEGABYTES / 1024
            bill.add("function of the schedule", seconds, "compute", region, basis)
        for name, number in counts.items():
            bill.add(f"{name} in CloudWatch", number, name, region, "configured")

    def _metrics(self, namespace: str) -> int:
        """How many metrics there are: every value of a dimension is one."""
        with translate_errors(f"metrics of {namespace}", FlowathenaError):
            pages = self._aws.cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
            return sum(len(page.get("Metrics", [])) for page in pages)


def _remember(part: Partition, parts: dict[tuple[str, ...], Partition]) -> tuple[str, ...]:
    """The values of a folder, which are its own whatever else has them."""
    values = (part.organization, part.account, part.region, part.day.isoformat())
    parts[values] = part
    return values


def _assumed(given: Assumptions) -> Iterator[str]:
    if given.ratio == 1:
        yield (
            "delivery is worked out of the bytes as stored: if AWS counts them before compression, "
            "it is more; say how many times with --ratio"
        )
    else:
        yield f"delivery is worked out of {given.ratio:g} times the bytes as stored (--ratio)"


def _explain(found: Expiry) -> Iterator[str]:
    """Why storage is worked out so."""
    if found.days is None:
        yield (
            "no lifecycle rule deletes the logs: storage is that of one month, and grows by as "
            "much every month; --retention 400d works out another"
        )
    else:
        yield f"lifecycle rule {found.rule!r} deletes logs after {found.days} days"
    if found.classes:
        yield f"rules move logs to {', '.join(found.classes)}, which is not worked out"
