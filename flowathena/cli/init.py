"""``flowathena init`` and ``table adopt``: look at what exists and write a target for it."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.onboard.table import Adoption


class Granularity(StrEnum):
    """How much one partition holds."""

    DAY = "day"
    HOUR = "hour"


def init(
    location: Annotated[
        str | None,
        typer.Argument(
            metavar="LOCATION",
            help="Folder or s3://bucket/prefix/ that holds AWSLogs/.",
            show_default=False,
        ),
    ] = None,
    flow_log: Annotated[
        str | None,
        typer.Option(
            "--flow-log",
            metavar="ID",
            help="Ask EC2 for this flow log (fl-…) instead of looking at a LOCATION.",
        ),
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    database: Annotated[str | None, typer.Option(help="Glue database.", metavar="NAME")] = None,
    table: Annotated[str | None, typer.Option(help="Table name.", metavar="NAME")] = None,
    region: Annotated[
        str | None,
        typer.Option(help="Region of bucket, Glue and Athena; else AWS's own.", metavar="REGION"),
    ] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
    granularity: Annotated[
        Granularity,
        typer.Option(help="What a partition is; hour needs a flow log with hour folders."),
    ] = Granularity.DAY,
) -> None:
    """Find out layout, file format and record format, and write a target.

    Looks at a folder or bucket, or asks EC2 for a flow log. Writes flowathena.toml here, or adds
    the target to the one that is found. Asks nothing.
    """
    from flowathena.onboard.location import initialize, initialize_flow_log

    given = {
        "database": database,
        "table": table,
        "region": region,
        "output_location": output_location,
        "granularity": str(granularity),
    }
    settings = {key: value for key, value in given.items() if value is not None}
    if location is not None and flow_log is None:
        done = initialize(location, target, config, Path.cwd(), settings)
    elif flow_log is not None and location is None:
        done = initialize_flow_log(flow_log, target, config, Path.cwd(), settings)
    else:
        raise UsageError("name either a LOCATION or --flow-log ID")
    lines = {
        "location": done.target.location,
        **done.facts,
        "table": f"{done.target.database}.{done.target.table}",
    }
    terminal.text("".join(f"{name:<11}{text}\n" for name, text in lines.items()))
    for warning in done.warnings:
        terminal.warn(warning)
    verb = "wrote" if done.written else "nothing to write,"
    terminal.say(f"{verb} target {done.target.name!r} in {done.path}")
    terminal.say(f"next: flowathena partitions sync -t {done.target.name}")


def adopt(
    table: Annotated[
        str, typer.Argument(metavar="DATABASE.TABLE", help="A flow-log table in Glue.")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target", "-t", metavar="NAME", help="Name of the new target; the table's else."
        ),
    ] = None,
    config: options.Config = None,
    region: Annotated[
        str | None,
        typer.Option(help="Region of Glue and Athena; else AWS's own.", metavar="REGION"),
    ] = None,
    workgroup: Annotated[str | None, typer.Option(help="Athena workgroup.", metavar="NAME")] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
) -> None:
    """Write a target for a table made by the AWS console, a guide, Terraform or flowathena.

    Reads the table from Glue, shows what its columns and partition keys stand for and writes that
    into flowathena.toml. Changes nothing in AWS.
    """
    from flowathena.onboard.table import adopt_table

    given = {"region": region, "workgroup": workgroup, "output_location": output_location}
    settings = {key: value for key, value in given.items() if value is not None}
    done = adopt_table(table, target, config, Path.cwd(), settings)
    _show_adoption(done)
    for column in done.meaning.unmapped:
        terminal.warn(f"column {column} stands for no field; queries can use it by its own name")
    for warning in done.meaning.warnings:
        terminal.warn(warning)
    verb = "wrote" if done.written else "nothing to write,"
    terminal.say(f"{verb} target {done.target.name!r} in {done.path}")
    terminal.say(f"next: flowathena run top_https_servers -t {done.target.name}")


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
    strange = set(done.meaning.unmapped)
    rows = [
        (column.name, column.type, "" if column.name in strange else fields[column.name])
        for column in done.table.columns
    ]
    rows += [
        (key.name, key.type, f"key: {key.role} {key.form if key.role is Role.DAY else ''}".rstrip())
        for key in shape.keys
    ]
    told = "".join(f"{name:<11}{text}\n" for name, text in lines.items())
    terminal.text(told)
    terminal.table(["column", "type", "stands for"], rows)
