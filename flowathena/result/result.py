"""What a run gives back: columns with Athena's types, rows, and how it went."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from flowathena.errors import FlowathenaError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name and Athena type (``varchar``, ``bigint``, ``timestamp``)."""

    name: str
    type: str


@dataclass(frozen=True)
class Stats:
    """How a run went.

    Attributes:
        engine: ``athena`` or ``duckdb``.
        rows: rows in the result.
        seconds: from start to the last row.
        scanned_bytes: bytes read from log files as they are stored; None where the engine
            does not tell.
        query_id: Athena's id; empty elsewhere.
        files: log files opened; None where the engine does not tell.
        skipped_files: damaged files left out, with what is wrong.
        warnings: what a person should know of these rows.
    """

    engine: str
    rows: int
    seconds: float
    scanned_bytes: int | None = None
    query_id: str = ""
    files: int | None = None
    skipped_files: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Result:
    """The rows of a run.

    Values are Python values: ``int``, ``float``, ``str``, ``bool``, ``Decimal``, ``date``, aware
    UTC ``datetime``, lists and dicts; None for NULL. Of columns with equal names the later ones are
    called ``name_2``, ``name_3``, …
    """

    def __init__(
        self, columns: Iterable[tuple[str, str]], data: Iterable[Iterable[object]], stats: Stats
    ) -> None:
        pairs = list(columns)
        names = _distinct([name for name, _ in pairs])
        self.columns = tuple(
            ResultColumn(name, kind) for name, (_, kind) in zip(names, pairs, strict=True)
        )
        self.data: list[tuple[object, ...]] = [tuple(map(_aware, row)) for row in data]
        self.stats = stats

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter(self.rows())

    def rows(self) -> list[dict[str, object]]:
        """The rows as dicts, in order, keys in the order of the columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.data]

    def to_arrow(self) -> "pa.Table":
        """A ``pyarrow.Table``; timestamps are UTC to the microsecond.

        Raises:
            FlowathenaError: pyarrow is not installed.
        """
        pa = _needed("pyarrow", "arrow")
        columns = list(zip(*self.data, strict=True)) or [()] * len(self.columns)
        arrays = [
            pa.array(list(values), type=_arrow_type(pa, column.type))
            for column, values in zip(self.columns, columns, strict=True)
        ]
        return pa.Table.from_arrays(arrays, names=[column.name for column in self.columns])

    def to_pandas(self) -> "pd.DataFrame":
        """A ``pandas.DataFrame`` of nullable types: integers stay integers beside NULL.

        Raises:
            FlowathenaError: pandas is not installed.
        """
        pd = _needed("pandas", "pandas")
        columns = list(zip(*self.data, strict=True)) or [()] * len(self.columns)
        return pd.DataFrame(
            {
                column.name: pd.Series(list(values), dtype=_PANDAS.get(column.type, "object"))
                for column, values in zip(self.columns, columns, strict=True)
            }
        )

    def to_polars(self) -> "pl.DataFrame":
        """A ``polars.DataFrame``.

        Raises:
            FlowathenaError: polars or pyarrow is not installed.
        """
        polars = _needed("polars", "polars")
        return cast("pl.DataFrame", polars.from_arrow(self.to_arrow()))


_PANDAS = {
    "boolean": "boolean",
    "integer": "Int32",
    "bigint": "Int64",
    "double": "Float64",
    "varchar": "string",
    "timestamp": "datetime64[us, UTC]",
    "timestamp with time zone": "datetime64[us, UTC]",
}

_ARROW: dict[str, Callable[[Any], Any]] = {
    "boolean": lambda pa: pa.bool_(),
    "tinyint": lambda pa: pa.int8(),
    "smallint": lambda pa: pa.int16(),
    "integer": lambda pa: pa.int32(),
    "bigint": lambda pa: pa.int64(),
    "real": lambda pa: pa.float32(),
    "double": lambda pa: pa.float64(),
    "varchar": lambda pa: pa.string(),
    "date": lambda pa: pa.date32(),
    "timestamp": lambda pa: pa.timestamp("us", tz="UTC"),
    "timestamp with time zone": lambda pa: pa.timestamp("us", tz="UTC"),
}


def _arrow_type(pa: Any, kind: str) -> Any:  # noqa: ANN401 - pyarrow has no types here
    make = _ARROW.get(kind)
    return make(pa) if make else None  # pyarrow infers the rest: decimals, lists, maps


def _needed(module: str, extra: str) -> Any:  # noqa: ANN401 - an optional library
    try:
        return import_module(module)
    except ImportError as error:
        raise FlowathenaError(
            f"this needs {module}; install flowathena with its extra: flowathena[{extra}]"
        ) from error


def _distinct(names: list[str]) -> list[str]:
    taken = set(names)
    result: list[str] = []
    for name in names:
        if name in result:
            number = next(n for n in range(2, len(names) + 2) if f"{name}_{n}" not in taken)
            name = f"{name}_{number}"  # noqa: PLW2901 - the name it gets
            taken.add(name)
        result.append(name)
    return result


def _aware(value: object) -> object:
    """Every time in a flow log is UTC; say so."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, Decimal) and value.is_nan():
        return None
    return value


@dataclass(frozen=True)
class Progress:
    """How far a run is: a state, seconds since its start, bytes scanned so far."""

    state: str
    seconds: float
    scanned_bytes: int


Listener = Callable[[Progress], None]
"""Called while a run is under way."""
