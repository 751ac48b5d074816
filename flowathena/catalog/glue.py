"""The AWS Glue Data Catalog, through its API (no Athena DDL).

Batches of 100 (25 to delete), per-item errors in a successful response, at most 10 segments:
https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
https://docs.aws.amazon.com/glue/latest/webapi/API_BatchDeletePartition.html
https://docs.aws.amazon.com/glue/latest/webapi/API_Segment.html
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog.base import Change, Described, Outcome, Page, Status
from flowathena.catalog.descriptors import file_format, read_columns, table_input
from flowathena.catalog.expression import partition_expression
from flowathena.catalog.outcomes import Refusal, run_batch
from flowathena.concurrency import read_ahead
from flowathena.errors import CatalogError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        GetPartitionsRequestPaginateTypeDef,
        PartitionInputTypeDef,
        PartitionTypeDef,
        SegmentTypeDef,
        StorageDescriptorOutputTypeDef,
        StorageDescriptorTypeDef,
    )

_MISSING = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"
_REFUSALS = frozenset({"InvalidInputException", "InvalidStateException"})
_CONCURRENT = "ConcurrentModificationException"
# What UpdateTable takes of what GetTable gives.
_TABLE_INPUT = frozenset(
    {
        *("Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention"),
        *("StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText"),
        *("TableType", "Parameters", "TargetTable"),
    }
)
_PAGE = 1_000  # the most partitions per page
_SEGMENTS = 10  # the most parts of a table that can be read at once


class GlueCatalog:
    """One Glue table and its partitions."""

    add_size = 100
    drop_size = 25
    writers = 4  # Glue throttles writers sooner than readers

    def __init__(self, database: str, name: str, aws: Aws) -> None:
        self._database = database
        self._name = name
        self._aws = aws
        self._full_name = f"{database}.{name}"
        self._descriptor: StorageDescriptorOutputTypeDef | None = None

    @property
    def calls(self) -> Counter[str]:
        """Glue calls made so far."""
        return self._aws.calls_of(_CALLS)

    def table(self) -> Table | None:
        """The table in Glue."""
        with self._translate_errors():
            try:
                answer = self._aws.glue.get_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if error_code(error) == _MISSING:
                    return None
                raise
        table = answer["Table"]
        self._descriptor = table.get("StorageDescriptor", {})
        serde = self._descriptor.get("SerdeInfo", {})
        return Table(
            self._database,
            self._name,
            read_columns(self._descriptor.get("Columns", [])),
            read_columns(table.get("PartitionKeys", [])),
            self._descriptor.get("Location", ""),
            table.get("Parameters", {}),
            file_format(serde.get("SerializationLibrary", ""), serde.get("Parameters", {})),
        )

    def create(self, table: Table) -> None:
        """Create the table, and its database if needed; either may already exist.

        The table comes first: a user with the right to create tables in a database may not have
        the right to create databases.
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
        self.table()  # keep the descriptor as Glue stored it, before several writers need it

    def _create_table(self, table: Table) -> None:
        with _existing():
            self._aws.glue.create_table(DatabaseName=self._database, TableInput=table_input(table))

    def drop(self) -> None:
        """Delete the table; Glue deletes its partitions with it, and nothing in S3."""
        with self._translate_errors():
            try:
                self._aws.glue.delete_table(DatabaseName=self._database, Name=self._name)
            except ClientError as error:
                if error_code(error) != _MISSING:
                    raise
                raise TableMissingError.of(self._full_name) from error
        self._descriptor = None

    def change_properties(self, table: Table, properties: Mapping[str, str]) -> None:
        """Give the table other properties, all at once; everything else of it stays.

        Glue keeps the definition before as a version of the table.
        Source: https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html

        Args:
            table: the table as it was read.
            properties: all properties that it will have.

        Raises:
            TableMissingError: the table does not exist.
            CatalogError: the table has changed since it was read, or Glue refuses.
        """
        changed = CatalogError(
            f"table {self._full_name} was changed by somebody else at the same time, and is left "
            "as it is; run the command again"
        )
        with self._translate_errors():
            try:
                entry = self._aws.glue.get_table(DatabaseName=self._database, Name=self._name)
                live = entry["Table"]
                if dict(live.get("Parameters", {})) != dict(table.parameters):
                    raise changed
                given = {key: value for key, value in live.items() if key in _TABLE_INPUT}
                version = {"VersionId": live["VersionId"]} if "VersionId" in live else {}
                self._aws.glue.update_table(
                    DatabaseName=self._database,
                    TableInput={**given, "Parameters": dict(properties)},  # type: ignore[typeddict-item]
                    **version,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if error_code(error) == _MISSING:
                    raise TableMissingError.of(self._full_name) from error
                if error_code(error) == _CONCURRENT:
                    raise changed from error
                raise

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Registered partitions in scope, filtered by Glue as far as it can, and then here.

        If Glue cannot filter them, all partitions are read, in several segments at once.
        """
        request: GetPartitionsRequestPaginateTypeDef = {
            "DatabaseName": self._database,
            "TableName": self._name,
            "ExcludeColumnSchema": True,
            "PaginationConfig": {"PageSize": _PAGE},
        }
        expression = partition_expression(scope, shape)
        if expression:
            filtered = self._answers({**request, "Expression": expression}, scope, shape)
            with suppress(_RefusalError):
                yield _first_page(filtered)
                yield from filtered
                return
        # The pages of one request come one after the other, each with the token of the one before.
        # Segments are requests of their own, so ten of them wait for Glue at the same time.
        parts: list[SegmentTypeDef] = [
            {"SegmentNumber": number, "TotalSegments": _SEGMENTS} for number in range(_SEGMENTS)
        ]
        segments = [self._answers({**request, "Segment": part}, scope, shape) for part in parts]
        with read_ahead(segments, _SEGMENTS) as pages:
            yield from pages

    def some_partitions(self, most: int) -> dict[Values, str]:
        """Locations of some registered partitions by their values, in one call.

        Args:
            most: how many at most, up to 1,000.
        """
        with self._translate_errors():
            answer = self._aws.glue.get_partitions(
                DatabaseName=self._database,
                TableName=self._name,
                MaxResults=most,
                ExcludeColumnSchema=True,
            )
        return dict(map(_values_and_location, answer["Partitions"]))

    def describe(self, partitions: Sequence[Values]) -> dict[Values, Described]:
        """How some partitions are described; 1,000 per call."""
        found: dict[Values, Described] = {}
        with self._translate_errors():
            for start in range(0, len(partitions), _PAGE):
                answer = self._aws.glue.batch_get_partition(
                    DatabaseName=self._database,
                    TableName=self._name,
                    PartitionsToGet=[
                        {"Values": list(values)} for values in partitions[start : start + _PAGE]
                    ],
                )
                found |= dict(map(_values_and_description, answer.get("Partitions", [])))
        return found

    def _answers(
        self, request: "GetPartitionsRequestPaginateTypeDef", scope: Scope, shape: Shape
    ) -> Iterator[Page]:
        pages = self._aws.glue_listing.get_paginator("get_partitions").paginate(**request)
        with self._translate_errors():
            for page in pages:
                pairs = map(_values_and_location, page["Partitions"])
                yield [pair for pair in pairs if shape.includes(scope, pair[0])]

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register one batch; Glue reports errors per partition."""

        def call() -> Iterable[Refusal]:
            answer = self._aws.glue.batch_create_partition(
                DatabaseName=self._database,
                TableName=self._name,
                PartitionInputList=[self._input(change) for change in batch],
            )
            return [
                (entry["PartitionValues"], entry["ErrorDetail"])
                for entry in answer.get("Errors", [])
            ]

        return run_batch(batch, call, Status.ADDED, {_EXISTS: Status.EXISTED})

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point one batch at other locations, with the table's current descriptor."""

        def call() -> Iterable[Refusal]:
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

        return run_batch(batch, call, Status.RELOCATED, {})

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Remove one batch from the catalog."""

        def call() -> Iterable[Refusal]:
            answer = self._aws.glue.batch_delete_partition(
                DatabaseName=self._database,
                TableName=self._name,
                PartitionsToDelete=[{"Values": list(change.values)} for change in batch],
            )
            return [
                (entry["PartitionValues"], entry["ErrorDetail"])
                for entry in answer.get("Errors", [])
            ]

        return run_batch(batch, call, Status.DROPPED, {_MISSING: Status.DROPPED})

    def _input(self, change: Change) -> "PartitionInputTypeDef":
        copied: StorageDescriptorTypeDef = {
            **self._table_descriptor(),
            "Location": change.location,
        }
        return {"Values": list(change.values), "StorageDescriptor": copied}

    def _table_descriptor(self) -> "StorageDescriptorOutputTypeDef":
        """The table's descriptor, which every partition copies so that their schemas are alike."""
        if self._descriptor is None and self.table() is None:
            raise TableMissingError.of(self._full_name)
        return self._descriptor or {}

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        with translate_errors(f"Glue table {self._full_name}", CatalogError):
            yield


class _RefusalError(Exception):
    """Raised if Glue does not accept an expression."""


def _first_page(pages: Iterator[Page]) -> Page:
    """The first page of a filtered list.

    Glue refuses an expression if a key's name is a word of its parser, or if a registered value
    cannot be compared as the key's type (``2026/11/07`` as a date).

    Raises:
        _RefusalError: it does.
        CatalogError: the catalog cannot be read for another reason.
    """
    try:
        return next(pages, ())
    except CatalogError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and error_code(cause) in _REFUSALS:
            raise _RefusalError from error
        raise


def _values_and_location(entry: "PartitionTypeDef") -> tuple[Values, str]:
    return tuple(entry["Values"]), entry.get("StorageDescriptor", {}).get("Location", "")


def _values_and_description(entry: "PartitionTypeDef") -> tuple[Values, Described]:
    descriptor = entry.get("StorageDescriptor", {})
    serde = descriptor.get("SerdeInfo", {})
    return tuple(entry["Values"]), Described(
        file_format(serde.get("SerializationLibrary", ""), serde.get("Parameters", {})),
        read_columns(descriptor.get("Columns", [])),
        descriptor.get("Location", ""),
    )


@contextmanager
def _existing() -> Iterator[None]:
    """Ignore that something already exists, perhaps created by another process."""
    try:
        yield
    except ClientError as error:
        if error_code(error) != _EXISTS:
            raise


_CALLS = frozenset(
    {
        "GetTable",
        "GetPartitions",
        "BatchGetPartition",
        "BatchCreatePartition",
        "BatchUpdatePartition",
        "BatchDeletePartition",
        "CreateDatabase",
        "CreateTable",
        "DeleteTable",
        "UpdateTable",
    }
)
