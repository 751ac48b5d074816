"""Metric filters of log groups: as they should be, as they are, put and deleted.

A filter has no tags: the end of its name says that it is ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws, accept_absence, translate_errors
from flowathena.errors import FlowathenaError
from flowathena.query.metric_filter import MetricFilter
from flowathena.reconcile import Operation, Resources
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import MetricFilterTypeDef, MetricTransformationTypeDef

MARK = " [flowathena]"

_BETWEEN = ": "  # no name of a group or filter has it


class MetricFilters(Resources[MetricFilter]):
    """The metric filters of a target, by log group and name.

    Args:
        target: the target.
        aws: the clients.
        namespace: the namespace of the metrics.
        log_group: the log group of those wanted; None for every log group, to delete them.
        wanted: those that should be.
    """

    kind = "metric filter"
    stops_on_failure = False

    def __init__(
        self,
        target: Target,
        aws: Aws,
        namespace: str,
        log_group: str | None,
        wanted: Mapping[str, MetricFilter],
    ) -> None:
        self._prefix = f"{target.table_name}/"
        self._aws = aws
        self._log_group = log_group
        self._wanted = {name: replace(each, namespace=namespace) for name, each in wanted.items()}

    def wanted(self) -> Mapping[str, MetricFilter]:
        """Those that should be."""
        return {
            f"{self._log_group}{_BETWEEN}{self._prefix}{name}{MARK}": each
            for name, each in self._wanted.items()
        }

    def live(self) -> Mapping[str, MetricFilter]:
        """Those that exist and have our mark."""
        where = f" of log group {self._log_group}" if self._log_group else ""
        found = {}
        with translate_errors(f"metric filters{where}", FlowathenaError):
            for each in self._read():
                name = each["filterName"]
                if name.startswith(self._prefix) and name.endswith(MARK):
                    found[f"{each['logGroupName']}{_BETWEEN}{name}"] = _read_filter(each)
        return found

    def _read(self) -> "Iterator[MetricFilterTypeDef]":
        paginator = self._aws.logs.get_paginator("describe_metric_filters")
        if self._log_group:
            pages = paginator.paginate(logGroupName=self._log_group, filterNamePrefix=self._prefix)
        else:  # a prefix of names needs a log group
            pages = paginator.paginate()
        for page in pages:
            yield from page["metricFilters"]

    def describe(self, operation: Operation[MetricFilter]) -> str:
        """The pattern, and what a match counts."""
        shown = operation.wanted or operation.live
        if shown is None:
            return ""
        by = f" by {', '.join(shown.dimensions.values())}" if shown.dimensions else ""
        return f"{shown.pattern} counts {shown.value} in {shown.metric}{by}"

    def do(self, operation: Operation[MetricFilter]) -> None:
        """Put or delete one."""
        group, _, name = operation.name.partition(_BETWEEN)
        wanted = operation.wanted
        with translate_errors(f"metric filter {name}", FlowathenaError):
            if wanted is None:
                with accept_absence():
                    self._aws.logs.delete_metric_filter(logGroupName=group, filterName=name)
                return
            self._aws.logs.put_metric_filter(
                logGroupName=group,
                filterName=name,
                filterPattern=wanted.pattern,
                metricTransformations=[_transformation(wanted)],
            )


def _transformation(wanted: MetricFilter) -> "MetricTransformationTypeDef":
    made: MetricTransformationTypeDef = {
        "metricName": wanted.metric,
        "metricNamespace": wanted.namespace,
        "metricValue": wanted.value,
        "unit": wanted.unit,  # type: ignore[typeddict-item] # a word of CloudWatch
    }
    if wanted.dimensions:  # which have no value where nothing matches
        made["dimensions"] = dict(wanted.dimensions)
    else:
        made["defaultValue"] = 0.0
    return made


def matching_lines(aws: Aws, pattern: str, lines: list[str]) -> frozenset[int]:
    """Which lines a pattern matches, as CloudWatch sees it: their places from 0; 50 at most.

    Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html

    Raises:
        FlowathenaError: CloudWatch refuses the pattern.
    """
    with translate_errors("test of a metric filter", FlowathenaError):
        matches = aws.logs.test_metric_filter(filterPattern=pattern, logEventMessages=lines)[
            "matches"
        ]
    return frozenset(each["eventNumber"] - 1 for each in matches)


def _read_filter(each: "MetricFilterTypeDef") -> MetricFilter:
    transformation = each["metricTransformations"][0]
    return MetricFilter(
        transformation["metricName"],
        each["filterPattern"],
        transformation["metricValue"],
        transformation.get("unit", "None"),
        dict(transformation.get("dimensions", {})),
        transformation["metricNamespace"],
    )
