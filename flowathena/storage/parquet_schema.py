"""The columns of a Parquet file with their types, from its footer; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowathena.sql.casts import TIMESTAMP, UNSIGNED

SCHEMA = (
    "SELECT name, type, type_length, repetition_type, coalesce(num_children, 0), "
    "coalesce(converted_type, ''), coalesce(scale, 0), coalesce(precision, 0), "
    "coalesce(CAST(logical_type AS VARCHAR), '') FROM parquet_schema(?)"
)
"""Asks DuckDB for the schema of a file."""
RANGES = (
    "SELECT path_in_schema, arg_max(stats_max_value, TRY_CAST(stats_max_value AS BIGINT)), "
    "max(stats_max_value) FROM parquet_metadata(?) GROUP BY 1"
)
"""Asks DuckDB for the largest value of every column."""
CHUNKS = (
    "SELECT lower(split_part(path_in_schema, ', ', 1)), "
    "least(nullif(dictionary_page_offset, 0), data_page_offset), total_compressed_size "
    "FROM parquet_metadata(?) ORDER BY 2"
)
"""Asks DuckDB where the column chunks are, and for their compressed bytes."""
# Hive's type by the physical type, if no annotation says more.
_PHYSICAL = {
    "INT32": "int",
    "INT64": "bigint",
    "INT96": TIMESTAMP,
    "FLOAT": "double",
    "DOUBLE": "double",
    "BYTE_ARRAY": "string",
    "BOOLEAN": "boolean",
}
_ANNOTATED = {
    "UINT_32": UNSIGNED,
    "DATE": "date",
    "TIME_MILLIS": "",
    "TIME_MICROS": "",
    "TIMESTAMP_MILLIS": TIMESTAMP,
    "TIMESTAMP_MICROS": TIMESTAMP,
}


@dataclass(frozen=True)
class ParquetColumn:
    """A column of a Parquet object.

    Attributes:
        name: its name as written.
        hive_type: the Hive type that reads its values as they are, or ``uint32``, which has none;
            empty for a nested column, and for a type that no table of flow logs has.
        written: its type in Parquet's terms, for messages.
        largest: its largest value by the statistics in the footer; empty if there are none.
    """

    name: str
    hive_type: str
    written: str
    largest: str = ""


@dataclass(frozen=True)
class Chunk:
    """A column of one row group, as it lies in a file.

    Attributes:
        column: the name of the column, in lower case; of a nested one, that of the outermost.
        start: where it begins.
        size_bytes: its bytes, compressed.
    """

    column: str
    start: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + self.size_bytes


def parse_schema(
    rows: list[tuple[Any, ...]], ranges: list[tuple[Any, ...]]
) -> tuple[ParquetColumn, ...]:
    """The columns of a file in order, from the answers to ``SCHEMA`` and ``RANGES``."""
    largest = {name: number or text or "" for name, number, text in ranges}
    return tuple(
        ParquetColumn(row[0], _hive_type(row), _describe(row), str(largest.get(row[0], "")))
        for row in _top_level(rows)
    )


def _top_level(rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The children of the root, which comes first; each is followed by its own children."""
    waiting = 0
    for row in rows[1:]:
        if waiting:
            waiting -= 1
        else:
            yield row
        waiting += row[4]


def _hive_type(row: tuple[Any, ...]) -> str:
    _, physical, _, repetition, children, converted, scale, precision, logical = row
    if children or repetition == "REPEATED":
        return ""
    if converted == "DECIMAL" or logical.startswith("Decimal"):
        return f"decimal({precision},{scale})"
    if logical.startswith("Timestamp"):
        return TIMESTAMP
    if logical.startswith("Time"):
        return ""
    if not converted and physical == "INT32" and "isSigned=0" in logical:
        return UNSIGNED  # of 8 or 16 bits perhaps, which read the same
    return _ANNOTATED.get(converted, _PHYSICAL.get(physical, ""))


def _describe(row: tuple[Any, ...]) -> str:
    _, physical, length, repetition, children, converted, *_, logical = row
    if children:
        return {"MAP": "a map", "LIST": "a list"}.get(converted, "a struct")
    if repetition == "REPEATED":
        return "a list"
    if converted:
        return str(converted)
    kind = logical.partition("(")[0].removesuffix("Type").upper() or str(physical)
    return f"{kind}({length})" if kind == "FIXED_LEN_BYTE_ARRAY" else kind
