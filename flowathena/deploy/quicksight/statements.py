"""What the data sets of a target ask of Athena: the daily volumes, and saved queries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flowathena.aws.session import Aws
from flowathena.catalog.beside import read_rollup
from flowathena.catalog.views import read_view
from flowathena.deploy.quicksight import wanted
from flowathena.deploy.quicksight.values import DAILY
from flowathena.deploy.quicksight.wanted import Statement
from flowathena.engine.athena import AthenaEngine
from flowathena.errors import CatalogError, ConfigError
from flowathena.inputs.moving import resolve_moving
from flowathena.inputs.params import bind
from flowathena.inputs.selection import select
from flowathena.inputs.window import format_duration
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.query.render import Rendered, render
from flowathena.shape.shape import FlowTable
from flowathena.sql.statement import Statement as SqlStatement
from flowathena.table import view_drift, view_text
from flowathena.target.feed import QuickSightFeed
from flowathena.target.target import Target


class Statements:
    """The statements of the data sets of one target; the arguments are those of its owner."""

    def __init__(
        self,
        target: Target,
        aws: Aws,
        library: Callable[[], Library],
        source: Callable[[], FlowTable],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._library = library
        self._source = source
        self._clock = clock

    def read(self, feed: QuickSightFeed) -> tuple[dict[str, Statement], tuple[str, ...]]:
        """The statement of each data set by its name, and what to know of the view.

        Raises:
            CatalogError: the view does not exist.
            ConfigError: a query has the name of the daily volumes.
            QueryError: a query does not run on the table, or QuickSight does not take it.
            TableMissingError: the table does not exist.
        """
        source = self._source()
        view = view_text.wanted_view(DAILY, source, read_rollup(self._target, self._aws))
        live = read_view(self._aws, view.table.database, view.name)
        create = self._target.command("view create daily")
        if live is None:
            raise CatalogError(f"view {view.full_name} does not exist; '{create}' creates it")
        differs = f"view {view.full_name} differs from the wanted one; '{create}' replaces it"
        about = () if view_drift.compare(view, live).equal else (differs,)
        statements = {DAILY: wanted.daily_statement(view, feed.window)}
        for name in feed.queries:
            if name == DAILY:
                raise ConfigError(
                    f"queries: a data set named {DAILY} is there already, that of the daily "
                    "volumes; give the query another name"
                )
            query = self._library().get(name)
            rendered = self._render(query, source, feed)
            statements[name] = wanted.query_statement(query, rendered.sql, self._columns(rendered))
        return statements, about

    def _render(self, query: Query, source: FlowTable, feed: QuickSightFeed) -> Rendered:
        since = format_duration(int(feed.window.total_seconds()))
        moving = resolve_moving(since, None, default=since)
        selection = select(self._clock(), since, since=since)
        return render(query, bind(query.params, {}), selection, source, moving)

    def _columns(self, rendered: Rendered) -> list[tuple[str, str]]:
        """Names and types of the columns, from Athena, which reads nothing for no rows."""
        empty = SqlStatement(f"SELECT * FROM (\n{rendered.sql}\n) LIMIT 0")  # noqa: S608 - rendered
        result = AthenaEngine(self._target, self._aws).run(replace(rendered, statement=empty))
        return [(column.name, column.type) for column in result.columns]
