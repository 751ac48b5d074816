"""The protocols of a catalog of tables and partitions, and their values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol, runtime_checkable

from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table


class Status(StrEnum):
    """What happened to one partition."""

    ADDED = "added"
    EXISTED = "existed"
    RELOCATED = "relocated"
    DROPPED = "dropped"
    FAILED = "failed"


class Cause(StrEnum):
    """What a failure concerns, and so what to try next."""

    ITEM = "item"
    """This partition; others may succeed."""
    TRANSIENT = "transient"
    """Nothing in particular (throttling, a service or network error): a retry may succeed."""
    OPERATION = "operation"
    """This operation (a permission, a limit): it would fail for every partition."""
    ALL = "all"
    """Every operation (the credentials, the table)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One partition to register, relocate or drop, with its location."""

    values: Values
    location: str

    def to_json(self, keys: Sequence[str]) -> dict[str, object]:
        """``{"values": {key: value}, "location"}``; ``keys`` are the names of the keys."""
        return {"values": values_by_key(keys, self.values), "location": self.location}


def values_by_key(keys: Sequence[str], values: Values) -> dict[str, str]:
    """Partition values by key name."""
    return dict(zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one partition; ``error`` and ``cause`` are set if it failed."""

    values: Values
    status: Status
    error: str = ""
    cause: Cause = Cause.ITEM


@dataclass(frozen=True)
class Described:
    """How a catalog describes one partition, which its engine reads it by.

    Attributes:
        file_format: ``text`` or ``parquet``; the name of any other SerDe.
        columns: the columns in order.
        location: where it is; empty if unknown.
    """

    file_format: str
    columns: tuple[Column, ...]
    location: str = ""


Page = Sequence[tuple[Values, str]]
"""Some registered partitions: values and location; an empty location is unknown."""


class Registry(Protocol):
    """What tells the registered partitions of a table."""

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Every registered partition in scope, in pages and in no particular order.

        Args:
            scope: which partitions.
            shape: what the table's keys stand for.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...


class Catalog(Registry, Protocol):
    """One table of a catalog and its partitions."""

    add_size: int
    """The most partitions that one ``add`` accepts."""
    writers: int
    """How many batches may be written at once."""

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        ...

    def table(self) -> Table | None:
        """The table; None if it or its database does not exist.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def create(self, table: Table) -> None:
        """Create the table and its database, unless they exist.

        Raises:
            CatalogError: the catalog refuses.
        """
        ...

    def change_properties(self, table: Table, properties: Mapping[str, str]) -> None:
        """Give the table other properties; everything else of it stays.

        Args:
            table: the table as it was read.
            properties: all properties that it will have.

        Raises:
            CatalogError: the catalog refuses, or the table has changed since it was read.
        """
        ...

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register partitions with their locations; never raises.

        Returns one outcome each, in order. A partition that is already registered, with any
        location, has the status ``existed``.
        """
        ...


@runtime_checkable
class Repairable(Catalog, Protocol):
    """A catalog that knows the locations of its partitions and can change them."""

    drop_size: int
    """The most partitions that one ``drop_partitions`` accepts; for ``relocate``, ``add_size``."""

    def drop(self) -> None:
        """Delete the table with its partitions; the objects they point at remain.

        Raises:
            TableMissingError: the table does not exist.
            CatalogError: the catalog refuses.
        """
        ...

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point registered partitions at other locations; one outcome each, never raises."""
        ...

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Remove partitions from the catalog; one outcome each, never raises.

        Their objects remain. A partition that is no longer registered has the status ``dropped``.
        """
        ...


@runtime_checkable
class Describing(Protocol):
    """A catalog whose partitions have descriptions of their own, beside the table's."""

    def describe(self, partitions: Sequence[Values]) -> dict[Values, Described]:
        """How some partitions are described; those that are not registered are left out.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...


def read_partitions(catalog: Registry, scope: Scope, shape: Shape) -> dict[Values, str]:
    """Location of every registered partition in scope by its values; raises what ``pages`` does."""
    return dict(chain.from_iterable(catalog.pages(scope, shape)))
