"""Results as text and files."""

import csv
import errno
import gzip
import io
import json
import os
import resource
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import FlowathenaError, UsageError
from flowathena.files import write
from flowathena.result.endings import Output, choose
from flowathena.result.formats import BINARY, Format, encode, table, to_json, write_gzip
from flowathena.result.result import Result, Stats
from flowathena.text import human_bytes, printable

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TYPES = [
    ("name", "varchar"),
    ("flows", "bigint"),
    ("share", "decimal(5,2)"),
    ("seen", "timestamp"),
    ("day", "date"),
    ("ports", "array(integer)"),
    ("ok", "boolean"),
]
ROWS: list[tuple[object, ...]] = [
    ("Zoë", 0, Decimal("0.00"), NOON, date(2026, 11, 1), [22, 443], True),
    ('a "b", c', 1200, Decimal("12.50"), NOON.replace(microsecond=5000), None, [], False),
    (None, None, None, None, None, None, None),
]


def result(columns: list[tuple[str, str]], rows: list[tuple[object, ...]]) -> Result:
    return Result(columns, rows, Stats("duckdb", len(rows), 0.1))


def text(form: Format, columns: list[tuple[str, str]], rows: list[tuple[object, ...]]) -> str:
    return encode(result(columns, rows), form).decode()


def test_table() -> None:
    assert text(Format.TABLE, TYPES[:4], [row[:4] for row in ROWS]) == (
        "name      flows  share  seen\n"
        "--------  -----  -----  ---------------------------\n"
        "Zoë           0   0.00  2026-11-01T12:00:00Z\n"
        'a "b", c   1200  12.50  2026-11-01T12:00:00.005000Z\n'
        "\n"
    )


def test_csv() -> None:
    assert text(Format.CSV, TYPES, ROWS) == (
        "name,flows,share,seen,day,ports,ok\n"
        'Zoë,0,0.00,2026-11-01T12:00:00Z,2026-11-01,"[22, 443]",true\n'
        '"a ""b"", c",1200,12.50,2026-11-01T12:00:00.005000Z,,[],false\n'
        ",,,,,,\n"
    )


def test_json() -> None:
    assert text(Format.JSON, TYPES, ROWS) == (
        "[\n"
        '  {"name": "Zoë", "flows": 0, "share": 0, "seen": "2026-11-01T12:00:00Z", '
        '"day": "2026-11-01", "ports": [22, 443], "ok": true},\n'
        '  {"name": "a \\"b\\", c", "flows": 1200, "share": 12.5, '
        '"seen": "2026-11-01T12:00:00.005000Z", "day": null, "ports": [], "ok": false},\n'
        '  {"name": null, "flows": null, "share": null, "seen": null, "day": null, '
        '"ports": null, "ok": null}\n'
        "]\n"
    )


def test_jsonl() -> None:
    assert text(Format.JSONL, TYPES[:2], [row[:2] for row in ROWS]) == (
        '{"name": "Zoë", "flows": 0}\n'
        '{"name": "a \\"b\\", c", "flows": 1200}\n'
        '{"name": null, "flows": null}\n'
    )


def test_parquet() -> None:
    content = encode(result(TYPES, ROWS), Format.PARQUET)
    read = pyarrow.parquet.read_table(io.BytesIO(content))
    assert read.to_pylist() == [
        dict(zip([name for name, _ in TYPES], row, strict=True)) for row in ROWS
    ]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Format.TABLE, "srcaddr  flows\n-------  -----\n"),
        (Format.CSV, "srcaddr,flows\n"),
        (Format.JSON, "[]\n"),
        (Format.JSONL, ""),
        (Format.TSV, "srcaddr\tflows\n"),
        (Format.RECORD, ""),
        (Format.MARKDOWN, "| srcaddr | flows |\n| --- | ---: |\n"),
    ],
)
def test_an_empty_result_keeps_its_columns(form: Format, expected: str) -> None:
    assert text(form, [("srcaddr", "varchar"), ("flows", "bigint")], []) == expected


def test_an_empty_parquet_file_keeps_columns_and_types() -> None:
    content = encode(result([("srcaddr", "varchar"), ("flows", "bigint")], []), Format.PARQUET)
    schema = pyarrow.parquet.read_schema(io.BytesIO(content))
    assert [(field.name, str(field.type)) for field in schema] == [
        ("srcaddr", "string"),
        ("flows", "int64"),
    ]


@pytest.mark.parametrize(
    ("zero", "shown"), [(0, "0"), (0.0, "0.0"), (Decimal(0), "0"), (False, "false")]
)
def test_zero_is_not_nothing(zero: object, shown: str) -> None:
    assert text(Format.CSV, [("n", "bigint"), ("m", "bigint")], [(zero, 1)]) == f"n,m\n{shown},1\n"
    assert table(["n"], [[zero]]).splitlines()[2].strip() == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("a\tb", "a\\tb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\u202eevil"),
        ("a\x00b", "a\\x00b"),
        ("nb\u00a0sp", "nb\\xa0sp"),
        ("ünï", "ünï"),
    ],
)
def test_what_does_not_print_is_escaped_in_tables(value: str, shown: str) -> None:
    assert table(["v"], [[value]]).splitlines()[2] == shown


def test_numbers_stand_to_the_right_and_texts_to_the_left() -> None:
    assert table(["text", "number"], [["a", 1], ["bb", 1000]]) == (
        "text  number\n----  ------\na          1\nbb      1000\n"
    )


def test_a_table_without_rows_is_its_head() -> None:
    assert table(["a", "bb"], []) == "a  bb\n-  --\n"


@pytest.mark.parametrize(("form", "mark"), [(Format.CSV, ","), (Format.TSV, "\t")])
def test_an_empty_text_is_not_null(form: Format, mark: str, tmp_path: Path) -> None:
    columns = [("a", "varchar"), ("b", "varchar"), ("c", "varbinary"), ("d", "bigint")]
    rows = [("", None, b"", 1), (None, "", None, None), (f"x{mark}", 'q"', b"\0", 2)]
    texts = [("", None, "", 1), (None, "", None, None), (f"x{mark}", 'q"', "00", 2)]
    path = tmp_path / "rows"
    path.write_bytes(encode(Result(columns, rows, Stats("duckdb", 3, 0.1)), form))
    lines = [list("abcd"), ['""', "", '""', "1"], ["", '""', "", ""]]
    lines.append([f'"x{mark}"', '"q"""', "00", "2"])
    assert path.read_text() == "".join(f"{mark.join(line)}\n" for line in lines)
    read = pl.read_csv(path, separator=mark, schema_overrides={"c": pl.String})
    assert read.rows() == texts
    found = duckdb.execute(
        f"FROM read_csv('{path}', delim = '{mark}', header = true, allow_quoted_nulls = false, "
        "quote = '\"', escape = '\"', columns = {'a': 'VARCHAR', 'b': 'VARCHAR', 'c': 'VARCHAR', "
        "'d': 'BIGINT'})"
    )
    assert found.fetchall() == texts
    frame = pd.read_csv(path, sep=mark, dtype=str).fillna("")
    plain = [["", "", "", "1"], [""] * 4, [f"x{mark}", 'q"', "00", "2"]]
    assert frame.to_numpy().tolist() == plain
    with path.open(newline="") as file:
        assert list(csv.reader(file, delimiter=mark))[1:] == plain


@pytest.mark.parametrize("form", [Format.CSV, Format.TSV])
def test_a_row_of_one_null_is_a_line(form: Format) -> None:
    written = encode(
        Result([("a", "varchar")], [(None,), ("",), ("x",)], Stats("duckdb", 3, 0.1)), form
    )
    assert written == b'a\n""\n""\nx\n'


def test_tsv() -> None:
    assert text(Format.TSV, TYPES, ROWS) == (
        "name\tflows\tshare\tseen\tday\tports\tok\n"
        "Zoë\t0\t0.00\t2026-11-01T12:00:00Z\t2026-11-01\t[22, 443]\ttrue\n"
        '"a ""b"", c"\t1200\t12.50\t2026-11-01T12:00:00.005000Z\t\t[]\tfalse\n'
        "\t\t\t\t\t\t\n"
    )


def test_records() -> None:
    assert text(Format.RECORD, TYPES[:3], [row[:3] for row in ROWS[1:]]) == (
        "1 --------------------------------------\n"
        'name   a "b", c\n'
        "flows  1200\n"
        "share  12.50\n"
        "2 --------------------------------------\n"
        "name\n"
        "flows\n"
        "share\n"
    )


def test_markdown() -> None:
    rows: list[tuple[object, ...]] = [("a|b", 1), ("<b>*x*\\n\n", None), ("pkt_srcaddr", 22)]
    assert text(Format.MARKDOWN, TYPES[:2], rows) == (
        "| name | flows |\n"
        "| --- | ---: |\n"
        "| a\\|b | 1 |\n"
        "| \\<b>\\*x\\*\\\\n\\\\n |  |\n"
        "| pkt_srcaddr | 22 |\n"
    )


@pytest.mark.parametrize("form", [form for form in Format if form not in BINARY])
def test_every_text_can_be_compressed(form: Format) -> None:
    zipped = [io.BytesIO(), io.BytesIO()]
    for each in zipped:
        write_gzip(result(TYPES, ROWS), form, each)
    assert zipped[0].getvalue() == zipped[1].getvalue()  # no time of day in it
    assert gzip.decompress(zipped[0].getvalue()) == encode(result(TYPES, ROWS), form)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("x.csv", None, Output(Format.CSV)),
        ("x.TSV", None, Output(Format.TSV)),
        ("x.ndjson", None, Output(Format.JSONL)),
        ("x.ndjson", Format.JSONL, Output(Format.JSONL)),
        ("x.md", None, Output(Format.MARKDOWN)),
        ("x.txt", None, Output(Format.TABLE)),
        ("x.txt", Format.RECORD, Output(Format.RECORD)),
        ("x.parquet", None, Output(Format.PARQUET)),
        ("x.xlsx", None, Output(Format.XLSX)),
        ("x", None, Output(Format.TABLE)),
        ("x", Format.JSON, Output(Format.JSON)),
        (".csv", None, Output(Format.TABLE)),
        ("2026.11.json.gz", None, Output(Format.JSON, gzip=True)),
        ("x.gz", Format.CSV, Output(Format.CSV, gzip=True)),
        ("x.log.gz", Format.CSV, Output(Format.CSV, gzip=True)),
        ("x.out", Format.PARQUET, Output(Format.PARQUET)),
    ],
)
def test_a_name_says_the_format(name: str, given: Format | None, expected: Output) -> None:
    assert choose(Path("some.folder", name), given) == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("x.csv", Format.JSON),
        ("x.json", Format.JSONL),
        ("x.csv.gz", Format.TSV),
        ("x.parquet", Format.CSV),
        ("x.txt", Format.PARQUET),
        ("x.parquet.gz", None),
        ("x.gz", Format.PARQUET),
        ("x.gz", None),
        ("x.xls", None),
        ("x.xlsx.gz", None),
        ("x.xlsx", Format.CSV),
        ("x.txt", Format.XLSX),
        ("x.zst", None),
        ("x.2026-11-01", None),
    ],
)
def test_a_name_that_says_another_format_or_none_is_refused(
    name: str, given: Format | None
) -> None:
    with pytest.raises(UsageError, match=f"cannot write {name}: "):
        choose(Path(name), given)


@pytest.mark.parametrize(
    ("value", "shown", "in_json"),
    [
        ("a b~", "a b~", "a b~"),
        ("ünï 東京", "ünï 東京", "ünï 東京"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07", "\\u001b]0;x\\u0007"),
        ("\x9b2J", "\\x9b2J", "\\u009b2J"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c", "a\\u202eb\\u2066c"),
        ("a\u200bb\ufeffc", "a\\u200bb\\ufeffc", "a\\u200bb\\ufeffc"),
        ("a\ufe0fb\u3164c", "a\\ufe0fb\\u3164c", "a\\ufe0fb\\u3164c"),
        ("\U000e0041", "\\U000e0041", "\\udb40\\udc41"),
        ("\udcff", "\\udcff", "\\udcff"),
        ("a\nb", "a\\nb", "a\\nb"),
    ],
)
def test_what_a_terminal_obeys_is_spelled_out(value: str, shown: str, in_json: str) -> None:
    assert printable(value) == shown
    assert printable(value, as_json=True) == in_json
    assert json.loads(f'"{in_json}"') == value


@given(st.text())
def test_json_that_is_spelled_out_is_the_same_json(value: str) -> None:
    written = to_json({value: [value]})
    shown = printable(written, "\n", as_json=True)
    assert json.loads(shown) == json.loads(written)
    assert shown.replace("\n", "").isprintable()


def test_large_numbers_are_exact_in_json() -> None:
    rows: list[tuple[object, ...]] = [(2**63 - 1,)]
    assert json.loads(text(Format.JSON, [("n", "bigint")], rows)) == [{"n": 2**63 - 1}]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_json_has_null_for_what_is_no_number(value: float) -> None:
    assert to_json(value) == "null"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": NOON, 1: date(2026, 11, 1)}, '{"a": "2026-11-01T12:00:00Z", "1": "2026-11-01"}'),
        ([Decimal("1.50"), Decimal(3)], "[1.5, 3]"),
        (b"\x01\xff", '"01ff"'),
        ("Zoë", '"Zoë"'),
    ],
)
def test_values_have_a_json_form(value: object, expected: str) -> None:
    assert to_json(value, indent=None) == expected


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))


@given(st.lists(st.tuples(texts, texts)))
def test_every_text_comes_back_from_csv(rows: list[tuple[str, str]]) -> None:
    columns = [("a", "varchar"), ("b", "varchar")]
    written = encode(Result(columns, rows, Stats("duckdb", 0, 0.0)), Format.CSV).decode()
    assert list(csv.reader(io.StringIO(written, newline="")))[1:] == [list(row) for row in rows]


@given(st.lists(st.tuples(texts, texts)))
def test_every_text_comes_back_from_tsv(rows: list[tuple[str, str]]) -> None:
    written = text(Format.TSV, [("a", "varchar"), ("b", "varchar")], list(rows))
    read = csv.reader(io.StringIO(written, newline=""), delimiter="\t")
    assert list(read)[1:] == [list(row) for row in rows]


@given(st.lists(st.tuples(texts, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_every_row_comes_back_from_json_and_jsonl(rows: list[tuple[str, int | None]]) -> None:
    made = Result([("a", "varchar"), ("b", "bigint")], rows, Stats("duckdb", 0, 0.0))
    expected = [{"a": a, "b": b} for a, b in rows]
    assert json.loads(encode(made, Format.JSON)) == expected
    lines = encode(made, Format.JSONL).decode().removesuffix("\n").split("\n")
    assert [json.loads(line) for line in lines] == expected


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1234, "1.2 kB"),
        (999_499, "999.5 kB"),
        (999_999, "1.0 MB"),
        (10_000_000, "10.0 MB"),
        (5_000_000_000_000_000, "5000.0 TB"),
    ],
)
def test_sizes_for_people(size: int, shown: str) -> None:
    assert human_bytes(size) == shown


def test_a_file_is_written(tmp_path: Path) -> None:
    write(b"new", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"new"


def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"older and longer")
    write(b"new", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"new"


def test_no_other_file_is_left(tmp_path: Path) -> None:
    write(b"new", tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.csv"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write(b"new", tmp_path / "a.csv")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == mode


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.csv"
    with pytest.raises(FlowathenaError, match=f"cannot write {path}: No such file or directory"):
        write(b"new", path)


def test_a_failed_write_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with _files_of_at_most(100), pytest.raises(FlowathenaError, match="File too large"):
        write(b"new" * 100, path)
    assert [(file, file.read_bytes()) for file in tmp_path.iterdir()] == [(path, b"old")]


@contextmanager
def _files_of_at_most(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    write(b"new", tmp_path / ("a" * 255))
    assert (tmp_path / ("a" * 255)).read_bytes() == b"new"
    with pytest.raises(FlowathenaError, match="File name too long"):
        write(b"new", tmp_path / ("a" * 256))


@pytest.mark.parametrize("content", [b"", b"n", b"new and longer than before"])
def test_a_file_keeps_its_other_names_and_its_mode(tmp_path: Path, content: bytes) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(b"old content")
    path.chmod(0o640)
    other.hardlink_to(path)
    write(content, path)
    assert path.read_bytes() == other.read_bytes() == content
    assert path.samefile(other)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [path, other]


def test_a_full_disk_leaves_a_file_of_two_names_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(b"old")
    other.hardlink_to(path)

    def full(handle: int, start: int, _size: int) -> None:
        os.pwrite(handle, b"\0\0", start)  # some of it fits
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(FlowathenaError, match="No space left on device"):
        write(b"new and longer", path)
    assert path.read_bytes() == other.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [path, other]


def test_a_mounted_file_is_written_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(Path, "replace", busy)
    write(b"new", path)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_bytes)
        write(b"new", path)
        assert read.result() == b"new"
    assert path.is_fifo()


def test_a_write_that_breaks_off_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write("no bytes", path)  # type: ignore[arg-type]
    assert [(file, file.read_bytes()) for file in tmp_path.iterdir()] == [(path, b"old")]


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FlowathenaError, match="Is a directory"):
        write(b"new", tmp_path)


def test_a_device_is_written_to_and_not_replaced() -> None:
    write(b"new", Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_an_open_file_is_appended_to_and_its_name_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.csv", tmp_path / "stdout"
    with path.open("wb", buffering=0) as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")  # as /dev/stdout is
        file.write(b"old, ")
        write(b"new", link)
    assert path.read_bytes() == b"old, new"
    assert sorted(tmp_path.iterdir()) == [path, link]
    assert link.is_symlink()


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path, *, exists: bool) -> None:
    (tmp_path / "days").mkdir()
    path, link = tmp_path / "days/1.csv", tmp_path / "latest.csv"
    if exists:
        path.write_bytes(b"old")
    link.symlink_to("days/1.csv")
    write(b"new", link)
    assert link.readlink() == Path("days/1.csv")
    assert path.read_bytes() == b"new"


def test_a_private_file_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.touch(mode=0o600)
    write(b"new", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
