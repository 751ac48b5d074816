"""``flowathena init``: look at a folder or bucket and write a target for it."""

from pathlib import Path
from typing import Annotated

import typer

from flowathena.cli import options, terminal


def init(
    location: Annotated[
        str,
        typer.Argument(
            metavar="LOCATION", help="Folder or s3://bucket/prefix/ that holds AWSLogs/."
        ),
    ],
    target: options.Target = None,
    config: options.Config = None,
    database: Annotated[str | None, typer.Option(help="Glue database.", metavar="NAME")] = None,
    table: Annotated[str | None, typer.Option(help="Table name.", metavar="NAME")] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
) -> None:
    """Look at a folder or bucket, show what is found and write a target for it.

    Writes flowathena.toml here, or adds the target to the one that is found. Asks nothing.
    """
    from flowathena.setup import initialize

    given = {"database": database, "table": table, "output_location": output_location}
    settings = {key: value for key, value in given.items() if value is not None}
    done = initialize(location, target, config, Path.cwd(), settings)
    found = done.discovery
    lines = [
        ("location", done.target.location),
        ("accounts", _some(found.accounts)),
        ("regions", _some(found.regions)),
        ("layout", found.layout.name),
        ("format", found.format_name),
        ("newest day", found.newest_day or "none"),
        ("sample", found.sample or "none"),
        ("table", f"{done.target.database}.{done.target.table}"),
    ]
    terminal.text("".join(f"{name:<11}{value}\n" for name, value in lines))
    for warning in done.warnings:
        terminal.warn(warning)
    verb = "wrote" if done.written else "nothing to write,"
    terminal.say(f"{verb} target {done.target.name!r} in {done.path}")
    terminal.say(f"next: flowathena partitions sync -t {done.target.name}")


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:10])
    return f"{len(names)} ({shown}{', …' if len(names) > 10 else ''})"  # noqa: PLR2004 - fits a line
