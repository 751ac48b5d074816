"""Plans, lists and coverage of partitions and what a sync did, as tables and as JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.catalog import Change, Outcome
    from flowathena.partitions.apply import SyncReport
    from flowathena.partitions.coverage import Coverage, PlaceCoverage
    from flowathena.partitions.plan import PlanReport, RegisteredPartitions
    from flowathena.storage.origins import Unlisted

_FAILURES_SHOWN = 20
_WHOLE, _UNREGISTERED, _EMPTY, _NOTHING = "█", "▒", "░", "·"
_LEGEND = (
    f"{_WHOLE} stored and registered  {_UNREGISTERED} not registered  {_EMPTY} nothing stored  "
    f"{_NOTHING} neither"
)
_LEAST_DAYS = 10
_MONTH = len("2026-11")
_COVERAGE_HEADS = [
    "account",
    "region",
    "first_day",
    "last_day",
    "stored",
    "registered",
    "missing_in_catalog",
    "missing_in_storage",
]


def show_plan(planned: "PlanReport", form: ListFormat) -> None:
    """Show a plan, and a summary on stderr; of several tables, one after the other."""
    for source in planned.new_sources:
        terminal.say(f"a format that no table is for: sync adds {source} to the target")
    show_unlisted(planned.unlisted)
    show_withheld(planned.withheld)
    for each in (planned, *planned.further):
        _show_plan(each, form)


def _show_plan(planned: "PlanReport", form: ListFormat) -> None:
    for warning in planned.warnings:
        terminal.warn(warning)
    if not planned.table_exists:
        terminal.say(f"table {planned.table} does not exist yet; sync creates it")
    plan = planned.plan
    changes = [
        *(("add", change) for change in plan.add),
        *(("relocate", change) for change in plan.relocate),
        *(("stale", change) for change in plan.stale),
        *(("misspelled", change) for change in plan.misspelled),
    ]
    if changes and form is not ListFormat.JSON:
        _show_changes(planned.keys, changes)
    rest = f", ahead {plan.ahead}" if plan.ahead else ""
    rest += f", unknown {plan.unknown}" if plan.unknown else ""
    rest += f", misspelled {len(plan.misspelled)}" if plan.misspelled else ""
    terminal.say(
        f"{planned.table}: add {len(plan.add)}, relocate {len(plan.relocate)}, "
        f"stale {len(plan.stale)}, keep {plan.keep}{rest}{calls_made(planned.calls)}"
    )
    steps = planned.steps
    if steps and (steps.relocate or steps.drop):
        terminal.say(
            f"would add {len(steps.add)}, relocate {len(steps.relocate)}, drop {len(steps.drop)}"
        )


def show_synced(synced: "SyncReport", form: ListFormat) -> None:
    """Show the outcomes of a sync, and a summary on stderr; of several tables, one by one."""
    for source in synced.new_sources:
        terminal.say(f"added {source} to the target's sources")
    show_unlisted(synced.unlisted)
    show_withheld(synced.undecided)
    for each in (synced, *synced.further):
        name = f"{each.table}: " if synced.further else ""
        _show_synced(each, form, name, calls_made(synced.calls) if each is synced else "")


def _show_synced(synced: "SyncReport", form: ListFormat, name: str, calls: str) -> None:
    from flowathena.catalog import Status

    if synced.created:
        terminal.say(f"created the table {synced.table}" if name else "created the table")
    for warning in synced.warnings:
        terminal.warn(warning)
    _show_failures(synced.failed)
    if synced.outcomes and form is not ListFormat.JSON:
        rows = [[outcome.status, *outcome.values] for outcome in synced.outcomes]
        terminal.table(["outcome", *synced.keys], rows)
    counts = [f"{status} {synced.count(status)}" for status in (Status.ADDED, Status.EXISTED)]
    repaired = (Status.RELOCATED, Status.DROPPED)
    counts += [f"{status} {n}" for status in repaired if (n := synced.count(status))]
    counts.append(f"failed {len(synced.failed)}")
    terminal.say(f"{name}{', '.join(counts)}, {synced.seconds:.1f} s{calls}")


def show_withheld(withheld: Mapping[str, str]) -> None:
    """A line for each reason why folders are not registered though they contain logs."""
    by_reason: dict[str, list[str]] = {}
    for folder, reason in withheld.items():
        by_reason.setdefault(reason, []).append(folder)
    for reason, folders in list(by_reason.items())[:_FAILURES_SHOWN]:
        more = f" and {counted(len(folders) - 1, 'more folder')}" if len(folders) > 1 else ""
        terminal.fail(f"{folders[0]}{more} not registered: {reason}")
    if len(by_reason) > _FAILURES_SHOWN:
        terminal.fail(f"… and {len(by_reason) - _FAILURES_SHOWN} more (--format json lists all)")


def show_list(registered: "RegisteredPartitions", form: ListFormat) -> None:
    """Show registered partitions, and how many there are on stderr."""
    from flowathena.result.formats import to_json

    several = bool(registered.further)
    for each in registered.tables:
        for warning in each.warnings:
            terminal.warn(f"{each.table}: {warning}" if several and each.keys else warning)
    if form is ListFormat.JSON:
        terminal.text(to_json(registered.to_json()))
        return
    if several:
        _show_lists(registered.tables)
    else:
        _show_changes(registered.keys, [("", change) for change in registered])
    for each in registered.tables:
        name = f"{each.table}: " if several else ""
        terminal.say(f"{name}{counted(len(each), 'partition')}")


def _show_lists(tables: "Sequence[RegisteredPartitions]") -> None:
    """Partitions of several tables, whose keys may differ, below one heading."""
    keys = list(dict.fromkeys(key for each in tables for key in each.keys))
    rows = []
    for each in tables:
        for change in each:
            values = dict(zip(each.keys, change.values, strict=True))
            rows.append([each.table, *(values.get(key) for key in keys), change.location])
    terminal.table(["table", *keys, "location"], rows)


def show_unlisted(unlisted: "Sequence[Unlisted]") -> None:
    """A line for each place that could not be listed, with the reason."""
    for place in unlisted[:_FAILURES_SHOWN]:
        verb = "list" if place.location.endswith("/") else "read"
        terminal.fail(f"could not {verb} {place.name}: {place.error}")
    if len(unlisted) > _FAILURES_SHOWN:
        more = counted(len(unlisted) - _FAILURES_SHOWN, "more place")
        terminal.fail(f"could not list {more} (--format json lists all)")


def _show_failures(failed: "Iterable[Outcome]") -> None:
    """A line per failure; what fails with every partition is one line for all."""
    from flowathena.catalog import Cause
    from flowathena.partitions.apply import NOT_TRIED

    lines: dict[str, int] = {}
    for outcome in failed:
        error = outcome.error.removeprefix(NOT_TRIED)
        named = outcome.cause not in (Cause.OPERATION, Cause.ALL)
        line = f"partition {'/'.join(outcome.values)}: {error}" if named else error
        lines[line] = lines.get(line, 0) + 1
    for line, count in list(lines.items())[:_FAILURES_SHOWN]:
        terminal.fail(f"{counted(count, 'partition')}: {line}" if count > 1 else line)
    if len(lines) > _FAILURES_SHOWN:
        terminal.fail(f"… and {len(lines) - _FAILURES_SHOWN} more (--format json lists all)")


def _show_changes(keys: tuple[str, ...], changes: "list[tuple[str, Change]]") -> None:
    marked = any(mark for mark, _ in changes)
    names = [*(["change"] if marked else []), *keys, "location"]
    rows = [
        [*([mark] if marked else []), *change.values, change.location] for mark, change in changes
    ]
    terminal.table(names, rows)


def calls_made(calls: Mapping[str, int]) -> str:
    """The calls that were made, for ``--verbose``; nothing without it."""
    if not terminal.is_verbose():
        return ""
    return f" ({', '.join(f'{n} {name}' for name, n in sorted(calls.items())) or 'no calls'})"


def show_coverage(
    coverage: "Coverage", form: ListFormat, max_age: timedelta | None, *, calendar: bool
) -> None:
    """Show coverage, and a summary on stderr."""
    show_unlisted(coverage.failed)
    for warning in coverage.warnings:
        terminal.warn(warning)
    for table in coverage.tables:
        if not table.exists:
            terminal.say(f"table {table.table} does not exist yet; sync creates it")
    if form is not ListFormat.JSON and coverage.places:
        # Columns of what is wrong are shown if anything is.
        wrong = [name for name in _FAULT_HEADS if any(map(_FAULT_HEADS[name], coverage.places))]
        rows = [_coverage_row(coverage, place, max_age, wrong) for place in coverage.places]
        # A narrow terminal omits what the calendar below shows as well.
        terminal.table(
            [*_COVERAGE_HEADS, *wrong, "newest_object"], rows, spare=("first_day", "last_day")
        )
        if calendar:
            terminal.text("\n".join(("", *_calendar(coverage))))
    terminal.say(_coverage_summary(coverage, max_age))


_FAULT_HEADS: "Mapping[str, Callable[[PlaceCoverage], tuple[date, ...]]]" = {
    "misplaced": lambda place: place.misplaced,
    "twice": lambda place: place.twice,
}


def _coverage_row(
    coverage: "Coverage", place: "PlaceCoverage", max_age: timedelta | None, wrong: list[str]
) -> list[object]:
    age = place.age(coverage.now)
    is_late = max_age is not None and place.is_stale(coverage.now, max_age)
    none = "unknown" if place.unread else "none"
    shown = none if age is None else f"{_short(age)} ago"
    return [
        place.account,
        place.region,
        place.stored[0] if place.stored else None,
        place.stored[-1] if place.stored else None,
        len(place.stored),
        len(place.registered),
        len(place.missing),
        len(place.gaps(coverage.end)),
        *(len(_FAULT_HEADS[name](place)) for name in wrong),
        f"{shown}, stale" if is_late else shown,
    ]


def _short(age: timedelta) -> str:
    """A duration in its two largest units: 3d 4h, 4h 5m, 5m."""
    minutes = max(0, int(age.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"


def _coverage_summary(coverage: "Coverage", max_age: timedelta | None) -> str:
    stored = sum(len(place.stored) for place in coverage.places)
    missing = sum(len(place.missing) for place in coverage.places)
    gaps = sum(len(place.gaps(coverage.end)) for place in coverage.places)
    stale = "" if max_age is None else f", {len(coverage.stale(max_age))} stale"
    faults = "".join(
        f", {count} {name}"
        for name, days in _FAULT_HEADS.items()
        if (count := sum(len(days(place)) for place in coverage.places))
    )
    places = counted(len(coverage.places), "account and Region", "accounts and Regions")
    more = len(coverage.further)
    tables = coverage.table + (f" and {counted(more, 'further table')}" if more else "")
    return (
        f"{tables}: {places}{stale}, "
        f"{counted(stored, 'day')} stored, {missing} missing in the catalog, "
        f"{gaps} missing in storage{faults}{calls_made(coverage.calls)}"
    )


def _calendar(coverage: "Coverage") -> Iterator[str]:
    """A line of days for each account and Region, as many days as fit the terminal."""
    assert coverage.days is not None  # noqa: S101 - there are places
    labels = [f"{place.account} {place.region}" for place in coverage.places]
    width = max(_MONTH, *map(len, labels))
    first, last = coverage.days
    # The name of the last month may be longer than its days.
    shown = max(_LEAST_DAYS, terminal.columns() - width - 1 - max(0, _MONTH - last.day))
    first = max(first, last - timedelta(days=shown - 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    margin, months = _months(days)
    yield f"{margin:>{width}} {months}".rstrip()
    for label, place in zip(labels, coverage.places, strict=True):
        stored, registered, missing = map(set, (place.stored, place.registered, place.missing))
        line = "".join(_mark(day, stored, registered, missing) for day in days)
        yield f"{label:{width}} {line}"
    yield _LEGEND


def _mark(day: date, stored: set[date], registered: set[date], missing: set[date]) -> str:
    if day in missing:
        return _UNREGISTERED
    if day in stored:
        return _WHOLE
    return _EMPTY if day in registered else _NOTHING


def _months(days: list[date]) -> tuple[str, str]:
    """The months of a line of days: each stands above its first day.

    The first stands in the margin, which comes first, if the next one leaves it no room.
    """
    starts = [place for place, day in enumerate(days) if place == 0 or day.day == 1]
    margin, line = "", ""
    if len(starts) > 1 and starts[1] <= _MONTH:
        margin = f"{days[starts.pop(0)]:%Y-%m}"
    for place in starts:
        line = f"{line.ljust(place)}{days[place]:%Y-%m}"
    return margin, line
