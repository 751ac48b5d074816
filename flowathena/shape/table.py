"""A table in a catalog: columns, partition keys, location, properties. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

HEADER_COUNT = "skip.header.line.count"
"""The property of a text table that says how many lines of every file are no records."""


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
    def skipped_lines(self) -> int:
        """How many lines at the beginning of every file a text table skips."""
        count = self.parameters.get(HEADER_COUNT, "").strip()
        return int(count) if count.isdecimal() else 0

    @property
    def full_name(self) -> str:
        """``database.table``."""
        return f"{self.database}.{self.name}"
