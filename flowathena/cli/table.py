"""``flowathena table``: ddl, create, diff, convert, drop."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.init import adopt
from flowathena.cli.options import ListFormat, Via, client, configuration
from flowathena.errors import ConfigError, ExitCode, TableMissingError, UsageError
from flowathena.target.target import CHOICES
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.catalog.drift import Difference
    from flowathena.table.manage import TableCreation, TableRemoval
    from flowathena.table.partitioning import Conversion
    from flowathena.table.projection import ProjectionOptions
    from flowathena.target.config import Config


Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Projection: list this account; repeat for several (default: those of the bucket).",
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Projection: list this Region; repeat for several (default: those of the bucket).",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DAY",
        help="Projection: its first day (default: the live table's, or 2020-01-01).",
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(
        "--organization",
        metavar="ID",
        help="Projection: the o-… folder above the accounts (default: looked up).",
    ),
]
Injected = Annotated[
    bool,
    typer.Option(
        "--injected-accounts",
        help="Projection: list no accounts; every query has to name its own.",
    ),
]

app = typer.Typer(help="Print, create, compare, adopt, convert and drop the table.")
app.command("adopt")(adopt)


def _override(setting: str) -> str:
    return f"Instead of the target's setting: {', '.join(CHOICES[setting])}."


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
    projection = _projection_options(account, region, since, organization, injected)
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

    projection = _projection_options(account, region, since, organization, injected)
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

    projection = _projection_options(account, region, since, organization, injected)
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


@app.command()
def convert(
    kind: Annotated[
        str,
        typer.Argument(metavar="PARTITIONING", help=f"{' or '.join(CHOICES['partitioning'])}."),
    ],
    target: options.Target = None,
    config: options.Config = None,
    account: Accounts = None,
    region: Regions = None,
    since: Since = None,
    organization: Organization = None,
    injected: Injected = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Convert the table to registered partitions or to partition projection.

    Queries find the same logs at every moment: what the table needs afterwards is there before one
    call switches it. Registered partitions stay; views that flowathena made are written anew; the
    target's partitioning is set in its file. Asks on a terminal, and exits 1 if the answer is no;
    without a terminal it needs --yes. Exits 4 if partitions could not be registered, and leaves
    the table as it was.
    """
    from flowathena.result.formats import to_json

    if not (yes or dry_run or terminal.can_ask()):
        raise UsageError("table convert asks on a terminal; without one it needs --yes")

    def confirmed(conversion: "Conversion") -> bool:
        about = _describe_conversion(conversion)
        if not yes:
            return terminal.confirm("convert it?", about)
        terminal.block(about)
        return True

    chosen = client(target, config)
    projection = _projection_options(account, region, since, organization, injected)
    with terminal.report_interrupt():
        done = chosen.table.convert(kind, confirmed=confirmed, dry_run=dry_run, **projection)
    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    if dry_run and (done.needed or done.rewritten):
        terminal.block(_describe_conversion(done))
        return
    for line in _describe_failures(done):
        terminal.fail(line)
    if done.needed and not done.changed:
        terminal.say(f"table {done.table} stays as it is")
        raise typer.Exit(ExitCode.PARTIAL if done.failed else ExitCode.ERROR)
    terminal.say(_describe_converted(done))
    if not dry_run:
        _keep_setting(configuration(config), chosen.target.name, done.partitioning)
    if done.errors:
        raise typer.Exit(ExitCode.PARTIAL)


def _describe_conversion(conversion: "Conversion") -> str:
    if not conversion.needed:
        return (
            f"table {conversion.table} has {_noun(conversion.partitioning)} already; views "
            f"{' and '.join(conversion.rewritten)} are written anew"
        )
    lines = [
        f"table {conversion.table} will be converted to {conversion.partitioning} partitions; it "
        "answers as before at every moment"
        if conversion.partitioning == "registered"
        else f"table {conversion.table} will be converted to partition projection; it answers as "
        "before at every moment, and its registered partitions stay, unused"
    ]
    if conversion.registration:
        lines.append(
            f"{counted(conversion.registration.add, 'partition')} will be registered first"
        )
        if conversion.registration.drop:
            dropped = counted(conversion.registration.drop, "registered partition")
            lines.append(f"{dropped} that would read other logs, or logs twice, will be dropped")
    elif conversion.properties:
        lines += [f"  {name} = {value}" for name, value in conversion.properties.items()]
    lines += conversion.unread
    if conversion.days:
        before, after = conversion.days
        lines.append(f"days are then written {after}, now {before}: {_describe_views(conversion)}")
    return "\n".join(lines)


def _describe_views(conversion: "Conversion") -> str:
    own = [*conversion.rewritten]
    others = [name for name in conversion.views if name not in own]
    said = [f"views {' and '.join(own)} are written anew"] if own else []
    if others:
        said.append(f"check {' and '.join(others)}")
    return ", ".join([*said, "check statements of your own that filter the table by day"])


def _describe_failures(conversion: "Conversion") -> list[str]:
    lines = [f"{'/'.join(each.values)}: {each.error}" for each in conversion.failed]
    if conversion.registration and conversion.needed and not conversion.changed:
        lines += conversion.registration.unlisted
    return [*lines, *conversion.errors]


def _describe_converted(conversion: "Conversion") -> str:
    table, noun = conversion.table, _noun(conversion.partitioning)
    if conversion.errors:
        again = f"flowathena table convert {conversion.partitioning}"
        return f"table {table} has {noun}; run '{again}' again to write its views anew"
    if conversion.needed:
        return f"converted table {table} to {noun}"
    if conversion.rewritten:
        return f"wrote views {' and '.join(conversion.rewritten)} anew"
    return f"nothing to change: table {table} has {noun}"


def _noun(kind: str) -> str:
    return "partition projection" if kind == "projection" else "registered partitions"


def _keep_setting(settings: "Config", name: str, kind: str) -> None:
    """Set the target's partitioning to what the table has, or say where to."""
    from flowathena.target.file import change_setting

    source = settings.source("targets", name, "partitioning")
    if settings.targets[name].partitioning == kind:
        return
    if source.variable:
        terminal.warn(f"{source.variable} says otherwise: set it to {kind}")
        return
    try:
        line = change_setting(settings, name, "partitioning", kind)
    except ConfigError as error:
        terminal.warn(str(error))
        return
    terminal.say(f"set partitioning = {kind} in {settings.path}:{line}")


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
        raise typer.Exit(1)


def _projection_options(
    account: list[str] | None,
    region: list[str] | None,
    since: str | None,
    organization: str | None,
    injected: bool,
) -> "ProjectionOptions":
    return {
        "account": account,
        "region": region,
        "since": since,
        "organization": organization,
        "injected": injected,
    }


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
