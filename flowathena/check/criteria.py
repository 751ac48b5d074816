"""What is wrong with a result: how many rows, or which value of its only row. Pure."""

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from flowathena.check.threshold import Number, Range
from flowathena.errors import FlowathenaError, UsageError
from flowathena.query.render import Limit
from flowathena.result.result import Result
from flowathena.text import counted, did_you_mean

NOTHING_ASKED = (
    "say what is wrong: --max-rows N, --min-rows N, or --warn and --critical with a range; "
    "'--max-rows 0' if every row is"
)


class CheckState(StrEnum):
    """What a check says; in the words and with the codes of Nagios."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"

    @property
    def nagios_code(self) -> int:
        """0 to 3."""
        return list(CheckState).index(self)


@dataclass(frozen=True)
class Criteria:
    """When a result is all right.

    Attributes:
        warn: the numbers that are no warning; None if none is.
        critical: the numbers that are not critical; None if all are.
        value: the column whose value in the only row is judged; empty for the number of rows.
        where: the condition that rows must meet to be counted; empty for all.
    """

    warn: Range | None = None
    critical: Range | None = None
    value: str = ""
    where: str = ""

    @classmethod
    def of(
        cls,
        *,
        max_rows: int | None = None,
        min_rows: int | None = None,
        where: str | None = None,
        warn: str | None = None,
        critical: str | None = None,
        value: str = "",
    ) -> Self:
        """The criteria that options say.

        Args:
            max_rows: more rows are critical.
            min_rows: fewer rows are critical.
            where: the condition that rows must meet to be counted.
            warn: the range of what is no warning, as Nagios writes it.
            critical: the range of what is not critical.
            value: the column whose value in the only row is judged instead of the number of rows.

        Raises:
            UsageError: there are none, they contradict each other, or one is malformed.
        """
        rows = _rows(max_rows, min_rows)
        if rows and critical is not None:
            raise UsageError("--critical and --max-rows or --min-rows say the same; give one")
        if rows and value:
            raise UsageError("--value is judged by --warn and --critical; --max-rows counts rows")
        given = Range.parse(critical, "--critical") if critical is not None else rows
        made = cls(
            Range.parse(warn, "--warn") if warn is not None else None,
            given,
            value,
            (where or "").strip(),
        )
        if made.warn is None and made.critical is None:
            raise UsageError(NOTHING_ASKED)
        if where is not None and not made.where:
            raise UsageError("--where is empty; write a condition such as 'packets > 1000'")
        return made

    def refuse_unreachable(self, limit: Limit | None) -> None:
        """Make sure that a number of rows could raise an alert.

        Raises:
            UsageError: none could: the query's own LIMIT lets too few rows through.
        """
        if self.value:
            return
        most = limit.rows if limit else None
        for each in filter(None, (self.warn, self.critical)):
            if each.can_alert(0, most):
                continue
            if limit is None or not each.can_alert(0, None):
                raise UsageError(
                    f"the range {each} never alerts, whatever the rows; give another range"
                )
            what = f"{self.describe(each)!r} can never be said of the rows"
            rows = counted(limit.rows, "row")
            raise UsageError(f"{what}: the query has {rows} at most; {limit.how_to_raise}")

    def state(self, number: Number) -> tuple[CheckState, str]:
        """The state that a number means, and why: ``more than 10``; empty if it is all right."""
        if self.critical and self.critical.alerts(number):
            return CheckState.CRITICAL, self.describe(self.critical)
        if self.warn and self.warn.alerts(number):
            return CheckState.WARNING, self.describe(self.warn)
        return CheckState.OK, ""

    def number(self, result: Result) -> Number:
        """The number that is judged.

        Raises:
            UsageError: the result has no such column.
            FlowathenaError: the column has no number in an only row.
        """
        return _only(result, self.value) if self.value else len(result)

    def describe(self, crossed: Range) -> str:
        """What alerts of a range, in words: ``more than 10``."""
        if self.value or crossed.start != 0:
            return crossed.describe()
        # Fewer rows than none there are not.
        return Range(None, crossed.end, crossed.inverted).describe()


def _rows(most: int | None, least: int | None) -> Range | None:
    """The range of rows that ``--min-rows`` and ``--max-rows`` say; None if neither is given."""
    for option, number, smallest in (("--max-rows", most, 0), ("--min-rows", least, 1)):
        if number is not None and (type(number) is not int or number < smallest):
            raise UsageError(f"{option}: {number!r} is not a number of rows, {smallest} or more")
    if most is None and least is None:
        return None
    if most is not None and least is not None and least > most:
        raise UsageError(f"--min-rows {least} is more than --max-rows {most}")
    return Range(least or 0, most)


def _only(result: Result, column: str) -> Number:
    names = [each.name for each in result.columns]
    found = next((n for n, name in enumerate(names) if name.lower() == column.lower()), None)
    if found is None:
        meant = did_you_mean(column, names)
        raise UsageError(f"--value: no column {column!r}; {meant}columns: {', '.join(names)}")
    if len(result) != 1:
        raise FlowathenaError(f"--value needs one row; the query has {counted(len(result), 'row')}")
    value = result.data[0][found]
    if value is None:
        raise FlowathenaError(f"{column} is NULL, which is no number")
    return _number(column, value)


def _number(column: str, value: object) -> Number:
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    raise FlowathenaError(f"{column} is {value!r}, which is no number")
