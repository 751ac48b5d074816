"""Limits to what one statement, or a batch of them, may scan and cost; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowathena.cost.estimate import Estimate
from flowathena.cost.price import usd
from flowathena.cost.together import BatchEstimate
from flowathena.errors import CostError, UsageError
from flowathena.text import counted, human_bytes

_SHOWN = 3  # days, or queries
_NARROW = "a shorter --since, --account or --region"


@dataclass(frozen=True)
class SpendingLimits:
    """What one statement may scan and cost at most; of a batch, all of them together.

    Attributes:
        max_scan_bytes: the most bytes that it may scan; None for any.
        max_cost_usd: the most USD that it may cost; None for any.
    """

    max_scan_bytes: int | None = None
    max_cost_usd: float | None = None

    def or_else(self, usual: "SpendingLimits") -> "SpendingLimits":
        """These, and what others say where these say nothing."""
        scan, cost = self.max_scan_bytes, self.max_cost_usd
        return SpendingLimits(
            usual.max_scan_bytes if scan is None else scan,
            usual.max_cost_usd if cost is None else cost,
        )

    @property
    def exist(self) -> bool:
        """Whether there is a limit."""
        return self.max_scan_bytes is not None or self.max_cost_usd is not None

    def check(self, estimate: Estimate, workgroup: str = "") -> None:
        """Refuse a statement that would exceed one of the limits, or its workgroup's.

        Args:
            estimate: what it would scan and cost.
            workgroup: the workgroup's name, for the message.

        Raises:
            CostError: it would.
            UsageError: there is a limit to its cost, but the price is not known.
        """
        limit = self.exceeded(estimate)
        cutoff = estimate.cutoff_bytes
        if not limit and cutoff is not None and estimate.scanned_bytes > cutoff:
            limit = _cutoff(cutoff, workgroup)
        if limit:
            raise CostError(_describe(estimate, limit))

    def check_batch(self, estimate: BatchEstimate, workgroup: str = "") -> None:
        """Refuse queries that would exceed one of the limits together, or their workgroup's each.

        Args:
            estimate: what they would scan and cost.
            workgroup: the workgroup's name, for the message.

        Raises:
            CostError: they would.
            UsageError: as of ``check``.
        """
        limit = self.exceeded(estimate)
        if limit:
            raise CostError(_describe_batch(estimate, limit))
        cutoff = estimate.cutoff_bytes
        if cutoff is not None and (above := estimate.above(cutoff)):
            raise CostError(_describe_cut_off(above, _cutoff(cutoff, workgroup)))

    def _refuse_unknown_price(self, estimate: Estimate | BatchEstimate) -> None:
        if self.max_cost_usd is not None and estimate.cost_usd is None:
            raise UsageError(
                f"--max-cost: {estimate.price.source} in the target, or use --max-scan"
            )

    def exceeded(self, estimate: Estimate | BatchEstimate) -> str:
        """The limit that an estimate exceeds, in words; empty if there is none.

        Raises:
            UsageError: there is a limit to its cost, but the price is not known.
        """
        self._refuse_unknown_price(estimate)
        scan, cost = self.max_scan_bytes, self.max_cost_usd
        if scan is not None and estimate.scanned_bytes > scan:
            return f"the limit of {human_bytes(scan)} (--max-scan)"
        if cost is not None and (estimate.cost_usd or 0.0) > cost:
            return f"the limit of {usd(cost)} (--max-cost)"
        return ""


NO_LIMITS = SpendingLimits()
"""Those of the target hold."""


def _describe(estimate: Estimate, limit: str) -> str:
    days = estimate.largest_days(_SHOWN)
    shown = ", ".join(f"{day} ({human_bytes(size_bytes)})" for day, size_bytes in days)
    largest = f"; the largest days are {shown}" if len(days) > 1 else ""
    return (
        f"not run: it would scan {human_bytes(estimate.scanned_bytes)} ({usd(estimate.cost_usd)}) "
        f"in {counted(estimate.partitions, 'partition')}, more than {limit}; narrow it with "
        f"{_NARROW}, or raise the limit{largest}"
    )


def _describe_batch(estimate: BatchEstimate, limit: str) -> str:
    largest = _sizes(estimate.largest(_SHOWN))
    return (
        f"nothing is run: {counted(len(estimate.queries), 'query', 'queries')} would scan "
        f"{human_bytes(estimate.scanned_bytes)} ({usd(estimate.cost_usd)}) together, more than "
        f"{limit}; narrow them with {_NARROW}, run fewer, or raise the limit; the largest: "
        f"{largest}"
    )


def _describe_cut_off(above: Sequence[tuple[str, int]], limit: str) -> str:
    further = len(above) - _SHOWN
    others = f" and {counted(further, 'further query', 'further queries')}" if further > 0 else ""
    return (
        f"nothing is run: {_sizes(above[:_SHOWN])}{others} would scan more than {limit}; narrow "
        f"what is read with {_NARROW}, or leave out what scans so much"
    )


def _cutoff(cutoff_bytes: int, workgroup: str) -> str:
    return (
        f"the {human_bytes(cutoff_bytes)} at which workgroup {workgroup} ends a query and bills "
        "what it has scanned"
    )


def _sizes(queries: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{name} ({human_bytes(size_bytes)})" for name, size_bytes in queries)
