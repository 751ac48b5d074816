"""The views over the table of one target, in Athena: compared, created and replaced.

Their queries are read from Glue, so comparing runs no statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, wanted
from flowathena.catalog.views import read_view
from flowathena.errors import EngineError, TableMissingError, UsageError
from flowathena.reconcile import Action, Operation, Resources, apply, plan
from flowathena.shape.table import Table
from flowathena.table import view_text
from flowathena.table.view_text import View, ViewDrift
from flowathena.target.target import Target


@dataclass(frozen=True)
class ViewCreation:
    """What became of creating a view.

    Attributes:
        drift: the view as it was before, compared with the wanted one.
        changed: whether it was created or replaced; False if it was as wanted, and in a dry run.
        statement: the statement that creates it.
    """

    drift: ViewDrift
    changed: bool
    statement: str

    def to_json(self) -> dict[str, object]:
        """The stable shape of one of the ``views`` of ``view create --format json``."""
        return {
            "view": self.drift.view,
            "existed": self.drift.exists,
            "equal": self.drift.equal,
            "changed": self.changed,
            "diff": self.drift.diff,
            "statement": self.statement,
        }


class TargetViews:
    """The views of one target."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws

    def ddl(self, name: str | None = None) -> tuple[View, ...]:
        """The wanted views, each with its ``statement``; creates nothing.

        On AWS it asks Glue for the table, whose columns they depend on; if there is none, the
        target's settings say what the table would be.

        Args:
            name: ``readable`` or ``daily``; None for both.

        Raises:
            UsageError: there is no such view.
            CatalogError: the catalog cannot be read, or the table is not a flow-log table.
        """
        kinds = view_text.select_views(name)
        table = open_catalog(self._target, self._aws).table()
        return self._views(kinds, table or self._planned_table())

    def diff(self, name: str | None = None) -> tuple[ViewDrift, ...]:
        """Compare the live views with the wanted ones; changes nothing and runs no query.

        Args:
            name: ``readable`` or ``daily``; None for both.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: the table does not exist.
            TableMismatchError: a table has a view's name.
            CatalogError: Glue cannot be read.
        """
        resources = self._resources(name)
        return resources.drifts(plan(resources))

    def create(
        self,
        name: str | None = None,
        *,
        confirmed: Callable[[tuple[ViewDrift, ...]], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> tuple[ViewCreation, ...]:
        """Create the views that are missing, replace those that differ, keep the others.

        Each is one statement that Athena runs; a view that is replaced is never missing.

        Args:
            name: ``readable`` or ``daily``; None for both.
            confirmed: asked before the first statement runs, with the drift of every view.
            dry_run: neither ask nor change anything.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: the table does not exist.
            TableMismatchError: a table has a view's name.
            CatalogError: Glue cannot be read.
            EngineError: Athena refuses a statement, or it fails; names the views changed before.
            ApplyInterruptedError: interrupted; carries what became of each view.
        """
        resources = self._resources(name)
        operations = plan(resources)
        drifts = resources.drifts(operations)
        results = apply(resources, operations, confirm=lambda _: confirmed(drifts), dry_run=dry_run)
        for result in results:
            if result.error:
                changed = ", ".join(each.operation.name for each in results if each.changed)
                note = f" ({changed} is done)" if changed else ""
                raise EngineError(
                    f"view {result.operation.name}: {result.error}{note}"
                ) from result.error
        return tuple(
            ViewCreation(drift, result.changed, result.operation.wanted or "")
            for drift, result in zip(drifts, results, strict=True)
        )

    def _resources(self, name: str | None) -> "_ViewResources":
        kinds = view_text.select_views(name)
        if self._target.is_local:
            raise UsageError(
                f"views live in Athena, and target {self._target.name!r} is a folder: "
                "'flowathena view ddl' prints their statements, 'flowathena run' runs the saved "
                "queries"
            )
        table = open_catalog(self._target, self._aws).table()
        if table is None:
            raise TableMissingError.of(self._target.table_name, "table create")
        return _ViewResources(self._views(kinds, table), self._target, self._aws)

    def _views(self, kinds: Sequence[str], table: Table) -> tuple[View, ...]:
        source = wanted.target_table(table, self._target)
        return tuple(view_text.wanted_view(kind, source) for kind in kinds)

    def _planned_table(self) -> Table:
        """The table of the settings; of a projection only how it writes its days matters here."""
        return wanted.wanted_table(self._target, wanted.Projection())


class _ViewResources(Resources[str]):
    """Some of a target's views by full name: wanted as their statements, live as their queries."""

    kind = "view"

    def __init__(self, views: Sequence[View], target: Target, aws: Aws) -> None:
        self._views = {view.full_name: view for view in views}
        self._target = target
        self._aws = aws

    def wanted(self) -> Mapping[str, str]:
        return {name: view.statement for name, view in self._views.items()}

    def live(self) -> Mapping[str, str]:
        queries = {
            name: read_view(self._aws, view.table.database, view.name)
            for name, view in self._views.items()
        }
        return {name: query for name, query in queries.items() if query is not None}

    def same(self, wanted: str, live: str) -> bool:
        return view_text.same(wanted, live)

    def describe(self, operation: Operation[str]) -> str:
        return "its text is lost" if operation.action is Action.REPLACE else ""

    def do(self, operation: Operation[str]) -> None:
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        athena = Athena(self._aws, self._target)
        athena.execute(operation.wanted or "", database=self._target.database)

    def drifts(self, operations: Sequence[Operation[str]]) -> tuple[ViewDrift, ...]:
        """The drift of every view of a plan."""
        return tuple(view_text.compare(self._views[each.name], each.live) for each in operations)
