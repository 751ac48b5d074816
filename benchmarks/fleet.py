"""A fleet's flow logs: accounts, Regions, days, and the objects of each day as AWS names them."""

import gzip
from collections.abc import Iterator
from datetime import date, timedelta

from flowathena.logs.fields import DEFAULT_FORMAT

BUCKET = "flow-logs"
ACCOUNTS = tuple(f"{210_000_000_000 + 7_919 * n:012d}" for n in range(1, 51))
_REGIONS = """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2
    ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1
    us-east-2 us-west-1 us-west-2
"""
REGIONS = tuple(_REGIONS.split())
PAIRS = len(ACCOUNTS) * len(REGIONS)
LOG = gzip.compress(f"{' '.join(DEFAULT_FORMAT)}\n".encode(), mtime=0)
"""The content of every object: a header, and no record."""
_STAMPS = ("0000Z_7d1e09a4", "1215Z_c0ffee12", "2355Z_ab12cd34")


def days(first: date, last: date) -> list[date]:
    """Every day from one to another, both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def folder(account: str, region: str, day: date) -> str:
    """The folder of a day in the bucket."""
    return f"AWSLogs/{account}/vpcflowlogs/{region}/{day:%Y/%m/%d}/"


def places(span: list[date]) -> Iterator[tuple[str, str, date]]:
    """Every account, Region and day."""
    return ((a, r, day) for a in ACCOUNTS for r in REGIONS for day in span)


def keys(span: list[date], objects: int) -> list[str]:
    """The keys of some objects a day, of every account and Region."""
    return [
        f"{folder(account, region, day)}{account}_vpcflowlogs_{region}"
        f"_fl-0123456789abcdef0_{day:%Y%m%d}T{stamp}.log.gz"
        for account, region, day in places(span)
        for stamp in _STAMPS[:objects]
    ]


def partitions(span: list[date]) -> dict[str, list[str]]:
    """Values by location, of every account, Region and day."""
    return {
        f"s3://{BUCKET}/{folder(*place)}": [place[0], place[1], place[2].isoformat()]
        for place in places(span)
    }
