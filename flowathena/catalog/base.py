"""What a catalog of tables and partitions is asked for, and the values it speaks in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Protocol, runtime_checkable

from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table


class Status(StrEnum):
    """How it ended with one partition."""

    ADDED = "added"
    EXISTED = "existed"
    RELOCATED = "relocated"
    DROPPED = "dropped"
    FAILED = "failed"


class Cause(StrEnum):
    """What a failure says of a next try."""

    ITEM = "item"
    """The catalog refuses this partition; the others may pass."""
    TRANSIENT = "transient"
    """Throttled, a fault of the service or of the network: it may pass when tried again."""
    OPERATION = "operation"
    """A permission or a limit: it would be the same with every partition of this kind of call."""
    ALL = "all"
    """Credentials or the table: it would be the same with every call."""


@dataclass(frozen=True, slots=True)
class Change:
    """One partition to register, to relocate or to drop, with its location."""

    values: Values
    location: str

    def to_json(self, keys: Sequence[str]) -> dict[str, object]:
        """``{"values": {key: value}, "location"}``; ``keys`` are the names of the keys."""
        return {"values": named(keys, self.values), "location": self.location}


def named(keys: Sequence[str], values: Values) -> dict[str, str]:
    """Partition values by key name."""
    return dict(zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended with one partition; ``error`` and ``cause`` are told where it failed."""

    values: Values
    status: Status
    error: str = ""
    cause: Cause = Cause.ITEM


Page = Sequence[tuple[Values, str]]
"""Some registered partitions: values and location; an empty location is one that nobody tells."""


class Catalog(Protocol):
    """One table of a catalog and its partitions."""

    add_size: int
    """How many partitions one ``add`` takes at most."""
    writers: int
    """How many batches may be under way at once."""

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

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Every registered partition in scope, some at a time, in no order.

        Args:
            scope: what is looked at.
            shape: what the table's keys stand for.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register partitions with their locations; one outcome each, in order, never raises.

        A partition that is registered already has existed, whatever its location.
        """
        ...


@runtime_checkable
class Repairable(Catalog, Protocol):
    """A catalog that tells where its partitions are, and changes what is registered."""

    drop_size: int
    """How many partitions one ``drop_partitions`` takes at most; ``relocate`` takes as ``add``."""

    def drop(self) -> None:
        """Delete the table; its partitions go with it, the objects they point at stay.

        Raises:
            TableMissingError: there is no such table.
            CatalogError: the catalog refuses.
        """
        ...

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point registered partitions at another location; one outcome each, never raises."""
        ...

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Take partitions out of the catalog; objects stay; one outcome each, never raises.

        A partition that is registered no more is dropped.
        """
        ...


def read_partitions(catalog: Catalog, scope: Scope, shape: Shape) -> dict[Values, str]:
    """Location of every registered partition in scope, by its values; raises as ``pages``."""
    return dict(chain.from_iterable(catalog.pages(scope, shape)))
