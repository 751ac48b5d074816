"""The views that need another text, as a table was converted or days are read elsewhere by now.

A view is flowathena's own if it is what flowathena would write for the days that its own text
names, whichever those are: earlier runs may not have got to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, wanted
from flowathena.catalog.beside import read_archive, read_rollup
from flowathena.catalog.flow_logs import joined
from flowathena.catalog.rollup import Rollup
from flowathena.logs.days import Days
from flowathena.reconcile import Action, Operation, OperationResult, apply, plan
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Table
from flowathena.sql.statement import Statement
from flowathena.table import view_drift, view_text
from flowathena.table.view_text import View
from flowathena.table.views import ViewResources
from flowathena.target.target import Target


@dataclass(frozen=True)
class Rewriting:
    """The views of a target that need another text.

    Only those whose text is flowathena's own for the tables as they are; others are left alone.

    Attributes:
        resources: the views of the target.
        operations: how those are written.
        right: the full names of those whose text is right already.
    """

    resources: ViewResources
    operations: tuple[Operation[str], ...]
    right: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Their full names."""
        return tuple(operation.name for operation in self.operations)

    def carry_out(self) -> tuple[OperationResult[str], ...]:
        """Write them, each in one statement that Athena runs; a failure is a result."""
        return apply(self.resources, self.operations)


def plan_rewriting(target: Target, aws: Aws, before: FlowTable, after: FlowTable) -> Rewriting:
    """The views to write anew for a table that is, or will be, converted.

    Args:
        target: whose views.
        aws: its clients.
        before: the table as the views were written for.
        after: the table as it will be.

    Raises:
        CatalogError: Glue cannot be read.
    """
    others = [
        wanted.flow_table(table, each)
        for each in target.sources
        if (table := open_catalog(each, aws).table())
    ]
    now, then = (read_archive(target, aws, joined([each, *others])) for each in (before, after))
    return _plan(target, aws, now, then)


def plan_days(target: Target, aws: Aws, logs: FlowTable) -> Rewriting:
    """The views to write anew because days are read elsewhere than their text says.

    Args:
        target: whose views.
        aws: its clients.
        logs: its tables, without its archive.

    Raises:
        CatalogError: Glue cannot be read.
    """
    source = read_archive(target, aws, logs)
    return _plan(target, aws, source, source)


def _plan(target: Target, aws: Aws, before: FlowTable, after: FlowTable) -> Rewriting:
    rollup = read_rollup(target, aws)
    views = [view_text.wanted_view(kind, after, rollup) for kind in view_text.VIEWS]
    resources = ViewResources(views, target, aws)
    kinds = {view.full_name: view.kind for view in views}
    operations = plan(resources)
    changes = tuple(
        each
        for each in operations
        if each.action is Action.REPLACE
        and each.live is not None
        and _is_ours(each.live, kinds[each.name], before, rollup)
    )
    right = tuple(each.name for each in operations if each.action is Action.KEEP)
    return Rewriting(resources, changes, right)


def _is_ours(live: str, kind: str, source: FlowTable, rollup: Rollup | None) -> bool:
    return view_drift.same(view_of_days(live, kind, source, rollup).statement, live)


def view_of_days(live: str, kind: str, source: FlowTable, rollup: Rollup | None) -> View:
    """The view that flowathena would write for the days that a view names.

    Args:
        live: the query of the view.
        kind: one of ``VIEWS``.
        source: the tables as they are.
        rollup: the daily sums as they are; None if there are none.
    """
    summed = days_of(live, rollup.table) if rollup else Days()
    archives = [each.table for each in source.tables if each.is_archive]
    archived = Days.of(day for table in archives for day in days_of(live, table))
    tables = [replace(each, archived=archived | summed) for each in source.tables]
    then = replace(tables[0], further=tuple(tables[1:]))
    return view_text.wanted_view(kind, then, rollup.reads(summed) if rollup else None)


def days_of(query: str, table: Table) -> Days:
    """The days that a query reads of an archive or a rollup, whose key is an ISO day.

    Args:
        query: the query.
        table: the table.
    """
    try:
        trees = Statement(query).trees
    except SqlglotError:
        return Days()
    return Days.of(day for tree in trees for day in _days(list(tree.find_all(exp.Select)), table))


def _days(selects: Sequence[exp.Select], table: Table) -> Iterator[date]:
    for select in selects:
        read, where = select.args.get("from_"), select.args.get("where")
        names = [each.name.lower() for each in read.find_all(exp.Table)] if read else []
        if where and names == [table.name.lower()]:
            for span in where.find_all(exp.Between):
                yield from _between(span)


def _between(span: exp.Between) -> Iterator[date]:
    try:
        first, last = (date.fromisoformat(span.args[end].name) for end in ("low", "high"))
    except ValueError:  # not of days
        return
    yield from Days(((first, last),))
