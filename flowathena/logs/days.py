"""Sets of days, as spans; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

DaySpan = tuple[date, date]
"""First and last day, both included."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Some days.

    Attributes:
        spans: the days in order; between two spans there is a day that is in neither.
    """

    spans: tuple[DaySpan, ...] = ()

    @classmethod
    def of(cls, days: Iterable[date]) -> Self:
        """Some days in any order, each once or more often."""
        spans: list[DaySpan] = []
        for day in sorted(set(days)):
            if spans and spans[-1][1] + _DAY == day:
                spans[-1] = (spans[-1][0], day)
            else:
                spans.append((day, day))
        return cls(tuple(spans))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What ``str`` writes: ``2026-10-01/2026-10-31,2026-11-03``.

        Raises:
            ValueError: it is no such text.
        """
        days: set[date] = set()
        for span in filter(None, text.split(",")):
            first, _, last = span.partition("/")
            days.update(days_between(date.fromisoformat(first), date.fromisoformat(last or first)))
        return cls.of(days)

    def __str__(self) -> str:
        return ",".join(
            str(first) if first == last else f"{first}/{last}" for first, last in self.spans
        )

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.spans)

    def __iter__(self) -> Iterator[date]:
        for span in self.spans:
            yield from days_between(*span)

    def __len__(self) -> int:
        return sum((last - first).days + 1 for first, last in self.spans)

    def __or__(self, other: Iterable[date]) -> "Days":
        return Days.of({*self, *other})

    def __sub__(self, other: Iterable[date]) -> "Days":
        return Days.of({*self} - {*other})

    def within(self, first: date, last: date) -> tuple[DaySpan, ...]:
        """The spans of those from one day to another, both included."""
        cut = ((max(start, first), min(end, last)) for start, end in self.spans)
        return tuple((start, end) for start, end in cut if start <= end)

    def gaps(self, first: date, last: date) -> tuple[DaySpan, ...]:
        """The spans of the days from one to another, both included, that are not among them."""
        found: list[DaySpan] = []
        start = first
        for low, high in self.within(first, last):
            if start < low:
                found.append((start, low - _DAY))
            if high == date.max:
                return tuple(found)
            start = high + _DAY
        return (*found, (start, last)) if start <= last else tuple(found)


def days_between(first: date, last: date) -> Iterator[date]:
    """The days from one to another, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
