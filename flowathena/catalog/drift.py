"""How a live table differs from the wanted one; pure.

Only what changes an answer is a difference. Glue's and Hive's own properties
(``transient_lastDdlTime``, ``EXTERNAL``, statistics), the order in which an enumeration lists its
values, a location's trailing slash, and the order of Parquet's columns, which Athena reads by
name, are none.
Source of the order: https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from flowathena.shape.table import Column, Table


class Kind(StrEnum):
    """What is different."""

    MISSING = "missing"
    SURPLUS = "surplus"
    MOVED = "moved"
    OTHER = "other"


_HEADER = "skip.header.line.count"
_TEMPLATE = "storage.location.template"
_ENABLED = "projection.enabled"
# What projection assumes of days where nothing is said.
_DAILY = {"interval": "1", "interval.unit": "DAYS"}


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        part: ``column``, ``partition key``, ``file format``, ``location`` or ``property``.
        name: of the column, key or property; empty where there is but one.
        kind: what is different.
        wanted: what the settings ask for; empty where a thing is surplus.
        live: what the catalog has; empty where a thing is missing.
    """

    part: str
    name: str
    kind: Kind
    wanted: str
    live: str

    def to_json(self) -> dict[str, object]:
        """The stable shape of one of the ``differences``."""
        return {
            "part": self.part,
            "name": self.name or None,
            "kind": self.kind,
            "wanted": self.wanted or None,
            "live": self.live or None,
        }


@dataclass(frozen=True)
class Drift:
    """A live table compared with the wanted one.

    Attributes:
        table: ``database.table``.
        exists: whether there is a live table.
        differences: how they differ: columns, partition keys, file format, location, properties.
    """

    table: str
    exists: bool
    differences: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether the live table is there and as wanted."""
        return self.exists and not self.differences

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``table diff --format json``."""
        return {
            "table": self.table,
            "exists": self.exists,
            "equal": self.equal,
            "differences": [each.to_json() for each in self.differences],
        }


def compare(wanted: Table, live: Table | None) -> Drift:
    """Compare a live table, or none, with the wanted one."""
    if live is None:
        return Drift(wanted.full_name, exists=False)
    by_position = wanted.file_format != "parquet"
    both_text = wanted.file_format == live.file_format == "text"
    return Drift(
        wanted.full_name,
        exists=True,
        differences=(
            *_columns("column", wanted.columns, live.columns, ordered=by_position),
            *_columns("partition key", wanted.partition_keys, live.partition_keys, ordered=True),
            *_one("file format", "", wanted.file_format, live.file_format or "none"),
            *_location(wanted.location, live.location),
            *_properties(_mattering(wanted, text=both_text), _mattering(live, text=both_text)),
        ),
    )


def _columns(
    part: str, wanted: Sequence[Column], live: Sequence[Column], *, ordered: bool
) -> Iterator[Difference]:
    types = {column.name: column.type for column in live}
    places = {column.name: place for place, column in enumerate(live, 1)}
    moved = _moved(wanted, live) if ordered else frozenset()
    for place, column in enumerate(wanted, 1):
        name = column.name
        if name not in types:
            yield Difference(part, name, Kind.MISSING, column.type, "")
            continue
        if name in moved:
            yield Difference(part, name, Kind.MOVED, f"place {place}", f"place {places[name]}")
        yield from _one(part, name, column.type, _type(types[name]))
    named = {column.name for column in wanted}
    for column in live:
        if column.name not in named:
            yield Difference(part, column.name, Kind.SURPLUS, "", column.type)


def _moved(wanted: Sequence[Column], live: Sequence[Column]) -> frozenset[str]:
    """Columns of both that do not stand in one order; as few as tell it."""
    both = {column.name for column in wanted} & {column.name for column in live}
    first, second = ([c.name for c in columns if c.name in both] for columns in (wanted, live))
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    kept = {name for block in blocks for name in first[block.a : block.a + block.size]}
    return frozenset(both - kept)


def _type(name: str) -> str:
    lower = name.lower()
    return "int" if lower == "integer" else lower


def _location(wanted: str, live: str) -> Iterator[Difference]:
    if wanted.rstrip("/") != live.rstrip("/"):
        yield Difference("location", "", Kind.OTHER, wanted, live)


def _mattering(table: Table, *, text: bool) -> dict[str, str]:
    """The properties that change an answer, each written in one way."""
    kept = {}
    if text and _HEADER in table.parameters:
        kept[_HEADER] = table.parameters[_HEADER]
    if not table.projected:
        return kept
    for key, value in table.parameters.items():
        if key == _TEMPLATE:
            kept[key] = value.rstrip("/") + "/"
        elif key.startswith("projection.") and not _assumed(key, value):
            kept[key] = _normal(key, value)
    return kept


def _assumed(key: str, value: str) -> bool:
    return any(key.endswith(f".{name}") and value == told for name, told in _DAILY.items())


def _normal(key: str, value: str) -> str:
    if key.endswith(".values"):
        return ",".join(sorted(value.split(",")))
    if key.endswith((".range", ".type")) or key == _ENABLED:
        return "".join(value.split()) if key.endswith(".range") else value.lower()
    return value


def _properties(wanted: Mapping[str, str], live: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted(wanted.keys() | live.keys()):
        if key not in live:
            yield Difference("property", key, Kind.MISSING, wanted[key], "")
        elif key not in wanted:
            yield Difference("property", key, Kind.SURPLUS, "", live[key])
        else:
            yield from _one("property", key, wanted[key], live[key])


def _one(part: str, name: str, wanted: str, live: str) -> Iterator[Difference]:
    if wanted != live:
        yield Difference(part, name, Kind.OTHER, wanted, live)
