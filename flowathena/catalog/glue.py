"""The AWS Glue Data Catalog, through its API (no Athena DDL).

Batches of 100, per-item errors inside a successful answer:
https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws import Aws, code, told, translated
from flowathena.catalog.base import Column, Outcome, Status, Table
from flowathena.errors import CatalogError, TableMissingError
from flowathena.shape import Key, Role, Shape, Values
from flowathena.storage.walk import Scope

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ColumnOutputTypeDef,
        ColumnTypeDef,
        GetPartitionsRequestPaginateTypeDef,
        PartitionErrorTypeDef,
        PartitionInputTypeDef,
        StorageDescriptorOutputTypeDef,
        StorageDescriptorTypeDef,
        TableInputTypeDef,
    )

_MISSING = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"
_EXPRESSION_LIMIT = 2048
_NAMED_ACCOUNTS = 50
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_TEXT_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_FORMATS = {_TEXT_SERDE: "text", _PARQUET_SERDE: "parquet"}
_TEXT: "StorageDescriptorTypeDef" = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": _TEXT_SERDE,
        "Parameters": {"field.delim": " ", "serialization.format": " "},
    },
}
_PARQUET: "StorageDescriptorTypeDef" = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": _PARQUET_SERDE,
        "Parameters": {"serialization.format": "1"},
    },
}


class GlueCatalog:
    """One Glue table and its partitions."""

    batch_size = 100

    def __init__(self, database: str, name: str, aws: Aws) -> None:
        self._database = database
        self._name = name
        self._aws = aws
        self._descriptor: StorageDescriptorOutputTypeDef | None = None

    @property
    def calls(self) -> Counter[str]:
        """Glue calls made so far."""
        return Counter({name: n for name, n in self._aws.calls.items() if name in _CALLS})

    def table(self) -> Table | None:
        """The table as Glue has it."""
        with self._told():
            try:
                found = self._aws.glue.get_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if code(error) == _MISSING:
                    return None
                raise
        table = found["Table"]
        self._descriptor = table.get("StorageDescriptor", {})
        return Table(
            self._database,
            self._name,
            _columns(self._descriptor.get("Columns", [])),
            _columns(table.get("PartitionKeys", [])),
            self._descriptor.get("Location", ""),
            table.get("Parameters", {}),
            _format(self._descriptor),
        )

    def create(self, table: Table) -> None:
        """Create the table, and its database where there is none; either may exist already.

        The table first: who may create tables in a database need not be allowed to create one.
        """
        with self._told():
            try:
                self._create_table(table)
            except ClientError as error:
                if code(error) != _MISSING:
                    raise
                with _existing():
                    self._aws.glue.create_database(DatabaseInput={"Name": self._database})
                self._create_table(table)
        self._descriptor = None

    def _create_table(self, table: Table) -> None:
        with _existing():
            self._aws.glue.create_table(DatabaseName=self._database, TableInput=table_input(table))

    def drop(self) -> None:
        """Delete the table; Glue deletes its partitions with it, and never touches S3."""
        with self._told():
            try:
                self._aws.glue.delete_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if code(error) != _MISSING:
                    raise
                missing = f"there is no table {self._database}.{self._name}"
                raise TableMissingError(missing) from error
        self._descriptor = None

    def partitions(self, scope: Scope, shape: Shape) -> dict[Values, str]:
        """Registered partitions in scope; Glue filters by the window, we by the rest."""
        request: GetPartitionsRequestPaginateTypeDef = {
            "DatabaseName": self._database,
            "TableName": self._name,
            "ExcludeColumnSchema": True,
        }
        expression = _expression(scope, shape)
        if expression:
            request["Expression"] = expression
        pages = self._aws.glue.get_paginator("get_partitions").paginate(**request)
        with self._told():
            return {
                values: entry.get("StorageDescriptor", {}).get("Location", "")
                for page in pages
                for entry in page["Partitions"]
                if shape.holds(scope, values := tuple(entry["Values"]))
            }

    def add(self, batch: Sequence[tuple[Values, str]]) -> list[Outcome]:
        """Register one batch; what failed is told item by item."""
        try:
            descriptor = self._table_descriptor()
            answer = self._aws.glue.batch_create_partition(
                DatabaseName=self._database,
                TableName=self._name,
                PartitionInputList=[_partition_input(descriptor, *item) for item in batch],
            )
        except ClientError as error:
            return [Outcome(values, Status.FAILED, told(error)) for values, _ in batch]
        except (BotoCoreError, CatalogError) as error:
            line = " ".join(str(error).split())
            return [Outcome(values, Status.FAILED, line) for values, _ in batch]
        errors = {tuple(entry["PartitionValues"]): entry for entry in answer.get("Errors", [])}
        return [_outcome(values, errors.get(values)) for values, _ in batch]

    def _table_descriptor(self) -> "StorageDescriptorOutputTypeDef":
        """What every partition copies, so that later schema changes cannot split them."""
        if self._descriptor is None and self.table() is None:
            raise TableMissingError(f"there is no table {self._database}.{self._name}")
        return self._descriptor or {}

    @contextmanager
    def _told(self) -> Iterator[None]:
        where = f"Glue table {self._database}.{self._name}"
        with translated(where, CatalogError):
            yield


def _format(descriptor: "StorageDescriptorOutputTypeDef") -> str:
    info = descriptor.get("SerdeInfo", {})
    serde, settings = info.get("SerializationLibrary", ""), info.get("Parameters", {})
    between = settings.get("field.delim", " ")
    if serde == _TEXT_SERDE and between != " ":
        return f"{serde} with fields that end in {between!r}"
    return _FORMATS.get(serde, serde)


def table_input(table: Table) -> "TableInputTypeDef":
    """The table as ``CreateTable`` takes it: space-separated text, or Parquet.

    Source: the tables that Athena writes for the statements of
    https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-create-table-statement.html and
    https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html
    """
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": dict(table.parameters),
        "PartitionKeys": _column_inputs(table.partition_keys),
        "StorageDescriptor": {
            "Columns": _column_inputs(table.columns),
            "Location": table.location,
            **(_PARQUET if table.file_format == "parquet" else _TEXT),
        },
    }


def _expression(scope: Scope, shape: Shape) -> str:
    """What of a scope Glue can be asked for: keys of plain names (its parser takes no quotes)."""
    terms = [*_bounds(scope, shape.key(Role.DAY) or shape.key(Role.YEAR))]
    account = shape.key(Role.ACCOUNT)
    if account and _is_plain(account.name) and 0 < len(scope.accounts) <= _NAMED_ACCOUNTS:
        listed = ", ".join(f"'{value}'" for value in sorted(scope.accounts))
        terms.append(f"{account.name} IN ({listed})")
    expression = " AND ".join(terms)
    return expression if len(expression) <= _EXPRESSION_LIMIT else ""


def _bounds(scope: Scope, key: Key | None) -> Iterator[str]:
    """The days of a scope, or its years; a ``date`` is told apart by us."""
    for sign, bound in ((">=", scope.first), ("<=", scope.last)):
        if bound and key and _is_plain(key.name) and key.type != "date":
            yield f"{key.name} {sign} {key.literal(key.day(bound))}"


def _is_plain(name: str) -> bool:
    return name != "date" and _PLAIN.fullmatch(name) is not None


def _partition_input(
    descriptor: "StorageDescriptorOutputTypeDef", values: Values, location: str
) -> "PartitionInputTypeDef":
    copied: StorageDescriptorTypeDef = {**descriptor, "Location": location}
    return {"Values": list(values), "StorageDescriptor": copied}


def _outcome(values: Values, error: "PartitionErrorTypeDef | None") -> Outcome:
    if error is None:
        return Outcome(values, Status.ADDED)
    detail = error.get("ErrorDetail", {})
    if detail.get("ErrorCode") == _EXISTS:
        return Outcome(values, Status.EXISTED)
    message = f"{detail.get('ErrorCode', 'Unknown')}: {detail.get('ErrorMessage', '')}"
    return Outcome(values, Status.FAILED, message)


def _columns(entries: Sequence["ColumnOutputTypeDef"]) -> tuple[Column, ...]:
    return tuple(Column(entry["Name"], entry.get("Type", "")) for entry in entries)


def _column_inputs(columns: Sequence[Column]) -> "list[ColumnTypeDef]":
    return [{"Name": column.name, "Type": column.type} for column in columns]


@contextmanager
def _existing() -> Iterator[None]:
    """Whoever created it first, it exists."""
    try:
        yield
    except ClientError as error:
        if code(error) != _EXISTS:
            raise


_CALLS = frozenset(
    {
        "GetTable",
        "GetPartitions",
        "BatchCreatePartition",
        "CreateDatabase",
        "CreateTable",
        "DeleteTable",
    }
)
