"""What runs along an axis: moments, numbers or names, from the values of a column. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from flowathena.result.cells import cell

NOTHING = "(none)"
EMPTY = "(empty)"
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?")
_STEPS = (
    *(timedelta(seconds=n) for n in (1, 5, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 5, 15, 30)),
    *(timedelta(hours=n) for n in (1, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 7, 14, 28, 91, 182, 364, 1820, 3640, 36400, 364000)),
)
_DAY = timedelta(days=1)
_LEAST_STEP = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


class Scale(StrEnum):
    """What the places of an axis are."""

    TIME = "time"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes:
        title: the column, or columns.
        scale: what it is of.
        labels: the text of each value, in order.
        places: where each is: seconds since 1970, the number, or 0, 1, 2, ….
    """

    title: str
    scale: Scale
    labels: tuple[str, ...]
    places: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)


def label(value: object) -> str:
    """The label of a value: one line of what prints."""
    if value is None:
        return NOTHING
    return cell(value) or EMPTY


def axis(title: str, values: Sequence[object], *, ordered: bool) -> tuple[Axis, list[object]]:
    """The axis of distinct values, and these in its order.

    Args:
        title: its title.
        values: each once, in the order of the rows.
        ordered: put moments and numbers in their own order; names keep that of the rows.
    """
    found = [(value, moment(value)) for value in values]
    if values and all(when is not None for _, when in found):
        pairs = [(value, when) for value, when in found if when is not None]
        if ordered:
            pairs.sort(key=lambda pair: pair[1])
        moments = [when for _, when in pairs]
        places = tuple((when - _EPOCH).total_seconds() for when in moments)
        return Axis(title, Scale.TIME, tuple(_moments(moments)), places), [v for v, _ in pairs]
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if ordered and numbers and len(numbers) == len(values):
        numbers.sort()
        labels = tuple(map(str, numbers))
        return Axis(title, Scale.NUMBER, labels, tuple(map(float, numbers))), list(numbers)
    names = tuple(map(label, values))
    return Axis(title, Scale.NAME, names, tuple(map(float, range(len(names))))), list(values)


def steps(places: Sequence[float]) -> float:
    """The interval of moments that are all a whole number of intervals apart; 0 if there is none.

    Seconds apart is no interval, but chance.
    """
    step = math.gcd(*(int(after - before) for before, after in pairwise(places)))
    return float(step) if step >= _LEAST_STEP and all(place % 1 == 0 for place in places) else 0.0


def at(place: float) -> datetime:
    """The moment of a place on an axis of time."""
    return _EPOCH + timedelta(seconds=place)


def moment(value: object) -> datetime | None:
    """The time that a value is, aware; None if it is none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moments(moments: Sequence[datetime]) -> list[str]:
    """Their texts, all as exact as the most exact one needs."""
    if all(when == _midnight(when) for when in moments):
        return [f"{when:%Y-%m-%d}" for when in moments]
    if all(not when.second and not when.microsecond for when in moments):
        return [f"{when:%Y-%m-%d %H:%M}" for when in moments]
    return [f"{when:%Y-%m-%d %H:%M:%S}" for when in moments]


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def time_ticks(first: float, last: float, most: int) -> list[tuple[float, str]]:
    """Round moments between two, in seconds since 1970, and their labels; UTC.

    Args:
        first: where they begin.
        last: where they end.
        most: how many there may be, at least two.
    """
    span = timedelta(seconds=last - first)
    step = next((each for each in _STEPS if span / each < most), _STEPS[-1])
    since = _MONDAY if step >= 7 * _DAY else _EPOCH
    start = _EPOCH + timedelta(seconds=first)
    when = since + -(-(start - since) // step) * step
    ticks: list[tuple[float, str]] = []
    while (place := (when - _EPOCH).total_seconds()) <= last:
        ticks.append((place, _tick(when, step, is_first=not ticks)))
        when += step
    return ticks or [(first, _tick(start, step, is_first=True))]


def _tick(when: datetime, step: timedelta, *, is_first: bool) -> str:
    """``11-20`` for days; of hours the day only where one begins."""
    if step >= 364 * _DAY:
        return f"{when:%Y-%m}"
    if step >= _DAY:
        return f"{when:%m-%d}"
    clock = f"{when:%H:%M:%S}" if step < timedelta(minutes=1) else f"{when:%H:%M}"
    return f"{when:%m-%d} {clock}" if is_first or when == _midnight(when) else clock
