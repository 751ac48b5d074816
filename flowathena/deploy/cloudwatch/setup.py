"""What a target has in CloudWatch besides its numbers: alarms, a dashboard, metric filters."""

from collections.abc import Callable, Collection
from functools import cached_property

from flowathena.aws.session import Aws
from flowathena.catalog import wanted
from flowathena.deploy.cloudwatch.alarms import Alarms, wanted_alarms
from flowathena.deploy.cloudwatch.dashboard import Dashboards, dashboard_body
from flowathena.deploy.cloudwatch.filters import MetricFilters, matching_lines
from flowathena.deploy.cloudwatch.metrics import chosen_queries, with_metrics
from flowathena.deploy.cloudwatch.sample_lines import SampleLine, sample_lines
from flowathena.deploy.cloudwatch.series import Series, series
from flowathena.errors import ConfigError, QueryError, UsageError
from flowathena.query import check, relation
from flowathena.query.library import Library
from flowathena.query.metric_filter import MetricFilter, metric_filters
from flowathena.query.query import Query
from flowathena.query.template import FilledQuery
from flowathena.reconcile import Resources
from flowathena.target.feed import MetricsFeed, choose_log_group
from flowathena.target.target import Target


class CloudWatchSetup:
    """What is planned, applied and removed in CloudWatch for a target.

    Args:
        target: the target.
        aws: the clients.
        library: gives the saved queries.

    Raises:
        UsageError: the target's logs are on this machine.
    """

    def __init__(self, target: Target, aws: Aws, library: Callable[[], Library]) -> None:
        if target.is_local:
            raise UsageError(f"target {target.name} is a folder: CloudWatch watches targets in AWS")
        self._target = target
        self._aws = aws
        self._library = library
        self._feed = target.feed.metrics or MetricsFeed()

    def alarms(self) -> Alarms:
        """The alarms that the configuration names; by default, the one of rejected SSH.

        Raises:
            ConfigError: one of them watches what there is not, or what the records lack, or tells a
                topic in another Region.
        """
        every = tuple(series(self._library().queries.values()))
        usual = self._feed.alarms is None
        published = frozenset(
            each.name for each in self._queries if not usual or self._is_answered(each)
        )
        alarms = wanted_alarms(self._target, self._feed, every, published)
        self._require_answers()
        self._require_region({topic for each in alarms.values() for topic in each.actions})
        return Alarms(self._target, self._aws, alarms)

    def dashboard(self) -> Dashboards:
        """The dashboard of the metrics; none if the configuration says so."""
        if not self._feed.dashboard:
            return Dashboards(self._target, self._aws, None)
        region = self._aws.session.region_name or ""
        body = dashboard_body(self._target, self._feed.namespace, self._series, region)
        return Dashboards(self._target, self._aws, body)

    def filters(self, log_group: str | None = None) -> MetricFilters:
        """The metric filters of a log group; None for that of the target.

        Raises:
            UsageError: there is no log group.
        """
        group = choose_log_group(log_group, self._feed, self._target.name)
        wanted_filters = self.wanted_filters[0]
        return MetricFilters(self._target, self._aws, self._feed.namespace, group, wanted_filters)

    def removals(self) -> tuple[Resources[object], ...]:
        """Everything that is ours; nothing of it is wanted."""
        namespace = self._feed.namespace
        return (
            MetricFilters(self._target, self._aws, namespace, None, {}),  # type: ignore[return-value] # of any kind
            Alarms(self._target, self._aws, {}),
            Dashboards(self._target, self._aws, None),
        )

    @cached_property
    def wanted_filters(self) -> tuple[dict[str, MetricFilter], tuple[str, ...]]:
        """The filters of the metrics by name; and why others have none, a line each."""
        found: dict[str, MetricFilter] = {}
        reasons = []
        for query, metric in with_metrics(self._queries):
            try:
                statement = self._filled(query).statement
                made = metric_filters(query, metric, statement, self._target.log_format)
            except QueryError as error:
                reasons.append(str(error))
                continue
            for value, each in zip(metric.values, made, strict=True):
                found[f"{query.name}.{value.column}"] = each
        return found, tuple(reasons)

    def test_filters(self) -> list[tuple[str, SampleLine, bool]]:
        """Ask CloudWatch which made-up records each pattern matches: name, record, whether."""
        lines = sample_lines(self._target.log_format)
        texts = [each.text for each in lines]
        return [
            (name, line, place in matched)
            for name, each in self.wanted_filters[0].items()
            for matched in [matching_lines(self._aws, each.pattern, texts)]
            for place, line in enumerate(lines)
        ]

    def _filled(self, query: Query) -> FilledQuery:
        """A query with its defaults.

        Raises:
            QueryError: it is invalid, needs a value, or the target's records lack a field.
        """
        columns = relation.column_types(
            wanted.flow_table(wanted.wanted_table(self._target), self._target)
        )
        return check.fill_usual(query, columns)

    def _require_answers(self) -> None:
        """Refuse alarms on metrics that are left out, as the target's records lack a field."""
        watched = {each.query for each in self._feed.alarms or ()}
        for query in self._queries:
            if watched.isdisjoint((query.name, *query.aliases)):
                continue
            try:
                self._filled(query)
            except QueryError as error:
                raise ConfigError(
                    f"the alarm on {query.name} would never tell of anything: {error}"
                ) from error

    def _require_region(self, topics: Collection[str]) -> None:
        """Refuse topics of other Regions: CloudWatch tells those of the alarm's own alone."""
        region = self._aws.session.region_name or ""
        for topic in sorted(topics):
            if topic.split(":")[3] != region:
                raise ConfigError(
                    f"notify names {topic}, and an alarm in {region} tells topics in {region} alone"
                )

    def _is_answered(self, query: Query) -> bool:
        try:
            self._filled(query)
        except QueryError:
            return False
        return True

    @property
    def _series(self) -> tuple[Series, ...]:
        return tuple(series(filter(self._is_answered, self._queries)))

    @property
    def _queries(self) -> tuple[Query, ...]:
        """The queries with metrics: those of the configuration, or else every packaged one."""
        chosen = chosen_queries(self._library(), self._feed.queries)
        return tuple(query for query, _ in with_metrics(chosen))
