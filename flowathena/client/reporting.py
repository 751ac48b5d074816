"""Reports: which scans their panels need, what these would cost, and what they answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import chain

from flowathena.client.batch import ON_ATHENA, ON_LOCAL, Batch
from flowathena.client.jobs import Job
from flowathena.client.outcome import BatchProgress, Outcome
from flowathena.client.runs import Manner, Runs
from flowathena.client.several import Several
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.errors import FlowathenaError, MissingFieldsError
from flowathena.inputs.params import option
from flowathena.inputs.selection import Selection
from flowathena.partitions.coverage import Coverage
from flowathena.query import header
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.report import scan as statements
from flowathena.report.contents import Answer, Figures, Scan
from flowathena.report.coverage import coverage_result
from flowathena.report.panel import Group, Panel
from flowathena.report.panels import COVERAGE
from flowathena.report.report import Report
from flowathena.result.result import Result, Stats
from flowathena.target.target import Target
from flowathena.text import iso, one_line

SHARED = "report"
"""The name of the statement that several panels share."""
_FIGURES = ("action", "flows", "bytes")


@dataclass(frozen=True)
class Order:
    """What a report is to have.

    Attributes:
        panels: the panels, in their order.
        selection: the window, accounts, Regions and flow logs.
        rows: how many rows a ranking has.
        engine: ``local``, ``athena``, or None for the target's own.
        skip_bad_files: omit damaged files on the local engine.
    """

    panels: tuple[Panel, ...]
    selection: Selection
    rows: int
    engine: str | None = None
    skip_bad_files: bool = False


@dataclass(frozen=True)
class PlannedScan:
    """A statement that a report needs.

    Attributes:
        query: the query that it was made of.
        rendered: the statement.
        panels: the panels that it answers.
    """

    query: Query
    rendered: Rendered
    panels: tuple[Panel, ...]

    @property
    def name(self) -> str:
        """Its name: the query's, or ``report``."""
        return self.query.name


class PlannedReport:
    """A report of which nothing has been run.

    Args:
        order: what it is to have.
        target: the target.
        runs: runs its queries.
        find: the saved query of a name.
        measure: the coverage of the selection.
        clock: returns the current time, aware.

    Raises:
        TableMissingError: the table does not exist.
        UsageError: the target has no such engine.
    """

    def __init__(
        self,
        order: Order,
        target: Target,
        runs: Runs,
        find: Callable[[str], Query],
        measure: Callable[[], Coverage],
        clock: Callable[[], datetime],
    ) -> None:
        self._order = order
        self._target = target
        self._runs = runs
        self._find = find
        self._measure = measure
        self._clock = clock
        runs.engines.open(order.engine, skip=order.skip_bad_files)  # refused before anything runs
        self._source = runs.source(required=True)
        self._failures: dict[str, FlowathenaError] = {}

    @cached_property
    def scans(self) -> tuple[PlannedScan, ...]:
        """The statements that its panels need; the one that panels share is the first."""
        shared = [panel for panel in self._order.panels if self._is_countable(panel)]
        own = (panel for panel in self._order.panels if panel.query and not panel.group)
        return tuple(chain(self._shared(shared), *map(self._own, own)))

    @property
    def failures(self) -> Mapping[str, FlowathenaError]:
        """The panels that cannot be asked here, by name, each with the reason."""
        assert self.scans is not None  # noqa: S101 - planning finds them
        return self._failures

    def estimate(self, listener: Listener | None = None) -> BatchEstimate:
        """What the scans would scan and cost, each and together; runs nothing.

        Raises:
            StorageError: a folder cannot be listed.
            CatalogError: the registered partitions cannot be read.
        """
        return self._runs.spending_of(self._order.engine).estimate_batch(self._jobs, listener)

    def admit(
        self, limits: SpendingLimits = NO_LIMITS, listener: Listener | None = None
    ) -> BatchEstimate | None:
        """Refuse a report whose scans exceed limits together; what they would scan and cost.

        Args:
            limits: those of the call; the target's hold where these say nothing.
            listener: called while folders are listed.

        Returns:
            The estimate; None if there is no limit, and it cannot be found out.

        Raises:
            CostError: they exceed one.
            FlowathenaError: there are limits, and what would be scanned cannot be found out.
        """
        spending = self._runs.spending_of(self._order.engine)
        limits = limits.or_else(spending.usual)
        try:
            found = self.estimate(listener)
        except FlowathenaError:
            if limits.exist:
                raise
            return None
        limits.check_batch(found, self._target.workgroup)
        return found

    def run(
        self,
        expected: BatchEstimate | None = None,
        listener: Callable[[BatchProgress], None] | None = None,
    ) -> Report:
        """Run the scans and put the answers together; one that fails leaves the others alone.

        Args:
            expected: the estimate, to stand beside what was measured; None for none.
            listener: called while they run.

        Raises:
            KeyboardInterrupt: interrupted; no statement runs any more.
        """
        is_local = self._target.is_local or self._order.engine == "local"
        manner = Manner(self._order.engine, self._order.skip_bad_files)
        scans = _AdmittedScans(self._runs, self._source, manner)
        with Batch(self._jobs, scans, ON_LOCAL if is_local else ON_ATHENA, listener) as batch:
            outcomes = {outcome.name: outcome for outcome in batch}
        return Report(
            target=self._target.name,
            table=self._target.table_name,
            location=self._target.location,
            selection=self._order.selection,
            made_at=self._clock(),
            command=self._target.command(f"report {self._scope}"),
            answers=tuple(self._answer(panel, outcomes) for panel in self._order.panels),
            scans=tuple(self._ran(outcomes, expected)),
            figures=self._figures(outcomes.get(SHARED)),
        )

    @property
    def _jobs(self) -> list[Job]:
        return [Job(each.query, each.rendered) for each in self.scans]

    def _is_countable(self, panel: Panel) -> bool:
        """Whether a panel's group can be counted here; if not, the reason is kept."""
        if panel.group is None:
            return False
        query = self._query_of([panel.group])
        query = replace(query, sql=" ".join(query.sql.split()))  # so that problems name no line
        return self._rendered(panel, query) is not None

    def _shared(self, panels: Sequence[Panel]) -> Iterator[PlannedScan]:
        groups = {panel.group.name: panel.group for panel in panels if panel.group}
        if groups:
            query = self._query_of(list(groups.values()))
            yield PlannedScan(query, self._render(query), tuple(panels))

    def _own(self, panel: Panel) -> Iterator[PlannedScan]:
        query = self._find(panel.query)
        rendered = self._rendered(panel, query, panel.values)
        if rendered:
            yield PlannedScan(query, rendered, (panel,))

    def _query_of(self, groups: Sequence[Group]) -> Query:
        made = header.statement(statements.compose(groups, self._order.rows))
        return replace(made, name=SHARED, title="The scan that panels share")

    def _render(self, query: Query, values: Mapping[str, object] | None = None) -> Rendered:
        return self._runs.render(query, values or {}, self._order.selection, self._source)

    def _rendered(
        self, panel: Panel, query: Query, values: Mapping[str, object] | None = None
    ) -> Rendered | None:
        try:
            return self._render(query, values)
        except FlowathenaError as error:
            self._failures[panel.name] = error
            return None

    @property
    def _scope(self) -> str:
        """The options that say what is read."""
        selection = self._order.selection
        window = selection.window
        moments = window.whole_seconds if window else ()
        named = list(zip(("since", "until"), map(iso, moments), strict=False))
        named += [("account", each) for each in selection.accounts]
        named += [("region", each) for each in selection.regions]
        named += [("flow-log", each) for each in selection.flow_logs]
        return " ".join(f"--{name} {value}" for name, value in named)

    def _answer(self, panel: Panel, outcomes: Mapping[str, Outcome]) -> Answer:
        if panel.name == COVERAGE:
            return self._coverage(panel)
        name = SHARED if panel.group else panel.query
        answer = Answer(panel, sql=self._sql(panel), command=self._command(panel), scan=name)
        lack = self._failures.get(panel.name)
        if lack:
            error = None if isinstance(lack, MissingFieldsError) else lack
            return replace(answer, reason=one_line(lack), scan="", sql="", error=error)
        outcome = outcomes[name]
        if outcome.result is None:
            return replace(answer, reason=outcome.reason, error=outcome.error)
        if panel.group is None:
            result = outcome.result
            result.usual_chart = outcome.query.chart
        else:
            result = _part(outcome.result, panel)
        return replace(answer, result=result)

    def _coverage(self, panel: Panel) -> Answer:
        command = self._target.command(f"partitions status {self._scope}")
        try:
            return Answer(panel, coverage_result(self._measure()), command=command)
        except FlowathenaError as error:
            return Answer(panel, reason=one_line(error), command=command, error=error)

    def _sql(self, panel: Panel) -> str:
        """The statement that asks for a panel alone; empty of one that cannot be asked here."""
        if panel.group:
            return statements.compose([panel.group], self._order.rows)
        own = (each.rendered.sql for each in self.scans if each.name == panel.query)
        return next(own, "")

    def _command(self, panel: Panel) -> str:
        if not panel.query:
            return ""
        values = (f"{option(name)} {value}" for name, value in panel.values.items())
        return self._target.command(" ".join(["run", panel.query, *values, self._scope]))

    def _ran(
        self, outcomes: Mapping[str, Outcome], expected: BatchEstimate | None
    ) -> Iterator[Scan]:
        for each in self.scans:
            own = expected.queries[each.name] if expected else None
            result = outcomes[each.name].result
            yield Scan(
                each.name,
                tuple(panel.name for panel in each.panels),
                each.rendered.sql,
                own.scanned_bytes if own else None,
                own.cost_usd if own else None,
                None if result is None else result.stats,
            )

    def _figures(self, outcome: Outcome | None) -> Figures | None:
        volume = next((p.group for p in self._order.panels if p.name == "volume"), None)
        if volume is None or outcome is None or outcome.result is None:
            return None
        if "volume" in self._failures:
            return None
        return Figures.of(statements.split(outcome.result, volume, _FIGURES)[1])


class _AdmittedScans(Several):
    """The scans of a report: what they may cost was decided when they were estimated."""

    def admit(self, jobs: Sequence[Job], listener: Listener | None) -> None:
        """Refuse none."""


def _part(result: Result, panel: Panel) -> Result:
    """The rows of a panel in the answer to the shared statement."""
    assert panel.group is not None  # noqa: S101 - of those that share it
    kinds, rows = statements.split(result, panel.group, list(panel.columns))
    columns = zip(panel.columns.values(), kinds, strict=True)
    own = Result(columns, rows, Stats(result.stats.engine, len(rows), result.stats.seconds))
    own.usual_chart = panel.chart
    return own
