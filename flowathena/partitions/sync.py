"""List what is stored, list what is registered, diff, apply."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from itertools import chain

from flowathena.aws.session import Aws
from flowathena.catalog import Catalog, Change, Outcome, Page, Repairable, open_catalog, wanted
from flowathena.catalog.athena import AthenaCatalog
from flowathena.concurrency import merged
from flowathena.errors import TableMismatchError, TableMissingError, UsageError
from flowathena.inputs.selection import Extent
from flowathena.logs.layout import Layout, Partition, Scope
from flowathena.partitions import coverage
from flowathena.partitions.apply import Synced, SyncInterruptedError, apply
from flowathena.partitions.coverage import Coverage
from flowathena.partitions.plan import Planned, Registered, diff
from flowathena.partitions.repair import Decision, Repairs, decide
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.storage.walk import Stored, walk
from flowathena.target.target import Target

VIAS = ("glue", "athena")
"""How partitions are registered: by Glue's API, or by statements that Athena runs."""
Watch = Callable[[str, int, int], None]
"""Told what goes on (``listed``, ``written``), and how many of how many are done."""

_NO_REPAIRS = Repairs()
_HOURS = range(24)
_PAGES_AHEAD = 64  # answers of the catalog that wait while the storage is still being listed


class Partitions:
    """The partitions of one target.

    Args:
        target: the target.
        aws: its clients.
        via: ``glue`` for Glue's API, ``athena`` for statements that Athena runs.
        watch: told how listing and writing go.

    Raises:
        UsageError: ``via`` is neither, or a local table is to be reached by Athena.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        via: str = "glue",
        watch: Watch = lambda _what, _done, _total: None,
    ) -> None:
        if via not in VIAS:
            raise UsageError(f"via: {via!r} is none of {', '.join(VIAS)}")
        if via == "athena" and target.is_local:
            raise UsageError("via athena: a local table is no table of Athena's")
        self._target = target
        self._aws = aws
        self._watch = watch
        self._catalog: Catalog = (
            AthenaCatalog(target, aws) if via == "athena" else open_catalog(target, aws)
        )

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

    def preview(
        self, extent: Extent, repairs: Repairs = _NO_REPAIRS, *, create: bool = True
    ) -> Planned:
        """The plan of a sync, with what its repairs would do; raises as ``sync``."""
        self._refuse_blind(repairs)
        before = self._calls()
        table = self._table(create=create)
        planned = self._plan(table, extent, before)
        decision = self._decided(planned, repairs)
        return replace(
            planned,
            calls=self._calls() - before,
            warnings=(*planned.warnings, *decision.warnings),
            steps=decision.steps,
        )

    def sync(
        self, extent: Extent, repairs: Repairs = _NO_REPAIRS, *, create: bool = True
    ) -> Synced:
        """Register what is stored and not registered; repair what is asked for.

        Args:
            extent: which partitions.
            repairs: what else to do.
            create: create table and database where they do not exist.

        Raises:
            UsageError: the catalog cannot be repaired, for it tells no locations.
            TableMissingError: the table does not exist and create is false.
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is none of ours.
            SyncInterruptedError: interrupted; carries what was done.
        """
        self._refuse_blind(repairs)
        began = time.monotonic()
        before = self._calls()
        table = self._table(create=create)
        planned = self._plan(table, extent, before)
        decision = self._decided(planned, repairs)
        if table is None:
            self._catalog.create(self._wanted)
        outcomes: dict[Values, Outcome] = {}
        interrupt: KeyboardInterrupt | None = None
        try:
            written = partial(self._watch, "written")
            apply(decision.steps, self._catalog, outcomes, watch=written)
        except KeyboardInterrupt as error:
            interrupt = error
        told = (outcomes.get(change.values) for change in decision.steps)
        synced = Synced(
            keys=planned.keys,
            outcomes=tuple(outcome for outcome in told if outcome),
            calls=self._calls() - before,
            seconds=time.monotonic() - began,
            created=table is None,
            withheld=decision.withheld,
            warnings=(*planned.warnings, *decision.warnings),
        )
        if interrupt:
            raise SyncInterruptedError(synced, str(interrupt)) from interrupt
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
        with self._registered(table, shape, extent.scope) as pages:
            found = sorted(chain.from_iterable(pages))
        return Registered(shape.names, tuple(Change(*pair) for pair in found))

    def status(self, extent: Extent, now: datetime) -> Coverage:
        """What is stored and what is registered, by account and Region; changes nothing.

        A table that Athena computes the partitions of has all that is stored.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is none of ours.
        """
        before = self._calls()
        table = self._catalog.table()
        shape = wanted.shape(table or self._wanted, self._target)
        projected = shape.projected if table else self._target.partitioning == "projection"
        known = None if projected else table
        with self._registered(known, shape, extent.scope) as pages:
            stored = self._stored(shape, extent.scope)
            registered = {shape.spelled(values) for values, _ in chain.from_iterable(pages)}
        found = coverage.measure(shape, stored.locations, None if projected else registered)
        places = tuple(coverage.newest(found, self._storage, self._aws.concurrency))
        return Coverage(
            target=self._target.name,
            table=self._full_name,
            window=extent.window,
            places=places,
            now=now,
            calls=self._calls() - before,
            table_exists=table is not None,
        )

    def _plan(self, table: Table | None, extent: Extent, before: Counter[str]) -> Planned:
        shape = self._shape(table)
        with self._registered(table, shape, extent.registered_scope) as pages:
            stored = self._stored(shape, extent.scope)
            ahead = self._ahead(shape, stored, extent)
            plan = diff(
                {**ahead, **stored.locations},
                chain.from_iterable(pages),
                spelled=shape.spelled if shape.respells else None,
                awaited=lambda values: (
                    (day := shape.day_of(values)) is not None and day >= extent.today
                ),
            )
        # Those ahead that are registered already: no different from those that nobody asked for.
        coming = ahead.keys() - stored.locations.keys()
        known = len(coming) - sum(change.values in coming for change in plan.add)
        plan = replace(plan, keep=plan.keep - known, ahead=plan.ahead + known)
        return Planned(
            target=self._target.name,
            table=self._full_name,
            keys=shape.names,
            table_exists=table is not None,
            window=extent.window,
            plan=plan,
            calls=self._calls() - before,
            warnings=tuple(_warnings(self._target, table, shape, stored)),
        )

    def _decided(self, planned: Planned, repairs: Repairs) -> Decision:
        return decide(planned.plan, repairs, self._storage, self._aws.concurrency)

    def _table(self, *, create: bool) -> Table | None:
        table = self._catalog.table()
        if table is None and not create:
            raise TableMissingError(f"table {self._full_name} does not exist (--no-create)")
        return table

    def _refuse_blind(self, repairs: Repairs) -> None:
        if (repairs.relocate or repairs.prune) and not isinstance(self._catalog, Repairable):
            raise UsageError("Athena tells no locations of partitions: relocate and prune via glue")

    def _ahead(self, shape: Shape, stored: Stored, extent: Extent) -> dict[Values, str]:
        """Location by values of the days ahead of every account and Region that has logs."""
        layout = self._layout(shape)
        # Of two places with the same values the one with the newest logs comes last, and stays.
        places = sorted(stored.places, key=lambda place: stored.places[place])
        return {
            shape.values(partition): self._storage.location(layout.prefix_of(partition))
            for place in places
            for day in extent.days_ahead
            for hour in (_HOURS if shape.is_hourly else (None,))
            for partition in (
                Partition(place.account, place.region, day, hour, place.organization),
            )
        }

    @cached_property
    def _wanted(self) -> Table:
        return wanted.wanted(self._target)

    def _shape(self, table: Table | None) -> Shape:
        shape = wanted.shape(table or self._wanted, self._target)
        if shape.projected if table else self._target.partitioning == "projection":
            raise TableMismatchError(
                f"table {self._full_name} uses partition projection: Athena computes its "
                "partitions, there are none to register"
            )
        return shape

    def _layout(self, shape: Shape) -> Layout:
        return replace(self._target.folders, hourly=shape.is_hourly)

    def _stored(self, shape: Shape, scope: Scope) -> Stored:
        narrowed = shape.narrowed(scope)
        if narrowed is None:
            return Stored()
        return walk(
            self._storage,
            self._layout(shape),
            narrowed,
            shape.values,
            workers=self._aws.concurrency,
            watch=partial(self._watch, "listed"),
        )

    def _registered(
        self, table: Table | None, shape: Shape, scope: Scope
    ) -> AbstractContextManager[Iterator[Page]]:
        """The registered partitions, read while the storage is listed."""
        narrowed = shape.narrowed(scope)
        pages = [self._catalog.pages(narrowed, shape)] if table and narrowed else []
        return merged(pages, _PAGES_AHEAD)

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
