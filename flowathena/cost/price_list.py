"""Prices of what flow logs need, by Region and in steps; pure but for their table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flowathena.cost.price import FILE, price_in
from flowathena.errors import UsageError
from flowathena.inputs import toml
from flowathena.text import did_you_mean

SCAN = "scan"
"""What Athena scans, whose prices are in a table of their own."""
_TB = "TB"
_ANYWHERE = "any"


@dataclass(frozen=True)
class Step:
    """So many units a month, counted from the first, cost so much each."""

    most: float
    usd: float


@dataclass(frozen=True)
class UnitPrice:
    """The price of one thing in a Region.

    Attributes:
        unit: what one costs: ``GB``, ``PUT``, ….
        place: the Region.
        steps: the price of each unit, by how many there are in a month; none if it is not known.
        source: the page that names it; empty if the user does.
        checked: when that page was looked at.
    """

    unit: str
    place: str
    steps: tuple[Step, ...] = ()
    source: str = ""
    checked: date | None = None

    def divide(self, quantity: float) -> Iterator[tuple[float, float | None]]:
        """A month's quantity, step by step, each with its price; None for what is not known."""
        if not quantity:
            yield 0.0, self.steps[0].usd if self.steps else None
            return
        done = 0.0
        for each in self.steps:
            if done < quantity:
                yield min(quantity, each.most) - done, each.usd
                done = min(quantity, each.most)
        if done < quantity:
            yield quantity - done, None


@dataclass(frozen=True)
class PriceList:
    """The prices of everything; a user's own come before those of the table.

    Attributes:
        own: USD by name, for every unit and every Region.
    """

    own: Mapping[str, float]

    @classmethod
    def of(cls, own: Mapping[str, float]) -> "PriceList":
        """The prices with some of one's own.

        Raises:
            UsageError: there is no such price, or it is none.
        """
        for name, usd in own.items():
            if name not in NAMES:
                hint = did_you_mean(name, NAMES)
                raise UsageError(f"no price {name!r}; {hint}there are {', '.join(NAMES)}")
            if not 0 <= usd < float("inf"):
                raise UsageError(f"price {name}: {usd} is not a price in USD")
        return cls(dict(own))

    def find(self, name: str, region: str) -> UnitPrice:
        """The price of something in a Region."""
        if name == SCAN:
            return self._scan(region)
        table = _table()[name]
        if name in self.own:
            return UnitPrice(table["unit"], region, (Step(float("inf"), self.own[name]),))
        usual = table["usd"].get(_ANYWHERE, ())
        steps = tuple(Step(*map(float, each)) for each in table["usd"].get(region, usual))
        return UnitPrice(table["unit"], region, steps, table["source"], table["checked"])

    def _scan(self, region: str) -> UnitPrice:
        known = price_in(region, self.own.get(SCAN))
        if known.usd_per_tb is None:
            return UnitPrice(_TB, region)
        steps = (Step(float("inf"), known.usd_per_tb),)
        source = _file()["source"] if known.checked else ""
        return UnitPrice(_TB, region, steps, source, known.checked)


@cache
def _file() -> dict[str, Any]:
    return dict(toml.parse(FILE.read_text(encoding="utf-8")).data)


def _table() -> dict[str, Any]:
    found: dict[str, Any] = _file()["monthly"]
    return found


NAMES = (
    *("delivery", "conversion", "storage", "requests", "catalog", SCAN),
    *("metrics", "alarms", "dashboards", "compute"),
)
"""The prices there are."""
