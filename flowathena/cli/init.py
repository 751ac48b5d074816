"""``flowathena init``: look at a folder, bucket or flow log and write a target for it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.errors import UsageError


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
        **done.found,
        "table": f"{done.target.database}.{done.target.table}",
    }
    terminal.text("".join(f"{name:<11}{text}\n" for name, text in lines.items()))
    for warning in done.warnings:
        terminal.warn(warning)
    verb = "wrote" if done.written else "nothing to write,"
    terminal.say(f"{verb} target {done.target.name!r} in {done.path}")
    terminal.say(f"next: flowathena partitions sync -t {done.target.name}")
