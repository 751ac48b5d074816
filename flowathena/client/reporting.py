"""Reports: which scans their panels need, what these would cost, and running them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import TypedDict

from flowathena.client.answers import Answers, PlannedScan, describe_failure
from flowathena.client.batch import ON_ATHENA, ON_LOCAL, Batch
from flowathena.client.batch_statements import BatchStatements
from flowathena.client.jobs import Job
from flowathena.client.outcome import BatchProgress
from flowathena.client.runs import Runs, RunSettings
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.errors import FlowathenaError, UsageError
from flowathena.inputs.selection import Names, select
from flowathena.inputs.window import When
from flowathena.partitions.coverage import Coverage
from flowathena.partitions.survey import PhaseWatch
from flowathena.query import check, header, relation
from flowathena.query.query import DEFAULT_SINCE, Query
from flowathena.query.render import Rendered
from flowathena.report import scan as statements
from flowathena.report.panel import EVERY_RANKING, MOST_RANKED, Panel
from flowathena.report.panels import (
    COVERAGE,
    SHARED,
    choose,
    standard_panels,
    with_queries,
)
from flowathena.report.report import Report
from flowathena.report.request import ReportRequest
from flowathena.target.target import Target


class ReportOptions(TypedDict, total=False):
    """What a report is to have, as people write it.

    Attributes:
        panels: the names of the panels, one or several; empty for all.
        queries: the names of saved queries that get panels besides, with their own defaults.
        rows: how many rows a ranking has.
        since: start of the window, as of ``run`` (default: 7 days before until).
        until: end of the window, exclusive (default: now).
        account: account ids to look at.
        region: Regions to look at.
        flow_log: the ids of the flow logs whose records are read.
        engine: as of ``run``.
        skip_bad_files: omit damaged files on the local engine.
    """

    panels: str | Sequence[str]
    queries: Sequence[str]
    rows: int
    since: When
    until: When
    account: Names
    region: Names
    flow_log: Names
    engine: str | None
    skip_bad_files: bool


class PlannedReport:
    """A report of which nothing has been run.

    Args:
        request: what it is to have.
        target: the target.
        runs: runs its queries.
        find: the saved query of a name.
        measure: the coverage of the selection; takes what is called while folders are listed.
        clock: returns the current time, aware.

    Attributes:
        scans: the statements that its panels need; the one that panels share is the first.
        failures: the panels that cannot be asked here, by name, each with the reason.

    Raises:
        TableMissingError: the table does not exist.
        UsageError: the target has no such engine.
    """

    def __init__(
        self,
        request: ReportRequest,
        target: Target,
        runs: Runs,
        find: Callable[[str], Query],
        measure: Callable[[PhaseWatch], Coverage],
        clock: Callable[[], datetime],
    ) -> None:
        self._request = request
        self._target = target
        self._runs = runs
        self._find = find
        self._measure = measure
        self._clock = clock
        runs.engines.open(
            request.engine, skip=request.skip_bad_files
        )  # refused before anything runs
        self._source = runs.source(required=True)
        self._expected: BatchEstimate | None = None
        self._is_admitted = False
        self.failures: dict[str, FlowathenaError] = {}
        self.scans = tuple(self._plan())

    def estimate(self, listener: Listener | None = None) -> BatchEstimate:
        """What the scans would scan and cost, each and together; runs nothing.

        Panels that cannot be asked here are its ``unable``.

        Raises:
            StorageError: a folder cannot be listed.
            CatalogError: the registered partitions cannot be read.
        """
        spending = self._runs.spending_of(self._request.engine)
        reasons = {name: describe_failure(error) for name, error in self.failures.items()}
        return replace(spending.estimate_batch(self._jobs, listener), unable=reasons)

    def admit(
        self, limits: SpendingLimits = NO_LIMITS, listener: Listener | None = None
    ) -> BatchEstimate | None:
        """Refuse the report if its scans exceed limits together; what they would scan and cost.

        Args:
            limits: those of the call; the target's hold where these say nothing.
            listener: called while folders are listed.

        Returns:
            The estimate; None if there is no limit, and it cannot be found out.

        Raises:
            CostError: they exceed one.
            FlowathenaError: there are limits, and what would be scanned cannot be found out.
        """
        limits = limits.or_else(self._runs.spending_of(self._request.engine).usual)
        try:
            self._expected = self.estimate(listener)
        except FlowathenaError:
            if limits.exist:
                raise
            self._expected = None
        if self._expected:
            limits.check_batch(self._expected, self._target.workgroup)
        self._is_admitted = True
        return self._expected

    def run(
        self,
        listener: Callable[[BatchProgress], None] | None = None,
        watch: PhaseWatch | None = None,
    ) -> Report:
        """Run the scans and put the answers together; one that fails leaves the others alone.

        Args:
            listener: called while they run.
            watch: called while folders and partitions are listed: what, how many, of how many.

        Raises:
            CostError: it was not admitted yet, and exceeds the limits of the target.
            QueryError: the logs lack the fields of every panel that asks for some.
            KeyboardInterrupt: interrupted; no statement runs any more.
        """
        if self.failures and not self.scans:
            raise next(iter(self.failures.values()))
        if not self._is_admitted:
            self.admit()
        answers = Answers(self._request, self._target, self.failures, self._look(watch))
        is_local = self._target.is_local or self._request.engine == "local"
        settings = RunSettings(self._request.engine, self._request.skip_bad_files)
        scans = _AdmittedScans(self._runs, self._source, settings)
        with Batch(self._jobs, scans, ON_LOCAL if is_local else ON_ATHENA, listener) as batch:
            outcomes = {outcome.name: outcome for outcome in batch}
        return answers.report(self.scans, outcomes, self._expected, self._clock())

    @property
    def _jobs(self) -> list[Job]:
        return [Job(each.query, each.rendered) for each in self.scans]

    def _look(self, watch: PhaseWatch | None) -> Coverage | FlowathenaError | None:
        """The coverage, before anything is paid for; None if no panel has it."""
        if all(panel.name != COVERAGE for panel in self._request.panels):
            return None
        try:
            return self._measure(watch or (lambda _what, _done, _total: None))
        except FlowathenaError as error:
            return error

    def _plan(self) -> Iterator[PlannedScan]:
        shared = [panel for panel in self._request.panels if self._is_countable(panel)]
        if shared:
            query = self._query_of(shared)
            yield PlannedScan(query, self._render(query), tuple(shared), query.sql)
        own = (panel for panel in self._request.panels if panel.query and not panel.group)
        yield from chain.from_iterable(map(self._own, own))

    def _is_countable(self, panel: Panel) -> bool:
        """Whether a panel's group can be counted here; if not, the reason is kept."""
        if panel.group is None:
            return False
        query = self._query_of([panel])
        query = replace(query, sql=" ".join(query.sql.split()))  # so that problems name no line
        return self._rendered(panel, query) is not None

    def _own(self, panel: Panel) -> Iterator[PlannedScan]:
        query = self._find(panel.query)
        rendered = self._rendered(panel, query, panel.values)
        if rendered:
            columns = relation.column_types(self._source)
            filled = check.fill(query, check.bind(query, panel.values), columns)
            yield PlannedScan(query, rendered, (panel,), filled.statement.sql)

    def _query_of(self, panels: Sequence[Panel]) -> Query:
        made = header.statement(statements.compose(panels, self._request.rows))
        return replace(made, name=SHARED, title="The scan that panels share")

    def _render(self, query: Query, values: Mapping[str, object] | None = None) -> Rendered:
        return self._runs.render(query, values or {}, self._request.selection, self._source)

    def _rendered(
        self, panel: Panel, query: Query, values: Mapping[str, object] | None = None
    ) -> Rendered | None:
        try:
            return self._render(query, values)
        except FlowathenaError as error:
            self.failures[panel.name] = error
            return None


def request_report(
    options: ReportOptions, now: datetime, find: Callable[[str], Query]
) -> ReportRequest:
    """What a report is asked to have.

    Args:
        options: as people write it.
        now: the current time, aware.
        find: the saved query of a name.

    Raises:
        UsageError: there is no such panel, or a name is taken.
        WindowError: since and until do not make a window.
        QueryError: there is no query of a name.
    """
    rows = options.get("rows", EVERY_RANKING)
    if type(rows) is not int or not 1 <= rows <= MOST_RANKED:
        raise UsageError(f"rows: {rows!r} is not a number of rows, 1 to {MOST_RANKED}")
    selection = select(
        now,
        DEFAULT_SINCE,
        since=options.get("since"),
        until=options.get("until"),
        account=options.get("account"),
        region=options.get("region"),
        flow_log=options.get("flow_log"),
    )
    given = options.get("panels", ())
    names = (given,) if isinstance(given, str) else tuple(given)
    queries = tuple(dict.fromkeys(options.get("queries", ())))
    assert selection.window is not None  # noqa: S101 - nobody asks for all of time
    chosen = choose(standard_panels(selection.window, rows), names)
    return ReportRequest(
        with_queries(chosen, map(find, queries)),
        selection,
        names,
        queries,
        rows,
        options.get("engine"),
        options.get("skip_bad_files", False),
    )


class _AdmittedScans(BatchStatements):
    """The scans of a report: what they may cost was decided when they were estimated."""

    def admit(self, jobs: Sequence[Job], listener: Listener | None) -> None:
        """Refuse none."""
