"""Options of whatever runs statements."""

from typing import Annotated

import typer

from flowathena.cli import options

RowFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(options.RESULT_FORMATS),
        help="Output format (default: by the ending of -o FILE, which may have .gz; else table).",
        autocompletion=options.complete_result_format,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL; run nothing.")]
SkipBadFiles = Annotated[
    bool,
    typer.Option("--skip-bad-files", help="Skip damaged files on the local engine and list them."),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="athena|local",
        help="Of logs in S3: Athena, or this machine, which fetches what it reads.",
        autocompletion=options.complete_engine,
    ),
]
Relative = Annotated[
    bool,
    typer.Option(
        "--relative",
        help="Compute the window from the time at which the SQL runs, to keep it (see publish).",
    ),
]
