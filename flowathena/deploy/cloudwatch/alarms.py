"""CloudWatch alarms on a target's metrics: as they should be, as they are, put and deleted.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws, accept_absence, translate_errors
from flowathena.deploy.cloudwatch.series import Series
from flowathena.deploy.ownership import TAG
from flowathena.errors import ConfigError, FlowathenaError
from flowathena.reconcile import Action, Operation, Resources
from flowathena.target.feed import AlarmFeed, MetricsFeed
from flowathena.target.target import Target
from flowathena.text import counted, did_you_mean

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

SSH = AlarmFeed(query="metric_ssh_rejects", threshold=1)
"""The alarm of a target that names none."""

_COMPARISONS = {
    ">=": "GreaterThanOrEqualToThreshold",
    ">": "GreaterThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
    "<": "LessThanThreshold",
}
_MISSING = {"ok": "notBreaching", "bad": "breaching", "ignore": "ignore", "missing": "missing"}
_HOUR_SECONDS = 3_600
_LONGEST_SECONDS = 86_400
_LONGEST_OF_HOURS_SECONDS = 7 * 86_400
_MOST_TOPICS = 5
_NAME_LIMIT = 255
_DIMENSION = re.compile(r"(?!:)[ -~]{1,1024}")


@dataclass(frozen=True)
class Alarm:
    """An alarm, in the terms of CloudWatch; times in seconds."""

    description: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    periods: int
    breaching: int
    comparison: str
    threshold: float
    missing: str
    actions: tuple[str, ...]


def wanted_alarms(
    target: Target, feed: MetricsFeed, known: Sequence[Series], published: Collection[str]
) -> dict[str, Alarm]:
    """The alarms that a target should have, by name.

    Args:
        target: the target.
        feed: what CloudWatch has of it.
        known: every metric that a query has.
        published: the names of the queries whose metrics are published.

    Raises:
        ConfigError: an alarm names a query or metric that there is not, or not its dimensions; or
            nobody publishes the metric, so that the alarm would never tell of anything.
    """
    alarms: dict[str, Alarm] = {}
    for given in _usual(published) if feed.alarms is None else feed.alarms:
        one = _series_of(given, known)
        if one.query.name not in published:
            raise ConfigError(
                f"the alarm on {given.query} watches what 'metrics publish' does not publish: add "
                f"{one.query.name!r} to queries in [targets.{target.name}.metrics]"
            )
        values = " ".join(f"{name}={given.dimensions[name]}" for name in one.dimensions)
        name = " ".join(filter(None, (f"{target.table_name}/{one.value.name}", values)))
        same = sum(each == name or each.startswith(f"{name} (") for each in alarms)
        name = f"{name} ({same + 1})" if same else name
        if len(name) > _NAME_LIMIT:
            raise ConfigError(f"the alarm's name {name!r} is longer than {_NAME_LIMIT} characters")
        alarms[name] = _alarm(target, feed, given, one)
    return alarms


def _usual(published: Collection[str]) -> tuple[AlarmFeed, ...]:
    """The alarms of a target that names none, on what is published."""
    return (SSH,) if SSH.query in published else ()


def _series_of(given: AlarmFeed, known: Sequence[Series]) -> Series:
    names = list(dict.fromkeys(each.query.name for each in known))
    of_query = [each for each in known if given.query in (each.query.name, *each.query.aliases)]
    if not of_query:
        hint = did_you_mean(given.query, names)
        raise ConfigError(
            f"an alarm watches {given.query!r}, which is no query with a [metric]; {hint}those "
            f"are {', '.join(names)}"
        )
    chosen = [e for e in of_query if given.value in ("", e.value.column, e.value.name)]
    if len(chosen) != 1:
        values = ", ".join(each.value.column for each in of_query)
        raise ConfigError(f"the alarm on {given.query} needs a value of: {values}")
    one = chosen[0]
    if set(given.dimensions) != set(one.dimensions):
        needs = ", ".join(f'{name} = "…"' for name in one.dimensions)
        how = f"write dimensions = {{ {needs} }}" if needs else "leave dimensions away"
        raise ConfigError(f"the alarm on {given.query} has not the dimensions of the metric: {how}")
    for name, value in given.dimensions.items():
        if not _DIMENSION.fullmatch(value):
            raise ConfigError(
                f"the alarm on {given.query}: {name} = {value!r} is no value of a dimension: those "
                "have 1 to 1024 printable ASCII characters, and do not begin with a colon"
            )
    return one


def _alarm(target: Target, feed: MetricsFeed, given: AlarmFeed, one: Series) -> Alarm:
    period = one.metric.period
    topics = tuple(dict.fromkeys((*feed.notify, *given.notify)))
    if len(topics) > _MOST_TOPICS:
        raise ConfigError(
            f"the alarm on {given.query} tells {len(topics)} topics; CloudWatch takes "
            f"{_MOST_TOPICS}"
        )
    threshold = f"{given.threshold:g}"
    return Alarm(
        f"{one.value.name} {given.comparison} {threshold} ({target.table_name}, by flowathena)",
        feed.namespace,
        one.value.name,
        tuple(sorted(given.dimensions.items())),
        "Maximum",  # of a value that was put twice the same
        period,
        _periods(given, period, one.metric.delay_or(feed.delay)),
        given.breaching or given.periods,
        _COMPARISONS[given.comparison],
        given.threshold,
        _MISSING[given.missing],
        topics,
    )


def _periods(given: AlarmFeed, period: int, delay: timedelta) -> int:
    """How many periods are looked at: the latest have no value yet, as values come late.

    An alarm for which a missing value is bad has its own only: the latest would keep it up.
    """
    late = 0 if given.missing == "bad" else math.ceil(delay.total_seconds() / period) + 1
    longest = _LONGEST_SECONDS if period < _HOUR_SECONDS else _LONGEST_OF_HOURS_SECONDS
    if given.periods * period > longest:
        raise ConfigError(
            f"the alarm on {given.query} looks at {given.periods} periods of {period} seconds; "
            f"CloudWatch looks back {counted(longest // _LONGEST_SECONDS, 'day')} at most"
        )
    return min(given.periods + late, longest // period)


class Alarms(Resources[Alarm]):
    """The alarms of a target.

    Args:
        target: the target.
        aws: the clients.
        wanted: the alarms that should be; empty to delete all.

    Attributes:
        states: in which state those are that exist, by name: ``OK``, ``ALARM`` or
            ``INSUFFICIENT_DATA``; known once they have been read.
    """

    kind = "alarm"
    stops_on_failure = False

    def __init__(self, target: Target, aws: Aws, wanted: Mapping[str, Alarm]) -> None:
        self._target = target
        self._aws = aws
        self._wanted = wanted
        self.states: dict[str, str] = {}
        self._enabled: dict[str, bool] = {}
        self._foreign: set[str] = set()

    def wanted(self) -> Mapping[str, Alarm]:
        """The alarms that should be."""
        return self._wanted

    def live(self) -> Mapping[str, Alarm]:
        """Those that exist and have our tag."""
        alarms = {}
        with translate_errors("alarms", FlowathenaError):
            for each in self._read():
                name = each["AlarmName"]
                if self._is_ours(each["AlarmArn"]):
                    alarms[name] = _read_alarm(each)
                    self._enabled[name] = each["ActionsEnabled"]
                    self.states[name] = each["StateValue"]
                else:
                    self._foreign.add(name)
        return alarms

    def _read(self) -> "Iterator[MetricAlarmTypeDef]":
        pages = self._aws.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=f"{self._target.table_name}/", AlarmTypes=["MetricAlarm"]
        )
        for page in pages:
            yield from page["MetricAlarms"]

    def _is_ours(self, arn: str) -> bool:
        tags = self._aws.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return any((t["Key"], t["Value"]) == (TAG, self._target.table_name) for t in tags)

    def describe(self, operation: Operation[Alarm]) -> str:
        """What differs; or what it watches."""
        if operation.name in self._foreign:
            return _taken(operation.name)
        wanted, live = operation.wanted, operation.live
        if wanted is None:
            return ""
        if live is None:
            return wanted.description
        names = (each.name for each in fields(Alarm))
        pairs = ((name, getattr(live, name), getattr(wanted, name)) for name in names)
        return ", ".join(
            f"{name} {_shown(old)} -> {_shown(new)}" for name, old, new in pairs if old != new
        )

    def do(self, operation: Operation[Alarm]) -> None:
        """Put or delete one."""
        name, wanted = operation.name, operation.wanted
        if name in self._foreign:
            raise FlowathenaError(_taken(name))
        with translate_errors(f"alarm {name}", FlowathenaError):
            if wanted is None:
                with accept_absence():
                    self._aws.cloudwatch.delete_alarms(AlarmNames=[name])
            else:
                self._put(name, wanted, is_new=operation.action is Action.CREATE)

    def _put(self, name: str, alarm: Alarm, *, is_new: bool) -> None:
        tags = [{"Key": TAG, "Value": self._target.table_name}] if is_new else []
        self._aws.cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=alarm.description,
            ActionsEnabled=self._enabled.get(name, True),  # who has silenced it, wants it silent
            AlarmActions=list(alarm.actions),
            MetricName=alarm.metric,
            Namespace=alarm.namespace,
            Statistic=alarm.statistic,  # type: ignore[arg-type] # a word of CloudWatch
            Dimensions=[{"Name": key, "Value": value} for key, value in alarm.dimensions],
            Period=alarm.period,
            EvaluationPeriods=alarm.periods,
            DatapointsToAlarm=alarm.breaching,
            Threshold=alarm.threshold,
            ComparisonOperator=alarm.comparison,  # type: ignore[arg-type] # same
            TreatMissingData=alarm.missing,
            **({"Tags": tags} if tags else {}),  # type: ignore[arg-type] # same
        )


def _taken(name: str) -> str:
    return f"another alarm has the name {name}, without the tag {TAG}; rename it, or tag it"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_alarm(each: "MetricAlarmTypeDef") -> Alarm:
    dimensions = ((d["Name"], d["Value"]) for d in each.get("Dimensions", []))
    return Alarm(
        each.get("AlarmDescription", ""),
        each.get("Namespace", ""),
        each.get("MetricName", ""),
        tuple(sorted(dimensions)),
        each.get("Statistic", ""),
        each.get("Period", 0),
        each["EvaluationPeriods"],
        each.get("DatapointsToAlarm", each["EvaluationPeriods"]),
        each["ComparisonOperator"],
        each.get("Threshold", math.nan),
        each.get("TreatMissingData", "missing"),
        tuple(each.get("AlarmActions", [])),
    )
