"""The rig's CloudWatch metrics: AWS's limits, datums that add up, answers that lag behind."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
ONCE = Config(retries={"total_max_attempts": 1}, parameter_validation=False)


@pytest.fixture
def cloudwatch(rig: Rig) -> Any:  # noqa: ANN401 - boto3 builds each client's class when it runs
    rig.settings(now=NOW.timestamp())
    return rig.client("cloudwatch", ONCE)


def _datum(**fields: object) -> dict[str, object]:
    return {"MetricName": "Flows", "Timestamp": NOW - timedelta(minutes=7), "Value": 5, **fields}


def _put(cloudwatch: Any, *datums: dict[str, object], namespace: str = "FlowLogs") -> None:  # noqa: ANN401
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=list(datums))


def _statistics(cloudwatch: Any, **fields: object) -> list[dict[str, Any]]:  # noqa: ANN401
    given = {
        "Namespace": "FlowLogs",
        "MetricName": "Flows",
        "StartTime": NOW - timedelta(hours=1),
        "EndTime": NOW,
        "Period": 900,
        "Statistics": ["SampleCount", "Sum", "Maximum", "Minimum", "Average"],
        **fields,
    }
    points: list[dict[str, Any]] = cloudwatch.get_metric_statistics(**given)["Datapoints"]
    return sorted(points, key=lambda each: each["Timestamp"])


def test_equal_datums_add_up(cloudwatch: Any) -> None:  # noqa: ANN401
    _put(cloudwatch, _datum(Unit="Count"), _datum(Unit="Count", Value=7))
    _put(cloudwatch, _datum(Unit="Count"))
    (point,) = _statistics(cloudwatch)
    assert point == {
        "Timestamp": NOW.replace(minute=0),
        "Unit": "Count",
        "SampleCount": 3,
        "Sum": 17,
        "Maximum": 7,
        "Minimum": 5,
        "Average": 17 / 3,
    }


def test_dimensions_in_any_order_are_one_metric_and_others_another(cloudwatch: Any) -> None:  # noqa: ANN401
    a, b = {"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}
    _put(cloudwatch, _datum(Dimensions=[a, b]), _datum(Dimensions=[b, a]), _datum(Dimensions=[a]))
    assert [p["SampleCount"] for p in _statistics(cloudwatch, Dimensions=[b, a])] == [2]
    assert [p["SampleCount"] for p in _statistics(cloudwatch, Dimensions=[a])] == [1]
    assert _statistics(cloudwatch) == []
    listed = cloudwatch.list_metrics(Namespace="FlowLogs", Dimensions=[{"Name": "b"}])["Metrics"]
    assert listed == [{"Namespace": "FlowLogs", "MetricName": "Flows", "Dimensions": [a, b]}]


@pytest.mark.parametrize(
    ("datums", "namespace", "message"),
    [
        ([_datum()] * 1_001, "FlowLogs", "must not have a size greater than 1000"),
        ([], "FlowLogs", "MetricData is required"),
        (
            [_datum(Dimensions=[{"Name": f"d{n}", "Value": "x"} for n in range(31)])],
            "FlowLogs",
            "length less than or equal to 30",
        ),
        (
            [_datum(Timestamp=NOW - timedelta(days=14, minutes=1))],
            "FlowLogs",
            "no more than two weeks in the past",
        ),
        ([_datum(Timestamp=NOW + timedelta(hours=2, minutes=1))], "FlowLogs", "within two hours"),
        ([_datum()], "AWS/FlowLogs", "AWS/ for parameter Namespace is invalid"),
        ([_datum(Value=math.nan)], "FlowLogs", "Value is invalid"),
        ([_datum(Value=math.inf)], "FlowLogs", "Value is invalid"),
        ([_datum(Value=2.0**361)], "FlowLogs", "Value is invalid"),
        ([_datum(Unit="Pieces")], "FlowLogs", "enum value set"),
        ([_datum(Dimensions=[{"Name": "d", "Value": "ü"}])], "FlowLogs", "Dimensions is invalid"),
        ([_datum(Dimensions=[{"Name": "d", "Value": ""}])], "FlowLogs", "length greater than"),
        ([_datum(StorageResolution=7)], "FlowLogs", "must be 1 or 60"),
    ],
)
def test_what_aws_refuses_is_refused_whole(
    rig: Rig,
    cloudwatch: Any,  # noqa: ANN401
    datums: list[dict[str, object]],
    namespace: str,
    message: str,
) -> None:
    with pytest.raises(ClientError, match=message):
        _put(cloudwatch, *datums, namespace=namespace)
    assert rig.arrange("cloudwatch", datums=True) == []


def test_the_oldest_and_the_newest_time_are_taken(cloudwatch: Any) -> None:  # noqa: ANN401
    _put(cloudwatch, *([_datum(Timestamp=NOW - timedelta(days=14))] * 1_000))
    _put(cloudwatch, _datum(Timestamp=NOW + timedelta(hours=2)))


def test_statistics_have_at_most_1440_points(cloudwatch: Any) -> None:  # noqa: ANN401
    since = NOW - timedelta(minutes=1_440)
    assert _statistics(cloudwatch, StartTime=since, Period=60) == []
    with pytest.raises(ClientError, match="up to 1441 datapoints, which exceeds the limit of 1440"):
        _statistics(cloudwatch, StartTime=since - timedelta(seconds=1), Period=60)
    with pytest.raises(ClientError, match="multiple of 60"):
        _statistics(cloudwatch, Period=90)


def test_metric_data_is_the_same(cloudwatch: Any) -> None:  # noqa: ANN401
    _put(cloudwatch, _datum(), _datum(), _datum(Timestamp=NOW - timedelta(minutes=30), Value=1))
    stat = {
        "Metric": {"Namespace": "FlowLogs", "MetricName": "Flows"},
        "Period": 900,
        "Stat": "Sum",
    }
    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m1", "MetricStat": stat}],
        StartTime=NOW - timedelta(hours=1),
        EndTime=NOW,
    )["MetricDataResults"]
    assert result["Values"] == [10, 1]
    assert [each.minute for each in result["Timestamps"]] == [0, 30]


@pytest.mark.parametrize(
    ("age", "lag"),
    [
        (timedelta(hours=2, minutes=59), timedelta(minutes=2)),
        (timedelta(hours=3), timedelta(hours=2)),
        (timedelta(hours=24), timedelta(hours=48)),
    ],
)
def test_answers_lag_behind_as_aws_says(
    rig: Rig,
    cloudwatch: Any,  # noqa: ANN401
    age: timedelta,
    lag: timedelta,
) -> None:
    rig.arrange("cloudwatch", lag=None)
    moment = NOW - age
    _put(cloudwatch, _datum(Timestamp=moment))
    around = {"StartTime": moment - timedelta(hours=1), "EndTime": moment + timedelta(hours=1)}
    rig.settings(now=(NOW + lag - timedelta(seconds=1)).timestamp())
    assert _statistics(cloudwatch, **around) == []
    assert cloudwatch.list_metrics(Namespace="FlowLogs")["Metrics"] == []
    rig.settings(now=(NOW + lag).timestamp())
    assert [point["SampleCount"] for point in _statistics(cloudwatch, **around)] == [1]


def test_a_lost_answer_is_one_whose_call_took_effect(rig: Rig, cloudwatch: Any) -> None:  # noqa: ANN401
    for kind, landed in (("reset", 0), ("throttle", 0), ("lose", 1)):
        rig.faults([{"service": "cloudwatch", "op": "PutMetricData", "kind": kind, "times": 1}])
        with pytest.raises(Exception, match=r"Connection was closed|Rate exceeded"):
            _put(cloudwatch, _datum())
        assert len(rig.arrange("cloudwatch", datums=True)) == landed


def test_only_one_of_many_puts_on_condition_makes_an_object(rig: Rig) -> None:
    rig.put_keys("bkt", ["k"])
    s3 = rig.client("s3")

    def put(number: int) -> str:
        try:
            s3.put_object(Bucket="bkt", Key="claim", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return f"{number}"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(put, range(24)))
    (winner,) = [each for each in outcomes if each != "PreconditionFailed"]
    assert s3.get_object(Bucket="bkt", Key="claim")["Body"].read() == winner.encode()
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="bkt", Key="k", Body=b"", IfNoneMatch="*")
