"""``flowathena init`` and ``table adopt``: inspect what exists and write a target for it."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import options, terminal
from flowathena.cli.show import show_unlisted
from flowathena.errors import PartialFailureError, UsageError

if TYPE_CHECKING:
    from flowathena.onboard.location import Initialization
    from flowathena.onboard.table import Adoption


class Granularity(StrEnum):
    """How much one partition contains."""

    DAY = "day"
    HOUR = "hour"


def init(
    location: Annotated[
        str | None,
        typer.Argument(
            metavar="LOCATION",
            help="Folder, s3://bucket/prefix/ or ARN of a bucket with the logs.",
            show_default=False,
        ),
    ] = None,
    flow_log: Annotated[
        str | None,
        typer.Option(
            "--flow-log",
            metavar="ID",
            help="Ask EC2 about this flow log (fl-…) instead of inspecting a LOCATION.",
        ),
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    database: Annotated[str | None, typer.Option(help="Glue database.", metavar="NAME")] = None,
    table: Annotated[str | None, typer.Option(help="Table name.", metavar="NAME")] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="Region of bucket, Glue and Athena (default: that of the AWS environment).",
            metavar="REGION",
        ),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Fields of the records in order, for logs that do not tell: "
            '"${version} ${srcaddr} …", names, or default.',
        ),
    ] = None,
    workgroup: Annotated[str | None, typer.Option(help="Athena workgroup.", metavar="NAME")] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
    request_payer: Annotated[
        bool,
        typer.Option("--request-payer", help="Pay for requests to a requester-pays bucket."),
    ] = False,
    granularity: Annotated[
        Granularity,
        typer.Option(
            help="Time that one partition covers; hour needs a flow log with hourly folders."
        ),
    ] = Granularity.DAY,
) -> None:
    """Inspect logs and write a target for them.

    Finds layout, file format and record format by looking at a folder or bucket, or by asking EC2
    about a flow log. Writes flowathena.toml here, or adds the target to the file in use. Asks no
    questions. Exits 4 if an account or Region could not be listed.
    """
    from flowathena.onboard.location import initialize, initialize_flow_log

    given = {
        "database": database,
        "table": table,
        "region": region,
        "workgroup": workgroup,
        "output_location": output_location,
        "granularity": str(granularity),
        "request_payer": request_payer or None,
    }
    settings: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    here, ask = Path.cwd(), terminal.ask_code
    if location is not None and flow_log is None:
        now = datetime.now(UTC)
        done = initialize(
            location, target, config, here, settings, ask, now=now, fields=fields, watch=_watch
        )
    elif flow_log is not None and location is None and fields is not None:
        raise UsageError("--fields is for a LOCATION; of a flow log, EC2 tells them")
    elif flow_log is not None and location is None:
        done = initialize_flow_log(flow_log, target, config, here, settings, ask)
    else:
        raise UsageError("name either a LOCATION or a --flow-log ID")
    for number, each in enumerate((done, *done.further)):
        if number:
            terminal.text("")
        _show_target(each)
    if done.unlisted:
        raise PartialFailureError


def _show_target(done: "Initialization") -> None:
    lines = {
        "location": done.target.location,
        **done.facts,
        "table": done.target.table_name,
    }
    terminal.facts(lines)
    for warning in done.warnings:
        terminal.warn(warning)
    show_unlisted(done.unlisted)
    _say_written(done.target.name, done.path, written=done.written)
    terminal.say(f"next: {done.first_sync}")


def _watch(done: int, total: int) -> None:
    terminal.progress("looking at flow logs", f"{done} of {total} places", done, total)


def adopt(
    table: Annotated[
        str, typer.Argument(metavar="DATABASE.TABLE", help="A flow-log table in Glue.")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="NAME",
            help="Name of the new target (default: the table's name).",
        ),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            help="Add the table to this target instead: queries then read both.",
        ),
    ] = None,
    config: options.Config = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="Region of Glue and Athena (default: that of the AWS environment).",
            metavar="REGION",
        ),
    ] = None,
    workgroup: Annotated[str | None, typer.Option(help="Athena workgroup.", metavar="NAME")] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
) -> None:
    """Write a target for an existing table; changes nothing in AWS.

    The table may have been made by the AWS console, a guide, Terraform or flowathena. Reads it
    from Glue, shows what its columns and partition keys stand for and writes that into
    flowathena.toml.
    """
    from flowathena.onboard.table import adopt_source, adopt_table

    given = {"region": region, "workgroup": workgroup, "output_location": output_location}
    settings = {key: value for key, value in given.items() if value is not None}
    here, ask = Path.cwd(), terminal.ask_code
    if into is None:
        done = adopt_table(table, target, config, here, settings, ask)
    elif settings or target:
        raise UsageError("--into takes a target as it is; leave the other options out")
    else:
        done = adopt_source(table, into, config, here, ask)
    _show_adoption(done)
    for column in done.meaning.unmapped:
        terminal.warn(f"column {column} is not a known field; queries can use it by its own name")
    for warning in done.meaning.warnings:
        terminal.warn(warning)
    if into and done.written:
        terminal.say(f"added {done.table.full_name} to target {into!r} in {done.path}")
    else:
        _say_written(done.target.name, done.path, written=done.written)
    terminal.say(f"next: {done.target.command('run top_https_servers')}")


def _show_adoption(done: "Adoption") -> None:
    from flowathena.shape.key import Role

    shape, target = done.meaning.shape, done.target
    lines = {
        "table": done.table.full_name,
        "location": target.location,
        "layout": target.layout,
        "format": target.file_format,
        "partitions": target.partitioning,
    }
    fields = {real: column for column, real in shape.columns.items()}
    unmapped = set(done.meaning.unmapped)
    rows = [
        (column.name, column.type, "" if column.name in unmapped else fields[column.name])
        for column in done.table.columns
    ]
    rows += [
        (key.name, key.type, f"key: {key.role} {key.form if key.role is Role.DAY else ''}".rstrip())
        for key in shape.keys
    ]
    terminal.facts(lines)
    terminal.table(["column", "type", "stands for"], rows)


def _say_written(target: str, path: Path, *, written: bool) -> None:
    if written:
        terminal.say(f"wrote target {target!r} in {path}")
    else:
        terminal.say(f"target {target!r} in {path} is up to date")
