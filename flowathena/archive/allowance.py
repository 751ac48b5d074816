"""What a run may scan and cost, and when and under which name it works."""

import os
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from flowathena.archive.plan import RUN_FORMAT
from flowathena.archive.survey import LogPartition
from flowathena.aws.session import Aws
from flowathena.cost.limits import SpendingLimits
from flowathena.cost.price import LOCAL, Price, price_in, usd
from flowathena.errors import CostError, UsageError
from flowathena.inputs.selection import select
from flowathena.inputs.window import When
from flowathena.logs.layout import Scope
from flowathena.target.target import Target
from flowathena.text import human_bytes

if TYPE_CHECKING:
    from flowathena.archive.writer import Writer

_REMEDY = "raise it, or take fewer days with --since and --until"
DEFAULT_SINCE = "35d"
"""How far back a run looks: for days that are due, and for logs that came late."""


def find_scope(now: datetime, since: When, until: When, *, everything: bool) -> Scope:
    """The days that a run looks at.

    Args:
        now: the time, aware.
        since: the first day.
        until: the end, exclusive.
        everything: all days.

    Raises:
        UsageError: a moment is invalid, or there are some though all days are asked for.
    """
    if everything:
        if since is not None or until is not None:
            raise UsageError("all days are asked for: leave since and until away")
        return Scope(date.min, date.max)
    return select(now, DEFAULT_SINCE, since=since, until=until).scope


def name_run(now: datetime) -> str:
    """The id of a run, which no other has.

    Args:
        now: the time, aware.
    """
    return f"{now:{RUN_FORMAT}}-{os.urandom(4).hex()}"


def find_price(target: Target, aws: Aws) -> Price:
    """What the statements of a target cost."""
    if target.is_local:
        return LOCAL
    return price_in(aws.session.region_name or "", target.price_per_tb)


class Allowance:
    """Whether the limits of a run allow another statement.

    Args:
        limits: what all its statements may scan and cost.
        price: what they cost.
        writer: what runs them.
    """

    def __init__(self, limits: SpendingLimits, price: Price, writer: "Writer") -> None:
        self._limits = limits
        self._price = price
        self._writer = writer

    @property
    def cost_usd(self) -> float | None:
        """What the statements have cost so far; None if the price is not known."""
        return self._cost_usd(self._writer.bill.scans)

    def obstacle(self, log_bytes: int) -> str:
        """Why logs of a size may not be read any more; empty if they may."""
        scans = (*self._writer.bill.scans, *self._writer.expected_scans(log_bytes))
        scan, most = sum(scans), self._limits.max_scan_bytes
        if most is not None and scan > most:
            return (
                f"with the next partitions the run would have scanned {human_bytes(scan)}, and "
                f"--max-scan is {human_bytes(most)}: {_REMEDY}"
            )
        cost, most_usd = self._cost_usd(scans), self._limits.max_cost_usd
        if most_usd is not None and cost is None:
            return f"--max-cost: {self._price.source}, or use --max-scan"
        if most_usd is not None and cost is not None and cost > most_usd:
            return (
                f"with the next partitions the run would have cost {usd(cost)}, and --max-cost is "
                f"{usd(most_usd)}: {_REMEDY}"
            )
        return ""

    def _cost_usd(self, scans: Iterable[int]) -> float | None:
        """What statements cost that scan so much each; one costs for 10 MB at least."""
        costs = [self._price.cost_usd(each) for each in scans]
        return None if None in costs else sum(filter(None, costs))

    def require(self, first: LogPartition) -> None:
        """Refuse a run that may not even write its first partition.

        Raises:
            CostError: it may not.
        """
        if reason := self.obstacle(first.read_bytes):
            raise CostError(reason)
