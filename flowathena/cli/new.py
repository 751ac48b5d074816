"""``flowathena queries new``: a query of one's own, with a case that passes."""

from pathlib import Path
from typing import Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import configuration
from flowathena.errors import UsageError


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new query.")],
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="One line: the question it answers."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="QUERY",
            help="Begin with a copy of this query; under its own name, the copy replaces it.",
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            "--folder",
            metavar="FOLDER",
            help="Where to write it (default: the first of query_paths, else queries/).",
        ),
    ] = None,
    config: options.Config = None,
) -> None:
    """Write a query of your own and a case that tests it.

    Both run as they are written; edit them. If the folder is not yet one of query_paths, it is
    added to flowathena.toml.
    """
    from flowathena.cases.starter import start
    from flowathena.query.library import load

    settings = configuration(config)
    library = load(settings.query_paths)
    if folder == "":  # a variable of a script that is not set; a Path of it is this folder
        raise UsageError("--folder is empty; name a folder")
    place = None if folder is None else Path(folder)
    done = start(name, library, settings, Path.cwd(), folder=place, title=title, source=source)
    terminal.facts({"query": done.query, "cases": done.cases or "none"})
    if done.configured:
        terminal.say(f"added the folder to query_paths in {done.configured}")
    chosen = f" --config {config}" if config else ""
    if done.cases:
        terminal.say(f"next: flowathena queries test {name}{chosen}")
    else:
        terminal.say(
            f"query {source!r} has no case to copy; next: flowathena queries check{chosen}"
        )
