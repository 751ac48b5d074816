"""The answers of a report: what became of its scans, panel by panel; runs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flowathena.client.outcome import Outcome
from flowathena.cost.together import BatchEstimate
from flowathena.errors import FlowathenaError, MissingFieldsError
from flowathena.partitions.coverage import Coverage
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.report import scan as statements
from flowathena.report.contents import Answer, Figures, Scan
from flowathena.report.coverage import coverage_result
from flowathena.report.panel import Panel
from flowathena.report.panels import COVERAGE, SHARED, VOLUME
from flowathena.report.report import Report
from flowathena.report.request import ReportRequest
from flowathena.result.result import Result, Stats
from flowathena.target.target import Target
from flowathena.text import one_line

_FIGURES = ("action", "flows", "bytes")


@dataclass(frozen=True)
class PlannedScan:
    """A statement that a report needs.

    Attributes:
        query: the query that it was made of.
        rendered: the statement.
        panels: the panels that it answers.
        sql: the statement over ``flow_logs``.
    """

    query: Query
    rendered: Rendered
    panels: tuple[Panel, ...]
    sql: str

    @property
    def name(self) -> str:
        """Its name: the query's, or ``report``."""
        return self.query.name


@dataclass(frozen=True)
class Answers:
    """Puts a report together.

    Attributes:
        request: what it is to have.
        target: the target.
        failures: the panels that could not be asked, by name, each with the reason.
        coverage: the coverage, or why there is none; None if no panel has it.
    """

    request: ReportRequest
    target: Target
    failures: Mapping[str, FlowathenaError]
    coverage: Coverage | FlowathenaError | None

    def report(
        self,
        scans: Sequence[PlannedScan],
        outcomes: Mapping[str, Outcome],
        expected: BatchEstimate | None,
        made_at: datetime,
    ) -> Report:
        """The report.

        Args:
            scans: the statements that were run.
            outcomes: what became of each, by its name.
            expected: what they were estimated to scan and cost; None if that is not known.
            made_at: the current time, UTC.
        """
        return Report(
            target=self.target.name,
            table=self.target.table_name,
            location=self.target.location,
            selection=self.request.selection,
            made_at=made_at,
            command=self.target.command(self.request.command),
            answers=tuple(self._answer(panel, scans, outcomes) for panel in self.request.panels),
            scans=tuple(_scan(each, outcomes[each.name], expected) for each in scans),
            figures=self._figures(outcomes),
        )

    def _answer(
        self, panel: Panel, scans: Sequence[PlannedScan], outcomes: Mapping[str, Outcome]
    ) -> Answer:
        if panel.name == COVERAGE:
            return self._covered(panel)
        command = self.request.command_of(panel)
        answer = Answer(panel, command=self.target.command(command) if command else "")
        lack = self.failures.get(panel.name)
        if lack:
            error = None if isinstance(lack, MissingFieldsError) else lack
            return replace(answer, reason=describe_failure(lack), error=error)
        scan = next(each for each in scans if panel in each.panels)
        outcome = outcomes[scan.name]
        answer = replace(answer, scan=scan.name, sql=self._sql(panel, scan))
        if outcome.result is None:
            return replace(answer, reason=outcome.reason, error=outcome.error)
        if panel.group:
            result, notices = self._part(panel, outcome.result)
            return replace(answer, result=result, notices=notices)
        outcome.result.usual_chart = outcome.query.chart
        return replace(answer, result=outcome.result, notices=outcome.result.stats.notices)

    def _covered(self, panel: Panel) -> Answer:
        answer = Answer(panel, command=self.target.command(self.request.coverage_command))
        if isinstance(self.coverage, Coverage):
            return replace(answer, result=coverage_result(self.coverage))
        return replace(answer, reason=one_line(self.coverage or ""), error=self.coverage)

    def _sql(self, panel: Panel, scan: PlannedScan) -> str:
        """The statement over ``flow_logs`` that asks for a panel alone."""
        if panel.group is None:
            return scan.sql
        return statements.compose([panel], self.request.rows)

    def _part(self, panel: Panel, shared: Result) -> tuple[Result, tuple[str, ...]]:
        """The rows of a panel in the answer to the shared statement, and whether there are more."""
        assert panel.group is not None  # noqa: S101 - of those that share it
        kinds, rows = statements.split(shared, panel.group, list(panel.columns))
        most = self.request.rows
        has_more = panel.group.is_ranking and len(rows) > most
        rows = rows[:most] if has_more else rows
        columns = zip(panel.columns.values(), kinds, strict=True)
        own = Result(columns, rows, Stats(shared.stats.engine, len(rows), shared.stats.seconds))
        own.usual_chart = panel.chart
        return own, (f"the first {most} are shown, there are more: --rows",) if has_more else ()

    def _figures(self, outcomes: Mapping[str, Outcome]) -> Figures | None:
        group = next((p.group for p in self.request.panels if p.name == VOLUME), None)
        shared = outcomes.get(SHARED)
        if group is None or shared is None or shared.result is None or VOLUME in self.failures:
            return None
        return Figures.of(statements.split(shared.result, group, _FIGURES)[1])


def _scan(planned: PlannedScan, outcome: Outcome, expected: BatchEstimate | None) -> Scan:
    own = expected.queries[planned.name] if expected else None
    return Scan(
        planned.name,
        tuple(panel.name for panel in planned.panels),
        planned.rendered.sql,
        own.scanned_bytes if own else None,
        own.cost_usd if own else None,
        None if outcome.result is None else outcome.result.stats,
    )


def describe_failure(error: FlowathenaError) -> str:
    """Why a panel cannot be asked, on one line; nothing is wrong with a file whose fields lack."""
    if isinstance(error, MissingFieldsError):
        return "; ".join(problem.message for problem in error.problems)
    return one_line(error)
