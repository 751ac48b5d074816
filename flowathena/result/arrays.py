"""Columns of rows in DuckDB as Arrow arrays, without a Python value for each cell.

An array is what pyarrow makes of the values (``tests/test_frames.py`` compares the two over every
type). Of the types that are not here, and where DuckDB refuses a value, Python makes the array.
"""

from collections.abc import Sequence
from typing import Any

from flowathena.result import types
from flowathena.result.extras import optional
from flowathena.result.types import AthenaType

_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_NUMBERS = frozenset({"FLOAT", "DOUBLE"})
_TEXTS = frozenset({"VARCHAR"})
_TIMES = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"})
_CASTS = {
    "boolean": ("BOOLEAN", frozenset({"BOOLEAN"})),
    "tinyint": ("TINYINT", _WHOLE),
    "smallint": ("SMALLINT", _WHOLE),
    "int": ("INTEGER", _WHOLE),
    "integer": ("INTEGER", _WHOLE),
    "bigint": ("BIGINT", _WHOLE),
    "float": ("FLOAT", _NUMBERS),
    "real": ("FLOAT", _NUMBERS),
    "double": ("DOUBLE", _NUMBERS),
    "varchar": ("VARCHAR", _TEXTS),
    "char": ("VARCHAR", _TEXTS),
    "date": ("DATE", frozenset({"DATE"})),
    "timestamp": ("TIMESTAMP", _TIMES),
    "timestamp with time zone": ("TIMESTAMP", _TIMES),
    "varbinary": ("BLOB", frozenset({"BLOB"})),
}
"""DuckDB's type of a column by Athena's, and the types from which it is cast."""


def cast(name: str, stored: str, kind: AthenaType) -> str:
    """The expression of a column's values for Arrow; empty if Python has to make them.

    Args:
        name: the column's, in DuckDB.
        stored: DuckDB's type of it.
        kind: its type in the result.
    """
    if kind.name == "decimal":
        return _decimal(name, stored, kind.numbers)
    wanted, possible = _CASTS.get(kind.name, ("", frozenset()))
    return f"CAST({name} AS {wanted})" if stored in possible else ""


def _decimal(name: str, stored: str, numbers: Sequence[int]) -> str:
    """The same of a decimal: to another scale DuckDB would round."""
    if len(numbers) != 2 or not stored.startswith("DECIMAL("):  # noqa: PLR2004 - digits and places
        return ""
    digits, places = numbers
    return f"CAST({name} AS DECIMAL({digits},{places}))" if stored.endswith(f",{places})") else ""


def typed(table: Any, kinds: Sequence[AthenaType]) -> list[Any]:  # noqa: ANN401 - pyarrow's
    """The columns of a table that DuckDB made, each in the type that results have."""
    pa = optional("pyarrow", "arrow")
    return [
        column.cast(types.arrow_type(pa, kind))
        for column, kind in zip(table.columns, kinds, strict=True)
    ]
