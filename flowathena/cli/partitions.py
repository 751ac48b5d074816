"""``flowathena partitions``: plan, sync, list, status."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, LogFormat, Via, client
from flowathena.cli.show import show_coverage, show_list, show_plan, show_synced
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ExitCode, PartialFailureError, UsageError

if TYPE_CHECKING:
    from flowathena.inputs.selection import SelectionOptions

Ahead = Annotated[
    int,
    typer.Option(
        metavar="DAYS", min=0, max=366, help="Register today and so many days after it, unseen."
    ),
]
ByWhom = Annotated[
    Via, typer.Option(help="Glue's API, or statements that Athena runs where Glue is not allowed.")
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
    messages: options.Messages = LogFormat.TEXT,  # noqa: ARG001 - acts when it is read
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 when something is to be done.")
    ] = False,
) -> None:
    """Show what a sync would do; changes nothing (default window: 30 days)."""
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
    if exit_code and (planned.plan.add or planned.plan.relocate or planned.plan.stale):
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
        bool, typer.Option("--relocate", help="Point partitions at the folder with their logs.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Drop partitions whose folder holds no object any more."),
    ] = False,
    max_drop: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="Drop none where more than this of the registered ones would go (default: 10).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Drop more than --max-drop.")] = False,
    via: ByWhom = Via.GLUE,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    messages: options.Messages = LogFormat.TEXT,  # noqa: ARG001 - acts when it is read
    create: Annotated[
        bool,
        typer.Option("--create/--no-create", help="Create database and table where missing."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
) -> None:
    """Register the days that are stored and not registered (default window: 30 days).

    Changes the catalog: adds partitions, creates the table where there is none. Relocates and
    drops only when told to; never touches an object. Exits 4 when some partitions failed, or
    were not dropped for --max-drop.
    """
    from flowathena.partitions.apply import SyncInterruptedError
    from flowathena.partitions.repair import MAX_DROP_PERCENT, Repairs

    if not prune and (force or max_drop is not None):
        raise UsageError(f"{'--force' if force else '--max-drop'} is for --prune")
    flows = client(target, config, concurrency)
    percent = MAX_DROP_PERCENT if max_drop is None else max_drop
    repairs = Repairs(relocate=relocate, prune=prune, max_drop_percent=percent, force=force)
    looked_at: SelectionOptions = {
        "since": since,
        "until": until,
        "everything": everything,
        "account": account,
        "region": region,
        "ahead": ahead,
    }
    if dry_run:
        preview = flows.partitions.preview(
            repairs=repairs, create=create, via=via, watch=_watch, **looked_at
        )
        show_plan(preview, form)
        if not preview.table_exists:
            terminal.say(f"would create the table as this statement does:\n{flows.table.ddl()}")
        return
    try:
        synced = flows.partitions.sync(
            repairs=repairs, create=create, via=via, watch=_watch, **looked_at
        )
    except SyncInterruptedError as interrupt:
        show_synced(interrupt.synced, form)
        raise
    show_synced(synced, form)
    if synced.failed or synced.withheld:
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
    messages: options.Messages = LogFormat.TEXT,  # noqa: ARG001 - acts when it is read
) -> None:
    """List the registered partitions (default window: 30 days)."""
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
            help="Exit 3 when the newest object of an account and Region is older: 90m, 2h, 1d.",
        ),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code", help="Exit 3 when a day is missing, or there is nothing at all."
        ),
    ] = False,
    calendar: Annotated[
        bool | None,
        typer.Option(help="Show a line of days for each; on a terminal when left out."),
    ] = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    messages: options.Messages = LogFormat.TEXT,  # noqa: ARG001 - acts when it is read
) -> None:
    """Show what is stored and registered, by account and Region; changes nothing.

    Days are missing in the catalog (sync registers them) or in the storage (no object, though it
    is a day between the first known one and today). Default window: 30 days.
    """
    from flowathena.inputs.window import parse_duration

    oldest = parse_duration(max_age) if max_age is not None else None
    if max_age is not None and oldest is None:
        raise UsageError(f"--max-age: {max_age!r} is no duration; write 90m, 2h or 1d")
    found = client(target, config, concurrency).partitions.status(
        since=since,
        until=until,
        everything=everything,
        account=account,
        region=region,
        watch=_watch,
    )
    drawn = sys.stdout.isatty() if calendar is None else calendar
    show_coverage(found, form, oldest, calendar=drawn)
    stale = oldest is not None and (found.stale(oldest) or not found.places)
    if stale or (exit_code and not found.is_complete):
        raise typer.Exit(ExitCode.DRIFT)


def _watch(what: str, done: int, total: int) -> None:
    terminal.bar(what, done, total)
