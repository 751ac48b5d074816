"""``flowathena setup flow-logs``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, setup_plan, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.sample import FileFormat, Layout
from flowathena.cli.setup_plan import Manner, carry_out, choose_location, client
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.deploy.setup.plans import Plan


class Traffic(StrEnum):
    """Which traffic is recorded."""

    ALL = "all"
    ACCEPT = "accept"
    REJECT = "reject"


class Interval(StrEnum):
    """How long a flow is aggregated into one record."""

    ONE = "1m"
    TEN = "10m"


_SECONDS = {Interval.ONE: 60, Interval.TEN: 600}

_Ids = list[str] | None


def _ids(name: str, what: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(
        name, metavar="ID", help=f"Record {what}; repeat for several."
    )
    return found


def flow_logs(
    vpc: Annotated[_Ids, _ids("--vpc", "this VPC")] = None,
    subnet: Annotated[_Ids, _ids("--subnet", "this subnet")] = None,
    eni: Annotated[_Ids, _ids("--eni", "this network interface")] = None,
    all_vpcs: Annotated[
        bool, typer.Option("--all-vpcs", help="Record every VPC of the account in the Region.")
    ] = False,
    to: setup_plan.To = None,
    log_group: Annotated[
        str | None,
        typer.Option(
            "--log-group",
            metavar="NAME",
            help="Deliver to this log group, not to S3; it and its role are made, too.",
        ),
    ] = None,
    retention: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="How long the log group keeps records (default: 30)."),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The role that delivers to the log group; an ARN for one there is."
        ),
    ] = None,
    for_queries: Annotated[
        str | None,
        typer.Option(
            "--for-queries",
            metavar="NAMES",
            help="Record the default fields and what these queries need; comma-separated.",
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(metavar="N", help="Record every field up to this version.")
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help='Record these fields: "${version} ${srcaddr} …", names, or default (default: '
            "those of the target).",
        ),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="The folders in S3 (default: the target's).")
    ] = None,
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--file-format", help="The files in S3 (default: the target's)."),
    ] = None,
    interval: Annotated[
        Interval, typer.Option(help="How long a flow is aggregated into one record.")
    ] = Interval.TEN,
    traffic: Annotated[Traffic, typer.Option(help="Which traffic is recorded.")] = Traffic.ALL,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Tag the flow logs; repeat for several."),
    ] = None,
    tag_field: Annotated[
        list[str] | None,
        typer.Option(
            "--tag-field",
            metavar="KIND=KEY",
            help="Record the values of tags (version 11): instance=Name,team; network-interface=…; "
            "auto-scaling-group=….",
        ),
    ] = None,
    delete_old: Annotated[
        list[str] | None,
        typer.Option(
            "--delete-old",
            metavar="ID",
            help="Delete this flow log, once another stands in for it; repeatable.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --delete-old: however short the overlap.")
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
    """Create flow logs of VPCs, subnets and interfaces, in S3 or in a log group.

    Shows what there is and what would change; --apply asks and does it, --as writes it for another
    tool. What is there already is kept, and never made twice. No flow log can be changed: one that
    differs gets a new one beside it, and is deleted by --delete-old after both have delivered for
    a while. Exits 4 if some were created and others were not.
    """
    manner = Manner("setup flow-logs", render_as, offline, apply, dry_run, yes, exit_code, form)
    manner.check()
    if render_as and (delete_old or (offline and all_vpcs)):
        option = "--delete-old" if delete_old else "--offline"
        raise UsageError(f"{option} does not go with --{'as' if delete_old else 'all-vpcs'}")
    _check(to, log_group, {"--retention": retention, "--role": role}, (layout, file_format))
    flows = client(target, config, region)
    location = "" if log_group else choose_location(flows, to)
    from flowathena.deploy.setup import record_format
    from flowathena.deploy.setup.requests import Delivery, Recording

    recording = Recording(
        (*(vpc or ()), *(subnet or ()), *(eni or ())),
        all_vpcs,
        fields,
        version,
        tuple(filter(None, (for_queries or "").split(","))),
        traffic.upper(),
        _SECONDS[interval],
        record_format.parse_tag_fields(tag_field or ()),
        [_tag(each) for each in tag or ()],
    )
    delivery = Delivery(
        location, log_group or "", layout, file_format, _retention(retention), role or ""
    )
    if offline:
        made = flows.setup.render_flow_logs(recording, delivery)
    else:
        made = flows.setup.flow_logs(recording, delivery, delete_old=delete_old or (), force=force)
    if not render_as:
        _show_existing(made, form)
    carry_out(made, manner)
    _say_next(made, manner)


def _check(
    to: str | None,
    log_group: str | None,
    of_group: dict[str, object],
    of_files: tuple[object, ...],
) -> None:
    """Refuse options of S3 for a log group, and of a log group for S3."""
    if to and log_group:
        raise UsageError("choose one of --to and --log-group")
    if log_group and any(of_files):
        raise UsageError("--layout and --file-format are about S3, not about a log group")
    if not log_group and (given := [name for name, value in of_group.items() if value]):
        raise UsageError(f"{given[0]} is about a log group: add --log-group NAME")


def _tag(text: str) -> tuple[str, str]:
    key, mark, value = text.partition("=")
    if not mark or not key or key.lower().startswith("aws:"):
        raise UsageError(f"--tag {text!r}: write KEY=VALUE; keys do not begin with aws:")
    return key, value


def _retention(days: int | None) -> int | None:
    from flowathena.deploy.setup.flow_log import RETENTIONS_DAYS

    if days is not None and days not in RETENTIONS_DAYS:
        known = ", ".join(map(str, RETENTIONS_DAYS))
        raise UsageError(f"--retention {days}: a log group keeps records for {known} days")
    return days


def _show_existing(made: "Plan", form: ListFormat) -> None:
    """Say which flow logs there are of the same things."""
    from flowathena.deploy.setup.live_flow_logs import summary

    if form is ListFormat.JSON:
        return
    for each in made.existing:
        status = f"; {each.status}" if each.status else ""
        failed = f" ({each.error})" if each.error else ""
        terminal.say(
            f"there is {each.id}: {each.flow_log.name}; {summary(each.flow_log)}{status}{failed}"
        )


def _say_next(made: "Plan", manner: Manner) -> None:
    """Say how to go on with the first flow log in S3."""
    created = made.flow_logs
    if not manner.apply or created is None:
        return
    for name, wanted in created.wanted().items():
        if wanted.is_in_s3 and name in created.ids:
            terminal.say(
                "next, once logs have arrived (some 15 minutes): flowathena init --flow-log "
                f"{created.ids[name]}"
            )
            return
