"""List what is stored, list what is registered, diff, apply."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flowathena import tables
from flowathena.apply import Synced, apply
from flowathena.aws import Aws
from flowathena.catalog import Outcome, Table, open_catalog
from flowathena.errors import TableMissingError
from flowathena.layout import Layout
from flowathena.plan import Change, Plan, Planned, diff
from flowathena.storage import Storage, open_storage
from flowathena.storage.walk import Scope, Stored, walk
from flowathena.target import Target
from flowathena.window import Window

DEFAULT_SINCE = "30d"


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
            self._catalog.create(tables.wanted(self._target))
        outcomes: list[Outcome] = []
        interrupt: KeyboardInterrupt | None = None
        try:
            outcomes.extend(apply(planned.plan, self._catalog))
        except KeyboardInterrupt as error:
            interrupt = error
        synced = Synced(
            outcomes=tuple(outcomes),
            calls=self._calls() - before,
            seconds=time.monotonic() - began,
            created=table is None,
            warnings=(*planned.warnings, *_left_alone(planned.plan)),
        )
        if interrupt:
            raise SyncInterruptedError(synced) from interrupt
        return synced

    def list(self, extent: Extent) -> tuple[Change, ...]:
        """Every registered partition with its location, in order of the values.

        Raises:
            TableMissingError: the table does not exist.
            CatalogError: the catalog cannot be read.
        """
        if self._catalog.table() is None:
            raise TableMissingError(
                f"table {self._full_name} does not exist; 'flowathena partitions sync' creates it"
            )
        registered = self._catalog.partitions(extent.scope)
        return tuple(Change(values, registered[values]) for values in sorted(registered))

    def _plan(self, table: Table | None, extent: Extent, before: Counter[str]) -> Planned:
        if table:
            tables.verify(table)
        stored = walk(self._storage, Layout(self._target.prefix), extent.scope)
        registered = self._catalog.partitions(extent.scope) if table else {}
        return Planned(
            target=self._target.name,
            table=self._full_name,
            table_exists=table is not None,
            window=extent.window,
            plan=diff(stored.locations, registered),
            calls=self._calls() - before,
            warnings=tuple(_warnings(self._target, table, stored)),
        )

    def _calls(self) -> Counter[str]:
        return self._storage.calls + self._catalog.calls

    @property
    def _full_name(self) -> str:
        return f"{self._target.database}.{self._target.table}"


def _warnings(target: Target, table: Table | None, stored: Stored) -> Iterator[str]:
    named = [column.name for column in tables.wanted(target).columns]
    if table and [column.name for column in table.columns] != named:
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
