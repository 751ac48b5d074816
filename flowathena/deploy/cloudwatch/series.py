"""The metrics of queries, one by one; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flowathena.query.metric import Metric, MetricValue
from flowathena.query.query import Query


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


def series(queries: Iterable[Query]) -> Iterator[Series]:
    """The metrics of queries, in their order; those that are none are left out."""
    for query in queries:
        if query.metric:
            for value in query.metric.values:
                yield Series(query, query.metric, value)
