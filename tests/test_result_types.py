"""Types of result columns: read from their names, kept by Arrow, pandas, polars and Parquet."""

import io
import pickle
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import FlowathenaError
from flowathena.result import spool
from flowathena.result.duckdb_types import athena_type
from flowathena.result.formats import Format, write
from flowathena.result.result import Result, Stats
from flowathena.result.stored import Stored
from flowathena.result.types import AthenaType, parse

BIGINT, VARCHAR = AthenaType("bigint"), AthenaType("varchar")
UTC_MICROS = pa.timestamp("us", tz="UTC")


def made(kind: str, values: Iterable[object]) -> Result:
    rows = [(value,) for value in values]
    return Result([("c", kind)], rows, Stats("duckdb", len(rows), 0.1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bigint", BIGINT),
        ("BIGINT", BIGINT),
        ("varchar(10)", AthenaType("varchar", (10,))),
        ("decimal(10, 2)", AthenaType("decimal", (10, 2))),
        ("decimal(10,2)", AthenaType("decimal", (10, 2))),
        ("timestamp(3) with time zone", AthenaType("timestamp with time zone", (3,))),
        ("interval day to second", AthenaType("interval day to second")),
        ("array(bigint)", AthenaType("array", parts=(BIGINT,))),
        (
            "map(varchar, array(decimal(5,1)))",
            AthenaType(
                "map",
                parts=(VARCHAR, AthenaType("array", parts=(AthenaType("decimal", (5, 1)),))),
            ),
        ),
        ("row(a bigint, b varchar)", AthenaType("row", (), (BIGINT, VARCHAR), ("a", "b"))),
        ("row(bigint, varchar)", AthenaType("row", (), (BIGINT, VARCHAR), ("", ""))),
        ('row("a ""b"" (c)" bigint)', AthenaType("row", (), (BIGINT,), ('a "b" (c)',))),
        (
            "row(at timestamp with time zone, timestamp with time zone)",
            AthenaType("row", (), (AthenaType("timestamp with time zone"),) * 2, ("at", "")),
        ),
        ("array", AthenaType("array")),
        ("", AthenaType("")),
        ("array(", AthenaType("array(")),
        ("decimal(x)", AthenaType("decimal(x)")),
        ("bigint)", AthenaType("bigint)")),
    ],
)
def test_a_name_is_read(text: str, expected: AthenaType) -> None:
    assert parse(text) == expected


@given(st.text(max_size=30))
def test_any_text_is_read(text: str) -> None:
    assert parse(text).name == parse(text).name.lower()


TYPES = [
    ("boolean", pa.bool_(), True),
    ("tinyint", pa.int8(), 1),
    ("smallint", pa.int16(), 1),
    ("integer", pa.int32(), 1),
    ("bigint", pa.int64(), 2**53 + 1),
    ("real", pa.float32(), 0.5),
    ("float", pa.float32(), 0.5),
    ("double", pa.float64(), 0.5),
    ("decimal(10, 2)", pa.decimal128(10, 2), Decimal("1.50")),
    ("decimal(38,0)", pa.decimal128(38, 0), Decimal(10**37)),
    ("varchar", pa.string(), "x"),
    ("varchar(5)", pa.string(), "x"),
    ("char(5)", pa.string(), "x"),
    ("varbinary", pa.binary(), b"x"),
    ("date", pa.date32(), date(2026, 11, 1)),
    ("time", pa.time64("us"), time(1, 2, 3)),
    ("timestamp(3)", UTC_MICROS, datetime(2026, 11, 1, tzinfo=UTC)),
    ("timestamp with time zone", UTC_MICROS, datetime(2026, 11, 1, tzinfo=UTC)),
    ("array(integer)", pa.list_(pa.int32()), [1, None]),
    ("array(array(decimal(5,1)))", pa.list_(pa.list_(pa.decimal128(5, 1))), [[Decimal("1.5")]]),
    ("map(varchar, bigint)", pa.map_(pa.string(), pa.int64()), {"a": 1}),
    (
        "row(a bigint, b array(varchar))",
        pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]),
        {"a": 1, "b": ["x"]},
    ),
]


@pytest.mark.few(25)
@pytest.mark.parametrize(("kind", "arrow", "value"), TYPES, ids=[kind for kind, *_ in TYPES])
@pytest.mark.parametrize("shape", ["values", "nulls", "empty"])
def test_a_type_is_kept_whatever_the_values(
    kind: str, arrow: pa.DataType, value: object, shape: str
) -> None:
    shapes: dict[str, list[Any]] = {"values": [value, None], "nulls": [None, None], "empty": []}
    values = shapes[shape]
    result = made(kind, values)
    assert result.to_arrow().schema.field("c").type == arrow
    file = io.BytesIO()
    write(result, Format.PARQUET, file)
    read = pq.read_table(file)
    assert read.schema.field("c").type == arrow
    plain = [
        [(k, v) for k, v in each.items()] if "map" in kind and each else each for each in values
    ]
    assert read["c"].to_pylist() == plain
    full, frame = made(kind, [value]).to_pandas(), result.to_pandas()
    assert frame["c"].dtype == full["c"].dtype
    assert frame["c"].isna().tolist() == [each is None for each in values]
    whole = made(kind, [value]).to_polars()
    assert result.to_polars().schema == whole.schema


@pytest.mark.parametrize(
    ("kind", "values", "arrow"),
    [
        ("array", [[1, 2], None], pa.list_(pa.int64())),
        ("array", [None], pa.list_(pa.null())),
        ("array", [], pa.list_(pa.null())),
        ("map", [{"a": 1}, {"b": 2}], pa.map_(pa.string(), pa.int64())),
        ("map", [None], pa.map_(pa.string(), pa.null())),
        ("row", [{"a": 1}], pa.struct([("a", pa.int64())])),
        ("json", [None], pa.string()),
        ("array", [[1, "x"], None], pa.string()),
    ],
)
def test_what_athena_does_not_name_follows_from_the_values(
    kind: str, values: list[object], arrow: pa.DataType
) -> None:
    assert made(kind, values).to_arrow().schema.field("c").type == arrow
    write(made(kind, values), Format.PARQUET, io.BytesIO())


def test_decimals_stay_decimals_in_pandas_and_polars() -> None:
    result = made("decimal(10, 2)", [Decimal("1.50"), None, Decimal("2.25")])
    series = result.to_pandas()["c"]
    assert series.dtype == pd.ArrowDtype(pa.decimal128(10, 2))
    assert series.sum() == Decimal("3.75")
    assert result.to_polars().schema == {"c": pl.Decimal(10, 2)}


@pytest.mark.parametrize(
    ("kind", "value"), [("bigint", 2**63), ("decimal(3,1)", Decimal("123.4")), ("date", "x")]
)
def test_a_value_that_does_not_fit_is_told_with_its_column(kind: str, value: object) -> None:
    with pytest.raises(FlowathenaError, match=r"^column 'c': "):
        made(kind, [value]).to_arrow()
    with pytest.raises(FlowathenaError, match=r"^column 'c': "):
        write(made(kind, [value]), Format.PARQUET, io.BytesIO())


def spooled(folder: Path) -> Result:
    rows = spool.fill(folder, "SELECT range FROM range(3)", [Stored("BIGINT")])
    return Result([("n", "bigint")], rows, Stats("duckdb", 3, 0.1))


def test_a_result_in_memory_can_be_pickled() -> None:
    result = made("decimal(10, 2)", [Decimal("1.50")])
    copy = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    assert copy.rows() == result.rows()
    assert (copy.columns, copy.stats) == (result.columns, result.stats)


def test_a_result_in_a_file_says_that_it_cannot_be_pickled(tmp_path: Path) -> None:
    result = spooled(tmp_path)
    with pytest.raises(FlowathenaError, match="of 3 rows is in a temporary file"):
        pickle.dumps(result)
    assert result.rows() == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_result_says_what_it_is(tmp_path: Path) -> None:
    assert repr(made("decimal(10,2)", [None])) == "<Result 1 row of 1 column: c decimal(10,2)>"
    assert repr(spooled(tmp_path)) == "<Result 3 rows of 1 column: n bigint>"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("[1]", "array(integer)"),
        ("[sum(1::BIGINT)]", "array(bigint)"),
        ("MAP {'a': 1.5::DECIMAL(5,2)}", "map(varchar, decimal(5,2))"),
        ("{'a b': 1, 'c': ['x']}", 'row("a b" integer, "c" array(varchar))'),
        ("1.5::DECIMAL(10,2)", "decimal(10,2)"),
        ("'x'::BLOB", "varbinary"),
    ],
)
def test_the_local_engine_names_types_as_trino_does(sql: str, kind: str) -> None:
    answer = duckdb.sql(f"SELECT {sql}")
    assert answer is not None
    assert [athena_type(found) for found in answer.types] == [kind]
