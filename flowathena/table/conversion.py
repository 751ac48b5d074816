"""Converts a live table to registered partitions or projection, step by step: ``partitioning``."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from flowathena.aws.session import Aws
from flowathena.catalog import GlueCatalog, open_catalog, read_partitions, wanted
from flowathena.catalog.wanted import Projection
from flowathena.errors import EngineError, StorageError, TableMismatchError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.reconcile import apply, plan
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.table.partitioning import (
    Conversion,
    Registrar,
    check_kind,
    day_forms,
    describe_unread,
    extend,
    kind_of,
    projected_table,
    registered_table,
    require_projectable,
    unread,
)
from flowathena.table.projection import ProjectionOptions, find_projection
from flowathena.table.resource import OneTable, is_changed
from flowathena.table.rewriting import Rewriting, plan_rewriting
from flowathena.table.views import find_views_over
from flowathena.target.target import Target


class Converter:
    """Converts the table of one target.

    Args:
        target: the target.
        aws: its clients.
        register: registers all partitions of a table that is not the live one yet.
        clock: returns the current time, aware.
    """

    def __init__(
        self, target: Target, aws: Aws, register: Registrar, clock: Callable[[], datetime]
    ) -> None:
        self._target = target
        self._aws = aws
        self._register = register
        self._clock = clock
        self._catalog = open_catalog(target, aws)

    def convert(
        self,
        kind: str,
        options: ProjectionOptions,
        confirmed: Callable[[Conversion], bool],
        *,
        dry_run: bool,
    ) -> Conversion:
        """Convert it: see ``TargetTable.convert``."""
        target = check_kind(kind, self._target)
        live = self._catalog.table()
        if live is None:
            raise TableMissingError.of(
                self._target.table_name, self._target.command("table create")
            )
        source = wanted.target_table(live, self._target)
        if kind_of(live) == kind:
            return self._finish(source, confirmed, dry_run=dry_run)
        if kind == "projection":
            return self._to_projection(source, target, options, confirmed, dry_run=dry_run)
        find_projection(target, options, live, self._storage)  # refuses options of a projection
        return self._to_registered(source, confirmed, dry_run=dry_run)

    def _to_projection(
        self,
        source: FlowTable,
        target: Target,
        options: ProjectionOptions,
        confirmed: Callable[[Conversion], bool],
        *,
        dry_run: bool,
    ) -> Conversion:
        require_projectable(source, target)  # before a million partitions are read
        registered = read_partitions(self._catalog, Scope(), source.shape)
        projection = self._projection(source, target, options, registered)
        table = projected_table(source, target, projection)
        after = wanted.flow_table(table, target)
        lost = tuple(unread(registered, source.shape, after, self._clock().astimezone(UTC)))
        if lost and not any(options.get(name) for name in ("account", "region", "since")):
            repair = self._target.command("partitions sync --all --relocate --prune")
            raise TableMismatchError(
                f"table {source.table.full_name} cannot be projected without losing logs: "
                f"{describe_unread(lost)[0]}; '{repair}' corrects what is registered elsewhere, "
                "and --account, --region and --since say what is to be read"
            )
        rewriting = plan_rewriting(self._target, self._aws, source, after)
        conversion = self._conversion("projection", source, after, rewriting)
        conversion = replace(conversion, unread=describe_unread(lost))
        if dry_run or not confirmed(conversion):
            return conversion
        for result in rewriting.carry_out():
            if result.error:
                raise EngineError(
                    f"view {result.operation.name}: {result.error}; table "
                    f"{source.table.full_name} is left as it is"
                ) from result.error
        return replace(conversion, changed=self._switch(source.table, table))

    def _to_registered(
        self, source: FlowTable, confirmed: Callable[[Conversion], bool], *, dry_run: bool
    ) -> Conversion:
        table = registered_table(source.table)
        after = wanted.flow_table(table, self._target)
        planned = self._register(table, dry_run=True)
        rewriting = plan_rewriting(self._target, self._aws, source, after)
        conversion = self._conversion("registered", source, after, rewriting)
        conversion = replace(conversion, registration=planned)
        if planned.unlisted:
            raise StorageError(
                f"table {source.table.full_name} stays as it is, for its partitions cannot all be "
                f"registered: {planned.unlisted[0]}"
            )
        if dry_run or not confirmed(conversion):
            return conversion
        # Tried again in full: minutes may have passed since the question.
        done = self._register(table, dry_run=False)
        conversion = replace(conversion, registration=done)
        if conversion.failed or done.unlisted:
            return conversion
        changed = self._switch(source.table, table)
        return replace(conversion, changed=changed, errors=_failures(rewriting) if changed else ())

    def _finish(
        self, source: FlowTable, confirmed: Callable[[Conversion], bool], *, dry_run: bool
    ) -> Conversion:
        """Write the views anew that a conversion to ``registered`` has left as they were."""
        live, kind = source.table, kind_of(source.table)
        nothing = Conversion(live.full_name, kind, kind)
        if live.projected or "projection.enabled" not in live.parameters:
            return nothing
        projected = replace(live, parameters={**live.parameters, "projection.enabled": "true"})
        try:
            before = wanted.flow_table(projected, self._target)
        except TableMismatchError:  # what is left of a projection says nothing
            return nothing
        rewriting = plan_rewriting(self._target, self._aws, before, source)
        conversion = replace(nothing, rewritten=rewriting.names)
        if dry_run or not rewriting.names:
            return conversion
        if not confirmed(conversion):
            return nothing
        return replace(conversion, errors=_failures(rewriting))

    def _projection(
        self,
        source: FlowTable,
        target: Target,
        options: ProjectionOptions,
        registered: Mapping[Values, str],
    ) -> Projection:
        """As asked; else with all that the bucket and the registered partitions have."""
        found = find_projection(target, options, source.table, self._storage)
        assert found is not None  # noqa: S101 - the target asks for a projection
        whole = extend(found, registered.items(), source.shape)
        return replace(
            found,
            accounts=found.accounts if options.get("account") else whole.accounts,
            regions=found.regions if options.get("region") else whole.regions,
            first_day=found.first_day if options.get("since") else whole.first_day,
        )

    def _conversion(
        self, kind: str, source: FlowTable, after: FlowTable, rewriting: Rewriting
    ) -> Conversion:
        views, _ = find_views_over(self._target, self._aws)
        before, changed = source.table.parameters, after.table.parameters
        return Conversion(
            source.table.full_name,
            kind,
            kind_of(source.table),
            properties={
                name: value for name, value in changed.items() if before.get(name) != value
            },
            days=day_forms(source.shape, after.shape),
            views=tuple(name for name in views if name not in rewriting.right),
            rewritten=rewriting.names,
        )

    def _switch(self, live: Table, table: Table) -> bool:
        """Change the properties of the live table, in one call."""
        catalog = GlueCatalog(self._target.database, self._target.table, self._aws)
        change = partial(catalog.change_properties, live, table.parameters)
        resource = OneTable(table, live, change)
        return is_changed(apply(resource, plan(resource)))

    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)


def _failures(rewriting: Rewriting) -> tuple[str, ...]:
    """Write views anew; why some are left as they were."""
    failed = [each for each in rewriting.carry_out() if each.error]
    return tuple(f"view {each.operation.name}: {each.error}" for each in failed)
