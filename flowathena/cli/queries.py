"""``flowathena queries``: list, show, render, check."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client, configuration
from flowathena.cli.run import QueryGroup
from flowathena.errors import QueryError
from flowathena.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from flowathena.query.library import Library, Query

app = typer.Typer(help="List, show, render and check saved queries.")


def _complete_query(incomplete: str) -> list[str]:
    return [name for name in _library(None).queries if name.startswith(incomplete)]


@app.command("list")
def list_(
    _target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the saved queries."""
    from flowathena.result.formats import to_json

    library = _library(config)
    for problem in library.problems:
        terminal.warn(str(problem))
    if form is ListFormat.JSON:
        terminal.text(to_json([_describe(query) for query in library.queries.values()]))
        return
    rows = [(query.name, query.topic, query.title) for query in library.queries.values()]
    terminal.table(["query", "topic", "title"], rows, wrap=("title",))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=_complete_query)],
    _target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show what a query answers, its parameters and its text."""
    from flowathena.result.formats import to_json

    query = _library(config).get(name)
    if form is ListFormat.JSON:
        terminal.text(to_json({**_describe(query), "sql": query.sql}))
        return
    head = [f"{query.name}: {query.title}", query.description, f"file: {query.file}"]
    terminal.text("\n".join([*filter(None, head), f"default window: {query.since}", ""]))
    if query.params:
        rows = [(p.name, p.type, p.default, p.help) for p in query.params]
        terminal.table(["parameter", "type", "default", "help"], rows, wrap=("help",))
        terminal.text("")
    terminal.text(query.sql)


@app.command()
def check(target: options.Target = None, config: options.Config = None) -> None:
    """Check every query.

    Knows the fields of every record version; with -t, only those of that target's record format.
    Reports every problem with file and line, and exits 2 if there are any.
    """
    from flowathena.catalog import wanted
    from flowathena.query import check as checks
    from flowathena.query import relation

    settings = configuration(config)
    if target:
        chosen = settings.target(target)
        source = wanted.flow_table(wanted.wanted_table(chosen), chosen)
    else:
        source = wanted.every_field()
    columns = relation.column_types(source)
    library = _library(config)
    problems = list(library.problems)
    for query in library.queries.values():
        problems.extend(checks.check_query(query, columns))
    if problems:
        raise QueryError(problems)
    terminal.text(f"{counted(len(library.queries), 'query', 'queries')}, no problems")


def _render(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    flows = client(own.pop("target"), own.pop("config"))
    terminal.text(flows.render(name, **own, **values).sql)


class _RenderGroup(QueryGroup):
    action = staticmethod(_render)


render_app = typer.Typer(cls=_RenderGroup, no_args_is_help=True)
app.add_typer(render_app, name="render")


@render_app.callback()
def render() -> None:
    """Print the SQL of a query with its values filled in; runs nothing."""


def _library(config: "Path | None") -> "Library":
    from flowathena.query.library import load

    return load(configuration(config).query_paths)


def _describe(query: "Query") -> dict[str, object]:
    return {
        "name": query.name,
        "topic": query.topic,
        "title": query.title,
        "description": query.description,
        "tags": list(query.tags),
        "since": query.since,
        "params": [
            {
                "name": param.name,
                "type": param.type,
                "required": param.required,
                "default": param.default,
                "choices": list(param.choices),
                "help": param.help,
            }
            for param in query.params
        ],
        "file": str(query.file),
    }
