"""Alarms, the dashboard, metric filters and Insights by the command line, over AWS's wire."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.aws.insights import LogsInsights
from flowathena.aws.session import Aws
from flowathena.concurrency import Backoff
from flowathena.engine.insights import Insights
from flowathena.errors import EngineError
from flowathena.query import header
from flowathena.reconcile import apply_in_turn, plan
from flowathena.result.result import Progress
from flowathena.target.target import Target
from tests.aws import configured, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

GROUP = "/vpc/flow-logs"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
OTHER_TOPIC = "arn:aws:sns:eu-west-1:123456789012:pager"
TABLE = "network.vpc_flow_logs"
SSH = f"{TABLE}/SshRejects"
DASHBOARD = "flowathena-network-vpc_flow_logs"
WRITES = ("Put", "Delete", "Tag")
SECTION = f'[targets.prod.metrics]\nnotify = ["{TOPIC}"]\nlog_group = "{GROUP}"\n'
NOW = 1_793_491_200  # 2026-11-01T00:00:00Z


@pytest.fixture
def shell(tmp_path: Path, rig: Rig) -> Shell:
    made = configured(tmp_path, rig)
    configure(made, SECTION)
    rig.arrange("logs", group=GROUP, lines=[], times=[])
    return made


def configure(shell: Shell, section: str) -> None:
    file = shell.folder / "flowathena.toml"
    file.write_text(file.read_text().partition("[targets.prod.metrics]")[0] + section)


def alarms(rig: Rig) -> dict[str, dict[str, Any]]:
    found = rig.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {each["AlarmName"]: each for each in found}


def filters(rig: Rig) -> dict[str, dict[str, Any]]:
    found = rig.client("logs").describe_metric_filters()["metricFilters"]
    return {each["filterName"]: each for each in found}


def writes(rig: Rig) -> list[str]:
    calls = (*rig.journal("cloudwatch"), *rig.journal("logs"))
    return [call["op"] for call in calls if call["op"].startswith(WRITES)]


def test_the_usual_alarm_is_that_of_rejected_ssh(shell: Shell, rig: Rig) -> None:
    planned = shell.run("metrics", "alarms", "--dry-run", "--exit-code", "--format", "json", code=3)
    assert planned.json["changes"] == [
        {
            "kind": "alarm",
            "name": SSH,
            "action": "create",
            "detail": f"SshRejects >= 1 ({TABLE}, by flowathena)",
        }
    ]
    assert alarms(rig) == {}
    shell.run("metrics", "alarms")
    (alarm,) = alarms(rig).values()
    expected = {
        "AlarmName": SSH,
        "Namespace": "FlowLogs",
        "MetricName": "SshRejects",
        "Dimensions": [],
        "Statistic": "Maximum",
        "Period": 900,
        # One of its own; two of the delay of 30 minutes, and that in which it is published.
        "EvaluationPeriods": 4,
        "DatapointsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC],
        "ActionsEnabled": True,
    }
    assert {name: alarm[name] for name in expected} == expected
    tags = rig.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "flowathena:target", "Value": TABLE}]


def test_a_second_run_changes_nothing(shell: Shell, rig: Rig) -> None:
    for command in ("alarms", "dashboard", "filter"):
        shell.run("metrics", command, "--yes")
    rig.clear_journal()
    for command in ("alarms", "dashboard", "filter"):
        shell.run("metrics", command)
        shell.run("metrics", command, "--dry-run", "--exit-code")
    assert writes(rig) == []


ALARMS = f"""
{SECTION}
[[targets.prod.metrics.alarms]]
query = "metric_rejected_packets"
dimensions = {{ protocol_name = "TCP" }}
threshold = 1000.5
comparison = ">"
periods = 3
breaching = 2
missing = "ignore"
notify = ["{OTHER_TOPIC}"]

[[targets.prod.metrics.alarms]]
query = "metric_rejected_tcp"
value = "flows"
threshold = 5
comparison = "<"
missing = "bad"
"""


def test_alarms_are_those_of_the_configuration(shell: Shell, rig: Rig) -> None:
    shell.run("metrics", "alarms")
    silenced = rig.client("cloudwatch")
    configure(shell, ALARMS)
    asked = shell.run("metrics", "alarms", code=2)
    assert "metrics alarms asks before it changes anything" in asked.err
    shell.run("metrics", "alarms", "--yes")
    found = alarms(rig)
    packets, flows = f"{TABLE}/RejectedPackets protocol_name=TCP", f"{TABLE}/RejectedTcpFlows"
    assert found.keys() == {packets, flows}  # that of SSH is no longer wanted
    shown = ("EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData", "Threshold")
    assert [found[packets][name] for name in shown] == [6, 2, "ignore", 1000.5]
    assert found[packets]["Dimensions"] == [{"Name": "protocol_name", "Value": "TCP"}]
    assert found[packets]["AlarmActions"] == [TOPIC, OTHER_TOPIC]
    # What is missing is bad: the periods without a value yet must not be looked at.
    assert [found[flows][name] for name in shown] == [1, 1, "breaching", 5.0]
    # Who silences an alarm wants it silent; a changed threshold does not wake it.
    arguments = {**put_of(found[flows]), "ActionsEnabled": False}
    silenced.put_metric_alarm(**arguments)
    configure(shell, ALARMS.replace("threshold = 5\n", "threshold = 7\n"))
    done = shell.run("metrics", "alarms", "--yes")
    assert "threshold 5 -> 7" in done.err
    assert alarms(rig)[flows]["Threshold"] == 7.0
    assert alarms(rig)[flows]["ActionsEnabled"] is False


def put_of(alarm: dict[str, Any]) -> dict[str, Any]:
    names = (
        *("AlarmName", "AlarmDescription", "AlarmActions", "MetricName", "Namespace", "Statistic"),
        *("Dimensions", "Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold"),
        *("ComparisonOperator", "TreatMissingData"),
    )
    return {name: alarm[name] for name in names}


WRONG = {
    'query = "metric_ssh_reject"\nthreshold = 1': "did you mean 'metric_ssh_rejects'?",
    'query = "metric_rejected_tcp"\nthreshold = 1': "needs a value of: flows, packets",
    'query = "metric_traffic"\nthreshold = 1': 'write dimensions = { flow_direction = "…" }',
    'query = "metric_ssh_rejects"\nthreshold = 1\nperiods = 97': "looks back 1 day at most",
    **{
        f'query = "metric_rejected_packets"\nthreshold = 1\ndimensions.protocol_name = "{value}"': (
            f"protocol_name = {value!r} is no value of a dimension"
        )
        for value in ("", "é", ":TCP")
    },
    f'query = "metric_ssh_rejects"\nthreshold = 1\nnotify = ["{TOPIC.replace("eu", "us")}"]': (
        "and an alarm in eu-west-1 tells topics in eu-west-1 alone"
    ),
    'query = "metric_traffic"\nthreshold = 1\ndimensions.flow_direction = "ingress"': (
        "the alarm on metric_traffic would never tell of anything: "
    ),
}


@pytest.mark.parametrize("alarm", WRONG)
def test_alarms_on_what_there_is_not(shell: Shell, alarm: str) -> None:
    configure(shell, f"{SECTION}\n[[targets.prod.metrics.alarms]]\n{alarm}\n")
    assert WRONG[alarm] in shell.refused("metrics", "alarms")


def test_an_alarm_on_what_nobody_publishes_is_refused(shell: Shell, rig: Rig) -> None:
    published = SECTION + 'queries = ["metric_rejected_tcp"]\n'
    configure(shell, published)
    shell.run("metrics", "alarms")
    assert alarms(rig) == {}  # the usual one is on rejected SSH, which is not published
    alarm = '[[targets.prod.metrics.alarms]]\nquery = "metric_ssh_rejects"\nthreshold = 1\n'
    configure(shell, published + alarm)
    told = shell.refused("metrics", "alarms")
    assert "add 'metric_ssh_rejects' to queries in [targets.prod.metrics]" in told
    assert alarms(rig) == {}


OWN = """/* ---
title = "Own"
[params.port]
type = "port"
{default}
[metric]
bucket = "bucket_start"
period = "15m"
delay = "0m"
[metric.values]
flows = {{ name = "OwnFlows", unit = "Count" }}
--- */
SELECT CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket_start, count(*) AS flows
FROM flow_logs WHERE dstport = {{{{ port }}}} GROUP BY "start" - "start" % 900
"""


def own_query(shell: Shell, default: str) -> None:
    """A query of one's own as the only one with metrics, and an alarm on it."""
    file = shell.folder / "flowathena.toml"
    file.write_text(f'query_paths = ["own"]\n{file.read_text()}')
    folder = shell.folder / "own"
    folder.mkdir()
    (folder / "own_flows.sql").write_text(OWN.format(default=default))
    alarm = '[[targets.prod.metrics.alarms]]\nquery = "own_flows"\nthreshold = 1\n'
    configure(shell, f'{SECTION}queries = ["own_flows"]\n{alarm}')


def test_a_delay_of_nothing_is_a_delay(shell: Shell, rig: Rig) -> None:
    own_query(shell, "default = 22")
    shell.run("metrics", "alarms")
    (alarm,) = alarms(rig).values()
    # One of its own and that in which it is published; none of the target's 30 minutes.
    assert (alarm["MetricName"], alarm["EvaluationPeriods"]) == ("OwnFlows", 2)


def test_a_query_that_needs_a_value_is_left_out(shell: Shell, rig: Rig) -> None:
    own_query(shell, "")
    shell.run("metrics", "dashboard")
    answer = rig.client("cloudwatch").get_dashboard(DashboardName=DASHBOARD)
    assert len(json.loads(answer["DashboardBody"])["widgets"]) == 1  # whose it is, and no metric
    assert "left out: port" in shell.run("metrics", "filter").err
    assert filters(rig) == {}


def test_the_dashboard_has_a_widget_for_each_metric(shell: Shell, rig: Rig) -> None:
    shell.run("metrics", "dashboard")
    answer = rig.client("cloudwatch").get_dashboard(DashboardName=DASHBOARD)
    head, *widgets = json.loads(answer["DashboardBody"])["widgets"]
    assert f"[flowathena:{TABLE}]" in head["properties"]["markdown"]
    drawn = {each["properties"]["title"]: each["properties"]["metrics"] for each in widgets}
    assert drawn["SshRejects, Count"] == [["FlowLogs", "SshRejects"]]
    (((search,),),) = [
        [list(line) for line in lines]
        for title, lines in drawn.items()
        if title == "RejectedPackets, Count"
    ]
    assert search["expression"] == (
        'SEARCH(\'{"FlowLogs","protocol_name"} MetricName="RejectedPackets"\', \'Maximum\', 900)'
    )
    # Four queries, one of them with two values; the fifth needs a field that this format lacks.
    assert len(drawn) == 5
    assert {each["properties"]["stat"] for each in widgets} == {"Maximum"}
    places = [(each["x"], each["y"]) for each in widgets]
    assert len(set(places)) == len(places)


def test_metric_filters_are_those_of_the_log_format(shell: Shell, rig: Rig) -> None:
    done = shell.run("metrics", "filter")
    assert "left out: " in done.err  # flow-direction is no field of the default format
    assert "metric_traffic" in done.err
    found = filters(rig)
    ssh = found[f"{TABLE}/metric_ssh_rejects.flows [flowathena]"]
    assert ssh["filterPattern"] == (
        '[version, account_id, interface_id, srcaddr, dstaddr, srcport, dstport="22", '
        'protocol="6", packets, bytes, start, end, action="REJECT", log_status]'
    )
    assert ssh["metricTransformations"] == [
        {
            "metricName": "SshRejectsFromLogGroup",
            "metricNamespace": "FlowLogs",
            "metricValue": "1",
            "defaultValue": 0.0,
            "unit": "Count",
        }
    ]
    packets = found[f"{TABLE}/metric_rejected_packets.packets [flowathena]"]
    (counted,) = packets["metricTransformations"]
    assert (counted["metricValue"], counted["dimensions"]) == (
        "$packets",
        {"protocol": "$protocol"},
    )
    assert "defaultValue" not in counted
    assert len(found) == 5


def test_patterns_are_tried_on_made_up_records(shell: Shell, rig: Rig) -> None:
    done = shell.run("metrics", "filter", "--test", "--format", "json")
    matched: dict[str, list[str]] = {}
    for each in done.json["tests"]:
        matched.setdefault(each["filter"], [])
        if each["matches"]:
            matched[each["filter"]].append(each["about"])
    rejected = ["SSH, rejected", "DNS over UDP, rejected", "ICMP, rejected"]
    assert matched == {
        "metric_rejected_packets.packets": rejected,
        "metric_rejected_tcp.flows": ["SSH, rejected"],
        "metric_rejected_tcp.packets": ["SSH, rejected"],
        "metric_skipped.records": ["flows lost"],
        "metric_ssh_rejects.flows": ["SSH, rejected"],
    }
    assert writes(rig) == []


def test_what_is_foreign_is_told_and_left(shell: Shell, rig: Rig) -> None:
    cloudwatch, logs = rig.client("cloudwatch"), rig.client("logs")
    shell.run("metrics", "alarms")
    theirs = put_of(alarms(rig)[SSH])
    cloudwatch.delete_alarms(AlarmNames=[SSH])
    cloudwatch.put_metric_alarm(**theirs)  # without our tag
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "theirs"}}]})
    cloudwatch.put_dashboard(DashboardName=DASHBOARD, DashboardBody=body)
    logs.put_metric_filter(
        logGroupName=GROUP,
        filterName=f"{TABLE}/mine",
        filterPattern="[a]",
        metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
    )
    shown = shell.run("metrics", "alarms", "--dry-run").out
    assert "another alarm has the name" in " ".join(shown.split())
    for command, kind in (("alarms", "alarm"), ("dashboard", "dashboard")):
        done = shell.run("metrics", command, "--yes", code=1)
        assert f"another {kind} has the name" in done.err
    shell.run("metrics", "filter", "--yes")
    shell.run("metrics", "remove", "--yes")
    assert alarms(rig).keys() == {SSH}
    assert filters(rig).keys() == {f"{TABLE}/mine"}
    assert cloudwatch.get_dashboard(DashboardName=DASHBOARD)["DashboardBody"] == body


def test_remove_takes_all_of_ours(shell: Shell, rig: Rig) -> None:
    rig.arrange("logs", group="/another", lines=[], times=[])
    for command in ("alarms", "dashboard", "filter"):
        shell.run("metrics", command)
    shell.run("metrics", "filter", "--log-group", "/another")
    shell.run("metrics", "remove", "--dry-run", "--exit-code", code=3)
    assert "asks before" in shell.run("metrics", "remove", code=2).err
    shell.run("metrics", "remove", "--yes")
    assert (alarms(rig), filters(rig)) == ({}, {})
    assert rig.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    rig.clear_journal()
    shell.run("metrics", "remove", "--dry-run", "--exit-code")
    assert writes(rig) == []


FAULTS = {
    "DescribeAlarms": ("alarms", "error: alarms: DescribeAlarms: AccessDeniedException"),
    "ListTagsForResource": ("alarms", "error: alarms: ListTagsForResource: AccessDeniedException"),
    "GetDashboard": ("dashboard", f"error: dashboard {DASHBOARD}: GetDashboard: AccessDenied"),
}


@pytest.mark.parametrize("op", FAULTS)
def test_a_missing_permission_is_told_in_a_line(shell: Shell, rig: Rig, op: str) -> None:
    command, message = FAULTS[op]
    shell.run("metrics", command)
    rig.faults([{"service": "cloudwatch", "op": op, "kind": "access_denied"}])
    assert shell.refused("metrics", command, code=1).startswith(message)


def test_one_that_cannot_be_put_is_told(shell: Shell, rig: Rig) -> None:
    configure(shell, ALARMS)
    rig.faults(
        [
            {
                "service": "cloudwatch",
                "op": "PutMetricAlarm",
                "kind": "access_denied",
                "match": "RejectedTcpFlows",
            }
        ]
    )
    done = shell.run("metrics", "alarms", "--yes", code=4)
    assert "RejectedTcpFlows is not created: alarm" in done.err
    assert len(alarms(rig)) == 1


def test_two_removals_at_once_both_succeed(shell: Shell, rig: Rig) -> None:
    for command in ("alarms", "dashboard", "filter"):
        shell.run("metrics", command)
    with pointed_at(rig):
        kinds = Client("prod", config_path=shell.folder / "flowathena.toml").cloudwatch.removals()
        plans = [(each, plan(each)) for each in kinds]
        shell.run("metrics", "remove", "--yes")
        results = apply_in_turn(plans)
    assert {each.operation.kind for each in results} == {"metric filter", "alarm", "dashboard"}
    assert all(each.changed for each in results), [each.summary for each in results]


def test_a_local_target_has_no_cloudwatch(tmp_path: Path, rig: Rig) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "flowathena.toml").write_text('[targets.here]\nlocation = "logs"\n')
    shell = Shell(tmp_path, rig.env())
    for command in (("metrics", "alarms"), ("insights", "run", "ssh_rejects", "--log-group", "g")):
        assert "target here is a folder" in shell.refused(*command)


# Insights

RECORDS = [
    record(NOW + 10, dstport=22, action="REJECT", packets=2),
    record(NOW + 20, dstport=22, action="REJECT", packets=3),
    record(NOW + 30, dstport=22, action="REJECT", src="203.0.113.9", packets=1),
    record(NOW + 40, dstport=443),
    record(NOW + 86_400, dstport=22, action="REJECT", src="203.0.113.1"),  # the next day
]
TIMES = [NOW + 10, NOW + 20, NOW + 30, NOW + 40, NOW + 86_400]
DAY = ("--since", "2026-11-01", "--until", "2026-11-02")


def test_insights_answers_as_other_runs_do(shell: Shell, rig: Rig) -> None:
    rig.arrange("logs", group=GROUP, lines=RECORDS, times=TIMES)
    done = shell.run("insights", "run", "ssh_rejects", *DAY, "--format", "json")
    assert done.json == [
        {
            "srcaddr": "198.51.100.7",
            "flows": 2,
            "packets": 5,
            "targets": 1,
            "first_seen": "2026-11-01T00:00:10Z",
            "last_seen": "2026-11-01T00:00:20Z",
        },
        {
            "srcaddr": "203.0.113.9",
            "flows": 1,
            "packets": 1,
            "targets": 1,
            "first_seen": "2026-11-01T00:00:30Z",
            "last_seen": "2026-11-01T00:00:30Z",
        },
    ]
    assert "Logs Insights query" in done.err
    (call,) = rig.journal("logs", "StartQuery")
    assert (call["params"]["startTime"], call["params"]["endTime"]) == (NOW, NOW + 86_399)
    csv = shell.run("insights", "run", "ssh_rejects", *DAY, "--limit", "1", "--format", "csv")
    assert csv.out.splitlines()[1].startswith("198.51.100.7,2,5,1,")
    assert "the limit of 1 row is reached" in csv.err
    drawn = shell.run("insights", "run", "ssh_rejects", *DAY, "--chart").out
    assert "Who is refused at SSH" in drawn
    assert [line.split()[0::2] for line in drawn.splitlines() if "." in line] == [
        ["198.51.100.7", "2"],
        ["203.0.113.9", "1"],
    ]
    columns = shell.run("insights", "run", "accepted_tcp", *DAY, "--format", "json").json
    assert [(row["aws_account"], row["aws_region"]) for row in columns] == [
        ("123456789012", "eu-west-1")
    ]


def test_what_keeps_insights_from_answering(shell: Shell, rig: Rig) -> None:
    empty = shell.run("insights", "run", "ssh_rejects", *DAY)
    assert f"log group {GROUP} has no records in the window" in empty.err
    missing = ("--log-group", "/none")
    assert "log group /none does not exist" in shell.refused(
        "insights", "run", "ssh_rejects", *missing, code=1
    )
    for wrong in ("", "a b", f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}"):
        for command in (("insights", "run", "ssh_rejects"), ("metrics", "filter", "--yes")):
            line = shell.refused(*command, "--log-group", wrong)
            assert f"--log-group: {wrong!r} is not the name of a log group" in line
    assert "top_talkers has no form in Logs Insights: a join" in shell.refused(
        "insights", "run", "top_talkers"
    )
    rig.faults([{"service": "logs", "op": "GetQueryResults", "kind": "access_denied"}])
    line = shell.refused("insights", "run", "ssh_rejects", code=1)
    assert "GetQueryResults: AccessDeniedException" in line
    assert line.endswith("has been stopped")


def test_rows_that_insights_does_not_give_are_told(rig: Rig) -> None:
    lines = [record(NOW + n % 60, srcport=n) for n in range(10_001)]
    rig.arrange("logs", group=GROUP, lines=lines, times=[NOW + n % 60 for n in range(10_001)])
    target = Target("prod", "s3://flow-logs/", region="eu-west-1")
    query = header.statement("SELECT srcport FROM flow_logs")
    insights = Insights(target, Aws(target), lambda _: query, lambda: datetime.now(UTC))
    with pointed_at(rig):
        result = insights.run("sql", since="2026-11-01", until="2026-11-02", log_group=GROUP)
    assert len(result) == 10_000
    assert any("10,000 rows are all" in each for each in result.stats.notices)


def test_the_plan_says_by_what_a_metric_is_divided(shell: Shell) -> None:
    planned = shell.run("metrics", "filter", "--dry-run").out
    assert "counts $packets in RejectedPacketsFromLogGroup by $protocol" in planned


def test_an_interrupt_stops_the_query(rig: Rig) -> None:
    rig.arrange("logs", group=GROUP, lines=RECORDS, times=TIMES)
    rig.settings(query_seconds=60)
    seen: list[str] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress.state)
        raise KeyboardInterrupt

    with pointed_at(rig), pytest.raises(KeyboardInterrupt, match="has been stopped"):
        insights_of(GROUP).execute("stats count(*) as n", NOW, NOW + 60, interrupt)
    assert seen == ["RUNNING"]
    assert len(rig.journal("logs", "StopQuery")) == 1
    rig.faults([{"service": "logs", "op": "StopQuery", "kind": "access_denied"}])
    with pointed_at(rig), pytest.raises(KeyboardInterrupt, match="could not be stopped"):
        insights_of(GROUP).execute("stats count(*) as n", NOW, NOW + 60, interrupt)


def test_a_query_is_started_once_though_the_answer_is_lost(rig: Rig) -> None:
    rig.arrange("logs", group=GROUP, lines=RECORDS, times=TIMES)
    rig.faults([{"service": "logs", "op": "StartQuery", "kind": "lose", "times": 1}])
    with pointed_at(rig), pytest.raises(EngineError, match="if it has started nevertheless"):
        insights_of(GROUP).execute("stats count(*) as n", NOW, NOW + 60)
    assert len(rig.journal("logs", "StartQuery")) == 1


def test_a_query_is_started_again_when_there_are_too_many(rig: Rig) -> None:
    rig.arrange("logs", group=GROUP, lines=RECORDS, times=TIMES)
    rig.faults([{"service": "logs", "op": "StartQuery", "kind": "throttle", "times": 2}])
    with pointed_at(rig):
        rows = insights_of(GROUP).execute("stats count(*) as n", NOW, NOW + 60)
    assert len(rows.records) == 1
    assert len(rig.journal("logs", "StartQuery")) == 3


def insights_of(group: str) -> LogsInsights:
    aws = Aws(Target("prod", "s3://flow-logs/", region="eu-west-1"))
    return LogsInsights(aws, group, lambda: Backoff(0.0, 0.0))


def test_long_answers_come_in_pages(rig: Rig) -> None:
    lines = [record(NOW + n, srcport=n) for n in range(25)]
    rig.arrange("logs", group=GROUP, lines=lines, times=[NOW + n for n in range(25)])
    rig.arrange("logs", page=10)
    with pointed_at(rig):
        rows = insights_of(GROUP).execute("fields srcPort | sort srcPort asc", NOW, NOW + 60)
    assert [int(each["srcPort"]) for each in rows.records] == list(range(25))
    assert rows.scanned_records == 25
