"""What is there: everything that the doctor looks at, each once, within bounds.

Every account and Region is listed, of the last 30 days; files are looked into in 32 of them, of
their newest and oldest days; 1,000 partitions are read with their descriptions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain

from flowathena.aws.session import Aws
from flowathena.catalog import Described, Describing, open_catalog, wanted
from flowathena.catalog.placement import Fault, misplacements
from flowathena.concurrency import map_concurrently, property_once
from flowathena.doctor.access import Looks, is_denied
from flowathena.doctor.findings import Finding, Need
from flowathena.doctor.log_findings import DAYS, Logs
from flowathena.doctor.partition_findings import Registered
from flowathena.errors import FlowathenaError, StorageError, TableMismatchError
from flowathena.logs.layout import Layout, Moment, Partition, Scope
from flowathena.shape.reach import Reach
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table
from flowathena.storage import LocalStorage, Storage, open_storage
from flowathena.storage.extent import Extent, PlaceExtent, find_extent
from flowathena.storage.links import find_broken_links
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import AccountFolders, find_accounts
from flowathena.storage.overlap import Overlap, find_overlaps
from flowathena.storage.places import spread
from flowathena.storage.samples import FileHead, Samples, read_samples
from flowathena.storage.template_extent import find_template_extent
from flowathena.target.target import Target

PLACES = 32
"""In how many accounts and Regions files are looked into."""
_DESCRIBED = 1_000
"""Of how many partitions the descriptions are read: one call."""
_EMPTY = 20
"""How many folders of partitions without logs are listed."""


class Look:
    """One look at a target. What cannot be seen is None, and a finding in ``looks``.

    Attributes:
        looks: what failed.
        unseen: what was not looked at, because there is more of it than the bounds allow.
    """

    def __init__(self, target: Target, aws: Aws, now: datetime) -> None:
        self._target = target
        self._aws = aws
        self._now = now
        self.today = now.date()
        self._catalog = open_catalog(target, aws)
        self.looks = Looks(target)
        self.unseen: list[str] = []
        self._samples: dict[tuple[str, tuple[str, ...]], Samples | FlowathenaError] = {}

    @property_once
    def storage(self) -> Storage | None:
        """The bucket or folder."""
        need = Need("s3:ListBucket", self._target.location)
        return self.looks.attempt("logs", need, lambda: open_storage(self._target, self._aws))

    @property_once
    def logs(self) -> Logs | None:
        """The days of every account and Region; no files yet."""
        storage, target = self.storage, self._target
        if storage is None:
            return None
        need = Need("s3:ListBucket", bucket_arn(target.bucket))
        found = self.looks.attempt("logs", need, lambda: self._find_logs(storage))
        if found is None:
            return None
        loops = [str(link.path) for link in found.links]
        for each in found.extent.unlisted:
            if not any(path in str(each.error) for path in loops):
                self.looks.fail("logs", need, each.error)
        return found

    def _find_logs(self, storage: Storage) -> Logs:
        folders = self._target.folders
        accounts = None
        layouts: Sequence[bool] = ()
        if not folders.template:
            accounts = find_accounts(storage, self._target.prefix, self._aws.concurrency)
            layouts = accounts.layouts(folders)
        layout = replace(folders, hive=layouts[0] if layouts else folders.hive)
        extent = self._find_extent(storage, layout, accounts, self.today - timedelta(days=DAYS))
        places = sorted(extent.places, key=_origin)
        for place in [place for place in places if place.newest is None][:PLACES]:
            place.newest = find_newest(storage, layout, place.prefix)
        newest = extent.newest_day
        if newest and newest < self.today - timedelta(days=DAYS):  # nothing in these days
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
        self, storage: Storage, layout: Layout, folders: AccountFolders | None, since: date
    ) -> Extent:
        shape = self.shape
        account = shape.account if shape else self._target.account
        region = shape.region if shape else self._target.log_region
        hourly = shape.is_hourly and layout.has_hours if shape else layout.hourly
        find = partial(find_extent, folders=folders) if folders else find_template_extent
        return find(
            storage,
            replace(layout, hourly=hourly),
            since=since,
            accounts=frozenset(filter(None, [account])),
            regions=frozenset(filter(None, [region])),
            workers=self._aws.concurrency,
        )

    @property_once
    def sampled(self) -> Logs | None:
        """The logs with files of some places."""
        logs, storage = self.logs, self.storage
        if logs is None or storage is None:
            return None
        places = self.places
        if (more := len(logs.extent.places) - len(places)) > 0:
            self.unseen.append(f"files of {more} of {len(logs.extent.places)} accounts and Regions")
        newest, left = self._read(storage, [folder_of(place, place.newest) for place in places])
        read = {folder_of(place, place.newest) for place in places}
        oldest, more_left = self._read(
            storage,
            [each for place in places if (each := self._oldest_folder(place)) not in read],
        )
        return replace(logs, newest=newest, oldest=oldest, leftovers=(*left, *more_left))

    def _oldest_folder(self, place: PlaceExtent) -> str:
        """The folder of the oldest day that the table reads; empty if none is known."""
        for moment in (place.oldest, *place.recent):
            if moment and self._is_read(place, moment):
                return folder_of(place, moment)
        return ""

    def _is_read(self, place: PlaceExtent, moment: Moment) -> bool:
        if self.shape is None or self.storage is None:
            return False
        values = self.shape.values(partition_of(place, moment))
        if self.reach:
            return not self.reach.obstacle(values, self.location(place, moment))
        return values in self._known or values in (self.described or {})

    def _read(self, storage: Storage, folders: list[str]) -> tuple[list[FileHead], list[str]]:
        """The newest files of some folders, the newest first, and files that are no logs.

        What is denied becomes a finding.
        """
        need = Need("s3:GetObject", f"{bucket_arn(self._target.bucket)}/*")

        read = partial(self._sample, storage)
        heads: list[FileHead] = []
        leftovers: list[str] = []
        for each in map_concurrently(read, list(filter(None, folders)), self._aws.concurrency):
            if isinstance(each, FlowathenaError):
                self.looks.fail("logs", need, each)
                continue
            leftovers += each.leftovers
            for head in each.heads:
                if head.error and is_denied(head.error):
                    self.looks.fail("logs", need, head.error)
                else:
                    heads.append(head)
        heads.sort(key=lambda head: (head.delivered, head.key), reverse=True)
        return heads, leftovers

    def _sample(self, storage: Storage, folder: str) -> Samples | FlowathenaError:
        known = folder, self._target.flow_logs
        if known not in self._samples:
            try:
                self._samples[known] = read_samples(storage, *known)
            except FlowathenaError as error:
                self._samples[known] = error
        return self._samples[known]

    def samples(self, folder: str) -> Samples | None:
        """What a day's folder contains; None of none, and if it cannot be listed."""
        found = self._sample(self.storage, folder) if self.storage and folder else None
        return found if isinstance(found, Samples) else None

    @property_once
    def places(self) -> list[PlaceExtent]:
        """The accounts and Regions in which files are looked into."""
        every = self.logs.extent.places if self.logs else []
        return _spread([place for place in every if place.newest])

    def first_recent_folder(self, place: PlaceExtent) -> str:
        """The first folder of the last days that the table reads; empty if that is the newest."""
        read = (each for each in place.recent if self._is_read(place, each))
        folder = folder_of(place, next(read, None))
        return folder if folder != folder_of(place, place.newest) else ""

    def of_source(self, target: Target) -> "Look":
        """The same look at another table of the target: what both see is looked at once."""
        other = Look(target, self._aws, self._now)
        other.looks, other.unseen, other._samples = self.looks, self.unseen, self._samples
        if target.location == self._target.location and target.folders == self._target.folders:
            vars(other).update(storage=self.storage, logs=self.logs)
        return other

    @property_once
    def overlaps(self) -> tuple[Overlap, ...]:
        """The pairs of flow logs in the newest days of some places that record the same flows."""
        storage, logs = self.storage, self.sampled
        if storage is None or logs is None:
            return ()
        ids: dict[str, set[str]] = {}
        for head in logs.newest:
            ids.setdefault(head.folder, set()).add(head.flow_log)
        folders = [folder for folder, names in ids.items() if len(names - {""}) > 1]

        def find(folder: str) -> tuple[Overlap, ...]:
            try:
                return find_overlaps(storage, folder)
            except StorageError:  # that it cannot be listed is a finding already
                return ()

        found = map_concurrently(find, folders, self._aws.concurrency)
        return tuple(chain.from_iterable(found))

    @property
    def flow_logs(self) -> tuple[FileHead, ...] | None:
        """A file of every flow log; None if there may be others."""
        if self.sampled is None or len(self.sampled.extent.places) > PLACES:
            return None
        return self.sampled.heads

    @property_once
    def read_heads(self) -> tuple[FileHead, ...]:
        """Files of some places, of the newest and the oldest day that the table reads."""
        logs, storage = self.logs, self.storage
        if logs is None or storage is None:
            return ()
        places = self.places
        folders = dict.fromkeys(chain.from_iterable(map(self._ends, places)))
        return tuple(self._read(storage, list(folders))[0])

    def _ends(self, place: PlaceExtent) -> tuple[str, ...]:
        """The folders of the newest and the oldest day that the table reads."""
        moments = filter(None, (place.oldest, *place.recent))
        read = [folder_of(place, each) for each in moments if self._is_read(place, each)]
        return (*read[-1:], *read[:1])

    @property_once
    def table(self) -> Table | None:
        """The live table; None also if there is none."""
        return self.looks.attempt("table", self._need("GetTable"), self._catalog.table)

    @property
    def table_failed(self) -> bool:
        """Whether it is unknown if there is a table."""
        return self.table is None and "table" in self.looks.blocked

    @property_once
    def shape(self) -> Shape | None:
        """What the table's keys stand for; None also if there is no table."""
        table, target = self.table, self._target
        if table is None:
            return None
        try:
            return wanted.flow_table(table, target).shape
        except TableMismatchError as error:
            fix = f"flowathena table adopt {target.table_name}, or another table name"
            what = "the table cannot be read as flow logs"
            self.looks.failed.append(Finding("table", what, str(error), fix))
            return None

    @property_once
    def reach(self) -> Reach | None:
        """What the table reaches by partition projection; None if its partitions are registered."""
        if self.table and self.shape and self.shape.projected:
            return Reach(self.table, self.shape, self._now)
        return None

    @property_once
    def pairs(self) -> list[tuple[Values, str]] | None:
        """The registered partitions of the days that are known; None if they are not read."""
        shape, logs = self.shape, self.logs
        if shape is None or shape.projected or logs is None or logs.extent.newest_day is None:
            return None
        scope = Scope(first=self.first_day)
        return self.looks.attempt(
            "partitions",
            self._need("GetPartitions"),
            lambda: list(chain.from_iterable(self._catalog.pages(scope, shape))),
        )

    @property_once
    def _known(self) -> frozenset[Values]:
        return frozenset(values for values, _ in self.pairs or ())

    @property
    def first_day(self) -> date:
        """The first of the days of which the registered partitions are read."""
        newest = self.logs.extent.newest_day if self.logs else None
        return min(newest or self.today, self.today) - timedelta(days=DAYS)

    @property_once
    def described(self) -> Mapping[Values, Described] | None:
        """How some partitions are described: of every place the newest and the oldest first."""
        catalog, pairs, logs, shape = self._catalog, self.pairs, self.logs, self.shape
        if not isinstance(catalog, Describing) or not pairs or not logs or not shape:
            return None
        first: dict[Values, None] = {}
        for place in logs.extent.places:
            for moment in filter(None, (place.newest, place.oldest)):
                first[shape.values(partition_of(place, moment))] = None
        chosen = [*first, *(values for values, _ in pairs if values not in first)][:_DESCRIBED]
        if (more := len(pairs) - len(chosen)) > 0:
            self.unseen.append(f"the descriptions of {more} of {len(pairs)} partitions")
        need = self._need("BatchGetPartition")
        return self.looks.attempt("partitions", need, lambda: catalog.describe(chosen))

    def newest(self, shape: Shape) -> dict[Values, tuple[Partition, str]]:
        """The newest partition of every account and Region, with its location."""
        places = self.logs.extent.places if self.logs else ()
        return {
            shape.values(partition): (partition, self.location(place, place.newest))
            for place in places
            if place.newest
            for partition in (partition_of(place, place.newest),)
        }

    def count_registered(self) -> str:
        """How many partitions a projected table has registered, in words; empty if none."""
        shape = self.shape
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

        count = self.looks.attempt("table", need, counted) or 0
        return f"{count} and more" if count >= _DESCRIBED else str(count or "")

    @property_once
    def registered(self) -> Registered | None:
        """What was seen of the registered partitions; None if that is not known."""
        shape, logs, pairs = self.shape, self.logs, self.pairs
        if shape is None or logs is None or pairs is None:
            return None
        stored = {
            shape.values(partition_of(place, moment)): self.location(place, moment)
            for place in logs.extent.places
            for moment in place.recent
        }
        seen = Registered(
            self.first_day,
            pairs,
            stored,
            misplacements(pairs, shape, self._target, stored),
            described=self.described,
            is_partial=bool(logs.extent.unlisted),
        )
        return replace(seen, empty=self.find_empty(shape, logs, seen))

    def find_empty(
        self, shape: Shape, logs: Logs, seen: Registered
    ) -> Sequence[tuple[Values, str]]:
        """The partitions without logs of days for which their account and Region has later ones.

        Days after the newest logs are another matter: registered ahead, or nothing delivered.
        """
        storage = self.storage
        failed = {each.origin.account for each in logs.extent.unlisted}
        if storage is None or "" in failed:  # the accounts of an organization are unknown
            return ()
        newest: dict[tuple[str, str], date] = {}
        for values, (partition, _) in self.newest(shape).items():
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
            and day < min(self.today, newest.get(place, self.today))
        ]
        looked = candidates[:_EMPTY]
        answers = [_is_empty(storage, location) for _, location in looked]
        if all(answers):
            return candidates
        return [pair for pair, empty in zip(looked, answers, strict=True) if empty]

    def location(self, place: PlaceExtent, moment: Moment) -> str:
        """The location of a day, or hour."""
        assert self.storage  # noqa: S101 - places come from it
        return self.storage.location(place.prefix) + moment.folders

    def _need(self, call: str) -> Need:
        database, table = self._target.database, self._target.table
        return Need(f"glue:{call}", f"catalog, database/{database} and table/{database}/{table}")


def partition_of(place: PlaceExtent, moment: Moment) -> Partition:
    """The partition of a day, or hour, of an account and Region."""
    origin = place.origin
    return Partition(origin.account, origin.region, moment.day, moment.hour, origin.organization)


def folder_of(place: PlaceExtent, moment: Moment | None) -> str:
    """The prefix of a day, or hour; empty of none."""
    return place.prefix + moment.folders if moment else ""


def _spread(places: list[PlaceExtent]) -> list[PlaceExtent]:
    """Some of the places, evenly spread, the one with the newest logs among them."""
    chosen = spread(places, PLACES)
    if len(chosen) == len(places):
        return chosen
    newest = max(places, key=lambda place: place.newest.day if place.newest else date.min)
    return chosen if newest in chosen else [newest, *chosen[1:]]


def _origin(place: PlaceExtent) -> tuple[str, str]:
    return place.origin.account, place.origin.region


def _is_empty(storage: Storage, location: str) -> bool:
    try:
        return storage.is_empty(location)
    except StorageError:
        return False


def bucket_arn(bucket: str) -> str:
    """The name of a bucket in a policy."""
    return f"arn:aws:s3:::{bucket}"
