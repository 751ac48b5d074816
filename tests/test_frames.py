"""DataFrames of long results, which no Python value goes into, are those of the Python values."""

import math
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowathena.errors import FlowathenaError
from flowathena.result import spool
from flowathena.result.loading import Loading
from flowathena.result.relation import Relation
from flowathena.result.result import Result, Stats
from flowathena.result.stored import Stored
from flowathena.result.texts import TextColumn
from tests.portion import EXAMPLES
from tests.test_lines import VALUES, spooled

KINDS = {
    "BOOLEAN": ["boolean"],
    "TINYINT": ["tinyint", "bigint"],
    "SMALLINT": ["smallint", "tinyint"],
    "INTEGER": ["integer", "int", "bigint"],
    "BIGINT": ["bigint", "integer"],
    "HUGEINT": ["bigint"],
    "UBIGINT": ["bigint"],
    "FLOAT": ["real", "float", "double"],
    "DOUBLE": ["double", "real"],
    "DECIMAL(2,2)": ["decimal(2,2)", "decimal(3,3)"],
    "DECIMAL(5,2)": ["decimal(5,2)", "decimal(4,2)", "decimal(5,1)", "decimal"],
    "DECIMAL(18,3)": ["decimal(18,3)"],
    "DECIMAL(38,0)": ["decimal(38,0)", "decimal(38, 0)"],
    "DECIMAL(38,20)": ["decimal(38,20)"],
    "VARCHAR": ["varchar", "varchar(20)", "char(3)", "json", "ipaddress"],
    "DATE": ["date"],
    "TIMESTAMP": ["timestamp", "timestamp(3)", "timestamp with time zone"],
    "TIMESTAMP_S": ["timestamp"],
    "TIMESTAMP_MS": ["timestamp"],
    "TIMESTAMP WITH TIME ZONE": ["timestamp with time zone"],
    "BLOB": ["varbinary"],
}
"""Athena's types of columns that DuckDB keeps as one of its own."""
PAIRS = [(stored, kind) for stored, kinds in KINDS.items() for kind in kinds]
BY_PYTHON = {"json", "ipaddress", "decimal", "decimal(5,1)", "decimal(3,3)"}
"""Types whose values are looked at, or would have to be rounded."""


def table(result: Result) -> object:
    made = result.to_arrow()
    return made.schema, [repr(column.to_pylist()) for column in made.columns]


def polars(result: Result) -> object:
    made = result.to_polars()
    return made.schema, repr(made.rows())


def pandas(result: Result) -> object:
    made = result.to_pandas()
    shown = [repr(made[name].astype("object").tolist()) for name in made.columns]
    return list(made.columns), list(made.dtypes), made.index, shown


def answer(make: Any, result: Result) -> object:  # noqa: ANN401 - one of the three above
    try:
        return make(result)
    except FlowathenaError as error:
        return str(error)
    except (ValueError, TypeError, OverflowError) as error:
        return type(error)


def assert_same(
    columns: Sequence[tuple[str, str]], made: Relation, rows: Sequence[Sequence[object]]
) -> None:
    long = Result(columns, made, Stats("duckdb", len(made), 0.0))
    held = Result(columns, rows, Stats("duckdb", len(made), 0.0))
    assert repr(long.data) == repr(held.data)
    assert str(answer(table, long)) == str(answer(table, held))
    assert str(answer(polars, long)) == str(answer(polars, held))
    assert str(answer(pandas, long)) == str(answer(pandas, held))


@pytest.mark.parametrize(("stored", "kind"), PAIRS)
@settings(
    max_examples=max(1, EXAMPLES // 25), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_every_type_is_as_python_makes_it(stored: str, kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[stored], min_size=20, max_size=50))
    with spooled([stored, "INTEGER"], [(value, 1) for value in values]) as (made, expected):
        assert_same([("A b", kind), ("A b", "integer")], made, expected)


@pytest.mark.parametrize(("stored", "kind"), PAIRS)
def test_no_value_goes_through_python(stored: str, kind: str) -> None:
    with spooled([stored], []) as (made, _):
        columns = Result([("c", kind)], made, Stats("duckdb", 0, 0.0)).columns
        [values] = made.by_column(columns)
        assert isinstance(values, list) == (kind in BY_PYTHON)


@pytest.mark.parametrize(
    ("stored", "kind", "values"),
    [
        ("BIGINT", "bigint", [2**53 + 1, -(2**63), 2**63 - 1, None]),
        ("VARCHAR", "varchar", ["", None, "a\nb", "a\r\nb", '"', ",", "\0", "ünï 東京", " "]),
        ("DOUBLE", "double", [math.nan, math.inf, -0.0, 5e-324, None]),
        ("DOUBLE", "real", [math.nan, 0.1, 1e30, None]),
        ("HUGEINT", "bigint", [2**63, 1]),
        ("INTEGER", "tinyint", [128]),
        ("DECIMAL(5,2)", "decimal(4,2)", [Decimal("123.45")]),
        ("BLOB", "varbinary", [b"", b"\0\xff", None]),
        ("DATE", "date", [date(1, 1, 1), date(9999, 12, 31), None]),
        ("TIMESTAMP", "timestamp", [datetime(1, 1, 1), datetime.max, None]),  # noqa: DTZ001,DTZ901
        ("INTEGER[]", "array(integer)", [[1, None], [], None]),
        ("MAP(VARCHAR, BIGINT)", "map(varchar, bigint)", [{"a": 1}, {}, None]),
        ("STRUCT(a INTEGER)", "row(a integer)", [{"a": 1}, {"a": None}, None]),
    ],
)
def test_hard_values_are_as_python_makes_them(stored: str, kind: str, values: list[Any]) -> None:
    with spooled([stored, "VARCHAR"], [(value, "x") for value in values]) as (made, expected):
        assert_same([("v", kind), ("", "varchar")], made, expected)


@pytest.mark.parametrize("value", ["290000-01-01", "0044-03-15 (BC)", "infinity"])
def test_dates_that_python_has_not_are_errors_as_before(value: str, tmp_path: Path) -> None:
    made = spool.fill(tmp_path, f"SELECT DATE '{value}', 1", [Stored("DATE"), Stored("INTEGER")])
    rows = duckdb.execute(f"SELECT DATE '{value}', 1").fetchall()
    assert_same([("d", "date"), ("n", "integer")], made, rows)


def of_athena() -> tuple[list[tuple[str, str]], Relation]:
    """A result as Athena writes it, of every type and with every trap."""
    read = str
    columns: list[tuple[str, str, TextColumn]] = [
        ("big", "bigint", TextColumn("bigint", read)),
        ("Text", "varchar", TextColumn("varchar", read)),
        ("price", "decimal(5,2)", TextColumn("decimal", read, 5, 2)),
        ("day", "date", TextColumn("date", read)),
        ("time", "timestamp", TextColumn("timestamp", read)),
        ("zoned", "timestamp with time zone", TextColumn("timestamp with time zone", read)),
        ("bytes", "varbinary", TextColumn("varbinary", read)),
        (
            "list",
            "array",
            TextColumn("array", lambda text: str(text)[1:-1].split(", "), nested=True),
        ),
        ("Text", "double", TextColumn("double", read)),
    ]
    lines = [
        ",".join(f'"{name}"' for name, _, _ in columns),
        (
            '"9007199254740993","","1.50","2026-11-01","2026-11-01 12:00:00.000",'
            '"2026-11-01 12:00:00.007 UTC","01 ff","[a, b]","NaN"'
        ),
        "," * 8,
        (
            '"-1","a ""b"",\nc","-0.05","0001-01-01","9999-12-31 23:59:59.999999",'
            '"2026-11-01 12:00:00.000 UTC","","[c]","1.0E10"'
        ),
    ]
    with Loading(spool.new_folder(), [column for _, _, column in columns]) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    return [(name, kind) for name, kind, _ in columns], file.rows()


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_texts_of_athena_become_these_frames() -> None:
    """The expectation is written by hand."""
    columns, made = of_athena()
    result = Result(columns, made, Stats("athena", 3, 0.0))
    expected = pa.table(
        {
            "big": pa.array([2**53 + 1, None, -1], pa.int64()),
            "Text": pa.array(["", None, 'a "b",\nc'], pa.string()),
            "price": pa.array([Decimal("1.50"), None, Decimal("-0.05")], pa.decimal128(5, 2)),
            "day": pa.array([date(2026, 11, 1), None, date(1, 1, 1)]),
            "time": pa.array(
                [NOON, None, datetime.max.replace(tzinfo=UTC)], pa.timestamp("us", tz="UTC")
            ),
            "zoned": pa.array(
                [NOON.replace(microsecond=7000), None, NOON], pa.timestamp("us", tz="UTC")
            ),
            "bytes": pa.array([b"\x01\xff", None, b""], pa.binary()),
            "list": pa.array([["a", "b"], None, ["c"]], pa.list_(pa.string())),
            "Text_2": pa.array([math.nan, None, 1e10], pa.float64()),
        }
    )
    found = result.to_arrow()
    assert found.schema == expected.schema
    assert repr(found.to_pylist()) == repr(expected.to_pylist())  # NaN is not NaN
    frame = result.to_pandas()
    assert frame["big"].tolist() == [2**53 + 1, pd.NA, -1]
    assert frame["Text"].tolist() == ["", pd.NA, 'a "b",\nc']
    assert frame["Text_2"].tolist() == [pd.NA, pd.NA, 1e10]
    assert frame["time"].dtype == "datetime64[us, UTC]"
    assert frame["price"].dtype == pd.ArrowDtype(pa.decimal128(5, 2))
    assert result.to_polars().schema["zoned"] == pl.Datetime("us", "UTC")
    assert result.to_polars()["Text"].to_list() == ["", None, 'a "b",\nc']


def test_a_frame_of_pandas_needs_no_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, made = of_athena()
    result = Result(columns, made, Stats("athena", 3, 0.0))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        frame = result.to_pandas()
    assert frame["big"].tolist() == [2**53 + 1, pd.NA, -1]
    assert frame["price"].tolist() == [Decimal("1.50"), None, Decimal("-0.05")]
    assert frame["list"].tolist() == [["a", "b"], None, ["c"]]


def test_many_columns_of_objects_take_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning of pandas that a frame is fragmented would be an error here."""
    names = [f"c{n}" for n in range(150)]
    result = Result(
        [(name, "date") for name in names], [[date(2026, 11, 1)] * 150], Stats("", 1, 0.0)
    )
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        frame = result.to_pandas()
    frame["another"] = 1
    assert frame.shape == (1, 151)


@pytest.mark.parametrize("rows", [0, 1, 200_000])
def test_any_number_of_rows(tmp_path: Path, rows: int) -> None:
    sql = f"SELECT range, range::VARCHAR FROM range({rows})"
    made = spool.fill(tmp_path, sql, [Stored("BIGINT"), Stored("VARCHAR")])
    result = Result([("n", "bigint"), ("v", "varchar")], made, Stats("duckdb", rows, 0.0))
    frame = result.to_pandas()
    assert frame["n"].tolist() == list(range(rows))
    assert frame["v"].tolist() == [str(n) for n in range(rows)]
    assert frame.index.equals(pd.RangeIndex(rows))
    assert result.to_arrow().num_rows == result.to_polars().height == rows
