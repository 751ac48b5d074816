"""Results as workbooks of Excel: one sheet, its header frozen, its cells typed.

Cells are numbers, texts, booleans and times as their values are; NULL is an empty cell. A text is a
text whatever it begins with: no ``=`` becomes a formula, no address a link. Rows go to a temporary
file as they come, so that memory does not grow with them.

What a sheet cannot hold is refused, never cut: more rows than it has, a text longer than a cell.
https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3 (specifications)
"""

import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from flowathena.errors import FlowathenaError
from flowathena.result.extras import optional
from flowathena.result.result import Result, Stream

MOST_LINES = 1_048_576
MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_EXACT = 10**15  # Excel keeps 15 digits of a number
_FIRST_YEAR = 1900
_MEASURED_ROWS = 200
_WIDTHS = (8, 60)  # characters of the narrowest and widest column
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - as Excel writes it; the same rows, the same bytes
_INSTEAD = "write .csv or .parquet instead"

Written = Callable[[object], object]
"""The text, or number, that stands for a value where it has no type of its own."""


def write(result: Result, stream: Stream, written: Written) -> None:
    """Write a result; through a temporary file, for a workbook is an archive.

    Args:
        result: the rows.
        stream: where to.
        written: what is written for values that Excel has no type for: nested ones, bytes.

    Raises:
        FlowathenaError: the library is not installed, or the rows do not fit into a sheet.
    """
    library = optional("xlsxwriter", "xlsx")
    _refuse_large(result)
    with tempfile.TemporaryDirectory(prefix="flowathena-") as folder:
        path = Path(folder, "rows.xlsx")
        options = {"constant_memory": True, "tmpdir": folder}
        with library.Workbook(path, options) as book:
            book.set_properties({"created": _CREATED})
            _Sheet(book, written).fill(result)
        with path.open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)


def _refuse_large(result: Result) -> None:
    if len(result) >= MOST_LINES:
        raise FlowathenaError(
            f"{len(result):,} rows do not fit into an Excel sheet, which has {MOST_LINES:,} lines, "
            f"the header among them; {_INSTEAD}"
        )
    if len(result.columns) > MOST_COLUMNS:
        raise FlowathenaError(
            f"{len(result.columns):,} columns do not fit into an Excel sheet, which has "
            f"{MOST_COLUMNS:,}; {_INSTEAD}"
        )


class _Sheet:
    """The sheet of a workbook."""

    def __init__(self, book: Any, written: Written) -> None:  # noqa: ANN401 - it has no types here
        self._sheet = book.add_worksheet("rows")
        self._written = written
        self._bold = book.add_format({"bold": True})
        self._second = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._fraction = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})

    def fill(self, result: Result) -> None:
        """Write the names and the rows."""
        names = [column.name for column in result.columns]
        for place, width in enumerate(self._widths(names, result)):
            self._sheet.set_column(place, place, width)
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(names):
            self._sheet.write_string(0, place, name, self._bold)
        for line, row in enumerate(chain.from_iterable(result.batches()), 1):
            for place, value in enumerate(row):
                if value is not None:
                    self._write(line, place, value, names[place])

    def _widths(self, names: Sequence[str], result: Result) -> list[int]:
        """Characters of each column, by its name and the first rows."""
        rows = islice(chain.from_iterable(result.batches()), _MEASURED_ROWS)
        widths = [len(name) + 2 for name in names]
        for row in rows:
            for place, value in enumerate(row):
                widths[place] = max(widths[place], len(str(value)) + 2 if value is not None else 0)
        least, most = _WIDTHS
        return [min(max(width, least), most) for width in widths]

    def _write(self, line: int, place: int, value: object, name: str) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(line, place, value)
        elif isinstance(value, int | float | Decimal) and _is_exact(value):
            self._sheet.write_number(line, place, value)
        elif isinstance(value, date) and value.year >= _FIRST_YEAR:
            self._write_time(line, place, value)
        else:
            self._write_text(line, place, str(self._written(value)), name)

    def _write_time(self, line: int, place: int, value: date) -> None:
        """Write a day or a time; Excel knows no zones: every time of a result is UTC."""
        if isinstance(value, datetime):
            shown = self._fraction if value.microsecond else self._second
            self._sheet.write_datetime(line, place, value.replace(tzinfo=None), shown)
        else:
            self._sheet.write_datetime(line, place, value, self._day)

    def _write_text(self, line: int, place: int, text: str, name: str) -> None:
        if len(text) > _MOST_CHARACTERS:
            raise FlowathenaError(
                f"row {line}: {name} has {len(text):,} characters, a cell of Excel takes "
                f"{_MOST_CHARACTERS:,}; {_INSTEAD}"
            )
        self._sheet.write_string(line, place, text)


def _is_exact(value: float | Decimal) -> bool:
    """Whether Excel keeps every digit of a number; the others are written as texts."""
    if isinstance(value, int):
        return abs(value) < _EXACT
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= 15  # noqa: PLR2004 - as above
    return math.isfinite(value)
