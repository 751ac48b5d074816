"""The Glue catalog by way of Athena, for users without the right to call Glue.

Tables are read through Athena's metadata API and partitions by SHOW PARTITIONS, which shows no
locations. Partitions are registered by ALTER TABLE statements, hundreds at a time.
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetTableMetadata.html
https://docs.aws.amazon.com/athena/latest/ug/show-partitions.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog import ddl
from flowathena.catalog.base import Cause, Change, Outcome, Page, Status
from flowathena.catalog.descriptors import file_format
from flowathena.catalog.outcomes import cause_of
from flowathena.errors import CatalogError, EngineError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table
from flowathena.sql.quoting import hive_identifier
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import ColumnTypeDef, TableMetadataTypeDef

    from flowathena.aws.athena import Athena

_CATALOG = "AwsDataCatalog"
# Only the text of a MetadataException says that the table does not exist.
_MISSING = ("EntityNotFoundException", "not found")
_LONGEST = 200_000  # characters per statement; Athena accepts 262,144
_CALLS = frozenset(
    {"GetTableMetadata", "StartQueryExecution", "GetQueryExecution", "GetQueryResults"}
)


class AthenaCatalog:
    """One table of the Glue catalog and its partitions, without calls to Glue."""

    add_size = 500
    writers = 1

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws
        self._table: Table | None = None

    @property
    def calls(self) -> Counter[str]:
        """Athena calls made so far."""
        return self._aws.calls_of(_CALLS)

    def table(self) -> Table | None:
        """The table in Athena's metadata."""
        database, name = self._target.database, self._target.table
        with translate_errors(f"Athena table {self._target.table_name}", CatalogError):
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
        self._table = _read(database, name, answer["TableMetadata"])
        return self._table

    def create(self, table: Table) -> None:
        """Create database and table by statements; either may already exist."""
        for statement in (ddl.create_database(table), ddl.create_table(table)):
            self._run(statement)

    def change_properties(self, table: Table, properties: Mapping[str, str]) -> None:
        """Set those that are new or other, by a statement; none is removed."""
        changed = {
            key: value for key, value in properties.items() if table.parameters.get(key) != value
        }
        if changed:
            self._run(ddl.alter_table(table, changed))

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Registered partitions in scope, without locations."""
        names = (self._target.database, self._target.table)
        rows = self._run(f"SHOW PARTITIONS {'.'.join(map(hive_identifier, names))}")
        registered = (_values(str(row[0])) for row in rows)
        yield [(values, "") for values in registered if shape.includes(scope, values)]

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register a batch by as few statements as possible."""
        table = self._table or self.table()
        if table is None:
            error = str(TableMissingError.of(self._target.table_name))
            return [Outcome(each.values, Status.FAILED, error, Cause.ALL) for each in batch]
        return [outcome for part in _parts(table, batch) for outcome in self._add(table, part)]

    def _add(self, table: Table, changes: Sequence[Change]) -> list[Outcome]:
        try:
            self._run(ddl.add_partitions(table, changes))
        except CatalogError as error:
            cause = _root_cause(error)
            return [Outcome(each.values, Status.FAILED, str(error), cause) for each in changes]
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


def _root_cause(error: BaseException) -> Cause:
    """The cause of the AWS error behind an error; without one, the statement itself failed."""
    while error.__cause__ is not None:
        error = error.__cause__
    return cause_of(error) if isinstance(error, ClientError | BotoCoreError) else Cause.ITEM


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


def _read(database: str, name: str, metadata: "TableMetadataTypeDef") -> Table:
    # Athena puts SerDe, location and formats among the table's properties.
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
