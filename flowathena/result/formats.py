"""Results as text and files: table, csv, json, jsonl, parquet.

``json`` is one array of objects, ``jsonl`` one object a line, ``csv`` has a header line; columns
keep their order. Times are ISO 8601 with ``Z``; NULL is ``null`` in JSON and nothing elsewhere.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from importlib import import_module

from flowathena.result.result import Result
from flowathena.text import iso


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def encode(result: Result, form: Format) -> bytes:
    """The result in a format.

    Raises:
        FlowathenaError: the format needs a library that is not installed.
    """
    return _ENCODERS[form](result)


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as aligned text: a header, a rule, a line a row; numbers to the right."""
    rows = list(rows)
    cells = [[cell(value) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[n], int | float | Decimal | None) for row in rows)
        for n in range(len(names))
    ]
    widths = [max(len(name), *(len(row[n]) for row in cells), 0) for n, name in enumerate(names)]
    lines = [list(names), ["-" * width for width in widths], *cells]
    return "".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def to_json(value: object, *, indent: int | None = 2) -> str:
    """A value as JSON; what has no JSON form of its own becomes text."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent)


def _encode_table(result: Result) -> bytes:
    return table([column.name for column in result.columns], result.data).encode()


def _encode_csv(result: Result) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in result.columns)
    writer.writerows([_field(value) for value in row] for row in result.data)
    return text.getvalue().encode()


def _encode_json(result: Result) -> bytes:
    if not result.data:
        return b"[]\n"
    objects = ",\n  ".join(to_json(row, indent=None) for row in result.rows())
    return f"[\n  {objects}\n]\n".encode()


def _encode_jsonl(result: Result) -> bytes:
    return "".join(to_json(row, indent=None) + "\n" for row in result.rows()).encode()


def _encode_parquet(result: Result) -> bytes:
    arrow = result.to_arrow()
    buffer = io.BytesIO()
    import_module("pyarrow.parquet").write_table(arrow, buffer, compression="zstd")
    return buffer.getvalue()


_ENCODERS: dict[Format, Callable[[Result], bytes]] = {
    Format.TABLE: _encode_table,
    Format.CSV: _encode_csv,
    Format.JSON: _encode_json,
    Format.JSONL: _encode_jsonl,
    Format.PARQUET: _encode_parquet,
}


def cell(value: object) -> str:
    """A value as a table shows it; characters that a terminal would obey are spelled out."""
    text = "" if value is None else str(_field(value))
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _field(value: object) -> object:
    if isinstance(value, datetime | date):
        return _plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple | dict):
        return to_json(value, indent=None)
    return value.hex() if isinstance(value, bytes) else value


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, timedelta):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value
