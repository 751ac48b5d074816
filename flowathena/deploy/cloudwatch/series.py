"""The metrics of a target, one by one, and what alarms and dashboards say of each; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flowathena.query.metric import Metric, MetricValue
from flowathena.query.query import Query
from flowathena.target.target import Target

TAG = "flowathena:target"
"""The key of the tag that says whose a resource is; its value is ``database.table``."""


@dataclass(frozen=True)
class Series:
    """One metric of a query: its name in CloudWatch, and the dimensions that each value has."""

    query: Query
    metric: Metric
    value: MetricValue

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of its dimensions."""
        return tuple(each.column for each in self.metric.dimensions)


def mark(target: Target) -> str:
    """What a text of ours contains where there are no tags."""
    return f"[flowathena:{target.table_name}]"


def series(queries: Iterable[Query]) -> Iterator[Series]:
    """The metrics of queries, in their order; those that are none are left out."""
    for query in queries:
        if query.metric:
            for value in query.metric.values:
                yield Series(query, query.metric, value)
