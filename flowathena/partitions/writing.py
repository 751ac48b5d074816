"""Carries out the plan of one of a target's tables, and says what was done."""

from flowathena.catalog import Catalog, Cause, Change, Outcome, Status
from flowathena.catalog.drift import compare
from flowathena.catalog.flow_logs import recorded
from flowathena.concurrency import Watch
from flowathena.errors import CatalogError
from flowathena.partitions.apply import SyncReport, apply
from flowathena.partitions.outlook import TableOutlook
from flowathena.partitions.plan import Steps
from flowathena.partitions.repair import Decision
from flowathena.shape.shape import Values
from flowathena.shape.table import Table


def carry_out(
    outlook: TableOutlook, steps: Steps, watch: Watch, *, several: bool
) -> tuple[dict[Values, Outcome], KeyboardInterrupt | None]:
    """Create or complete one table, and apply the steps of its plan."""
    catalog, table = outlook.survey.catalog, outlook.table
    record = outlook.record
    if table is None:
        catalog.create(outlook.wanted)
    elif record != recorded(table) and (several or _is_ours(outlook, table)):
        try:
            catalog.change_properties(table, {**table.parameters, **record.properties})
        except CatalogError as error:
            if several:  # its rows would be read with those of another table
                return {c.values: _failed(c, error) for c in steps}, None
    return apply_steps(steps, catalog, watch)


def _is_ours(outlook: TableOutlook, table: Table) -> bool:
    """Whether a table is as flowathena makes it; others are not touched without need."""
    return recorded(table).is_kept or compare(outlook.survey.wanted, table).equal


def _failed(change: Change, error: CatalogError) -> Outcome:
    return Outcome(change.values, Status.FAILED, str(error), Cause.ALL)


def report(
    outlook: TableOutlook, decision: Decision, outcomes: dict[Values, Outcome], seconds: float
) -> SyncReport:
    """What was done to one table; the calls are counted for all of them."""
    ordered = (outcomes.get(change.values) for change in decision.steps)
    return SyncReport(
        keys=outlook.report.keys,
        outcomes=tuple(outcome for outcome in ordered if outcome),
        calls={},
        seconds=seconds,
        created=outlook.table is None,
        withheld=decision.withheld,
        warnings=(*outlook.report.warnings, *decision.warnings),
        unlisted=outlook.report.unlisted,
        table=outlook.survey.table_name,
    )


def apply_steps(
    steps: Steps, catalog: Catalog, watch: Watch
) -> tuple[dict[Values, Outcome], KeyboardInterrupt | None]:
    """The outcomes so far, and the interrupt that ended it; None if nothing did."""
    outcomes: dict[Values, Outcome] = {}
    try:
        apply(steps, catalog, outcomes, watch=watch)
    except KeyboardInterrupt as interrupt:
        return outcomes, interrupt
    return outcomes, None
