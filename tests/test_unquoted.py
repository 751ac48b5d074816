"""Lines of CSV made of Athena's bytes alone are those that are made of the values."""

import io
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowathena.errors import EngineError
from flowathena.result import loading, parts, spool, texts, unquoted
from flowathena.result.formats import Format, encode
from flowathena.result.loading import Loading
from flowathena.result.result import Held, Result, Stats
from flowathena.result.texts import TextColumn

KINDS = ("bigint", "varchar", "timestamp", "date", "boolean", "timestamp", "varchar")

some_texts = st.sampled_from(
    ["ACCEPT", "10.0.1.2", "-", "x.000", "a b", " ", ".000", "", "a,b", 'a"b', '"', "\n", "\r", "ü"]
) | st.text('a,"\n\r .0Z', max_size=6)
plain_texts = st.sampled_from(["ACCEPT", "10.0.1.2", "-", "x.00", "T", "ünï", "2026-11-01"])
whole_times = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
times = whole_times | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


def rows_of(text: st.SearchStrategy[str], time: st.SearchStrategy[datetime]) -> st.SearchStrategy:
    """Rows of all kinds, any value of which may be NULL."""
    values = [
        *(st.integers(-(2**63), 2**63 - 1), text, time),
        *(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.booleans(), time, text),
    ]
    return st.lists(st.tuples(*(st.none() | each for each in values)), max_size=12)


def text_of(value: object) -> str | None:
    """A value as Athena writes it."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def loaded(rows: Sequence[Sequence[object]], kinds: Sequence[str] = KINDS) -> loading.TextRows:
    with Loading(spool.new_folder(), [TextColumn(kind, str, 5, 2) for kind in kinds]) as file:
        texts.write_texts([kinds, *([text_of(value) for value in row] for row in rows)], file)
    made = file.rows()
    assert isinstance(made, loading.TextRows)
    return made


def result_of(made: loading.TextRows, kinds: Sequence[str] = KINDS) -> Result:
    columns = [(f"c{n}", kind) for n, kind in enumerate(kinds)]
    return Result(columns, made, Stats("athena", len(made), 0.0))


@given(rows=rows_of(some_texts, times) | rows_of(plain_texts, whole_times))
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_the_lines_are_those_that_python_writes(rows: list[tuple[object, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_PART_BYTES", 200)
        patch.setattr(parts, "_STEP_BYTES", 50)
        patch.setattr(unquoted, "_STEP_BYTES", 60)
        result = result_of(loaded(rows))
        written = encode(result, Format.CSV)
    columns = [(column.name, column.type) for column in result.columns]
    held = Result(columns, Held(list(result.data)), result.stats)
    assert written == encode(held, Format.CSV)


@given(rows=rows_of(plain_texts, whole_times).filter(len))
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_plain_values_are_never_read(rows: list[tuple[object, ...]]) -> None:
    made = loaded(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(loading.TextRows, "_read")
        with pytest.raises(AttributeError):  # it is asked for the parts that are left: none
            b"".join(made.csv() or ())


def lines(content: bytes, rows: int, columns: int, filled: int, moments: int = 0) -> bytes | None:
    made = unquoted.lines(io.BytesIO(content), rows, columns, filled, moments)
    return None if made is None else b"".join(made)


def test_quotes_are_taken_away() -> None:
    assert lines(b'"1","ACCEPT",\n,,"x"\n', 2, 3, 3) == b"1,ACCEPT,\n,,x\n"
    assert lines(b'"a b","x.000"\n', 1, 2, 2) == b"a b,x.000\n"  # no times: no care


def test_times_get_their_form() -> None:
    moment = b'"2026-11-01 12:00:00.000"'
    assert lines(moment + b',"7"\n', 1, 2, 2, 1) == b"2026-11-01T12:00:00Z,7\n"
    assert lines(moment + b"," + moment + b"\n", 1, 2, 2, 2) == (
        b"2026-11-01T12:00:00Z,2026-11-01T12:00:00Z\n"
    )


@pytest.mark.parametrize(
    ("content", "filled", "times"),
    [
        (b'"a,b","c"\n', 2, 0),
        (b'"a\nb","c"\n', 2, 0),
        (b'"a\rb","c"\n', 2, 0),
        (b'"a""b","c"\n', 2, 0),
        (b'"","c"\n', 1, 0),
        (b'"a,b","c"', 2, 0),  # the end of the line for the comma
        (b'"2026-11-01 12:00:00.000","a b"\n', 2, 1),
        (b'"2026-11-01 12:00:00.000","x.000"\n', 2, 1),
        (b'"2026-11-01 12:00:00.000000","x"\n', 2, 1),
        (b'"2026-11-01T12:00:00.000","x"\n', 2, 1),
        (b'"2026-11-01 12:00:00.000 UTC","x"\n', 2, 1),
        (b'"2026-11-01 12:00:00","x"\n', 2, 1),
    ],
)
def test_where_a_value_decides_nothing_is_made(content: bytes, filled: int, times: int) -> None:
    assert lines(content, 1, 2, filled, times) is None


@pytest.mark.parametrize("step", [1, 7, 30, 1000])
def test_many_steps_make_the_lines_of_one(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = b'"2026-11-01 12:00:00.000"'
    content = b"".join(moment + b',"%d"\n' % n for n in range(20))
    whole = lines(content, 20, 2, 40, 20)
    monkeypatch.setattr(unquoted, "_STEP_BYTES", step)
    assert whole == b"".join(b"2026-11-01T12:00:00Z,%d\n" % n for n in range(20))
    assert lines(content, 20, 2, 40, 20) == whole


@pytest.mark.parametrize(
    ("kind", "text", "written"),
    [
        ("double", "1.0E10", "10000000000.0"),
        ("decimal", "0.25", "0.25"),
        ("timestamp with time zone", "2026-11-01 12:00:00.000 UTC", "2026-11-01T12:00:00Z"),
        ("varbinary", "61 62", "6162"),
    ],
)
def test_other_types_are_read(kind: str, text: str, written: str) -> None:
    made = loaded([(text, "x")], (kind, "varchar"))
    assert b"".join(made.csv() or ()) == f"{written},x\n".encode()


def test_a_text_that_ends_as_times_do_is_read() -> None:
    """Here one time has no fraction, and one text that of the time."""
    rows = [("2026-11-01 12:00:00", "x.000"), ("2026-11-01 12:00:01.000", "y")]
    made = loaded(rows, ("timestamp", "varchar"))
    assert b"".join(made.csv() or ()) == b"2026-11-01T12:00:00Z,x.000\n2026-11-01T12:00:01Z,y\n"


@pytest.mark.parametrize("time", ["2026-11-01 12:00:00.000", "2026-11-01 12:00:00.123"])
def test_rows_whose_file_is_gone_are_no_empty_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = loaded([(time, "x")], ("timestamp", "varchar"))
    for part in tmp_path.rglob("*.csv"):
        part.unlink()
    with pytest.raises(EngineError, match="cannot read the result: No such file"):
        b"".join(made.csv() or ())


def test_a_time_that_athena_does_not_write_lends_no_blank_to_a_text() -> None:
    made = loaded([("2026-11-01T12:00:00.000", "x y")], ("timestamp", "varchar"))
    assert b"".join(made.csv() or ()) == b"2026-11-01T12:00:00Z,x y\n"


@pytest.mark.parametrize("kind", ["varchar", "timestamp"])
def test_columns_may_be_more_than_duckdb_adds_up(kind: str) -> None:
    text = "2026-11-01 12:00:00.000" if kind == "timestamp" else "x"
    made = loaded([(text,) * 1200], (kind,) * 1200)
    line = b"".join(made.csv() or ())
    assert line.count(b",") == 1199
    assert line.startswith(b"2026-11-01T12:00:00Z," if kind == "timestamp" else b"x,x,")


def test_one_null_is_no_empty_line() -> None:
    made = loaded([(None,), ("x",)], ("varchar",))
    assert b"".join(made.csv() or ()) == b'""\nx\n'
