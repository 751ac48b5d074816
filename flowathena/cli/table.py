"""``flowathena table``: ddl, create, diff, drop."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, projections, terminal
from flowathena.cli.init import adopt
from flowathena.cli.options import ListFormat, Via, client
from flowathena.errors import ExitCode, UsageError
from flowathena.target.target import CHOICES

if TYPE_CHECKING:
    from flowathena.catalog.drift import Difference
    from flowathena.table.manage import Creation, Drop

app = typer.Typer(help="Print, create, compare, adopt and drop the table.")
app.command("adopt")(adopt)


def _override(setting: str) -> str:
    return f"Instead of the target's: {', '.join(CHOICES[setting])}."


@app.command()
def ddl(
    target: options.Target = None,
    config: options.Config = None,
    file_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help=_override("file_format"))
    ] = None,
    layout: Annotated[str | None, typer.Option(metavar="LAYOUT", help=_override("layout"))] = None,
    partitioning: Annotated[
        str | None, typer.Option(metavar="KIND", help=_override("partitioning"))
    ] = None,
    partition_keys: Annotated[
        str | None, typer.Option(metavar="KEYS", help=_override("partition_keys"))
    ] = None,
    granularity: Annotated[
        str | None, typer.Option(metavar="UNIT", help=_override("granularity"))
    ] = None,
    column_names: Annotated[
        str | None, typer.Option(metavar="NAMES", help=_override("column_names"))
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FIELDS",
            help="Instead of the target's: default, names with commas, or AWS's '${version} …'.",
        ),
    ] = None,
    account: projections.Accounts = None,
    region: projections.Regions = None,
    since: projections.Since = None,
    organization: projections.Organization = None,
    injected: projections.Injected = False,
) -> None:
    """Print the statement that creates the table; changes nothing.

    Options replace the target's settings for this look.
    """
    settings = {
        "file_format": file_format,
        "layout": layout,
        "partitioning": partitioning,
        "partition_keys": partition_keys,
        "granularity": granularity,
        "column_names": column_names,
        "log_format": log_format,
    }
    chosen = {key: value for key, value in settings.items() if value is not None}
    asked = projections.asked(account, region, since, organization, injected)
    terminal.text(client(target, config).table.ddl(chosen, **asked))


@app.command()
def create(
    target: options.Target = None,
    config: options.Config = None,
    account: projections.Accounts = None,
    region: projections.Regions = None,
    since: projections.Since = None,
    organization: projections.Organization = None,
    injected: projections.Injected = False,
    via: Annotated[
        Via, typer.Option(help="Glue's API, or statements that Athena runs.")
    ] = Via.GLUE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create database and table where they do not exist; never changes a table.

    Exits 3 when a table of the name is there and is not as wanted.
    """
    from flowathena.result.formats import to_json

    asked = projections.asked(account, region, since, organization, injected)
    done = client(target, config).table.create(via=via, dry_run=dry_run, **asked)
    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    elif done.drift.exists:
        _show_differences(done.drift.differences)
    elif dry_run:
        terminal.text(";\n\n".join(done.statements) + ";")
    terminal.say(_created(done))
    if done.drift.exists and not done.drift.equal:
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def diff(
    target: options.Target = None,
    config: options.Config = None,
    account: projections.Accounts = None,
    region: projections.Regions = None,
    since: projections.Since = None,
    organization: projections.Organization = None,
    injected: projections.Injected = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare the live table with the wanted one; changes nothing.

    Exits 3 when they differ or there is no table.
    """
    from flowathena.result.formats import to_json

    asked = projections.asked(account, region, since, organization, injected)
    found = client(target, config).table.diff(**asked)
    if form is ListFormat.JSON:
        terminal.text(to_json(found.to_json()))
    else:
        _show_differences(found.differences)
    if found.equal:
        terminal.say(f"table {found.table} is as wanted")
        return
    terminal.say(
        f"table {found.table} differs from the wanted one in {_count(found.differences)}"
        if found.exists
        else f"there is no table {found.table}; 'flowathena table create' creates it"
    )
    raise typer.Exit(ExitCode.DRIFT)


@app.command()
def drop(
    target: options.Target = None,
    config: options.Config = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Delete the table and its registered partitions from the catalog; logs are never touched.

    Asks on a terminal, and exits 1 when told no; elsewhere it needs --yes. What is no flow-log
    table is refused.
    """
    from flowathena.result.formats import to_json

    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError("table drop asks on a terminal; without one it needs --yes")

    def confirmed(doomed: "Drop") -> bool:
        terminal.say(_goes(doomed))
        return yes or _agreed("drop it? [y/N]")

    done = client(target, config).table.drop(confirmed=confirmed, dry_run=dry_run)
    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    if dry_run:
        terminal.say(_goes(done))
    elif done.dropped:
        terminal.say(f"dropped table {done.table}")
    else:
        terminal.say("nothing is dropped")
        raise typer.Exit(1)


def _agreed(question: str) -> bool:
    terminal.say(question)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _created(done: "Creation") -> str:
    if done.created:
        return f"created table {done.table}"
    if not done.drift.exists:
        return f"would create table {done.table}, and its database where there is none"
    if done.drift.equal:
        return f"nothing to change: table {done.table} is as wanted"
    return (
        f"table {done.table} exists and differs from the wanted one in "
        f"{_count(done.drift.differences)}; nothing is changed (see 'flowathena table diff')"
    )


def _goes(doomed: "Drop") -> str:
    return (
        f"table {doomed.table} and its {doomed.partitions} registered partitions go; "
        f"the logs in {doomed.location} stay"
    )


def _count(differences: "tuple[Difference, ...]") -> str:
    return "1 place" if len(differences) == 1 else f"{len(differences)} places"


def _show_differences(differences: "tuple[Difference, ...]") -> None:
    from flowathena.result.formats import table

    if differences:
        rows = [[each.part, each.name, each.kind, each.wanted, each.live] for each in differences]
        terminal.text(table(["part", "name", "difference", "wanted", "live"], rows))
