"""Examines every side of a target and reports what is wrong and how to fix it.

Reads only, and within bounds: every account and Region is listed, of the last 30 days; files are
looked into in 32 of them, of their newest and oldest days; 1,000 partitions are read with their
descriptions. A side that cannot be read (a missing permission) is a finding too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, overload

from flowathena.aws.session import Aws, translate_errors
from flowathena.catalog import Described, Describing, open_catalog, wanted
from flowathena.catalog.placement import Fault, misplacements
from flowathena.concurrency import map_concurrently
from flowathena.doctor import findings, log_findings, partition_findings, table_findings
from flowathena.doctor.access import Looks, is_denied, is_missing_workgroup
from flowathena.doctor.findings import SIDES, Finding, Need
from flowathena.doctor.log_findings import DAYS, Logs
from flowathena.doctor.partition_findings import Registered
from flowathena.errors import FlowathenaError, StorageError, TableMismatchError
from flowathena.logs.layout import Layout, Moment, Partition, Scope
from flowathena.shape.reach import Reach
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table
from flowathena.storage import LocalStorage, Storage, open_storage
from flowathena.storage.buckets import bucket_region
from flowathena.storage.extent import (
    AccountFolders,
    Extent,
    PlaceExtent,
    find_accounts,
    find_extent,
    find_newest,
)
from flowathena.storage.links import find_broken_links
from flowathena.storage.samples import FileHead, Samples, read_samples
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import WorkGroupTypeDef

PLACES = 32
"""In how many accounts and Regions files are looked into."""
_DESCRIBED = 1_000
"""Of how many partitions the descriptions are read: one call."""
_EMPTY = 20
"""How many folders of partitions without logs are listed."""


@dataclass(frozen=True)
class Examination(Sequence[Finding]):
    """What an examination found.

    Attributes:
        findings: everything that is wrong, in the order in which to fix it.
        unseen: what was not looked at, because there is more of it than the bounds allow.
    """

    findings: tuple[Finding, ...]
    unseen: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[index]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)


class Doctor:
    """Examines one target, once."""

    def __init__(self, target: Target, aws: Aws, now: datetime) -> None:
        self._target = target
        self._aws = aws
        self._now = now
        self._today = now.date()
        self._catalog = open_catalog(target, aws)
        self._looks = Looks(target)
        self._unseen: list[str] = []

    def examine(self) -> Examination:
        """Look at everything and judge it."""
        found = list(
            chain(
                self._check_logs(),
                self._check_table(),
                self._check_columns(),
                self._check_flow_logs(),
                self._check_partitions(),
                self._check_workgroup(),
            )
        )
        found = sorted([*self._looks.failed, *found], key=lambda each: SIDES.index(each.side))
        return Examination(tuple(found), tuple(self._unseen))

    # What is there: each is looked at once.

    @cached_property
    def _storage(self) -> Storage | None:
        need = Need("s3:ListBucket", self._target.location)
        return self._looks.attempt("logs", need, lambda: open_storage(self._target, self._aws))

    @cached_property
    def _logs(self) -> Logs | None:
        storage, target = self._storage, self._target
        if storage is None:
            return None
        need = Need("s3:ListBucket", _bucket_arn(target.bucket))
        found = self._looks.attempt("logs", need, lambda: self._find_logs(storage))
        if found is None:
            return None
        loops = [str(link.path) for link in found.links]
        for each in found.extent.unlisted:
            if not any(path in str(each.error) for path in loops):
                self._looks.fail("logs", need, each.error)
        return found

    def _find_logs(self, storage: Storage) -> Logs:
        folders = self._target.folders
        accounts = find_accounts(storage, self._target.prefix)
        layouts = accounts.layouts(folders)
        layout = replace(folders, hive=layouts[0] if layouts else folders.hive)
        extent = self._find_extent(storage, layout, accounts, self._today - timedelta(days=DAYS))
        places = sorted(extent.places, key=_is_older)
        for place in [place for place in places if place.newest is None][:PLACES]:
            place.newest = find_newest(storage, layout, place.prefix)
        newest = extent.newest_day
        if newest and newest < self._today - timedelta(days=DAYS):  # nothing in these days
            extent = self._find_extent(storage, layout, accounts, newest - timedelta(days=DAYS))
        if not extent.places and not extent.misnamed and not extent.unlisted:
            raise StorageError(
                f"{storage.location(layout.root)} contains no VPC flow logs; correct the location"
            )
        links = (
            list(find_broken_links(storage.root / layout.root))
            if isinstance(storage, LocalStorage)
            else []
        )
        return Logs(extent, layout, others=len(layouts) > 1, links=links)

    def _find_extent(
        self, storage: Storage, layout: Layout, folders: AccountFolders, since: date
    ) -> Extent:
        shape = self._shape
        account = shape.account if shape else self._target.account
        region = shape.region if shape else self._target.log_region
        return find_extent(
            storage,
            replace(layout, hourly=shape.is_hourly if shape else layout.hourly),
            folders,
            since,
            accounts=frozenset(filter(None, [account])),
            regions=frozenset(filter(None, [region])),
            workers=self._aws.concurrency,
        )

    @cached_property
    def _sampled(self) -> Logs | None:
        """The logs with files of some places."""
        logs, storage = self._logs, self._storage
        if logs is None or storage is None:
            return None
        places = _spread([place for place in logs.extent.places if place.newest])
        if (more := len(logs.extent.places) - len(places)) > 0:
            self._unseen.append(
                f"files of {more} of {len(logs.extent.places)} accounts and Regions"
            )
        newest, left = self._read(storage, [_folder(place, place.newest) for place in places])
        read = {_folder(place, place.newest) for place in places}
        oldest, more_left = self._read(
            storage, [each for place in places if (each := self._oldest_folder(place)) not in read]
        )
        return replace(logs, newest=newest, oldest=oldest, leftovers=(*left, *more_left))

    def _oldest_folder(self, place: PlaceExtent) -> str:
        """The folder of the oldest day that the table reads; empty if none is known."""
        for moment in (place.oldest, *place.recent):
            if moment and self._is_read(place, moment):
                return _folder(place, moment)
        return ""

    def _is_read(self, place: PlaceExtent, moment: Moment) -> bool:
        if self._shape is None or self._storage is None:
            return False
        values = self._shape.values(_partition(place, moment))
        if self._reach:
            return not self._reach.obstacle(values, self._location(place, moment))
        return values in self._known or values in (self._described or {})

    def _read(self, storage: Storage, folders: list[str]) -> tuple[list[FileHead], list[str]]:
        """The newest files of some folders, the newest first, and files that are no logs.

        What is denied becomes a finding.
        """
        need = Need("s3:GetObject", f"{_bucket_arn(self._target.bucket)}/*")

        def read(folder: str) -> Samples | FlowathenaError:
            try:
                return read_samples(storage, folder)
            except FlowathenaError as error:
                return error

        heads: list[FileHead] = []
        leftovers: list[str] = []
        for each in map_concurrently(read, list(filter(None, folders)), self._aws.concurrency):
            if isinstance(each, FlowathenaError):
                self._looks.fail("logs", need, each)
                continue
            leftovers += each.leftovers
            for head in each.heads:
                if head.error and is_denied(head.error):
                    self._looks.fail("logs", need, head.error)
                else:
                    heads.append(head)
        heads.sort(key=lambda head: (head.delivered, head.key), reverse=True)
        return heads, leftovers

    @cached_property
    def _table(self) -> Table | None:
        return self._looks.attempt("table", self._need("GetTable"), self._catalog.table)

    @property
    def _table_failed(self) -> bool:
        return self._table is None and "table" in self._looks.blocked

    @cached_property
    def _shape(self) -> Shape | None:
        table, target = self._table, self._target
        if table is None:
            return None
        try:
            return wanted.flow_table(table, target).shape
        except TableMismatchError as error:
            fix = f"flowathena table adopt {target.table_name}, or another table name"
            what = "the table cannot be read as flow logs"
            self._looks.failed.append(Finding("table", what, str(error), fix))
            return None

    @cached_property
    def _reach(self) -> Reach | None:
        if self._table and self._shape and self._shape.projected:
            return Reach(self._table, self._shape, self._now)
        return None

    @cached_property
    def _pairs(self) -> list[tuple[Values, str]] | None:
        """The registered partitions of the days that are known; None if they are not read."""
        shape, logs = self._shape, self._logs
        if shape is None or shape.projected or logs is None or logs.extent.newest_day is None:
            return None
        scope = Scope(first=self._first_day)
        return self._looks.attempt(
            "partitions",
            self._need("GetPartitions"),
            lambda: list(chain.from_iterable(self._catalog.pages(scope, shape))),
        )

    @cached_property
    def _known(self) -> frozenset[Values]:
        return frozenset(values for values, _ in self._pairs or ())

    @property
    def _first_day(self) -> date:
        newest = self._logs.extent.newest_day if self._logs else None
        return min(newest or self._today, self._today) - timedelta(days=DAYS)

    @cached_property
    def _described(self) -> Mapping[Values, Described] | None:
        """How some partitions are described: of every place the newest and the oldest first."""
        catalog, pairs, logs, shape = self._catalog, self._pairs, self._logs, self._shape
        if not isinstance(catalog, Describing) or not pairs or not logs or not shape:
            return None
        first: dict[Values, None] = {}
        for place in logs.extent.places:
            for moment in filter(None, (place.newest, place.oldest)):
                first[shape.values(_partition(place, moment))] = None
        chosen = [*first, *(values for values, _ in pairs if values not in first)][:_DESCRIBED]
        if (more := len(pairs) - len(chosen)) > 0:
            self._unseen.append(f"the descriptions of {more} of {len(pairs)} partitions")
        need = self._need("BatchGetPartition")
        return self._looks.attempt("partitions", need, lambda: catalog.describe(chosen))

    # What is wrong.

    def _check_logs(self) -> Iterator[Finding]:
        if self._sampled:
            yield from log_findings.check_logs(self._target, self._sampled, self._today)

    def _check_table(self) -> Iterator[Finding]:
        if self._target.is_local and self._storage is None:
            return  # the catalog is in the folder that is not there
        table, shape = self._table, self._shape
        if self._table_failed or (table and shape is None):
            return
        yield from table_findings.check_table(self._target, table, self._sampled)
        if table and shape and self._reach:
            yield from table_findings.check_projection(
                self._target, table, shape, self._reach, self._newest(shape), self._registered()
            )

    def _newest(self, shape: Shape) -> dict[Values, tuple[Partition, str]]:
        places = self._logs.extent.places if self._logs else ()
        return {
            shape.values(partition): (partition, self._location(place, place.newest))
            for place in places
            if place.newest
            for partition in (_partition(place, place.newest),)
        }

    def _registered(self) -> str:
        """How many partitions a projected table has registered, in words; empty if none."""
        shape = self._shape
        if shape is None:
            return ""
        need = self._need("GetPartitions")

        def counted() -> int:
            total = 0
            for page in self._catalog.pages(Scope(), shape):
                total += len(page)
                if total >= _DESCRIBED:
                    break
            return total

        count = self._looks.attempt("table", need, counted) or 0
        return f"{count} and more" if count >= _DESCRIBED else str(count or "")

    def _check_columns(self) -> Iterator[Finding]:
        if self._table and self._shape and self._sampled:
            yield from table_findings.check_columns(
                self._target, self._table, self._shape, self._sampled
            )

    def _check_flow_logs(self) -> Iterator[Finding]:
        if self._sampled:
            yield from log_findings.check_flow_logs(self._table, self._sampled)

    def _check_partitions(self) -> Iterator[Finding]:
        table, shape, logs, pairs = self._table, self._shape, self._logs, self._pairs
        if table is None or shape is None or logs is None or pairs is None:
            return
        stored = {
            shape.values(_partition(place, moment)): self._location(place, moment)
            for place in logs.extent.places
            for moment in place.recent
        }
        seen = Registered(
            self._first_day,
            pairs,
            stored,
            misplacements(pairs, shape, self._target, stored),
            described=self._described,
        )
        seen = replace(seen, empty=self._find_empty(shape, logs, seen))
        yield from partition_findings.check_partitions(
            self._target, table, shape, seen, self._today
        )

    def _find_empty(
        self, shape: Shape, logs: Logs, seen: Registered
    ) -> Sequence[tuple[Values, str]]:
        """The partitions without logs of days for which their account and Region has later ones.

        Days after the newest logs are another matter: registered ahead, or nothing delivered.
        """
        storage = self._storage
        failed = {each.origin.account for each in logs.extent.unlisted}
        if storage is None or "" in failed:  # the accounts of an organization are unknown
            return ()
        newest: dict[tuple[str, str], date] = {}
        for values, (partition, _) in self._newest(shape).items():
            place = shape.account_and_region(values)
            newest[place] = max(newest.get(place, partition.day), partition.day)
        faulty = {each.values for each in seen.misplaced if each.fault is not Fault.OUTSIDE}
        candidates = [
            (values, location)
            for values, location in seen.pairs
            if location
            and values not in faulty
            and shape.normalize(values) not in seen.stored
            and (place := shape.account_and_region(values))[0] not in failed
            and (day := shape.day_of(values))
            and day < min(self._today, newest.get(place, self._today))
        ]
        looked = candidates[:_EMPTY]
        answers = [_is_empty(storage, location) for _, location in looked]
        if all(answers):
            return candidates
        return [pair for pair, empty in zip(looked, answers, strict=True) if empty]

    def _check_workgroup(self) -> Iterator[Finding]:
        if self._target.is_local:
            return
        name = self._target.workgroup
        need = Need("athena:GetWorkGroup", f"workgroup/{name}")
        try:
            workgroup = self._read_workgroup()
        except FlowathenaError as error:
            if is_missing_workgroup(error):
                yield findings.missing_workgroup(self._target, str(error))
            else:
                self._looks.fail("workgroup", need, error)
            return
        settings = workgroup.get("Configuration", {})
        results = settings.get("ManagedQueryResultsConfiguration", {})
        managed = bool(results.get("Enabled"))
        location = settings.get("ResultConfiguration", {}).get("OutputLocation")
        yield from findings.check_workgroup(
            self._target,
            enabled=workgroup.get("State") != "DISABLED",
            managed=managed,
            has_location=bool(location),
        )
        enforced = bool(settings.get("EnforceWorkGroupConfiguration")) and bool(location)
        used = location if enforced else self._target.output_location or location
        if used and not managed:
            yield from self._check_results(used, own=used != location)

    def _read_workgroup(self) -> "WorkGroupTypeDef":
        name = self._target.workgroup
        with translate_errors(f"workgroup {name}", FlowathenaError):
            return self._aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]

    def _check_results(self, location: str, *, own: bool) -> Iterator[Finding]:
        bucket, region = findings.bucket_of(location), self._aws.session.region_name
        need = Need("s3:GetBucketLocation", _bucket_arn(bucket))
        found = self._looks.attempt("workgroup", need, lambda: (bucket_region(self._aws, bucket),))
        if found is None:
            return
        if found[0] is None:
            yield findings.missing_results_bucket(self._target, location, own=own)
        elif region and found[0] != region:
            yield findings.distant_results_bucket(self._target, location, found[0], region, own=own)

    def _location(self, place: PlaceExtent, moment: Moment) -> str:
        assert self._storage  # noqa: S101 - places come from it
        return self._storage.location(place.prefix) + moment.folders

    def _need(self, call: str) -> Need:
        database, table = self._target.database, self._target.table
        return Need(f"glue:{call}", f"catalog, database/{database} and table/{database}/{table}")


def _partition(place: PlaceExtent, moment: Moment) -> Partition:
    origin = place.origin
    return Partition(origin.account, origin.region, moment.day, moment.hour, origin.organization)


def _folder(place: PlaceExtent, moment: Moment | None) -> str:
    return place.prefix + moment.folders if moment else ""


def _spread(places: list[PlaceExtent]) -> list[PlaceExtent]:
    """Some of the places, evenly spread, the one with the newest logs among them."""
    if len(places) <= PLACES:
        return places
    newest = max(places, key=lambda place: place.newest.day if place.newest else date.min)
    step = len(places) / PLACES
    chosen = [places[int(number * step)] for number in range(PLACES)]
    return chosen if newest in chosen else [newest, *chosen[1:]]


def _is_older(place: PlaceExtent) -> tuple[str, str]:
    return place.origin.account, place.origin.region


def _is_empty(storage: Storage, location: str) -> bool:
    try:
        return storage.is_empty(location)
    except StorageError:
        return False


def _bucket_arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"
