"""``flowathena table``: ddl, create, diff, convert, drop."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.convert import convert
from flowathena.cli.init import adopt
from flowathena.cli.options import ListFormat, Via, client
from flowathena.cli.projection import (
    Accounts,
    Injected,
    Organization,
    Regions,
    Since,
    projection_options,
)
from flowathena.errors import ExitCode, TableMissingError, UsageError
from flowathena.target.target import CHOICES
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.catalog.drift import Difference
    from flowathena.table.manage import TableCreation, TableRemoval


app = typer.Typer(help="Print, create, compare, adopt, convert and drop the table.")
app.command("adopt")(adopt)


def _override(setting: str) -> str:
    template = " or a template" if setting == "layout" else ""
    return f"Instead of the target's setting: {', '.join(CHOICES[setting])}{template}."


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
            help="Instead of the target's setting: default, names with commas, or '${version} …'.",
        ),
    ] = None,
    account: Accounts = None,
    region: Regions = None,
    since: Since = None,
    organization: Organization = None,
    injected: Injected = False,
) -> None:
    """Print the statement that creates the table; changes nothing.

    Options replace the target's settings in this statement.
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
    given = {key: value for key, value in settings.items() if value is not None}
    projection = projection_options(account, region, since, organization, injected)
    terminal.text(client(target, config).table.ddl(given, **projection))


@app.command()
def create(
    target: options.Target = None,
    config: options.Config = None,
    account: Accounts = None,
    region: Regions = None,
    since: Since = None,
    organization: Organization = None,
    injected: Injected = False,
    via: Annotated[Via, typer.Option(help="Glue's API, or statements run by Athena.")] = Via.GLUE,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create database and table unless they exist.

    Never changes an existing table. Exits 3 if the table exists and is not as wanted.
    """
    from flowathena.result.formats import to_json

    projection = projection_options(account, region, since, organization, injected)
    chosen = client(target, config)
    with terminal.report_interrupt():
        creation = chosen.table.create(via=via, dry_run=dry_run, **projection)
    if form is ListFormat.JSON:
        terminal.text(to_json(creation.to_json()))
    elif creation.drift.exists:
        _show_differences(creation.drift.differences)
    elif dry_run:
        terminal.text(";\n\n".join(creation.statements) + ";")
    terminal.say(_describe_creation(creation, chosen.target.command("table diff")))
    if creation.drift.exists and not creation.drift.equal:
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def diff(
    target: options.Target = None,
    config: options.Config = None,
    account: Accounts = None,
    region: Regions = None,
    since: Since = None,
    organization: Organization = None,
    injected: Injected = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare the live table with the wanted one; changes nothing.

    Exits 3 if they differ or there is no table.
    """
    from flowathena.result.formats import to_json

    projection = projection_options(account, region, since, organization, injected)
    chosen = client(target, config)
    drift = chosen.table.diff(**projection)
    if form is ListFormat.JSON:
        terminal.text(to_json(drift.to_json()))
    else:
        _show_differences(drift.differences)
    if drift.equal:
        terminal.say(f"table {drift.table} is as wanted")
        return
    terminal.say(
        f"table {drift.table} differs from the wanted one in {_count(drift.differences)}"
        if drift.exists
        else str(TableMissingError.of(drift.table, chosen.target.command("table create")))
    )
    raise typer.Exit(ExitCode.DRIFT)


app.command("convert")(convert)


@app.command()
def drop(
    target: options.Target = None,
    config: options.Config = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Delete the table from the catalog; logs are never touched.

    Its registered partitions are deleted with it, and the views that read it are named: they fail
    until there is a table again. Asks on a terminal, and exits 1 if the answer
    is no; without a terminal it needs --yes.
    Refuses to delete what is not a flow-log table.
    """
    from flowathena.result.formats import to_json

    if not (yes or dry_run or terminal.can_ask()):
        raise UsageError("table drop asks on a terminal; without one it needs --yes")

    def confirmed(removal: "TableRemoval") -> bool:
        about = _describe_removal(removal)
        if not yes:
            return terminal.confirm("drop it?", about)
        terminal.block(about)
        return True

    with terminal.report_interrupt():
        removal = client(target, config).table.drop(confirmed=confirmed, dry_run=dry_run)
    if form is ListFormat.JSON:
        terminal.text(to_json(removal.to_json()))
    if dry_run:
        terminal.block(_describe_removal(removal))
    elif removal.dropped:
        terminal.say(f"dropped table {removal.table}")
    else:
        terminal.say("nothing is dropped")
        raise typer.Exit(ExitCode.ERROR)


def _describe_creation(creation: "TableCreation", diff: str) -> str:
    if creation.created:
        return f"created table {creation.table}"
    if not creation.drift.exists:
        return f"would create table {creation.table}, and its database if there is none"
    if creation.drift.equal:
        return f"nothing to change: table {creation.table} is as wanted"
    return (
        f"table {creation.table} exists and differs from the wanted one in "
        f"{_count(creation.drift.differences)}; nothing is changed (see '{diff}')"
    )


def _describe_removal(removal: "TableRemoval") -> str:
    partitions = counted(removal.partitions, "registered partition")
    lines = [
        (
            f"table {removal.table} and its {partitions} will be dropped; the logs in "
            f"{removal.location} stay"
        )
    ]
    if removal.views:
        verb = "reads it and fails" if len(removal.views) == 1 else "read it and fail"
        lines.append(f"{' and '.join(removal.views)} {verb} until there is a table again")
    if removal.views_unknown:
        lines.append(f"other views may read it: {removal.views_unknown}")
    return "\n".join(lines)


def _count(differences: "tuple[Difference, ...]") -> str:
    return counted(len(differences), "place")


def _show_differences(differences: "tuple[Difference, ...]") -> None:
    if differences:
        rows = [[each.part, each.name, each.kind, each.wanted, each.live] for each in differences]
        names = ["part", "name", "difference", "wanted", "live"]
        terminal.table(names, rows, wrap=("wanted", "live"))
