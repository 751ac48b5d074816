"""The ends of a window in Athena SQL, of days and of seconds: literals, or the current time; pure.

Both keep the same partitions. Athena computes ``current_date - interval '7' day`` and what is made
of it before it plans a query, so that it prunes by such expressions as by literals.
Source: https://trino.io/docs/current/functions/datetime.html
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from flowathena.inputs.moving import MovingMoment, MovingWindow, Unit
from flowathena.inputs.window import Window
from flowathena.shape.key import DAY_PARTS, ISO_DAY, PARTS, Key, Role, months
from flowathena.shape.shape import Shape
from flowathena.sql.quoting import WHOLE_NUMBERS, literal

_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}
_SQL_TYPES = {"int": "integer", **{kind: kind for kind in WHOLE_NUMBERS - {"int"}}}
_MOST_LISTED = 800
FIRST_HOUR, LAST_HOUR = "00", "23"
_PART_FORMATS = dict(zip(PARTS, _FORMATS.values(), strict=True))
_PART_FUNCTIONS = {Role.YEAR: "year", Role.MONTH: "month"}
_HOUR = "%Y-%m-%d %H"
_LEAST = timedelta(microseconds=1)
_UNITS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
"""Units of Trino's intervals, in seconds; it has no weeks."""


class Bounds(Protocol):
    """The ends of a window in Athena SQL."""

    def days(self, shape: Shape) -> str:
        """The condition that keeps the partitions that may contain the window's records."""
        ...

    def hours(self, shape: Shape) -> str:
        """The condition that keeps the hours of a window of whole hours; empty of whole days."""
        ...

    @property
    def start_second(self) -> str:
        """The first Unix second inside, a bigint."""
        ...

    @property
    def end_second(self) -> str:
        """The first Unix second after, a bigint."""
        ...


@dataclass(frozen=True)
class FixedBounds:
    """Literals."""

    window: Window

    def days(self, shape: Shape) -> str:
        """The condition over the keys of the day."""
        return between_days(shape, self.window.first_day, self.window.last_folder_day)

    def hours(self, shape: Shape) -> str:
        """The condition over the keys of day and hour."""
        since, until = self.window.since, self.window.until
        if since.hour == until.hour == 0:
            return ""
        low, high = (literal(f"{time:{_HOUR}}") for time in (since, until - _LEAST))
        return f"{_hour_column(shape)} BETWEEN {low} AND {high}"

    @property
    def start_second(self) -> str:
        """The first Unix second inside."""
        return str(self.window.start_second)

    @property
    def end_second(self) -> str:
        """The first Unix second after."""
        return str(self.window.end_second)


@dataclass(frozen=True)
class MovingBounds:
    """Expressions of ``current_date`` and ``now()``; Athena's clock is in UTC."""

    window: MovingWindow

    def days(self, shape: Shape) -> str:
        """The condition over the keys of the day."""
        first, last = _date(self.window.since), _date(self.window.last_folder_day)
        if key := shape.key(Role.DAY):
            if not key.is_padded:
                exact = (f"date_format({day}, '%Y-%m-%d')" for day in (first, last))
                return f"{day_column(shape)} BETWEEN {' AND '.join(exact)}"
            return f"{key.sql} BETWEEN {_value(key, first)} AND {_value(key, last, LAST_HOUR)}"
        # How many months there are is not known. The first two conditions bound each key alone,
        # which limits what is asked of the catalog; the third is exact.
        year, month, _ = (part for role in PARTS if (part := shape.key(role)))
        years, of_year = ([_value(key, day) for day in (first, last)] for key in (year, month))
        exact = (f"date_format({day}, '%Y-%m-%d')" for day in (first, last))
        return (
            f"({year.sql} BETWEEN {' AND '.join(years)} "
            f"AND ({' < '.join(years)} OR {_sorted(month)} BETWEEN {' AND '.join(of_year)}) "
            f"AND {day_column(shape)} BETWEEN {' AND '.join(exact)})"
        )

    def hours(self, shape: Shape) -> str:
        """The condition over the keys of day and hour."""
        if self.window.since.is_midnight and self.window.until.is_midnight:
            return ""
        moments = (self.window.since, self.window.last_hour)
        low, high = (f"date_format({_time(moment)}, '{_HOUR}')" for moment in moments)
        return f"{_hour_column(shape)} BETWEEN {low} AND {high}"

    @property
    def start_second(self) -> str:
        """The first Unix second inside."""
        return _second(self.window.since)

    @property
    def end_second(self) -> str:
        """The first Unix second after."""
        return _second(self.window.until)


def between_days(shape: Shape, first: date, last: date) -> str:
    """The condition, with literals, that keeps the partitions of some days."""
    key = shape.key(Role.DAY)
    if key and not key.is_padded:
        return _among(shape, key, first, last)
    if key:
        low, high = key.literal(key.day(first)), key.literal(key.last(last))
        return f"{key.sql} BETWEEN {low} AND {high}"
    # With keys for year, month and day, a range over months is a list of ranges within them.
    spans = [_month_predicate(shape, *span) for span in months(first, last)]
    return spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})"


def day_column(shape: Shape) -> str:
    """The ISO day of a partition, a varchar."""
    key = shape.key(Role.DAY)
    if key is None:
        keys = [each for role in PARTS if (each := shape.key(role))]
        return " || '-' || ".join(_pad(each, 4 if each is keys[0] else 2) for each in keys)
    if key.type == "date":
        return f"CAST({key.sql} AS varchar)"
    if key.form == ISO_DAY:
        return key.sql
    if not key.is_padded:
        found = (f"regexp_extract({key.sql}, {literal(key.pattern)}, {n})" for n in (1, 2, 3))
        return " || '-' || ".join(
            f"lpad({text}, 2, '0')" if n else text for n, text in enumerate(found)
        )
    parts = (
        f"substr({key.text_sql}, {key.form.find(part) + 1}, {len(part)})" for part in DAY_PARTS
    )
    return " || '-' || ".join(parts)


def _hour_column(shape: Shape) -> str:
    """The ISO day and the hour of a partition of an hour, a varchar: ``2026-11-02 09``."""
    hour = shape.key(Role.HOUR)
    assert hour is not None  # noqa: S101 - asked of tables of hours
    return f"{day_column(shape)} || ' ' || {_pad(hour, 2)}"


def _month_predicate(shape: Shape, first: date, last: date) -> str:
    """Days of one month: ``year = … AND month = … AND day BETWEEN … AND …``."""
    year, month, of_month = (key for role in PARTS if (key := shape.key(role)))
    low, high = (of_month.literal(of_month.day(day)) for day in (first, last))
    days = f"{of_month.sql} BETWEEN {low} AND {high}"
    if not of_month.is_padded:
        days = _among(shape, of_month, first, last)
    this_month = f"{month.sql} = {month.literal(month.day(first))}"
    if not month.is_padded:
        this_month = _among(shape, month, first, first)
    return f"({year.sql} = {year.literal(year.day(first))} AND {this_month} AND {days})"


def _among(shape: Shape, key: Key, first: date, last: date) -> str:
    """The values of some days in a key whose texts do not sort as days do, in every spelling.

    A list prunes where the catalog is asked; days that would make too long a list are computed,
    for which the engine lists every partition first.
    """
    count = (last - first).days + 1
    if key.has_hours or count > _MOST_LISTED:
        return f"{day_column(shape)} BETWEEN {literal(str(first))} AND {literal(str(last))}"
    days = (first + timedelta(days=number) for number in range(count))
    values = [key.literal(value) for day in days for value in key.spellings(day)]
    return f"{key.sql} IN ({', '.join(values)})"


def _pad(key: Key, digits: int) -> str:
    if key.type == "string" and key.is_padded:
        return key.sql
    return f"lpad({key.text_sql}, {digits}, '0')"


def _sorted(key: Key) -> str:
    """A key of months so that it sorts as they do."""
    return key.sql if key.is_padded else _pad(key, 2)


def value_of_day(key: Key, day: str) -> str | None:
    """The value of a key for a day, of the key's type; None if days alone do not tell it.

    Args:
        key: the key.
        day: Athena SQL of a date.
    """
    if key.has_hours or key.role not in {Role.DAY, *PARTS}:
        return None
    if key.role is Role.DAY:
        return _value(key, day) if key.is_padded else None
    text = _value(replace(key, type="string"), day)
    if key.type in WHOLE_NUMBERS:
        return f"CAST({text} AS {_SQL_TYPES[key.type]})"
    return text if key.is_padded else f"CAST(CAST({text} AS integer) AS varchar)"


def _value(key: Key, day: str, hour: str = FIRST_HOUR) -> str:
    """The value of a key for a computed day, of the key's type."""
    if key.type == "date":
        return day
    if key.type in WHOLE_NUMBERS and key.role is not Role.DAY:
        return f"{_PART_FUNCTIONS[key.role]}({day})"
    if key.role is not Role.DAY:
        return f"date_format({day}, '{_PART_FORMATS[key.role]}')"
    form = key.form.replace("%", "%%")
    for part, letters in {**_FORMATS, "HH": hour}.items():
        form = form.replace(part, letters)
    text = f"date_format({day}, {literal(form)})"
    return f"CAST({text} AS {_SQL_TYPES[key.type]})" if key.type in WHOLE_NUMBERS else text


def _second(moment: MovingMoment) -> str:
    return f"CAST(ceil(to_unixtime({_time(moment)})) AS bigint)"  # records have whole seconds


def _date(moment: MovingMoment) -> str:
    """The day that a moment is in, a date."""
    if not moment.is_whole:
        return f"CAST({_time(moment)} AS date)"
    return f"{_start(moment)}{_interval(moment.shift)}"


def _time(moment: MovingMoment) -> str:
    if moment.unit is Unit.NOW:
        return f"now(){_interval(moment.shift)}"
    if moment.unit is Unit.HOUR:
        return f"date_trunc('hour', now(){_interval(moment.offset)}){_interval(moment.shift)}"
    if moment.is_whole:
        return f"CAST({_date(moment)} AS timestamp)"
    return f"CAST({_start(moment)} AS timestamp){_interval(moment.shift)}"


def _start(moment: MovingMoment) -> str:
    """The day that a moment is counted from, a date."""
    if moment.unit in {Unit.NOW, Unit.HOUR, Unit.DAY}:
        offset = _interval(moment.offset)
        return f"CAST(now(){offset} AS date)" if offset else "current_date"
    earlier = f" - interval '{moment.months}' month" if moment.months else ""
    return f"date_trunc('{moment.unit}', current_date){earlier}"


def _interval(shift: timedelta) -> str:
    """`` - interval '7' day``; empty for no shift."""
    seconds = int(abs(shift).total_seconds())
    if not seconds:
        return ""
    unit = next(unit for unit, size in _UNITS.items() if not seconds % size)
    return f" {'-' if shift < timedelta() else '+'} interval '{seconds // _UNITS[unit]}' {unit}"
