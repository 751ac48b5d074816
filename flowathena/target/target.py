"""A target: one flow-log table and where it lives, and the forms its settings are written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.layout import LOG_ROOT, Layout

DEFAULT_DATABASE = "flowathena"
DEFAULT_TABLE = "vpc_flow_logs"
S3_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
CHOICES = {
    "file_format": ("text", "parquet"),
    "layout": ("plain-daily", "plain-hourly", "hive-daily", "hive-hourly"),
    "partitioning": ("registered", "projection"),
    "partition_keys": ("standard", "hive", "single"),
    "granularity": ("day", "hour"),
    "column_names": ("aws", "older"),
    "keys": ("account", "region", "service", "day", "year", "month", "day_of_month", "hour"),
}
"""The words that some settings take; of ``keys``, what a key may stand for."""


@dataclass(frozen=True)
class Target:
    """One flow-log table and where it lives.

    Attributes:
        name: how the configuration calls it.
        location: ``s3://bucket/prefix/`` or an absolute folder; what holds ``AWSLogs/``.
        database: Glue database (or the name in the local catalog).
        table: table name.
        region: Region of bucket, Glue and Athena; None leaves it to the AWS environment.
        profile: AWS profile; None leaves it to the AWS environment.
        role_arn: role to assume; ``external_id`` goes with it.
        external_id: external id for the role.
        workgroup: Athena workgroup.
        output_location: where Athena writes results; None leaves it to the workgroup.
        log_format: record fields in order, as the header line names them.
        file_format: what the flow log delivers: ``text`` or ``parquet``.
        layout: how it lays out its folders: ``plain-daily``, ``plain-hourly``, ``hive-daily`` or
            ``hive-hourly``.
        partitioning: ``registered``, or ``projection`` (Athena computes the partitions).
        partition_keys: ``standard`` (aws_account, aws_region, day), ``hive`` (those of the
            Hive-compatible folders) or ``single`` (dt; one account and Region a table).
        granularity: whether a partition is a ``day`` or an ``hour``.
        column_names: ``aws`` (the fields' names) or ``older`` (sourceaddress, numbytes, …).
        account: the account of a ``single`` table.
        log_region: the Region of a ``single`` table's logs.
        keys: what a live table's partition keys stand for, by key name, where the name alone does
            not tell.
        columns: a live table's column by field column, where the name alone does not tell.
    """

    name: str
    location: str
    database: str = DEFAULT_DATABASE
    table: str = DEFAULT_TABLE
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    workgroup: str = "primary"
    output_location: str | None = None
    log_format: tuple[str, ...] = DEFAULT_FORMAT
    file_format: str = "text"
    layout: str = "plain-daily"
    partitioning: str = "registered"
    partition_keys: str = "standard"
    granularity: str = "day"
    column_names: str = "aws"
    account: str | None = None
    log_region: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def folders(self) -> Layout:
        """The layout of the folders below ``prefix``, to the hour where partitions are hours."""
        hive, hourly = self.layout.startswith("hive"), self.granularity == "hour"
        return Layout(self.prefix, hive=hive, hourly=hourly)

    @property
    def is_local(self) -> bool:
        """Whether the logs are in a folder of this machine: no AWS is involved."""
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
    def prefix(self) -> str:
        """What stands before ``AWSLogs/`` in the bucket: empty, or ending in ``/``."""
        return "" if self.is_local else self.location.removeprefix("s3://").partition("/")[2]


def normal_location(text: str, base: Path) -> str:
    """A location as ``Target`` holds it: ``s3://bucket/prefix/`` or an absolute folder.

    Raises:
        ValueError: it is neither, or it names ``AWSLogs/`` itself.
    """
    last = text.rstrip("/").rpartition("/")[2]
    if last == LOG_ROOT:
        raise ValueError(
            f"location is the folder that holds {LOG_ROOT}/: leave {LOG_ROOT} off {text!r}"
        )
    if text.startswith("s3://"):
        match = S3_LOCATION.fullmatch(text)
        if not match:
            raise ValueError(f"location {text!r} is no s3://bucket/prefix/")
        prefix = (match[2] or "").strip("/")
        return f"s3://{match[1]}/" + (f"{prefix}/" if prefix else "")
    if "://" in text or not text.strip():
        raise ValueError(f"location {text!r} is neither s3://bucket/prefix/ nor a folder")
    return str((base / Path(text).expanduser()).resolve())
