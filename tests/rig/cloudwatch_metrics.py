"""CloudWatch's metrics: datums that are put add up, nothing is replaced, answers lag behind.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html,
API_GetMetricStatistics.html, API_GetMetricData.html and API_ListMetrics.html.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.service import Operation, Params
from tests.rig.settings import Settings

_MOST_DATUMS = 1_000
_MOST_BYTES = 1_000_000
_MOST_POINTS = 1_440
_MOST_DATA_QUERIES = 500
_PAGE = 500
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
_LARGEST = 2.0**360
_AWS_LAGS = (
    (timedelta(hours=24), timedelta(hours=48)),
    (timedelta(hours=3), timedelta(hours=2)),
    (-_NEWEST, timedelta(minutes=2)),
)
"""How late a datum is seen by its age when it is put, as AWS documents it."""
_RESOLUTIONS = (1, 60)

Dimensions = tuple[tuple[str, str], ...]


@dataclass
class _Point:
    """What was put for one metric and time: who asks sees what was put long enough ago."""

    unit: str
    puts: list[tuple[datetime, float, float]] = field(default_factory=list)  # seen, value, count


@dataclass(frozen=True)
class _Key:
    """A metric: namespace, name and dimensions."""

    region: str
    namespace: str
    name: str
    dimensions: Dimensions


class Metrics:
    """The metrics of an account.

    The ``lag`` is how many seconds after a put its datums are seen; None plays AWS, where it
    depends on how old a datum is when it is put.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.operations: Mapping[str, Operation] = {
            "PutMetricData": self._put,
            "GetMetricStatistics": self._statistics,
            "GetMetricData": self._data,
            "ListMetrics": self._list,
        }
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._points: dict[_Key, dict[datetime, _Point]] = {}
        self._lag: float | None = 0.0

    def arrange(self, given: Params) -> object:
        """Set the ``lag``; with ``datums`` give everything that was put, lag or not.

        With ``vended`` have AWS's own values now: ``[Region, namespace, name, value]`` each.
        """
        now = self._settings.clock()
        for region, namespace, name, value in given.get("vended", ()):
            points = self._points.setdefault(_Key(region, namespace, name, ()), {})
            points[now] = _Point("Megabytes", [(now, float(value), 1.0)])
        if "lag" in given:
            self._lag = None if given["lag"] is None else float(given["lag"])
        return list(self._everything()) if given.get("datums") else None

    def values(
        self, region: str, namespace: str, name: str, dimensions: Dimensions, at: datetime
    ) -> Iterator[tuple[datetime, float, float]]:
        """What is seen of a metric at a moment: time, value and count of each datum."""
        for moment, point in self._points.get(
            _Key(region, namespace, name, dimensions), {}
        ).items():
            for seen, value, count in point.puts:
                if seen <= at:
                    yield moment, value, count

    def _everything(self) -> Iterator[Params]:
        for key, points in self._points.items():
            for moment, point in points.items():
                yield {
                    "namespace": key.namespace,
                    "name": key.name,
                    "dimensions": dict(key.dimensions),
                    "unit": point.unit,
                    "timestamp": moment.timestamp(),
                    "values": [value for _, value, _ in point.puts],
                    "samples": sum(count for _, _, count in point.puts),
                }

    def _put(self, call: Call) -> Params:
        namespace, datums = call.params["Namespace"], call.params.get("MetricData") or []
        if namespace.startswith("AWS/"):
            raise _invalid("The value AWS/ for parameter Namespace is invalid.")
        if call.params.get("EntityMetricData"):
            raise AwsError("NotImplemented", "the rig plays no EntityMetricData", 501)
        if not datums:
            raise AwsError("MissingParameter", "The parameter MetricData is required.")
        if len(datums) > _MOST_DATUMS:
            raise _invalid(
                f"The collection MetricData must not have a size greater than {_MOST_DATUMS}."
            )
        if len(json.dumps(call.params)) > _MOST_BYTES:
            raise AwsError("RequestEntityTooLarge", "Request exceeds 1 MB", 413)
        now = self._settings.clock()
        read = [_read(datum, number, now) for number, datum in enumerate(datums, 1)]
        for name, dimensions, moment, unit, amounts in read:
            key = _Key(call.region, namespace, name, dimensions)
            point = self._points.setdefault(key, {}).setdefault(moment, _Point(unit))
            seen = now + self._lag_of(now - moment)
            point.puts += [(seen, value, count) for value, count in amounts]
        return {}

    def _lag_of(self, age: timedelta) -> timedelta:
        if self._lag is not None:
            return timedelta(seconds=self._lag)
        return next(lag for least, lag in _AWS_LAGS if age >= least)

    def _statistics(self, call: Call) -> Params:
        given = call.params
        since, until, period = (
            _moment(given["StartTime"]),
            _moment(given["EndTime"]),
            given["Period"],
        )
        wanted = given.get("Statistics") or []
        if not wanted or given.get("ExtendedStatistics"):
            raise AwsError("NotImplemented", "the rig plays Statistics alone", 501)
        _check_period(period)
        if since >= until:
            raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
        asked = math.ceil((until - since).total_seconds() / period)
        if asked > _MOST_POINTS:
            raise AwsError(
                "InvalidParameterCombination",
                f"You have requested up to {asked} datapoints, which exceeds the limit of "
                f"{_MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or "
                "decreasing the time range.",
            )
        key = (call.region, given["Namespace"], given["MetricName"], _dimensions(given))
        buckets = _buckets(self.values(*key, self._settings.clock()), since, until, period)
        unit = next((p.unit for p in self._points.get(_Key(*key), {}).values()), "None")
        return {
            "Label": given["MetricName"],
            "Datapoints": [
                {
                    "Timestamp": moment,
                    "Unit": unit,
                    **{name: _statistic(name, some) for name in wanted},
                }
                for moment, some in buckets.items()
            ],
        }

    def _data(self, call: Call) -> Params:
        given = call.params
        if len(given["MetricDataQueries"]) > _MOST_DATA_QUERIES:
            raise AwsError(
                "ValidationError",
                "The collection MetricDataQueries must not have a size greater than 500",
            )
        since, until = _moment(given["StartTime"]), _moment(given["EndTime"])
        if since >= until:
            raise AwsError(
                "ValidationError",
                "The parameter StartTime must be less than the parameter EndTime.",
            )
        newest_first = given.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = []
        for each in given["MetricDataQueries"]:
            stat = each.get("MetricStat")
            if stat is None or stat["Stat"] not in _STATISTICS:
                raise AwsError(
                    "NotImplemented", "the rig plays MetricStat with plain statistics", 501
                )
            _check_period(stat["Period"])
            metric = stat["Metric"]
            key = (call.region, metric["Namespace"], metric["MetricName"], _dimensions(metric))
            buckets = _buckets(
                self.values(*key, self._settings.clock()), since, until, stat["Period"]
            )
            moments = sorted(buckets, reverse=newest_first)
            results.append(
                {
                    "Id": each["Id"],
                    "Label": each.get("Label", metric["MetricName"]),
                    "Timestamps": moments,
                    "Values": [_statistic(stat["Stat"], buckets[moment]) for moment in moments],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    def _list(self, call: Call) -> Params:
        given, now = call.params, self._settings.clock()
        filters = [(each["Name"], each.get("Value")) for each in given.get("Dimensions") or []]
        found = [
            {
                "Namespace": key.namespace,
                "MetricName": key.name,
                "Dimensions": [{"Name": n, "Value": v} for n, v in key.dimensions],
            }
            for key, points in self._points.items()
            if key.region == call.region
            and given.get("Namespace") in (None, key.namespace)
            and given.get("MetricName") in (None, key.name)
            and all(
                any(n == name and value in (None, v) for n, v in key.dimensions)
                for name, value in filters
            )
            and any(seen <= now for point in points.values() for seen, _, _ in point.puts)
        ]
        start = int(given.get("NextToken") or 0)
        more = {"NextToken": str(start + _PAGE)} if len(found) > start + _PAGE else {}
        return {"Metrics": found[start : start + _PAGE], **more}


def _read(
    datum: Params, number: int, now: datetime
) -> tuple[str, Dimensions, datetime, str, list[tuple[float, float]]]:
    """One datum: name, dimensions, time, unit, and its values with their counts."""
    place = f"MetricData.member.{number}"
    moment = _moment(datum["Timestamp"]) if "Timestamp" in datum else now
    if moment < now - _OLDEST:
        raise _invalid(
            f"The parameter {place}.Timestamp must specify a time no more than two weeks in the "
            "past."
        )
    if moment > now + _NEWEST:
        raise _invalid(
            f"The parameter {place}.Timestamp must specify a time within two hours in the future."
        )
    resolution = datum.get("StorageResolution", 60)
    if resolution not in _RESOLUTIONS:
        raise _invalid(f"The parameter {place}.StorageResolution must be 1 or 60.")
    # Of a plain metric the seconds are dropped: its resolution is a minute.
    whole = moment.replace(microsecond=0) if resolution == 1 else _minute(moment)
    if "StatisticValues" in datum:
        raise AwsError("NotImplemented", "the rig plays no StatisticValues", 501)
    values = datum.get("Values", [datum["Value"]] if "Value" in datum else [])
    counts = datum.get("Counts", [1.0] * len(values))
    if not values or len(values) != len(counts):
        raise AwsError(
            "InvalidParameterCombination", f"{place} has no values, or not as many counts."
        )
    for value in (*values, *counts):
        # Over JSON a double that is none travels as a text.
        if isinstance(value, str) or not math.isfinite(value) or abs(value) > _LARGEST:
            raise _invalid(f"The value {value} for parameter {place}.Value is invalid.")
    return (
        datum["MetricName"],
        _dimensions(datum, place),
        whole,
        datum.get("Unit", "None"),
        list(zip(map(float, values), map(float, counts), strict=True)),
    )


def _dimensions(given: Params, place: str = "Dimensions") -> Dimensions:
    pairs = [(each["Name"], each["Value"]) for each in given.get("Dimensions") or []]
    if len({name for name, _ in pairs}) != len(pairs):
        raise _invalid(f"{place} names a dimension twice.")
    for name, value in pairs:
        if not (name.isascii() and value.isascii() and value.strip()) or name.startswith(":"):
            raise _invalid(f"The value {value!r} for parameter {place}.Dimensions is invalid.")
    return tuple(sorted(pairs))


def _buckets(
    values: Iterable[tuple[datetime, float, float]], since: datetime, until: datetime, period: int
) -> dict[datetime, list[tuple[float, float]]]:
    """Values with their counts, by the start of their period; periods are counted from 1970."""
    buckets: dict[datetime, list[tuple[float, float]]] = {}
    for moment, value, count in values:
        if since <= moment < until:
            second = int(moment.timestamp()) // period * period
            buckets.setdefault(datetime.fromtimestamp(second, UTC), []).append((value, count))
    return buckets


def _sum(some: list[tuple[float, float]]) -> float:
    return sum(value * count for value, count in some)


_STATISTICS: dict[str, Callable[[list[tuple[float, float]]], float]] = {
    "SampleCount": lambda some: sum(count for _, count in some),
    "Sum": _sum,
    "Average": lambda some: _sum(some) / sum(count for _, count in some),
    "Minimum": lambda some: min(value for value, _ in some),
    "Maximum": lambda some: max(value for value, _ in some),
}


def _statistic(name: str, some: list[tuple[float, float]]) -> float:
    return float(_STATISTICS[name](some))


def _check_period(period: int) -> None:
    if period not in {1, 5, 10, 20, 30} and period % 60:
        raise _invalid(
            f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}."
        )


def _moment(value: Any) -> datetime:  # noqa: ANN401 - seconds or ISO 8601, as a client writes it
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterValue", text)
