"""The table of one target: its statement, and how it is created, compared and dropped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from flowathena.aws.session import Aws
from flowathena.catalog import ddl, open_catalog, wanted
from flowathena.catalog.drift import Drift, compare
from flowathena.errors import TableMissingError, UsageError
from flowathena.logs.formats import parse_log_format
from flowathena.logs.layout import Scope
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.table.projection import ACCOUNTS, REGIONS, Asked, names, reaches
from flowathena.target.target import CHOICES, Target, contradictions

VIAS = ("glue", "athena")
"""How a table is created: by Glue's API, or by statements that Athena runs."""


@dataclass(frozen=True)
class Creation:
    """What became of creating a table.

    Attributes:
        table: ``database.table``.
        created: whether it was created; False where it is there already, or in a dry run.
        drift: the table as it was found, compared with the wanted one.
        statements: the statements that create it, whether Athena or Glue's API does.
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
class Drop:
    """A table that goes, or went.

    Attributes:
        table: ``database.table``.
        location: where its logs are; they stay.
        partitions: how many registered partitions go with it.
        dropped: whether it went.
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


class Schema:
    """The table of one target."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws
        self._catalog = open_catalog(target, aws)

    def ddl(self, settings: Mapping[str, str] | None = None, **asked: Unpack[Asked]) -> str:
        """The ``CREATE EXTERNAL TABLE`` statement that the settings ask for.

        Args:
            settings: settings that replace the target's for this look.
            asked: what a projection reaches; see ``projection.Asked``.

        Raises:
            UsageError: a setting is wrong, or contradicts another.
            StorageError: a projection's accounts and Regions cannot be listed.
            TableMismatchError: a partition key would have the name of a field.
        """
        target, left = _overridden(self._target, settings or {}, asked)
        return ddl.ddl(self._wanted(target, left, None))

    def create(
        self, *, via: str = "glue", dry_run: bool = False, **asked: Unpack[Asked]
    ) -> Creation:
        """Create database and table where they do not exist.

        A table that is there is left as it is, equal or not.

        Args:
            via: ``glue`` (its API) or ``athena`` (the statements, one after the other).
            dry_run: look, and change nothing.
            asked: what a projection reaches.

        Raises:
            UsageError: a local table cannot be created by Athena.
            CatalogError: Glue, or the local catalog, refuses.
            EngineError: Athena refuses, or a statement fails.
        """
        if via not in VIAS:
            raise UsageError(f"via: {via!r} is none of {', '.join(VIAS)}")
        if via == "athena" and self._target.is_local:
            raise UsageError("via athena: a local table is no table of Athena's")
        live = self._catalog.table()
        table = self._wanted(self._target, asked, live)
        statements = (ddl.database_ddl(table), ddl.ddl(table))
        creates = live is None and not dry_run
        if creates and via == "athena":
            self._send(statements)
        elif creates:
            self._catalog.create(table)
        return Creation(table.full_name, creates, compare(table, live), statements)

    def diff(self, **asked: Unpack[Asked]) -> Drift:
        """Compare the live table with the wanted one.

        Raises:
            CatalogError: the catalog cannot be read.
            StorageError: a projection's accounts and Regions cannot be listed.
        """
        live = self._catalog.table()
        return compare(self._wanted(self._target, asked, live), live)

    def drop(
        self,
        *,
        confirmed: Callable[[Drop], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> Drop:
        """Delete the table with its partitions from the catalog; never a log.

        Args:
            confirmed: asked before anything goes.
            dry_run: look, and change nothing.

        Raises:
            TableMissingError: there is no table.
            TableMismatchError: it is no flow-log table (a view, another tool's table).
            CatalogError: the catalog refuses.
        """
        live = self._catalog.table()
        if live is None:
            full_name = f"{self._target.database}.{self._target.table}"
            raise TableMissingError(f"there is no table {full_name}")
        shape = wanted.flow_table(live, self._target).shape
        count = sum(map(len, self._catalog.pages(Scope(), shape)))
        doomed = Drop(live.full_name, live.location, count)
        if dry_run or not confirmed(doomed):
            return doomed
        self._catalog.drop()
        return replace(doomed, dropped=True)

    def _wanted(self, target: Target, asked: Asked, live: Table | None) -> Table:
        return wanted.wanted(target, reaches(target, asked, live, self._storage))

    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)

    def _send(self, statements: tuple[str, ...]) -> None:
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        athena = Athena(self._aws, self._target)
        for statement in statements:
            athena.execute(statement)


def _overridden(target: Target, settings: Mapping[str, str], asked: Asked) -> tuple[Target, Asked]:
    """The target with other settings, and what is left to ask of a projection."""
    changed = replace(target, **{key: _checked(key, value) for key, value in settings.items()})
    if changed.partition_keys == "single" and target.partition_keys != "single":
        changed, asked = _single(changed, asked)
    problems = [message for _, message in contradictions(changed)]
    if problems:
        raise UsageError("\n".join(problems))
    return changed, asked


def _single(target: Target, asked: Asked) -> tuple[Target, Asked]:
    """A table of one account and Region, which ``account`` and ``region`` name."""
    accounts = names(ACCOUNTS, asked.get("account"))
    regions = names(REGIONS, asked.get("region"))
    changed = replace(
        target,
        account=accounts[0] if len(accounts) == 1 else target.account,
        log_region=regions[0] if len(regions) == 1 else target.log_region,
    )
    return changed, {**asked, "account": None, "region": None}


def _checked(key: str, value: str) -> Any:  # noqa: ANN401 - a text, or fields
    if key == "log_format":
        try:
            return parse_log_format(value if value == "default" or "$" in value else _names(value))
        except ValueError as error:
            raise UsageError(f"log_format: {error}") from error
    if key not in CHOICES:
        raise UsageError(f"{key} is no setting of a table's shape")
    if value not in CHOICES[key]:
        raise UsageError(f"{key}: {value!r} is none of {', '.join(CHOICES[key])}")
    return value


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()
