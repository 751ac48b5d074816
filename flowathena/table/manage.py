"""The table of one target: its statement, and how it is created, compared and dropped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

from flowathena.aws.session import Aws
from flowathena.catalog import ddl, open_catalog, open_catalog_via, wanted
from flowathena.catalog.drift import Drift, compare
from flowathena.catalog.fitness import require_place
from flowathena.errors import TableMissingError, UsageError
from flowathena.inputs.selection import ACCOUNTS, REGIONS, select_names
from flowathena.logs.formats import parse_log_format
from flowathena.logs.layout import Scope
from flowathena.reconcile import Action, Operation, OperationResult, Resources, apply, plan
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.table.projection import ProjectionOptions, find_projection
from flowathena.target.target import CHOICES, Target, contradictions


@dataclass(frozen=True)
class TableCreation:
    """What became of creating a table.

    Attributes:
        table: ``database.table``.
        created: whether it was created; False if it existed, and in a dry run.
        drift: the table as it was before, compared with the wanted one.
        statements: the statements that create it, whether Athena runs them or Glue's API does
            the same.
    """

    table: str
    created: bool
    drift: Drift
    statements: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``table create --format json``."""
        return {
            "table": self.table,
            "created": self.created,
            "existed": self.drift.exists,
            "differences": [each.to_json() for each in self.drift.differences],
            "statements": list(self.statements),
        }


@dataclass(frozen=True)
class TableRemoval:
    """A table to drop, or dropped.

    Attributes:
        table: ``database.table``.
        location: where its logs are; they stay.
        partitions: how many registered partitions are dropped with it.
        dropped: whether it was dropped.
    """

    table: str
    location: str
    partitions: int
    dropped: bool = False

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``table drop --format json``."""
        return {
            "table": self.table,
            "location": self.location,
            "partitions": self.partitions,
            "dropped": self.dropped,
        }


class TargetTable:
    """The table of one target."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws
        self._catalog = open_catalog(target, aws)

    def ddl(
        self, settings: Mapping[str, str] | None = None, **options: Unpack[ProjectionOptions]
    ) -> str:
        """The ``CREATE EXTERNAL TABLE`` statement that the settings ask for.

        Args:
            settings: settings that replace the target's in this statement.
            options: of a projection; see ``ProjectionOptions``.

        Raises:
            UsageError: a setting is invalid, or contradicts another.
            StorageError: a projection's accounts and Regions cannot be listed.
            TableMismatchError: a partition key would have the name of a field.
        """
        target, remaining = _with_settings(self._target, settings or {}, options)
        return ddl.create_table(self._wanted(target, remaining, None))

    def create(
        self, *, via: str = "glue", dry_run: bool = False, **options: Unpack[ProjectionOptions]
    ) -> TableCreation:
        """Create database and table unless they exist; an existing table is never changed.

        Args:
            via: ``glue`` (its API) or ``athena`` (the statements, one after the other).
            dry_run: change nothing.
            options: of a projection.

        Raises:
            UsageError: ``via`` is unknown, or Athena is to create a local table.
            CatalogError: Glue, Athena or the local catalog refuses.
            ApplyInterruptedError: interrupted; carries what became of the table.
        """
        catalog = open_catalog_via(via, self._target, self._aws)
        live = self._catalog.table()
        table = self._wanted(self._target, options, live)
        resource = _OneTable(table, live, partial(catalog.create, table))
        creations = [each for each in plan(resource) if each.action is Action.CREATE]
        created = _is_changed(apply(resource, creations, dry_run=dry_run))
        statements = (ddl.create_database(table), ddl.create_table(table))
        return TableCreation(table.full_name, created, compare(table, live), statements)

    def diff(self, **options: Unpack[ProjectionOptions]) -> Drift:
        """Compare the live table with the wanted one.

        Raises:
            CatalogError: the catalog cannot be read.
            StorageError: a projection's accounts and Regions cannot be listed.
        """
        live = self._catalog.table()
        return compare(self._wanted(self._target, options, live), live)

    def drop(
        self,
        *,
        confirmed: Callable[[TableRemoval], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> TableRemoval:
        """Delete the table with its partitions from the catalog; never a log.

        Args:
            confirmed: asked before anything is deleted.
            dry_run: neither ask nor change anything.

        Raises:
            TableMissingError: the table does not exist.
            TableMismatchError: it is not a flow-log table (a view, another tool's table), or its
                logs are elsewhere than the target's.
            CatalogError: the catalog refuses.
            ApplyInterruptedError: interrupted; carries what became of the table.
        """
        live = self._catalog.table()
        if live is None:
            raise TableMissingError.of(self._target.table_name)
        source = wanted.flow_table(live, self._target)
        require_place(source, self._target)
        shape = source.shape
        count = sum(map(len, self._catalog.pages(Scope(), shape)))
        removal = TableRemoval(live.full_name, live.location, count)
        resource = _OneTable(None, live, self._catalog.drop)
        results = apply(
            resource, plan(resource), confirm=lambda _: confirmed(removal), dry_run=dry_run
        )
        return replace(removal, dropped=_is_changed(results))

    def _wanted(self, target: Target, options: ProjectionOptions, live: Table | None) -> Table:
        projection = find_projection(target, options, live, self._storage)
        return wanted.wanted_table(target, projection)

    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)


class _OneTable(Resources[Table]):
    """The table of a target, the only resource of its kind.

    Args:
        wanted: the table as it should be; None to drop it.
        live: the live table; None if there is none.
        change: creates or drops it.
    """

    kind = "table"

    def __init__(
        self, wanted: Table | None, live: Table | None, change: Callable[[], None]
    ) -> None:
        self._wanted = wanted
        self._live = live
        self._change = change

    def wanted(self) -> Mapping[str, Table]:
        return _by_name(self._wanted)

    def live(self) -> Mapping[str, Table]:
        return _by_name(self._live)

    def same(self, wanted: Table, live: Table) -> bool:
        return compare(wanted, live).equal

    def describe(self, operation: Operation[Table]) -> str:
        if operation.wanted is None:
            return "with its partitions"
        differences = compare(operation.wanted, operation.live).differences
        return ", ".join(each.name or each.part for each in differences)

    def do(self, _operation: Operation[Table]) -> None:
        self._change()


def _by_name(table: Table | None) -> Mapping[str, Table]:
    return {table.full_name: table} if table else {}


def _is_changed(results: Sequence[OperationResult[Table]]) -> bool:
    """Whether the table was changed; raises the error if that failed."""
    for result in results:
        if result.error:
            raise result.error
    return any(result.changed for result in results)


def _with_settings(
    target: Target, settings: Mapping[str, str], options: ProjectionOptions
) -> tuple[Target, ProjectionOptions]:
    """The target with other settings, and the options that are left for a projection."""
    changed = replace(
        target, **{key: _parse_setting(key, value) for key, value in settings.items()}
    )
    if changed.partition_keys == "single" and target.partition_keys != "single":
        changed, options = _with_single_keys(changed, options)
    problems = [message for _, message in contradictions(changed)]
    if problems:
        raise UsageError("\n".join(problems))
    return changed, options


def _with_single_keys(
    target: Target, options: ProjectionOptions
) -> tuple[Target, ProjectionOptions]:
    """A table of one account and Region, which ``account`` and ``region`` name."""
    accounts = select_names(ACCOUNTS, options.get("account"))
    regions = select_names(REGIONS, options.get("region"))
    changed = replace(
        target,
        account=accounts[0] if len(accounts) == 1 else target.account,
        log_region=regions[0] if len(regions) == 1 else target.log_region,
    )
    return changed, {**options, "account": None, "region": None}


def _parse_setting(key: str, value: str) -> Any:  # noqa: ANN401 - a text, or fields
    if key == "log_format":
        try:
            return parse_log_format(value if value == "default" or "$" in value else _split(value))
        except ValueError as error:
            raise UsageError(f"log_format: {error}") from error
    if key not in CHOICES:
        raise UsageError(f"{key} is not a setting of a table's shape")
    if value not in CHOICES[key]:
        raise UsageError(f"{key}: {value!r} is not one of {', '.join(CHOICES[key])}")
    return value


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()
