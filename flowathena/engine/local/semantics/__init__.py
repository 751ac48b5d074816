"""What each of Athena's functions and operators means, by topic; pure.

A row (``base.Function``) says everything about one: its node, its names, the rule of its type and
its DuckDB form. A new function is a row here and its cases in ``tests/semantics``. What has no row
is refused by name.
"""

from collections.abc import Iterable, Mapping

from sqlglot import exp

from flowathena.engine.local.semantics import (
    aggregates,
    arrays,
    binary,
    bits,
    casts,
    characters,
    clauses,
    conditions,
    formats,
    human_readable,
    intervals,
    json_building,
    json_paths,
    json_values,
    lambdas,
    maps,
    mathematics,
    numbers,
    patterns,
    rows,
    sequences,
    sets,
    texts,
    time_formatting,
    time_parsing,
    times,
    unnest,
    urls,
    zones,
)
from flowathena.engine.local.semantics.base import Function, Named
from flowathena.sql.swap import swap

_TOPICS = (
    aggregates,
    arrays,
    binary,
    bits,
    casts,
    characters,
    clauses,
    conditions,
    formats,
    human_readable,
    intervals,
    json_building,
    json_paths,
    json_values,
    lambdas,
    maps,
    mathematics,
    numbers,
    patterns,
    rows,
    sequences,
    sets,
    texts,
    time_formatting,
    time_parsing,
    times,
    unnest,
    urls,
    zones,
)


def table(rows: Iterable[Function]) -> Mapping[type[exp.Expr], Function]:
    """The rows by node.

    Raises:
        ValueError: a node has two rows.
    """
    result: dict[type[exp.Expr], Function] = {}
    for row in rows:
        if row.node in result:
            raise ValueError(f"{row.node.__name__} has two rows")
        result[row.node] = row
    return result


FUNCTIONS = table(row for topic in _TOPICS for row in topic.ROWS)
"""Every function and operator, by its node."""

NAMES = frozenset(name for row in FUNCTIONS.values() for name in row.names.split())
"""The names of all functions (in lower case) and operators."""

NAMED = {
    name: node
    for node, row in FUNCTIONS.items()
    if issubclass(node, Named)
    for name in row.names.split()
}
"""Our own kinds of nodes, by the functions' names."""

_ARGUMENTS = {
    **{node: row.arguments for node, row in FUNCTIONS.items()},
    **clauses.CLAUSES,
}


def is_known(node: exp.Expr) -> bool:
    """Whether a node of this kind has a row, or is a part of the statement around expressions."""
    return type(node) in _ARGUMENTS


def takes_its_arguments(node: exp.Expr) -> bool:
    """Whether a known node has only arguments that mean the same in DuckDB."""
    accepted = _ARGUMENTS[type(node)]
    given = {name for name, value in node.args.items() if value not in (None, [], False)}
    return accepted is None or given <= set(accepted.split())


def to_duckdb(node: exp.Expr) -> exp.Expr:
    """Put a node's DuckDB form in its place, and return it: the node itself if both agree.

    The node has its type, and its parts have their forms.
    """
    row = FUNCTIONS.get(type(node))
    if row is None or row.form is None or aggregates.is_inside(node) or rows.is_list(node):
        return node
    # The node is out of the tree while its form is made: the form may contain the node itself.
    place = exp.Placeholder()
    if node.parent is not None:
        swap(node, place)
    form = row.form(node)
    return swap(place, form)
