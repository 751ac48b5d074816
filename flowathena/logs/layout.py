"""Where the objects of a partition are: from ``Partition`` to key prefix and back. Pure.

AWS delivers under ``AWSLogs/`` in one of four layouts (plain or Hive-compatible folders, daily or
hourly), optionally below an ``o-…`` organization folder. All folder names are zero-padded UTC.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
These four are two templates, with and without their hours; others write their own (``template``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache

from flowathena.logs.template import (
    PATTERNS,
    PLACE_FIELDS,
    TIME_FIELDS,
    Template,
    is_template,
    parse_template,
)

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


ACCOUNT = re.compile(PATTERNS["account"])
"""The form of an account id."""
REGION = re.compile(PATTERNS["region"])
"""The form of a Region name, in any partition of AWS."""
FLOW_LOG = re.compile(r"fl-[0-9a-f]{1,32}")
"""The form of a flow log's id."""
_FIELDS = {
    Level.ACCOUNT: "account",
    Level.REGION: "region",
    Level.YEAR: "year",
    Level.MONTH: "month",
    Level.DAY: "day",
    Level.HOUR: "hour",
}
_PATTERNS = {
    Level.SERVICE: re.compile(re.escape(SERVICE)),
    **{level: re.compile(PATTERNS[field]) for level, field in _FIELDS.items()},
}
_ORGANIZATION = re.compile(PATTERNS["org"])


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
    """How logs are laid out in folders below ``prefix`` (empty, or ending with ``/``).

    Attributes:
        prefix: the folder that contains them.
        hive: whether AWS's folders are Hive-compatible.
        hourly: whether a partition is an hour.
        template: the folders of others than AWS (see ``logs.template``); empty for AWS's own.

    Raises:
        ValueError: the template is invalid, or has no hours although partitions are hours.
    """

    prefix: str = ""
    hive: bool = False
    hourly: bool = False
    template: str = ""

    def __post_init__(self) -> None:
        if self.prefix and not self.prefix.endswith("/"):
            object.__setattr__(self, "prefix", self.prefix + "/")
        if not self.template:
            return
        template = parse_template(self.template)
        if self.hourly and "hour" not in template.fields:
            raise ValueError(f"{self.template!r} has no {{hour}}")
        preset = next((hive for hive in PRESETS if template in _cuts(hive)), None)
        object.__setattr__(self, "hive", preset or False)
        object.__setattr__(self, "template", template.text if preset is None else "")

    @property
    def name(self) -> str:
        """``plain-daily``, ``plain-hourly``, ``hive-daily``, ``hive-hourly``, or the template."""
        kind = f"{'hive' if self.hive else 'plain'}-{'hourly' if self.hourly else 'daily'}"
        return self.template or kind

    @classmethod
    def named(cls, name: str, prefix: str = "", *, hourly: bool = False) -> "Layout":
        """The layout of a name: one of AWS's four, or a template.

        Args:
            name: its name; whether AWS's folders go down to hours, it does not say.
            prefix: the folder that contains the logs.
            hourly: whether a partition is an hour.

        Raises:
            ValueError: the template is invalid, or has no hours although partitions are hours.
        """
        if is_template(name):
            return cls(prefix, hourly=hourly, template=name)
        return cls(prefix, hive=name.startswith("hive"), hourly=hourly)

    @cached_property
    def folders(self) -> Template:
        """The template of the folders of partitions, AWS's own too."""
        return _folders(self._text, self.hourly)

    @cached_property
    def _text(self) -> str:
        return self.template or PRESETS[self.hive]

    @property
    def has_hours(self) -> bool:
        """Whether its folders may go down to hours: AWS's may."""
        return "hour" in parse_template(self._text).fields

    @property
    def root(self) -> str:
        """The folder above the first one that differs: of AWS's, the one with the accounts."""
        return self.prefix + self.folders.root

    @property
    def names_logs(self) -> bool:
        """Whether AWS names the logs in the folders: ``<account>_vpcflowlogs_…``.

        Then every folder with logs is found by one listing that stops names at ``_``.
        """
        times = "".join(folder.text for folder in self.folders.times)
        return SERVICE in self._text and "_" not in times

    @property
    def service(self) -> str:
        """The folder of VPC flow logs inside an account's folder, of AWS's."""
        return self.folder(Level.SERVICE, SERVICE)

    def folder(self, level: Level, value: str) -> str:
        """The folder name of a value at a level, with a trailing slash; of AWS's folders."""
        return f"{level}={value}/" if self.hive else f"{value}/"

    def value(self, level: Level, folder: str) -> str | None:
        """The value of one of AWS's folder names; None if it is not one of a flow log."""
        name = folder.removesuffix("/")
        if self.hive:
            key, _, name = name.partition("=")
            if key != level:
                return None
        return name if _PATTERNS[level].fullmatch(name) else None

    def region_prefix(self, account: str, region: str, organization: str = "") -> str:
        """The folder of one account and Region, as far as the layout has folders for these."""
        above = f"{organization}/" if organization and not self.template else ""
        values = {"org": organization, "account": account, "region": region}
        return f"{self.root}{above}{self._places.format_map(values)}"

    def prefix_of(self, partition: Partition) -> str:
        """The key prefix of a partition's objects, ending with ``/``."""
        above = self.region_prefix(partition.account, partition.region, partition.organization)
        if partition.hour is None:
            return above + self.day_folders(partition.day)
        return above + self._times.format_map(_time(partition.day, partition.hour))

    def day_folders(self, day: date) -> str:
        """The folders of a day below a Region's folder, ending with ``/``.

        Where days have no folder of their own, the beginning of those of their hours.
        """
        return self._days.format_map(_time(day))

    def moment(self, path: str) -> Moment | None:
        """The day (or hour) of a path below a Region's folder; None if it belongs to none."""
        return _moment(self._text, self.hourly, path)

    def parse(self, key: str) -> Partition | None:
        """The partition of an object key (or of a folder, with its slash); None if it has none.

        The exact inverse of ``prefix_of``: ``parse(prefix_of(p)) == p``, of a partition without an
        account, Region or organization that the layout has no folder for.
        """
        if not key.startswith(self.root):
            return None
        path = key[len(self.root) :]
        first, _, rest = path.partition("/")
        organization = first if is_organization(first) and not self.template else ""
        found = self.folders.pattern.match(rest if organization else path)
        return _partition(found.groupdict(), organization) if found else None

    @cached_property
    def _places(self) -> str:
        return "".join(f"{folder.text}/" for folder in self.folders.places)

    @cached_property
    def _times(self) -> str:
        return "".join(f"{folder.text}/" for folder in self.folders.times)

    @cached_property
    def _days(self) -> str:
        if not self.folders.has_day_folders:
            return self._times.partition("{hour}")[0]
        return "".join(f"{folder.text}/" for folder in self.folders.daily().times)


_DATE = "{year}/{month}/{day}/{hour}/"
_HIVE_DATE = "year={year}/month={month}/day={day}/hour={hour}/"
PRESETS = {
    False: f"{LOG_ROOT}/{{account}}/{SERVICE}/{{region}}/{_DATE}",
    True: (
        f"{LOG_ROOT}/{Level.ACCOUNT}={{account}}/{Level.SERVICE}={SERVICE}/"
        f"{Level.REGION}={{region}}/{_HIVE_DATE}"
    ),
}
"""The templates of AWS's folders, with hours: Hive-compatible (True), or plain."""


def _cuts(hive: bool) -> tuple[Template, Template]:  # noqa: FBT001 - the key of a preset
    """AWS's two layouts of a kind: with hours, and without."""
    hourly = parse_template(PRESETS[hive])
    return hourly, hourly.daily()


@lru_cache(maxsize=256)
def _folders(text: str, hourly: bool) -> Template:  # noqa: FBT001 - positional, for the cache
    template = parse_template(text)
    return template if hourly else template.daily()


def _time(day: date, hour: int = 0) -> dict[str, str]:
    texts = (*day.isoformat().split("-"), f"{hour:02d}")
    return dict(zip(TIME_FIELDS, texts, strict=True))


def _partition(values: Mapping[str, str], organization: str) -> Partition | None:
    try:
        day = _date(values)
    except ValueError:  # 30 February, or year 0000
        return None
    own, account, region = (values.get(name, "") for name in PLACE_FIELDS)
    return Partition(account, region, day, _hour(values), organization or own)


def _date(values: Mapping[str, str]) -> date:
    return date(int(values["year"]), int(values["month"]), int(values["day"]))


def _hour(values: Mapping[str, str]) -> int | None:
    return int(values["hour"]) if "hour" in values else None


# Every account and Region has the same days: a listing of 100 accounts parses each path once. The
# key is the path below the Region's folder, without the layout's prefix.
@lru_cache(maxsize=1 << 16)
def _moment(text: str, hourly: bool, path: str) -> Moment | None:  # noqa: FBT001 - positional
    found = _folders(text, hourly).time_pattern.match(path)
    if found is None:
        return None
    try:
        return Moment(_date(found.groupdict()), _hour(found.groupdict()), found[0])
    except ValueError:  # 30 February, or year 0000
        return None


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
