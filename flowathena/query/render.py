"""A query, its values and its reach become one statement of Athena SQL; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from flowathena.errors import QueryError
from flowathena.inputs.params import Value
from flowathena.inputs.selection import Reach
from flowathena.logs.layout import Scope
from flowathena.query import check, relation
from flowathena.query.library import Query
from flowathena.query.template import fill
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.sql import dialect
from flowathena.sql.dialect import TokenType


@dataclass(frozen=True)
class Rendered:
    """A statement that is ready to run.

    Attributes:
        name: the query's name.
        sql: the statement, Athena SQL, with the relation in front.
        reach: the window, accounts and Regions it is bound to.
        table: the real table it reads.
        shape: what the table's keys and columns stand for.
        scopes: the partitions its relations read, one per relation used.
        values: the typed parameter values.
    """

    name: str
    sql: str
    reach: Reach
    table: Table
    shape: Shape
    scopes: tuple[Scope, ...]
    values: Mapping[str, Value]


def render(
    query: Query, values: Mapping[str, Value], reach: Reach, table: Table, shape: Shape
) -> Rendered:
    """Render a query for a table.

    Args:
        query: the query.
        values: a typed value for every parameter, as ``params.bind`` gives them.
        reach: what the statement may see.
        table: the real table.
        shape: what its keys and columns stand for.

    Raises:
        QueryError: the query's text is wrong; tells every problem with file and line.
    """
    columns = relation.columns(table, shape)
    filled = fill(query, values, len(columns))
    inspected = check.inspect(query, filled, columns)
    if inspected.problems:
        raise QueryError(inspected.problems)
    reaches = {name: _reach(name, reach) for name in inspected.used}
    ctes = [
        relation.cte(name, table, shape, used, reaches[name])
        for name, used in inspected.used.items()
    ]
    scopes = tuple(
        scope for each in reaches.values() if (scope := shape.narrowed(each.scope)) is not None
    )
    return Rendered(query.name, _in_front(ctes, filled.sql), reach, table, shape, scopes, values)


def _reach(name: str, reach: Reach) -> Reach:
    return reach.before() if name == relation.NAME_BEFORE else reach


def _in_front(ctes: list[str], statement: str) -> str:
    """Put the relations before the statement's own common table expressions, if it has any."""
    if not ctes:
        return statement
    own = dialect.tokens(statement)
    if own[0].token_type is not TokenType.WITH:
        return f"WITH {', '.join(ctes)}\n{statement}"
    recursive = own[1].token_type is TokenType.RECURSIVE
    at = own[1 if recursive else 0].end + 1
    return f"{statement[:at]} {', '.join(ctes)},{statement[at:]}"
