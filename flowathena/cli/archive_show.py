"""How ``archive`` shows days, and what became of them."""

from typing import TYPE_CHECKING

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat
from flowathena.text import counted, human_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from flowathena.archive.archive import Verification
    from flowathena.archive.outcome import ArchiveRun
    from flowathena.archive.plan import ArchivePlan, Day
    from flowathena.target.target import Target

_HEADINGS = ("day", "state", "logs", "archive", "share", "records", "to write")
_SHOWN = 5


def show_plan(planned: "ArchivePlan", command: str, form: ListFormat) -> None:
    """Show what a run would do, and the command that does it."""
    from flowathena.result.formats import to_json

    for warning in planned.warnings:
        terminal.warn(warning)
    if form is ListFormat.JSON:
        terminal.text(to_json(planned.to_json()))
        return
    show_due(planned)
    terminal.say(sum_up(planned))
    if not planned.is_done:
        terminal.say(f"next: {command}")


def show_due(planned: "ArchivePlan") -> None:
    """Show the days about which there is something to do, and what would be removed."""
    from flowathena.archive.plan import State

    busy = [each for each in planned.days if each.due or each.state is State.READY]
    if busy:
        terminal.table(_HEADINGS, [_row(each) for each in busy])
    for each in planned.leftovers:
        terminal.say(f"would remove {each.name}: {each.reason}")


def sum_up(planned: "ArchivePlan") -> str:
    """One line: what a run would do, if anything."""
    if planned.is_done:
        return f"nothing to archive: {_describe_days(planned.days)}"
    return describe_plan(planned)


def describe_plan(planned: "ArchivePlan") -> str:
    """One line: what a run would do."""
    parts = []
    if planned.due:
        days = len({each.day for each in planned.due})
        size = human_bytes(planned.due_bytes)
        partitions = counted(len(planned.due), "partition")
        parts.append(f"{partitions} of {counted(days, 'day')} to write, {size} of logs")
    if planned.ready:
        parts.append(f"{counted(len(planned.ready), 'day')} to have read from the archive")
    if planned.leftovers:
        parts.append(f"{counted(len(planned.leftovers), 'leftover')} to remove")
    return "; ".join(parts)


def show_document(done: "ArchiveRun", form: ListFormat) -> None:
    """Show what became of a run, if it is to be a document."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))


def show_run(done: "ArchiveRun", target: "Target", form: ListFormat) -> None:
    """Show what became of a run."""
    show_document(done, form)
    tell_run(done, target)


def tell_run(done: "ArchiveRun", target: "Target") -> None:
    """Say what became of a run, a line each."""
    if done.written:
        logs, size = (
            sum(getattr(each, name) for each in done.written)
            for name in ("log_bytes", "size_bytes")
        )
        records = sum(each.rows for each in done.written)
        terminal.say(
            f"archived {counted(len(done.written), 'partition')}: {records:,} records, "
            f"{human_bytes(logs)} of logs as {human_bytes(size)} of Parquet"
        )
    if done.moved:
        terminal.say(f"read from the archive since: {listed(done.moved)}")
    tell_failures(done)
    if done.left:
        left = f"{counted(len(done.left), 'partition')} left, read from their logs as before"
        terminal.fail(f"{left}: {done.stop}")
    if not (done.written or done.moved or done.removed or done.failures or done.left):
        terminal.say(f"nothing to archive ('{target.command('archive status')}' shows every day)")
    tell_costs(done)


def tell_failures(done: "ArchiveRun") -> None:
    """Say what a run has removed, and what it could not do."""
    for each in done.removed:
        terminal.say(f"removed {each.name}: {each.reason}")
    for failure in done.failures:
        terminal.fail(f"{failure.name}: {failure.reason}")


def tell_costs(done: "ArchiveRun") -> None:
    """Say what a run has scanned, and which views it has written."""
    from flowathena.cost.price import usd

    if done.scanned_bytes and done.query_ids:
        terminal.say(f"{human_bytes(done.scanned_bytes)} scanned, {usd(done.cost_usd)}")
    for view in done.views:
        terminal.say(f"wrote view {view} anew: it names these days")
    for warning in done.warnings:
        terminal.warn(warning)


def show_status(
    planned: "ArchivePlan",
    rolled_up: "Mapping[date, Day]",
    price: "Callable[[int], float | None]",
    form: ListFormat,
) -> None:
    """Show every day, what is rolled up of it, and what storing all of it costs a month."""
    from flowathena.archive.rollup_plan import describe_state
    from flowathena.result.formats import to_json

    for warning in planned.warnings:
        terminal.warn(warning)
    if form is ListFormat.JSON:
        days = [
            {
                **each.to_json(),
                "rollup_state": describe_state(own.state) if own else None,
                "rollup_bytes": own.archive_bytes if own else 0,
            }
            for each in planned.days
            for own in [rolled_up.get(each.day)]
        ]
        costs = {"storage_usd_a_month": _storage(planned.days, rolled_up.values(), price)}
        terminal.text(to_json({**planned.to_json(), "days": days, **costs}))
        return
    headings = (*_HEADINGS, "rollup") if rolled_up else _HEADINGS
    rows = [(*_row(each), _rollup(rolled_up.get(each.day))) for each in planned.days]
    if rows:
        terminal.table(headings, [row[: len(headings)] for row in rows])
    terminal.say(_describe_days(planned.days))
    if rolled_up:
        size = human_bytes(sum(each.archive_bytes for each in rolled_up.values()))
        done = sum(each.is_moved for each in rolled_up.values())
        terminal.say(f"{counted(done, 'day')} rolled up, {size} of Parquet")
    usd = _storage(planned.days, rolled_up.values(), price)
    if planned.days and all(each is not None for each in usd.values()):
        parts = ", ".join(f"{name} {each:.2f}" for name, each in usd.items())
        terminal.say(f"storing these days costs USD a month: {parts}")


def _storage(
    days: "Iterable[Day]",
    rolled_up: "Iterable[Day]",
    price: "Callable[[int], float | None]",
) -> "dict[str, float | None]":
    every = list(days)
    return {
        "logs": price(sum(each.log_bytes for each in every)),
        "archive": price(sum(each.archive_bytes for each in every)),
        "rollup": price(sum(each.archive_bytes for each in rolled_up)),
    }


def _rollup(day: "Day | None") -> str:
    """What is rolled up of a day."""
    from flowathena.archive.rollup_plan import describe_state

    if day is None:
        return ""
    size = f", {human_bytes(day.archive_bytes)}" if day.archived else ""
    return f"{describe_state(day.state)}{size}"


def show_verified(found: "Sequence[Verification]", target: "Target", form: ListFormat) -> None:
    """Show what was compared, and what differs."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json({"partitions": [each.to_json() for each in found]}))
    wrong = [each for each in found if each.different]
    for each in wrong:
        against = "its logs" if each.has_logs else "what was written"
        terminal.fail(f"{each.archived.name} differs from {against}: {', '.join(each.different)}")
    sound = len(found) - len(wrong)
    bare = sum(not each.has_logs and not each.different for each in found)
    more = f", {bare} of them without their logs" if bare else ""
    terminal.say(f"{counted(sound, 'partition')} as written{more}")
    if wrong:
        terminal.say(f"'{target.command('archive run --again')}' writes them anew from their logs")


def _row(day: "Day") -> tuple[object, ...]:
    share = f"{day.archive_bytes / day.log_bytes:.0%}" if day.log_bytes and day.archived else ""
    return (
        day.day,
        day.state,
        human_bytes(day.log_bytes),
        human_bytes(day.archive_bytes) if day.archived else "",
        share,
        f"{day.rows:,}" if day.archived else "",
        len(day.due) or "",
    )


def _describe_days(days: "Iterable[Day]") -> str:
    every = list(days)
    states = dict.fromkeys(each.state for each in every)
    counts = [f"{sum(each.state is state for each in every)} {state}" for state in sorted(states)]
    logs, size = sum(each.log_bytes for each in every), sum(each.archive_bytes for each in every)
    sizes = f"{human_bytes(logs)} of logs, {human_bytes(size)} of Parquet"
    return f"{counted(len(every), 'day')} ({', '.join(counts)}), {sizes}" if every else "no logs"


def listed(days: "Iterable[date]") -> str:
    """Some days; of many the first, the last and their number."""
    texts = [str(day) for day in days]
    if len(texts) <= _SHOWN:
        return ", ".join(texts)
    return f"{len(texts)} days from {texts[0]} to {texts[-1]}"
