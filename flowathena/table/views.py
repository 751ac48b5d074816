"""The views over the table of one target, in Athena: compared, created and replaced.

Their queries are read from Glue, so comparing runs no statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, wanted
from flowathena.catalog.beside import read_archive, read_rollup
from flowathena.catalog.flow_logs import joined
from flowathena.catalog.views import find_readers, read_view
from flowathena.errors import CatalogError, TableMismatchError, TableMissingError, UsageError
from flowathena.reconcile import Action, Operation, OperationResult, Resources, apply, plan
from flowathena.shape.table import Table
from flowathena.table import view_drift, view_text
from flowathena.table.view_drift import ViewDrift
from flowathena.table.view_text import View
from flowathena.target.target import Target


@dataclass(frozen=True)
class ViewCreation:
    """What became of creating a view.

    Attributes:
        drift: the view as it was before, compared with the wanted one.
        changed: whether it was created or replaced; False if it was as wanted, and in a dry run.
        statement: the statement that creates it.
        error: why it could not be created or replaced; empty if it was not tried, or done.
    """

    drift: ViewDrift
    changed: bool
    statement: str
    error: str = ""

    def to_json(self) -> dict[str, object]:
        """The stable shape of one of the ``views`` of ``view create --format json``."""
        return {
            "view": self.drift.view,
            "existed": self.drift.exists,
            "equal": self.drift.equal,
            "changed": self.changed,
            "diff": self.drift.diff,
            "statement": self.statement,
            "error": self.error or None,
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
        tables = [self._live(each) or self._planned(each) for each in self._target.tables]
        return self._views(kinds, tables)

    def diff(self, name: str | None = None) -> tuple[ViewDrift, ...]:
        """Compare the live views with the wanted ones; changes nothing and runs no query.

        Args:
            name: ``readable`` or ``daily``; None for both.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: the table does not exist.
            CatalogError: Glue cannot be read.
        """
        resources = self._resources(name)
        operations = plan(resources)
        return tuple(resources.drift(each) for each in operations)

    def create(
        self,
        name: str | None = None,
        *,
        confirmed: Callable[[tuple[ViewDrift, ...]], bool] = lambda _: True,
        may_replace: Callable[[tuple[ViewDrift, ...]], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> tuple[ViewCreation, ...]:
        """Create the views that are missing, replace those that differ, keep the others.

        Each is one statement that Athena runs; a view that is replaced is never missing. One that
        cannot be created leaves the others: its ``error`` says why.

        Args:
            name: ``readable`` or ``daily``; None for both.
            confirmed: asked before the first statement runs, with the drift of every view.
            may_replace: asked then, with the drifts of those to replace, if there are any; if not,
                they stay, and the missing ones are created.
            dry_run: neither ask nor change anything.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: the table does not exist.
            CatalogError: Glue cannot be read.
            ApplyInterruptedError: interrupted; carries what became of each view.
        """
        resources = self._resources(name)
        operations = plan(resources)
        drifts = tuple(resources.drift(each) for each in operations)
        kept = {drift.view for drift in drifts if drift.taken}
        if not dry_run:
            kept |= _kept(drifts, confirmed, may_replace)
        tried = [each for each in operations if each.name not in kept]
        results = {each.operation.name: each for each in apply(resources, tried, dry_run=dry_run)}
        return tuple(
            _creation(drift, operation, results.get(operation.name))
            for drift, operation in zip(drifts, operations, strict=True)
        )

    def _resources(self, name: str | None) -> "ViewResources":
        kinds = view_text.select_views(name)
        if self._target.is_local:
            raise UsageError(
                f"views live in Athena, and target {self._target.name!r} is a folder: "
                f"'{self._target.command('view ddl')}' prints their statements, 'flowathena run' "
                "runs the saved queries"
            )
        tables = []
        for target in self._target.tables:
            table = self._live(target)
            if table is None:
                raise TableMissingError.of(target.table_name, target.command("table create"))
            tables.append(table)
        return ViewResources(self._views(kinds, tables), self._target, self._aws)

    def _live(self, target: Target) -> Table | None:
        return open_catalog(target, self._aws).table()

    def _views(self, kinds: Sequence[str], tables: Sequence[Table]) -> tuple[View, ...]:
        pairs = zip(tables, self._target.tables, strict=True)
        source = joined([wanted.target_table(*pair) for pair in pairs])
        source = read_archive(self._target, self._aws, source)
        rollup = read_rollup(self._target, self._aws)
        return tuple(view_text.wanted_view(kind, source, rollup) for kind in kinds)

    def _planned(self, target: Target) -> Table:
        """The table of the settings; of a projection only how it writes its days matters here."""
        return wanted.wanted_table(target, wanted.Projection())


class ViewResources(Resources[str]):
    """Some of a target's views by full name: wanted as their statements, live as their queries."""

    kind = "view"
    stops_on_failure = False

    def __init__(self, views: Sequence[View], target: Target, aws: Aws) -> None:
        self._views = {view.full_name: view for view in views}
        self._taken: dict[str, str] = {}
        self._target = target
        self._aws = aws

    def wanted(self) -> Mapping[str, str]:
        """Their statements."""
        return {name: view.statement for name, view in self._views.items()}

    def live(self) -> Mapping[str, str]:
        """The queries of those that exist."""
        queries = {name: self._read(view) for name, view in self._views.items()}
        return {name: query for name, query in queries.items() if query is not None}

    def _read(self, view: View) -> str | None:
        """The query of the live view; None if there is none, also where a table has its name."""
        try:
            return read_view(self._aws, view.table.database, view.name)
        except TableMismatchError as error:
            self._taken[view.full_name] = str(error)
            return None

    def same(self, wanted: str, live: str) -> bool:
        """Whether they mean the same."""
        return view_drift.same(wanted, live)

    def describe(self, operation: Operation[str]) -> str:
        """What a change means."""
        return "its text is lost" if operation.action is Action.REPLACE else ""

    def do(self, operation: Operation[str]) -> None:
        """Have Athena make a view."""
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        athena = Athena(self._aws, self._target)
        athena.execute(operation.wanted or "", database=self._target.database)

    def drift(self, operation: Operation[str]) -> ViewDrift:
        """The drift of one view of a plan."""
        name = operation.name
        return view_drift.compare(self._views[name], operation.live, self._taken.get(name, ""))


def find_views_over(target: Target, aws: Aws) -> tuple[tuple[str, ...], str]:
    """The views that read the target's table, and why there may be others."""
    if target.is_local:
        return (), ""
    try:
        readers = find_readers(aws, target.database, target.table)
    except CatalogError as error:  # the table may be dropped by whoever may not list the database
        return (), str(error)
    return readers.views, "" if readers.complete else "the database has more than 2,000 entries"


def _kept(
    drifts: tuple[ViewDrift, ...],
    confirmed: Callable[[tuple[ViewDrift, ...]], bool],
    may_replace: Callable[[tuple[ViewDrift, ...]], bool],
) -> set[str]:
    """The views that stay as they are because the answer is no; asks only if there is a change."""
    changes = [drift for drift in drifts if not (drift.equal or drift.taken)]
    if not changes:
        return set()
    if not confirmed(drifts):
        return {drift.view for drift in changes}
    replaced = tuple(drift for drift in changes if drift.exists)
    return set() if not replaced or may_replace(replaced) else {drift.view for drift in replaced}


def _creation(
    drift: ViewDrift, operation: Operation[str], result: OperationResult[str] | None
) -> ViewCreation:
    error = drift.taken or (str(result.error) if result and result.error else "")
    changed = result is not None and result.changed
    return ViewCreation(drift, changed, operation.wanted or "", error)
