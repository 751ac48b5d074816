"""The settings of a target, and what each may be; pure.

One definition serves the check of the file (``config``) and the schema for editors (``schema``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flowathena.logs.layout import ACCOUNT, FLOW_LOG, REGION
from flowathena.target.location import S3_LOCATION
from flowathena.target.target import CHOICES, SHARED

FILE_NAME = "flowathena.toml"
ENV = "FLOWATHENA_"
"""What the variable of a setting begins with."""

_NAME = re.compile(r"[a-z0-9_-]{1,255}")
_TABLE_NAME = "a name of lower-case letters, digits, _ and -"
_REGION = "a Region name such as eu-west-1"


@dataclass(frozen=True)
class Setting:
    """What a setting may be.

    Attributes:
        meaning: what it says, for whoever edits the file.
        kind: ``text``; a ``location``; a ``layout``, one of the choices or a template; a
            ``switch``, true or false; a record ``format``; ``keys``, ``columns`` or
            ``types``, tables of texts; ``networks``, a list of CIDRs; ``flow_logs``, a list of ids;
            ``texts``, a list; a whole ``number``; a ``decimal`` number; a ``duration`` such as 2d;
            a ``size`` such as 20GB, or a number of bytes; an ``amount`` of USD.
        pattern: what all of a text matches; None for any text.
        expected: what the pattern asks for, in words.
        choices: the values that a text may have; for ``keys``, what a key may stand for; empty for
            any.
        example: how to write a table.
        least: the smallest number or duration in seconds; None for any.
        most: the largest, likewise.
        required: whether a section is invalid without it.
    """

    meaning: str
    kind: Literal[
        "text",
        "location",
        "layout",
        "switch",
        "format",
        "keys",
        "columns",
        "types",
        "networks",
        "flow_logs",
        "texts",
        "number",
        "decimal",
        "duration",
        "size",
        "amount",
    ] = "text"
    pattern: re.Pattern[str] | None = None
    expected: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""
    least: int | None = None
    most: int | None = None
    required: bool = False


def _choice(name: str, meaning: str) -> Setting:
    return Setting(meaning, choices=CHOICES[name])


# Names that need no quotes in Glue and Athena: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
SETTINGS: Mapping[str, Setting] = {
    "location": Setting(
        "What contains AWSLogs/: a folder, relative to this file, or s3://bucket/prefix/.",
        kind="location",
    ),
    "database": Setting("Glue database.", pattern=_NAME, expected=_TABLE_NAME),
    "table": Setting("Table name.", pattern=_NAME, expected=_TABLE_NAME),
    "region": Setting(
        "Region of bucket, Glue and Athena; by default that of the AWS environment.",
        pattern=REGION,
        expected=_REGION,
    ),
    "profile": Setting("AWS profile; by default that of the AWS environment."),
    "role_arn": Setting(
        "Role to assume.",
        pattern=re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+"),
        expected="an IAM role ARN",
    ),
    "external_id": Setting("External id to assume the role with."),
    "request_payer": Setting(
        "Whether you pay for requests to a requester-pays bucket.", kind="switch"
    ),
    "workgroup": Setting(
        "Athena workgroup.",
        pattern=re.compile(r"[A-Za-z0-9._-]{1,128}"),
        expected="a workgroup name",
    ),
    "output_location": Setting(
        "Where Athena writes results; by default the workgroup's setting.",
        pattern=S3_LOCATION,
        expected="an s3://bucket/prefix/ location",
    ),
    "archive_location": Setting(
        "Where 'archive run' writes closed days as Parquet: a folder, relative to this file, or "
        "s3://bucket/prefix/.",
        kind="location",
    ),
    "archive_table": Setting(
        "The table of the archive; by default the table's name with _archive.",
        pattern=_NAME,
        expected=_TABLE_NAME,
    ),
    "rollup_table": Setting(
        "The table of the archive's daily sums; by default the table's name with _rollup.",
        pattern=_NAME,
        expected=_TABLE_NAME,
    ),
    "log_format": Setting(
        'The record fields in order: "default", a list of names, or "${version} ${srcaddr} …".',
        kind="format",
    ),
    "file_format": _choice("file_format", "The format of the delivered files."),
    "header": Setting(
        "Whether the first line of every text file names the fields; false for exports and "
        "subscriptions of CloudWatch Logs.",
        kind="switch",
    ),
    "layout": Setting(
        "The layout of the folders: one of AWS's, or a template of those below the location, such "
        "as {year}/{month}/{day}/{hour}/.",
        kind="layout",
        choices=CHOICES["layout"],
    ),
    "partitioning": _choice(
        "partitioning",
        "Whether partitions are registered in the catalog, or computed by Athena (projection).",
    ),
    "partition_keys": _choice(
        "partition_keys",
        "standard (aws_account, aws_region, day), hive (those of the Hive-compatible folders) or "
        "single (dt: one account and Region per table).",
    ),
    "granularity": _choice("granularity", "The time that one partition covers."),
    "column_names": _choice(
        "column_names", "aws (srcaddr, bytes, …) or older (sourceaddress, numbytes, …)."
    ),
    "account": Setting(
        "The account of all logs, if neither a key nor a folder tells it.",
        pattern=ACCOUNT,
        expected="a 12-digit account id",
    ),
    "log_region": Setting(
        "The Region of all logs, if neither a key nor a folder tells it.",
        pattern=REGION,
        expected=_REGION,
    ),
    "keys": Setting(
        "What the partition keys of an existing table stand for, if their names do not show it.",
        kind="keys",
        choices=CHOICES["keys"],
        example="keys = { dt = 'day' }",
    ),
    "columns": Setting(
        "The columns of an existing table by the field they contain, if their names do not show "
        "it.",
        kind="columns",
        example="columns = { srcaddr = 'source' }",
    ),
    "types": Setting(
        "The types of columns in Parquet files that others than AWS wrote, by the field they "
        "contain, if they differ from the field's; uint32 for unsigned numbers.",
        kind="types",
        example="types = { srcport = 'string' }",
    ),
    "own_networks": Setting(
        "Networks of yours with public addresses, which queries do not take for the internet: the "
        "IPv6 blocks of VPCs, addresses brought to AWS.",
        kind="networks",
    ),
    "flow_logs": Setting(
        "The ids of the flow logs that are read; by default all. For interfaces that several flow "
        "logs record, whose flows would count twice.",
        kind="flow_logs",
        pattern=FLOW_LOG,
        expected="the id of a flow log (fl-…)",
    ),
    "max_scan": Setting(
        "The most that one statement may scan, such as 20GB; one that would scan more is refused.",
        kind="size",
    ),
    "max_cost": Setting(
        "The most USD that one statement may cost; one that would cost more is refused.",
        kind="amount",
    ),
    "price_per_tb": Setting(
        "What Athena costs you, in USD for a TB scanned; by default the list price of the Region.",
        kind="amount",
    ),
    "cache_size": Setting(
        "As much of the objects that --engine local fetched is kept for its next runs: 20GB by "
        "default.",
        kind="size",
    ),
}
"""Every setting of a target, by its key."""

SOURCE_SETTINGS: Mapping[str, Setting] = {
    key: setting for key, setting in SETTINGS.items() if key not in SHARED
}
"""Every setting of a source, by its key."""
