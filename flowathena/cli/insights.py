"""``flowathena queries insights NAME`` and ``insights run NAME``: flow logs in a log group."""

from typing import Any

import typer

from flowathena.cli import terminal
from flowathena.cli.delivery import deliver, print_statement, show_progress
from flowathena.cli.options import client
from flowathena.cli.query_group import QueryGroup
from flowathena.cli.run import selected

_SELECTING = ("account", "region", "flow_log")


def _render(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    flows = client(own["target"], own["config"])
    title = flows.library.get(name).title
    terminal.text(flows.insights.render(name, **values).commented(title))


class _RenderGroup(QueryGroup):
    action = staticmethod(_render)
    without = (*_SELECTING, "since", "until")


render_app = typer.Typer(cls=_RenderGroup, no_args_is_help=True)


@render_app.callback()
def render() -> None:
    """Print a query in the language of CloudWatch Logs Insights, or why it has no form there."""


def _run(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    if own["dry_run"]:
        print_statement(own, lambda flows: flows.insights.render(name, **values).text)
        return
    scope = {**selected(own), "listener": show_progress}
    deliver(own, lambda flows: flows.insights.run(name, **scope, **values))


class _RunGroup(QueryGroup):
    action = staticmethod(_run)
    extra = ("log_group", "form", "output", "chart", "dry_run")
    without = _SELECTING


app = typer.Typer(help="Run saved queries over flow logs in a log group (Logs Insights).")
run_app = typer.Typer(cls=_RunGroup, no_args_is_help=True)
app.add_typer(run_app, name="run")


@run_app.callback()
def run() -> None:
    """Run a saved query by CloudWatch Logs Insights over a log group.

    'flowathena queries insights NAME' prints what is asked.
    """
