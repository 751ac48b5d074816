"""Workbooks, read back by openpyxl and as the XML that they are."""

import io
import re
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flowathena.errors import FlowathenaError
from flowathena.result import xlsx
from flowathena.result.formats import Format, encode, write
from flowathena.result.result import Batch, Held, Result, Stats
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def result(columns: list[tuple[str, str]], rows: list[tuple[object, ...]]) -> Result:
    return Result(columns, rows, Stats("duckdb", len(rows), 0.1))


def sheet(made: Result) -> Any:  # noqa: ANN401 - openpyxl has no types
    return openpyxl.load_workbook(io.BytesIO(encode(made, Format.XLSX))).active


def cells(value: object, kind: str = "varchar") -> Any:  # noqa: ANN401 - same
    """The cell that a value becomes."""
    return sheet(result([("v", kind)], [(value,)])).cell(2, 1)


@pytest.mark.parametrize(
    ("value", "type_", "read"),
    [
        (7, "n", 7),
        (0, "n", 0),
        (-1.5, "n", -1.5),
        (Decimal("12.50"), "n", 12.5),
        (True, "b", True),
        (10**15 - 1, "n", 10**15 - 1),
        (10**15, "s", "1000000000000000"),  # Excel would keep 15 digits
        (2**63 - 1, "s", "9223372036854775807"),
        (Decimal("0.1234567890123456"), "s", "0.1234567890123456"),
        (float("nan"), "s", "nan"),
        (NOON, "d", datetime(2026, 11, 1, 12)),  # noqa: DTZ001 - Excel knows no zones
        (date(2026, 11, 1), "d", datetime(2026, 11, 1)),  # noqa: DTZ001 - same
        (date(1066, 10, 14), "s", "1066-10-14"),  # Excel begins in 1900
        ("10.0.0.1", "s", "10.0.0.1"),
        ("443", "s", "443"),
        ("=1+1", "s", "=1+1"),
        ("+1", "s", "+1"),
        ("@SUM(A1)", "s", "@SUM(A1)"),
        ("https://example.com", "s", "https://example.com"),
        ([22, 443], "s", "[22, 443]"),
        (b"\x01\xff", "s", "01ff"),
        (" blanks ", "s", " blanks "),
    ],
)
def test_a_value_is_a_cell_of_its_type(value: object, type_: str, read: object) -> None:
    cell = cells(value)
    assert (cell.data_type, cell.value) == (type_, read)


def test_a_text_that_begins_with_an_equals_sign_is_no_formula() -> None:
    made = encode(result([("=name", "varchar")], [("=1+1",)]), Format.XLSX)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml
    assert re.findall(r"<t[^>]*>([^<]*)</t>", xml) == ["=name", "=1+1"]


def test_what_excel_would_take_for_an_escape_is_escaped() -> None:
    made = encode(result([("v", "varchar")], [("_x0041_",)]), Format.XLSX)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>_x005F_x0041_</t>" in xml  # ECMA-376, ST_Xstring


def test_null_is_an_empty_cell_and_an_empty_text_is_a_text() -> None:
    made = encode(result([("a", "varchar"), ("b", "varchar")], [(None, "")]), Format.XLSX)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    row = xml.partition('<row r="2"')[2]
    assert 'r="A2"' not in row
    assert 'r="B2"' in row


def test_the_header_is_bold_and_frozen() -> None:
    page = sheet(result([("name", "varchar"), ("flows", "bigint")], [("Zoë", 1)]))
    assert [cell.value for cell in page[1]] == ["name", "flows"]
    assert all(cell.font.bold for cell in page[1])
    assert page.freeze_panes == "A2"
    assert page.title == "rows"


def test_times_are_shown_to_the_second_or_its_fraction() -> None:
    assert cells(NOON).number_format == "yyyy-mm-dd hh:mm:ss"
    assert cells(NOON.replace(microsecond=5000)).number_format == "yyyy-mm-dd hh:mm:ss.000"
    assert cells(date(2026, 11, 1)).number_format == "yyyy-mm-dd"


def test_an_empty_result_is_its_header() -> None:
    page = sheet(result([("a", "varchar")], []))
    assert [[cell.value for cell in row] for row in page.rows] == [["a"]]


class _Many(Held):
    """Rows that are said to be more than they are."""

    def __len__(self) -> int:
        return xlsx.MOST_LINES


def test_more_rows_than_a_sheet_has_are_refused() -> None:
    stats = Stats("duckdb", xlsx.MOST_LINES, 0.1)
    made = Result([("n", "bigint")], _Many([(1,)]), stats)
    with pytest.raises(FlowathenaError, match="1,048,576 rows do not fit into an Excel sheet"):
        encode(made, Format.XLSX)


def test_a_text_longer_than_a_cell_is_refused_not_cut() -> None:
    assert len(cells("x" * 32_767).value) == 32_767
    with pytest.raises(FlowathenaError, match="row 1: v has 32,768 characters, a cell"):
        cells("x" * 32_768)


class _Endless(Held):
    """A hundred thousand rows that are in memory a batch at a time."""

    def __len__(self) -> int:
        return 100_000

    def batches(self) -> Iterator[Batch]:
        for first in range(0, 100_000, 1000):
            yield [(n, f"10.0.{n // 256 % 256}.{n % 256}") for n in range(first, first + 1000)]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    made = Result([("n", "bigint"), ("a", "varchar")], _Endless([]), Stats("duckdb", 100_000, 0.1))
    encode(result([("n", "bigint")], [(1,)]), Format.XLSX)  # what is loaded once does not count
    tracemalloc.start()
    with (tmp_path / "x.xlsx").open("wb") as file:
        write(made, Format.XLSX, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(FlowathenaError, match=r"install flowathena with its extra: .*\[xlsx\]"):
        encode(result([("a", "varchar")], []), Format.XLSX)


def test_a_run_writes_a_workbook(tmp_path: Path) -> None:
    day = "2026-11-01"
    write_project(tmp_path, LogFile(day, (record(f"{day}T10:00:00"),)), registered=True)
    shell = Shell(tmp_path)
    window = ("--since", day, "--until", "2026-11-02")
    shell.run("run", "top_https_servers", *window, "-o", "top.xlsx")
    page = openpyxl.load_workbook(tmp_path / "top.xlsx").active
    assert [[cell.value for cell in row] for row in page.rows] == [
        ["dstaddr", "packets", "bytes", "flows", "clients"],
        ["10.0.2.9", 10, 1000, 1, 1],
    ]
    line = shell.refused("run", "top_https_servers", *window, "-o", "top.xlsx.gz")
    assert line.endswith("XLSX is compressed already; leave out .gz")
