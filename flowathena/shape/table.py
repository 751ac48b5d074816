"""A table in a catalog: columns, partition keys, location, properties. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """A column or partition key: its name and Hive type (``int``, ``bigint``, ``string``)."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A flow-log table in a catalog.

    Attributes:
        database: database name.
        name: table name.
        columns: record columns in order; the columns of a text table are read by position.
        partition_keys: partition keys in order.
        location: the table's own location; each partition has another.
        parameters: table properties.
        file_format: ``text`` or ``parquet``; the name of any other SerDe.
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
        """Whether Athena computes the partitions (partition projection), ignoring registered ones.

        Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
        """
        return self.parameters.get("projection.enabled", "").lower() == "true"

    @property
    def full_name(self) -> str:
        """``database.table``."""
        return f"{self.database}.{self.name}"
