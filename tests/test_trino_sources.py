"""Several tables behind one flow_logs, on the engine that Athena is: plans, and wrong settings."""

from datetime import date
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.several import FlowLog, files
from tests.test_trino_pruning import kept

pytestmark = pytest.mark.trino

# The default format all along; in one account another one from day 3; Parquet from day 6.
FLOW_LOGS = (
    FlowLog("fl-0a", "v2", 0, 6),
    FlowLog("fl-0b", "v2", 0, 3, "444455556666"),
    FlowLog("fl-0c", "swapped", 3, 6, "444455556666"),
    FlowLog("fl-0d", "parquet", 6, 9),
    FlowLog("fl-0e", "parquet", 6, 9, "444455556666"),
)
# The days of each table, with the account that has them alone.
DAYS = {
    "vpc_flow_logs": range(6),
    "vpc_flow_logs_v3": range(3, 6),
    "vpc_flow_logs_parquet": range(6, 9),
}


@pytest.fixture
def client(rig: Rig, tmp_path: Path) -> Client:
    create_bucket(rig, BUCKET)
    for key, content in files(FLOW_LOGS, range(9)):
        rig.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
    shell = configured(tmp_path, rig)
    shell.run("partitions", "sync", "--all")
    return Client("prod", config_path=shell.folder / "flowathena.toml")


@pytest.mark.parametrize(("first", "last"), [(0, 8), (2, 4), (5, 7), (7, 7), (4, 4)])
def test_each_branch_reads_the_days_of_the_window_that_are_its_own(
    rig: Rig, trino: Trino, client: Client, first: int, last: int
) -> None:
    since, until = date(2026, 10, 1 + first), date(2026, 10, 2 + last)
    with pointed_at(rig):
        rendered = client.render_sql(
            "SELECT sum(bytes) AS b FROM flow_logs", since=since, until=until
        )
    for branch in rendered.sql.split("UNION ALL"):
        table = branch.partition('"network"."')[2].partition('"')[0]
        text = branch.partition("flow_logs AS (")[2] or branch
        alone = text.partition("\n)")[0]
        # The folder of the day after the window may have records of it.
        days = {f"2026-10-{1 + day:02d}" for day in DAYS[table] if first <= day <= last + 1}
        assert kept(trino, alone)["day"] == days, table
