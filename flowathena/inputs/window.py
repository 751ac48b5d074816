"""Windows of time: how they are written, the UTC window meant, the partition days it needs.

A window is half-open, ``[since, until)``, UTC. It contains the records whose ``start`` it contains.
A record's folder follows the end of its interval and its delivery, which may be late (AWS: "best
effort"), but is never a day before its start; so a window reads its own days and ``PAD_DAYS`` more.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flowathena.errors import WindowError
from flowathena.text import iso

PAD_DAYS = 1
"""Days after the window whose folders may still contain its records (late delivery)."""

_DURATION = re.compile(r"([0-9]{1,9}) ?(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORMS = "7d, 24h, 90m, 2w, a date (2026-11-01) or an ISO time (2026-11-01T06:00:00Z)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A half-open span of time, ``[since, until)``, both aware and UTC, since before until."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise WindowError(
                f"the window ends before it starts: since {iso(self.since)}, "
                f"until {iso(self.until)}"
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
        return min(self.last_day, date.max - timedelta(days=PAD_DAYS)) + timedelta(days=PAD_DAYS)

    @property
    def start_second(self) -> int:
        """The first Unix second inside."""
        return _second(self.since)

    @property
    def end_second(self) -> int:
        """The first Unix second after."""
        return _second(self.until)

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
        return Window(since, self.since)


def bounds(window: Window | None) -> dict[str, str | None]:
    """The stable shape of a window in JSON, ISO and UTC; without bounds if it is all of time."""
    return {
        "since": iso(window.since) if window else None,
        "until": iso(window.until) if window else None,
    }


def _second(moment: datetime) -> int:
    """The first whole Unix second at or after a moment, without a float in between."""
    return -((_EPOCH - moment) // timedelta(seconds=1))


def resolve(since: str | None, until: str | None, *, now: datetime, default: str) -> Window:
    """The window from since to until.

    Args:
        since: a time, or a duration back from until; None means ``default``.
        until: a time, or a duration back from now; None means now.
        now: the current time, aware.
        default: since if it is None, in the same forms.

    Raises:
        WindowError: a text is not a time or duration, or the window ends before it starts.
    """
    now = now.astimezone(UTC)
    end = now if until is None else _moment("until", until, now)
    return Window(_moment("since", default if since is None else since, end), end)


def parse_duration(text: str) -> timedelta | None:
    """``90m``, ``24h``, ``7d``, ``2w`` as a timedelta; None for any other text."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        return None
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        return None


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


def _moment(name: str, text: str, anchor: datetime) -> datetime:
    duration = parse_duration(text)
    if duration is not None:
        if duration > anchor - _EPOCH:
            raise WindowError(f"{name}: {text!r} reaches back before 1970")
        return anchor - duration
    moment = parse_moment(text)
    if moment is None:
        raise WindowError(f"{name}: {text!r} is not a time or duration; write {_FORMS}")
    if moment < _EPOCH:
        raise WindowError(f"{name}: {text!r} is before 1970")
    return moment
