"""Renders a query, its values and a selection as one Athena SQL statement; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from flowathena.errors import QueryError
from flowathena.inputs.params import Value
from flowathena.inputs.selection import Selection
from flowathena.logs.layout import Scope
from flowathena.query import check, relation
from flowathena.query.library import Query
from flowathena.query.template import fill
from flowathena.shape.shape import FlowTable
from flowathena.sql.statement import Statement
from flowathena.text import counted, shortened


@dataclass(frozen=True)
class Rendered:
    """A statement that is ready to run.

    Attributes:
        name: the query's name.
        statement: the statement, with the relation in front.
        selection: the window, accounts and Regions that it reads.
        sources: the real tables that it reads.
        scopes: the partitions that it reads, one scope per relation used.
        values: the typed parameter values.
    """

    name: str
    statement: Statement
    selection: Selection
    sources: tuple[FlowTable, ...]
    scopes: tuple[Scope, ...]
    values: Mapping[str, Value]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"<Rendered {self.name}({shortened(values)}): {counted(len(self.sql), 'character')}>"

    @property
    def sql(self) -> str:
        """The statement's text, Athena SQL."""
        return self.statement.sql


def render(
    query: Query, values: Mapping[str, Value], selection: Selection, source: FlowTable
) -> Rendered:
    """Render a query for a table.

    Args:
        query: the query.
        values: a typed value for every parameter, from ``params.bind``.
        selection: what the statement may read; it has a window.
        source: the real table.

    Raises:
        QueryError: the query is invalid; lists every problem with file and line.
    """
    columns = relation.column_types(source)
    filled = fill(query, values, len(columns))
    inspected = check.inspect(query, filled, columns)
    if inspected.problems:
        raise QueryError(inspected.problems)
    selections = {name: _selection(name, selection) for name in inspected.used}
    ctes = [
        relation.cte(name, source, used, selections[name]) for name, used in inspected.used.items()
    ]
    scopes = (source.shape.restrict(each.delivery_scope) for each in selections.values())
    return Rendered(
        query.name,
        filled.statement.with_ctes(ctes),
        selection,
        (source,),
        tuple(scope for scope in scopes if scope is not None),
        values,
    )


def _selection(name: str, selection: Selection) -> Selection:
    return selection.before() if name == relation.NAME_BEFORE else selection
