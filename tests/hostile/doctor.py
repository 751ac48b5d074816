"""Folders, files, catalogs and tables as the doctor finds them; it reads, and changes nothing.

The logs are old whenever this runs, which is a finding of its own: every exit code is 3.
"""

import gzip
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, Place
from tests.cases import LogFile, record
from tests.doctor import glue_table
from tests.hostile.case import DAYS, AwsCase, Case
from tests.rig.client import Rig

_REGION = "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1"
_NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20261102T0010Z_c0ffee.log.gz"
_LOG = gzip.compress(b"\n".join([LogFile(DAYS[1], ()).header.encode(), record(1).encode()]))
_MISNAMED = "log files are in folders that are no"
Spoil = Callable[[Path], object]


def _file(path: str, content: bytes = _LOG) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)

    return spoil


def _link(path: str, target: str) -> Spoil:
    return lambda folder: (folder / path).symlink_to(target)


def _sql(statement: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with sqlite3.connect(folder / "logs" / ".flowathena" / "catalog.sqlite") as catalog:
            catalog.execute(statement)
        catalog.close()

    return spoil


def _local(name: str, line: str, spoil: Spoil) -> Case:
    return Case(name, "doctor", 3, line, spoil)


def _line(start: object) -> bytes:
    header, values = LogFile(DAYS[1], ()).header, record(1).split()
    values[10] = str(start)
    return gzip.compress(f"{header}\n{' '.join(values)}\n".encode())


def _newest(content: bytes) -> Spoil:
    return _file(f"{_REGION}/2026/11/02/{_NAME}", content)


_DAMAGED = "log files are damaged: a query that reads one fails"

_LOCAL = [
    _local("31 November", f"{_MISNAMED} day", _file(f"{_REGION}/2026/11/31/{_NAME}")),
    _local("a month 13", f"{_MISNAMED} day", _file(f"{_REGION}/2026/13/01/{_NAME}")),
    _local("29 February", f"{_MISNAMED} day", _file(f"{_REGION}/2026/02/29/{_NAME}")),
    _local("the year 0", f"{_MISNAMED} day", _file(f"{_REGION}/0000/01/01/{_NAME}")),
    _local("days in other digits", f"{_MISNAMED} day", _file(f"{_REGION}/٢٠٢٦/11/02/{_NAME}")),
    _local("a log above the days", f"{_MISNAMED} day", _file(f"{_REGION}/2026/{_NAME}")),
    _local(
        "a log above the Regions",
        f"{_MISNAMED} Region name",
        _file(f"{_REGION}/../{_NAME}"),
    ),
    _local(
        "a Region in capitals",
        f"{_MISNAMED} Region name",
        _file(f"{_REGION}/../EU-WEST-1/2026/11/02/{_NAME}"),
    ),
    _local(
        "a Region that is a city",
        f"{_MISNAMED} Region name",
        _file(f"{_REGION}/../Frankfurt/2026/11/02/{_NAME}"),
    ),
    _local(
        "an account of three digits",
        f"{_MISNAMED} account id",
        _file(f"logs/AWSLogs/123/vpcflowlogs/eu-west-1/2026/11/02/{_NAME}"),
    ),
    _local(
        "a file where an account is expected",
        "no logs have been delivered recently",
        _file("logs/AWSLogs/444455556666", b""),
    ),
    _local("an hour 24", "no logs have been", _file(f"{_REGION}/2026/11/02/24/{_NAME}")),
    _local("a newest file that is a page", _DAMAGED, _newest(b"<html>403</html>")),
    _local("a newest file cut short", _DAMAGED, _newest(_LOG[:-5])),
    _local("a newest file of a few bytes", _DAMAGED, _newest(_LOG[:3])),
    _local("a newest file of zeros", _DAMAGED, _newest(bytes(1000))),
    _local(
        "Parquet that is none",
        _DAMAGED,
        _file(f"{_REGION}/2026/11/02/{_NAME[:-7]}.log.parquet", b"PAR1 nothing PAR1"),
    ),
    _local("an empty newest file", "no logs have been delivered recently", _newest(b"")),
    _local(
        "a header that is no text",
        "log files are damaged",
        _newest(gzip.compress(b"\xff\xfe\x00version\n")),
    ),
    _local("milliseconds", "start is in milliseconds", _newest(_line(1_793_612_400_000))),
    _local("a start that is no number", "no logs have been", _newest(_line("-"))),
    _local("a start of 300 digits", "start is in milliseconds", _newest(_line("9" * 300))),
    _local("a link to nowhere", "links cannot be followed", _link(f"{_REGION}/2026/10", "gone")),
    _local("a link to itself", "links cannot be followed", _link(f"{_REGION}/2026/10", "10")),
    _local("a link to its parent", "links cannot be followed", _link(f"{_REGION}/2026/10", "..")),
    _local(
        "a catalog that is no database",
        "the table cannot be read",
        _file("logs/.flowathena/catalog.sqlite", b"x" * 5000),
    ),
    _local(
        "a table that is no JSON",
        "the table cannot be read",
        _sql("UPDATE tables SET definition = '{'"),
    ),
    _local(
        "a location of another day",
        "partitions point at the folder of another day",
        _sql("UPDATE partitions SET location = replace(location, '/11/02/', '/11/01/')"),
    ),
    _local(
        "a location outside",
        "partitions point outside the target's location",
        _sql("UPDATE partitions SET location = '/nowhere/'"),
    ),
    _local(
        "values that are no day",
        "the newest days are not registered",
        _sql(
            'UPDATE partitions SET partition_values = \'["x", "y", "z"]\' '
            "WHERE partition_values LIKE '%2026-11-02%'"
        ),
    ),
    _local(
        "the logs gone",
        "the logs cannot be read",
        lambda folder: (folder / "logs" / "AWSLogs").rename(folder / "logs" / "elsewhere"),
    ),
    Case(
        "a misspelt format",
        "doctor --format xml",
        2,
        "'xml' is not one of",
    ),
]


def _add_parquet(rig: Rig) -> None:
    with tempfile.TemporaryDirectory() as root:
        generate(Path(root), until=date(2026, 11, 3), days=1, records=50, file_format="parquet")
        rig.load_tree(BUCKET, root)


def _table(**parameters: str | None) -> Callable[[Rig], None]:
    def spoil(rig: Rig) -> None:
        table = glue_table(rig)
        changed = {name.replace("__", "."): value for name, value in parameters.items()}
        merged = {**table["Parameters"], **changed}
        table["Parameters"] = {k: v for k, v in merged.items() if v is not None}
        rig.client("glue").update_table(DatabaseName="network", TableInput=table)

    return spoil


def _descriptor(**changes: Any) -> Callable[[Rig], None]:  # noqa: ANN401 - of Glue's API
    def spoil(rig: Rig) -> None:
        table = glue_table(rig)
        table["StorageDescriptor"] |= changes
        rig.client("glue").update_table(DatabaseName="network", TableInput=table)

    return spoil


def _aws(name: str, line: str, break_aws: Callable[[Rig], object]) -> AwsCase:
    return AwsCase(name, "doctor", 3, line, break_aws=break_aws)


_PROJECTED = {
    "projection__enabled": "true",
    "projection__aws_account__type": "enum",
    "projection__aws_account__values": "111122223333",
    "projection__aws_region__type": "enum",
    "projection__aws_region__values": "eu-west-1 , us-east-1",
    "projection__day__type": "date",
    "projection__day__format": "yyyy/MM/dd",
    "projection__day__range": "2026/01/01,NOW",
    "storage__location__template": (
        f"s3://{BUCKET}/AWSLogs/${{aws_account}}/vpcflowlogs/${{aws_region}}/${{day}}/"
    ),
}

_AWS = [
    _aws(
        "a projection that ended",
        "the projection does not reach the newest logs",
        _table(**{**_PROJECTED, "projection__day__range": "2026/01/01,2026/10/31"}),
    ),
    _aws(
        "a projection whose range is nonsense",
        "the projection does not reach the newest logs",
        _table(**{**_PROJECTED, "projection__day__range": "yesterday"}),
    ),
    _aws(
        "a projection without a template",
        "the projection looks for the logs in another folder",
        _table(**{**_PROJECTED, "storage__location__template": None}),
    ),
    _aws(
        "a projection of no type",
        "the projection of key aws_region has no valid type",
        _table(**{**_PROJECTED, "projection__aws_region__type": "list"}),
    ),
    _aws(
        "a table without columns",
        "the table cannot be read as flow logs",
        _descriptor(Columns=[]),
    ),
    _aws(
        "a results bucket that is gone",
        "the bucket for query results does not exist",
        lambda rig: rig.client("s3").delete_bucket(Bucket=RESULTS),
    ),
    _aws(
        "a folder of 31 November in S3",
        f"{_MISNAMED} day",
        lambda rig: rig.put_keys(
            BUCKET,
            [Place("111122223333", "eu-west-1", date(2026, 11, 30)).key.replace("/30/", "/31/")],
            _LOG,
        ),
    ),
    _aws(
        "an unfinished copy in S3",
        "files that are no logs lie among them, and Athena reads them as logs",
        lambda rig: rig.put_keys(
            BUCKET, [Place("111122223333", "eu-west-1", date(2026, 11, 2)).key + ".a1B2c3"], _LOG
        ),
    ),
    _aws(
        "Parquet among text in S3",
        "flow logs of several layouts or file formats share a prefix",
        _add_parquet,
    ),
    _aws(
        "nothing is allowed",
        "the permission s3:ListBucket is missing",
        lambda rig: rig.faults(
            [
                {"service": service, "op": op, "kind": "access_denied"}
                for service, op in (("s3", "ListObjectsV2"), ("glue", "GetTable"))
            ]
        ),
    ),
]

CASES = [*_LOCAL, *_AWS]
