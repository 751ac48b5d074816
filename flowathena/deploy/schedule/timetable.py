"""When a schedule runs: the same times of every day, UTC, as each scheduler writes them. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from flowathena.errors import UsageError
from flowathena.inputs.window import parse_duration

DAILY = "1d"
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_MINUTES_OF_HOUR = (5, 10, 15, 20, 30)
_HOURS_OF_DAY = (1, 2, 3, 4, 6, 8, 12, 24)
_INTERVALS = {
    **{timedelta(minutes=each): f"{each}m" for each in _MINUTES_OF_HOUR},
    **{timedelta(hours=each): f"{each}h" for each in _HOURS_OF_DAY[:-1]},
    timedelta(days=1): DAILY,
}
"""What divides a day into equal parts: cron knows no other intervals."""


@dataclass(frozen=True)
class Timetable:
    """Times of every day, UTC.

    Attributes:
        hours: the hours at which it runs; all 24 of them for every hour.
        minutes: the minutes of each of these hours.
        every: the time from one run to the next.
    """

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    every: timedelta

    @classmethod
    def of(cls, at: str = "01:10", every: str = DAILY) -> Self:
        """The timetable that options say.

        Args:
            at: the time of one run, ``HH:MM``, UTC; the others follow from it.
            every: the time from one run to the next, which divides a day: ``15m``, ``6h``, ``1d``.

        Raises:
            UsageError: one of them is malformed.
        """
        match = _TIME.fullmatch(at.strip())
        if match is None:
            raise UsageError(f"--at: {at!r} is not a time of day; write HH:MM, 00:00 to 23:59, UTC")
        interval = parse_duration(every)
        if interval not in _INTERVALS:
            known = ", ".join(_INTERVALS.values())
            raise UsageError(f"--every: {every!r} does not divide a day evenly; use {known}")
        minutes = int(interval.total_seconds()) // 60
        first = (int(match[1]) * 60 + int(match[2])) % minutes
        runs = range(first, 24 * 60, minutes)
        return cls(
            tuple(sorted({each // 60 for each in runs})),
            tuple(sorted({each % 60 for each in runs})),
            interval,
        )

    @property
    def description(self) -> str:
        """``every day at 01:10 UTC``, ``every 6h from 01:10 UTC on``."""
        first = f"{self.hours[0]:02}:{self.minutes[0]:02} UTC"
        if self.every == timedelta(days=1):
            return f"every day at {first}"
        return f"every {_INTERVALS[self.every]} from {first} on"

    @property
    def cron(self) -> str:
        """The five fields of cron: ``10 1,7,13,19 * * *``."""
        return f"{_listed(self.minutes)} {self._hours()} * * *"

    @property
    def event_rule(self) -> str:
        """The expression of a rule of EventBridge, which is in UTC: ``cron(10 1 * * ? *)``."""
        return f"cron({_listed(self.minutes)} {self._hours()} * * ? *)"

    @property
    def calendar(self) -> str:
        """The calendar event of systemd: ``*-*-* 01,07,13,19:10:00 UTC``."""
        return f"*-*-* {self._hours(2)}:{_listed(self.minutes, 2)}:00 UTC"

    def _hours(self, width: int = 0) -> str:
        return "*" if len(self.hours) == _HOURS_OF_DAY[-1] else _listed(self.hours, width)


def _listed(numbers: Sequence[int], width: int = 0) -> str:
    return ",".join(f"{each:0{width}}" if width else str(each) for each in numbers)
