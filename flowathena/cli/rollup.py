"""``flowathena archive rollup``: what closed days add up to, read by the view ``daily``."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import archive_show, delivery, options, resources, spending, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ExitCode
from flowathena.text import counted, human_bytes

if TYPE_CHECKING:
    from flowathena.archive.outcome import ArchiveRun
    from flowathena.archive.rollup_plan import RollupPlan
    from flowathena.target.target import Target


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
        _show_plan(planned, form)
        return

    def confirm(planned: "RollupPlan") -> bool:
        terminal.end_progress()
        if yes:
            terminal.say(_describe(planned))
            return True
        return terminal.confirm("Roll them up?", _describe(planned))

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
    _show_run(done, flows.target, form)
    if not done.is_complete:
        raise typer.Exit(ExitCode.PARTIAL if done.written or done.moved else ExitCode.ERROR)


def _measuring(done: int, total: int) -> None:
    terminal.bar("listing", done, total)


def _show_plan(planned: "RollupPlan", form: ListFormat) -> None:
    """Show what a run would do."""
    from flowathena.archive.plan import State
    from flowathena.archive.rollup_plan import describe_state
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json(planned.to_json()))
        return
    rows = [
        (each.day, describe_state(each.state), human_bytes(sum(d.read_bytes for d in each.due)))
        for each in planned.days
        if each.due or each.state is State.READY
    ]
    if rows:
        terminal.table(("day", "state", "to read"), rows)
    for each in planned.leftovers:
        terminal.say(f"would remove {each.name}: {each.reason}")
    for warning in planned.warnings:
        terminal.warn(warning)
    done = sum(each.is_moved for each in planned.days)
    nothing = f"nothing to roll up: {counted(done, 'day')} rolled up"
    terminal.say(nothing if planned.is_done else _describe(planned))


def _describe(planned: "RollupPlan") -> str:
    """One line: what a run would do."""
    parts = []
    if planned.due:
        size = human_bytes(planned.due_bytes)
        parts.append(f"{counted(len(planned.due), 'day')} to roll up, {size} to read")
    if planned.ready:
        parts.append(f"{counted(len(planned.ready), 'day')} to have read from the rollup")
    if planned.leftovers:
        parts.append(f"{counted(len(planned.leftovers), 'folder')} that nobody reads to remove")
    return "; ".join(parts)


def _show_run(done: "ArchiveRun", target: "Target", form: ListFormat) -> None:
    """Show what became of a run."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    if done.written:
        flows = sum(each.rows for each in done.written)
        size = human_bytes(sum(each.size_bytes for each in done.written))
        days = counted(len(done.written), "day")
        terminal.say(f"rolled up {days}: {flows:,} flows as {size} of Parquet")
    if done.moved and not target.is_local:  # there are no views that would read it
        terminal.say(f"read from the rollup since: {archive_show.listed(done.moved)}")
    for each in done.removed:
        terminal.say(f"removed {each.name}: {each.reason}")
    for failure in done.failures:
        terminal.fail(f"{failure.name}: {failure.reason}")
    if done.left:
        terminal.fail(f"{counted(len(done.left), 'day')} left, computed as before: {done.stop}")
    if not (done.written or done.moved or done.removed or done.failures or done.left):
        terminal.say(f"nothing to roll up ('{target.command('archive status')}' shows every day)")
    archive_show.tell_costs(done)
