"""The table of one target: its statement, and how it is created, compared, converted, dropped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
from flowathena.reconcile import Action, apply, plan
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.table.conversion import Converter
from flowathena.table.partitioning import Conversion, Registrar
from flowathena.table.projection import ProjectionOptions, find_projection
from flowathena.table.resource import OneTable, is_changed
from flowathena.table.views import find_views_over
from flowathena.target.contradictions import contradictions
from flowathena.target.target import CHOICES, Target


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
        views: the views of its database that read it, and fail without it, by full name.
        views_unknown: why there may be others; empty if all of the database was looked at.
    """

    table: str
    location: str
    partitions: int
    dropped: bool = False
    views: tuple[str, ...] = ()
    views_unknown: str = ""

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``table drop --format json``."""
        return {
            "table": self.table,
            "location": self.location,
            "partitions": self.partitions,
            "dropped": self.dropped,
            "views": list(self.views),
            "views_unknown": self.views_unknown or None,
        }


class TargetTable:
    """The table of one target.

    Args:
        target: the target.
        aws: its clients.
        register: registers all partitions of a table that is not the live one yet.
        clock: returns the current time, aware.
        beside: the names of the other tables over the same folders.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        register: Registrar,
        clock: Callable[[], datetime],
        beside: Sequence[str] = (),
    ) -> None:
        self._beside = beside
        self._target = target
        self._aws = aws
        self._register = register
        self._clock = clock
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
        resource = OneTable(table, live, partial(catalog.create, table))
        creations = [each for each in plan(resource) if each.action is Action.CREATE]
        created = is_changed(apply(resource, creations, dry_run=dry_run))
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
        views, unknown = find_views_over(self._target, self._aws)
        removal = TableRemoval(
            live.full_name, live.location, count, views=views, views_unknown=unknown
        )
        resource = OneTable(None, live, self._catalog.drop)
        results = apply(
            resource, plan(resource), confirm=lambda _: confirmed(removal), dry_run=dry_run
        )
        return replace(removal, dropped=is_changed(results))

    def convert(
        self,
        kind: str,
        *,
        confirmed: Callable[[Conversion], bool] = lambda _: True,
        dry_run: bool = False,
        **options: Unpack[ProjectionOptions],
    ) -> Conversion:
        """Convert the table to registered partitions or to partition projection, without a gap.

        The target's own setting is not changed: set its ``partitioning`` to ``kind`` too.

        Args:
            kind: ``registered`` or ``projection``.
            confirmed: asked before anything is changed.
            dry_run: neither ask nor change anything.
            options: of a projection; see ``ProjectionOptions``.

        Raises:
            UsageError: there is no such kind, the target cannot have it, an option is invalid, or
                other tables are over the same folders.
            TableMissingError: the table does not exist.
            TableMismatchError: it cannot be converted, or would not read what it reads now.
            StorageError: the logs cannot be listed.
            CatalogError: the catalog refuses, or somebody else changed the table meanwhile.
            EngineError: a view cannot be written, and the table is left as it is.
            ApplyInterruptedError: interrupted; carries what became of the table.
        """
        if self._beside:
            raise UsageError(
                f"table {self._target.table_name} is over the same folders as "
                f"{' and '.join(self._beside)}: whose a day is, is told by the partitions that a "
                "sync registers, and neither a projection nor a conversion does that; it is left "
                "as it is"
            )
        converter = Converter(self._target, self._aws, self._register, self._clock)
        return converter.convert(kind, options, confirmed, dry_run=dry_run)

    def _wanted(self, target: Target, options: ProjectionOptions, live: Table | None) -> Table:
        projection = find_projection(target, options, live, self._storage)
        return wanted.wanted_table(target, projection)

    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)


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
