"""The AWS Glue Data Catalog, through its API (no Athena DDL).

Batches of 100 (25 to delete), per-item errors inside a successful answer, at most 10 segments:
https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
https://docs.aws.amazon.com/glue/latest/webapi/API_BatchDeletePartition.html
https://docs.aws.amazon.com/glue/latest/webapi/API_Segment.html
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog.base import Change, Outcome, Page, Status
from flowathena.catalog.descriptors import columns, file_format, table_input
from flowathena.catalog.outcomes import Refused, outcomes
from flowathena.concurrency import merged
from flowathena.errors import CatalogError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        GetPartitionsRequestPaginateTypeDef,
        PartitionInputTypeDef,
        SegmentTypeDef,
        StorageDescriptorOutputTypeDef,
        StorageDescriptorTypeDef,
    )

_MISSING = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"
_PAGE = 1_000  # partitions an answer, at most
_SEGMENTS = 10  # parts of a table that are read at once, at most
_EXPRESSION_LIMIT = 2048
_MOST_ACCOUNTS = 50
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class GlueCatalog:
    """One Glue table and its partitions."""

    add_size = 100
    drop_size = 25
    writers = 4  # Glue throttles writers sooner than readers

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
        """The table in Glue."""
        with self._translate_errors():
            try:
                entry = self._aws.glue.get_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if error_code(error) == _MISSING:
                    return None
                raise
        table = entry["Table"]
        self._descriptor = table.get("StorageDescriptor", {})
        serde = self._descriptor.get("SerdeInfo", {})
        return Table(
            self._database,
            self._name,
            columns(self._descriptor.get("Columns", [])),
            columns(table.get("PartitionKeys", [])),
            self._descriptor.get("Location", ""),
            table.get("Parameters", {}),
            file_format(serde.get("SerializationLibrary", ""), serde.get("Parameters", {})),
        )

    def create(self, table: Table) -> None:
        """Create the table, and its database if there is none; either may exist already.

        The table first: whoever may create a table need not be allowed to create a database.
        """
        with self._translate_errors():
            try:
                self._create_table(table)
            except ClientError as error:
                if error_code(error) != _MISSING:
                    raise
                with _existing():
                    self._aws.glue.create_database(DatabaseInput={"Name": self._database})
                self._create_table(table)
        self.table()  # reads its descriptor once, not in every writer

    def _create_table(self, table: Table) -> None:
        with _existing():
            self._aws.glue.create_table(DatabaseName=self._database, TableInput=table_input(table))

    def drop(self) -> None:
        """Delete the table; Glue deletes its partitions with it, and never touches S3."""
        with self._translate_errors():
            try:
                self._aws.glue.delete_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if error_code(error) != _MISSING:
                    raise
                missing = f"there is no table {self._database}.{self._name}"
                raise TableMissingError(missing) from error
        self._descriptor = None

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Registered partitions in scope; Glue filters by the window, this by the rest.

        All of time, or a table that Glue cannot filter, is read in segments, several at once.
        """
        request: GetPartitionsRequestPaginateTypeDef = {
            "DatabaseName": self._database,
            "TableName": self._name,
            "ExcludeColumnSchema": True,
            "PaginationConfig": {"PageSize": _PAGE},
        }
        expression = _expression(scope, shape)
        if expression:
            yield from self._answers({**request, "Expression": expression}, scope, shape)
            return
        parts: list[SegmentTypeDef] = [
            {"SegmentNumber": number, "TotalSegments": _SEGMENTS} for number in range(_SEGMENTS)
        ]
        segments = [self._answers({**request, "Segment": part}, scope, shape) for part in parts]
        with merged(segments, _SEGMENTS) as pages:
            yield from pages

    def _answers(
        self, request: "GetPartitionsRequestPaginateTypeDef", scope: Scope, shape: Shape
    ) -> Iterator[Page]:
        pages = self._aws.glue_listing.get_paginator("get_partitions").paginate(**request)
        with self._translate_errors():
            for page in pages:
                yield [
                    (values, entry.get("StorageDescriptor", {}).get("Location", ""))
                    for entry in page["Partitions"]
                    if shape.includes(scope, values := tuple(entry["Values"]))
                ]

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register one batch; Glue reports failures item by item."""

        def call() -> Iterable[Refused]:
            answer = self._aws.glue.batch_create_partition(
                DatabaseName=self._database,
                TableName=self._name,
                PartitionInputList=[self._input(change) for change in batch],
            )
            return [
                (entry["PartitionValues"], entry["ErrorDetail"])
                for entry in answer.get("Errors", [])
            ]

        return outcomes(batch, call, Status.ADDED, {_EXISTS: Status.EXISTED})

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point one batch at other locations, with the table's current descriptor."""

        def call() -> Iterable[Refused]:
            answer = self._aws.glue.batch_update_partition(
                DatabaseName=self._database,
                TableName=self._name,
                Entries=[
                    {
                        "PartitionValueList": list(change.values),
                        "PartitionInput": self._input(change),
                    }
                    for change in batch
                ],
            )
            return [
                (entry["PartitionValueList"], entry["ErrorDetail"])
                for entry in answer.get("Errors", [])
            ]

        return outcomes(batch, call, Status.RELOCATED, {})

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Take one batch out of the catalog."""

        def call() -> Iterable[Refused]:
            answer = self._aws.glue.batch_delete_partition(
                DatabaseName=self._database,
                TableName=self._name,
                PartitionsToDelete=[{"Values": list(change.values)} for change in batch],
            )
            return [
                (entry["PartitionValues"], entry["ErrorDetail"])
                for entry in answer.get("Errors", [])
            ]

        return outcomes(batch, call, Status.DROPPED, {_MISSING: Status.DROPPED})

    def _input(self, change: Change) -> "PartitionInputTypeDef":
        copied: StorageDescriptorTypeDef = {
            **self._table_descriptor(),
            "Location": change.location,
        }
        return {"Values": list(change.values), "StorageDescriptor": copied}

    def _table_descriptor(self) -> "StorageDescriptorOutputTypeDef":
        """The descriptor that every partition copies, so that all have one schema."""
        if self._descriptor is None and self.table() is None:
            raise TableMissingError(f"there is no table {self._database}.{self._name}")
        return self._descriptor or {}

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        where = f"Glue table {self._database}.{self._name}"
        with translate_errors(where, CatalogError):
            yield


def _expression(scope: Scope, shape: Shape) -> str:
    """The part of a scope that Glue can filter by: its parser takes no quoted names."""
    terms = [*_bounds(scope, shape.key(Role.DAY) or shape.key(Role.YEAR))]
    account = shape.key(Role.ACCOUNT)
    if account and _is_plain(account.name) and 0 < len(scope.accounts) <= _MOST_ACCOUNTS:
        listed = ", ".join(f"'{value}'" for value in sorted(scope.accounts))
        terms.append(f"{account.name} IN ({listed})")
    expression = " AND ".join(terms)
    return expression if len(expression) <= _EXPRESSION_LIMIT else ""


def _bounds(scope: Scope, key: Key | None) -> Iterator[str]:
    """The days of a scope, or its years; keys of type ``date`` are filtered here."""
    for sign, bound in ((">=", scope.first), ("<=", scope.last)):
        if bound and key and _is_plain(key.name) and key.type != "date":
            yield f"{key.name} {sign} {key.literal(key.day(bound))}"


def _is_plain(name: str) -> bool:
    return name != "date" and _PLAIN.fullmatch(name) is not None


@contextmanager
def _existing() -> Iterator[None]:
    """Accept that it exists, whoever created it."""
    try:
        yield
    except ClientError as error:
        if error_code(error) != _EXISTS:
            raise


_CALLS = frozenset(
    {
        "GetTable",
        "GetPartitions",
        "BatchCreatePartition",
        "BatchUpdatePartition",
        "BatchDeletePartition",
        "CreateDatabase",
        "CreateTable",
        "DeleteTable",
    }
)
