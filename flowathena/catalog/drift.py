"""How a live table differs from the wanted one; pure.

Only what changes an answer is a difference. Glue's and Hive's own properties
(``transient_lastDdlTime``, ``EXTERNAL``, statistics), the order of an enumeration's values, a
location's trailing slash, and the order of the columns of Parquet, which Athena reads by name,
are not.
Source for the order of columns: https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from flowathena.shape.table import HEADER_COUNT, Column, Table


class DifferenceKind(StrEnum):
    """What is different."""

    MISSING = "missing"
    SURPLUS = "surplus"
    MOVED = "moved"
    OTHER = "other"


_TEMPLATE = "storage.location.template"
_ENABLED = "projection.enabled"
# What projection assumes about days by default.
_DEFAULTS = {"interval": "1", "interval.unit": "DAYS"}


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        part: ``column``, ``partition key``, ``file format``, ``location`` or ``property``.
        name: the name of the column, key or property; empty for a part that exists once.
        kind: what is different.
        wanted: what the settings ask for; empty if the part is surplus.
        live: what the catalog has; empty if the part is missing.
    """

    part: str
    name: str
    kind: DifferenceKind
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
        differences: in columns, partition keys, file format, location and properties.
    """

    table: str
    exists: bool
    differences: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether the live table exists and is as wanted."""
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
            *_properties(
                _compared_properties(wanted, text=both_text),
                _compared_properties(live, text=both_text),
            ),
        ),
    )


def _columns(
    part: str, wanted: Sequence[Column], live: Sequence[Column], *, ordered: bool
) -> Iterator[Difference]:
    types = {column.name: column.type for column in live}
    positions = {column.name: position for position, column in enumerate(live, 1)}
    moved = _moved(wanted, live) if ordered else frozenset()
    for position, column in enumerate(wanted, 1):
        name = column.name
        if name not in types:
            yield Difference(part, name, DifferenceKind.MISSING, column.type, "")
            continue
        if name in moved:
            yield Difference(
                part, name, DifferenceKind.MOVED, f"place {position}", f"place {positions[name]}"
            )
        yield from _one(part, name, column.type, _type(types[name]))
    names = {column.name for column in wanted}
    for column in live:
        if column.name not in names:
            yield Difference(part, column.name, DifferenceKind.SURPLUS, "", column.type)


def _moved(wanted: Sequence[Column], live: Sequence[Column]) -> frozenset[str]:
    """The fewest columns of both tables that, left out, leave the others in one order."""
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
        yield Difference("location", "", DifferenceKind.OTHER, wanted, live)


def _compared_properties(table: Table, *, text: bool) -> dict[str, str]:
    """The properties that change an answer, in a normal form."""
    kept = {}
    if text and table.parameters.get(HEADER_COUNT, "0").strip() != "0":
        kept[HEADER_COUNT] = table.parameters[HEADER_COUNT]
    if not table.projected:
        return kept
    for key, value in table.parameters.items():
        if key == _TEMPLATE:
            kept[key] = value.rstrip("/") + "/"
        elif key.startswith("projection.") and not _is_default(key, value):
            kept[key] = _normal(key, value)
    return kept


def _is_default(key: str, value: str) -> bool:
    return any(key.endswith(f".{name}") and value == default for name, default in _DEFAULTS.items())


def _normal(key: str, value: str) -> str:
    if key.endswith(".values"):
        return ",".join(sorted(value.split(",")))
    if key.endswith((".range", ".type")) or key == _ENABLED:
        return "".join(value.split()) if key.endswith(".range") else value.lower()
    return value


def _properties(wanted: Mapping[str, str], live: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted(wanted.keys() | live.keys()):
        if key not in live:
            yield Difference("property", key, DifferenceKind.MISSING, wanted[key], "")
        elif key not in wanted:
            yield Difference("property", key, DifferenceKind.SURPLUS, "", live[key])
        else:
            yield from _one("property", key, wanted[key], live[key])


def _one(part: str, name: str, wanted: str, live: str) -> Iterator[Difference]:
    if wanted != live:
        yield Difference(part, name, DifferenceKind.OTHER, wanted, live)
