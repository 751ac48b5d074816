"""From a sync to the dashboards, alarms and messages: once, again changing nothing, and removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws import BUCKET, Place, configured, create_bucket, log, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

ACCOUNT = "123456789012"
GROUP = "/vpc/flow-logs"
SECTIONS = f"""
[targets.prod.quicksight]
owners = ["user/default/alice"]

[targets.prod.metrics]
queries = ["metric_ssh_rejects"]
log_group = "{GROUP}"
"""
FED = ("quicksight", "cloudwatch", "logs")
READING = ("Describe", "Get", "List", "Test")
COMMANDS = (
    ("view", "create", "daily"),
    ("quicksight", "publish"),
    ("metrics", "publish"),
    ("metrics", "alarms"),
    ("metrics", "dashboard"),
    ("metrics", "filter"),
)


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A bucket with a day of rejected SSH, an account with QuickSight and a log group."""
    first = datetime.now(UTC) - timedelta(hours=4)  # within a day, whatever the hour
    create_bucket(rig, BUCKET)
    refused = [record(int(first.timestamp()) + 900 * n, dstport=22) for n in range(3)]
    lines = [line.replace("ACCEPT", "REJECT") for line in refused]
    rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", first.date()).key], log(*lines))
    made = configured(tmp_path, rig)
    with (tmp_path / "flowathena.toml").open("a") as file:
        file.write(SECTIONS)
    rig.arrange("quicksight", identity_region="us-east-1", users={"alice": "AUTHOR"}, groups=[])
    rig.arrange("logs", group=GROUP, lines=[], times=[])
    return made


def writes(rig: Rig) -> list[str]:
    """The calls that change something in the services that are fed."""
    calls = [call["op"] for service in FED for call in rig.journal(service)]
    return [op for op in calls if not op.startswith(READING)]


def foreign(rig: Rig) -> None:
    """What others have made."""
    client: Any = rig.client("quicksight")
    client.create_data_source(
        AwsAccountId=ACCOUNT,
        DataSourceId="theirs",
        Name="Theirs",
        Type="ATHENA",
        DataSourceParameters={"AthenaParameters": {"WorkGroup": "primary"}},
    )
    rig.client("cloudwatch").put_metric_alarm(
        AlarmName="theirs",
        Namespace="Theirs",
        MetricName="Theirs",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    rig.client("cloudwatch").put_dashboard(DashboardName="theirs", DashboardBody='{"widgets": []}')


def names(rig: Rig) -> dict[str, list[str]]:
    """What there is in the account, by service."""
    quicksight: Any = rig.client("quicksight")
    cloudwatch: Any = rig.client("cloudwatch")
    about = {"AwsAccountId": ACCOUNT}
    return {
        "sources": [s["Name"] for s in quicksight.list_data_sources(**about)["DataSources"]],
        "sets": [s["Name"] for s in quicksight.list_data_sets(**about)["DataSetSummaries"]],
        "boards": [s["Name"] for s in quicksight.list_dashboards(**about)["DashboardSummaryList"]],
        "alarms": [a["AlarmName"] for a in cloudwatch.describe_alarms()["MetricAlarms"]],
        "dashboards": [
            d["DashboardName"] for d in cloudwatch.list_dashboards()["DashboardEntries"]
        ],
        "filters": [
            f["filterName"] for f in rig.client("logs").describe_metric_filters()["metricFilters"]
        ],
    }


THEIRS = {
    "sources": ["Theirs"],
    "sets": [],
    "boards": [],
    "alarms": ["theirs"],
    "dashboards": ["theirs"],
    "filters": [],
}


def test_what_a_sync_registers_reaches_everybody_once(rig: Rig, shell: Shell) -> None:
    foreign(rig)
    shell.run("partitions", "sync", "--all")
    for words in COMMANDS:
        shell.run(*words)
    made = names(rig)
    assert all(len(found) > len(THEIRS[kind]) for kind, found in made.items()), made
    shell.run("quicksight", "refresh")

    put = {call["op"] for call in rig.journal("cloudwatch")}
    assert "PutMetricData" in put
    checked = shell.run("check", "ssh_rejects", "--max-rows", "0", "--since", "3d", code=3)
    assert len(checked.out.splitlines()) == 1

    rig.clear_journal()
    shell.run("partitions", "sync", "--all")
    for words in COMMANDS:
        shell.run(*words)
    assert writes(rig) == []
    assert names(rig) == made

    shell.run("quicksight", "remove", "--yes")
    shell.run("metrics", "remove", "--yes")
    assert names(rig) == THEIRS
    rig.clear_journal()
    shell.run("quicksight", "remove", "--yes")
    shell.run("metrics", "remove", "--yes")
    assert writes(rig) == []
