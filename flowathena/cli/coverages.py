"""Coverage shown to people and machines: a table, a calendar, JSON."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat

if TYPE_CHECKING:
    from flowathena.partitions.coverage import Coverage, Place

_WHOLE, _UNREGISTERED, _EMPTY, _NOTHING = "█", "▒", "░", "·"
_LEGEND = (
    f"{_WHOLE} stored and registered  {_UNREGISTERED} not registered  {_EMPTY} nothing stored  "
    f"{_NOTHING} neither"
)
_LEAST_DAYS = 10


def show(found: "Coverage", form: ListFormat, max_age: timedelta | None, *, calendar: bool) -> None:
    """Show it, and its sum on stderr."""
    from flowathena.result.formats import table, to_json

    if not found.table_exists:
        terminal.say(f"table {found.table} does not exist yet; sync creates it")
    if form is ListFormat.JSON:
        terminal.text(to_json(found.to_json(max_age)))
    elif found.places:
        terminal.text(table(_HEADS, [_row(found, place, max_age) for place in found.places]))
        if calendar:
            terminal.text("\n".join(("", *_calendar(found))))
    terminal.say(_sum(found, max_age))


_HEADS = [
    "account",
    "region",
    "first_day",
    "last_day",
    "stored",
    "registered",
    "missing_in_catalog",
    "missing_in_storage",
    "newest_object",
]


def _row(found: "Coverage", place: "Place", max_age: timedelta | None) -> list[object]:
    age = place.age(found.now)
    late = max_age is not None and place.is_stale(found.now, max_age)
    shown = "none" if age is None else f"{_short(age)} ago"
    return [
        place.account,
        place.region,
        place.stored[0] if place.stored else None,
        place.stored[-1] if place.stored else None,
        len(place.stored),
        len(place.registered),
        len(place.missing),
        len(place.gaps(found.end)),
        f"{shown}, stale" if late else shown,
    ]


def _short(age: timedelta) -> str:
    """A duration in its two largest units: 3d 4h, 4h 5m, 5m."""
    minutes = max(0, int(age.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"


def _sum(found: "Coverage", max_age: timedelta | None) -> str:
    stored = sum(len(place.stored) for place in found.places)
    missing = sum(len(place.missing) for place in found.places)
    gaps = sum(len(place.gaps(found.end)) for place in found.places)
    calls = ", ".join(f"{n} {name}" for name, n in sorted(found.calls.items()))
    stale = "" if max_age is None else f", {len(found.stale(max_age))} stale"
    return (
        f"{found.table}: {len(found.places)} accounts and Regions{stale}, {stored} days stored, "
        f"{missing} missing in the catalog, {gaps} missing in the storage ({calls})"
    )


def _calendar(found: "Coverage") -> Iterator[str]:
    """A line of days for every account and Region, as many as the terminal is wide."""
    assert found.days is not None  # noqa: S101 - there are places
    labels = [f"{place.account} {place.region}" for place in found.places]
    width = max(map(len, labels))
    first, last = found.days
    shown = max(_LEAST_DAYS, terminal.columns() - width - 1)
    first = max(first, last - timedelta(days=shown - 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    yield f"{'':{width}} {_months(days)}".rstrip()
    for label, place in zip(labels, found.places, strict=True):
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


def _months(days: list[date]) -> str:
    """The months over their first days, where there is room."""
    line = ""
    for place, day in enumerate(days):
        if (day.day == 1 or place == 0) and len(line) <= place:
            line += " " * (place - len(line)) + f"{day:%Y-%m} "
    return line[: max(len(days), len("2026-11"))]
