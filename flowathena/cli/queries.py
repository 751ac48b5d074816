"""``flowathena queries``: list, show, render, check."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import options, terminal
from flowathena.cli.check import check, columns_of
from flowathena.cli.options import ListFormat, client, configuration
from flowathena.cli.run import QueryGroup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from flowathena.inputs.params import Param
    from flowathena.query.library import Library, Query

app = typer.Typer(help="List, show, render and check saved queries.")


def _complete_query(incomplete: str) -> list[str]:
    return [name for name in _library(None).queries if name.startswith(incomplete)]


@app.command("list")
def list_(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the saved queries with their parameters; a default follows =, [x] may be omitted.

    With -t, says of each query whether it runs on that target's record format.
    """
    from flowathena.result.formats import to_json

    library = _library(config)
    problems = _problems_on(target, config, library.queries.values()) if target else {}
    for problem in library.problems:
        terminal.warn(str(problem))
    if form is ListFormat.JSON:
        told = ({"problems": problems[name]} if target else {} for name in library.queries)
        described = map(_describe, library.queries.values())
        terminal.text(to_json([one | other for one, other in zip(described, told, strict=True)]))
        return
    names = ["query", "topic", "title", "parameters", *([f"runs on {target}"] if target else [])]
    rows = [
        (
            *(query.name, query.topic, query.title, " ".join(map(_parameter, query.params))),
            *([_first(problems[query.name])] if target else []),
        )
        for query in library.queries.values()
    ]
    terminal.table(names, rows, wrap=("title", *names[3:]), spare=("topic",))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=_complete_query)],
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show what a query answers, its parameters and its text.

    With -t, says whether it runs on that target's record format.
    """
    from flowathena.result.formats import to_json

    query = _library(config).get(name)
    problems = _problems_on(target, config, [query])[name] if target else []
    if form is ListFormat.JSON:
        told = {"problems": problems} if target else {}
        terminal.text(to_json({**_describe(query), **told, "sql": query.sql}))
        return
    head = [f"{query.name}: {query.title}", query.description, f"file: {query.file}"]
    head += [f"runs on {target}: {_first(problems)}"] if target else []
    terminal.text("\n".join([*filter(None, head), f"default window: {query.since}", ""]))
    if query.params:
        rows = [(p.name, p.type, p.default, p.help) for p in query.params]
        terminal.table(["parameter", "type", "default", "help"], rows, wrap=("help",))
        terminal.text("")
    terminal.text(query.sql)


app.command("check")(check)


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


def _problems_on(
    target: str, config: "Path | None", queries: "Iterable[Query]"
) -> dict[str, list[str]]:
    """Why each query does not run on a target; nothing where it does."""
    from flowathena.query import check as checks

    columns = columns_of(target, config)
    return {
        query.name: [problem.message for problem in checks.check_query(query, columns)]
        for query in queries
    }


def _first(problems: list[str]) -> str:
    return problems[0] if problems else "yes"


def _parameter(param: "Param") -> str:
    """A parameter in a list: ``host``, ``port=443``, ``[name]``."""
    if param.required:
        return param.name
    default = param.default
    if default is None:
        return f"[{param.name}]"
    values = default if isinstance(default, tuple) else (default,)
    return f"{param.name}={','.join(map(str, values))}"


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
                "min": param.minimum,
                "max": param.maximum,
                "help": param.help,
            }
            for param in query.params
        ],
        "file": str(query.file),
    }
