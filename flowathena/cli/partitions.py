"""``flowathena partitions``: plan, sync, list, status."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, Via, client
from flowathena.cli.show import show_coverage, show_list, show_plan, show_synced
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ExitCode, PartialFailureError, UsageError

if TYPE_CHECKING:
    from flowathena.inputs.selection import SelectionOptions

Ahead = Annotated[
    int,
    typer.Option(
        metavar="DAYS",
        min=0,
        max=366,
        help="Also register today and this many days after it, before logs arrive.",
    ),
]
ByWhom = Annotated[
    Via, typer.Option(help="Glue's API, or statements run by Athena where Glue is not allowed.")
]

app = typer.Typer(help="Plan, sync, list and check the date partitions of the table.")


@app.command()
def plan(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    ahead: Ahead = 0,
    via: ByWhom = Via.GLUE,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if there is anything to do.")
    ] = False,
) -> None:
    """Show what sync would do; changes nothing.

    Exits 4 if an account or Region could not be listed. Default window: 30 days.
    """
    planned = client(target, config, concurrency).partitions.plan(
        since=since,
        until=until,
        everything=everything,
        account=account,
        region=region,
        ahead=ahead,
        via=via,
        watch=_watch,
    )
    show_plan(planned, form)
    if planned.unlisted or planned.withheld:
        raise PartialFailureError
    if exit_code and not planned.is_empty:
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def sync(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    ahead: Ahead = 0,
    relocate: Annotated[
        bool,
        typer.Option("--relocate", help="Point partitions at the folder that contains their logs."),
    ] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Drop partitions whose folder no longer contains objects; replace those spelled "
            "differently from it (US-EAST-1).",
        ),
    ] = False,
    max_drop: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="Drop none if they exceed this share of the registered partitions (default: 10).",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Drop more than --max-drop allows.")
    ] = False,
    via: ByWhom = Via.GLUE,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    create: Annotated[
        bool,
        typer.Option("--create/--no-create", help="Create database and tables that do not exist."),
    ] = True,
    dry_run: options.DryRun = False,
) -> None:
    """Register the days that are stored but not registered.

    Changes the catalog: adds partitions, and creates the table if there is none. Records of a
    format that no table of the target is for get a table of their own, a further source in the
    configuration. Relocates and
    drops only with --relocate and --prune; never touches an object. Exits 4 if some partitions
    failed, or were not dropped because of --max-drop, or if an account or Region could not be
    listed. Default window: 30 days.
    """
    from flowathena.partitions.apply import SyncInterruptedError
    from flowathena.partitions.repair import MAX_DROP_PERCENT, Repairs

    if not prune and (force or max_drop is not None):
        raise UsageError(f"{'--force' if force else '--max-drop'} needs --prune")
    flows = client(target, config, concurrency)
    percent = MAX_DROP_PERCENT if max_drop is None else max_drop
    repairs = Repairs(relocate=relocate, prune=prune, max_drop_percent=percent, force=force)
    selection: SelectionOptions = {
        "since": since,
        "until": until,
        "everything": everything,
        "account": account,
        "region": region,
        "ahead": ahead,
    }
    if dry_run:
        preview = flows.partitions.preview(
            repairs=repairs, create=create, via=via, watch=_watch, **selection
        )
        show_plan(preview, form)
        for each in (preview, *preview.further):
            if each.statement:
                name = f" {each.table}" if preview.further else ""
                terminal.block(
                    f"would create the table{name} with this statement:\n{each.statement}"
                )
        if preview.unlisted or preview.withheld:
            raise PartialFailureError
        return
    try:
        synced = flows.partitions.sync(
            repairs=repairs, create=create, via=via, watch=_watch, **selection
        )
    except SyncInterruptedError as interrupt:
        show_synced(interrupt.synced, form)
        raise
    show_synced(synced, form)
    if not synced.is_complete:
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
    via: ByWhom = Via.GLUE,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the registered partitions.

    Default window: 30 days.
    """
    registered = client(target, config).partitions.list(
        since=since, until=until, everything=everything, account=account, region=region, via=via
    )
    show_list(registered, form)


@app.command()
def status(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    max_age: Annotated[
        str | None,
        typer.Option(
            metavar="AGE",
            help="Exit 3 if an account and Region has no newer object than this: 90m, 2h, 1d.",
        ),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Exit 3 if a day is missing or misplaced, or if there is nothing at all.",
        ),
    ] = False,
    calendar: Annotated[
        bool | None,
        typer.Option(
            help="Show a line of days for each account and Region (default: on a terminal)."
        ),
    ] = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show stored and registered days by account and Region.

    A day is missing in the catalog (sync registers it) or in storage (no object, although it lies
    between the first known day and today); misplaced if its partition does not point at its logs;
    twice if it is registered under two spellings. Changes nothing. Exits 4 if an account or Region
    could not be listed. Default window: 30 days.
    """
    from flowathena.inputs.window import parse_duration

    limit = parse_duration(max_age) if max_age is not None else None
    if max_age is not None and limit is None:
        raise UsageError(f"--max-age: {max_age!r} is not a valid duration; use 90m, 2h or 1d")
    coverage = client(target, config, concurrency).partitions.status(
        since=since,
        until=until,
        everything=everything,
        account=account,
        region=region,
        watch=_watch,
    )
    with_calendar = sys.stdout.isatty() if calendar is None else calendar
    show_coverage(coverage, form, limit, calendar=with_calendar)
    if coverage.failed:
        raise PartialFailureError
    stale = limit is not None and (coverage.stale(limit) or not coverage.places)
    if stale or (exit_code and not coverage.is_complete):
        raise typer.Exit(ExitCode.DRIFT)


def _watch(what: str, done: int, total: int) -> None:
    terminal.bar(what, done, total)
