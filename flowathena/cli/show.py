"""Plans, lists of partitions and what a sync did, shown to people and machines."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat

if TYPE_CHECKING:
    from flowathena.catalog import Change, Outcome
    from flowathena.partitions.apply import Synced
    from flowathena.partitions.plan import Planned, Registered

_FAILURES_TOLD = 20


def show_plan(planned: "Planned", form: ListFormat) -> None:
    """Show a plan, and its sum on stderr."""
    from flowathena.result.formats import to_json

    for warning in planned.warnings:
        terminal.warn(warning)
    if not planned.table_exists:
        terminal.say(f"table {planned.table} does not exist yet; sync creates it")
    plan = planned.plan
    if form is ListFormat.JSON:
        terminal.text(to_json(planned.to_json()))
    else:
        changes = [
            *(("add", change) for change in plan.add),
            *(("relocate", change) for change in plan.relocate),
            *(("stale", change) for change in plan.stale),
        ]
        if changes:
            terminal.text(_table(planned.keys, changes))
    ahead = f", ahead {plan.ahead}" if plan.ahead else ""
    terminal.say(
        f"{planned.table}: add {len(plan.add)}, relocate {len(plan.relocate)}, "
        f"stale {len(plan.stale)}, keep {plan.keep}{ahead} ({_calls(planned.calls)})"
    )
    steps = planned.steps
    if steps and (steps.relocate or steps.drop):
        terminal.say(
            f"would add {len(steps.add)}, relocate {len(steps.relocate)}, drop {len(steps.drop)}"
        )


def show_synced(synced: "Synced", form: ListFormat) -> None:
    """Show the outcomes of a sync, and their sum on stderr."""
    from flowathena.catalog import Status
    from flowathena.result.formats import table, to_json

    if synced.created:
        terminal.say("created the table")
    for warning in synced.warnings:
        terminal.warn(warning)
    _show_failures(synced.failed)
    if form is ListFormat.JSON:
        terminal.text(to_json(synced.to_json()))
    elif synced.outcomes:
        rows = [[outcome.status, *outcome.values] for outcome in synced.outcomes]
        terminal.text(table(["outcome", *synced.keys], rows))
    counts = [f"{status} {synced.count(status)}" for status in (Status.ADDED, Status.EXISTED)]
    repaired = (Status.RELOCATED, Status.DROPPED)
    counts += [f"{status} {n}" for status in repaired if (n := synced.count(status))]
    counts.append(f"failed {len(synced.failed)}")
    terminal.say(f"{', '.join(counts)} ({_calls(synced.calls)}, {synced.seconds:.1f} s)")


def show_list(registered: "Registered", form: ListFormat) -> None:
    """Show registered partitions, and their number on stderr."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json([change.to_json(registered.keys) for change in registered]))
        return
    terminal.text(_table(registered.keys, [("", change) for change in registered]))
    terminal.say(f"{len(registered)} partitions")


def _show_failures(failed: "Iterable[Outcome]") -> None:
    """One line a failure; what would fail with every partition is one line for all."""
    from flowathena.catalog import Cause
    from flowathena.partitions.apply import NOT_TRIED

    lines: dict[str, int] = {}
    for outcome in failed:
        error = outcome.error.removeprefix(NOT_TRIED)
        named = outcome.cause not in (Cause.OPERATION, Cause.ALL)
        line = f"partition {'/'.join(outcome.values)}: {error}" if named else error
        lines[line] = lines.get(line, 0) + 1
    for line, count in list(lines.items())[:_FAILURES_TOLD]:
        terminal.fail(f"{count} partitions: {line}" if count > 1 else line)
    if len(lines) > _FAILURES_TOLD:
        terminal.fail(f"… and {len(lines) - _FAILURES_TOLD} more (--format json has all)")


def _table(keys: tuple[str, ...], changes: "list[tuple[str, Change]]") -> str:
    from flowathena.result.formats import table

    marked = any(mark for mark, _ in changes)
    names = [*(["change"] if marked else []), *keys, "location"]
    rows = [
        [*([mark] if marked else []), *change.values, change.location] for mark, change in changes
    ]
    return table(names, rows)


def _calls(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(calls.items())) or "no calls"
