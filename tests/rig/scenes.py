"""Small worlds that the rig's own tests are played in."""

import gzip
from dataclasses import dataclass
from typing import Any

from tests.naps import real_sleep
from tests.rig.client import Rig
from tests.rig.descriptors import LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT

COLUMNS = (
    ("version", "int"),
    ("srcaddr", "string"),
    ("dstport", "int"),
    ("bytes", "bigint"),
    ("start", "bigint"),
    ("action", "string"),
)
HEADER = "version srcaddr dstport bytes start action"
DAY = 1767225600  # 2026-01-01 00:00:00 UTC


@dataclass(frozen=True)
class Ran:
    """A finished query: how it ended and its first page."""

    id: str
    execution: dict[str, Any]
    rows: list[list[str | None]]
    types: list[str]

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def scanned(self) -> int:
        return int(self.execution["Statistics"]["DataScannedInBytes"])

    @property
    def data(self) -> list[list[str | None]]:
        return self.rows[1:]


def descriptor(location: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS],
        "Location": location,
        "InputFormat": TEXT_INPUT,
        "OutputFormat": TEXT_OUTPUT,
        "SerdeInfo": {
            "SerializationLibrary": LAZY_SIMPLE,
            "Parameters": {"field.delim": " ", "serialization.format": " "},
        },
    }


def packed(*lines: str) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in (HEADER, *lines)).encode(), mtime=0)


def make_table(rig: Rig, name: str = "flows", key: str = "date") -> None:
    glue = rig.client("glue")
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": key}],
        "Parameters": {"skip.header.line.count": "1", "EXTERNAL": "TRUE"},
        "StorageDescriptor": descriptor("s3://logs/"),
    }
    glue.create_table(DatabaseName="net", TableInput=table)


def make_world(rig: Rig) -> None:
    """Two buckets, the database net and the table net.flows without a partition."""
    s3 = rig.client("s3")
    for bucket in ("logs", "out"):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    rig.client("glue").create_database(DatabaseInput={"Name": "net"})
    make_table(rig)


def entry(day: str) -> dict[str, Any]:
    place = f"s3://logs/{day.replace('-', '/')}/"
    return {"Values": [day], "StorageDescriptor": descriptor(place)}


def register(rig: Rig, *days: str, table: str = "flows") -> list[dict[str, Any]]:
    answer = rig.client("glue").batch_create_partition(
        DatabaseName="net", TableName=table, PartitionInputList=[entry(day) for day in days]
    )
    errors: list[dict[str, Any]] = answer.get("Errors", [])
    return errors


def put_day(rig: Rig, day: str, *lines: str, name: str = "a.log.gz") -> int:
    body = packed(*lines)
    rig.put_keys("logs", [f"{day.replace('-', '/')}/{name}"], body)
    return len(body)


def flow(source: str, port: object, size: object, action: str = "ACCEPT") -> str:
    return f"2 {source} {port} {size} {DAY} {action}"


def start(rig: Rig, sql: str, **more: Any) -> str:  # noqa: ANN401
    answer = rig.client("athena").start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "net"},
        ResultConfiguration={"OutputLocation": "s3://out/results/"},
        **more,
    )
    return str(answer["QueryExecutionId"])


def wait(rig: Rig, query: str) -> dict[str, Any]:
    athena = rig.client("athena")
    while True:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)
        execution: dict[str, Any] = found["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        real_sleep(0.01)


def run(rig: Rig, sql: str, **more: Any) -> Ran:  # noqa: ANN401
    query = start(rig, sql, **more)
    execution = wait(rig, query)
    if execution["Status"]["State"] != "SUCCEEDED":
        return Ran(query, execution, [], [])
    page = rig.client("athena").get_query_results(QueryExecutionId=query)["ResultSet"]
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["Rows"]]
    types = [column["Type"] for column in page["ResultSetMetadata"]["ColumnInfo"]]
    return Ran(query, execution, rows, types)
