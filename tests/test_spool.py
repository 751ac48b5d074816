"""Results too long to hold: rows in a file, read and written batch by batch."""

import gc
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client, FlowathenaError
from flowathena.errors import EngineError
from flowathena.files import writing
from flowathena.result import parts, relation, spool
from flowathena.result import texts as result_texts
from flowathena.result.formats import Format, encode, write
from flowathena.result.loading import Loading
from flowathena.result.result import Batch, Held, Result, ResultColumn, Stats
from flowathena.result.spool import Spool, Spooler
from flowathena.result.stored import Stored
from flowathena.result.texts import TextColumn
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW: dict[str, Any] = {"since": DAY, "until": "2026-11-02"}
PAIRS = "SELECT a.srcport AS a, b.srcport AS b, a.start_time AS t FROM flow_logs a, flow_logs b"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
WIDE = [
    ("yes", "boolean"), ("tiny", "tinyint"), ("small", "smallint"), ("int", "integer"),
    ("big", "bigint"), ("real", "real"), ("double", "double"), ("text", "varchar"),
    ("day", "date"), ("time", "timestamp"),
]  # fmt: skip
ROW = (True, 1, 2, 3, 2**53 + 1, 0.5, 0.1, 'a "b",\n\0ü', NOON.date(), NOON.replace(microsecond=7))
NOTHING = (None,) * len(WIDE)


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that is seen to be empty in the end."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def project(folder: Path, records: int) -> Client:
    lines = tuple(record(f"{DAY}T10:00:00", srcport=n) for n in range(records))
    write_project(folder, LogFile(DAY, lines), registered=True)
    return Client("local", config_path=folder / "flowathena.toml")


def spooled(sql: str, patch: pytest.MonkeyPatch) -> Spool:
    """The answer of a SELECT in a file, in batches of three rows."""
    patch.setattr(spool, "BATCH_ROWS", 3)
    patch.setattr(relation, "BATCH_ROWS", 3)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        kinds = [str(kind) for kind in connection.sql(sql).types]
        with Spooler(connection) as spooler:
            made = spooler.fill(sql, [Stored(kind) for kind in kinds])
    assert isinstance(made, Spool)
    return made


@dataclass
class Watched:
    """Batches that may only be asked for once what was read before has been written."""

    written: Callable[[], int]
    count: int
    sizes: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return self.count

    def batches(self) -> Iterator[Batch]:
        for n in range(self.count):
            size = self.written()
            assert n < 2 or size > self.sizes[-1], "the batch before is not written"
            self.sizes.append(size)
            yield [(n, "x")]

    def by_column(self, columns: Sequence[ResultColumn]) -> list[Any]:
        raise NotImplementedError(columns)

    def csv(self) -> None: ...

    def objects(self, _names: Sequence[str], _between: str) -> None: ...

    def parquet(self, _columns: Sequence[ResultColumn], _path: Path) -> bool:
        return False


@pytest.mark.parametrize("form", [Format.CSV, Format.JSONL, Format.JSON])
def test_a_batch_is_written_before_the_next_is_read(form: Format) -> None:
    stream = io.BytesIO()
    rows = Watched(lambda: len(stream.getvalue()), 5)
    write(Result([("n", "bigint"), ("v", "varchar")], rows, Stats("duckdb", 5, 0.0)), form, stream)
    assert stream.getvalue().count(b"x") == 5
    assert len(rows.sizes) == 5


def test_a_long_result_is_in_a_file_and_like_any_other(tmp_path: Path, temporary: Path) -> None:
    result = project(tmp_path, 150).sql(f"{PAIRS} ORDER BY a, b", **WINDOW)
    expected = [
        (a, b, datetime(2026, 11, 1, 10, tzinfo=UTC)) for a in range(150) for b in range(150)
    ]
    assert isinstance(result.store, Spool)
    assert (len(result), result.stats.rows) == (22_500, 22_500)
    assert max(map(len, result.batches())) == 10_000
    first, second = iter(result), iter(result)  # readers do not disturb each other
    assert next(first) == next(second) == {"a": 0, "b": 0, "t": expected[0][2]}
    before = encode(result, Format.CSV)
    assert result.data == expected
    assert result.rows() == list(result) == [dict(zip("abt", row, strict=True)) for row in expected]
    assert result.to_arrow().to_pylist() == result.rows()
    assert result.to_pandas().shape == result.to_polars().shape == (22_500, 3)
    assert encode(result, Format.CSV) == before
    assert before.startswith(b"a,b,t\n0,0,2026-11-01T10:00:00Z\n0,1,")
    assert before.count(b"\n") == 22_501
    assert len(list(temporary.iterdir())) == 1
    del result, first, second
    gc.collect()
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("records", [100, 101])
def test_the_longest_result_that_is_held_and_the_shortest_that_is_not(
    tmp_path: Path, temporary: Path, records: int
) -> None:
    result = project(tmp_path, records).sql(PAIRS, **WINDOW)
    assert len(result) == len(result.data) == records**2
    assert isinstance(result.store, Held) == (records == 100)
    assert len(list(temporary.iterdir())) == (0 if records == 100 else 1)


@pytest.mark.slow
def test_rows_too_wide_for_the_memory_get_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relation, "_MEMORY", "24MB")  # a fifth of what it is, and so of the rows
    folder = spool.new_folder()
    width = 60_000
    sql = f"SELECT i, rpad(i::VARCHAR, {width}, 'x') FROM range(500) t(i)"
    made = spool.fill(folder, sql, [Stored("BIGINT"), Stored("VARCHAR")])
    result = Result([("n", "bigint"), ("v", "varchar")], made, Stats("duckdb", len(made), 0.0))
    first, lines, size = 0, 0, 0
    for block in made.csv() or ():
        first += sum(int(line.partition(b",")[0]) for line in block.splitlines())
        lines += block.count(b"\n")
        size += len(block)
    assert (first, lines) == (sum(range(500)), 500)
    assert size > 500 * width
    with Path(os.devnull).open("wb") as nowhere:
        write(result, Format.PARQUET, nowhere)


def test_a_query_that_fails_late_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    client = project(tmp_path, 150)
    with pytest.raises(EngineError, match="ivision by zero"):
        client.sql(f"SELECT 1 / (149 - a) AS n FROM ({PAIRS}) ORDER BY 1", **WINDOW)
    assert not list(temporary.iterdir())


def test_parquet_has_the_types_that_arrow_has(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "VARCHAR",
        "DATE",
        "TIMESTAMPTZ",
    ]
    columns = ", ".join(f"CAST(c{n} AS {kind})" for n, kind in enumerate(kinds))
    names = ", ".join(f"c{n}" for n in range(len(kinds)))
    row = (
        "true, 1, 2, 3, 9007199254740993, 0.5, 0.1, 'a \"b\",' || chr(10) || chr(0) || 'ü', "
        "'2026-11-01', '2026-11-01 12:00:00.000007'"
    )
    nothing = ", ".join(["NULL"] * len(kinds))
    values = ", ".join([f"({row})", *[f"({nothing})"] * 6])
    made = spooled(f"SELECT {columns} FROM (VALUES {values}) t({names})", monkeypatch)
    result = Result(WIDE, made, Stats("duckdb", 7, 0.0))
    assert result.data == [ROW, *[NOTHING] * 6]
    content = io.BytesIO(encode(result, Format.PARQUET))
    read = pq.read_table(content)
    assert read.schema == result.to_arrow().schema  # what was written before was that table
    assert read.to_pylist() == result.rows()
    metadata = pq.read_metadata(content).row_group(0)
    assert {metadata.column(n).compression for n in range(len(WIDE))} == {"ZSTD"}


@pytest.mark.parametrize("rows", [[], [NOTHING], [ROW, NOTHING]])
def test_parquet_of_plain_types_needs_no_arrow(
    rows: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = Result(WIDE, rows, Stats("duckdb", len(rows), 0.0))
    expected = result.to_arrow()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        content = encode(result, Format.PARQUET)
    read = pq.read_table(io.BytesIO(content))
    assert read.schema == expected.schema
    assert read.to_pylist() == result.rows()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("decimal(10,2)", ("1.50", "-0.05", "12345678.25")),
        ("decimal(2, 2)", ("0.25", "-0.99")),
        ("decimal(38,0)", (str(10**38 - 1), "0", "-7")),
        ("decimal(18,0)", ("999999999999999999",)),
    ],
)
def test_parquet_of_decimals_needs_no_arrow(
    kind: str, values: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*((Decimal(value),) for value in values), (None,)]
    result = Result([("d", kind)], rows, Stats("duckdb", len(rows), 0.0))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        content = encode(result, Format.PARQUET)
    read = pq.read_table(io.BytesIO(content))
    precision, scale = (int(each) for each in kind[8:-1].split(","))
    assert read.schema == pa.schema([("d", pa.decimal128(precision, scale))])
    assert read.column("d").to_pylist() == [row[0] for row in rows]


def test_parquet_of_many_decimals_needs_no_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    made = spooled("SELECT (i / 4)::DECIMAL(9,2) FROM range(7) t(i)", monkeypatch)
    result = Result([("d", "decimal(9,2)")], made, Stats("duckdb", 7, 0.0))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        content = encode(result, Format.PARQUET)
    read = pq.read_table(io.BytesIO(content))
    assert read.schema == pa.schema([("d", pa.decimal128(9, 2))])
    assert read.column("d").to_pylist() == [Decimal(n) / 4 for n in range(7)]


def test_parquet_never_rounds_a_decimal() -> None:
    result = Result([("d", "decimal(10,1)")], [(Decimal("1.55"),)], Stats("duckdb", 1, 0.0))
    with pytest.raises(FlowathenaError, match="column 'd'"):
        encode(result, Format.PARQUET)


def test_parquet_of_other_types_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Result([("a", "array(bigint)")], [([1],)], Stats("duckdb", 1, 0.0))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FlowathenaError, match=r"flowathena\[arrow\]"):
        encode(result, Format.PARQUET)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("decimal(9,2)", "[1.5, NULL, NULL, NULL, 12345.25, 0]::DECIMAL(9,2)[]"),
        ("integer[]", "[[1], NULL, NULL, NULL, [2, NULL], []]::INTEGER[][]"),
        ("struct(a integer)", "[NULL, NULL, NULL, NULL, {'a': 1}, {'a': NULL}]"),
        ("varbinary", "[NULL, NULL, NULL, NULL, '\\x01\\xFF', '']::BLOB[]"),
        ("null", "[NULL, NULL, NULL, NULL, NULL]"),
        ("time", "[NULL, '10:00:00', NULL, NULL, NULL]::TIME[]"),
    ],
)
def test_parquet_of_other_types_has_the_type_that_arrow_infers_of_all_rows(
    monkeypatch: pytest.MonkeyPatch, kind: str, values: str
) -> None:
    made = spooled(f"SELECT unnest({values}) AS v, 1 AS one", monkeypatch)
    result = Result([("v", kind), ("one", "integer")], made, Stats("duckdb", len(made), 0.0))
    read = pq.read_table(io.BytesIO(encode(result, Format.PARQUET)))
    assert read.schema == result.to_arrow().schema
    assert read.to_pylist() == result.rows()


@pytest.mark.parametrize("names", [("a", "A"), ("", "b"), ('q"', "it's"), ("a", "a")])
def test_any_names_in_parquet(names: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ["bigint", "varchar"]
    made = spooled("SELECT i, 'x' FROM range(7) t(i)", monkeypatch)
    for rows in (made, [(1, "x"), (2, None)]):
        result = Result(zip(names, kinds, strict=True), rows, Stats("duckdb", 7, 0.0))
        read = pq.read_table(io.BytesIO(encode(result, Format.PARQUET)))
        own = [column.name for column in result.columns]
        assert read.schema == pa.schema(zip(own, [pa.int64(), pa.string()], strict=True))
        assert read.to_pylist() == result.rows()


# Texts as Athena writes them.


def loaded(content: bytes, *kinds: str) -> list[tuple[object, ...]]:
    folder = spool.new_folder()
    with Loading(folder, [TextColumn(kind, str, 5, 2) for kind in kinds]) as file:
        file.write(content)
    made = file.rows()
    assert [each.name for each in folder.iterdir()] in (["texts"], ["rows.duckdb"])
    return Result([(kind, kind) for kind in kinds], made, Stats("athena", len(made), 0.0)).data


def test_null_is_not_the_empty_text() -> None:
    content = b'"a","b"\n"x",\n,""\n"",\n,\n"NULL","\\N"\n'
    assert loaded(content, "varchar", "varchar") == [
        ("x", None), (None, ""), ("", None), (None, None), ("NULL", "\\N"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "damage", [b'"1"\n', b'"1","x","y"\n', b'"1","\xff"\n', b'"1","x"q\n', b'"one","x', b'"1"']
)
def test_a_damaged_file_is_noticed_before_any_row_is_read(damage: bytes) -> None:
    rows = b"".join(b'"%d","v"\n' % n for n in range(2000))
    folder = spool.new_folder()
    with Loading(folder, [TextColumn("bigint", str), TextColumn("varchar", str)]) as file:
        file.write(b'"n","v"\n' + rows + damage)
    with pytest.raises(duckdb.Error, match=r"Line: 2001|last value has no end"):
        file.rows()
    rmtree(folder)


def test_what_python_has_no_date_for_is_known_of_every_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_PART_BYTES", 1000)
    monkeypatch.setattr(parts, "_STEP_BYTES", 100)
    line = b'"2026-11-01","x"\n'
    for odd in (b"", b'"-0005-01-01","x"\n'):
        with Loading(
            spool.new_folder(), [TextColumn("date", str), TextColumn("varchar", str)]
        ) as file:
            file.write(b'"d","v"\n' + line * 500 + odd + line * 500)
        made = file.rows()
        assert len(made) == 1000 + bool(odd)
        assert (made.csv() is None) == (made.objects(["d", "v"], "") is None) == bool(odd)


def test_an_empty_line_is_a_null_where_there_is_one_column() -> None:
    assert loaded(b'"a"\n\n"x"\n""\n\n', "varchar") == [(None,), ("x",), ("",), (None,)]
    assert loaded(b'"a"\n', "varchar") == []


def test_quotes_newlines_and_unicode_come_back() -> None:
    values = [
        'a "b"',
        "a,b",
        "a\nb",
        "a\r\nb",
        "\r",
        "\n",
        '"',
        "ünï 東京 \U0001f600",
        "\0",
        "a\0b",
        " x ",
    ]
    lines = ",\n".join('"' + value.replace('"', '""') + '"' for value in values)
    assert loaded(f'"a\n""","b"\n{lines},\n'.encode(), "varchar", "varchar") == [
        (value, None) for value in values
    ]


@pytest.mark.few(1)
@pytest.mark.parametrize("size", [7_000_000, 31_000_000])
def test_a_long_line_comes_back(size: int) -> None:
    long = "x" * size
    [(found, n)] = loaded(f'"a","b"\n"{long}","1"\n'.encode(), "varchar", "varchar")
    assert (found == long, n) == (True, "1")


def test_a_newline_at_any_place_of_the_file() -> None:
    rows = [(n, "\n" * (n % 7) + '",' * (n % 5)) for n in range(120_000)]
    stream = io.BytesIO()
    result_texts.write_texts([["n", "v"], *((str(n), value) for n, value in rows)], stream)
    assert loaded(stream.getvalue(), "bigint", "varchar") == rows


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", "true", True),
        ("tinyint", "-128", -128),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("double", "1.0E10", 1e10),
        ("double", "NaN", None),
        ("double", "-Infinity", float("-inf")),
        ("real", "0.1", 0.1),
        ("varchar", "1", "1"),
        ("char", "x  ", "x  "),
        ("ipaddress", "10.0.0.1", "10.0.0.1"),
        ("date", "2026-11-01", NOON.date()),
        ("timestamp", "2026-11-01 12:00:00.000", NOON),
        ("timestamp", "2026-11-01 12:00:00.000007999", NOON.replace(microsecond=7)),
        ("timestamp with time zone", "2026-11-01 12:00:00.000 UTC", NOON),
        ("varbinary", "01 ff", b"\x01\xff"),
        ("varbinary", "", b""),
        ("decimal", "1.50", Decimal("1.50")),
        ("decimal", "-0.05", Decimal("-0.05")),
    ],
)
def test_texts_become_values(kind: str, text: str, value: object) -> None:
    [(found, n)] = loaded(f'"a","n"\n"{text}","7"\n'.encode(), kind, "integer")
    assert repr(found) == ("nan" if value is None else repr(value))
    assert n == 7


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("timestamp with time zone", "2026-11-01 12:00:00.000 Europe/Berlin"),
        ("timestamp with time zone", "2026-11-01 12:00:00.000 +02:00"),
        ("decimal", "1.505"),
        ("decimal", "12345678.25"),
        ("bigint", "9223372036854775808"),
        ("timestamp", "+20000-01-01 00:00:00.000"),
    ],
)
def test_what_duckdb_would_read_otherwise_python_reads(kind: str, text: str) -> None:
    assert loaded(f'"a","b"\n"{text}","x"\n,\n'.encode(), kind, "varchar") == [
        (text, "x"), (None, None),
    ]  # fmt: skip


# Files, interrupts and readers that leave.


def test_an_interrupt_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with writing(path) as stream:
            stream.write(b"new" * 100_000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(file, file.read_bytes()) for file in tmp_path.iterdir()] == [(path, b"old")]


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with writing(path) as stream:
        stream.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"


def shell(folder: Path, temporary: Path, records: int) -> Shell:
    (folder / "mine").mkdir()
    (folder / "mine" / "pairs.sql").write_text(f'/* ---\ntitle = "Pairs"\n--- */\n{PAIRS}\n')
    lines = tuple(record(f"{DAY}T10:00:00", srcport=n) for n in range(records))
    settings = 'query_paths = ["mine"]'
    write_project(folder, LogFile(DAY, lines), settings=settings, registered=True)
    return Shell(folder, {"TMPDIR": str(temporary)})


def started(shell: Shell, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        shell.command("run", "pairs", "--since", DAY, "--until", "2026-11-02", *args),
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("form", ["csv", pytest.param("json", marks=pytest.mark.slow)])
def test_a_reader_that_leaves_a_long_result_costs_no_traceback(
    tmp_path: Path, temporary: Path, form: str
) -> None:
    process = started(shell(tmp_path, temporary, 300), "--format", form)
    assert process.stdout
    assert process.stderr
    with process.stdout as stream, process.stderr as messages:
        assert stream.readline() in {b"a,b,t\n", b"[\n"}
        stream.close()
        said = messages.read().decode()
    process.wait(timeout=60)
    assert "Traceback" not in said
    assert "Exception" not in said
    assert not list(temporary.iterdir())


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_result_is_written_is_an_interrupt(
    tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    process = started(shell(tmp_path, temporary, 300), "--format", "csv")
    assert process.stdout
    assert process.stdout.readline() == b"a,b,t\n"
    os.kill(process.pid, number)  # the rest does not fit into the pipe
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    [line] = said.decode().splitlines()
    assert line.startswith("error: interrupted")
    assert not list(temporary.iterdir())


@left_to_slow
def test_a_long_result_becomes_a_file(tmp_path: Path, temporary: Path) -> None:
    process = started(shell(tmp_path, temporary, 110), "-o", "pairs.parquet")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert b"12100 rows" in said
    assert pq.read_table(tmp_path / "pairs.parquet").num_rows == 12_100
    assert not list(temporary.iterdir())


def test_duckdb_is_loaded_for_long_results_alone() -> None:
    modules = "flowathena.result.formats", "flowathena.aws.results"
    code = f"import sys, {', '.join(modules)}; sys.exit('duckdb' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
