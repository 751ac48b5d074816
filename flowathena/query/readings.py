"""How often a statement reads its tables, and which of their columns; pure.

Athena scans a common table expression anew wherever it is named: one that is named twice is
scanned, and billed, twice.
"""

from collections.abc import Iterator
from functools import cache

from sqlglot import exp

from flowathena.shape.shape import PATH, FlowTable
from flowathena.sql.statement import Statement


def count_scans(statement: Statement, relation: str) -> int:
    """How often a statement reads what one of its first common table expressions reads.

    Args:
        statement: a statement as it is run, ``flow_logs`` and its like in front.
        relation: the name of such an expression.
    """
    tables = [table for table in statement.find_all(exp.Table) if not table.db]
    readings = [(table, _read_by(table)) for table in tables]

    @cache
    def scans(container: exp.CTE | None) -> int:
        """How often the expression runs; the statement itself, once."""
        if container is None:
            return 1
        users = (
            table.find_ancestor(exp.CTE)
            for table, read in readings
            if read is container and not _is_within(table, container)
        )
        return sum(map(scans, users))

    first = _first(statement.tree, relation)
    return scans(first) if first else 0


def _is_within(table: exp.Table, container: exp.CTE) -> bool:
    """Whether an expression reads itself: how often a recursion goes round is not known."""
    return any(each is container for each in _ancestors(table))


def _read_by(table: exp.Table) -> exp.CTE | None:
    """The common table expression that a name means; None if it is none's."""
    inner: exp.Expr = table
    for outer in _ancestors(table):
        with_ = outer.args.get("with_")
        if with_ is not None and with_ is not inner:
            if found := _named(with_.expressions, table.name):
                return found
        elif isinstance(outer, exp.With):
            # An expression sees those before it; a recursive one itself, too.
            place = next(n for n, each in enumerate(outer.expressions) if each is inner)
            visible = outer.expressions[: place + bool(outer.args.get("recursive"))]
            if found := _named(visible, table.name):
                return found
        inner = outer
    return None


def _named(expressions: list[exp.CTE], name: str) -> exp.CTE | None:
    wanted = name.lower()
    return next((each for each in reversed(expressions) if each.alias.lower() == wanted), None)


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _first(tree: exp.Expr, relation: str) -> exp.CTE | None:
    with_ = tree.args.get("with_")
    return _named(with_.expressions, relation) if with_ is not None else None


def columns_read(statement: Statement, relation: str, source: FlowTable) -> frozenset[str]:
    """The columns of a table's files that one of the first expressions reads.

    Args:
        statement: a statement as it is run.
        relation: the name of such an expression.
        source: the table; its keys are in no file.
    """
    first = _first(statement.tree, relation)
    if first is None:
        return frozenset()
    keys = {key.name for key in source.shape.keys} | {PATH}
    selects = (select for select in first.find_all(exp.Select) if _is_from(select, source))
    names = (column.name for select in selects for column in select.find_all(exp.Column))
    return frozenset(names) - keys


def _is_from(select: exp.Select, source: FlowTable) -> bool:
    clause = select.args.get("from_")
    table = clause.this if clause is not None else None
    return (
        isinstance(table, exp.Table)
        and table.name == source.table.name
        and table.db == source.table.database
    )
