"""A target: one flow-log table and where it lives, and the values its settings may have."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.layout import Layout
from flowathena.logs.template import is_template, parse_template
from flowathena.target.feed import Feed

DEFAULT_DATABASE = "flowathena"
DEFAULT_TABLE = "vpc_flow_logs"
DEFAULT_CACHE_BYTES = 20_000_000_000
ROLLUP_FOLDER = "rollup"
"""The folder of an archive that its daily sums are in."""
_IN_QUOTES = re.compile(r"""["$`\\!]""")  # what a shell heeds in double quotes
CHOICES = {
    "file_format": ("text", "parquet"),
    "layout": ("plain-daily", "plain-hourly", "hive-daily", "hive-hourly"),
    "partitioning": ("registered", "projection"),
    "partition_keys": ("standard", "hive", "single"),
    "granularity": ("day", "hour"),
    "column_names": ("aws", "older"),
    "keys": ("account", "region", "service", "day", "year", "month", "day_of_month", "hour"),
}
"""The values that some settings may have; for ``keys``, what a key may stand for."""

_TABLE_SETTINGS = (
    "location",
    "file_format",
    "log_format",
    "header",
    "partitioning",
    "partition_keys",
    "granularity",
    "column_names",
    "columns",
    "types",
    "account",
    "log_region",
)


@dataclass(frozen=True)
class Target:
    """One flow-log table and where it lives.

    Attributes:
        name: its name in the configuration.
        location: ``s3://bucket/prefix/`` or an absolute folder, the one that contains ``AWSLogs/``.
        database: Glue database (or the name in the local catalog).
        table: table name.
        region: Region of bucket, Glue and Athena; None uses the AWS environment's.
        profile: AWS profile; None uses the AWS environment's.
        role_arn: role to assume.
        external_id: external id to assume the role with.
        request_payer: whether the caller pays for requests to a requester-pays bucket.
        workgroup: Athena workgroup.
        output_location: where Athena writes results; None uses the workgroup's setting.
        log_format: record fields in order, as in the header line.
        file_format: the format of the delivered files: ``text`` or ``parquet``.
        header: whether the first line of every text file names the fields, as AWS writes them to
            S3; exports and subscriptions of CloudWatch Logs have none.
        layout: the layout of the folders: ``plain-daily``, ``plain-hourly``, ``hive-daily`` or
            ``hive-hourly``, or a template such as ``{year}/{month}/{day}/{hour}/`` below the
            location.
        partitioning: ``registered``, or ``projection`` (Athena computes the partitions).
        partition_keys: ``standard`` (aws_account, aws_region, day), ``hive`` (those of the
            Hive-compatible folders) or ``single`` (dt; one account and Region per table).
        granularity: whether a partition is a ``day`` or an ``hour``.
        column_names: ``aws`` (the fields' names) or ``older`` (sourceaddress, numbytes, …).
        account: the account of all logs, if neither a key nor a folder tells it.
        log_region: the Region of all logs, likewise.
        keys: what the partition keys of an existing table stand for, by key name; only those whose
            name does not show it.
        columns: the columns of an existing table by the field they contain; only those whose name
            does not show it.
        own_networks: networks of yours that queries do not take for public, as CIDRs, although
            their addresses are: the IPv6 block of a VPC, or addresses that you brought to AWS.
        flow_logs: the ids of the flow logs that are read (``fl-…``); empty for all.
        max_scan: the most bytes that one statement may scan; None for any.
        max_cost: the most USD that one statement may cost; None for any.
        price_per_tb: what Athena costs, in USD for a TB scanned; None for its list price.
        cache_size: the bytes of fetched objects that the local engine keeps beyond those in use.
        archive_location: where its closed days are written as Parquet; None for no archive.
        archive_table: the table of the archive; None for the usual name.
        rollup_table: the table of its rollup; None for the usual name.
        sources: further tables that ``flow_logs`` reads, for records of other formats; each is
            this target with settings of its own, and has no sources itself.
        feed: what QuickSight and CloudWatch have of it.
        config: the configuration file that it is from, if that was named (``--config``); only for
            ``command``.
    """

    name: str
    location: str
    database: str = DEFAULT_DATABASE
    table: str = DEFAULT_TABLE
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    request_payer: bool = False
    workgroup: str = "primary"
    output_location: str | None = None
    log_format: tuple[str, ...] = DEFAULT_FORMAT
    file_format: str = "text"
    header: bool = True
    layout: str = "plain-daily"
    partitioning: str = "registered"
    partition_keys: str = "standard"
    granularity: str = "day"
    column_names: str = "aws"
    account: str | None = None
    log_region: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    own_networks: tuple[str, ...] = ()
    flow_logs: tuple[str, ...] = ()
    max_scan: int | None = None
    max_cost: float | None = None
    price_per_tb: float | None = None
    cache_size: int = DEFAULT_CACHE_BYTES
    archive_location: str | None = None
    archive_table: str | None = None
    rollup_table: str | None = None
    sources: tuple["Target", ...] = ()
    feed: Feed = field(default=Feed(), repr=False, compare=False, kw_only=True)
    config: str = field(default="", repr=False, compare=False, kw_only=True)

    @property
    def folders(self) -> Layout:
        """The layout of the folders below ``prefix``, down to hours if partitions are hours."""
        return Layout.named(self.layout, self.prefix, hourly=self.granularity == "hour")

    @property
    def has_hours(self) -> bool:
        """Whether the folders of its layout go down to hours."""
        if is_template(self.layout):
            return "hour" in parse_template(self.layout).fields
        return self.layout.endswith("hourly")

    @property
    def is_local(self) -> bool:
        """Whether the logs are in a folder on this machine; AWS is not involved then."""
        return not self.location.startswith("s3://")

    @property
    def bucket(self) -> str:
        """The S3 bucket of ``location``."""
        return self.location.removeprefix("s3://").partition("/")[0]

    @property
    def table_name(self) -> str:
        """``database.table``."""
        return f"{self.database}.{self.table}"

    @property
    def tables(self) -> tuple["Target", ...]:
        """One target for each table that logs are delivered to; the first is this one."""
        return (replace(self, sources=()), *self.sources) if self.sources else (self,)

    @property
    def archive(self) -> "Target | None":
        """The table of its archive as a target of its own; None if it has none.

        Its catalog is where the archive is: Glue, or a file in its folder.
        """
        if self.archive_location is None:
            return None
        kept = {key: getattr(self, key) for key in SHARED if key not in _OF_ARCHIVE}
        return Target(
            self.name,
            self.archive_location,
            self.database,
            self.archive_table or f"{self.table}_archive",
            **kept,
            file_format="parquet",
            config=self.config,
        )

    @property
    def rollup(self) -> "Target | None":
        """The table of its daily sums as a target of its own; None if it has no archive.

        It is in a folder of the archive's, and its catalog is where it is.
        """
        archive = self.archive
        if archive is None:
            return None
        location = f"{archive.location.rstrip('/')}/{ROLLUP_FOLDER}"
        place = location if archive.is_local else f"{location}/"
        table = self.rollup_table or f"{self.table}_rollup"
        return replace(archive, location=place, table=table)

    @property
    def read_tables(self) -> tuple["Target", ...]:
        """What ``flow_logs`` reads, one target for each table: the archive is the last."""
        return (*self.tables, self.archive) if self.archive else self.tables

    @property
    def settings(self) -> dict[str, object]:
        """Its settings by name, its own name with them; those of its sources apart."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.compare and each.name != "sources"
        }

    def command(self, words: str) -> str:
        """A command about this target as it is typed, for messages.

        Args:
            words: the command and its options: ``partitions sync --all``.
        """
        file = f" --config {_quoted(self.config)}" if self.config else ""
        return f"flowathena {words} -t {_quoted(self.name)}{file}"

    def in_file(self, config: str) -> "Target":
        """The same target and sources, from a configuration file that was named."""
        sources = tuple(replace(each, config=config) for each in self.sources)
        return replace(self, config=config, sources=sources)

    def source_settings(self, source: "Target") -> dict[str, object]:
        """What must be said of one of its sources: the settings that it would not have anyway."""
        usual = Target("", "")
        return {
            key: value
            for key, value in source.settings.items()
            if key == "table" or value != getattr(usual if key in SOURCE_ONLY else self, key)
        }

    @property
    def prefix(self) -> str:
        """The part of a key before ``AWSLogs/``: empty, or ending in ``/``."""
        return "" if self.is_local else self.location.removeprefix("s3://").partition("/")[2]


def _quoted(word: str) -> str:
    """A word for the shell, in double quotes if they do: messages have single ones around it."""
    plain = shlex.quote(word)
    return plain if plain == word or _IN_QUOTES.search(word) else f'"{word}"'


SOURCE_ONLY = (
    "log_format",
    "file_format",
    "header",
    "column_names",
    "keys",
    "columns",
    "types",
    "flow_logs",
)
"""Settings that say what one table contains: a source has its own, or their defaults."""

_OF_ARCHIVE = ("archive_location", "archive_table", "rollup_table")

SHARED = (
    *("region", "profile", "role_arn", "external_id", "request_payer"),
    *("workgroup", "output_location", "own_networks"),
    *("max_scan", "max_cost", "price_per_tb", "cache_size", *_OF_ARCHIVE),
)
"""Settings that a source cannot have: they are the target's."""

AWS_ONLY = (
    *("region", "profile", "role_arn", "external_id", "request_payer"),
    *("workgroup", "output_location", "max_cost", "price_per_tb", "cache_size"),
)
"""Settings that mean nothing to a target whose logs are in a folder."""


def shares_folders(one: Target, other: Target) -> bool:
    """Whether the tables of two targets are over the same folders, of days or of their hours."""
    layouts = (replace(each.folders, hourly=False) for each in (one, other))
    return one.location == other.location and len({*layouts}) == 1


def has_same_table(one: Target, other: Target) -> bool:
    """Whether two targets have one table: the same name in the same catalog.

    A local catalog belongs to a folder, Glue's to an account and Region. A Region that is not set
    is that of the environment, and may be any.
    """
    if one.table_name != other.table_name or one.is_local != other.is_local:
        return False
    if one.is_local:
        return one.location == other.location
    same_region = not one.region or not other.region or one.region == other.region
    return same_region and (one.profile, one.role_arn) == (other.profile, other.role_arn)


def differences(one: Target, other: Target) -> tuple[str, ...]:
    """The settings of two targets that make two tables of them."""
    return tuple(name for name in _TABLE_SETTINGS if getattr(one, name) != getattr(other, name))
