"""Ranges as Nagios plugins write them: ``10``, ``10:``, ``~:10``, ``10:20``, ``@10:20``. Pure.

Source: https://nagios-plugins.org/doc/guidelines.html#THRESHOLDFORMAT
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from flowathena.errors import UsageError

Number = int | Decimal

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"(@?)(?:(~|{_NUMBER})?(:))?({_NUMBER})?")
_FORMS = "write 10, 10:, ~:10, 10:20 or @10:20"


@dataclass(frozen=True)
class Range:
    """The values that are all right; those outside of it raise an alert.

    Attributes:
        start: the least of them; None for no limit.
        end: the greatest of them; None for no limit.
        inverted: whether the values within it, both ends included, raise the alert instead.
    """

    start: Number | None = 0
    end: Number | None = None
    inverted: bool = False

    @classmethod
    def parse(cls, text: str, option: str) -> Self:
        """The range that a text says.

        Args:
            text: the range.
            option: the option that it is given for, for the message.

        Raises:
            UsageError: it is no range, or it begins after its end.
        """
        match = _RANGE.fullmatch(text.strip())
        if match is None or not any(match.group(2, 4)):
            raise UsageError(f"{option}: {text!r} is not a range; {_FORMS}")
        at, start, _, end = match.groups()
        lower = None if start == "~" else _number(start or "0")
        upper = _number(end) if end else None
        if lower is not None and upper is not None and lower > upper:
            raise UsageError(f"{option}: {text!r} begins after its end; {_FORMS}")
        return cls(lower, upper, bool(at))

    def __str__(self) -> str:
        start = "~:" if self.start is None else f"{written(self.start)}:"
        if self.start == 0 and self.end is not None:
            start = ""
        end = "" if self.end is None else written(self.end)
        return f"{'@' * self.inverted}{start}{end}"

    def alerts(self, value: Number) -> bool:
        """Whether a value raises the alert."""
        return self._contains(value) is self.inverted

    def can_alert(self, least: int, most: int | None) -> bool:
        """Whether a whole number between two, both included, could raise the alert.

        Args:
            least: the least number.
            most: the greatest number; None for no limit.
        """
        if not self.inverted:
            above = self.end is not None and (most is None or self.end < most)
            return above or (self.start is not None and self.start > least)
        reaches = self.end is None or self.end >= least
        return reaches and (most is None or self.start is None or self.start <= most)

    def describe(self) -> str:
        """The values that raise the alert, in words: ``more than 10``."""
        start = None if self.start is None else written(self.start)
        end = None if self.end is None else written(self.end)
        if start is None and end is None:
            return "any value" if self.inverted else "no value"
        if start is None:
            return f"{end} or less" if self.inverted else f"more than {end}"
        if end is None:
            return f"{start} or more" if self.inverted else f"less than {start}"
        return f"{start} to {end}" if self.inverted else f"outside {start} to {end}"

    def _contains(self, value: Number) -> bool:
        above = self.start is None or value >= self.start
        return above and (self.end is None or value <= self.end)


def written(value: Number) -> str:
    """A number as people and Nagios read it: without an exponent and without zeros at its end."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(text: str) -> Number:
    return Decimal(text) if "." in text else int(text)
