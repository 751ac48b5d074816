"""The doctor on what a target has in CloudWatch: alarms, topics, dashboard, filters, log group."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import doctor
from tests.aws import BUCKET, Place, configured, create_bucket, log, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

GROUP = "/vpc/flow-logs"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
TABLE = "network.vpc_flow_logs"
SSH = f"{TABLE}/SshRejects"
DASHBOARD = "flowathena-network-vpc_flow_logs"
SECTION = f"""
[targets.prod.metrics]
queries = ["metric_ssh_rejects"]
notify = ["{TOPIC}"]
log_group = "{GROUP}"
"""


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """Logs of two days, whose metrics are published; alarms, dashboard, filters as configured."""
    create_bucket(rig, BUCKET)
    rig.client("sns").create_topic(Name="alerts")
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for back in (0, 1):
        day = noon - timedelta(days=back)
        line = record(int(day.timestamp()), dstport=22, action="REJECT")
        rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day.date()).key], log(line))
    rig.arrange("logs", group=GROUP, lines=[], times=[])
    made = configured(tmp_path, rig)
    with (tmp_path / "flowathena.toml").open("a") as file:
        file.write(SECTION)
    made.run("partitions", "sync", "--all")
    for command in ("publish", "alarms", "dashboard", "filter"):
        made.run("metrics", command)
    return made


def found(shell: Shell) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = shell.try_run("doctor", "--format", "json").json
    assert {each["side"] for each in findings} <= {"cloudwatch"}
    return findings


def edit(shell: Shell, before: str, after: str) -> None:
    file = shell.folder / "flowathena.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def whats(findings: Sequence[dict[str, Any]]) -> list[str]:
    return [each["what"] for each in findings]


def test_what_is_as_configured_is_healthy_and_nothing_is_written(rig: Rig, shell: Shell) -> None:
    rig.clear_journal()
    done = shell.run("doctor", "--verbose")
    assert (done.out, done.err.splitlines()[-1][:20]) == ("", "target prod: healthy")
    calls = [(call["service"], call["op"]) for call in rig.journal()]
    assert ("sns", "GetTopicAttributes") in calls
    assert {
        op for _, op in calls if not op.startswith(("Get", "List", "Describe", "BatchGet"))
    } == (set())


def test_what_is_not_set_up_is_not_missed(shell: Shell) -> None:
    """Somebody publishes, and has no alarms and the log group for Insights."""
    shell.run("metrics", "remove", "--yes")
    edit(shell, f'notify = ["{TOPIC}"]\n', "")
    shell.run("doctor")


@left_to_slow
def test_alarms_that_are_missing_or_differ(rig: Rig, shell: Shell) -> None:
    rig.client("cloudwatch").delete_alarms(AlarmNames=[SSH])
    (missing,) = found(shell)  # the configuration says who is told, so there are to be some
    assert missing["what"] == "1 alarm is missing"
    assert missing["evidence"] == f"{SSH}: SshRejects >= 1 ({TABLE}, by flowathena)"
    doctor.run(shell, missing["mend"])
    shell.run("doctor")
    edit(
        shell,
        SECTION,
        f'{SECTION}[[targets.prod.metrics.alarms]]\nquery = "metric_ssh_rejects"\nthreshold = 5\n',
    )
    (differs,) = found(shell)
    assert differs["what"] == "1 alarm is not as the configuration says"
    assert "threshold 1 -> 5" in differs["evidence"]
    doctor.run(shell, differs["mend"])
    shell.run("doctor")
    edit(
        shell, '[[targets.prod.metrics.alarms]]\nquery = "metric_ssh_rejects"\nthreshold = 5\n', ""
    )
    edit(shell, "log_group", "alarms = []\nlog_group")
    (useless,) = found(shell)
    assert (useless["what"], useless["evidence"]) == (
        "1 alarm is no longer in the configuration",
        SSH,
    )


def test_a_contradictory_alarm_is_told(shell: Shell) -> None:
    edit(
        shell,
        SECTION,
        f'{SECTION}[[targets.prod.metrics.alarms]]\nquery = "metric_skipped"\nthreshold = 5\n',
    )
    (refused,) = found(shell)
    assert refused["what"] == "the alarms of the configuration cannot be made"
    assert "add 'metric_skipped' to queries" in refused["evidence"]


def test_alarms_on_what_nobody_publishes(rig: Rig, shell: Shell) -> None:
    ledger = rig.client("s3").list_objects_v2(
        Bucket="query-results", Prefix="flowathena/flowathena-"
    )
    for each in ledger["Contents"]:
        rig.client("s3").delete_object(Bucket="query-results", Key=each["Key"])
    (blind,) = found(shell)
    assert blind["what"] == "1 alarm watches what nobody publishes"
    assert blind["evidence"] == (
        f"metric_ssh_rejects was never published: {SSH} is INSUFFICIENT_DATA"
    )
    doctor.run(shell, blind["mend"])
    shell.run("doctor")


def test_a_topic_that_does_not_exist(rig: Rig, shell: Shell) -> None:
    other = TOPIC.replace("alerts", "pager")
    edit(shell, f'notify = ["{TOPIC}"]', f'notify = ["{TOPIC}", "{other}"]')
    shell.run("metrics", "alarms", "--yes")
    (missing,) = found(shell)
    assert missing["what"] == "a topic that alarms tell does not exist, so nobody is told"
    assert missing["evidence"] == other
    assert missing["mend"].startswith("aws sns create-topic --name pager --region eu-west-1, or ")
    rig.client("sns").create_topic(Name="pager")
    shell.run("doctor")


@left_to_slow
def test_a_dashboard_that_is_missing_or_differs(rig: Rig, shell: Shell) -> None:
    cloudwatch = rig.client("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName=DASHBOARD)["DashboardBody"])
    body["widgets"][1]["properties"]["title"] = "Mine"
    cloudwatch.put_dashboard(DashboardName=DASHBOARD, DashboardBody=json.dumps(body))
    (differs,) = found(shell)
    assert differs["what"] == "1 dashboard is not as the configuration says"
    assert differs["evidence"] == f"{DASHBOARD}: Mine, SshRejects, Count"
    doctor.run(shell, differs["mend"])
    shell.run("doctor")
    cloudwatch.delete_dashboards(DashboardNames=[DASHBOARD])
    (missing,) = found(shell)
    assert missing["what"] == "1 dashboard is missing"
    edit(shell, "log_group", "dashboard = false\nlog_group")
    shell.run("doctor")
    edit(shell, "dashboard = false", "dashboard = true")
    doctor.run(shell, missing["mend"])
    shell.run("doctor")


@left_to_slow
def test_metric_filters_that_are_missing_or_differ(rig: Rig, shell: Shell) -> None:
    logs = rig.client("logs")
    (made,) = logs.describe_metric_filters()["metricFilters"]
    given = {key: made[key] for key in ("filterName", "logGroupName", "metricTransformations")}
    logs.put_metric_filter(**given, filterPattern="[a]")
    (differs,) = found(shell)
    assert differs["what"] == "1 metric filter is not as the configuration says"
    doctor.run(shell, differs["mend"])
    shell.run("doctor")
    edit(shell, 'queries = ["', 'queries = ["metric_skipped", "')
    shell.run("metrics", "publish")
    shell.run("metrics", "dashboard", "--yes")
    (missing,) = found(shell)
    assert missing["what"] == "1 metric filter is missing"
    assert f"{GROUP}: {TABLE}/metric_skipped.records [flowathena]" in missing["evidence"]
    doctor.run(shell, missing["mend"])
    shell.run("doctor")


def test_a_log_group_that_does_not_exist(rig: Rig, shell: Shell) -> None:
    edit(shell, GROUP, "/other/logs")
    (missing,) = found(shell)
    assert missing["what"] == "the log group with flow logs does not exist"
    assert missing["evidence"] == "/other/logs, log_group in [targets.prod.metrics]"
    assert missing["mend"] == (
        "aws logs create-log-group --log-group-name /other/logs --region eu-west-1, or name "
        "another log_group"
    )
    rig.arrange("logs", group="/other/logs", lines=[], times=[])
    shell.run("doctor")


DENIED = {
    ("logs", "DescribeMetricFilters"): f"logs:DescribeMetricFilters on log-group:{GROUP}:*",
    ("cloudwatch", "DescribeAlarms"): "cloudwatch:DescribeAlarms on alarm:*",
    ("cloudwatch", "ListTagsForResource"): "cloudwatch:ListTagsForResource on alarm:*",
    ("cloudwatch", "GetDashboard"): "cloudwatch:GetDashboard on dashboard/*",
    ("sns", "GetTopicAttributes"): f"sns:GetTopicAttributes on {TOPIC}",
}


@pytest.mark.few(1)
@pytest.mark.parametrize(("service", "op"), DENIED)
def test_a_missing_permission_is_one_finding(rig: Rig, shell: Shell, service: str, op: str) -> None:
    rig.faults([{"service": service, "op": op, "kind": "access_denied"}])
    (finding,) = found(shell)
    assert finding["mend"] == f"allow {DENIED[service, op]}"


def test_without_table_and_ledger_their_own_sides_tell(shell: Shell) -> None:
    shell.run("table", "drop", "--yes")
    findings = shell.try_run("doctor", "--format", "json").json
    assert {each["side"] for each in findings} == {"table"}
