"""List what is stored, list what is registered, diff, apply."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flowathena import apply, plan, tables
from flowathena.aws import Aws
from flowathena.catalog import Outcome, open_catalog
from flowathena.config import Target
from flowathena.errors import TableMissingError
from flowathena.layout import Layout
from flowathena.plan import Change, Plan, Planned
from flowathena.storage import open_storage
from flowathena.storage.walk import Scope, walk
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

    def __init__(self, synced: apply.Synced) -> None:
        super().__init__("interrupted")
        self.synced = synced


class Partitions:
    """The partitions of one target."""

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock
        self._catalog = open_catalog(target, aws)

    def plan(self, extent: Extent) -> Planned:
        """What a sync would do; changes nothing.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is none of ours.
        """
        storage = open_storage(self._target, self._aws)
        before = storage.calls + self._catalog.calls
        table = self._catalog.table()
        if table:
            tables.verify(table)
        stored = walk(storage, Layout(self._target.prefix), extent.scope)
        registered = self._catalog.partitions(extent.scope) if table else {}
        warnings = [
            f"{location} holds a day that is registered from another folder already"
            for location in stored.duplicates
        ]
        if table is None:
            warnings.append(f"table {self._full_name} does not exist yet; sync creates it")
        return Planned(
            target=self._target.name,
            table=self._full_name,
            window=extent.window,
            plan=plan.diff(stored.locations, registered),
            calls=storage.calls + self._catalog.calls - before,
            warnings=tuple(warnings),
        )

    def sync(self, extent: Extent, *, create: bool = True) -> apply.Synced:
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
        before = Counter(self._catalog.calls)
        if not create and self._catalog.table() is None:
            raise TableMissingError(f"table {self._full_name} does not exist (--no-create)")
        planned = self.plan(extent)
        listed = Counter(planned.calls)
        created = self._catalog.table() is None
        if created:
            self._catalog.create(tables.wanted(self._target))
        outcomes: list[Outcome] = []

        def synced() -> apply.Synced:
            return apply.Synced(
                outcomes=tuple(outcomes),
                calls=_calls(listed, self._catalog.calls - before),
                seconds=time.monotonic() - began,
                created=created,
                warnings=tuple(_warnings(planned.plan)),
            )

        try:
            outcomes.extend(apply.apply(planned.plan, self._catalog))
        except KeyboardInterrupt as error:
            raise SyncInterruptedError(synced()) from error
        return synced()

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

    @property
    def _full_name(self) -> str:
        return f"{self._target.database}.{self._target.table}"


def _calls(listed: Counter[str], catalog: Counter[str]) -> Counter[str]:
    """Listings of the plan, and every catalog call, those of the plan included."""
    return Counter({**listed, **catalog})


def _warnings(planned: Plan) -> list[str]:
    told = []
    if planned.relocate:
        told.append(f"{len(planned.relocate)} partitions point elsewhere; left as they are")
    if planned.stale:
        told.append(f"{len(planned.stale)} registered partitions hold no logs; left as they are")
    return told
