"""What a catalog of tables and partitions can do, and the values it takes and returns."""

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
    """What became of one partition."""

    ADDED = "added"
    EXISTED = "existed"
    RELOCATED = "relocated"
    DROPPED = "dropped"
    FAILED = "failed"


class Cause(StrEnum):
    """What a failure says about trying again."""

    ITEM = "item"
    """The catalog refuses this partition; others may be accepted."""
    TRANSIENT = "transient"
    """Throttling, or a fault of the service or the network: worth trying again."""
    OPERATION = "operation"
    """A permission or a limit: every call of this kind would fail."""
    ALL = "all"
    """Credentials or the table: every call would fail."""


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
    """What became of one partition; ``error`` and ``cause`` say why if it failed."""

    values: Values
    status: Status
    error: str = ""
    cause: Cause = Cause.ITEM


Page = Sequence[tuple[Values, str]]
"""Some registered partitions: values and location (empty if the catalog does not say)."""


class Catalog(Protocol):
    """One table of a catalog and its partitions."""

    add_size: int
    """How many partitions one ``add`` takes at most."""
    writers: int
    """How many batches may be written at once."""

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        ...

    def table(self) -> Table | None:
        """The table; None if it, or its database, does not exist.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def create(self, table: Table) -> None:
        """Create the table, and its database, unless they exist.

        Raises:
            CatalogError: the catalog refuses.
        """
        ...

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Every registered partition in scope, some at a time, in no order.

        Args:
            scope: which partitions.
            shape: the meaning of the table's keys.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        ...

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register partitions with their locations; one outcome each, in order; never raises.

        A partition that is registered already ``EXISTED``, whatever its location.
        """
        ...


@runtime_checkable
class Repairable(Catalog, Protocol):
    """A catalog that says where its partitions are, and can change and drop them."""

    drop_size: int
    """How many partitions one ``drop_partitions`` takes at most; ``relocate`` takes as ``add``."""

    def drop(self) -> None:
        """Delete the table and its partitions; the objects they point at stay.

        Raises:
            TableMissingError: there is no such table.
            CatalogError: the catalog refuses.
        """
        ...

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point registered partitions at another location; one outcome each; never raises."""
        ...

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Take partitions out of the catalog; objects stay; one outcome each; never raises.

        A partition that is no longer registered counts as dropped.
        """
        ...


def read_partitions(catalog: Catalog, scope: Scope, shape: Shape) -> dict[Values, str]:
    """Location of every registered partition in scope, by its values; raises as ``pages``."""
    return dict(chain.from_iterable(catalog.pages(scope, shape)))
