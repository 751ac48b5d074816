"""Windows of time: how they are written, the UTC window meant, the partition days it needs.

A window is half-open, ``[since, until)``, UTC. It contains the records whose ``start`` it contains.
What names a span (a day, ``yesterday``, ``2026-10``, ``last week``) stands for its first moment, as
since and as until alike: ``since="2026-10", until="2026-11"`` is October. Weeks begin on Monday.
A record's folder follows the end of its interval and its delivery, which may be late (AWS: "best
effort"), but is never a day before its start; so a window reads its own days and ``PAD_DAYS`` more.
Records without a time are as old as their folder: their window is one of whole days or hours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from flowathena.errors import WindowError
from flowathena.text import did_you_mean, iso, shortened

When = str | datetime | date | timedelta | None
"""A moment as callers write it: a text, an aware datetime, a date (its midnight, UTC), a timedelta
back from the end; None for the default."""

PAD_DAYS = 1
"""Days after the window whose folders may still contain its records (late delivery)."""

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_DURATION = re.compile(r"([0-9]{1,9}) ?(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = (
    "7d, 24h, 90m, 2w, a date (2026-11-01), a month (2026-11), an ISO time (2026-11-01T06:00:00Z) "
    "or yesterday, today, now, last week, this month, …"
)
_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_WORDS: dict[str, Callable[[date], date]] = {
    "today": lambda day: day,
    "yesterday": lambda day: day - _DAY,
    "tomorrow": lambda day: day + _DAY,
    "this week": lambda day: day - day.weekday() * _DAY,
    "last week": lambda day: day - (day.weekday() + 7) * _DAY,
    "this month": lambda day: day.replace(day=1),
    "last month": lambda day: (day.replace(day=1) - _DAY).replace(day=1),
    "this year": lambda day: day.replace(month=1, day=1),
    "last year": lambda day: day.replace(year=day.year - 1, month=1, day=1),
}
"""The first day of what a word names, from today."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A half-open span of time, ``[since, until)``, both aware and UTC, since before until.

    ``pad_days`` are the days after it whose folders may still contain its records.
    """

    since: datetime
    until: datetime
    pad_days: int = PAD_DAYS

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise WindowError(
                f"the window ends before it starts: since {iso(self.since)}, "
                f"until {iso(self.until)}"
            )
        if self.since == self.until:
            raise WindowError(
                f"the window is empty: since and until are both {iso(self.since)}, and until is "
                "exclusive"
            )
        if self.start_second == self.end_second:  # records have whole seconds
            raise WindowError(
                f"the window is empty: no second begins from {iso(self.since)} to {iso(self.until)}"
            )

    @property
    def first_day(self) -> date:
        """The UTC day of the first moment inside."""
        return self.since.date()

    @property
    def last_day(self) -> date:
        """The UTC day of the last moment inside; a window until midnight ends the day before."""
        return (self.until - timedelta(microseconds=1)).date()

    @property
    def last_folder_day(self) -> date:
        """The last day whose folder may contain a record of the window."""
        pad = timedelta(days=self.pad_days)
        return min(self.last_day, date.max - pad) + pad

    @property
    def start_second(self) -> int:
        """The first Unix second inside."""
        return _second(self.since)

    @property
    def end_second(self) -> int:
        """The first Unix second after."""
        return _second(self.until)

    @property
    def whole_seconds(self) -> tuple[datetime, datetime]:
        """Its ends as whole seconds: the window of these has the same records."""
        ends = (self.start_second, self.end_second)
        since, until = (_EPOCH + timedelta(seconds=second) for second in ends)
        return since, until

    def before(self) -> "Window":
        """The window of equal length that ends where this one starts.

        Raises:
            WindowError: it would start before 1970.
        """
        since = self.since - (self.until - self.since)
        if since < _EPOCH:
            raise WindowError(
                f"the equally long window before {iso(self.since)} would start before 1970"
            )
        return replace(self, since=since, until=self.since)

    def whole(self, *, hourly: bool) -> "Window":
        """The days, or hours, that it touches; no pad: for records as old as their folder."""
        size = _HOUR if hourly else _DAY
        since = self.since - (self.since - _EPOCH) % size
        rest = (_EPOCH - self.until) % size
        until = self.until + rest if self.until <= _LAST - rest else _LAST
        return Window(since, until, pad_days=0)


def bounds(window: Window | None) -> dict[str, str | None]:
    """The stable shape of a window in JSON, ISO and UTC; without bounds if it is all of time."""
    return {
        "since": iso(window.since) if window else None,
        "until": iso(window.until) if window else None,
    }


def _second(moment: datetime) -> int:
    """The first whole Unix second at or after a moment, without a float in between."""
    return -((_EPOCH - moment) // timedelta(seconds=1))


def resolve(since: When, until: When, *, now: datetime, default: str) -> Window:
    """The window from since to until.

    Args:
        since: a time, or a duration back from until; None means ``default``.
        until: a time, or a duration back from now; None means now.
        now: the current time, aware.
        default: since if it is None, in the same forms.

    Raises:
        WindowError: one is not a time or duration, or the window is empty or ends before it starts.
    """
    now = now.astimezone(UTC)
    end = now if until is None else _moment("until", until, now, now)
    return Window(_moment("since", default if since is None else since, end, now), end)


def parse_duration(text: str) -> timedelta | None:
    """``90m``, ``24h``, ``7d``, ``2w`` as a timedelta; None for any other text."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        return None
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        return None


def format_duration(seconds: int) -> str:
    """A duration as ``parse_duration`` reads it: ``90m``, ``24h``, ``7d``.

    What has no whole minutes is written in seconds, which it does not read.
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds} s"


def parse_moment(text: str) -> datetime | None:
    """A date (its midnight) or an ISO time as an aware UTC moment; None for any other text.

    A time without an offset is UTC.
    """
    text = text.strip()
    if not text.isascii():
        return None
    try:
        moment = datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def normalize_words(text: str) -> str:
    """A word for a moment as it is known: ``Last-Week`` is ``last week``."""
    return re.sub(r"[\s_-]+", " ", text.strip().lower())


def aware(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: it has no time zone. The clock on the wall may be hours off, so none is assumed.
    """
    if moment.tzinfo is None:
        raise ValueError("has no time zone; give datetime(…, tzinfo=UTC)")
    return moment.astimezone(UTC)


def _moment(name: str, when: object, anchor: datetime, now: datetime) -> datetime:
    duration = parse_duration(when) if isinstance(when, str) else when
    if isinstance(duration, timedelta):
        if duration < timedelta():
            raise WindowError(f"{name}: a duration of {duration} lies ahead; give one that is past")
        if duration > anchor - _EPOCH:
            raise WindowError(f"{name}: {_shown(when)} reaches back before 1970")
        return anchor - duration
    try:
        moment = _typed_moment(when) if not isinstance(when, str) else _written_moment(when, now)
    except (ValueError, OverflowError) as error:
        raise WindowError(f"{name}: {_shown(when)} {error}") from None
    if moment is None:
        hint = did_you_mean(when.lower(), _WORDS) if isinstance(when, str) else ""
        raise WindowError(f"{name}: {_shown(when)} is not a time or duration; {hint}write {_FORMS}")
    if moment < _EPOCH:
        raise WindowError(f"{name}: {_shown(when)} is before 1970")
    return moment


def _shown(when: object) -> str:
    """A value in a message, on one line and not longer than that."""
    return shortened(repr(when) if isinstance(when, str) else str(when))


def _typed_moment(when: object) -> datetime | None:
    if isinstance(when, datetime):
        return aware(when)
    return datetime.combine(when, time(), UTC) if isinstance(when, date) else None


def _written_moment(text: str, now: datetime) -> datetime | None:
    words = normalize_words(text)
    if words == "now":
        return now
    if words in _WORDS:
        return datetime.combine(_WORDS[words](now.date()), time(), UTC)
    month = _MONTH.fullmatch(text.strip())
    if not month:
        return parse_moment(text)
    try:
        return datetime(int(month[1]), int(month[2] or 1), 1, tzinfo=UTC)
    except ValueError:  # month 13, year 0
        return None
