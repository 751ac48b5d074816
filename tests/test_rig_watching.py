"""What the rig says of alarms, dashboards, metric filters and Insights: AWS's limits."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rig import insights
from tests.rig.client import Rig
from tests.rig.insights_values import InsightsError
from tests.rig.metric_patterns import Pattern, PatternError

# The example of AWS's guide to flow logs in CloudWatch Logs.
SSH = (
    '[version, account, eni, source, destination, srcport, destport="22", protocol="6", packets, '
    'bytes, windowstart, windowend, action="REJECT", flowlogstatus]'
)
REJECT = "2 1111 eni-1 198.51.100.7 10.0.0.5 4000 22 6 3 180 100 160 REJECT OK"
ACCEPT = "2 1111 eni-1 198.51.100.7 10.0.0.5 4000 22 6 3 180 100 160 ACCEPT OK"
NODATA = "2 1111 eni-1 - - - - - - - 100 160 - NODATA"

MATCHES = [
    (SSH, REJECT, True),
    (SSH, ACCEPT, False),
    (SSH, NODATA, False),
    (SSH, f"{REJECT} more", False),  # the number of fields
    (SSH, REJECT.rpartition(" ")[0], False),
    ("[a, b]", "1 2", True),
    ("[a, b]", "1 2 3", False),
    ("[a, ...]", "1", True),
    ("[a, ...]", "1 2 3", True),
    ("[..., b=3]", "1 2 3", True),
    ("[..., b=3]", "3 2 1", False),
    ("[a=1, ..., b=3]", "1 3", True),
    ("[a=1, ..., b=3]", "1", False),
    ("[a=10.*, b]", "10.0.0.5 x", True),
    ("[a=10.*, b]", "11.0.0.5 x", False),
    ("[a=*.5, b]", "10.0.0.5 x", True),
    ("[a!=10.*, b]", "11.0.0.5 x", True),
    ("[a>5]", "6", True),
    ("[a>5]", "5", False),
    ("[a>5]", "-", False),  # no number
    ("[a>=5]", "5", True),
    ("[a<5]", "4.5", True),
    ("[a<=5]", "5.1", False),
    ("[a=5]", "5.0", True),  # as numbers
    ('[a="5"]', "5.0", False),  # as texts
    ("[a!=5]", "-", True),
    ("[a=22 || a=3389]", "3389", True),
    ("[a=22 || a=3389]", "23", False),
    ("[a>1 && a<5]", "3", True),
    ("[a>1 && a<5]", "5", False),
    ("[a>1 && a<5 || a=9]", "9", True),
    ('[a="x, y", b]', '"x, y" z', True),
    ("[a, b]", "[1 2] 3", True),
]


@pytest.mark.parametrize(("pattern", "line", "matches"), MATCHES)
def test_what_a_pattern_matches(pattern: str, line: str, matches: bool) -> None:
    assert (Pattern(pattern).match(line) is not None) is matches


def test_what_a_pattern_extracts() -> None:
    assert Pattern("[a, b=1, c]").match("x 1 z") == {"$a": "x", "$b": "1", "$c": "z"}


@pytest.mark.parametrize(
    "pattern",
    [
        "ERROR",
        "[a",
        "[a, a]",
        "[..., a, ...]",
        '[a="x]',
        "[a>x]",
        '[a>"5"]',
        "[a=1 || b=2]",
        "[=1]",
    ],
)
def test_invalid_patterns(pattern: str) -> None:
    with pytest.raises(PatternError):
        Pattern(pattern)


def alarm(**changed: object) -> dict[str, Any]:
    given: dict[str, Any] = {
        "AlarmName": "ssh",
        "MetricName": "SshRejects",
        "Namespace": "FlowLogs",
        "Statistic": "Maximum",
        "Period": 900,
        "EvaluationPeriods": 4,
        "DatapointsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


BAD_ALARMS: list[dict[str, object]] = [
    {"Period": 7},
    {"Period": 90},
    {"EvaluationPeriods": 97},  # 24 h 15 min
    {"Period": 3600, "EvaluationPeriods": 169},
    {"DatapointsToAlarm": 5},
    {"ComparisonOperator": "Above"},
    {"Statistic": "Most"},
    {"Statistic": None},
    {"TreatMissingData": "fine"},
    {"AlarmActions": ["topic"]},
    {"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:t"] * 6},
    {"Threshold": None},
]


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_alarms_have_aws_limits(rig: Rig) -> None:
    client = rig.client("cloudwatch")
    for changed in BAD_ALARMS:
        with pytest.raises(ClientError):
            client.put_metric_alarm(**alarm(**changed))
    for good in ({"Period": 30}, {"Period": 3600, "EvaluationPeriods": 168}, {}):
        client.put_metric_alarm(**alarm(**good))
    (found,) = client.describe_alarms()["MetricAlarms"]
    assert (found["Period"], found["StateValue"]) == (900, "INSUFFICIENT_DATA")


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_tags_of_an_alarm_are_those_of_its_creation(rig: Rig) -> None:
    client = rig.client("cloudwatch")
    client.put_metric_alarm(**alarm(Tags=[{"Key": "a", "Value": "1"}]))
    client.put_metric_alarm(**alarm(Tags=[{"Key": "a", "Value": "2"}]))
    arn = client.describe_alarms(AlarmNames=["ssh"])["MetricAlarms"][0]["AlarmArn"]
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    client.delete_alarms(AlarmNames=["ssh"])
    with pytest.raises(ClientError):
        client.list_tags_for_resource(ResourceARN=arn)
    with pytest.raises(ClientError):
        client.delete_alarms(AlarmNames=["ssh"])


def widget(**changed: object) -> dict[str, object]:
    properties = {"region": "eu-west-1", "metrics": [["FlowLogs", "SshRejects"]]}
    return {"type": "metric", "width": 12, "height": 6, "properties": properties, **changed}


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_dashboards_are_read(rig: Rig) -> None:
    client = rig.client("cloudwatch")
    bad = [
        "{",
        "[]",
        "{}",
        *(
            json.dumps({"widgets": [each]})
            for each in (
                widget(type="chart"),
                widget(width=25),
                widget(x=13),
                widget(height=0),
                widget(properties={"metrics": [["FlowLogs", "SshRejects"]]}),
                widget(properties={"region": "eu-west-1"}),
                widget(properties={"region": "eu-west-1", "metrics": [["FlowLogs"]]}),
                widget(type="text", properties={}),
            )
        ),
    ]
    for body in bad:
        with pytest.raises(ClientError, match="InvalidParameterInput"):
            client.put_dashboard(DashboardName="d", DashboardBody=body)
    body = json.dumps({"widgets": [widget()]})
    with pytest.raises(ClientError):
        client.put_dashboard(DashboardName="d d", DashboardBody=body)
    client.put_dashboard(DashboardName="d", DashboardBody=body)
    assert client.get_dashboard(DashboardName="d")["DashboardBody"] == body
    assert len(client.list_dashboards()["DashboardEntries"]) == 1
    with pytest.raises(ClientError):
        client.delete_dashboards(DashboardNames=["d", "e"])
    client.delete_dashboards(DashboardNames=["d"])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.get_dashboard(DashboardName="d")


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_metric_filters_are_read(rig: Rig) -> None:
    logs = rig.client("logs")
    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    given = {"filterName": "f", "filterPattern": "[a, b]"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.put_metric_filter(logGroupName="g", metricTransformations=[transformation], **given)
    rig.arrange("logs", group="g", lines=[], times=[])
    bad: list[dict[str, Any]] = [
        {"metricValue": "$c"},
        {"metricValue": "many"},
        {"dimensions": {"a": "$c"}},
        {"dimensions": {"a": "$a"}, "defaultValue": 0.0},
    ]
    for changed in bad:
        with pytest.raises(ClientError, match="InvalidParameterException"):
            logs.put_metric_filter(
                logGroupName="g", metricTransformations=[{**transformation, **changed}], **given
            )
    logs.put_metric_filter(logGroupName="g", metricTransformations=[transformation], **given)
    (found,) = logs.describe_metric_filters(logGroupName="g")["metricFilters"]
    assert found["filterPattern"] == "[a, b]"
    tested = logs.test_metric_filter(filterPattern=SSH, logEventMessages=[ACCEPT, REJECT])
    assert [each["eventNumber"] for each in tested["matches"]] == [2]


EVENTS = [
    {"@message": line, "@timestamp": 0, "@log": "1:g"} for line in (REJECT, ACCEPT, REJECT, NODATA)
]


def test_insights_by_hand() -> None:
    text = (
        '# all\nfilter action = "REJECT" or action = "ACCEPT"\n'
        "| stats count(*) as n, sum(packets) as packets, max(endTime - startTime) as longest "
        "by action\n| sort n desc | limit 5"
    )
    assert insights.run(text, EVENTS) == [
        {"action": "REJECT", "n": 2, "packets": 6, "longest": 60},
        {"action": "ACCEPT", "n": 1, "packets": 3, "longest": 60},
    ]
    assert insights.run("stats count(*) as n", EVENTS) == [{"n": 4}]
    assert insights.run("filter srcAddr like /^198/ and dstPort in [22, 23]", EVENTS[:1]) == [
        {"@timestamp": 0, "@message": REJECT}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "stats sum(packets) as n",  # of "-"
        "filter packets > 1",  # of "-"
        "filter nothing = 1",
        "frobnicate a",
        "stats median(packets) as n",
        'filter action = "REJECT" and',
        'parse @message "* *" as a',
        "stats count(*) as n | sort n desc | stats max(n) as m",
    ],
)
def test_what_insights_does_not_say_is_refused(text: str) -> None:
    with pytest.raises(InsightsError):
        insights.run(text, EVENTS)


def test_texts_are_sorted_by_the_numbers_in_them() -> None:
    lines = [REJECT.replace("198.51.100.7", f"10.0.0.{n}") for n in (10, 9, 100)]
    events = [{"@message": line, "@timestamp": 0, "@log": "1:g"} for line in lines]
    found = insights.run("fields srcAddr | sort srcAddr asc", events)
    assert [row["srcAddr"] for row in found] == ["10.0.0.9", "10.0.0.10", "10.0.0.100"]
