"""``flowathena queries``: list, show, render, check, new, test, publish, pull, insights."""

from typing import Any

import typer

from flowathena.cli import cases, check, insights, listing, new, publish, terminal
from flowathena.cli.options import client
from flowathena.cli.query_group import QueryGroup

app = typer.Typer(
    help="List, show, render, check and publish saved queries; write and test your own."
)
app.command("list")(listing.list_)
app.command("show")(listing.show)
app.command("check")(check.check)
app.command("new")(new.new)
app.command("test")(cases.run_cases)
app.command("publish")(publish.publish)
app.command("pull")(publish.pull)


def _render(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    flows = client(own.pop("target"), own.pop("config"))
    terminal.text(flows.render(name, **own, **values).sql)


class _RenderGroup(QueryGroup):
    action = staticmethod(_render)
    extra = ("relative",)


render_app = typer.Typer(cls=_RenderGroup, no_args_is_help=True)
app.add_typer(render_app, name="render")
app.add_typer(insights.render_app, name="insights")


@render_app.callback()
def render() -> None:
    """Print the SQL of a query with its values filled in; runs nothing."""
