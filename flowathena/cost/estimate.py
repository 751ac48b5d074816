"""What a statement would scan: the bytes of the partitions that it keeps, table by table.

Of text, Athena reads whole objects, so that the bytes are exact. Of Parquet it reads the columns
that the statement needs, whose share a few footers tell; what it may leave out besides (row groups
outside of the window) is not known before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from flowathena.cost.price import Price
from flowathena.cost.sizes import FolderSize
from flowathena.shape.shape import FlowTable, Values
from flowathena.storage.parquet_schema import Chunk

_FOOTERS = 8
"""How many footers of a table are read."""
_FOOTER_BYTES = 48 * 1024
"""What is read of the end of every Parquet object, to have its footer.

This and the two below are Trino's, on which Athena is built.
Source: https://github.com/trinodb/trino/blob/470/lib/trino-parquet/src/main/java/io/trino/parquet/reader/MetadataReader.java
"""
_GAP_BYTES = 2**20
_REQUEST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Reading:
    """What a statement reads of one table as ``flow_logs``, or as ``flow_logs_before``.

    Attributes:
        source: the table.
        locations: the partitions that it keeps, by their values.
        scans: how often it reads them.
        columns: the columns that it needs; None for whole objects.
    """

    source: FlowTable
    locations: Mapping[Values, str]
    scans: int = 1
    columns: frozenset[str] | None = None

    @property
    def reads_columns(self) -> bool:
        """Whether some columns are read, not whole objects."""
        return self.source.table.file_format == "parquet" and self.columns is not None


@dataclass(frozen=True)
class Footer:
    """What the footer of a Parquet object tells.

    Attributes:
        size_bytes: the size of the object.
        chunks: where its columns are, in order.
    """

    size_bytes: int
    chunks: tuple[Chunk, ...]

    def read_bytes(self, columns: frozenset[str]) -> int:
        """The bytes that are read for some columns, by their lower-case names.

        What lies between two of their chunks is read with them if it is little: one request is
        faster than two.
        """
        total, start, end = 0, 0, 0
        for chunk in (each for each in self.chunks if each.column in columns):
            is_near = chunk.start - end <= _GAP_BYTES and chunk.end - start <= _REQUEST_BYTES
            if end and is_near:
                end = chunk.end
                continue
            total += end - start
            start, end = chunk.start, chunk.end
        return total + end - start


ReadFooter = Callable[[str, FolderSize], Footer]
"""Reads the footer of the largest object at a location."""


@dataclass(frozen=True)
class SourceEstimate:
    """What a statement would scan of one table.

    Attributes:
        table: ``database.table``.
        file_format: ``text`` or ``parquet``.
        partitions: how many partitions it keeps.
        objects: how many objects are in them.
        stored_bytes: the bytes of these.
        scanned_bytes: the bytes that are scanned: more if they are read more than once, fewer if
            only some columns are.
        days: the scanned bytes by day; those of no day are left out.
    """

    table: str
    file_format: str
    partitions: int
    objects: int
    stored_bytes: int
    scanned_bytes: int
    days: Mapping[date, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON; without the days."""
        return {
            "table": self.table,
            "file_format": self.file_format,
            "partitions": self.partitions,
            "objects": self.objects,
            "stored_bytes": self.stored_bytes,
            "scanned_bytes": self.scanned_bytes,
        }


@dataclass(frozen=True)
class Estimate:
    """What a statement would scan and cost; nothing has been run.

    Attributes:
        sources: each table that it reads.
        price: the price that it is estimated with.
        cutoff_bytes: the bytes at which the workgroup ends a query; None if it has no such limit,
            or if that is not known.
    """

    sources: tuple[SourceEstimate, ...]
    price: Price
    cutoff_bytes: int | None = None

    @property
    def partitions(self) -> int:
        """The partitions of all tables."""
        return sum(each.partitions for each in self.sources)

    @property
    def objects(self) -> int:
        """The objects of all tables."""
        return sum(each.objects for each in self.sources)

    @property
    def scanned_bytes(self) -> int:
        """The bytes that are scanned of all tables."""
        return sum(each.scanned_bytes for each in self.sources)

    @property
    def cost_usd(self) -> float | None:
        """What that costs; None if the price is not known."""
        return self.price.cost_usd(self.scanned_bytes)

    def largest_days(self, most: int) -> list[tuple[date, int]]:
        """The days of which most is scanned, with the bytes, the largest first."""
        total: Counter[date] = Counter()
        for each in self.sources:
            total.update(each.days)
        return sorted(total.items(), key=lambda item: (-item[1], item[0]))[:most]

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        days = self.largest_days(len({day for each in self.sources for day in each.days}))
        return {
            "sources": [each.to_json() for each in self.sources],
            "days": {str(day): size for day, size in sorted(days)},
            "partitions": self.partitions,
            "objects": self.objects,
            "scanned_bytes": self.scanned_bytes,
            "cost_usd": self.cost_usd,
            "usd_per_tb": self.price.usd_per_tb,
            "price_checked": str(self.price.checked) if self.price.checked else None,
            "region": self.price.place,
            "workgroup_cutoff_bytes": self.cutoff_bytes,
        }


def estimate(
    readings: Sequence[Reading],
    sizes: Mapping[str, FolderSize],
    read_footer: ReadFooter,
    price: Price,
    cutoff_bytes: int | None = None,
) -> Estimate:
    """What readings of tables scan and cost together.

    Args:
        readings: those of one table follow each other.
        sizes: the sizes of their partitions, by location.
        read_footer: called for Parquet, a few times for each table.
        price: the price.
        cutoff_bytes: the workgroup's limit.

    Raises:
        StorageError: a footer cannot be read.
    """
    tables = groupby(readings, key=lambda each: each.source.table.full_name)
    sources = tuple(_of_table(name, list(some), sizes, read_footer) for name, some in tables)
    return Estimate(sources, price, cutoff_bytes)


def _of_table(
    name: str,
    readings: Sequence[Reading],
    sizes: Mapping[str, FolderSize],
    read_footer: ReadFooter,
) -> SourceEstimate:
    source = readings[0].source
    locations = {values: at for each in readings for values, at in each.locations.items()}
    by_column = any(each.reads_columns for each in readings)
    footers = _footers(set(locations.values()), sizes, read_footer) if by_column else []
    scanned, days = 0, Counter[date]()
    for each in readings:
        share = _share(each.columns, footers) if each.columns is not None else 1.0
        for values, at in each.locations.items():
            size_bytes = each.scans * _scanned(sizes[at], share, by_column=each.reads_columns)
            scanned += size_bytes
            if day := source.shape.day_of(values):
                days[day] += size_bytes
    found = [sizes[at] for at in locations.values()]
    return SourceEstimate(
        name,
        source.table.file_format,
        len(locations),
        sum(each.objects for each in found),
        sum(each.size_bytes for each in found),
        scanned,
        days,
    )


def _scanned(size: FolderSize, share: float, *, by_column: bool) -> int:
    """The bytes of one folder that one scan reads."""
    large_bytes = size.size_bytes - size.small_bytes
    if not by_column or not large_bytes:
        return size.size_bytes
    # How many of the objects are large is not known; the footers of few do not matter.
    footers = max(1, large_bytes // max(1, size.largest_bytes)) * _FOOTER_BYTES
    return size.small_bytes + round(large_bytes * share) + footers


def _footers(
    locations: Iterable[str], sizes: Mapping[str, FolderSize], read: ReadFooter
) -> list[Footer]:
    """Footers of a few objects, from all over the table; only of those that are not read whole."""
    large = sorted(at for at in locations if sizes[at].size_bytes > sizes[at].small_bytes)
    step = max(1, -(-len(large) // _FOOTERS))
    return [read(at, sizes[at]) for at in large[::step]]


def _share(columns: frozenset[str], footers: Sequence[Footer]) -> float:
    """The share of the objects' bytes that some columns are."""
    total = sum(each.size_bytes for each in footers)
    needed = frozenset(name.lower() for name in columns)
    read = sum(each.read_bytes(needed) for each in footers)
    return read / total if total else 1.0
