"""Results as text and files: table, csv, json, jsonl, parquet.

``json`` is one array of objects, ``jsonl`` one object a line, ``csv`` has a header line; columns
keep their order. Times are ISO 8601 with ``Z``; NULL is ``null`` in JSON and nothing elsewhere.
"""

import csv
import io
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from flowathena.errors import FlowathenaError, UsageError
from flowathena.inputs.window import iso
from flowathena.result.result import Result


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


def check_destination(path: Path) -> None:
    """Make sure, before a query is paid for, that a file could be written there.

    Raises:
        UsageError: the path is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")


def write(content: bytes, path: Path) -> None:
    """Write a file so that it appears whole or not at all.

    Raises:
        FlowathenaError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device has no place to rename to
            path.write_bytes(content)
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FlowathenaError(f"cannot write {path}: {error.strerror}") from error


def table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as aligned text: a header, a rule, a line a row; numbers to the right."""
    rows = list(rows)
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[n], int | float | Decimal | None) for row in rows)
        for n in range(len(names))
    ]
    widths = [max(len(name), *(len(row[n]) for row in cells), 0) for n, name in enumerate(names)]
    lines = [list(names), ["-" * width for width in widths], *cells]
    return "".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def to_json(value: object, *, indent: int | None = 2) -> str:
    """A value as JSON; what has no JSON form of its own becomes text."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent)


def human_bytes(size_bytes: int) -> str:
    """A size for people: ``999 B``, ``1.2 MB``; powers of ten, as AWS bills."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":  # noqa: PLR2004 - would round to 1000
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit takes every size")


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


def _cell(value: object) -> str:
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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
