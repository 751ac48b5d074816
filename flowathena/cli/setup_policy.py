"""``flowathena setup policy``: what flowathena itself may do, and no more."""

from typing import Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.setup_plan import Form
from flowathena.errors import UsageError


def _complete_purpose(incomplete: str) -> list[str]:
    from flowathena.deploy.setup.tool_policy import PURPOSES

    return [name for name in PURPOSES if name.startswith(incomplete)]


def policy(
    purposes: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="WORK",
            help="For what: plan, sync, repair, run, local, history, publish, metrics, refresh, "
            "cost; repeat for several.",
            autocompletion=_complete_purpose,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name of the policy.")
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The account of tables and workgroup (default: that of the credentials).",
        ),
    ] = None,
    notify_sns: Annotated[
        list[str] | None,
        typer.Option("--notify-sns", metavar="ARN", help="A topic that checks tell; repeatable."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="S3-URI", help="Where checks remember: s3://bucket/key."),
    ] = None,
    unload: Annotated[
        str | None, typer.Option(metavar="S3-URI", help="Where run --unload writes.")
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    render_as: Annotated[Form, typer.Option("--as", help="Write it for another tool.")] = Form.JSON,
) -> None:
    """Print the IAM policy for some kinds of work on a target: least privilege, changes nothing.

    It names the target's buckets, tables and workgroup, and what Athena needs to do for whoever
    runs a query. Attach it to the role or user that runs flowathena.
    """
    from flowathena.deploy.setup.forms import Form as AnyForm
    from flowathena.deploy.setup.forms import render
    from flowathena.deploy.setup.tool_policy import Extras

    if not purposes:
        raise UsageError("say for what: --for sync, --for run, …")
    flows = options.client(target, config)
    extras = Extras(tuple(notify_sns or ()), state or "", unload or "")
    made = flows.setup.policy(purposes, extras, name=name or "", account=account or "")
    terminal.text(render([made], AnyForm(render_as.value), flows.setup.region).text)
    if flows.target.role_arn:
        role = flows.target.role_arn
        terminal.say(f"it is for the role {role}; who assumes that needs sts:AssumeRole on it")
