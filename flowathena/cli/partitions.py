"""``flowathena partitions``: plan, sync, list."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.settings import client
from flowathena.errors import PartialFailureError

if TYPE_CHECKING:
    from flowathena.apply import Synced
    from flowathena.plan import Change, Planned

_DRIFT = 3
_FAILURES_TOLD = 20


class _Extent(TypedDict):
    since: str | None
    until: str | None
    everything: bool
    account: list[str] | None
    region: list[str] | None


app = typer.Typer(help="Plan, sync and list the date partitions of the table.")


@app.command()
def plan(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    form: options.Format = ListFormat.TABLE,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 when something is to be done.")
    ] = False,
) -> None:
    """Show what a sync would do; changes nothing (default window: 30 days)."""
    planned = client(target, config).partitions.plan(
        since=since, until=until, everything=everything, account=account, region=region
    )
    _show_plan(planned, form)
    if exit_code and (planned.plan.add or planned.plan.relocate or planned.plan.stale):
        raise typer.Exit(_DRIFT)


@app.command()
def sync(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    form: options.Format = ListFormat.TABLE,
    create: Annotated[
        bool,
        typer.Option("--create/--no-create", help="Create database and table where missing."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
) -> None:
    """Register the days that are stored and not registered (default window: 30 days).

    Changes the catalog: adds partitions, creates the table where there is none. Never deletes.
    """
    from flowathena.partitions import SyncInterruptedError

    flows = client(target, config)
    extent: _Extent = {
        "since": since,
        "until": until,
        "everything": everything,
        "account": account,
        "region": region,
    }
    if dry_run:
        planned = flows.partitions.plan(**extent)
        _show_plan(planned, form)
        if not planned.table_exists and create:
            terminal.say(f"would create the table as this statement does:\n{flows.table.ddl()}")
        return
    try:
        synced = flows.partitions.sync(**extent, create=create)
    except SyncInterruptedError as interrupt:
        _show_synced(interrupt.synced, form)
        raise
    _show_synced(synced, form)
    if synced.failed:
        raise PartialFailureError


@app.command("list")
def list_(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the registered partitions (default window: 30 days)."""
    from flowathena.output import to_json

    registered = client(target, config).partitions.list(
        since=since, until=until, everything=everything, account=account, region=region
    )
    if form is ListFormat.JSON:
        terminal.text(to_json([change.to_json(registered.keys) for change in registered]))
        return
    terminal.text(_table(registered.keys, [("", change) for change in registered]))
    terminal.say(f"{len(registered)} partitions")


def _show_plan(planned: "Planned", form: ListFormat) -> None:
    from flowathena.output import to_json

    for warning in planned.warnings:
        terminal.warn(warning)
    if not planned.table_exists:
        terminal.say(f"table {planned.table} does not exist yet; sync creates it")
    plan = planned.plan
    if form is ListFormat.JSON:
        terminal.text(to_json(planned.to_json()))
    else:
        changes = [
            *(("add", change) for change in plan.add),
            *(("relocate", change) for change in plan.relocate),
            *(("stale", change) for change in plan.stale),
        ]
        if changes:
            terminal.text(_table(planned.keys, changes))
    terminal.say(
        f"{planned.table}: add {len(plan.add)}, relocate {len(plan.relocate)}, "
        f"stale {len(plan.stale)}, keep {plan.keep} ({_calls(planned.calls)})"
    )


def _show_synced(synced: "Synced", form: ListFormat) -> None:
    from flowathena.catalog import Status
    from flowathena.output import table, to_json

    if synced.created:
        terminal.say("created the table")
    for warning in synced.warnings:
        terminal.warn(warning)
    for outcome in synced.failed[:_FAILURES_TOLD]:
        terminal.fail(f"partition {'/'.join(outcome.values)}: {outcome.error}")
    if len(synced.failed) > _FAILURES_TOLD:
        terminal.fail(f"… and {len(synced.failed) - _FAILURES_TOLD} more (--format json has all)")
    summary = (
        f"added {synced.count(Status.ADDED)}, existed {synced.count(Status.EXISTED)}, "
        f"failed {len(synced.failed)}"
    )
    if form is ListFormat.JSON:
        terminal.text(to_json(synced.to_json()))
    elif synced.outcomes:
        rows = [[outcome.status, *outcome.values] for outcome in synced.outcomes]
        terminal.text(table(["outcome", *synced.keys], rows))
    terminal.say(f"{summary} ({_calls(synced.calls)}, {synced.seconds:.1f} s)")


def _table(keys: tuple[str, ...], changes: "list[tuple[str, Change]]") -> str:
    from flowathena.output import table

    marked = any(mark for mark, _ in changes)
    names = [*(["change"] if marked else []), *keys, "location"]
    rows = [
        [*([mark] if marked else []), *change.values, change.location] for mark, change in changes
    ]
    return table(names, rows)


def _calls(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(calls.items())) or "no calls"
