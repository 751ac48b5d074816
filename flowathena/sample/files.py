"""The files of a tree: which there are, the records in each of them, and their names."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

from flowathena.logs.layout import Partition
from flowathena.sample.variant import Variant

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
SITES = tuple((account, region) for account in ACCOUNTS for region in REGIONS)
EPOCH = date(1970, 1, 1)

_SITE_WEIGHTS = (40, 25, 20, 15)
_DAY_WEIGHTS = (10, 10, 10, 10, 10, 6, 6)  # Monday first

# AWS delivers every five minutes. Here a file may cover several slots and is named after the first.
_SLOTS = 288
_FILES_PER_DAY = (4, 6, 8, 12, 24, 48, 96, 144, 288)
_RECORDS_PER_FILE = 1500
_HOURS = (3, 2, 2, 2, 2, 3, 5, 8, 12, 15, 16, 16, 15, 16, 16, 15, 14, 12, 10, 9, 8, 7, 5, 4)
CURVE = (0, *accumulate(_HOURS[slot * 24 // _SLOTS] for slot in range(_SLOTS)))
"""The share of a day's records before each slot; the last item is the sum."""


@dataclass(frozen=True)
class File:
    """One log file: ``width`` slots, starting with ``slot``, of a day of one account and Region."""

    site: int
    midnight: int  # Unix seconds
    first: int  # number of the day's first record
    rows: int  # records of the day
    slot: int
    width: int
    vpc: int | None = None  # 0 or 1: the records of this VPC alone; None: of both

    def mark(self, slot: int) -> int:
        """The number of the first record in a slot of the day."""
        return self.first + self.rows * CURVE[slot] // CURVE[-1]

    @property
    def lines(self) -> int:
        """The number of records in the file, those of the other VPC included."""
        return self.mark(self.slot + self.width) - self.mark(self.slot)


@dataclass(frozen=True)
class FileNames:
    """The paths of files: the tree's folder, the arguments of its records, its variant."""

    root: Path
    key: str
    variant: Variant

    def path(self, file: File) -> Path:
        """The path of a file, named as AWS does."""
        account, region = SITES[file.site]
        hour, minute = divmod(file.slot * 5, 60)
        day = EPOCH + timedelta(seconds=file.midnight)
        moment = f"{day:%Y%m%d}T{hour:02}{minute:02}Z"
        # A flow log cannot be changed, so another variant is another flow log.
        changes = self.variant.changes
        suffix = f" {json.dumps(changes)}" if changes else ""
        place = f"{account} {region}" if file.vpc is None else f"{account} {region} {file.vpc}"
        log = f"fl-0{_digest(f'{place}{suffix}')[:16]}"
        tail = _digest(f"{self.key} {file.site} {moment}")[:8]
        layout = self.variant.folders
        folder = layout.prefix_of(Partition(account, region, day, hour if layout.hourly else None))
        name = f"{account}_vpcflowlogs_{region}_{log}_{moment}_{tail}.{self.variant.suffix}"
        return self.root / folder / name


def files(dates: list[date], records: int, *, hourly: bool) -> Iterator[File]:
    """Every file of the tree, day by day; none is empty, and none spans two hour folders."""
    counts = [n for n in _FILES_PER_DAY if n >= 24 or not hourly]  # noqa: PLR2004 - hours
    for day, site, first, rows in _folders(dates, records):
        full = [n for n in counts if n * _RECORDS_PER_FILE <= rows]
        width = _SLOTS // max(full, default=counts[0])
        for slot in range(0, _SLOTS, width):
            file = File(site, (day - EPOCH).days * 86400, first, rows, slot, width)
            if file.lines:
                yield file


def _folders(dates: list[date], records: int) -> Iterator[tuple[date, int, int, int]]:
    """Day, site, first record and record count of every day folder: one, the rest by weight."""
    cells = [(day, site) for day in dates for site in range(len(SITES))]
    sums = [0, *accumulate(_SITE_WEIGHTS[s] * _DAY_WEIGHTS[d.weekday()] for d, s in cells)]
    rest = records - len(cells)
    # Cumulative sums, rounded: the counts add up exactly.
    marks = [i + rest * total // sums[-1] for i, total in enumerate(sums)]
    for (day, site), (low, high) in zip(cells, pairwise(marks), strict=True):
        yield day, site, low, high - low


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
