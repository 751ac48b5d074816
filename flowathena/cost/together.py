"""What several statements would scan and cost together; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowathena.cost.estimate import Estimate
from flowathena.cost.price import Price

_DIGITS = 12
"""Of a sum in USD: three times 0.00005 is not more than a limit of 0.00015."""


@dataclass(frozen=True)
class BatchEstimate:
    """What the queries of a batch would scan and cost; nothing has been run.

    What several of them read is counted for each, as Athena bills it.

    Attributes:
        queries: the estimate of each query that can run, by its name, in order.
        price: the price that they are estimated with.
        cutoff_bytes: the bytes at which the workgroup ends one query; None if it has no such limit,
            or if that is not known.
        unable: why the others cannot run, by their names.
    """

    queries: Mapping[str, Estimate]
    price: Price
    cutoff_bytes: int | None = None
    unable: Mapping[str, str] = field(default_factory=dict)

    @property
    def scanned_bytes(self) -> int:
        """The bytes that are scanned by all of them."""
        return sum(each.scanned_bytes for each in self.queries.values())

    @property
    def cost_usd(self) -> float | None:
        """What they cost together, each at least the least that a query costs; None if unknown."""
        costs = [each.cost_usd for each in self.queries.values()]
        total = sum(cost for cost in costs if cost is not None)
        return None if None in costs else round(total, _DIGITS)

    def largest(self, most: int) -> list[tuple[str, int]]:
        """The queries that scan most, with the bytes, the largest first."""
        sizes = [(name, each.scanned_bytes) for name, each in self.queries.items()]
        return sorted(sizes, key=lambda item: -item[1])[:most]

    def above(self, limit_bytes: int) -> list[tuple[str, int]]:
        """The queries that scan more each, with the bytes, the largest first."""
        return [each for each in self.largest(len(self.queries)) if each[1] > limit_bytes]

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        able = [
            {"query": name, "error": None, **each.to_json()} for name, each in self.queries.items()
        ]
        unable = [{"query": name, "error": reason} for name, reason in self.unable.items()]
        return {
            "queries": [*able, *unable],
            "scanned_bytes": self.scanned_bytes,
            "cost_usd": self.cost_usd,
            "usd_per_tb": self.price.usd_per_tb,
            "price_checked": str(self.price.checked) if self.price.checked else None,
            "region": self.price.place,
            "workgroup_cutoff_bytes": self.cutoff_bytes,
        }
