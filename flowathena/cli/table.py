"""``flowathena table``: ddl, create, diff, convert, drop."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, resources, terminal
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
from flowathena.errors import ExitCode, TableMissingError
from flowathena.target.target import CHOICES
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.catalog.drift import Difference, Drift
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
    source: options.Source = None,
) -> None:
    """Print the statement that creates the table; changes nothing.

    Options replace the target's settings in this statement, which is that of the first table or of
    --source. Without them, every table of the target has its statement.
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
    chosen = options.tables(client(target, config), source)
    statements = [each.ddl(given, **projection) for each in (chosen[:1] if given else chosen)]
    terminal.text(statements[0] if len(statements) == 1 else ";\n\n".join(statements) + ";")


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
    source: options.Source = None,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create database and table unless they exist; all tables of a target with several.

    Never changes an existing table. Exits 3 if a table exists and is not as wanted.
    """
    from flowathena.result.formats import to_json

    projection = projection_options(account, region, since, organization, injected)
    chosen = client(target, config)
    with terminal.report_interrupt():
        creations = [
            each.create(via=via, dry_run=dry_run, **projection)
            for each in options.tables(chosen, source)
        ]
    if form is ListFormat.JSON:
        terminal.text(to_json(_one_or_all([each.to_json() for each in creations])))
    for creation in creations:
        if form is not ListFormat.JSON:
            _show_creation(creation, dry_run=dry_run)
        terminal.say(_describe_creation(creation, chosen.target.command("table diff")))
    if any(each.drift.exists and not each.drift.equal for each in creations):
        raise typer.Exit(ExitCode.DRIFT)


def _one_or_all(tables: list[dict[str, object]]) -> object:
    """The JSON of one table, or of several."""
    return tables[0] if len(tables) == 1 else {"tables": tables}


def _show_creation(creation: "TableCreation", *, dry_run: bool) -> None:
    if creation.drift.exists:
        _show_differences(creation.drift.differences)
    elif dry_run:
        terminal.text(";\n\n".join(creation.statements) + ";")


@app.command()
def diff(
    target: options.Target = None,
    config: options.Config = None,
    account: Accounts = None,
    region: Regions = None,
    since: Since = None,
    organization: Organization = None,
    injected: Injected = False,
    source: options.Source = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare the live table with the wanted one, or every table; changes nothing.

    Exits 3 if one differs or there is none.
    """
    from flowathena.result.formats import to_json

    projection = projection_options(account, region, since, organization, injected)
    chosen = client(target, config)
    drifts = [each.diff(**projection) for each in options.tables(chosen, source)]
    if form is ListFormat.JSON:
        terminal.text(to_json(_one_or_all([each.to_json() for each in drifts])))
    for drift in drifts:
        if form is not ListFormat.JSON:
            _show_differences(drift.differences)
        terminal.say(_describe_drift(drift, chosen.target.command("table create")))
    if not all(each.equal for each in drifts):
        raise typer.Exit(ExitCode.DRIFT)


def _describe_drift(drift: "Drift", create: str) -> str:
    if drift.equal:
        return f"table {drift.table} is as wanted"
    if not drift.exists:
        return str(TableMissingError.of(drift.table, create))
    return f"table {drift.table} differs from the wanted one in {_count(drift.differences)}"


app.command("convert")(convert)


@app.command()
def drop(
    target: options.Target = None,
    config: options.Config = None,
    source: options.Source = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Delete the table from the catalog; logs are never touched.

    Its registered partitions are deleted with it, and the views that read it are named: they fail
    until there is a table again. Asks on a terminal, and exits 1 if the answer
    is no; without a terminal it needs --yes. Of a target with several tables, --source names the
    one to drop. Refuses to delete what is not a flow-log table.
    """
    from flowathena.result.formats import to_json

    resources.refuse_unanswerable("table drop", asks=not (yes or dry_run))
    confirmed = resources.ask_about("drop it?", _describe_removal, yes=yes)
    chosen = options.one_table(client(target, config), source)
    with terminal.report_interrupt():
        removal = chosen.drop(confirmed=confirmed, dry_run=dry_run)
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
