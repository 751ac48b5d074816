"""What a catalog of tables and partitions is asked for, and the values it speaks in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from flowathena.shape import Shape, Values
from flowathena.storage.walk import Scope


@dataclass(frozen=True)
class Column:
    """A column or partition key: its name and Hive type (``int``, ``bigint``, ``string``)."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A flow-log table as the catalog knows it.

    Attributes:
        database: database name.
        name: table name.
        columns: record columns in order; a text table is read by position.
        partition_keys: partition keys in order.
        location: the table's own location (its partitions have theirs).
        parameters: table properties.
        file_format: ``text`` or ``parquet``; any other SerDe by its own name.
    """

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    file_format: str = "text"

    @property
    def projected(self) -> bool:
        """Whether Athena computes the partitions (partition projection) and reads no catalog's.

        Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
        """
        return self.parameters.get("projection.enabled", "").lower() == "true"

    @property
    def full_name(self) -> str:
        """``database.table``, for people."""
        return f"{self.database}.{self.name}"


class Status(StrEnum):
    """How registering one partition ended."""

    ADDED = "added"
    EXISTED = "existed"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """How registering one partition ended; ``error`` is told where it failed."""

    values: Values
    status: Status
    error: str = ""


class Catalog(Protocol):
    """One table of a catalog and its partitions."""

    batch_size: int
    """How many partitions one ``add`` takes at most."""

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        ...

    def table(self) -> Table | None:
        """The table; None when it, or its database, does not exist.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def create(self, table: Table) -> None:
        """Create the table, and its database, where they do not exist yet.

        Raises:
            CatalogError: the catalog refuses.
        """
        ...

    def drop(self) -> None:
        """Delete the table; its partitions go with it, the objects they point at stay.

        Raises:
            TableMissingError: there is no such table.
            CatalogError: the catalog refuses.
        """
        ...

    def partitions(self, scope: Scope, shape: Shape) -> dict[Values, str]:
        """Location of every registered partition in scope, by its values.

        Args:
            scope: what is looked at.
            shape: what the table's keys stand for.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def add(self, batch: Sequence[tuple[Values, str]]) -> list[Outcome]:
        """Register partitions with their locations; one outcome each, in order, never raises.

        A partition that is registered already has existed, whatever its location.
        """
        ...
