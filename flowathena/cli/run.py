"""``flowathena run NAME``: a command for each saved query, with the options its header declares."""

from typing import TYPE_CHECKING, Any

from flowathena.cli import combinations, delivery, spending, terminal, unloading
from flowathena.cli.options import client
from flowathena.cli.query_group import QueryGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowathena.client import Client
    from flowathena.cost.estimate import Estimate
    from flowathena.query.render import Rendered
    from flowathena.result.result import Result

_RUNNING = ("engine", "skip_bad_files")
_SELECTING = ("log_group", "since", "until", "account", "region", "flow_log")


def _run(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    answer(
        own,
        lambda flows, scope: flows.render(name, **scope, **values),
        lambda flows, scope: flows.estimate(name, **scope, **values),
        lambda flows, scope: flows.run(name, **scope, **values),
    )


def selected(own: dict[str, Any]) -> dict[str, Any]:
    """The options that say what is read, by name."""
    return {key: own[key] for key in _SELECTING if key in own}


def answer(
    own: dict[str, Any],
    render: "Callable[[Client, dict[str, Any]], Rendered]",
    estimate: "Callable[[Client, dict[str, Any]], Estimate]",
    run: "Callable[[Client, dict[str, Any]], Result]",
) -> None:
    """Run a statement and write its rows; or its SQL, or what it would cost, if that is asked for.

    Args:
        own: the options of the run, by name.
        render: makes the statement with a client, for what the other options select.
        estimate: what it would cost, with ``listener`` besides.
        run: runs it, with ``listener`` (and what else its options say) besides.
    """
    scope = selected(own)
    combinations.check(own)
    if own["dry_run"]:
        delivery.print_statement(
            own, lambda flows: unloading.text(own, flows, render(flows, scope))
        )
    elif own["estimate"]:
        form = delivery.given_format(own)
        flows = client(own["target"], own["config"])
        found = estimate(
            flows, {**scope, "engine": own["engine"], "listener": delivery.show_progress}
        )
        spending.show(found, as_json=form is not None and form.value == "json")
        spending.warn_of_limits(own, flows.target, found)
    elif own["no_wait"]:
        flows = client(own["target"], own["config"])
        terminal.text(_start(own, flows, render(flows, scope)))
    elif own["unload"]:
        delivery.deliver(
            own,
            lambda flows: unloading.run(own, flows, render(flows, scope), delivery.show_progress),
        )
    else:
        further = {
            **{key: own[key] for key in _RUNNING},
            "spending_limits": spending.limits(own),
            "reuse": spending.reuse(own),
            "listener": delivery.show_progress,
        }
        delivery.deliver(own, lambda flows: run(flows, {**scope, **further}))


def _start(own: dict[str, Any], flows: "Client", rendered: "Rendered") -> str:
    """Start a statement in Athena; its id."""
    query_id = flows.start(
        rendered,
        spending_limits=spending.limits(own),
        reuse=spending.reuse(own),
        listener=delivery.show_progress,
    )
    terminal.say(f"started; '{flows.target.command(f'results {query_id}')}' has its rows")
    return query_id


class RunGroup(QueryGroup):
    """The group of ``run``; ``batch`` adds the command of several queries to it."""

    action = staticmethod(_run)
    extra = (
        *("form", "output", "chart", "dry_run", *_RUNNING, "quicksight_manifest"),
        *spending.NAMES,
        *unloading.NAMES,
    )
