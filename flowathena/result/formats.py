"""Results as text and files: tables, records, CSV, JSON, Markdown, Parquet, workbooks, pictures.

``json`` is one array of objects, ``jsonl`` one object a line; ``csv`` and ``tsv`` have a header
line and quote as RFC 4180 does; ``record`` has a field a line. Columns keep their order. Times are
ISO 8601 with ``Z``; NULL is ``null`` in JSON and nothing elsewhere. In ``csv`` and ``tsv`` an empty
text is ``""``, and so is NULL in a row of one column, which would be no line otherwise. Tables,
records and Markdown are for people: what does not print is spelled out there; everywhere else
values are exact. All but ``table``, which needs every row for its widths, are written batch by
batch.
"""

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum

from flowathena.result.cells import cell, field, to_json
from flowathena.result.result import Batch, Result, Stream

__all__ = [
    "BINARY",
    "PICTURES",
    "Format",
    "cell",
    "encode",
    "record",
    "table",
    "to_json",
    "write",
    "write_gzip",
]

_RULE = 40  # characters of the line above a record
_NUMERIC = re.compile(r"(tiny|small|big)?int|double|real|float|decimal")
_MARKUP = re.compile(r"[\\|<*`\[]")
_PLAIN = re.compile(r"[\w.:/+-]+")
"""Fields that csv quotes under no delimiter of ours; it writes the others, which takes ten times
as long."""
_ESCAPED = r"\\\g<0>"


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    RECORD = "record"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    XLSX = "xlsx"
    SVG = "svg"
    PNG = "png"
    HTML = "html"


BINARY = frozenset({Format.PARQUET, Format.PNG, Format.XLSX})
"""Formats that are no text."""
PICTURES = frozenset({Format.SVG, Format.PNG, Format.HTML})
"""Formats that are pictures of the rows, or have one."""


def write(result: Result, form: Format, stream: Stream) -> None:
    """Write a result in a format.

    Raises:
        FlowathenaError: the format needs a library that is not installed.
    """
    _WRITERS[form](result, stream)


def write_gzip(result: Result, form: Format, stream: Stream) -> None:
    """Write a result compressed; the same rows give the same bytes.

    Raises:
        FlowathenaError: the format needs a library that is not installed.
    """
    with gzip.GzipFile("", "wb", 6, _Sink(stream), mtime=0) as zipped:
        write(result, form, zipped)


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


def record(names: Sequence[str], row: Sequence[object], number: int) -> str:
    """A row as text: a line with its number, then a line for each field."""
    width = max(map(len, names), default=0)
    lines = [f"{number} ".ljust(_RULE, "-")]
    lines += [
        f"{cell(name):{width}}  {cell(value)}".rstrip()
        for name, value in zip(names, row, strict=True)
    ]
    return "".join(f"{line}\n" for line in lines)


def _write_table(result: Result, stream: Stream) -> None:
    stream.write(table(_names(result), result.data).encode())


def _write_record(result: Result, stream: Stream) -> None:
    names, number = _names(result), 1
    for batch in result.batches():
        rows = "".join(record(names, row, number + n) for n, row in enumerate(batch))
        stream.write(rows.encode())
        number += len(batch)


def _write_markdown(result: Result, stream: Stream) -> None:
    marks = ["---:" if _NUMERIC.match(column.type) else "---" for column in result.columns]
    stream.write(f"{_markdown(_names(result))}| {' | '.join(marks)} |\n".encode())
    for batch in result.batches():
        stream.write("".join(map(_markdown, batch)).encode())


def _write_tsv(result: Result, stream: Stream) -> None:
    stream.write(_csv([_names(result)], "\t").encode())
    for batch in result.batches():
        stream.write(_csv(([field(value) for value in row] for row in batch), "\t").encode())


def _write_csv(result: Result, stream: Stream) -> None:
    stream.write(_csv([_names(result)]).encode())
    blocks = result.store.csv()
    if blocks is None:
        for batch in result.batches():
            stream.write(_csv([field(value) for value in row] for row in batch).encode())
        return
    for block in blocks:
        stream.write(block)


def _write_json(result: Result, stream: Stream) -> None:
    between = ",\n  "
    mark = b"[\n  "
    for block in _objects(result, between):
        stream.write(mark + block)
        mark = between.encode()
    stream.write(b"\n]\n" if len(result) else b"[]\n")


def _write_jsonl(result: Result, stream: Stream) -> None:
    for block in _objects(result, "\n"):
        stream.write(block + b"\n")


def _write_parquet(result: Result, stream: Stream) -> None:
    from flowathena.result import parquet  # noqa: PLC0415 - for Parquet alone

    parquet.write(result, stream)


def _write_svg(result: Result, stream: Stream) -> None:
    stream.write(result.chart().svg().encode())


def _write_png(result: Result, stream: Stream) -> None:
    stream.write(result.chart().png())


def _write_html(result: Result, stream: Stream) -> None:
    stream.write(result.chart().html().encode())


def _write_xlsx(result: Result, stream: Stream) -> None:
    from flowathena.result import xlsx  # noqa: PLC0415 - for Excel alone

    xlsx.write(result, stream, field)


_WRITERS: dict[Format, Callable[[Result, Stream], None]] = {
    Format.TABLE: _write_table,
    Format.RECORD: _write_record,
    Format.CSV: _write_csv,
    Format.TSV: _write_tsv,
    Format.JSON: _write_json,
    Format.JSONL: _write_jsonl,
    Format.MARKDOWN: _write_markdown,
    Format.PARQUET: _write_parquet,
    Format.SVG: _write_svg,
    Format.PNG: _write_png,
    Format.HTML: _write_html,
    Format.XLSX: _write_xlsx,
}


class _Sink:
    """A stream as gzip wants one: a file that is flushed."""

    def __init__(self, stream: Stream) -> None:
        self.write = stream.write

    def flush(self) -> None:
        """Do nothing: the stream has its own end."""


def _names(result: Result) -> list[str]:
    return [column.name for column in result.columns]


def _csv(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    for fields in map(list, rows):
        if "" in fields and len(fields) > 1:
            text.write(f"{delimiter.join(_csv_field(each, delimiter) for each in fields)}\n")
        else:
            writer.writerow(fields)
    return text.getvalue()


def _csv_field(value: object, delimiter: str) -> str:
    """A field beside others; before Python 3.12 no quoting of csv tells an empty text from NULL."""
    if value is None or value == "":
        return "" if value is None else '""'
    plain = str(value)
    if _PLAIN.fullmatch(plain):
        return plain
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow((value, ""))
    return text.getvalue().removesuffix(f"{delimiter}\n")


def _markdown(row: Sequence[object]) -> str:
    """A line of a Markdown table, in which a value means nothing but itself."""
    return f"| {' | '.join(_MARKUP.sub(_ESCAPED, cell(value)) for value in row)} |\n"


def _objects(result: Result, between: str) -> Iterator[bytes]:
    """The rows as JSON objects, a batch at a time, with something between two of a batch."""
    names = _names(result)
    blocks = result.store.objects(names, between)
    if blocks is not None:
        return blocks
    return (between.join(_encoded(names, batch)).encode() for batch in result.batches())


def _encoded(names: Sequence[str], batch: Batch) -> list[str]:
    return [to_json(dict(zip(names, row, strict=True)), indent=None) for row in batch]
