"""Columns as DuckDB keeps them: their names there, and the values that results have of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flowathena.result.result import Batch, Row, aware

_NAIVE = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
_ZONED = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Stored:
    """How the values of a column are kept.

    Attributes:
        type: DuckDB's type.
        decode: makes the value of what is kept, for types that only Python can read; never called
            with None.
    """

    type: str
    decode: Callable[[object], object] | None = None


def cell(number: int) -> str:
    """The name of a column in the table: names of results may be equal."""
    return f"c{number}"


def reads(stored: Mapping[int, Stored]) -> Iterator[str]:
    """What to select of the table; zoned times as UTC, which needs no library of time zones."""
    for n, column in stored.items():
        yield f"CAST({cell(n)} AS TIMESTAMP)" if column.type == _ZONED else cell(n)


def values(batch: list[Row], stored: Sequence[Stored]) -> Batch:
    """The values of a batch as results have them."""
    makers = {n: maker for n, column in enumerate(stored) if (maker := _maker(column))}
    if not (makers and batch):
        return batch
    columns = [
        map(makers[n], column) if n in makers else column
        for n, column in enumerate(zip(*batch, strict=True))
    ]
    return list(zip(*columns, strict=True))


def _maker(column: Stored) -> Callable[[object], object] | None:
    decode = column.decode
    if decode is not None:
        return lambda value: None if value is None else aware(decode(value))
    return aware if column.type in {*_NAIVE, _ZONED} else None
