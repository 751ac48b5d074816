"""A partition key: what it stands for, and its value for a partition; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
ACCOUNT_DIGITS = 12
"""The digits of an account id; as a number it may have fewer."""
UNPADDED = {Role.MONTH: "M", Role.DAY_OF_MONTH: "d", Role.HOUR: "H"}
"""The forms of keys of text that write a number without leading zeros."""
ISO_DAY = "yyyy-MM-dd"
"""The default form of a day."""
_LAST_HOUR = 23
_LETTERS = re.compile(r"yyyy|MM?|dd?|HH?")
_PIECES = re.compile(rf"({_LETTERS.pattern})")
_DIGITS = {
    "yyyy": "[0-9]{4}",
    **dict.fromkeys(("MM", "dd"), "[0-9]{2}"),
    "HH": "[01][0-9]|2[0-3]",
    "H": "2[0-3]|[01]?[0-9]",
}
# A day in any usual form: 20261107, or with a separator between its parts, padded or not; a time of
# day may follow.
_ANY_DAY = r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|([^0-9])([0-9]{1,2})\4([0-9]{1,2}))(?:[T ].*)?"


@dataclass(frozen=True)
class Key:
    """A partition key.

    Attributes:
        name: its name in the table.
        type: Hive type: ``string``, ``date`` or an integer.
        role: what it stands for.
        form: how a ``DAY`` is written, as a date pattern of Java: ``yyyy-MM-dd``, ``yyyy/MM/dd``,
            ``yyyy-M-d`` without leading zeros, ``yyyy/MM/dd/HH`` with the hour, …; ``M``, ``d`` or
            ``H`` of a month, day of month or hour in a text without leading zeros.
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
            is_number = self.type in WHOLE_NUMBERS and is_digits(partition.account)
            return str(int(partition.account)) if is_number else partition.account
        if self.role is Role.REGION:
            return partition.region
        if self.role is Role.SERVICE:
            return SERVICE
        if self.role is Role.HOUR:
            return self.number(partition.hour or 0, 2)
        return self.day(partition.day, partition.hour or 0)

    def day(self, day: date, hour: int = 0) -> str:
        """The value for a day: of a key for the whole day, its year, month or day of month.

        A key of days and hours has the value of an hour of it.
        """
        if self.role is Role.DAY:
            return _format_day(day, hour if self.has_hours else 0, self.form)
        number = dict(zip(PARTS, (day.year, day.month, day.day), strict=True))[self.role]
        return self.number(number, 4 if self.role is Role.YEAR else 2)

    def normalize(self, value: str) -> str:
        """A registered value as ``value()`` writes it."""
        if self.type in WHOLE_NUMBERS:
            return str(int(value)) if is_digits(value) else value
        return value if self.is_padded else self.canonical(value)  # a query finds both

    def last(self, day: date) -> str:
        """The value for a day, or for the last hour of it."""
        return self.day(day, _LAST_HOUR)

    def spellings(self, day: date) -> list[str]:
        """The values for a day, of a key without hours: with leading zeros and without."""
        padded = re.sub("MM?", "MM", re.sub("dd?", "dd", self.form))
        forms = (padded if self.role is Role.DAY else "", self.form)
        return list(dict.fromkeys(replace(self, form=form).day(day) for form in forms))

    @property
    def is_padded(self) -> bool:
        """Whether its numbers have leading zeros, so that they sort as texts; so does a number."""
        if self.role is Role.DAY:
            return "MM" in self.form and "dd" in self.form
        return self.form != UNPADDED.get(self.role)

    @property
    def has_hours(self) -> bool:
        """Whether it is a key of hours: by itself, or together with the day."""
        return self.role is Role.HOUR or (self.role is Role.DAY and "H" in self.form)

    @property
    def pieces(self) -> list[str]:
        """The form of a day in pieces: the letters of a part, what is between them, and so on."""
        return [piece for piece in _PIECES.split(self.form) if piece]

    @property
    def pattern(self) -> str:
        """A regular expression of its values: year, month and day (and hour) are its groups."""
        return "".join(
            f"({_DIGITS.get(piece, '[0-9]{1,2}')})"
            if _LETTERS.fullmatch(piece)
            else re.escape(piece)
            for piece in self.pieces
        )

    def canonical(self, value: str) -> str:
        """A registered value as ``value()`` writes what it stands for, if it is spelled otherwise.

        ``US-EAST-1`` becomes ``us-east-1``, ``2026-11-7`` becomes ``2026-11-07``. What cannot be
        read is returned unchanged. Unlike ``normalize``, the result may be another value to a
        query.
        """
        return _respell(self, value)

    def parts(self, text: str) -> list[str]:
        """The texts of year, month and day in a day of this form."""
        if not self.is_padded:
            match = re.match(self.pattern, text)
            return list(match.groups()[: len(DAY_PARTS)]) if match else [""] * len(DAY_PARTS)
        spans = ((self.form.find(part), len(part)) for part in DAY_PARTS)
        return [text[start : start + length] for start, length in spans]

    def hour(self, text: str) -> int | None:
        """The hour in a value of a key of days and hours; None if there is none."""
        match = re.match(self.pattern, text) if self.has_hours else None
        return int(match[len(DAY_PARTS) + 1]) if match else None

    def number(self, number: int, digits: int) -> str:
        """A number as the key writes it: padded to some digits unless its type is a number."""
        padded = self.type not in WHOLE_NUMBERS and self.is_padded
        return f"{number:0{digits}d}" if padded else str(number)

    def literal(self, value: str) -> str:
        """A value as a literal of the key's type in Athena SQL."""
        if self.type in WHOLE_NUMBERS:
            return str(int(value))
        return f"DATE {literal(value)}" if self.type == "date" else literal(value)

    @property
    def sql(self) -> str:
        """Its name as a quoted identifier in Athena SQL."""
        return identifier(self.name)

    @property
    def text_sql(self) -> str:
        """Its value as a text in Athena SQL."""
        return f"CAST({self.sql} AS varchar)" if self.type in WHOLE_NUMBERS else self.sql


@lru_cache(maxsize=1 << 14)  # every account and Region has the same days
def _format_day(day: date, hour: int, form: str) -> str:
    year, month, of_month = day.isoformat().split("-")
    texts = {"yyyy": year, "MM": month, "dd": of_month, "HH": f"{hour:02d}"}
    texts |= {"M": str(day.month), "d": str(day.day), "H": str(hour)}
    return _LETTERS.sub(lambda found: texts[found[0]], form)


@lru_cache(maxsize=1 << 14)
def _respell(key: Key, value: str) -> str:
    text = value.strip()
    if key.role is Role.ACCOUNT:
        digits = text.replace("-", "")
        if is_digits(digits) and key.type in WHOLE_NUMBERS:
            return str(int(digits))
        return digits.zfill(ACCOUNT_DIGITS) if is_digits(digits) else value
    if key.role in (Role.REGION, Role.SERVICE):
        return text.lower()
    if key.role is not Role.DAY:
        digits_of_year = 4 if key.role is Role.YEAR else 2
        return key.number(int(text), digits_of_year) if is_digits(text) else value
    return _respell_day(key, text) or value


def _respell_day(key: Key, text: str) -> str:
    """A day as its key writes it; empty if the text is none."""
    match = re.fullmatch(key.pattern if key.has_hours else _ANY_DAY, text)
    if match is None:
        return ""
    parts = [part for part in match.groups() if part and is_digits(part)]
    try:
        return key.day(date(*map(int, parts[: len(DAY_PARTS)])), key.hour(text) or 0)
    except ValueError:  # 30 February, or year 0000
        return ""


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
