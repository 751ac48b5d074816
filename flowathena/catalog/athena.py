"""The Glue catalog through Athena alone, for those who may not call Glue.

Tables are read by Athena's metadata API; partitions are listed by SHOW PARTITIONS, which does not
show locations, and registered by ALTER TABLE statements of hundreds each, one after the other.
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetTableMetadata.html
https://docs.aws.amazon.com/athena/latest/ug/show-partitions.html
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog import ddl
from flowathena.catalog.base import Cause, Change, Outcome, Page, Status
from flowathena.catalog.descriptors import file_format
from flowathena.catalog.outcomes import cause
from flowathena.errors import CatalogError, EngineError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import ColumnTypeDef, TableMetadataTypeDef

    from flowathena.aws.athena import Athena

_CATALOG = "AwsDataCatalog"
_MISSING = ("EntityNotFoundException", "not found")
_LONGEST = 200_000  # characters of one statement; Athena takes 262,144
_CALLS = frozenset(
    {"GetTableMetadata", "StartQueryExecution", "GetQueryExecution", "GetQueryResults"}
)


class AthenaCatalog:
    """One table of the Glue catalog and its partitions, without a call to Glue."""

    add_size = 500
    writers = 1

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws
        self._known_table: Table | None = None

    @property
    def calls(self) -> Counter[str]:
        """Athena calls made so far."""
        return Counter({name: n for name, n in self._aws.calls.items() if name in _CALLS})

    def table(self) -> Table | None:
        """The table as Athena knows it."""
        database, name = self._target.database, self._target.table
        with translate_errors(f"Athena table {database}.{name}", CatalogError):
            try:
                answer = self._aws.athena.get_table_metadata(
                    CatalogName=_CATALOG, DatabaseName=database, TableName=name
                )
            except ClientError as error:
                if error_code(error) == "MetadataException" and any(
                    word in str(error) for word in _MISSING
                ):
                    return None
                raise
        self._known_table = _table(database, name, answer["TableMetadata"])
        return self._known_table

    def create(self, table: Table) -> None:
        """Create database and table by statements; either may exist already."""
        for statement in (ddl.create_database(table), ddl.create_table(table)):
            self._run(statement)

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Registered partitions in scope; Athena does not show their locations."""
        name = f"`{self._target.database}`.`{self._target.table}`"
        rows = self._run(f"SHOW PARTITIONS {name}")
        listed = (_values(str(row[0])) for row in rows)
        yield [(values, "") for values in listed if shape.includes(scope, values)]

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register a batch with as few statements as possible."""
        table = self._known_table or self.table()
        if table is None:
            error = f"there is no table {self._target.database}.{self._target.table}"
            return [Outcome(each.values, Status.FAILED, error, Cause.ALL) for each in batch]
        return [outcome for part in _parts(table, batch) for outcome in self._added(table, part)]

    def _added(self, table: Table, changes: Sequence[Change]) -> list[Outcome]:
        try:
            self._run(ddl.add_partitions(table, changes))
        except CatalogError as error:
            why = _cause(error)
            return [Outcome(each.values, Status.FAILED, str(error), why) for each in changes]
        return [Outcome(each.values, Status.ADDED) for each in changes]

    def _run(self, statement: str) -> Sequence[Sequence[object]]:
        try:
            return self._athena.execute(statement).data
        except EngineError as error:
            raise CatalogError(str(error)) from error

    @cached_property
    def _athena(self) -> "Athena":
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        return Athena(self._aws, self._target)


def _cause(error: BaseException) -> Cause:
    """The cause given by AWS's error behind this one; without one, the statement is at fault."""
    while error.__cause__ is not None:
        error = error.__cause__
    return cause(error) if isinstance(error, ClientError | BotoCoreError) else Cause.ITEM


def _parts(table: Table, batch: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """The batch in parts whose statements are short enough."""
    if len(batch) > 1 and len(ddl.add_partitions(table, batch)) > _LONGEST:
        middle = len(batch) // 2
        yield from _parts(table, batch[:middle])
        yield from _parts(table, batch[middle:])
    else:
        yield batch


def _values(row: str) -> Values:
    """The values of a line ``key=value/key=value``, percent-encoded as in Hive."""
    return tuple(unquote(part.partition("=")[2]) for part in row.split("/"))


def _table(database: str, name: str, metadata: "TableMetadataTypeDef") -> Table:
    given = metadata.get("Parameters", {})
    settings = {
        key.removeprefix("serde.param."): value
        for key, value in given.items()
        if key.startswith("serde.param.")
    }
    own = {
        key: value
        for key, value in given.items()
        if not key.startswith("serde.") and key not in {"location", "inputformat", "outputformat"}
    }
    return Table(
        database,
        name,
        _columns(metadata.get("Columns", [])),
        _columns(metadata.get("PartitionKeys", [])),
        given.get("location", ""),
        own,
        file_format(given.get("serde.serialization.lib", ""), settings),
    )


def _columns(entries: "Sequence[ColumnTypeDef]") -> tuple[Column, ...]:
    return tuple(Column(entry["Name"], entry.get("Type", "")) for entry in entries)
