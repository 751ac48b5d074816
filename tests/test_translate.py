"""The translation to DuckDB: names, the clock, the table, refusals. Values: test_semantics.py."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product

import duckdb
import pytest

from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import EngineError
from flowathena.sql.statement import Statement

NOW = datetime(2026, 11, 8, 12, 30, 45, 123_456, tzinfo=UTC)
SCHEMA = {
    "db": {
        "t": {"a": "int", "b": "bigint", "s": "string", "start": "bigint"},
        "l-ogs": {"end": "bigint"},
    }
}
ROWS = """
CREATE SCHEMA db;
CREATE TABLE db.t (a INTEGER, b BIGINT, s VARCHAR, "start" BIGINT);
INSERT INTO db.t VALUES
    (7, 2, 'x', 1793491200), (-7, 2, 'y', 1793492099), (NULL, 3, NULL, 1793492100);
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        made.execute("SET TimeZone = 'UTC'")
        made.execute(ROWS)
        yield made


def ts(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT count(*), a, sum(b) FROM db.t GROUP BY a", ["_col0", "a", "_col2"]),
        ("SELECT count(*) AS n, 1 FROM db.t", ["n", "_col1"]),
        ("SELECT count(*) FROM db.t UNION ALL SELECT 5", ["_col0"]),
        ("SELECT * FROM db.t", ["a", "b", "s", "start"]),
        ("WITH q AS (SELECT a FROM db.t) SELECT a, a + 1 FROM q", ["a", "_col1"]),
    ],
)
def test_outputs_without_a_name_are_called_by_position(
    connection: duckdb.DuckDBPyConnection, sql: str, names: list[str]
) -> None:
    connection.execute(to_duckdb(Statement(sql), SCHEMA, NOW))
    assert [column[0] for column in connection.description] == names


def test_now_is_told_in_utc(connection: duckdb.DuckDBPyConnection) -> None:
    there = datetime.fromisoformat("2026-11-08T23:30:00-05:00")
    sql = to_duckdb(Statement("SELECT current_date AS d, current_timestamp AS t"), {}, there)
    expected = (date(2026, 11, 9), ts("2026-11-09 04:30"))
    assert connection.execute(sql).fetchone() == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("current_timestamp", ts("2026-11-08 12:30:45.123")),
        ("now()", ts("2026-11-08 12:30:45.123")),
        ("current_date", date(2026, 11, 8)),
        ("current_timestamp - INTERVAL '1' DAY", ts("2026-11-07 12:30:45.123")),
        ("current_date - INTERVAL '1' MONTH", date(2026, 10, 8)),
    ],
)
def test_now_is_the_moment_given(
    connection: duckdb.DuckDBPyConnection, expression: str, expected: object
) -> None:
    sql = to_duckdb(Statement(f"SELECT {expression} AS v"), {}, NOW)
    assert connection.execute(sql).fetchone() == (expected,)


DIVIDENDS = [0, 1, -1, 6, 7, -7, 899, 900, -900, 2**31, 2**53 + 1, -(2**62)]
DIVISORS = [1, -1, 2, -2, 7, 900, -900, 2**40, -(2**53) - 1]


@pytest.mark.parametrize(("dividend", "divisor"), list(product(DIVIDENDS, DIVISORS)))
def test_division_of_integers_truncates(
    connection: duckdb.DuckDBPyConnection, dividend: int, divisor: int
) -> None:
    quotient = abs(dividend) // abs(divisor)
    expected = quotient if (dividend < 0) == (divisor < 0) else -quotient
    sql = f"SELECT CAST({dividend} AS bigint) / ({divisor}) AS v"
    assert connection.execute(to_duckdb(Statement(sql), {}, NOW)).fetchone() == (expected,)


@pytest.mark.parametrize("days", [-400, -31, -1, 0, 1, 28, 365])
@pytest.mark.parametrize("seconds", [0, 1, 43_200, 86_399])
@pytest.mark.parametrize("sign", [1, -1])
def test_whole_days_between_two_times_are_those_passed(
    connection: duckdb.DuckDBPyConnection, days: int, seconds: int, sign: int
) -> None:
    base = ts("2026-11-01 06:00")
    passed = timedelta(days=days, seconds=sign * seconds)
    whole = abs(passed) // timedelta(days=1) * (1 if passed > timedelta() else -1)
    sql = f"SELECT date_diff('day', TIMESTAMP '{base}', TIMESTAMP '{base + passed}') AS v"
    assert connection.execute(to_duckdb(Statement(sql), {}, NOW)).fetchone() == (whole,)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("rand()", "the local engine does not support function rand; it runs on Athena only"),
        ("soundex(s)", "the local engine does not support function soundex"),
        ("getenv('HOME')", "Athena has no function getenv"),
        ("aproxdistinct(1)", "Athena has no function aproxdistinct; did you mean approx_distinct?"),
        ("lower('a', 'b')", "lower takes 1 argument, not 2"),
        ("regexp_replace('a', 'a', s)", "regexp_replace with a computed replacement"),
        ("max(ARRAY[s])", "order of array(varchar)"),
        ("contains('10.0.0.5/8', CAST(s AS ipaddress))", "Invalid CIDR (10.0.0.5/8)"),
    ],
)
def test_a_refusal_tells_why(expression: str, told: str) -> None:
    with pytest.raises(EngineError) as caught:
        to_duckdb(Statement(f"SELECT {expression} AS v FROM db.t"), SCHEMA, NOW)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "function", ["read_text", "read_csv", "read_blob", "read_parquet", "duckdb_settings"]
)
def test_duckdbs_table_functions_are_refused(function: str) -> None:
    with pytest.raises(EngineError, match=f"Athena has no function {function}"):
        to_duckdb(Statement(f"SELECT * FROM {function}('/etc/passwd')"), {}, NOW)


def test_a_refusal_deep_in_a_query_is_found() -> None:
    sql = "WITH q AS (SELECT CASE WHEN a IN (SELECT random(b) FROM db.t) THEN 1 END AS v FROM db.t)"
    with pytest.raises(EngineError, match="not support function random"):
        to_duckdb(Statement(f"{sql} SELECT v FROM q"), SCHEMA, NOW)


def test_an_unknown_column_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match=r"local engine: .*zzz"):
        to_duckdb(Statement("SELECT zzz FROM db.t"), SCHEMA, NOW)


def test_names_stay_quoted(connection: duckdb.DuckDBPyConnection) -> None:
    sql = to_duckdb(Statement('SELECT "end" AS "e nd" FROM "db"."l-ogs"'), SCHEMA, NOW)
    connection.execute('CREATE OR REPLACE TABLE db."l-ogs" AS SELECT 5 AS "end"')
    assert connection.execute(sql).fetchall() == [(5,)]


def test_the_dialect_is_whole_before_threads_use_it() -> None:
    program = "import sys, flowathena.engine.local.translate; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"sqlglot.dialects.duckdb" in done.stdout.split()


@pytest.mark.parametrize("sql", ["SELECT (1", "SELECT a FROM t LIMIT 5 5", "SELECT 'open"])
def test_what_is_no_sql_is_told_on_one_plain_line(sql: str) -> None:
    with pytest.raises(EngineError) as caught:
        to_duckdb(Statement(sql), {}, datetime(2026, 11, 1, tzinfo=UTC))
    told = str(caught.value)
    assert told.isprintable()
