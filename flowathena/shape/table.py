"""A table as a catalog knows it: columns, partition keys, location, properties. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
