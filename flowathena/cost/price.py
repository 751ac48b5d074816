"""What Athena asks for the bytes that a query scans; pure but for its table of prices.

Every query costs what it scans, rounded up to the next MB, and 10 MB at least.
Source: https://aws.amazon.com/athena/pricing/
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import cast

from flowathena.inputs import toml

FILE = Path(__file__).with_name("prices.toml")
_MEGABYTE = 10**6
_TERABYTE = 10**12
_LEAST_BYTES = 10 * _MEGABYTE


@dataclass(frozen=True)
class Price:
    """What scanning costs somewhere.

    Attributes:
        usd_per_tb: USD for 10¹² bytes; None if it is not known.
        place: where: a Region, or ``this machine``.
        checked: when the price was looked up; None if it is the user's own, or unknown.
    """

    usd_per_tb: float | None
    place: str
    checked: date | None = None

    def cost_usd(self, scanned_bytes: int) -> float | None:
        """What one query costs that scans so many bytes; None if the price is not known."""
        if self.usd_per_tb is None:
            return None
        return billed_bytes(scanned_bytes) * self.usd_per_tb / _TERABYTE

    @property
    def source(self) -> str:
        """What the price is and where it comes from, for a message."""
        if self.usd_per_tb is None:
            return f"the price of Athena in {self.place} is not known: set price_per_tb"
        checked = f", as of {self.checked}" if self.checked else ""
        if self is LOCAL:
            return f"nothing is billed on {self.place}"
        return f"{self.usd_per_tb:g} USD for a TB in {self.place}{checked}"


LOCAL = Price(0.0, "this machine")
"""Of the local engine."""


def billed_bytes(scanned_bytes: int) -> int:
    """The bytes that one query is billed for."""
    return max(_LEAST_BYTES, -(-scanned_bytes // _MEGABYTE) * _MEGABYTE)


def price_in(region: str, own_usd_per_tb: float | None = None) -> Price:
    """The price of Athena in a Region.

    Args:
        region: the Region.
        own_usd_per_tb: what the user says that it is; None if nothing.
    """
    if own_usd_per_tb is not None:
        return Price(own_usd_per_tb, region)
    prices, checked = _prices()
    known = prices.get(region)
    return Price(known, region, checked if known is not None else None)


@cache
def _prices() -> tuple[dict[str, float], date]:
    table = toml.parse(FILE.read_text(encoding="utf-8")).data
    return cast("dict[str, float]", table["usd_per_tb"]), cast("date", table["checked"])


def usd(amount_usd: float | None) -> str:
    """An amount for display: ``0.16 USD``; small ones with the digits that tell them from 0."""
    if amount_usd is None:
        return "price unknown"
    if amount_usd and amount_usd < 0.01:  # noqa: PLR2004 - a cent
        return f"{amount_usd:.2g} USD" if amount_usd >= 0.0001 else f"{amount_usd:.6f} USD"  # noqa: PLR2004
    return f"{amount_usd:.2f} USD"
