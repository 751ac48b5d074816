"""What a data set of QuickSight reads, published a week ago and refreshed today: today's days.

Trino is the judge, by its own clock. The objects of all other days are damaged: whoever reads one
fails. The statements are taken from where they were published, and put into another as QuickSight
does.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from flowathena import Client
from flowathena.target.feed import Feed, QuickSightFeed
from flowathena.target.target import Target
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.rig.trino.client import Trino

pytestmark = pytest.mark.trino

ACCOUNT = "123456789012"
WINDOW = 3
SETTINGS: dict[str, dict[str, Any]] = {
    "registered": {},
    "projected": {"partitioning": "projection"},
    "hive": {"layout": "hive-daily", "partition_keys": "hive"},
}
QUERY = "top_https_servers"


def _place(day: date, layout: str) -> str:
    place = Place("111122223333", "eu-west-1", day)
    if layout != "hive-daily":
        return place.key
    keys = f"aws-account-id={place.account}/aws-service=vpcflowlogs/aws-region={place.region}"
    parts = f"year={day.year}/month={day.month:02d}/day={day.day:02d}"
    return f"AWSLogs/{keys}/{parts}/{place.key.rpartition('/')[2]}"


@pytest.mark.parametrize("name", SETTINGS)
def test_a_week_after_it_was_published_it_reads_the_days_until_now(
    rig: Rig, trino: Trino, name: str
) -> None:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=n) for n in range(21)]
    read = days[: WINDOW + 1]
    for bucket in (BUCKET, RESULTS):
        create_bucket(rig, bucket)
    target = Target(
        "prod",
        f"s3://{BUCKET}/",
        database="network",
        table="vpc_flow_logs",
        region="eu-west-1",
        output_location=f"s3://{RESULTS}/",
        feed=Feed(QuickSightFeed(window=timedelta(days=WINDOW), queries=(QUERY,))),
        **SETTINGS[name],
    )
    keys = {day: _place(day, target.layout) for day in days}
    for day in days:
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
        rig.put_keys(BUCKET, [keys[day]], log(record(noon), record(noon + 60, srcport=40001)))
    week = timedelta(days=7)
    with pointed_at(rig):
        if name == "projected":
            Client(target).table.create(since=str(days[-1]))
        else:
            Client(target).partitions.sync(everything=True)
        then = Client(target, clock=lambda: datetime.now(UTC) - week)
        then.views.create("daily")
        then.quicksight.publish()
    for day in set(days) - set(read):
        rig.put_keys(BUCKET, [keys[day]], b"no gzip")

    daily = trino.rows(f'SELECT "day", sum("flows") FROM ({_sql(rig, "daily")}) GROUP BY 1')
    assert sorted(daily) == sorted([str(day), 2] for day in read)
    # Of the first day only the records of the window's hours.
    servers = trino.rows(f"SELECT * FROM ({_sql(rig, QUERY)})")
    assert [row[0] for row in servers] == ["10.0.0.5"]
    # An incremental refresh adds the days of its look-back, and reads no others.
    for day in read[2:]:
        rig.put_keys(BUCKET, [keys[day]], b"no gzip")
    since = f"TIMESTAMP '{read[1]} 00:00:00'"
    recent = trino.rows(
        f'SELECT "day", sum("flows") FROM ({_sql(rig, "daily")}) WHERE "date" >= {since} GROUP BY 1'
    )
    assert datetime.now(UTC).date() != today or sorted(recent) == sorted(
        [str(day), 2] for day in read[:2]
    )


def _sql(rig: Rig, name: str) -> str:
    client = rig.client("quicksight")
    sets = client.list_data_sets(AwsAccountId=ACCOUNT)["DataSetSummaries"]
    (found,) = [each["DataSetId"] for each in sets if each["DataSetId"].endswith(f"-{name}")]
    described = client.describe_data_set(AwsAccountId=ACCOUNT, DataSetId=found)["DataSet"]
    (table,) = described["PhysicalTableMap"].values()
    sql: str = table["CustomSql"]["SqlQuery"]
    return sql
