"""The metrics of one target in CloudWatch: published from its queries, and how far they are."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from flowathena.aws.session import Aws, concerns_every_call
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.deploy.cloudwatch.datums import last_closed
from flowathena.deploy.cloudwatch.delivery import Delivery
from flowathena.deploy.cloudwatch.ledger import Ledgers
from flowathena.deploy.cloudwatch.published import MetricStatus, Published, State, status_of
from flowathena.deploy.cloudwatch.publisher import Publisher
from flowathena.engine.gates import gates
from flowathena.engine.metrics import check_metric
from flowathena.errors import FlowathenaError, QueryError, UsageError
from flowathena.inputs.window import When, resolve
from flowathena.package import folder
from flowathena.query import relation
from flowathena.query.gating import Gate
from flowathena.query.library import Library
from flowathena.query.metric import Metric
from flowathena.query.query import Query
from flowathena.result.result import Result
from flowathena.shape.shape import FlowTable
from flowathena.target.feed import MetricsFeed
from flowathena.target.target import Target
from flowathena.text import iso

Runner = Callable[[str, datetime, datetime, SpendingLimits], Result]
"""Runs the query of a name over a window, within limits."""
Watch = Callable[[Published], None]
"""Called with what became of each query, as soon as it is known."""


class TargetMetrics:
    """The metrics of one target.

    Args:
        target: the target.
        aws: its clients.
        library: gives the queries.
        source: gives the target's table; raises a ``TableMissingError`` if there is none.
        run: runs a query.
        unread: why a query from a moment on would not read all that is stored; empty if it would.
        clock: returns the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what it works with, each by name
        self,
        target: Target,
        aws: Aws,
        *,
        library: Callable[[], Library],
        source: Callable[[], FlowTable],
        run: Runner,
        unread: Callable[[datetime], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._library = library
        self._source = source
        self._run = run
        self._unread = unread
        self._clock = clock
        self._feed = target.feed.metrics or MetricsFeed()
        self._limits = NO_LIMITS
        self._read_from: datetime | None = None

    def publish(
        self,
        names: Sequence[str] = (),
        *,
        since: When = None,
        dry_run: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        watch: Watch = lambda _: None,
    ) -> tuple[Published, ...]:
        """Publish what is due of each query: every closed bucket once.

        A failure of one leaves the others; what became of each is its result.

        Args:
            names: the queries; none for those of the configuration, or else for every packaged one
                with a metric that the table can answer.
            since: where the first publication of a query begins (default: the query's since); at
                most two weeks back.
            dry_run: run the queries and read the ledger, but write nothing.
            spending_limits: what the run of each query may scan and cost; one that would exceed it
                fails with a ``CostError``.
            watch: called with each result.

        Raises:
            UsageError: the target is local, the namespace is another table's, or there is no place
                for the ledger.
            QueryError: there is no such query, it has no metric, or two have metrics of one name.
            TableMissingError: the table does not exist.
            WindowError: since is no moment.
            FlowathenaError: the ledger cannot be read.
        """
        chosen, left = self._choose(names)
        self._limits = spending_limits
        self._read_from = None  # what was read before tells nothing of what has come since
        now = self._clock()
        firsts = {
            query.name: resolve(since, None, now=now, default=query.since).since for query in chosen
        }
        if not dry_run:
            self._ledgers.own()
        results: list[Published] = []
        for done in left:
            results.append(done)
            watch(done)
        over: FlowathenaError | None = None
        for query in chosen:
            done = Published(query.name)
            results.append(done)
            if over:
                done.state, done.error = State.FAILED, over
            else:
                self._publish(query, firsts[query.name], done, dry_run=dry_run)
            over = done.error if done.error and concerns_every_call(done.error.__cause__) else over
            watch(done)
        return tuple(results)

    def status(self, names: Sequence[str] = ()) -> tuple[MetricStatus, ...]:
        """How far each query is published. Arguments as of ``publish``.

        Asks Glue for the table, which says what can be published, and S3 for the ledger; of the
        metrics themselves nothing.

        Raises:
            UsageError: the target is local, or there is no place for the ledger.
            QueryError: there is no such query, or it has no metric.
            TableMissingError: the table does not exist.
            FlowathenaError: the ledger cannot be read.
        """
        chosen, _ = self._choose(names)
        return tuple(
            status_of(
                query.name,
                self._ledgers.of(query.name).read(),
                last_closed(metric, self._delay(metric), self._clock()),
            )
            for query, metric in with_metrics(chosen)
        )

    @property
    def ledger(self) -> str:
        """Where the ledger is: ``s3://bucket/prefix/``."""
        return self._ledgers.location

    @cached_property
    def _ledgers(self) -> Ledgers:
        return Ledgers(self._aws, self._target)

    def _publish(self, query: Query, first: datetime, done: Published, *, dry_run: bool) -> None:
        for _, metric in with_metrics([query]):
            publisher = Publisher(
                query.name,
                metric,
                self._delay(metric),
                self._ledgers.of(query.name),
                Delivery(self._aws, self._feed.namespace),
                partial(self._run_whole, query.name),
                self._clock,
            )
            try:
                (publisher.preview if dry_run else publisher.publish)(first, done)
            except FlowathenaError as error:
                done.state, done.error = State.FAILED, error

    def _run_whole(self, name: str, since: datetime, until: datetime) -> Result:
        """The rows of a query, if everything that is stored was read.

        What is published cannot be corrected: of logs that were not read it would be 0 for good.
        """
        self._check_read(since)
        result = self._run(name, since, until, self._limits)
        if result.stats.has_read_nothing:
            reason = next(iter(result.stats.warnings), "no log file was read")
            raise FlowathenaError(
                f"no logs from {iso(since)} to {iso(until)}, which is not the same as 0: {reason}"
            )
        if result.stats.reached_limit is not None:
            raise FlowathenaError(
                f"the result is cut at the query's LIMIT of {result.stats.reached_limit}; leave it "
                "away"
            )
        return result

    def _check_read(self, since: datetime) -> None:
        """Refuse to publish a part of what is stored; asked once for queries of one window."""
        if self._read_from is not None and since >= self._read_from:
            return
        reason = self._unread(since)
        if reason:
            raise FlowathenaError(f"{reason}; what is published cannot be corrected")
        self._read_from = since

    def _delay(self, metric: Metric) -> timedelta:
        return metric.delay_or(self._feed.delay)

    def _choose(self, names: Sequence[str]) -> tuple[list[Query], list[Published]]:
        """The queries to publish, and those that the table cannot answer."""
        if self._target.is_local:
            raise UsageError(
                f"target {self._target.name} is a folder, which has no account for CloudWatch "
                "metrics; 'flowathena run' has their numbers: "
                f"'{self._target.command('run metric_ssh_rejects')}'"
            )
        library = self._library()
        refuse_equal_names(library)
        named = tuple(dict.fromkeys(names)) or self._feed.queries
        chosen = chosen_queries(library, named)
        problems = [
            each.problem(f"{each.name} has no [metric] in its header")
            for each in chosen
            if not each.metric
        ]
        if problems:
            raise QueryError(problems)
        return self._answerable(chosen, strict=bool(names))

    def _answerable(
        self, queries: Sequence[Query], *, strict: bool
    ) -> tuple[list[Query], list[Published]]:
        source = self._source()
        columns = relation.column_types(source)
        answers: list[Query] = []
        left: list[Published] = []
        for query, gate in zip(queries, gates(queries, source).values(), strict=True):
            problems = _problems(query, gate, columns)
            if not problems:
                answers.append(query)
            elif strict:
                raise QueryError([query.problem(each) for each in problems])
            else:
                left.append(Published(query.name, State.LEFT, reason="; ".join(problems)))
        return answers, left


def _problems(query: Query, gate: Gate, columns: Mapping[str, str]) -> list[str]:
    """Why the table cannot answer a query as its metric needs it."""
    if gate.given:
        return [f"needs a value for {gate.given}", *gate.problems]
    if gate.problems:
        return list(gate.problems)
    return [each.message for each in check_metric(query, columns)]


def with_metrics(queries: Sequence[Query]) -> Iterator[tuple[Query, Metric]]:
    """The queries that have metrics, with these."""
    for query in queries:
        if query.metric is not None:
            yield query, query.metric


def chosen_queries(library: Library, names: Sequence[str]) -> list[Query]:
    """The queries of some names; without names, every packaged one with a metric.

    Raises:
        QueryError: there is no such query.
    """
    if names:
        return [library.get(name) for name in names]
    return [each for each in library.queries.values() if each.metric and _is_packaged(each)]


def _is_packaged(query: Query) -> bool:
    """Whether a query came with flowathena, or replaces one that did."""
    return query.override or (query.file or Path()).is_relative_to(folder("queries"))


def refuse_equal_names(library: Library) -> None:
    """Refuse metrics of two queries with one name: their values would add up.

    Raises:
        QueryError: there are such.
    """
    every = list(with_metrics(list(library.queries.values())))
    names = Counter(value.name for _, metric in every for value in metric.values)
    problems = [
        query.problem(f"metric {value.name!r} is another query's too; choose another name", None)
        for query, metric in every
        for value in metric.values
        if names[value.name] > 1
    ]
    if problems:
        raise QueryError(problems)
