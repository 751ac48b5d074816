"""``flowathena setup policy``: what flowathena itself may do, and no more."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, setup_plan, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.setup_plan import Form, Manner, carry_out
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.deploy.setup.inline_policies import Holder


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
            "archive, rollup, cost; repeat for several.",
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
    role: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Make it a policy of this role: shown, with --apply put."
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make it a policy of this user, likewise.")
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    render_as: Annotated[
        Form | None,
        typer.Option("--as", help="Write it for another tool (default: json).", show_default=False),
    ] = None,
    apply: setup_plan.Apply = False,
    dry_run: setup_plan.DryRun = False,
    yes: options.Yes = False,
    exit_code: setup_plan.ExitCode = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Print the IAM policy for some kinds of work on a target, or put it: least privilege.

    It names the target's buckets, tables and workgroup, and what Athena needs to do for whoever
    runs a query. With --role or --user, shows what would change there; --apply asks and puts it.
    """
    from flowathena.deploy.setup.forms import Form as AnyForm
    from flowathena.deploy.setup.forms import render
    from flowathena.deploy.setup.tool_policy import Extras

    if not purposes:
        raise UsageError("say for what: --for sync, --for run, …")
    manner = Manner("setup policy", render_as, False, apply, dry_run, yes, exit_code, form)
    manner.check()
    holder = _holder(role, user, manner)
    flows = options.client(target, config)
    extras = Extras(tuple(notify_sns or ()), state or "", unload or "")
    made = flows.setup.policy(purposes, extras, name=name or "", account=account or "")
    if holder is not None:
        carry_out(flows.setup.attachment(made, holder), manner)
        return
    wanted = AnyForm(str(render_as or Form.JSON))
    terminal.text(render([made], wanted, flows.setup.region).text)
    if flows.target.role_arn:
        role = flows.target.role_arn
        terminal.say(f"it is for the role {role}; who assumes that needs sts:AssumeRole on it")


def _holder(role: str | None, user: str | None, manner: Manner) -> "Holder | None":
    """Whose policy it becomes; None if it is printed.

    Raises:
        UsageError: options contradict each other.
    """
    from flowathena.deploy.setup.inline_policies import Holder

    if role is not None and user is not None:
        raise UsageError("choose one of --role and --user")
    if role is None and user is None:
        if manner.apply or manner.exit_code:
            option = "--apply" if manner.apply else "--exit-code"
            raise UsageError(f"{option} needs --role NAME or --user NAME: whose policy it is")
        return None
    if manner.render_as:
        raise UsageError("--as writes a managed policy: leave --role and --user out")
    return Holder("role", role) if role is not None else Holder("user", user or "")
