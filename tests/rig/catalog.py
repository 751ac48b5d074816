"""Glue's tables as values an executor can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import JsonRESTError

from tests.rig import backends
from tests.rig.descriptors import LAZY_SIMPLE, PARQUET_SERDE


@dataclass(frozen=True)
class Column:
    """A column and its Hive type."""

    name: str
    type: str


@dataclass(frozen=True)
class Partition:
    """A registered partition."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Table:
    """A table at one moment, with every partition registered then."""

    database: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]
    location: str
    partitions: tuple[Partition, ...]
    serde: str
    serde_parameters: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether LazySimpleSerDe reads it."""
        return self.serde == LAZY_SIMPLE

    @property
    def is_parquet(self) -> bool:
        """Whether its files are Parquet."""
        return self.serde == PARQUET_SERDE

    @property
    def delimiter(self) -> str:
        """The field delimiter of a text table; Hive's own is Ctrl-A."""
        given = self.serde_parameters
        return given.get("field.delim") or given.get("serialization.format") or "\x01"

    @property
    def null_text(self) -> str:
        r"""The text that stands for NULL; Hive's own is ``\N``."""
        return self.serde_parameters.get("serialization.null.format", "\\N")

    @property
    def header_lines(self) -> int:
        """How many lines to skip at the start of each file."""
        return int(self.parameters.get("skip.header.line.count", "0"))

    @property
    def projected(self) -> bool:
        """Whether the partitions are computed, not registered."""
        return self.parameters.get("projection.enabled", "false").lower() == "true"


def _columns(given: list[dict[str, Any]] | None) -> tuple[Column, ...]:
    return tuple(Column(item["Name"].lower(), item["Type"].lower()) for item in given or ())


def _partition(stored: dict[str, Any]) -> Partition:
    descriptor = stored.get("StorageDescriptor") or {}
    return Partition(tuple(stored["Values"]), descriptor.get("Location", ""))


def read_table(region: str, database: str, name: str) -> Table | None:
    """Give a table of the Glue catalogue, or nothing."""
    with backends.LOCK:
        try:
            table = backends.glue(region).get_table(database.lower(), name.lower())
        except JsonRESTError:
            return None
        stored = table.as_dict()
        partitions = [item.as_dict() for item in table.partitions.values()]
    descriptor = stored.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    return Table(
        database=database.lower(),
        name=name.lower(),
        columns=_columns(descriptor.get("Columns")),
        keys=_columns(stored.get("PartitionKeys")),
        location=descriptor.get("Location", ""),
        partitions=tuple(_partition(item) for item in partitions),
        serde=serde.get("SerializationLibrary", ""),
        serde_parameters=serde.get("Parameters") or {},
        parameters=stored.get("Parameters") or {},
    )


def has_database(region: str, database: str) -> bool:
    """Whether a database exists."""
    return database.lower() in backends.glue(region).databases
