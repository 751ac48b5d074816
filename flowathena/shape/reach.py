"""Which partitions a table of partition projection reaches, and why not the others; pure.

Athena computes such a table's partitions from its properties when a query runs. What lies outside
of them is never read: a day after the range, an account that an enumeration lacks, a folder that
the location template does not give.
Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from flowathena.shape.key import Key, Role, is_digits
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table

_NOW = re.compile(
    r"NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE
)
_DAYS_OF = {"YEAR": 365, "MONTH": 30, "WEEK": 7, "DAY": 1}
_SECONDS_OF = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_SCHEME = re.compile(r"^s3[an]://")
_Test = Callable[[str], bool]


class Reach:
    """What a projected table reaches.

    Args:
        table: a table of partition projection.
        shape: what its keys stand for.
        now: the time of the query, UTC: ranges may end ``NOW``.
    """

    def __init__(self, table: Table, shape: Shape, now: datetime) -> None:
        self._table = table
        self._keys = shape.keys
        self._known: list[dict[str, str]] = [{} for _ in shape.keys]
        self._tests = [_test(_settings(table, key), key, now) for key in shape.keys]
        self._writers = [_writer(_settings(table, key), key) for key in shape.keys]

    def obstacle(self, values: Values, location: str) -> str:
        """Why a stored partition is not reached: the property, and its value; empty if it is.

        Args:
            values: its values, as ``shape.values`` writes them.
            location: where its logs are.
        """
        for place, value in enumerate(values):
            known = self._known[place]
            if value not in known:
                known[value] = "" if self._tests[place](value) else self._property(place)
            if known[value]:
                return known[value]
        computed = self.location(values)
        if folder(computed) == folder(location):
            return ""
        template = self._table.parameters.get("storage.location.template")
        name = f"storage.location.template = {template}" if template else "its location"
        return f"{name}, which gives {computed}"

    def obstacles(self, stored: Mapping[Values, str]) -> dict[Values, str]:
        """The obstacle of every stored partition that is not reached; locations by values."""
        found = ((values, self.obstacle(values, at)) for values, at in stored.items())
        return {values: obstacle for values, obstacle in found if obstacle}

    def location(self, values: Values) -> str:
        """Where the table looks for the logs of some values."""
        names = [key.name for key in self._keys]
        template = self._table.parameters.get("storage.location.template")
        if template is None:
            parts = "/".join(f"{name}=${{{name}}}" for name in names)
            template = f"{self._table.location.rstrip('/')}/{parts}/"
        for write, name, value in zip(self._writers, names, values, strict=True):
            template = template.replace(f"${{{name}}}", write(value))
        return template

    def _property(self, place: int) -> str:
        prefix = f"projection.{self._keys[place].name}"
        for name in ("values", "range"):
            if value := self._table.parameters.get(f"{prefix}.{name}"):
                return f"{prefix}.{name} = {value.strip()}"
        return f"{prefix}.type = {self._table.parameters.get(f'{prefix}.type', 'nothing')}"


def describe_obstacles(obstacles: Mapping[Values, str], command: str) -> list[str]:
    """A line for every obstacle: how many partitions it keeps from being read.

    Args:
        obstacles: why partitions are not reached, by their values.
        command: the command line that has the statement that corrects it.
    """
    counts = Counter(obstacles.values())
    return [
        f"{count} stored {'partition is' if count == 1 else 'partitions are'} outside of the "
        f"table's projection, {obstacle}; '{command}' has the statement that corrects it"
        for obstacle, count in counts.items()
    ]


def folder(location: str) -> str:
    """A location as it is compared: Athena reads s3a and s3n as s3, with and without a slash."""
    return f"{_SCHEME.sub('s3://', location).rstrip('/')}/"


def _settings(table: Table, key: Key) -> dict[str, str]:
    """The settings of a key's projection by their last name, such as ``range``."""
    prefix = f"projection.{key.name}."
    return {
        name.removeprefix(prefix): value.strip()
        for name, value in table.parameters.items()
        if name.startswith(prefix)
    }


def _writer(settings: Mapping[str, str], key: Key) -> Callable[[str], str]:
    """Writes a value as the template shows it: ``7`` as ``07``, a date in its own format."""
    kind, digits = settings.get("type", "").lower(), settings.get("digits", "")
    if kind == "integer" and is_digits(digits):
        return lambda value: value.zfill(int(digits))
    form = settings.get("format", key.form)
    if kind == "date" and key.role is Role.DAY and form != key.form:
        other = replace(key, form=form)
        return lambda value: other.day(day) if (day := _day_of(value, key)) else value
    return lambda value: value


def _test(settings: Mapping[str, str], key: Key, now: datetime) -> _Test:
    """Whether the projection of a key has a value."""
    kind = settings.get("type", "").lower()
    if kind == "injected":
        return lambda _: True
    if kind == "enum":
        listed = {value.strip() for value in settings.get("values", "").split(",")}
        return lambda value: value in listed
    bounds = [bound.strip() for bound in settings.get("range", "").split(",")]
    if len(bounds) != 2 or kind not in {"integer", "date"}:  # noqa: PLR2004 - from and to
        return lambda _: False  # Athena refuses every query
    if kind == "integer":
        return _integers(settings, bounds)
    return _days(settings, bounds, key, now)


def _integers(settings: Mapping[str, str], bounds: list[str]) -> _Test:
    try:
        first, last = map(int, bounds)
        step = int(settings.get("interval", "1"))
    except ValueError:
        return lambda _: False
    numbers = range(first, last + 1, max(step, 1))

    def includes(value: str) -> bool:
        return is_digits(value) and int(value) in numbers

    return includes


def _days(settings: Mapping[str, str], bounds: list[str], key: Key, now: datetime) -> _Test:
    if key.role is not Role.DAY:
        return lambda _: True  # a year or an hour written as a date: not judged
    written = replace(key, form=settings.get("format", key.form))
    first, last = (_bound(text, written, now) for text in bounds)
    unit = settings.get("interval.unit", "DAYS").upper().removesuffix("S")
    interval = settings.get("interval", "1")
    # Months and years have no fixed number of days: such steps are not judged.
    fixed = unit in {"DAY", "WEEK"} and is_digits(interval)
    step = max(1, int(interval) * _DAYS_OF[unit]) if fixed else 1

    def includes(value: str) -> bool:
        day = _day_of(value, key)
        if first is None or last is None or day is None:
            return False
        return first <= day <= last and not (day - first).days % step

    return includes


def _bound(text: str, key: Key, now: datetime) -> date | None:
    """A bound of a range: a day of the key's form, or one relative to now."""
    relative = _NOW.fullmatch(text)
    if relative is None:
        return _day_of(text, key)
    try:
        return _shift(now.astimezone(UTC), *relative.groups()).date()
    except (ValueError, OverflowError):  # NOW-9000YEARS
        return date.min if relative[1] == "-" else date.max


def _day_of(text: str, key: Key) -> date | None:
    parts = key.parts(text)
    if not all(map(is_digits, parts)):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def _shift(now: datetime, sign: str | None, number: str | None, unit: str | None) -> datetime:
    if not (sign and number and unit):
        return now
    count, unit = int(sign + number), unit.upper()
    if unit in {"YEAR", "MONTH"}:
        months = now.year * 12 + now.month - 1 + count * (12 if unit == "YEAR" else 1)
        year, month = divmod(months, 12)
        last = monthrange(year, month + 1)[1]
        return now.replace(year=year, month=month + 1, day=min(now.day, last))
    if unit in _DAYS_OF:
        return now + timedelta(days=count * _DAYS_OF[unit])
    return now + timedelta(seconds=count * _SECONDS_OF[unit])
