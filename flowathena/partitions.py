"""List what is stored, list what is registered, diff, apply."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from flowathena import tables
from flowathena.apply import Synced, apply
from flowathena.aws import Aws
from flowathena.catalog import Outcome, Table, open_catalog
from flowathena.errors import TableMismatchError, TableMissingError
from flowathena.plan import Change, Plan, Planned, diff
from flowathena.shape import Shape, Values
from flowathena.storage import Storage, open_storage
from flowathena.storage.walk import Scope, Stored, walk
from flowathena.target import Target
from flowathena.window import Window

DEFAULT_SINCE = "30d"


@dataclass(frozen=True)
class Registered:
    """Registered partitions: the names of the keys, and values with location in order."""

    keys: tuple[str, ...]
    partitions: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.partitions)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.partitions)


@dataclass(frozen=True)
class Extent:
    """Which partitions are planned: a window (None for all of time), accounts and Regions."""

    window: Window | None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """The days the window touches; no pad for late delivery."""
        window = self.window
        return Scope(
            window.first_day if window else None,
            window.last_day if window else None,
            frozenset(self.accounts),
            frozenset(self.regions),
        )


class SyncInterruptedError(KeyboardInterrupt):
    """Raised when a sync is interrupted; ``synced`` tells what was done until then."""

    def __init__(self, synced: Synced) -> None:
        super().__init__("interrupted")
        self.synced = synced


class Partitions:
    """The partitions of one target."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws
        self._catalog = open_catalog(target, aws)

    @cached_property
    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)

    def plan(self, extent: Extent) -> Planned:
        """What a sync would do; changes nothing.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is none of ours.
        """
        before = self._calls()
        return self._plan(self._catalog.table(), extent, before)

    def sync(self, extent: Extent, *, create: bool = True) -> Synced:
        """Register what is stored and not registered; nothing is relocated or dropped.

        Args:
            extent: which partitions.
            create: create table and database where they do not exist.

        Raises:
            TableMissingError: the table does not exist and create is false.
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is none of ours.
            SyncInterruptedError: interrupted; carries what was done.
        """
        began = time.monotonic()
        before = self._calls()
        table = self._catalog.table()
        if table is None and not create:
            raise TableMissingError(f"table {self._full_name} does not exist (--no-create)")
        planned = self._plan(table, extent, before)
        if table is None:
            self._catalog.create(self._wanted)
        outcomes: list[Outcome] = []
        interrupt: KeyboardInterrupt | None = None
        try:
            outcomes.extend(apply(planned.plan, self._catalog))
        except KeyboardInterrupt as error:
            interrupt = error
        synced = Synced(
            keys=planned.keys,
            outcomes=tuple(outcomes),
            calls=self._calls() - before,
            seconds=time.monotonic() - began,
            created=table is None,
            warnings=(*planned.warnings, *_left_alone(planned.plan)),
        )
        if interrupt:
            raise SyncInterruptedError(synced) from interrupt
        return synced

    def list(self, extent: Extent) -> Registered:
        """Every registered partition with its location, in order of the values.

        Raises:
            TableMissingError: the table does not exist.
            CatalogError: the catalog cannot be read.
        """
        table = self._catalog.table()
        if table is None:
            raise TableMissingError(
                f"table {self._full_name} does not exist; 'flowathena partitions sync' creates it"
            )
        shape = self._shape(table)
        registered = self._registered(shape, extent.scope)
        changes = tuple(Change(values, registered[values]) for values in sorted(registered))
        return Registered(shape.names, changes)

    def _plan(self, table: Table | None, extent: Extent, before: Counter[str]) -> Planned:
        shape = self._shape(table)
        stored = self._stored(shape, extent.scope)
        registered = self._registered(shape, extent.scope) if table else {}
        spelling = {shape.spelled(values): values for values in registered}
        locations = {
            spelling.get(values, values): location for values, location in stored.locations.items()
        }
        return Planned(
            target=self._target.name,
            table=self._full_name,
            keys=shape.names,
            table_exists=table is not None,
            window=extent.window,
            plan=diff(locations, registered),
            calls=self._calls() - before,
            warnings=tuple(_warnings(self._target, table, shape, stored)),
        )

    @cached_property
    def _wanted(self) -> Table:
        return tables.wanted(self._target)

    def _shape(self, table: Table | None) -> Shape:
        shape = tables.shape(table or self._wanted, self._target)
        if shape.projected if table else self._target.partitioning == "projection":
            raise TableMismatchError(
                f"table {self._full_name} uses partition projection: Athena computes its "
                "partitions, there are none to register"
            )
        return shape

    def _stored(self, shape: Shape, scope: Scope) -> Stored:
        narrowed = shape.narrowed(scope)
        if narrowed is None:
            return Stored()
        layout = replace(self._target.folders, hourly=shape.is_hourly)
        return walk(self._storage, layout, narrowed, shape.values)

    def _registered(self, shape: Shape, scope: Scope) -> dict[Values, str]:
        narrowed = shape.narrowed(scope)
        return self._catalog.partitions(narrowed, shape) if narrowed else {}

    def _calls(self) -> Counter[str]:
        return self._storage.calls + self._catalog.calls

    @property
    def _full_name(self) -> str:
        return f"{self._target.database}.{self._target.table}"


def _warnings(target: Target, table: Table | None, shape: Shape, stored: Stored) -> Iterator[str]:
    found = list(shape.columns)
    named = [field.replace("-", "_") for field in target.log_format]
    by_name = table is not None and table.file_format == "parquet"
    if table and (set(found) != set(named) if by_name else found != named):
        yield f"table {table.full_name} has other columns than the target's log_format"
    for location in stored.duplicates:
        yield f"{location} holds a day that another folder holds too; a partition has one folder"


def _left_alone(planned: Plan) -> list[str]:
    told = []
    if planned.relocate:
        told.append(f"{len(planned.relocate)} partitions point elsewhere; left as they are")
    if planned.stale:
        told.append(f"{len(planned.stale)} registered partitions hold no logs; left as they are")
    return told
