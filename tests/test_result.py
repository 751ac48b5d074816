"""What a run gives back."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from flowathena.result.result import Result, Stats

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
STATS = Stats("duckdb", 2, 0.1)


def made(columns: list[tuple[str, str]], *rows: tuple[object, ...]) -> Result:
    return Result(columns, rows, STATS)


MIXED = made(
    [("flows", "bigint"), ("seen", "timestamp"), ("source", "varchar"), ("share", "double")],
    (2**53 + 1, NOON, "10.0.0.1", 0.5),
    (None, None, None, None),
)


def test_rows_are_dicts_in_the_order_of_the_columns() -> None:
    result = made([("b", "bigint"), ("a", "varchar")], (1, "x"), (2, None))
    assert result.rows() == [{"b": 1, "a": "x"}, {"b": 2, "a": None}]
    assert list(result.rows()[0]) == ["b", "a"]


def test_iteration_is_over_the_rows() -> None:
    assert list(MIXED) == MIXED.rows()


def test_length_is_the_number_of_rows() -> None:
    assert (len(MIXED), len(made([("a", "bigint")]))) == (2, 0)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "a"], ["a", "a_2"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
        (["a_2", "a", "a"], ["a_2", "a", "a_3"]),
        (["a", "b"], ["a", "b"]),
        (["", ""], ["", "_2"]),
    ],
)
def test_equal_names_are_told_apart(names: list[str], expected: list[str]) -> None:
    result = made([(name, "bigint") for name in names])
    assert [column.name for column in result.columns] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (datetime(2026, 11, 1, 12), NOON),  # noqa: DTZ001 - engines hand out naive times
        (NOON, NOON),
        (datetime(2026, 11, 1, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
    ],
)
def test_times_are_utc(given: datetime, expected: datetime) -> None:
    ((value,),) = made([("seen", "timestamp")], (given,)).data
    assert isinstance(value, datetime)
    assert (value, value.tzinfo) == (expected, UTC)


def test_a_decimal_that_is_no_number_is_null() -> None:
    assert made([("a", "decimal(3,1)")], (Decimal("NaN"),)).data == [(None,)]


def test_pandas_keeps_integers_beside_null() -> None:
    frame = MIXED.to_pandas()
    assert (str(frame["flows"].dtype), int(frame["flows"][0])) == ("Int64", 2**53 + 1)
    assert frame["flows"].isna().tolist() == [False, True]


def test_pandas_keeps_utc() -> None:
    frame = MIXED.to_pandas()
    assert str(frame["seen"].dtype) == "datetime64[us, UTC]"
    assert frame["seen"][0].to_pydatetime() == NOON


def test_pandas_keeps_the_columns_of_an_empty_result() -> None:
    frame = made([("a", "bigint"), ("b", "varchar"), ("c", "timestamp")]).to_pandas()
    assert frame.dtypes.astype(str).to_dict() == {
        "a": "Int64",
        "b": "string",
        "c": "datetime64[us, UTC]",
    }


def test_pandas_keeps_equal_names_apart() -> None:
    frame = made([("a", "bigint"), ("a", "bigint")], (1, 2)).to_pandas()
    assert frame.to_dict("records") == [{"a": 1, "a_2": 2}]


def test_arrow_has_athenas_types() -> None:
    assert MIXED.to_arrow().schema == pa.schema(
        [
            ("flows", pa.int64()),
            ("seen", pa.timestamp("us", tz="UTC")),
            ("source", pa.string()),
            ("share", pa.float64()),
        ]
    )


def test_arrow_has_the_rows() -> None:
    assert MIXED.to_arrow().to_pylist() == MIXED.rows()


def test_arrow_keeps_decimals_dates_and_lists() -> None:
    row = (Decimal("1.50"), date(2026, 11, 1), [1, None], True)
    result = made(
        [("a", "decimal(5,2)"), ("b", "date"), ("c", "array(integer)"), ("d", "boolean")], row
    )
    assert result.to_arrow().to_pylist() == result.rows()


def test_arrow_keeps_the_columns_of_an_empty_result() -> None:
    empty = made([("a", "bigint"), ("b", "timestamp")]).to_arrow()
    assert (empty.num_rows, empty.schema.names) == (0, ["a", "b"])


def test_polars_keeps_integers_beside_null_and_utc() -> None:
    frame = MIXED.to_polars()
    assert frame.rows() == [(2**53 + 1, NOON, "10.0.0.1", 0.5), (None, None, None, None)]
    assert str(frame.schema["flows"]) == "Int64"


def test_polars_keeps_the_columns_of_an_empty_result() -> None:
    assert made([("a", "bigint"), ("b", "varchar")]).to_polars().columns == ["a", "b"]


def test_stats_are_kept() -> None:
    assert MIXED.stats == STATS
