"""Rows that DuckDB writes have the bytes that Python's writers give them."""

import csv
import io
import json
import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowathena.result import spool
from flowathena.result.formats import Format, encode
from flowathena.result.result import Result, Stats
from flowathena.result.spool import Spool, Spooler
from flowathena.result.stored import Stored
from tests.portion import EXAMPLES

ODD = [
    "", " ", ",", '"', '""', "'", "\n", "\r", "\r\n", "\t", "\0", "\b", "\f", "\\", "\\u000B", "/",
    "a,b", 'a "b"', "a\nb", "null", "\x0b", "\x1a\x1b", "\x7f", "\x80", "\u2028", "\ufeff",
    "\U0001f600", "ünï", "<script>", "\\n", "${x}", "%s", "NaN", "-", "e\u0301", '\x01\\"\x1f\n',
]  # fmt: skip
DOUBLES = [
    0.0, -0.0, 0.1, 1 / 3, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 1e22, 1e23, 5e-324,
    1.7976931348623157e308, 2.0**53, 2.0**53 + 2, 100.0, 1e100, math.inf, -math.inf, math.nan,
    9007199254740993.0, 0.30000000000000004, 1.0, -1.5, -math.nan,
]  # fmt: skip
MOMENTS = [
    datetime.fromisoformat(text)  # DuckDB's TIMESTAMP has no zone
    for text in (
        "0001-01-01", "0999-12-31T23:59:59.999999", "1970-01-01", "1969-12-31T23:59:59.000001",
        "2026-11-01T12:00:00", "1582-10-04", "2026-11-01T12:00:00.500",
        "9999-12-31T23:59:59.999999",
    )
]  # fmt: skip


def decimals(digits: int, places: int) -> st.SearchStrategy[Decimal]:
    """Every value of a DECIMAL type."""
    largest = 10**digits - 1
    return st.integers(-largest, largest).map(lambda n: Decimal(n).scaleb(-places))


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


moments = st.sampled_from(MOMENTS) | st.datetimes(MOMENTS[0], MOMENTS[-1])
texts = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"))
single = st.integers(0, 2**32 - 1).map(lambda n: struct.unpack("<f", n.to_bytes(4, "little"))[0])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "BOOLEAN": st.booleans(),
    "TINYINT": integers(8),
    "SMALLINT": integers(16),
    "INTEGER": integers(32),
    "BIGINT": integers(64),
    "HUGEINT": st.integers(-(2**127) + 1, 2**127 - 1),
    "UBIGINT": st.integers(0, 2**64 - 1),
    "FLOAT": single,
    "DOUBLE": st.sampled_from(DOUBLES) | st.floats(),
    "DECIMAL(2,2)": decimals(2, 2),
    "DECIMAL(5,2)": decimals(5, 2),
    "DECIMAL(18,3)": decimals(18, 3),
    "DECIMAL(38,0)": decimals(37, 0),
    "DECIMAL(38,20)": decimals(37, 20),
    "VARCHAR": texts,
    "DATE": st.dates(),
    "TIMESTAMP": moments,
    "TIMESTAMP_S": moments.map(lambda value: value.replace(microsecond=0)),
    "TIMESTAMP_MS": moments.map(lambda value: value.replace(microsecond=5_000)),
    "TIMESTAMP WITH TIME ZONE": moments,
    "BLOB": st.binary(),
}
PYTHONS = ("INTEGER[]", "STRUCT(a INTEGER, b VARCHAR)", "INTERVAL", "TIMESTAMP_NS", "VARCHAR[]")


# The writers as they were when every row was held: what the bytes have to be.


def old_field(value: object) -> object:
    if isinstance(value, datetime | date):
        return old_plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple | dict):
        return json.dumps(old_plain(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else value


def old_plain(value: object) -> object:  # noqa: PLR0911 - as it was
    if isinstance(value, dict):
        return {str(key): old_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [old_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, timedelta):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


_EMPTY = "an empty text which csv itself would not tell from NULL"


def old_csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in [names, *([old_field(value) for value in row] for row in rows)]:
        writer.writerow(_EMPTY if value == "" else value for value in row)
    return text.getvalue().replace(_EMPTY, '""').encode()


def old_objects(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    made = [dict(zip(names, row, strict=True)) for row in rows]
    return [json.dumps(old_plain(row), ensure_ascii=False) for row in made]


def old_json(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    objects = ",\n  ".join(old_objects(names, rows))
    return f"[\n  {objects}\n]\n".encode() if rows else b"[]\n"


def old_jsonl(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    return "".join(f"{line}\n" for line in old_objects(names, rows)).encode()


@cache
def connected() -> duckdb.DuckDBPyConnection:
    """Where the rows are made; one for all of them."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def spooled(
    kinds: Sequence[str], rows: Sequence[Sequence[object]]
) -> Iterator[tuple[Spool, list[tuple[object, ...]]]]:
    """Rows in a spool of many small batches, and the same rows as DuckDB hands them out."""
    connection = connected()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "BATCH_ROWS", 7)
        columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(kinds))
        connection.execute(f"CREATE OR REPLACE TABLE t ({columns})")
        nothing = [(None,) * len(kinds)] * 8  # more than a batch: fewer would be held
        every = [*nothing, *rows]
        marks = f"({', '.join(f'CAST(? AS {kind})' for kind in kinds)})"
        connection.execute(
            f"INSERT INTO t VALUES {', '.join([marks] * len(every))}", list(chain(*every))
        )
        with Spooler(connection) as spooler:
            made = spooler.fill("SELECT * FROM t", [Stored(kind) for kind in kinds])
        assert isinstance(made, Spool)
        naive = ", ".join(
            f"CAST(c{n} AS TIMESTAMP)" if "ZONE" in kind else f"c{n}"
            for n, kind in enumerate(kinds)
        )
        yield (
            made,
            [tuple(map(utc, row)) for row in connection.sql(f"SELECT {naive} FROM t").fetchall()],
        )


def utc(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def assert_same(names: Sequence[str], kinds: Sequence[str], rows: Sequence[Any]) -> None:
    with spooled(kinds, rows) as (made, expected):
        result = Result(zip(names, kinds, strict=True), made, Stats("duckdb", len(made), 0.0))
        own = [column.name for column in result.columns]
        assert repr(result.data) == repr(expected)  # 1 is not 1.0, and NaN is NaN
        assert len(result) == len(expected)
        assert encode(result, Format.CSV) == old_csv(own, expected)
        assert encode(result, Format.JSONL) == old_jsonl(own, expected)
        assert encode(result, Format.JSON) == old_json(own, expected)


@pytest.mark.parametrize("kind", VALUES)
@settings(
    max_examples=max(1, EXAMPLES // 25),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_every_type_has_the_old_bytes(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=20, max_size=50))
    assert_same(["one"], [kind], [(value,) for value in values])
    assert_same(["a", "b"], [kind, "INTEGER"], [(value, 1) for value in values])


@pytest.mark.parametrize(
    ("kind", "values"),
    [("VARCHAR", ODD), ("DOUBLE", DOUBLES), ("FLOAT", DOUBLES[:5]), ("TIMESTAMP", MOMENTS)],
)
def test_known_traps_have_the_old_bytes(kind: str, values: list[Any]) -> None:
    assert_same(["one"], [kind], [(value,) for value in values])
    assert_same(["a", "b"], [kind, kind], list(zip(values, values[::-1], strict=True)))


def test_every_character_below_two_thousand_has_the_old_bytes() -> None:
    rows = [("".join(map(chr, range(start, start + 16))),) for start in range(0, 2000, 16)]
    assert_same(["v"], ["VARCHAR"], [*rows, *[(chr(code),) for code in range(256)]])


@pytest.mark.parametrize("name", ["a", "", 'a "b"', "it's", "a\nb", "\\", "ünï", "{x}", "a,b", "?"])
def test_any_name_of_a_column(name: str) -> None:
    assert_same([name], ["INTEGER"], [(1,), (2,)])
    assert_same([name, name], ["INTEGER", "VARCHAR"], [(1, "x"), (2, None)])


@pytest.mark.parametrize("kind", PYTHONS)
def test_what_duckdb_does_not_write_python_does(kind: str) -> None:
    values: list[object] = {
        "INTEGER[]": [[22, None], []],
        "STRUCT(a INTEGER, b VARCHAR)": [{"a": 1, "b": 'x"'}, {"a": None, "b": None}],
        "INTERVAL": [timedelta(days=1, seconds=5), timedelta(0)],
        "TIMESTAMP_NS": [datetime.fromisoformat("2026-11-01T12:00:00.000001")],
        "VARCHAR[]": [["a, b", '"'], [None]],
    }[kind]  # type: ignore[assignment]
    assert_same(["a", "b"], [kind, "VARCHAR"], [(value, "x") for value in values])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DATE", "290000-01-01"),
        ("DATE", "5881580-07-10"),
        ("DATE", "0044-03-15 (BC)"),
        ("DATE", "infinity"),
        ("TIMESTAMP", "20000-01-01"),
        ("TIMESTAMP", "-infinity"),
    ],
)
def test_dates_that_python_has_not_are_written_as_before(kind: str, value: str) -> None:
    assert_same(["a"], [kind], [(value,), ("2026-11-01",)])
