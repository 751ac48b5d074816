"""A log tree in the rig's S3 and the command line pointed at it."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flowathena import Client
from tests.rig.client import Rig
from tests.shell import Shell

BUCKET = "flow-logs"
RESULTS = "query-results"
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol "
    "packets bytes start end action log-status"
)
_TOML = """
default_target = "prod"

[targets.prod]
location = "s3://{bucket}/{prefix}"
database = "network"
table = "vpc_flow_logs"
region = "eu-west-1"
workgroup = "primary"
output_location = "s3://{results}/flowathena/"
"""


@dataclass(frozen=True)
class Place:
    """One day folder of the plain layout."""

    account: str
    region: str
    day: date
    organization: str = ""

    @property
    def values(self) -> dict[str, str]:
        """The partition values as the command line prints them."""
        return {
            "aws_account": self.account,
            "aws_region": self.region,
            "day": self.day.isoformat(),
        }

    @property
    def folder(self) -> str:
        """The folder in the bucket, written out by hand."""
        above = f"{self.organization}/" if self.organization else ""
        return (
            f"AWSLogs/{above}{self.account}/vpcflowlogs/{self.region}/"
            f"{self.day.year:04d}/{self.day.month:02d}/{self.day.day:02d}/"
        )

    @property
    def key(self) -> str:
        """The key of a log object in the folder."""
        stamp = f"{self.day:%Y%m%d}T0000Z"
        name = (
            f"{self.account}_vpcflowlogs_{self.region}_fl-0123456789abcdef0_{stamp}_c0ffee.log.gz"
        )
        return self.folder + name


def places(accounts: Iterable[str], regions: Iterable[str], first: date, days: int) -> list[Place]:
    """Every account with every Region and day."""
    regions = list(regions)
    return [
        Place(account, region, first + timedelta(days=n))
        for account in accounts
        for region in regions
        for n in range(days)
    ]


def log(*lines: str, header: str = HEADER) -> bytes:
    """A log object of some record lines."""
    return gzip.compress("".join(f"{line}\n" for line in (header, *lines)).encode(), mtime=0)


def record(start: int, **fields: object) -> str:
    """A record line of the default format that starts at a Unix second."""
    values: dict[str, object] = {
        "version": 2,
        "account": "111122223333",
        "eni": "eni-0a",
        "src": "198.51.100.7",
        "dst": "10.0.0.5",
        "srcport": 40000,
        "dstport": 443,
        "protocol": 6,
        "packets": 3,
        "bytes": 180,
        "start": start,
        "end": start + 60,
        "action": "ACCEPT",
        "status": "OK",
        **fields,
    }
    return " ".join(map(str, values.values()))


def configured(folder: Path, rig: Rig, prefix: str = "") -> Shell:
    """A folder with a configuration for the bucket, and its shell; makes the results bucket."""
    (folder / "flowathena.toml").write_text(
        _TOML.format(bucket=BUCKET, prefix=prefix, results=RESULTS)
    )
    create_bucket(rig, RESULTS)
    return Shell(folder, rig.env())


def with_one_day(rig: Rig, folder: Path) -> Shell:
    """One day, 2026-10-01, of three flows to one server, registered; queries do not queue."""
    create_bucket(rig, BUCKET)
    day = date(2026, 10, 1)
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    place = Place("111122223333", "eu-west-1", day)
    rig.put_keys(BUCKET, [place.key], log(*[record(noon)] * 3))
    shell = configured(folder, rig)
    with pointed_at(rig):
        Client(config_path=folder / "flowathena.toml").partitions.sync(everything=True)
    rig.settings(queue_polls=0)
    rig.clear_journal()
    return shell


@contextmanager
def pointed_at(rig: Rig) -> Iterator[None]:
    """This process's AWS variables lead to the rig."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rig.env().items():
            patch.setenv(name, value)
        yield


def create_bucket(rig: Rig, name: str) -> None:
    """An empty bucket in the rig's Region."""
    rig.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def registered(rig: Rig) -> dict[tuple[str, ...], str]:
    """Location by values of what Glue has, read page by page through boto3."""
    pages = (
        rig.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName="network", TableName="vpc_flow_logs")
    )
    return {
        tuple(entry["Values"]): entry["StorageDescriptor"]["Location"]
        for page in pages
        for entry in page["Partitions"]
    }
