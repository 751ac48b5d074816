"""A partition key: what it stands for, and how it writes its part of a partition; pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from flowathena.logs.layout import SERVICE, Partition
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


PARTS = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH)
"""The keys that make a day together."""
DAY_PARTS = ("yyyy", "MM", "dd")
"""The parts of a day written by one key, in Java's letters."""
ISO_DAY = "yyyy-MM-dd"
"""How a day is written where nothing else is said."""


@dataclass(frozen=True)
class Key:
    """A partition key.

    Attributes:
        name: as the table calls it.
        type: Hive type: ``string``, ``date`` or an integer.
        role: what it stands for.
        form: how a ``DAY`` is written, in Java's letters: ``yyyy-MM-dd``, ``yyyy/MM/dd``, …
        injected: whether a query has to name its values (projection of type ``injected``).
    """

    name: str
    type: str
    role: Role
    form: str = ISO_DAY
    injected: bool = False

    def value(self, partition: Partition) -> str:
        """How the key writes its part of a partition."""
        if self.role is Role.ACCOUNT:
            return partition.account
        if self.role is Role.REGION:
            return partition.region
        if self.role is Role.SERVICE:
            return SERVICE
        if self.role is Role.HOUR:
            return self._number(partition.hour or 0, 2)
        return self.day(partition.day)

    def day(self, day: date) -> str:
        """How the key writes its part of a day."""
        if self.role is Role.DAY:
            return _written(day, self.form)
        number = dict(zip(PARTS, (day.year, day.month, day.day), strict=True))[self.role]
        return self._number(number, 4 if self.role is Role.YEAR else 2)

    def normalize(self, value: str) -> str:
        """A registered value as ``value()`` writes it."""
        return str(int(value)) if self.type in WHOLE_NUMBERS and is_digits(value) else value

    def parts(self, text: str) -> list[str]:
        """Year, month and day as they stand in a written day."""
        at = ((self.form.find(part), len(part)) for part in DAY_PARTS)
        return [text[start : start + length] for start, length in at]

    def _number(self, number: int, digits: int) -> str:
        return str(number) if self.type in WHOLE_NUMBERS else f"{number:0{digits}d}"

    def literal(self, value: str) -> str:
        """A value as a literal of the key's type in Athena SQL."""
        if self.type in WHOLE_NUMBERS:
            return str(int(value))
        return f"DATE {literal(value)}" if self.type == "date" else literal(value)

    @property
    def sql(self) -> str:
        """Its name as a quoted identifier of Athena SQL."""
        return identifier(self.name)


@lru_cache(maxsize=1 << 14)  # every account and Region has the same days
def _written(day: date, form: str) -> str:
    year, month, of_month = day.isoformat().split("-")
    return form.replace("yyyy", year).replace("MM", month).replace("dd", of_month)


def is_digits(text: str) -> bool:
    """Whether a text is nothing but the digits 0 to 9."""
    return text.isascii() and text.isdigit()
