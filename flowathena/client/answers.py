"""The answers of a report: what became of its scans, panel by panel; runs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flowathena.client.outcome import Outcome
from flowathena.cost.together import BatchEstimate
from flowathena.errors import FlowathenaError, MissingFieldsError
from flowathena.partitions.coverage import Coverage
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
        panels: Mapping[str, Sequence[str]],
        outcomes: Mapping[str, Outcome],
        expected: BatchEstimate | None,
        made_at: datetime,
    ) -> Report:
        """The report.

        Args:
            panels: the names of the panels of each scan, by its name.
            outcomes: what became of each scan.
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
            answers=tuple(self._answer(panel, outcomes) for panel in self.request.panels),
            scans=tuple(
                _scan(outcomes[name], tuple(names), expected) for name, names in panels.items()
            ),
            figures=self._figures(outcomes),
        )

    def _answer(self, panel: Panel, outcomes: Mapping[str, Outcome]) -> Answer:
        if panel.name == COVERAGE:
            return self._covered(panel)
        command = self.request.command_of(panel)
        answer = Answer(panel, command=self.target.command(command) if command else "")
        lack = self.failures.get(panel.name)
        if lack:
            error = None if isinstance(lack, MissingFieldsError) else lack
            return replace(answer, reason=one_line(lack), error=error)
        outcome = outcomes[SHARED if panel.group else panel.query]
        answer = replace(answer, scan=outcome.name, sql=self._sql(panel, outcome))
        if outcome.result is None:
            return replace(answer, reason=outcome.reason, error=outcome.error)
        return replace(
            answer, result=_part(outcome.result, panel) if panel.group else _own(outcome)
        )

    def _covered(self, panel: Panel) -> Answer:
        answer = Answer(panel, command=self.target.command(self.request.coverage_command))
        if isinstance(self.coverage, Coverage):
            return replace(answer, result=coverage_result(self.coverage))
        return replace(answer, reason=one_line(self.coverage or ""), error=self.coverage)

    def _sql(self, panel: Panel, outcome: Outcome) -> str:
        """The statement that asks for a panel alone: over ``flow_logs``, or as it was sent."""
        if panel.group:
            return statements.compose([panel.group], self.request.rows)
        return outcome.rendered.sql if outcome.rendered else ""

    def _figures(self, outcomes: Mapping[str, Outcome]) -> Figures | None:
        group = next((p.group for p in self.request.panels if p.name == VOLUME), None)
        shared = outcomes.get(SHARED)
        if group is None or shared is None or shared.result is None or VOLUME in self.failures:
            return None
        return Figures.of(statements.split(shared.result, group, _FIGURES)[1])


def _scan(outcome: Outcome, panels: tuple[str, ...], expected: BatchEstimate | None) -> Scan:
    own = expected.queries[outcome.name] if expected else None
    return Scan(
        outcome.name,
        panels,
        outcome.rendered.sql if outcome.rendered else "",
        own.scanned_bytes if own else None,
        own.cost_usd if own else None,
        None if outcome.result is None else outcome.result.stats,
    )


def _part(result: Result, panel: Panel) -> Result:
    """The rows of a panel in the answer to the shared statement."""
    assert panel.group is not None  # noqa: S101 - of those that share it
    kinds, rows = statements.split(result, panel.group, list(panel.columns))
    columns = zip(panel.columns.values(), kinds, strict=True)
    own = Result(columns, rows, Stats(result.stats.engine, len(rows), result.stats.seconds))
    own.usual_chart = panel.chart
    return own


def _own(outcome: Outcome) -> Result:
    """The rows of a query's own scan, drawn as it says."""
    assert outcome.result is not None  # noqa: S101 - of those that are done
    outcome.result.usual_chart = outcome.query.chart
    return outcome.result
