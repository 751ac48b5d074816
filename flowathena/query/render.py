"""Renders a query, its values and a selection as one Athena SQL statement; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowathena.errors import MissingFieldsError, Problem, QueryError
from flowathena.inputs.moving import MovingWindow
from flowathena.inputs.params import Value, option
from flowathena.inputs.selection import Selection
from flowathena.logs.layout import Scope
from flowathena.query import check, gating, relation
from flowathena.query.condition import Condition
from flowathena.query.inspection import Inspection, inspect
from flowathena.query.pruning import key_conditions
from flowathena.query.query import Query
from flowathena.query.span import Span
from flowathena.result.chart.chart import Chart
from flowathena.shape.shape import FlowTable
from flowathena.sql.limit import final_limit
from flowathena.sql.statement import Statement
from flowathena.text import counted, iso, shortened

_LIMIT = re.compile(r"\b(?:LIMIT|FETCH\s+(?:FIRST|NEXT))\s+\{\{\s*(\w+)\s*-?\}\}", re.IGNORECASE)


@dataclass(frozen=True)
class Limit:
    """The LIMIT of a statement, which cuts its result.

    Attributes:
        rows: the most rows that it lets through.
        parameter: the parameter that gives the number; empty if the text does.
        given_by: how the command line gives the parameter, if not by an option of its own.
    """

    rows: int
    parameter: str = ""
    given_by: str = ""

    def notice(self, rows: int) -> str | None:
        """What to know of a result of so many rows; None if it is not cut.

        Whether there are more is not known: that would take another row, and the text goes to
        Athena as it is written.
        """
        if not 0 < self.rows <= rows:  # WITH TIES lets more through
            return None
        reached = f"the limit of {counted(self.rows, 'row')} is reached"
        return f"{reached}, there may be more: {self.how_to_raise}"

    @property
    def how_to_raise(self) -> str:
        """What gives the number, for a message."""
        if self.parameter:
            return f"raise {self.parameter} ({self.given_by or option(self.parameter)})"
        return f"the query's text says LIMIT {self.rows}"


@dataclass(frozen=True)
class Rendered:
    """A statement that is ready to run.

    Attributes:
        name: the query's name.
        statement: the statement, with the relation in front.
        selection: the window, accounts and Regions that it reads.
        sources: the real tables that it reads.
        relations: what each relation used reads, ``flow_logs`` and ``flow_logs_before``.
        values: the typed parameter values.
        limit: the statement's own LIMIT; None if it has none.
        notices: what to know of what it reads.
        conditions: what the text asks of the keys of partitions, for each of the relations: Athena
            SQL over ``relation.KEY_ROLES``, empty if nothing.
        chart: how the query says to look at its rows; None if it does not.
    """

    name: str
    statement: Statement
    selection: Selection
    sources: tuple[FlowTable, ...]
    relations: tuple[Span, ...]
    values: Mapping[str, Value]
    limit: Limit | None = None
    notices: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    chart: Chart | None = None

    def scopes(self, source: FlowTable) -> tuple[Scope, ...]:
        """The partitions of one of the sources that it reads, for each relation used."""
        return tuple(scope for scope, _ in self.readings(source))

    def readings(self, source: FlowTable) -> Iterator[tuple[Scope, str]]:
        """The same with what the text asks of the keys besides; see ``conditions``."""
        for span, condition in zip(self.relations, self.conditions, strict=True):
            scope = source.shape.restrict(span.selection(source.shape).delivery_scope)
            if scope is not None:
                yield from ((part, condition) for part in source.parts(scope))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"<Rendered {self.name}({shortened(values)}): {counted(len(self.sql), 'character')}>"

    @property
    def sql(self) -> str:
        """The statement's text, Athena SQL."""
        return self.statement.sql


def render(
    query: Query,
    values: Mapping[str, Value],
    selection: Selection,
    source: FlowTable,
    moving: MovingWindow | None = None,
    condition: Condition | None = None,
) -> Rendered:
    """Render a query for a table.

    Args:
        query: the query.
        values: a typed value for every parameter, from ``params.bind``.
        selection: what the statement may read; it has a window.
        source: the real table.
        moving: what the selection's window was made from, for a statement that computes it from the
            time at which it runs; None for literals.
        condition: what the rows must meet that the statement returns; None for all.

    Raises:
        UsageError: the condition is not one of the statement's own columns.
        QueryError: the query is invalid; lists every problem with file and line.
        MissingFieldsError: it is valid, but the table lacks one of its fields.
        WindowError: it reads ``flow_logs_before``, but the moving window has no fixed length.
    """
    columns = relation.column_types(source)
    filled = check.fill(query, values, columns)
    inspected = inspect(query, filled, columns)
    if inspected.problems:
        spared = check.spared_by(query, values, columns) if inspected.missing else ""
        only_missing = inspected.missing and len(inspected.problems) == 1
        error_type = MissingFieldsError if only_missing else QueryError
        raise error_type(_problems(inspected, source, spared))
    limit = limit_of(query, values, filled.statement)
    statement = condition.narrow(filled.statement, columns) if condition else filled.statement
    spans = {
        name: Span(selection, moving, is_before=name == relation.NAME_BEFORE)
        for name in inspected.used
    }
    ctes = [relation.cte(name, source, used, spans[name]) for name, used in inspected.used.items()]
    return Rendered(
        query.name,
        statement.with_ctes(ctes),
        selection,
        source.tables,
        tuple(spans.values()),
        values,
        limit,
        (
            *_notices_of_windows(source, selection),
            *_notices_of_nulls(source, inspected),
            *_notices_of_condition(condition, limit),
        ),
        tuple(_conditions(inspected, statement)),
        query.chart,
    )


def _conditions(inspected: Inspection, statement: Statement) -> Iterator[str]:
    """What a statement asks of the keys, for each relation that it uses."""
    conditions = key_conditions(statement)
    for name, used in inspected.used.items():
        yield conditions.get(name, "") if used.intersection(relation.KEY_ROLES) else ""


def _notices_of_windows(source: FlowTable, selection: Selection) -> Iterator[str]:
    """Which windows were widened: those of tables whose records have no time."""
    asked = selection.window
    for each in source.tables:
        window = Span(selection).selection(each.shape).window
        if asked and window and (asked.since, asked.until) != (window.since, window.until):
            records = f"the records of {each.table.name}" if source.further else "the records"
            yield (
                f"{records} have neither start nor end, so that their folders decide: the window "
                f"is {iso(window.since)} to {iso(window.until)}"
            )


def _notices_of_condition(condition: Condition | None, limit: Limit | None) -> Iterator[str]:
    """That a LIMIT cuts the rows before the condition is asked."""
    if condition and limit:
        rows = counted(limit.rows, "row")
        yield f"the condition is asked of the first {rows} of the query: {limit.how_to_raise}"


def _notices_of_nulls(source: FlowTable, inspected: Inspection) -> Iterator[str]:
    """Which of the used columns are NULL in the rows of which tables."""
    used = frozenset[str]().union(*inspected.used.values())
    lacking = {
        each.table.name: missing
        for each in source.tables
        if (missing := sorted(used - relation.column_types(replace(each, further=())).keys()))
    }
    if lacking:
        yield "; ".join(
            f"{table} has no {', '.join(columns)}: NULL in its rows"
            for table, columns in lacking.items()
        )


def _problems(inspected: Inspection, source: FlowTable, spared: str) -> tuple[Problem, ...]:
    """What is wrong; of fields that the table alone lacks, what to do about the table.

    ``spared`` is the parameter that spares the query the fields, or empty.
    """
    missing = inspected.missing
    if not missing:
        return inspected.problems
    first, *others = inspected.problems
    message = first.message
    if source.unread.issuperset(field.column for field in missing):
        message = gating.explain_unread(missing, source.table.full_name, source.comparison)
    if spared:
        message = f"{message}; or give {spared} ({option(spared)})"
    return replace(first, message=message), *others


def limit_of(query: Query, values: Mapping[str, Value], statement: Statement) -> Limit | None:
    """The LIMIT of a statement, and the parameter that gives it; None if it has none."""
    rows = final_limit(statement.tree)
    if rows is None:
        return None
    names = _LIMIT.findall(query.sql) if query.is_template else []
    last = names[-1] if names and values.get(names[-1]) == rows else ""
    return Limit(rows, last)
