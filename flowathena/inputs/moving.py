"""Windows that move with the clock: ``7d`` until ``now``, tomorrow as well as today.

A window of ``inputs/window`` is two moments. Here it is what people wrote for them (``7d``,
``yesterday``, ``last month``), kept until somebody says what time it is. A date does not move.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from flowathena.errors import WindowError
from flowathena.inputs.window import PAD_DAYS, When, Window, normalize_words, parse_duration
from flowathena.text import shortened

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MONTHS_OF_YEAR = 12


class Unit(StrEnum):
    """What a moving moment is counted from: the clock, or the start of what the clock is in."""

    NOW = "now"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class MovingMoment:
    """A moment relative to the clock, UTC.

    Attributes:
        unit: the clock, or the start of its hour, day, week (Monday), month or year.
        months: so many months before that (only of the first of a month).
        shift: and this much later; negative for earlier.
        offset: how far the clock is put forward before the start of its hour or day is taken.
    """

    unit: Unit = Unit.NOW
    months: int = 0
    shift: timedelta = timedelta()
    offset: timedelta = timedelta()

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number of days from its unit."""
        return not self.shift % _DAY

    @property
    def is_midnight(self) -> bool:
        """Whether it is the start of a day, whatever the clock says."""
        return self.unit not in {Unit.NOW, Unit.HOUR} and self.is_whole

    def at(self, now: datetime) -> datetime:
        """The moment at a time of the clock, which is aware.

        Raises:
            OverflowError: it lies before year 1.
        """
        now = now.astimezone(UTC) + self.offset
        if self.unit is Unit.NOW:
            return now + self.shift
        if self.unit is Unit.HOUR:
            return now.replace(minute=0, second=0, microsecond=0) + self.shift
        return datetime.combine(self._start(now.date()), time(), UTC) + self.shift

    def _start(self, today: date) -> date:
        if self.unit is Unit.DAY:
            return today
        if self.unit is Unit.WEEK:
            return today - today.weekday() * _DAY
        first = today.replace(month=today.month if self.unit is Unit.MONTH else 1, day=1)
        earlier = first.year * _MONTHS_OF_YEAR + first.month - 1 - self.months
        year, month = divmod(earlier, _MONTHS_OF_YEAR)
        return first.replace(year=year, month=month + 1)

    def floor(self, *, hourly: bool) -> "MovingMoment":
        """The start of the day, or hour, that it is in."""
        size = _HOUR if hourly else _DAY
        rest = self.shift % size
        if self.unit is not Unit.NOW:
            return replace(self, shift=self.shift - rest)
        unit = Unit.HOUR if hourly else Unit.DAY
        return MovingMoment(unit, offset=self.shift) if rest else replace(self, unit=unit)

    def ceil(self, *, hourly: bool) -> "MovingMoment":
        """The first start of a day, or hour, at or after it.

        The clock is taken to be within a day (hour): at its start sharp, it is the next one.
        """
        size = _HOUR if hourly else _DAY
        floor = self.floor(hourly=hourly)
        if self.unit is not Unit.NOW and floor == self:
            return floor
        return replace(floor, shift=floor.shift + size)


@dataclass(frozen=True)
class MovingWindow:
    """A half-open window, ``[since, until)``, whose ends move with the clock.

    ``pad_days`` are those of ``Window``.
    """

    since: MovingMoment
    until: MovingMoment = MovingMoment()
    pad_days: int = PAD_DAYS

    def at(self, now: datetime) -> Window:
        """The window at a time of the clock, which is aware.

        Raises:
            WindowError: it is empty then, or ends before it starts.
        """
        return Window(self.since.at(now), self.until.at(now), self.pad_days)

    @property
    def last_folder_day(self) -> MovingMoment:
        """A moment of the last day whose folder may contain a record of the window.

        A window until now ends today, one until a midnight the day before. At a midnight sharp, the
        window until now ends the day before as well; it gets one folder more then.
        """
        if not self.pad_days and not self.until.is_midnight:
            return self.last_hour
        days = self.pad_days - 1 if self.until.is_midnight else self.pad_days
        return replace(self.until, shift=self.until.shift + days * _DAY)

    @property
    def last_hour(self) -> MovingMoment:
        """The start of the last hour of a window of whole days or hours."""
        return replace(self.until, shift=self.until.shift - _HOUR)

    def before(self) -> "MovingWindow":
        """The window of equal length that ends where this one starts.

        Raises:
            WindowError: its length depends on the clock (``yesterday`` until ``now``).
        """
        start, end = self.since, self.until
        if replace(start, shift=end.shift) != end:
            raise WindowError(
                "the equally long window before is told only from a window whose length is the "
                "same at any time: give --since as a duration, such as 7d"
            )
        return replace(self, since=replace(start, shift=2 * start.shift - end.shift), until=start)

    def whole(self, *, hourly: bool) -> "MovingWindow":
        """The days, or hours, that it touches, without a pad: see ``Window.whole``."""
        since, until = self.since.floor(hourly=hourly), self.until.ceil(hourly=hourly)
        return MovingWindow(since, until, pad_days=0)


_WORDS = {
    "now": MovingMoment(),
    "today": MovingMoment(Unit.DAY),
    "yesterday": MovingMoment(Unit.DAY, shift=-_DAY),
    "tomorrow": MovingMoment(Unit.DAY, shift=_DAY),
    "this week": MovingMoment(Unit.WEEK),
    "last week": MovingMoment(Unit.WEEK, shift=-7 * _DAY),
    "this month": MovingMoment(Unit.MONTH),
    "last month": MovingMoment(Unit.MONTH, months=1),
    "this year": MovingMoment(Unit.YEAR),
    "last year": MovingMoment(Unit.YEAR, months=_MONTHS_OF_YEAR),
}


def resolve_moving(since: When, until: When, *, default: str) -> MovingWindow:
    """The moving window from since to until.

    Args:
        since: a duration back from until, or a word; None means ``default``.
        until: a duration back from now, or a word; None means now.
        default: since if it is None, in the same forms.

    Raises:
        WindowError: one is a date or a time, which does not move, or nothing of all these.
    """
    end = _moment("until", until, MovingMoment()) if until is not None else MovingMoment()
    return MovingWindow(_moment("since", default if since is None else since, end), end)


def _moment(name: str, when: When, anchor: MovingMoment) -> MovingMoment:
    duration = parse_duration(when) if isinstance(when, str) else when
    if isinstance(duration, timedelta):
        if duration < timedelta() or duration % timedelta(seconds=1):
            raise WindowError(f"{name}: {duration} is not a duration of whole seconds in the past")
        return replace(anchor, shift=anchor.shift - duration)
    if isinstance(when, str) and (word := _WORDS.get(normalize_words(when))):
        return word
    shown = shortened(repr(when) if isinstance(when, str) else str(when))
    raise WindowError(
        f"{name}: {shown} does not move with the clock; write a duration (7d, 24h) or one of "
        f"{', '.join(_WORDS)}"
    )
