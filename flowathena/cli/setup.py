"""``flowathena setup``: what flow logs need in AWS, shown, rendered for other tools, applied."""

from typing import Annotated

import typer

from flowathena.cli import options, setup_plan
from flowathena.cli.options import ListFormat
from flowathena.cli.sample import Layout
from flowathena.cli.setup_cost import cost
from flowathena.cli.setup_flow_logs import flow_logs
from flowathena.cli.setup_plan import Manner, carry_out, choose_location, client, parse_days
from flowathena.cli.setup_policy import policy
from flowathena.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Set up what flow logs need in AWS: the flow logs, their bucket, a workgroup; and what "
    "that costs.",
)
app.command("flow-logs")(flow_logs)
app.command("policy")(policy)
app.command("cost")(cost)


@app.command("bucket")
def bucket(
    to: setup_plan.To = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Flow logs of this account may arrive; repeat for several (default: your own).",
        ),
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Flow logs of every account of an organization (o-…)."),
    ] = None,
    log_region: Annotated[
        list[str] | None,
        typer.Option(
            "--log-region",
            metavar="REGION",
            help="Only flow logs of this Region; repeat for several (default: any).",
        ),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="The folders of the flow logs (default: the target's).")
    ] = None,
    kms_key: Annotated[
        str | None,
        typer.Option(
            "--kms-key", metavar="ARN", help="Encrypt with this key, and let logs be delivered so."
        ),
    ] = None,
    expire_after: Annotated[
        str | None,
        typer.Option(
            "--expire-after", metavar="DAYS", help="Have S3 delete logs after so long: 400d."
        ),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Create the bucket if there is none.")
    ] = False,
    target: options.Target = None,
    config: options.Config = None,
    region: setup_plan.Region = None,
    render_as: setup_plan.As = None,
    offline: setup_plan.Offline = False,
    apply: setup_plan.Apply = False,
    dry_run: setup_plan.DryRun = False,
    yes: options.Yes = False,
    exit_code: setup_plan.ExitCode = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Let flow logs be delivered into a bucket: policies, encryption, expiry.

    Statements and rules of others in the bucket's policy, the key's policy and the lifecycle stay
    as they are. The bucket is closed to the public. Nothing is deleted.
    """
    manner = Manner("setup bucket", render_as, offline, apply, dry_run, yes, exit_code, form)
    manner.check()
    flows = client(target, config, region)
    from flowathena.deploy.setup.bucket import Senders

    senders = Senders(tuple(account or ()), organization or "", tuple(log_region or ()))
    made = flows.setup.bucket(
        choose_location(flows, to),
        senders,
        layout=layout,
        kms_key=kms_key or "",
        expire_days=parse_days("--expire-after", expire_after)
        if expire_after is not None
        else None,
        create=create,
    )
    carry_out(made, manner)


@app.command("workgroup")
def workgroup(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The workgroup.")],
    max_scan: Annotated[
        str | None,
        typer.Option(
            "--max-scan", metavar="SIZE", help="End queries that scan more: 100GB; at least 10MB."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="S3-URI",
            help="Where results go (default of a new one: the target's).",
        ),
    ] = None,
    kms_key: Annotated[
        str | None,
        typer.Option("--kms-key", metavar="ARN", help="Encrypt results with this key."),
    ] = None,
    enforce: Annotated[
        bool | None,
        typer.Option(
            "--enforce/--no-enforce",
            help="Whether clients cannot choose otherwise (default of a new one: yes).",
        ),
    ] = None,
    metrics: Annotated[
        bool | None,
        typer.Option(
            "--metrics/--no-metrics",
            help="Whether CloudWatch gets metrics (default of a new one: yes).",
        ),
    ] = None,
    requester_pays: Annotated[
        bool | None,
        typer.Option(
            "--requester-pays/--no-requester-pays",
            help="Whether queries may read requester-pays buckets.",
        ),
    ] = None,
    description: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the workgroup is for.")
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    region: setup_plan.Region = None,
    render_as: setup_plan.As = None,
    offline: setup_plan.Offline = False,
    apply: setup_plan.Apply = False,
    dry_run: setup_plan.DryRun = False,
    yes: options.Yes = False,
    exit_code: setup_plan.ExitCode = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create or change a workgroup of Athena: scan limit, results, what is enforced.

    Settings that no option names stay as they are.
    """
    manner = Manner("setup workgroup", render_as, offline, apply, dry_run, yes, exit_code, form)
    manner.check()
    flows = client(target, config, region)
    from flowathena.deploy.setup.workgroup import WorkGroup

    wanted = WorkGroup(
        name,
        _size(max_scan),
        f"{output.rstrip('/')}/" if output else None,
        "SSE_KMS" if kms_key else None,
        kms_key,
        enforce,
        metrics,
        requester_pays,
        description,
    )
    carry_out(flows.setup.workgroup(wanted), manner)


def _size(text: str | None) -> int | None:
    from flowathena.inputs.size import parse_size

    if text is None:
        return None
    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(f"--max-scan {error}") from error
