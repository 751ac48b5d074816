"""A statement whose window moves with the clock reads the partitions of its days, and no others.

Trino is the judge, by its own clock. The objects of all other days are damaged: whoever reads one
fails. The catalog is the strict one, which refuses a statement that forgets its partitions.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from flowathena import Client
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.target.target import Target
from tests.aws import BUCKET, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.rig.trino.server import STRICT

pytestmark = pytest.mark.trino

PARTS = (("year", Role.YEAR), ("month", Role.MONTH), ("day", Role.DAY_OF_MONTH))
SHAPES = {
    "iso": Shape((Key("day", "string", Role.DAY),)),
    "slashes": Shape((Key("dt", "string", Role.DAY, "yyyy/MM/dd"),)),
    "digits": Shape((Key("dt", "string", Role.DAY, "yyyyMMdd"),)),
    "date": Shape((Key("dt", "date", Role.DAY),)),
    "text_parts": Shape(tuple(Key(name, "string", role) for name, role in PARTS)),
    "int_parts": Shape(tuple(Key(name, "int", role) for name, role in PARTS)),
    "projected": Shape((Key("day", "string", Role.DAY),), projected=True),
    "projected_parts": Shape(
        tuple(Key(name, "string", role) for name, role in PARTS), projected=True
    ),
}
# Of projected tables, whose partitions nobody registers; folders are those of the other tables.
PROJECTIONS = {
    "projected": {
        "storage.location.template": f"s3://{BUCKET}/${{day}}/",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2020-01-01,NOW+1DAYS",
    },
    "projected_parts": {
        "storage.location.template": f"s3://{BUCKET}/${{year}}-${{month}}-${{day}}/",
        "projection.year.type": "integer",
        "projection.year.range": "2020,2100",
        "projection.month.type": "integer",
        "projection.month.range": "1,12",
        "projection.month.digits": "2",
        "projection.day.type": "integer",
        "projection.day.range": "1,31",
        "projection.day.digits": "2",
    },
}
COLUMNS = (
    *(("version", "int"), ("account_id", "string"), ("interface_id", "string")),
    *(("srcaddr", "string"), ("dstaddr", "string"), ("srcport", "int"), ("dstport", "int")),
    *(("protocol", "bigint"), ("packets", "bigint"), ("bytes", "bigint"), ("start", "bigint")),
    *(("end", "bigint"), ("action", "string"), ("log_status", "string")),
)


@dataclass(frozen=True)
class Case:
    """A window as it is written, and its days from today, worked out by hand.

    The last is a day after the window's last moment: a record is delivered after it happened.
    """

    since: str
    until: str | None
    first: int
    last: int


CASES = [
    Case("7d", None, -7, 1),
    Case("yesterday", "today", -1, 0),
    Case("2d", "yesterday", -3, -1),
]
_DAYS = 800  # before today, every 40th; and those around the window one by one


def put_table(rig: Rig, name: str, shape: Shape, days: list[date]) -> None:
    """A table in the rig's Glue, with one partition a day, registered or projected."""
    glue = rig.client("glue")
    serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    storage: dict[str, Any] = {
        "Columns": [{"Name": column, "Type": kind} for column, kind in COLUMNS],
        "Location": f"s3://{BUCKET}/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": serde,
            "Parameters": {"field.delim": " ", "serialization.format": " "},
        },
    }
    properties = {"projection.enabled": "true", **PROJECTIONS[name]} if shape.projected else {}
    given: dict[str, Any] = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"skip.header.line.count": "1", "EXTERNAL": "TRUE", **properties},
        "PartitionKeys": [{"Name": key.name, "Type": key.type} for key in shape.keys],
        "StorageDescriptor": storage,
    }
    glue.create_table(DatabaseName="network", TableInput=given)
    if shape.projected:
        return
    entries: list[Any] = [
        {
            "Values": [key.day(day) for key in shape.keys],
            "StorageDescriptor": {**storage, "Location": f"s3://{BUCKET}/{day}/"},
        }
        for day in days
    ]
    for start in range(0, len(entries), 100):
        glue.batch_create_partition(
            DatabaseName="network",
            TableName=name,
            PartitionInputList=entries[start : start + 100],
        )


@pytest.fixture(scope="module")
def today(rig_server: Rig) -> date:
    """The day for which the tables are made; all hold folders of the same bucket."""
    rig_server.reset()
    create_bucket(rig_server, BUCKET)
    day = datetime.now(UTC).date()
    near = {day + timedelta(days=n) for n in range(-36, 4)}
    stored = sorted(near | {day - timedelta(days=n) for n in range(40, _DAYS, 40)})
    rig_server.client("glue").create_database(DatabaseInput={"Name": "network"})
    for name, shape in SHAPES.items():
        put_table(rig_server, name, shape, stored)
    for each in stored:
        rig_server.put_keys(BUCKET, [f"{each}/a.log.gz"], b"no gzip")
    return day


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_the_days_of_the_window_are_read(
    rig_server: Rig, trino: Trino, today: date, name: str, case: Case
) -> None:
    days = [today + timedelta(days=n) for n in range(case.first, case.last + 1)]
    start = int(datetime.combine(today, datetime.min.time(), UTC).timestamp())
    inside = start + 86400 * (case.first + 1) - 1  # the last second of the window's first day
    for day in days:
        rig_server.put_keys(BUCKET, [f"{day}/a.log.gz"], log(record(inside), record(start - 10**7)))
    (key, *_) = SHAPES[name].keys
    target = Target(
        "t",
        f"s3://{BUCKET}/",
        database="network",
        table=name,
        region="eu-west-1",
        keys={key.name: f"day {key.form}"} if key.role is Role.DAY else {},
    )
    with pointed_at(rig_server):
        rendered = Client(target).render(
            "preview", since=case.since, until=case.until, relative=True
        )
    sql = rendered.sql.partition("\n)\n")[0] + "\n)\nSELECT count(*) FROM flow_logs"
    try:
        ((found,),) = trino.rows(sql, catalog=STRICT)
    finally:
        for day in days:
            rig_server.put_keys(BUCKET, [f"{day}/a.log.gz"], b"no gzip")
    if datetime.now(UTC).date() == today:
        assert found == len(days)
