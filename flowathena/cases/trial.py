"""Tries a query's cases: on this machine, in a temporary folder, without AWS."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flowathena.aws.session import Aws
from flowathena.cases.case import Case, Reason, write_tree
from flowathena.cases.compare import difference, same_rows
from flowathena.catalog import open_catalog, wanted
from flowathena.engine.local.engine import DuckDbEngine
from flowathena.errors import FlowathenaError, TableMissingError
from flowathena.inputs import params
from flowathena.inputs.selection import select
from flowathena.inputs.window import parse_moment
from flowathena.partitions.sync import Partitions
from flowathena.query.query import Query
from flowathena.query.render import render
from flowathena.result.result import Row
from flowathena.target.config import check_target


@dataclass(frozen=True)
class Answer:
    """What a query answers: the names of its columns, its rows, and what may be wrong with them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        case: the case.
        answer: what the query answers; None if it fails.
        error: why it fails; each line is a problem of its own.
        guilty: of a wrong answer, the reasons whose records change it: they count, and must not.
    """

    case: Case
    answer: Answer | None = None
    error: str = ""
    guilty: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the answer is the expected one."""
        return self.answer is not None and _is_right(self.case, self.answer)

    @property
    def difference(self) -> list[str]:
        """The expected rows and the others, as lines; empty if only the columns differ, or none."""
        if self.answer is None or self.passed or self.answer.columns != self.case.columns:
            return []
        case = self.case
        return difference(case.columns, case.rows, self.answer.rows, case.tolerance)

    def to_json(self) -> dict[str, object]:
        """``{"query", "case", "file", "line", "outcome", "columns", "expected", "answer", …}``.

        ``outcome`` is ``passed``, ``failed`` or ``error``.
        """
        case, answer = self.case, self.answer
        return {
            "query": case.query,
            "case": case.name,
            "file": str(case.path) if case.path else None,
            "line": case.line,
            "outcome": "passed" if self.passed else "failed" if answer else "error",
            "columns": list(case.columns),
            "expected": [list(row) for row in case.rows],
            "answered_columns": list(answer.columns) if answer else None,
            "answered": [list(row) for row in answer.rows] if answer else None,
            "must_not": [
                {"reason": reason[1], "line": case.reason_lines.get(reason)}
                for reason in self.guilty
            ],
            "warnings": list(answer.warnings) if answer else [],
            "error": self.error or None,
        }


def try_case(query: Query, case: Case) -> Outcome:
    """Ask a query of the records of a case.

    Raises nothing of ours: what a query or an engine refuses is the outcome.
    """
    try:
        answer = ask(query, case)
    except FlowathenaError as error:
        return Outcome(case, error=str(error))
    if _is_right(case, answer):
        return Outcome(case, answer)
    return Outcome(case, answer, guilty=tuple(_guilty(query, case, answer)))


def ask(query: Query, case: Case, without: Collection[Reason] = ()) -> Answer:
    """What a query answers about the records of a case.

    Args:
        query: the query.
        case: the case; days that it does not register are written after the others are.
        without: reasons whose records are left out.

    Raises:
        FlowathenaError: the query is invalid, a value is, or the engine refuses.
    """
    now = parse_moment(case.until) or datetime.now(UTC)
    with TemporaryDirectory(prefix="flowathena-case-") as folder:
        root = Path(folder)
        settings = {"location": folder, "log_format": case.log_format}
        target = check_target("case", settings, root)
        aws = Aws(target)
        write_tree(case, root, registered=True, without=without)
        Partitions(target, aws, lambda: now).sync(everything=True)
        write_tree(case, root, registered=False, without=without)
        catalog = open_catalog(target, aws)
        table = catalog.table()
        if table is None:
            raise TableMissingError.of(target.table_name)
        selection = select(
            now,
            query.since,
            since=case.since,
            until=case.until,
            account=case.account or None,
            region=case.region or None,
        )
        values = params.bind(query.params, case.params)
        rendered = render(query, values, selection, wanted.target_table(table, target))
        result = DuckDbEngine(target, [catalog], now).run(rendered)
        columns = tuple(column.name for column in result.columns)
        return Answer(columns, tuple(result.data), result.stats.warnings)


def _is_right(case: Case, answer: Answer) -> bool:
    return answer.columns == case.columns and same_rows(
        case.columns, case.rows, answer.rows, case.tolerance
    )


def _guilty(query: Query, case: Case, answer: Answer) -> Iterator[Reason]:
    """The reasons without whose records the answer is another."""
    for reason in case.reasons:
        try:
            rows = ask(query, case, without=[reason]).rows
        except FlowathenaError:  # another answer, too
            rows = None
        if rows is None or not same_rows(answer.columns, answer.rows, rows):
            yield reason
