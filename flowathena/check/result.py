"""What a check finds: a state, a summary and the rows. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flowathena.check.criteria import CheckState, Criteria
from flowathena.check.threshold import Number, written
from flowathena.errors import FlowathenaError, UsageError
from flowathena.inputs.window import Window
from flowathena.result.result import Result
from flowathena.text import counted, iso, one_line, printable, shortened

_SHOWN = 120
"""Characters of a condition in a summary."""


@dataclass(frozen=True)
class CheckResult:
    """What a check of one query found.

    Attributes:
        query: the query's name.
        target: the target's name.
        state: OK, WARNING, CRITICAL, or UNKNOWN if it cannot be told.
        reason: what was found: ``12 rows, more than 10``.
        criteria: what it was judged by.
        number: the number that was judged: of rows, or the value of a column; None if unknown.
        window: the window of the query, UTC; None if unknown.
        rows: the rows that were counted; None if the query failed.
        error: the error that made it unknown, if one did.
    """

    query: str
    target: str
    state: CheckState
    reason: str
    criteria: Criteria
    number: Number | None = None
    window: Window | None = None
    rows: Result | None = field(default=None, compare=False)
    error: FlowathenaError | None = field(default=None, compare=False)

    @property
    def summary(self) -> str:
        """One line: ``CRITICAL: ssh_rejects (prod): 12 rows, more than 10``."""
        return f"{self.state}: {self._line}"

    @property
    def nagios(self) -> str:
        """The same as the output of a Nagios plugin, with performance data."""
        # All after the first bar is performance data.
        return f"FLOWATHENA {self.state} - {self._line.replace('|', ' ')}{self._performance}"

    def to_json(self) -> dict[str, Any]:
        """The members of a JSON object, without the rows."""
        warn, critical = self.criteria.warn, self.criteria.critical
        return {
            "query": self.query,
            "target": self.target,
            "state": str(self.state),
            "summary": self.summary,
            "rows": None if self.rows is None else len(self.rows),
            "value": self.number if self.criteria.value else None,
            "column": self.criteria.value or None,
            "where": self.criteria.where or None,
            "warn": None if warn is None else str(warn),
            "critical": None if critical is None else str(critical),
            "since": _iso(self.window.since if self.window else None),
            "until": _iso(self.window.until if self.window else None),
        }

    @property
    def _line(self) -> str:
        return printable(one_line(f"{self.query} ({self.target}): {self.reason}"))

    @property
    def _performance(self) -> str:
        if self.number is None:
            return ""
        label = self.criteria.value or "rows"
        if not label.isidentifier():
            label = "'" + label.replace("'", "''").replace("|", " ") + "'"
        ranges = (str(each or "") for each in (self.criteria.warn, self.criteria.critical))
        return f" | {label}={written(self.number)};{';'.join(ranges)}".rstrip(";")


def judge(
    query: str,
    target: str,
    criteria: Criteria,
    result: Result,
    *,
    window: Window | None = None,
    is_blind: bool = False,
) -> CheckResult:
    """What a result means.

    Args:
        query: the query's name.
        target: the target's name.
        criteria: what it is judged by.
        result: the rows that meet the condition.
        window: the query's window.
        is_blind: whether no log file was read, so that the absence of rows says nothing.

    Raises:
        UsageError: the result has no such column.
    """
    unknown = CheckResult(
        query, target, CheckState.UNKNOWN, "", criteria, window=window, rows=result
    )
    try:
        number = criteria.number(result)
    except UsageError:
        raise
    except FlowathenaError as error:
        return replace(unknown, reason=str(error), error=error)
    state, why = criteria.state(number)
    found = _describe(criteria, number, is_cut=result.stats.reached_limit is not None)
    if state is CheckState.OK and is_blind:
        reason = f"{found}, but no log file was read{_because(result)}"
        return replace(unknown, reason=reason, error=FlowathenaError(reason))
    reason = f"{found}, {why}" if why else found
    return replace(unknown, state=state, reason=reason, number=number)


def unknown(query: str, target: str, criteria: Criteria, error: FlowathenaError) -> CheckResult:
    """The result of a check whose query failed."""
    reason = one_line(str(error).splitlines()[0] if str(error) else type(error).__name__)
    return CheckResult(query, target, CheckState.UNKNOWN, reason, criteria, error=error)


def _because(result: Result) -> str:
    """The first warning of a run that read nothing, which says why."""
    reason = next(iter(result.stats.warnings), "")
    return f": {reason}" if reason else ""


def _describe(criteria: Criteria, number: Number, *, is_cut: bool) -> str:
    if criteria.value:
        found = f"{criteria.value} is {written(number)}"
    else:
        found = counted(int(number), "row") + " or more" * is_cut
    return f"{found} where {shortened(criteria.where, _SHOWN)}" if criteria.where else found


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
