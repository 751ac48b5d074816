"""Results as text and files: table, csv, json, jsonl, parquet.

``json`` is one array of objects, ``jsonl`` one object a line, ``csv`` has a header line; columns
keep their order. Times are ISO 8601 with ``Z``; NULL is ``null`` in JSON and nothing elsewhere.
All but ``table``, which needs every row for its widths, are written batch by batch.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from flowathena.result.result import Batch, Result, Stream
from flowathena.text import iso, printable


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def write(result: Result, form: Format, stream: Stream) -> None:
    """Write a result in a format.

    Raises:
        FlowathenaError: the format needs a library that is not installed.
    """
    _WRITERS[form](result, stream)


def encode(result: Result, form: Format) -> bytes:
    """The whole result in a format; ``write`` for those that may be long.

    Raises:
        FlowathenaError: the format needs a library that is not installed.
    """
    content = io.BytesIO()
    write(result, form, content)
    return content.getvalue()


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


def _write_table(result: Result, stream: Stream) -> None:
    stream.write(table(_names(result), result.data).encode())


def _write_csv(result: Result, stream: Stream) -> None:
    stream.write(_csv([_names(result)]).encode())
    lines = result.store.csv()
    if lines is None:
        for batch in result.batches():
            stream.write(_csv([_field(value) for value in row] for row in batch).encode())
        return
    for block in lines:
        stream.write("".join(f"{line}\n" for line in block).encode())


def _write_json(result: Result, stream: Stream) -> None:
    mark = "[\n  "
    for batch in _objects(result):
        stream.write((mark + ",\n  ".join(batch)).encode())
        mark = ",\n  "
    stream.write(b"\n]\n" if len(result) else b"[]\n")


def _write_jsonl(result: Result, stream: Stream) -> None:
    for batch in _objects(result):
        stream.write("".join(f"{line}\n" for line in batch).encode())


def _write_parquet(result: Result, stream: Stream) -> None:
    from flowathena.result import parquet  # noqa: PLC0415 - for Parquet alone

    parquet.write(result, stream)


_WRITERS: dict[Format, Callable[[Result, Stream], None]] = {
    Format.TABLE: _write_table,
    Format.CSV: _write_csv,
    Format.JSON: _write_json,
    Format.JSONL: _write_jsonl,
    Format.PARQUET: _write_parquet,
}


def _names(result: Result) -> list[str]:
    return [column.name for column in result.columns]


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _objects(result: Result) -> Iterator[Sequence[str]]:
    """The rows as JSON objects, a batch at a time."""
    names = _names(result)
    objects = result.store.objects(names)
    return objects if objects is not None else (_encoded(names, b) for b in result.batches())


def _encoded(names: Sequence[str], batch: Batch) -> list[str]:
    return [to_json(dict(zip(names, row, strict=True)), indent=None) for row in batch]


def cell(value: object) -> str:
    """A value as a table shows it; characters that a terminal would obey are spelled out."""
    text = "" if value is None else str(_field(value))
    return printable(text)


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
