"""Saved queries over flow logs in a log group, run by CloudWatch Logs Insights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flowathena.aws.insights import LogsInsights
from flowathena.aws.session import Aws
from flowathena.catalog import wanted
from flowathena.errors import UsageError
from flowathena.inputs.params import Value
from flowathena.inputs.selection import select
from flowathena.inputs.window import When
from flowathena.query import check, relation
from flowathena.query.insights.pipeline import MOST_ROWS, translate
from flowathena.query.insights.statement import InsightsQuery
from flowathena.query.query import Query
from flowathena.query.render import Limit, limit_of
from flowathena.query.template import FilledQuery
from flowathena.result.result import Listener, Result, Stats
from flowathena.shape.shape import FlowTable
from flowathena.target.feed import choose_log_group
from flowathena.target.target import Target


@dataclass(frozen=True)
class _Filled:
    query: Query
    values: Mapping[str, Value]
    filled: FilledQuery

    @property
    def limit(self) -> Limit | None:
        return limit_of(self.query, self.values, self.filled.statement)


class Insights:
    """The saved queries over a log group whose records have the target's format.

    Args:
        target: the target.
        aws: the clients.
        query: gives the saved query of a name.
        clock: returns the current time, aware.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        query: Callable[[str], Query],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._query = query
        self._clock = clock

    def render(self, name: str, **values: object) -> InsightsQuery:
        """A saved query in the language of Logs Insights; asks nothing of AWS.

        Raises:
            QueryError: it has no form there, or is invalid; says why.
            ParameterError: a value has the wrong type, is unknown or is missing.
        """
        return self._translated(self._fill(name, values), self._target.region or "")

    def run(
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        log_group: str | None = None,
        listener: Listener | None = None,
        **values: object,
    ) -> Result:
        """Run a saved query over a log group.

        Args:
            name: the query's name.
            since: start of the window (default: the query's), as for ``Client.run``.
            until: end of the window, exclusive.
            log_group: the log group; None for that of the target's metrics.
            listener: called with every state seen.
            values: the query's parameters.

        Raises:
            QueryError: it has no form in Insights, or is invalid.
            EngineError: Insights refuses it or fails.
            UsageError: the target has no log group.
        """
        group = self.log_group(log_group)
        filled = self._fill(name, values)
        window = select(self._clock(), filled.query.since, since=since, until=until).window
        assert window is not None  # noqa: S101 - of a run
        made = self._translated(filled, self._aws.session.region_name or "")
        # Insights' window includes its end.
        rows = LogsInsights(self._aws, group).execute(
            made.text, window.start_second, window.end_second - 1, listener
        )
        data = [[each.read(row.get(each.field)) for each in made.columns] for row in rows.records]
        limit = filled.limit
        notice = limit.notice(len(data)) if limit else None
        if limit is None and len(data) >= MOST_ROWS:
            notice = f"{MOST_ROWS:,} rows are all that Logs Insights gives, there may be more"
        empty = () if rows.scanned_records else (f"log group {group} has no records in the window",)
        stats = Stats(
            engine="insights",
            rows=len(data),
            seconds=rows.seconds,
            scanned_bytes=rows.scanned_bytes,
            query_id=rows.query_id,
            warnings=empty,
            notices=(*made.notes, *((notice,) if notice else ())),
            reached_limit=limit.rows if limit and notice else None,
        )
        result = Result([(each.name, each.type) for each in made.columns], data, stats)
        result.usual_chart = filled.query.chart
        return result

    def log_group(self, given: str | None) -> str:
        """The log group that is given, or that of the target.

        Raises:
            UsageError: there is none, it is not a name, or the target's logs are on this machine.
        """
        if self._target.is_local:
            raise UsageError(
                f"target {self._target.name} is a folder: a log group needs a target in AWS"
            )
        return choose_log_group(given, self._target.feed.metrics, self._target.name)

    def _fill(self, name: str, values: Mapping[str, object]) -> _Filled:
        query = self._query(name)
        bound = check.bind(query, values)
        columns = relation.column_types(self._source)
        return _Filled(query, bound, check.fill_valid(query, bound, columns))

    @property
    def _source(self) -> FlowTable:
        return wanted.flow_table(wanted.wanted_table(self._target), self._target)

    def _translated(self, filled: _Filled, region: str) -> InsightsQuery:
        target = self._target
        return translate(
            filled.query, filled.filled.statement, target.log_format, region, target.own_networks
        )
