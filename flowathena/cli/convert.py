"""``flowathena table convert``: what it asks, does and says."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, resources, terminal
from flowathena.cli.options import ListFormat, client, configuration
from flowathena.cli.projection import (
    Accounts,
    Injected,
    Organization,
    Regions,
    Since,
    projection_options,
)
from flowathena.errors import ConfigError, ExitCode, UsageError
from flowathena.target.target import CHOICES
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.table.partitioning import Conversion
    from flowathena.target.config import Config
    from flowathena.target.target import Target


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
    source: options.Source = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Convert the table to registered partitions or to partition projection.

    Queries find the same logs at every moment: what the table needs afterwards is there before one
    call switches it. Registered partitions stay; views that flowathena made are written anew; the
    target's partitioning is set in its file. Asks on a terminal, and exits 1 if the answer is no;
    without a terminal it needs --yes. Exits 4 if partitions could not be registered, and leaves
    the table as it was. Of several tables, the first is converted, or that of --source; one that
    is over the same folders as another is refused.
    """
    from flowathena.result.formats import to_json

    _refuse_unknown(kind)
    resources.refuse_unanswerable("table convert", asks=not (yes or dry_run))
    confirmed = resources.ask_about("convert it?", _describe_conversion, yes=yes)
    chosen = client(target, config)
    projection = projection_options(account, region, since, organization, injected)
    table = chosen.table if source is None else options.one_table(chosen, source)
    with terminal.report_interrupt():
        done = table.convert(kind, confirmed=confirmed, dry_run=dry_run, **projection)
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
    again = chosen.target.command(f"table convert {done.partitioning}")
    terminal.say(_describe_converted(done, again))
    if not dry_run:
        own = next(each for each in chosen.target.tables if each.table_name == done.table)
        _keep_setting(configuration(config), chosen.target, own, done.partitioning)
    if done.errors:
        raise typer.Exit(ExitCode.PARTIAL)


def _refuse_unknown(kind: str) -> None:
    if kind not in CHOICES["partitioning"]:
        allowed = ", ".join(CHOICES["partitioning"])
        raise UsageError(f"partitioning {kind!r} is not one of {allowed}")


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


def _describe_converted(conversion: "Conversion", again: str) -> str:
    table, noun = conversion.table, _noun(conversion.partitioning)
    if conversion.errors:
        return f"table {table} has {noun}; run '{again}' again to write its views anew"
    if conversion.needed:
        return f"converted table {table} to {noun}"
    if conversion.rewritten:
        return f"wrote views {' and '.join(conversion.rewritten)} anew"
    return f"nothing to change: table {table} has {noun}"


def _noun(kind: str) -> str:
    return "partition projection" if kind == "projection" else "registered partitions"


def _keep_setting(settings: "Config", target: "Target", own: "Target", kind: str) -> None:
    """Set the partitioning of the table's target to what the table has, or say where to."""
    from flowathena.target.edits import change_setting

    name = target.name
    source = settings.source("targets", name, "partitioning")
    if own.partitioning == kind:
        return
    if own.table_name != target.table_name:
        terminal.say(f"set partitioning = {kind} in the source of {name!r} with table {own.table}")
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
