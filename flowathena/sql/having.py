"""The columns of HAVING, which sqlglot leaves open as they may be aliases elsewhere. Pure."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema


def qualify_having(tree: exp.Expr, schema: MappingSchema) -> None:
    """Give the columns of HAVING their tables, in a tree whose other columns have theirs.

    In Trino they are never aliases. A column of no table keeps none.
    """
    if not tree.find(exp.Having):
        return
    for scope in traverse_scope(tree):
        resolver = Resolver(scope, schema)
        for column in _open(scope.expression):
            if table := resolver.get_table(column):
                column.set("table", table.copy())


def open_columns(tree: exp.Expr) -> Iterator[exp.Column]:
    """The columns of HAVING that are of no table."""
    for select in tree.find_all(exp.Select):
        yield from _open(select)


def _open(select: exp.Expr) -> Iterator[exp.Column]:
    having = select.args.get("having")
    for column in having.find_all(exp.Column) if having else ():
        if not column.table and column.find_ancestor(exp.Select) is select:
            yield column
