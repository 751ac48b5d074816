"""What is stored and what is registered, read at the same time, and the plan that follows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from itertools import chain

from flowathena.aws.session import Aws
from flowathena.catalog import Catalog, Page, Repairable, open_catalog_via, wanted
from flowathena.catalog.placement import Misplacement, describe_misplaced, misplacements
from flowathena.concurrency import read_ahead
from flowathena.errors import StorageError, TableMismatchError, UsageError
from flowathena.inputs.selection import Selection
from flowathena.logs.fields import column_name
from flowathena.logs.layout import Layout, Partition, Scope, is_organization
from flowathena.partitions.absence import (
    describe_exclusion,
    describe_registered,
    describe_surroundings,
)
from flowathena.partitions.plan import PlanReport, diff
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.storage.origins import Unlisted
from flowathena.storage.surroundings import look_around
from flowathena.storage.walk import StoredPartitions, walk
from flowathena.target.target import Target

PhaseWatch = Callable[[str, int, int], None]
"""Follows progress: called with the phase (``listed``, ``written``), and how many of how many."""

_HOURS = range(24)
_READ = 10_000  # how many partitions are read to say what is registered instead
_PAGES_AHEAD = 64  # pages of the catalog that may wait while the storage is still being listed


class Survey:
    """One look at a target's storage and catalog.

    Args:
        target: the target.
        aws: its clients.
        via: how to write the catalog: one of ``catalog.VIAS``.
        watch: called as listing proceeds.

    Raises:
        UsageError: ``via`` is unknown, or Athena is to write a local table.
    """

    def __init__(self, target: Target, aws: Aws, via: str, watch: PhaseWatch) -> None:
        self.target = target
        self.catalog: Catalog = open_catalog_via(via, target, aws)
        self.workers = aws.concurrency
        self.aws = aws
        self._watch = watch

    @cached_property
    def storage(self) -> Storage:
        """The target's storage, opened when first needed."""
        return open_storage(self.target, self.aws)

    @property
    def table_name(self) -> str:
        """``database.table``."""
        return self.target.table_name

    @cached_property
    def wanted(self) -> Table:
        """The table that the target's settings ask for."""
        return wanted.wanted_table(self.target)

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        return self.storage.calls + self.catalog.calls

    def shape(self, table: Table | None) -> Shape:
        """The shape of the live table, or of the wanted one if there is none.

        Raises:
            TableMismatchError: it is not a flow-log table that can be read.
        """
        return wanted.target_table(table or self.wanted, self.target).shape

    def is_projected(self, table: Table | None) -> bool:
        """Whether Athena computes the partitions, so that there are none to register."""
        return table.projected if table else self.target.partitioning == "projection"

    def reads_as(self, shape: Shape, other: "Survey", table: Table | None) -> bool:
        """Whether another survey looks at the same folders, and names partitions as this one.

        Args:
            shape: the shape of this one's table.
            other: the other survey.
            table: its live table.
        """
        twin = other.shape(table)
        same_folders = self.target.location == other.target.location and (
            self.layout(shape) == other.layout(twin)
        )
        same_place = (shape.account, shape.region) == (twin.account, twin.region)
        return same_folders and shape.keys == twin.keys and same_place

    def registrable(self, table: Table | None) -> Shape:
        """The same as ``shape``, of a table whose partitions are registered.

        Raises:
            TableMismatchError: it uses partition projection, or cannot be read.
        """
        shape = self.shape(table)
        if self.is_projected(table):
            raise TableMismatchError(
                f"table {self.table_name} uses partition projection: Athena computes its "
                f"partitions, there are none to register; '{self._command('status')}' shows what "
                "they do not reach"
            )
        return shape

    def require_locations(self) -> None:
        """Make sure that the catalog says where partitions are.

        Raises:
            UsageError: it does not.
        """
        if not isinstance(self.catalog, Repairable):
            raise UsageError(
                "Athena does not show where partitions are: relocate and prune via glue"
            )

    def stored(self, table: Table | None, shape: Shape, scope: Scope) -> StoredPartitions:
        """The partitions that contain objects, and the places that cannot be listed.

        Raises:
            StorageError: no place can be listed.
        """
        narrowed = shape.restrict(scope)
        if narrowed is None:
            return StoredPartitions()
        return walk(
            self.storage,
            self.layout(shape),
            narrowed,
            shape.values,
            workers=self.workers,
            watch=partial(self._watch, "listed"),
            organization=self._organization(table, shape),
        )

    def _organization(self, table: Table | None, shape: Shape) -> str:
        """The organization folder that a table is over; empty if it has none or contains several.

        A table of one account, or a projection, has it in its location.
        """
        root = self.storage.location(self.layout(shape).root)
        location = (table or self.wanted).location
        name = location.removeprefix(root).partition("/")[0] if location.startswith(root) else ""
        return name if is_organization(name) else ""

    def registered(
        self, table: Table | None, shape: Shape, scope: Scope
    ) -> AbstractContextManager[Iterator[Page]]:
        """The registered partitions; inside the ``with`` block they are read ahead.

        So the catalog is read while the storage is listed.
        """
        narrowed = shape.restrict(scope)
        pages = [self.catalog.pages(narrowed, shape)] if table and narrowed else []
        return read_ahead(pages, _PAGES_AHEAD)

    def plan(
        self, table: Table | None, selection: Selection, today: date, before: Counter[str]
    ) -> PlanReport:
        """What would bring the catalog in step with the storage; see ``compare``."""
        return self.compare(table, selection, today, before)[0]

    def compare(
        self,
        table: Table | None,
        selection: Selection,
        today: date,
        before: Counter[str],
        stored: StoredPartitions | None = None,
    ) -> tuple[PlanReport, StoredPartitions]:
        """What would bring the catalog in step with the storage, and what is stored.

        Changes nothing.

        Args:
            table: the live table; None if there is none.
            selection: what to look at.
            today: the current day, UTC: a day registered for later is not stale.
            before: the calls made earlier, which are not the plan's.
            stored: what is stored, if that is known; None looks.

        Raises:
            StorageError: the logs cannot be listed.
            CatalogError: the catalog cannot be read, or the table is not one of ours.
        """
        shape = self.registrable(table)
        with self.registered(table, shape, selection.scope_ahead) as pages:
            stored = stored or self.stored(table, shape, selection.scope)
            ahead = self._ahead(shape, stored, selection.days_ahead)
            plan = diff(
                {**ahead, **stored.locations},
                chain.from_iterable(pages),
                normalize=shape.normalize if shape.normalizes else None,
                canonical=shape.canonical,
                is_ahead=lambda values: (day := shape.day_of(values)) is not None and day >= today,
                is_unknown=_unknown(shape, stored.unlisted),
            )
        # Days ahead that are registered already count as ahead, asked for or not.
        coming = ahead.keys() - stored.locations.keys()
        known = len(coming) - sum(change.values in coming for change in plan.add)
        plan = replace(plan, keep=plan.keep - known, ahead=plan.ahead + known)
        warnings = (
            *_warnings(self.target, table, shape, stored),
            *self.explain(shape, selection, stored),
            *describe_misplaced(
                self.misplaced(shape, ((c.values, c.location) for c in plan.stale)), self.target
            ),
        )
        report = PlanReport(
            target=self.target.name,
            table=self.table_name,
            keys=shape.names,
            table_exists=table is not None,
            window=selection.window,
            plan=plan,
            calls=self.calls - before,
            warnings=warnings,
            unlisted=tuple(stored.unlisted),
        )
        return report, stored

    def explain(
        self, shape: Shape, selection: Selection, stored: StoredPartitions
    ) -> tuple[str, ...]:
        """Why nothing is stored in a selection, as one message; none if something is.

        Raises:
            TableMismatchError: the selection has accounts (Regions), but the table's are unknown.
        """
        if stored.locations:
            return ()
        scope = shape.restrict(selection.scope)
        if scope is None:
            return (describe_exclusion(self.table_name, shape),)
        layout = self.layout(shape)
        try:
            around = look_around(self.storage, layout, scope, stored.origins, self.workers)
        except StorageError:  # an explanation must not fail an answer
            return ()
        root = self.storage.location(layout.root)
        nearest = describe_surroundings(around, root, selection.window, has_all=True)
        return (nearest,) if nearest else ()

    def explain_registered(
        self, table: Table, shape: Shape, selection: Selection
    ) -> tuple[str, ...]:
        """Why nothing in a selection is registered, as one message."""
        if shape.restrict(selection.scope) is None:
            return (describe_exclusion(self.table_name, shape),)
        own = Scope(accounts=frozenset(selection.accounts), regions=frozenset(selection.regions))
        days: list[date] = []
        others: dict[str, None] = {}
        complete = True
        with self.registered(table, shape, Scope()) as pages:
            read = 0
            for page in pages:
                if read >= _READ:
                    complete = False
                    break
                read += len(page)
                for values, _location in page:
                    day = shape.day_of(values)
                    if day and shape.includes(own, values):
                        days.append(day)
                    elif day:
                        others[" ".join(shape.account_and_region(values))] = None
        command = self._command("plan")
        return (
            describe_registered(days, tuple(others), selection.window, command, complete=complete),
        )

    def misplaced(
        self,
        shape: Shape,
        registered: Iterable[tuple[Values, str]],
        stored: Mapping[Values, str] | None = None,
    ) -> tuple[Misplacement, ...]:
        """Those registered partitions that read other logs than their values name."""
        return misplacements(registered, shape, self.target, stored)

    def _command(self, words: str) -> str:
        return self.target.command(f"partitions {words}")

    def layout(self, shape: Shape) -> Layout:
        """The layout of the folders that are a table's partitions."""
        return replace(self.target.folders, hourly=shape.is_hourly)

    def _ahead(
        self, shape: Shape, stored: StoredPartitions, days: tuple[date, ...]
    ) -> dict[Values, str]:
        """Location by values of the days ahead of every account and Region that has logs."""
        layout = self.layout(shape)
        # Of two places with the same values the one with the newest logs wins: it comes last.
        places = sorted(stored.newest_days, key=lambda place: stored.newest_days[place])
        return {
            shape.values(partition): self.storage.location(layout.prefix_of(partition))
            for place in places
            for day in days
            for hour in (_HOURS if shape.is_hourly else (None,))
            for partition in (
                Partition(place.account, place.region, day, hour, place.organization),
            )
        }


def _unknown(shape: Shape, unlisted: Sequence[Unlisted]) -> Callable[[Values, str], bool] | None:
    """Whether a registered partition may be in a place that was not listed; None if all were."""
    if not unlisted:
        return None
    return lambda values, location: any(
        place.covers(*shape.account_and_region(values), location) for place in unlisted
    )


def _warnings(
    target: Target, table: Table | None, shape: Shape, stored: StoredPartitions
) -> Iterator[str]:
    columns = list(shape.columns)
    fields = list(map(column_name, target.log_format))
    by_name = table is not None and table.file_format == "parquet"
    if table and (set(columns) != set(fields) if by_name else columns != fields):
        yield (
            f"table {table.full_name} has other columns than the target's log_format; "
            f"'{target.command('table diff')}' shows them"
        )
    for location in stored.duplicates:
        yield f"{location} contains a day that another folder contains too; only one is registered"
