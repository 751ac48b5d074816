"""``flowathena archive rollup``: what closed days add up to, read by the view ``daily``."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import delivery, options, resources, rollup_show, spending, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ExitCode

if TYPE_CHECKING:
    from flowathena.archive.rollup_plan import RollupPlan


def rollup(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    everything: options.Everything = False,
    again: Annotated[bool, typer.Option("--again", help="Write anew what is rolled up.")] = False,
    max_scan: spending.StopAtScan = None,
    max_cost: spending.StopAtCost = None,
    concurrency: options.Concurrency = CONCURRENCY,
    form: options.Format = ListFormat.TABLE,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> None:
    """Write what closed days add up to as a small table, which the view daily reads.

    A day has the rows of the view, made of its archive if it is archived, else of its logs, and is
    written again if logs came since. The view is written anew if it is flowathena's own. Exits 4 if
    some of it failed or is left, 5 if the limits do not allow the first statement. Default window:
    35 days.
    """
    limits = spending.limits({"max_scan": max_scan, "max_cost": max_cost})
    resources.refuse_unanswerable("archive rollup", asks=not (yes or dry_run))
    flows = client(target, config, concurrency)
    rollups = flows.archive.rollup
    if dry_run:
        planned = rollups.plan(
            since=since, until=until, everything=everything, again=again, watch=_measuring
        )
        rollup_show.show_plan(planned, form)
        return

    def confirm(planned: "RollupPlan") -> bool:
        terminal.end_progress()
        if yes:
            terminal.say(rollup_show.describe_plan(planned))
            return True
        return terminal.confirm("Roll them up?", rollup_show.describe_plan(planned))

    with terminal.report_interrupt():
        done = rollups.run(
            since=since,
            until=until,
            everything=everything,
            again=again,
            spending_limits=limits,
            confirm=confirm,
            watch=_measuring,
            listener=delivery.show_progress,
        )
    rollup_show.show_run(done, flows.target, form)
    if not done.is_complete:
        raise typer.Exit(ExitCode.PARTIAL if done.written or done.moved else ExitCode.ERROR)


def _measuring(done: int, total: int) -> None:
    terminal.bar("listing", done, total)
