"""What a target costs a month: a quantity and a price a line; pure.

A month has 30 days, and a GB 2³⁰ bytes, as S3 and CloudWatch count; a TB of Athena's 10¹².
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flowathena.cost.history import PastRun
from flowathena.cost.price import billed_bytes
from flowathena.cost.price_list import SCAN, PriceList

DAYS = 30
"""Of a month."""
_GB = 2**30
_TB = 10**12


@dataclass(frozen=True)
class Volume:
    """What was delivered in some days that are over.

    Attributes:
        first: the first day that has logs.
        last: the last day looked at.
        size_bytes: the bytes as stored, by the Region of the flow logs.
        objects: how many objects they are in.
        partitions: how many partitions of a table they make.
    """

    first: date
    last: date
    size_bytes: Mapping[str, int]
    objects: int
    partitions: int

    @property
    def days(self) -> int:
        """How many days that is."""
        return (self.last - self.first).days + 1

    @property
    def daily_bytes(self) -> float:
        """The bytes of a day of all Regions."""
        return sum(self.size_bytes.values()) / self.days

    def monthly(self, number: float) -> float:
        """So many of these days as of a month."""
        return number / self.days * DAYS

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "since": str(self.first),
            "until": str(self.last),
            "days": self.days,
            "stored_bytes": dict(self.size_bytes),
            "objects": self.objects,
            "partitions": self.partitions,
        }


@dataclass(frozen=True)
class Line:
    """One line of the bill.

    Attributes:
        what: what is paid for.
        quantity: how many units a month.
        unit: what one is.
        usd_per_unit: the price of one; None if it is not known.
        region: whose price.
        price: its name, as ``--price`` takes it.
        basis: where the quantity comes from.
        source: the page that names the price; empty if the user does, or nobody.
        checked: when that page was looked at.
    """

    what: str
    quantity: float
    unit: str
    usd_per_unit: float | None
    region: str
    price: str
    basis: str = ""
    source: str = ""
    checked: date | None = None

    @property
    def usd(self) -> float | None:
        """What it costs; nothing costs nothing, at whatever price."""
        if self.usd_per_unit is None:
            return None if self.quantity else 0.0
        return self.quantity * self.usd_per_unit

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "what": self.what,
            "quantity": self.quantity,
            "unit": self.unit,
            "usd_per_unit": self.usd_per_unit,
            "usd": self.usd,
            "region": self.region,
            "price": self.price,
            "basis": self.basis,
            "source": self.source or None,
            "checked": str(self.checked) if self.checked else None,
        }


@dataclass(frozen=True)
class MonthlyCost:
    """What a target costs a month.

    Attributes:
        target: its name.
        volume: what was seen.
        lines: what is paid for.
        notes: what was assumed, and what is not counted, a line each.
    """

    target: str
    volume: Volume
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def known_usd(self) -> float:
        """The sum of the lines whose price is known."""
        return sum(each.usd for each in self.lines if each.usd is not None)

    @property
    def unknown(self) -> tuple[Line, ...]:
        """The lines whose price is not known."""
        return tuple(each for each in self.lines if each.usd is None)

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON; ``usd`` is null if a price is not known."""
        return {
            "target": self.target,
            "seen": self.volume.to_json(),
            "lines": [each.to_json() for each in self.lines],
            "known_usd": self.known_usd,
            "usd": None if self.unknown else self.known_usd,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Bill:
    """Writes lines with the prices of a list, one for each step of a price."""

    prices: PriceList
    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, quantity: float, price: str, region: str, basis: str = "") -> None:
        """Add what is paid for something of which there are so many a month."""
        found = self.prices.find(price, region)
        for part, usd in found.divide(quantity):
            self.lines.append(
                Line(
                    *(what, part, found.unit, usd, region, price, basis),
                    *((found.source, found.checked) if usd is not None else ()),
                )
            )

    def add_delivery(self, volume: Volume, ratio: float, *, is_parquet: bool) -> None:
        """Add what the delivery of a month costs, by the Regions of the flow logs."""
        seen = f"{volume.days} days as stored" + (f", {ratio:g} times" if ratio != 1 else "")
        for region, size_bytes in sorted(volume.size_bytes.items()):
            size_gb = volume.monthly(size_bytes) * ratio / _GB
            self.add("delivery", size_gb, "delivery", region, seen)
            if is_parquet:
                self.add("conversion to Parquet", size_gb, "conversion", region, seen)

    def add_storage(self, volume: Volume, region: str, retention_days: int | None) -> None:
        """Add what storage costs: of all that is kept, or of one month if nothing expires."""
        size_gb = volume.daily_bytes * (retention_days or DAYS) / _GB
        basis = f"{retention_days} days are kept" if retention_days else "one month of logs"
        self.add("storage", size_gb, "storage", region, basis)
        objects = volume.monthly(volume.objects)
        self.add("delivered objects", objects, "requests", region, f"seen in {volume.days} days")

    def add_scans(self, scans: "Scans", region: str) -> None:
        """Add what Athena scans."""
        self.add("queries of Athena", scans.size_bytes / _TB, SCAN, region, scans.basis)


@dataclass(frozen=True)
class Scans:
    """What Athena is paid for in a month: bytes, as billed, and where that is from."""

    size_bytes: float
    basis: str


def scans_of(runs: Sequence[PastRun], days: int) -> Scans | None:
    """What a month like the last days scans; None if flowathena ran nothing that is billed.

    Args:
        runs: the queries of these days.
        days: how many days they are.
    """
    # Of a price that is not known, only what is not billed has a cost, which is 0.
    billed = [each for each in runs if each.query and each.cost_usd != 0]
    if not billed:
        return None
    total = sum(billed_bytes(each.scanned_bytes) for each in billed)
    return Scans(total / days * DAYS, f"{len(billed)} runs of flowathena in {days} days")


def scans_of_example(sizes: Sequence[int], runs_a_day: float, basis: str) -> Scans:
    """What so many runs a day scan, of queries that scan so much each, one as often as another."""
    mean = sum(map(billed_bytes, sizes)) / len(sizes)
    return Scans(mean * runs_a_day * DAYS, basis)
