"""Which partitions a statement reads beyond its window: what its own text asks of their keys; pure.

The window, the accounts and the Regions are in the relation. A statement may say more,
``WHERE day = '2026-11-05'``, and Athena prunes partitions by that too. Only what certainly holds
for every row is taken: conditions in a WHERE that are of one relation's keys alone. Of a relation
that is read in a way that is not understood here, every partition is kept.
"""

from collections.abc import Iterator

from sqlglot import exp

from flowathena.query import relation
from flowathena.sql import dialect, nodes
from flowathena.sql.statement import Statement

_CHANCE = frozenset({"rand", "random", "shuffle", "uuid"})
"""Functions whose values nobody knows before."""


def key_conditions(statement: Statement) -> dict[str, str]:
    """What a statement asks of the keys of partitions, by relation.

    Args:
        statement: a statement that reads ``flow_logs`` or ``flow_logs_before``, without theirs.

    Returns:
        Conditions in Athena SQL over ``relation.KEY_ROLES``; none for a relation of which every
        partition may be read.
    """
    conditions = {}
    for name in (relation.NAME, relation.NAME_BEFORE):
        tables = [table for table in statement.find_all(exp.Table) if _is(table, name)]
        asked = [_conjunction(table) for table in tables]
        if asked and all(asked):
            conditions[name] = " OR ".join(f"({each})" for each in dict.fromkeys(asked))
    return conditions


def _is(table: exp.Table, name: str) -> bool:
    return not table.db and table.name.lower() == name


def _conjunction(table: exp.Table) -> str:
    """The conditions on the keys of one reading of a relation; empty if there are none."""
    select = _select(table)
    where = select.args.get("where") if select else None
    if select is None or where is None or _may_be_absent(table, select):
        return ""
    is_alone = not select.args.get("joins") and not select.args.get("laterals")
    alias = table.alias_or_name.lower()
    return " AND ".join(
        _bare(condition)
        for condition in nodes.conjuncts(where.this)
        if _is_of_keys(condition, alias, is_alone=is_alone)
    )


def _select(table: exp.Table) -> exp.Select | None:
    """The SELECT that reads a table in its FROM or a JOIN."""
    clause = table.parent
    select = clause.parent if isinstance(clause, exp.From | exp.Join) else None
    return select if isinstance(select, exp.Select) else None


def _may_be_absent(table: exp.Table, select: exp.Select) -> bool:
    """Whether a row of the join may lack this table's: then WHERE says nothing of its rows."""
    if table.args.get("sample"):
        return True
    return any(join.side or join.kind not in {"", "INNER", "CROSS"} for join in _joins(select))


def _joins(select: exp.Select) -> Iterator[exp.Join]:
    yield from select.args.get("joins") or ()


def _is_of_keys(condition: exp.Expr, alias: str, *, is_alone: bool) -> bool:
    """Whether a condition is about the keys of a table alone."""
    columns = list(condition.find_all(exp.Column))
    if not columns or any(map(_is_unsure, condition.walk())):
        return False
    return all(
        column.name.lower() in relation.KEY_ROLES and _is_of(column, alias, is_alone=is_alone)
        for column in columns
    )


def _is_unsure(node: exp.Expr) -> bool:
    return isinstance(node, exp.Query) or nodes.call(node)[0] in _CHANCE


def _is_of(column: exp.Column, alias: str, *, is_alone: bool) -> bool:
    if column.db:
        return False
    return column.table.lower() == alias if column.table else is_alone


def _bare(condition: exp.Expr) -> str:
    """A condition in brackets, without the table's name before its columns."""
    copy = condition.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return f"({copy.sql(dialect=dialect.NAME)})"
