"""``flowathena archive``: closed days as Parquet, read in the place of their logs."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import (
    archive_show,
    delivery,
    options,
    resources,
    setup_plan,
    spending,
    terminal,
)
from flowathena.cli.options import ListFormat, client
from flowathena.cli.rollup import rollup
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowathena.archive.plan import ArchivePlan

app = typer.Typer(
    no_args_is_help=True,
    help="Keep closed days as Parquet, which queries read in the place of their logs.",
)

Again = Annotated[
    bool, typer.Option("--again", help="Write anew what is archived, if all its logs are there.")
]


@app.command()
def plan(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    again: Again = False,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if there is anything to do.")
    ] = False,
) -> None:
    """Show what run would do; changes nothing.

    A day is closed two days after its end. Days that were archived are written again if logs came
    since. Default window: 35 days.
    """
    flows = client(target, config, concurrency)
    planned = flows.archive.plan(
        since=since, until=until, everything=everything, again=again, watch=_measuring
    )
    asked = _words(since, until, everything=everything, again=again)
    archive_show.show_plan(planned, flows.target.command(f"archive run{asked}"), form)
    if exit_code and not planned.is_done:
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def run(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    again: Again = False,
    max_scan: spending.StopAtScan = None,
    max_cost: spending.StopAtCost = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> None:
    """Write closed days as Parquet, verify them, and have queries read them.

    Writes into archive_location of the target, and registers what it has verified. Logs stay as
    they are. What fails is left for the next run, and its files are removed. Exits 4 if some of it
    failed or is left, 5 if the limits do not allow the first statement. Default window: 35 days.
    """
    limits = spending.limits({"max_scan": max_scan, "max_cost": max_cost})
    resources.refuse_unanswerable("archive run", asks=not (yes or dry_run))
    flows = client(target, config, concurrency)
    if dry_run:
        planned = flows.archive.plan(
            since=since, until=until, everything=everything, again=again, watch=_measuring
        )
        asked = _words(since, until, everything=everything, again=again)
        archive_show.show_plan(planned, flows.target.command(f"archive run{asked}"), form)
        return
    with terminal.report_interrupt():
        done = flows.archive.run(
            since=since,
            until=until,
            everything=everything,
            again=again,
            spending_limits=limits,
            confirm=_confirming(flows.target.command, yes=yes),
            watch=_measuring,
            listener=delivery.show_progress,
        )
    archive_show.show_run(done, flows.target, form)
    if not done.is_complete:
        raise typer.Exit(ExitCode.PARTIAL if done.written or done.moved else ExitCode.ERROR)


app.command()(rollup)


@app.command()
def status(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show every day: how it is read, and how large its logs, its archive and its rollup are.

    In a bucket also what storing them costs a month, where S3's list price is known. Default
    window: 35 days.
    """
    flows = client(target, config, concurrency)
    planned = flows.archive.plan(since=since, until=until, everything=everything, watch=_measuring)
    rolled_up = flows.archive.rollup.status(planned.days)
    archive_show.show_status(planned, rolled_up, flows.archive.storage_usd, form)


@app.command()
def verify(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare what is archived with its logs once more: records, sums, checksums of all columns.

    Reads both, which is billed in Athena. Of logs that are gone, what was written is compared with.
    Exits 3 if something differs. Default window: 35 days.
    """
    flows = client(target, config, concurrency)
    with terminal.report_interrupt():
        found = list(
            flows.archive.verify(
                since=since,
                until=until,
                everything=everything,
                watch=_measuring,
                listener=delivery.show_progress,
            )
        )
    archive_show.show_verified(found, flows.target, form)
    if any(each.different for each in found):
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def expire(
    text_older_than: Annotated[
        str,
        typer.Option(
            "--text-older-than", metavar="DAYS", help="Delete logs when they are so old: 90d."
        ),
    ],
    target: options.Target = None,
    config: options.Config = None,
    render_as: Annotated[
        setup_plan.Form, typer.Option("--as", help="What to write.")
    ] = setup_plan.Form.CLI,
) -> None:
    """Write the lifecycle rule that deletes logs which are archived; applies nothing.

    Every day that it would delete at once must be archived. The other rules of the bucket are in
    what is written, for S3 replaces them all together.
    """
    days = setup_plan.parse_days("--text-older-than", text_older_than)
    flows = client(target, config)
    planned = flows.plan_expiry(days)
    manner = setup_plan.Manner.rendering("archive expire", render_as)
    setup_plan.carry_out(planned, manner)
    terminal.warn(
        "S3 deletes by age alone: keep 'archive run' on a schedule that tells you when it fails"
    )


def _words(since: str | None, until: str | None, *, everything: bool, again: bool) -> str:
    """The options that choose the days, as they are typed."""
    chosen = {"--since": since, "--until": until}
    words = [f" {name} {shlex.quote(value)}" for name, value in chosen.items() if value]
    flags = {" --all": everything, " --again": again}
    return "".join([*words, *(name for name, is_given in flags.items() if is_given)])


def _measuring(done: int, total: int) -> None:
    terminal.bar("listing", done, total)


def _confirming(command: "Callable[[str], str]", *, yes: bool) -> "Callable[[ArchivePlan], bool]":
    def confirm(planned: "ArchivePlan") -> bool:
        terminal.end_progress()
        for warning in planned.warnings:
            terminal.warn(warning)
        about = archive_show.describe_plan(planned)
        if yes:
            terminal.say(about)
            return True
        return terminal.confirm("Archive them?", f"{about} ('{command('archive plan')}' lists it)")

    return confirm
