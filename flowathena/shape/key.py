"""A partition key: what it stands for, and its value for a partition; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from flowathena.logs.layout import SERVICE, Level, Partition
from flowathena.sql.quoting import WHOLE_NUMBERS, identifier, literal


class Role(StrEnum):
    """What a partition key stands for."""

    ACCOUNT = "account"
    REGION = "region"
    SERVICE = "service"
    DAY = "day"
    YEAR = "year"
    MONTH = "month"
    DAY_OF_MONTH = "day_of_month"
    HOUR = "hour"


ROLES = {
    Level.ACCOUNT: Role.ACCOUNT,
    Level.SERVICE: Role.SERVICE,
    Level.REGION: Role.REGION,
    Level.YEAR: Role.YEAR,
    Level.MONTH: Role.MONTH,
    Level.DAY: Role.DAY_OF_MONTH,
    Level.HOUR: Role.HOUR,
}
"""The key whose value is the name of a folder, by the folder's level."""
PARTS = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH)
"""The keys that together give a day."""
DAY_PARTS = ("yyyy", "MM", "dd")
"""The parts of a day in the form of one key, in the letters of Java's date patterns."""
ISO_DAY = "yyyy-MM-dd"
"""The default form of a day."""
_ACCOUNT_DIGITS = 12
# A day in any usual form: 20261107, or with a separator between its parts, padded or not; a time of
# day may follow.
_DAY = re.compile(
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|([^0-9])([0-9]{1,2})\4([0-9]{1,2}))(?:[T ].*)?"
)


@dataclass(frozen=True)
class Key:
    """A partition key.

    Attributes:
        name: its name in the table.
        type: Hive type: ``string``, ``date`` or an integer.
        role: what it stands for.
        form: how a ``DAY`` is written, as a date pattern of Java: ``yyyy-MM-dd``, ``yyyy/MM/dd``, …
        injected: whether a query must name its values (projection of type ``injected``).
    """

    name: str
    type: str
    role: Role
    form: str = ISO_DAY
    injected: bool = False

    def value(self, partition: Partition) -> str:
        """The key's value for a partition."""
        if self.role is Role.ACCOUNT:
            return partition.account
        if self.role is Role.REGION:
            return partition.region
        if self.role is Role.SERVICE:
            return SERVICE
        if self.role is Role.HOUR:
            return self.number(partition.hour or 0, 2)
        return self.day(partition.day)

    def day(self, day: date) -> str:
        """The value for a day: of a key for the whole day, its year, month or day of month."""
        if self.role is Role.DAY:
            return _format_day(day, self.form)
        number = dict(zip(PARTS, (day.year, day.month, day.day), strict=True))[self.role]
        return self.number(number, 4 if self.role is Role.YEAR else 2)

    def normalize(self, value: str) -> str:
        """A registered value as ``value()`` writes it."""
        return str(int(value)) if self.type in WHOLE_NUMBERS and is_digits(value) else value

    def canonical(self, value: str) -> str:
        """A registered value as ``value()`` writes what it stands for, if it is spelled otherwise.

        ``US-EAST-1`` becomes ``us-east-1``, ``2026-11-7`` becomes ``2026-11-07``. What cannot be
        read is returned unchanged. Unlike ``normalize``, the result may be another value to a
        query.
        """
        return _respell(self, value)

    def parts(self, text: str) -> list[str]:
        """The texts of year, month and day in a day of this form."""
        spans = ((self.form.find(part), len(part)) for part in DAY_PARTS)
        return [text[start : start + length] for start, length in spans]

    def number(self, number: int, digits: int) -> str:
        """A number as the key writes it: padded to some digits unless its type is a number."""
        return str(number) if self.type in WHOLE_NUMBERS else f"{number:0{digits}d}"

    def literal(self, value: str) -> str:
        """A value as a literal of the key's type in Athena SQL."""
        if self.type in WHOLE_NUMBERS:
            return str(int(value))
        return f"DATE {literal(value)}" if self.type == "date" else literal(value)

    @property
    def sql(self) -> str:
        """Its name as a quoted identifier in Athena SQL."""
        return identifier(self.name)


@lru_cache(maxsize=1 << 14)  # every account and Region has the same days
def _format_day(day: date, form: str) -> str:
    year, month, of_month = day.isoformat().split("-")
    return form.replace("yyyy", year).replace("MM", month).replace("dd", of_month)


@lru_cache(maxsize=1 << 14)
def _respell(key: Key, value: str) -> str:
    text = value.strip()
    if key.role is Role.ACCOUNT:
        digits = text.replace("-", "")
        return digits.zfill(_ACCOUNT_DIGITS) if is_digits(digits) else value
    if key.role in (Role.REGION, Role.SERVICE):
        return text.lower()
    if key.role is not Role.DAY:
        digits_of_year = 4 if key.role is Role.YEAR else 2
        return key.number(int(text), digits_of_year) if is_digits(text) else value
    match = _DAY.fullmatch(text)
    if match is None:
        return value
    parts = (match[1], match[2] or match[5], match[3] or match[6])
    try:
        return key.day(date(*map(int, parts)))
    except ValueError:  # 30 February, or year 0000
        return value


def is_digits(text: str) -> bool:
    """Whether a text consists of the digits 0 to 9, and no digits of other scripts."""
    return text.isascii() and text.isdigit()


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The first and last day of each month from first to last, cut off at both ends."""
    start = first
    while start <= last:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(last, following - timedelta(days=1))
        start = following
