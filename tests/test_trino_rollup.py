"""The view over daily sums on a real Trino: the same rows, and nothing of the logs is read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowathena import Client
from flowathena.catalog import open_catalog, wanted
from flowathena.deploy.quicksight.wanted import daily_statement
from flowathena.table.view_text import wanted_view
from flowathena.target.target import Target
from tests.aws import BUCKET, RESULTS, create_bucket, pointed_at
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.rolled import CLOSED, DAYS, FILES, OPEN, expected

pytestmark = pytest.mark.trino

ARCHIVE = "archive-bucket"
NOW = datetime(2026, 10, 20, tzinfo=UTC)
EVERY = {**CLOSED, **expected(*(file for file in FILES if file.day == str(OPEN)))}
FLOWS = sum(int(str(row[11])) for own in EVERY.values() for row in own)
SHAPES: dict[str, dict[str, Any]] = {
    "registered": {},
    "projected": {"partitioning": "projection"},
    "hive": {"layout": "hive-daily", "partition_keys": "hive"},
}
VIEW = "network.vpc_flow_logs_daily"
PLAN = "EXPLAIN (TYPE IO, FORMAT JSON)"


def key(file: Any, layout: str) -> str:  # noqa: ANN401 - a log file
    if layout != "hive-daily":
        return str(file.key)
    keys = f"aws-account-id={file.account}/aws-service=vpcflowlogs/aws-region={file.region}"
    year, month, day = file.day.split("-")
    parts = f"year={year}/month={month}/day={day}"
    return f"AWSLogs/{keys}/{parts}/{file.key.rpartition('/')[2]}"


def put(rig: Rig, target: Target) -> Client:
    """The logs, their table and its views."""
    for bucket in (BUCKET, RESULTS, ARCHIVE):
        create_bucket(rig, bucket)
    rig.settings(queue_polls=0)
    for file in FILES:
        rig.put_keys(BUCKET, [key(file, target.layout)], file.content())
    flows = Client(target, clock=lambda: NOW)
    if target.partitioning == "projection":
        flows.table.create(since="2026-10-01")
    else:
        flows.partitions.sync(everything=True)
    flows.views.create()
    return flows


def made(shape: str) -> Target:
    return Target(
        "prod",
        f"s3://{BUCKET}/",
        database="network",
        table="vpc_flow_logs",
        region="eu-west-1",
        output_location=f"s3://{RESULTS}/",
        archive_location=f"s3://{ARCHIVE}/flows/",
        **SHAPES[shape],
    )


def rows(trino: Trino) -> list[list[Any]]:
    found = trino.rows(f"SELECT * FROM {VIEW}")
    return sorted(found, key=str)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_rows_are_the_same_wherever_they_are_read(rig: Rig, trino: Trino, shape: str) -> None:
    with pointed_at(rig):
        flows = put(rig, made(shape))
        before, types = rows(trino), trino.types(f"SELECT * FROM {VIEW} WHERE false")
        assert sum(map(len, EVERY.values())) == len(before)
        done = flows.archive.rollup.run(since="2026-10-02", until="2026-10-04")
        assert (done.failures, done.warnings, done.views) == ([], [], [VIEW])
        assert rows(trino) == before
        moved = flows.archive.run(everything=True)
        assert (moved.failures, moved.warnings) == ([], [])
        assert {*moved.views} == {VIEW, "network.vpc_flow_logs_readable"}
        assert rows(trino) == before
        done = flows.archive.rollup.run(everything=True, again=True)
        assert (done.failures, len(done.written), done.views) == ([], 4, [VIEW])
        assert rows(trino) == before
        assert trino.types(f"SELECT * FROM {VIEW} WHERE false") == types
        assert all(each.equal for each in flows.views.diff())


@pytest.mark.parametrize("shape", SHAPES)
def test_of_days_that_are_rolled_up_no_log_is_read(rig: Rig, trino: Trino, shape: str) -> None:
    """What a data set of QuickSight asks: all, and the last days; the logs are damaged."""
    target = made(shape)
    with pointed_at(rig):
        flows = put(rig, target)
        flows.archive.rollup.run(everything=True)
        table = open_catalog(target, flows._aws).table()  # noqa: SLF001 - as Glue has it
        assert table is not None
        view = wanted_view("daily", wanted.target_table(table, target))
    for file in FILES:
        if file.day != str(OPEN):
            rig.put_keys(BUCKET, [key(file, target.layout)], b"no gzip")
    back = datetime.now(UTC) - NOW + timedelta(days=30)
    sql = daily_statement(view, timedelta(days=back.days)).sql
    assert trino.rows(f"SELECT sum(flows) FROM ({sql})") == [[FLOWS]]
    recent = f"SELECT * FROM ({sql}) WHERE \"date\" >= TIMESTAMP '2026-10-04 00:00:00'"
    ((found,),) = trino.rows(f"SELECT count(*) FROM ({recent})")
    assert found == sum(len(EVERY[str(day)]) for day in (DAYS[3], OPEN))
    ((text,),) = trino.rows(f"{PLAN} {recent}")
    kept = {
        each["table"]["schemaTable"]["table"]: [
            span["low"]["value"]
            for column in each["constraint"]["columnConstraints"]
            for span in column["domain"]["ranges"]
            if column["columnName"] == "day"
        ]
        for each in json.loads(text)["inputTableColumnInfos"]
    }
    assert kept["vpc_flow_logs_rollup"] == ["2026-10-04"]
