"""``flowathena partitions``: plan, sync, list, status."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import fleet, options, terminal
from flowathena.cli.archive_work import choose_steps, preview_with, sync_with
from flowathena.cli.options import ListFormat, Via, client
from flowathena.cli.partition_work import Measuring, Planning, Preview, Syncing
from flowathena.cli.show import show_list
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import UsageError

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
    target: fleet.Targets = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    account: options.Accounts = None,
    region: options.Regions = None,
    ahead: Ahead = 0,
    via: ByWhom = Via.GLUE,
    at_once: fleet.AtOnce = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if there is anything to do.")
    ] = False,
) -> None:
    """Show what sync would do; changes nothing.

    Exits 4 if an account or Region could not be listed. Default window: 30 days.
    """
    selection: SelectionOptions = {
        "since": since,
        "until": until,
        "everything": everything,
        "account": account,
        "region": region,
        "ahead": ahead,
    }
    work = Planning(selection=selection, via=via, with_code=exit_code)
    fleet.carry_out(work, target, config, form, at_once, concurrency)


@app.command()
def sync(
    target: fleet.Targets = None,
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
    at_once: fleet.AtOnce = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    create: Annotated[
        bool,
        typer.Option("--create/--no-create", help="Create database and tables that do not exist."),
    ] = True,
    archive: Annotated[
        bool,
        typer.Option("--archive", help="Then archive the days that are closed: 'archive run'."),
    ] = False,
    rollup: Annotated[
        bool,
        typer.Option("--rollup", help="Then roll up the days that are closed: 'archive rollup'."),
    ] = False,
    dry_run: options.DryRun = False,
) -> None:
    """Register the days that are stored but not registered.

    Changes the catalog: adds partitions, and creates the table if there is none. Records of a
    format that no table of the target is for get a table of their own, a further source in the
    configuration. Relocates and
    drops only with --relocate and --prune; never touches an object. Exits 4 if some partitions
    failed, or were not dropped because of --max-drop, if an account or Region could not be listed,
    or if --archive or --rollup left something: the others are done. Default window: 30 days.
    """
    from flowathena.partitions.repair import MAX_DROP_PERCENT, Repairs

    if not prune and (force or max_drop is not None):
        raise UsageError(f"{'--force' if force else '--max-drop'} needs --prune")
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
    options_of_work: dict[str, Any] = {
        "selection": selection,
        "via": via,
        "repairs": repairs,
        "create": create,
    }
    steps = choose_steps(archive=archive, rollup=rollup)
    if dry_run:
        work = preview_with(Preview(**options_of_work), steps)
    else:
        work = sync_with(Syncing(**options_of_work), steps)
    fleet.carry_out(work, target, config, form, at_once, concurrency)


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
    target: fleet.Targets = None,
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
    at_once: fleet.AtOnce = None,
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
    selection: SelectionOptions = {
        "since": since,
        "until": until,
        "everything": everything,
        "account": account,
        "region": region,
    }
    with_calendar = terminal.on_screen() if calendar is None else calendar
    work = Measuring(
        selection=selection, limit=limit, with_code=exit_code, with_calendar=with_calendar
    )
    fleet.carry_out(work, target, config, form, at_once, concurrency)
