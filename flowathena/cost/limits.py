"""Limits to what one statement may scan and cost; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowathena.cost.estimate import Estimate
from flowathena.cost.price import usd
from flowathena.errors import CostError, UsageError
from flowathena.text import counted, human_bytes

_DAYS_SHOWN = 3


@dataclass(frozen=True)
class SpendingLimits:
    """What one statement may scan and cost at most.

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
        if self.max_cost_usd is not None and estimate.cost_usd is None:
            raise UsageError(
                f"--max-cost: {estimate.price.source} in the target, or use --max-scan"
            )
        exceeded = self._exceeded(estimate, workgroup)
        if exceeded:
            raise CostError(_describe(estimate, exceeded))

    def check_all(self, estimates: Sequence[Estimate], workgroup: str = "") -> None:
        """Refuse statements that would exceed one of the limits together, or one its workgroup's.

        Raises:
            CostError: they would.
            UsageError: there is a limit to their cost, but the price is not known.
        """
        for each in estimates:
            SpendingLimits().check(each, workgroup)
        if estimates:
            sources = tuple(source for each in estimates for source in each.sources)
            self.check(replace(estimates[0], sources=sources, cutoff_bytes=None), workgroup)

    def _exceeded(self, estimate: Estimate, workgroup: str) -> str:
        """The limit that an estimate exceeds, in words; empty if there is none."""
        scanned, cost = estimate.scanned_bytes, estimate.cost_usd or 0.0
        if self.max_scan_bytes is not None and scanned > self.max_scan_bytes:
            return f"the limit of {human_bytes(self.max_scan_bytes)} (--max-scan)"
        if self.max_cost_usd is not None and cost > self.max_cost_usd:
            return f"the limit of {usd(self.max_cost_usd)} (--max-cost)"
        cutoff = estimate.cutoff_bytes
        if cutoff is not None and scanned > cutoff:
            return (
                f"the {human_bytes(cutoff)} at which workgroup {workgroup} ends a query and bills "
                "what it has scanned"
            )
        return ""


NO_LIMITS = SpendingLimits()
"""Those of the target hold."""


def _describe(estimate: Estimate, limit: str) -> str:
    days = estimate.largest_days(_DAYS_SHOWN)
    shown = ", ".join(f"{day} ({human_bytes(size_bytes)})" for day, size_bytes in days)
    largest = f"; the largest days are {shown}" if len(days) > 1 else ""
    return (
        f"not run: it would scan {human_bytes(estimate.scanned_bytes)} ({usd(estimate.cost_usd)}) "
        f"in {counted(estimate.partitions, 'partition')}, more than {limit}; narrow it with a "
        f"shorter --since, --account or --region, or raise the limit{largest}"
    )
