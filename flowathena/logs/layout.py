"""Where the objects of a partition are: from ``Partition`` to key prefix and back. Pure.

AWS delivers under ``AWSLogs/`` in one of four layouts (plain or Hive-compatible folders, daily or
hourly), optionally below an ``o-…`` organization folder. All folder names are zero-padded UTC.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

LOG_ROOT = "AWSLogs"
SERVICE = "vpcflowlogs"
KEYS = ("aws_account", "aws_region", "day")
"""Partition keys of a table in order, all strings; followed by ``hour`` if partitions are hours."""


class Level(StrEnum):
    """A level of folders; its value is the key of the Hive-compatible folder name."""

    ACCOUNT = "aws-account-id"
    SERVICE = "aws-service"
    REGION = "aws-region"
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"


ACCOUNT = re.compile(r"[0-9]{12}")
"""The form of an account id."""
# GovCloud (us-gov-west-1), ISO (us-isob-east-1), China (cn-north-1), EU sovereign (eusc-de-…).
REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}")
"""The form of a Region name, in any partition of AWS."""
FLOW_LOG = re.compile(r"fl-[0-9a-f]{1,32}")
"""The form of a flow log's id."""
_PATTERNS = {
    Level.ACCOUNT: ACCOUNT,
    Level.SERVICE: re.compile(re.escape(SERVICE)),
    Level.REGION: REGION,
    Level.YEAR: re.compile(r"[0-9]{4}"),
    Level.MONTH: re.compile(r"0[1-9]|1[0-2]"),
    Level.DAY: re.compile(r"0[1-9]|[12][0-9]|3[01]"),
    Level.HOUR: re.compile(r"[01][0-9]|2[0-3]"),
}
_DATE_LEVELS = (Level.YEAR, Level.MONTH, Level.DAY)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


def is_account(text: str) -> bool:
    """Whether a text is an AWS account id: 12 digits."""
    return bool(ACCOUNT.fullmatch(text))


def is_region(text: str) -> bool:
    """Whether a text has the form of a Region name, in any partition of AWS."""
    return bool(REGION.fullmatch(text))


def is_organization(text: str) -> bool:
    """Whether a text is an AWS Organizations id (``o-…``)."""
    return bool(_ORGANIZATION.fullmatch(text))


@dataclass(frozen=True, order=True, slots=True)
class Partition:
    """One day (or hour) of one account and Region.

    ``organization`` is the ``o-…`` folder above the account, empty if there is none. It is part of
    the location of the objects and not of the partition's values.
    """

    account: str
    region: str
    day: date
    hour: int | None = None
    organization: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The partition values in the order of ``KEYS``, as in the catalog."""
        hour = () if self.hour is None else (f"{self.hour:02d}",)
        return (self.account, self.region, self.day.isoformat(), *hour)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (or hour) and its folders below a Region's folder, ending with ``/``."""

    day: date
    hour: int | None
    folders: str


@dataclass(frozen=True)
class Layout:
    """How a flow log lays out its folders below ``prefix`` (empty, or ending with ``/``)."""

    prefix: str = ""
    hive: bool = False
    hourly: bool = False

    def __post_init__(self) -> None:
        if self.prefix and not self.prefix.endswith("/"):
            object.__setattr__(self, "prefix", self.prefix + "/")

    @property
    def name(self) -> str:
        """``plain-daily``, ``plain-hourly``, ``hive-daily`` or ``hive-hourly``."""
        return f"{'hive' if self.hive else 'plain'}-{'hourly' if self.hourly else 'daily'}"

    @property
    def root(self) -> str:
        """The folder that contains the accounts."""
        return f"{self.prefix}{LOG_ROOT}/"

    @property
    def service(self) -> str:
        """The folder of VPC flow logs inside an account's folder."""
        return self.folder(Level.SERVICE, SERVICE)

    def folder(self, level: Level, value: str) -> str:
        """The folder name of a value at a level, with a trailing slash."""
        return f"{level}={value}/" if self.hive else f"{value}/"

    def value(self, level: Level, folder: str) -> str | None:
        """The value of a folder name at a level; None if the folder is not one of a flow log."""
        name = folder.removesuffix("/")
        if self.hive:
            key, _, name = name.partition("=")
            if key != level:
                return None
        return name if _PATTERNS[level].fullmatch(name) else None

    def region_prefix(self, account: str, region: str, organization: str = "") -> str:
        """The folder of one account and Region."""
        above = f"{organization}/" if organization else ""
        account_folder = self.folder(Level.ACCOUNT, account)
        return (
            f"{self.root}{above}{account_folder}{self.service}{self.folder(Level.REGION, region)}"
        )

    def prefix_of(self, partition: Partition) -> str:
        """The key prefix of a partition's objects, ending with ``/``."""
        above = self.region_prefix(partition.account, partition.region, partition.organization)
        hour = "" if partition.hour is None else self.folder(Level.HOUR, f"{partition.hour:02d}")
        return above + self.day_folders(partition.day) + hour

    def day_folders(self, day: date) -> str:
        """The folders of a day below a Region's folder, ending with ``/``."""
        levels = zip(_DATE_LEVELS, day.isoformat().split("-"), strict=True)
        return "".join(self.folder(level, value) for level, value in levels)

    def moment(self, path: str) -> Moment | None:
        """The day (or hour) of a path below a Region's folder; None if it belongs to none."""
        return _moment(self.hive, self.hourly, path)

    def parse(self, key: str) -> Partition | None:
        """The partition of an object key (or folder); None if it is not a flow log's.

        The exact inverse of ``prefix_of``: ``parse(prefix_of(p)) == p``.
        """
        if not key.startswith(self.root):
            return None
        folders = key[len(self.root) :].split("/")
        organization = folders.pop(0) if is_organization(folders[0]) else ""
        values = self._values(folders)
        return _partition(values, organization) if values else None

    def _values(self, folders: list[str]) -> dict[Level, str] | None:
        levels = [level for level in Level if self.hourly or level is not Level.HOUR]
        if len(folders) < len(levels):
            return None
        values = {
            level: value
            for level, name in zip(levels, folders, strict=False)
            if (value := self.value(level, name)) is not None
        }
        return values if len(values) == len(levels) else None


def _partition(values: dict[Level, str], organization: str) -> Partition | None:
    try:
        day = date(int(values[Level.YEAR]), int(values[Level.MONTH]), int(values[Level.DAY]))
    except ValueError:  # 30 February, or year 0000
        return None
    hour = int(values[Level.HOUR]) if Level.HOUR in values else None
    return Partition(values[Level.ACCOUNT], values[Level.REGION], day, hour, organization)


# Every account and Region has the same days: a listing of 100 accounts parses each path once. The
# key is the path below the Region's folder, without the layout's prefix.
@lru_cache(maxsize=1 << 16)
def _moment(hive: bool, hourly: bool, path: str) -> Moment | None:  # noqa: FBT001 - positional
    layout = Layout(hive=hive, hourly=hourly)
    levels = (*_DATE_LEVELS, Level.HOUR) if hourly else _DATE_LEVELS
    *folders, _ = path.split("/")
    if len(folders) < len(levels):
        return None
    texts = [layout.value(*pair) for pair in zip(levels, folders, strict=False)]
    values = [int(text) for text in texts if text is not None]
    try:
        day = date(*values[:3]) if len(values) == len(levels) else None
    except ValueError:  # 30 February, or year 0000
        return None
    if day is None:
        return None
    return Moment(day, values[3] if hourly else None, "/".join((*folders[: len(levels)], "")))


@dataclass(frozen=True)
class Scope:
    """A choice of partitions.

    Attributes:
        first: the first day; None for no bound.
        last: the last day, inclusive; None for no bound.
        accounts: account ids; empty for all.
        regions: Region names; empty for all.
    """

    first: date | None = None
    last: date | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def includes_day(self, day: date) -> bool:
        """Whether a day is within the bounds."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Origin:
    """Where logs come from: an account or one of its Regions, with its organization folder."""

    organization: str
    account: str
    region: str = ""
