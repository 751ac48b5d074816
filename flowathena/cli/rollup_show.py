"""How ``archive rollup`` shows days, and what became of them."""

from typing import TYPE_CHECKING

from flowathena.cli import archive_show, terminal
from flowathena.cli.options import ListFormat
from flowathena.text import counted, human_bytes

if TYPE_CHECKING:
    from flowathena.archive.outcome import ArchiveRun
    from flowathena.archive.plan import ArchivePlan
    from flowathena.target.target import Target


def show_plan(planned: "ArchivePlan", form: ListFormat) -> None:
    """Show what a run would do."""
    from flowathena.result.formats import to_json

    for warning in planned.warnings:
        terminal.warn(warning)
    if form is ListFormat.JSON:
        terminal.text(to_json(planned.to_json()))
        return
    show_due(planned)
    terminal.say(sum_up(planned))


def show_due(planned: "ArchivePlan") -> None:
    """Show the days about which there is something to do, and what would be removed."""
    from flowathena.archive.plan import State
    from flowathena.archive.rollup_plan import describe_state

    rows = [
        (each.day, describe_state(each.state), human_bytes(sum(d.read_bytes for d in each.due)))
        for each in planned.days
        if each.due or each.state is State.READY
    ]
    if rows:
        terminal.table(("day", "state", "to read"), rows)
    for each in planned.leftovers:
        terminal.say(f"would remove {each.name}: {each.reason}")


def sum_up(planned: "ArchivePlan") -> str:
    """One line: what a run would do, if anything."""
    if planned.is_done:
        done = sum(each.is_moved for each in planned.days)
        return f"nothing to roll up: {counted(done, 'day')} rolled up"
    return describe_plan(planned)


def describe_plan(planned: "ArchivePlan") -> str:
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


def show_run(done: "ArchiveRun", target: "Target", form: ListFormat) -> None:
    """Show what became of a run."""
    archive_show.show_document(done, form)
    tell_run(done, target)


def tell_run(done: "ArchiveRun", target: "Target") -> None:
    """Say what became of a run, a line each."""
    if done.written:
        flows = sum(each.rows for each in done.written)
        size = human_bytes(sum(each.size_bytes for each in done.written))
        days = counted(len(done.written), "day")
        terminal.say(f"rolled up {days}: {flows:,} flows as {size} of Parquet")
    if done.moved and not target.is_local:  # there are no views that would read it
        terminal.say(f"read from the rollup since: {archive_show.listed(done.moved)}")
    archive_show.tell_failures(done)
    if done.left:
        terminal.fail(f"{counted(len(done.left), 'day')} left, computed as before: {done.stop}")
    if not (done.written or done.moved or done.removed or done.failures or done.left):
        terminal.say(f"nothing to roll up ('{target.command('archive status')}' shows every day)")
    archive_show.tell_costs(done)
