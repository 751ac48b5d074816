"""Athena SQL run by DuckDB means what Trino documents, or is refused by name."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import duckdb
import pytest

from flowathena.engines.translate import to_duckdb
from flowathena.errors import EngineError

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


VALUES: list[tuple[str, object]] = [
    # Division of integers truncates towards zero.
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / -2", -3),
    ("-7 / -2", 3),
    ("7 / 2 * 2", 6),
    ("2 * 7 / 2", 7),
    ("1793492099 / 900 * 900", 1_793_491_200),
    ("7e0 / 2", 3.5),
    ("7 / 2e0", 3.5),
    ("CAST(7 AS double) / 2", 3.5),
    ("100e0 * 1 / 8", 12.5),
    ("coalesce(NULL, 7) / 2", 3),
    ("nullif(7, 0) / 2", 3),
    ("greatest(7, 3) / 2", 3),
    ("abs(-7) / 2", 3),
    ("length('seven77') / 2", 3),
    ("cardinality(ARRAY[1, 2, 3]) / 2", 1),
    ("CASE WHEN true THEN 7 ELSE 1 END / 2", 3),
    ("if(true, 7e0, 1) / 2", 3.5),
    ("power(7, 1) / 2", 3.5),
    ("round(7e0) / 2", 3.5),
    ("try(1 / 0)", None),
    ("1e0 / 0", float("inf")),
    # Remainders have the sign of the dividend.
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("mod(-7, 3)", -1),
    # Numbers.
    ("round(2.5e0)", 3.0),
    ("round(-2.5e0)", -3.0),
    ("round(25, -1)", 30),
    ("round(2.345, 2)", Decimal("2.35")),
    ("log(2, 8)", 3.0),
    ("log10(100)", 2.0),
    ("log2(8)", 3.0),
    ("power(2, 10)", 1024.0),
    ("sqrt(16)", 4.0),
    ("CAST(1.5 AS integer)", 2),
    ("CAST(-1.5 AS integer)", -2),
    ("bitwise_and(18, 2)", 2),
    ("bitwise_or(16, 2)", 18),
    ("bitwise_xor(6, 3)", 5),
    ("1.10 * 2", Decimal("2.20")),
    ("is_nan(0e0 / 0)", True),
    # NULL.
    ("greatest(1, NULL)", None),
    ("least(NULL, 2)", None),
    ("concat('a', NULL)", None),
    ("'a' || NULL", None),
    ("if(1 = 2, 'a')", None),
    ("1 = NULL", None),
    ("true AND NULL", None),
    ("false AND NULL", False),
    # Text.
    ("concat('a', 'b', 'c')", "abc"),
    ("concat_ws('-', 'a', NULL, 'b')", "a-b"),
    ("lpad('7', 3, '0')", "007"),
    ("lpad('hello', 3, 'x')", "hel"),
    ("rpad('ab', 4, 'xy')", "abxy"),
    ("substr('hello', 2, 3)", "ell"),
    ("substr('hello', -2)", "lo"),
    ("substr('hello', 9)", ""),
    ("substring('hello' FROM 2 FOR 3)", "ell"),
    ("strpos('abcabc', 'c')", 3),
    ("strpos('abc', 'z')", 0),
    ("position('b' IN 'abc')", 2),
    ("replace('abc', 'b')", "ac"),
    ("replace('abab', 'b', 'x')", "axax"),
    ("reverse('añb')", "bña"),
    ("length('añb')", 3),
    ("upper('abc')", "ABC"),
    ("trim('  a  ')", "a"),
    ("starts_with('10.0.0.1', '10.')", True),
    ("split('a,b,c', ',')", ["a", "b", "c"]),
    ("split_part('a.b', '.', 2)", "b"),
    ("split_part('a.b', '.', 3)", None),
    ("'a_c' LIKE 'a\\_c'", False),
    ("'a%c' LIKE 'a#%c' ESCAPE '#'", True),
    ("'a' = 'a '", False),
    # Patterns.
    ("regexp_like('10.0.0.1', '^10\\.')", True),
    ("regexp_like('abc', 'b')", True),
    ("regexp_like(concat('a', chr(10), 'b'), 'a.b')", False),
    ("regexp_extract('abc', 'z')", None),
    ("regexp_extract('abc', 'x*')", ""),
    ("regexp_extract('10.20.30.40', '(\\d+)\\.(\\d+)', 2)", "20"),
    ("regexp_replace('aXbX', 'X')", "ab"),
    ("regexp_replace('aXbX', 'X', '-')", "a-b-"),
    ("regexp_replace('ab', '(a)(b)', '$2$1')", "ba"),
    ("regexp_replace('a1b22', '\\d+', '<$0>')", "a<1>b<22>"),
    # Arrays, counted from 1.
    ("ARRAY[7, 8, 9][2]", 8),
    ("element_at(ARRAY[7, 8, 9], -1)", 9),
    ("element_at(ARRAY[7, 8, 9], 5)", None),
    ("contains(ARRAY[1, 2], 2)", True),
    ("array_join(ARRAY['a', NULL, 'b'], ',')", "a,b"),
    ("array_join(ARRAY['a', NULL, 'b'], ',', '?')", "a,?,b"),
    ("array_sort(ARRAY[3, NULL, 1])", [1, 3, None]),
    ("array_max(ARRAY[1, 3, 2])", 3),
    ("filter(ARRAY[1, 2, 3], x -> x > 1)", [2, 3]),
    ("transform(ARRAY[1, 2], x -> x * 2)", [2, 4]),
    ("sequence(1, 10, 3)", [1, 4, 7, 10]),
    # Dates and times.
    ("from_unixtime(1793491200)", ts("2026-11-01 00:00")),
    ("from_unixtime(1793491200.5e0)", ts("2026-11-01 00:00:00.5")),
    ("to_unixtime(TIMESTAMP '2026-11-01 00:00:01')", 1_793_491_201.0),
    ("DATE '2026-11-01' + INTERVAL '1' MONTH", date(2026, 12, 1)),
    ("DATE '2026-11-01' - INTERVAL '1' DAY", date(2026, 10, 31)),
    ("TIMESTAMP '2026-03-31 00:00:00' - INTERVAL '1' MONTH", ts("2026-02-28 00:00")),
    ("TIMESTAMP '2026-11-01 00:00:00' + INTERVAL '90' MINUTE", ts("2026-11-01 01:30")),
    ("date_add('day', 1, DATE '2026-01-31')", date(2026, 2, 1)),
    ("date_add('month', 1, DATE '2026-01-31')", date(2026, 2, 28)),
    ("date_add('hour', -1, TIMESTAMP '2026-11-01 00:00:00')", ts("2026-10-31 23:00")),
    ("date_diff('hour', TIMESTAMP '2026-11-01 00:30:00', TIMESTAMP '2026-11-01 02:00:00')", 1),
    ("date_diff('hour', TIMESTAMP '2026-11-01 02:00:00', TIMESTAMP '2026-11-01 00:30:00')", -1),
    ("date_diff('day', TIMESTAMP '2026-11-01 23:00:00', TIMESTAMP '2026-11-02 01:00:00')", 0),
    ("date_diff('day', DATE '2026-11-01', DATE '2026-11-08')", 7),
    ("date_diff('month', DATE '2026-01-15', DATE '2026-03-14')", 1),
    ("date_diff('week', DATE '2026-11-01', DATE '2026-11-14')", 1),
    ("date_trunc('hour', TIMESTAMP '2026-11-05 13:14:15')", ts("2026-11-05 13:00")),
    ("date_trunc('week', TIMESTAMP '2026-11-05 13:14:15')", ts("2026-11-02 00:00")),
    ("date_trunc('month', TIMESTAMP '2026-11-05 13:14:15')", ts("2026-11-01 00:00")),
    ("day_of_week(DATE '2026-11-01')", 7),
    ("day_of_week(DATE '2026-11-02')", 1),
    ("extract(DOW FROM DATE '2026-11-01')", 7),
    ("extract(DAY_OF_WEEK FROM TIMESTAMP '2026-11-03 10:00:00')", 2),
    ("extract(YEAR FROM DATE '2026-11-01')", 2026),
    ("week(DATE '2027-01-01')", 53),
    ("day_of_year(DATE '2026-02-01')", 32),
    ("quarter(DATE '2026-11-01')", 4),
    ("hour(TIMESTAMP '2026-11-05 13:14:15')", 13),
    ("second(TIMESTAMP '2026-11-05 13:14:15.5')", 15),
    ("last_day_of_month(DATE '2028-02-03')", date(2028, 2, 29)),
    ("date('2026-11-01')", date(2026, 11, 1)),
    ("date(TIMESTAMP '2026-11-01 23:59:59')", date(2026, 11, 1)),
    ("date_parse('1/2/2026 03', '%c/%e/%Y %H')", ts("2026-01-02 03:00")),
    ("date_format(TIMESTAMP '2026-03-05 15:04:05', '%Y-%m-%d %H:%i:%s')", "2026-03-05 15:04:05"),
    ("date_format(TIMESTAMP '2026-03-05 15:04:05', '%a %b %e, %l:%i %p')", "Thu Mar 5, 3:04 PM"),
    (
        "date_format(TIMESTAMP '2026-03-05 15:04:05', '%W %M %c %j %y %k %h')",
        "Thursday March 3 064 26 15 03",
    ),
    ("date_format(TIMESTAMP '2026-03-05 03:04:05.678', '%T.%f%%')", "03:04:05.678000%"),
    ("date_format(DATE '2026-03-05', '%r')", "12:00:00 AM"),
    ("current_timestamp", ts("2026-11-08 12:30:45.123")),
    ("now()", ts("2026-11-08 12:30:45.123")),
    ("current_date", date(2026, 11, 8)),
    ("current_timestamp - INTERVAL '1' DAY", ts("2026-11-07 12:30:45.123")),
    ("CAST(CAST(from_unixtime(1793491200) AS timestamp) AS varchar)", "2026-11-01 00:00:00.000"),
    ("CAST(TIMESTAMP '2026-11-01 00:00:00.120' AS varchar)", "2026-11-01 00:00:00.120"),
    ("CAST(DATE '2026-11-01' AS varchar)", "2026-11-01"),
    ("CAST(443 AS varchar)", "443"),
    ("CAST(true AS varchar)", "true"),
    ("TRY_CAST('x' AS integer)", None),
    ("TRY_CAST('2147483648' AS integer)", None),
    ("TRY_CAST('2026-13-01' AS date)", None),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_an_expression_has_trinos_value(
    connection: duckdb.DuckDBPyConnection, expression: str, expected: object
) -> None:
    sql = to_duckdb(f"SELECT {expression} AS v", SCHEMA, NOW)
    ((value,),) = connection.execute(sql).fetchall()
    assert (type(value), value) == (type(expected), expected)


QUERIES: list[tuple[str, list[tuple[object, ...]]]] = [
    ("SELECT a FROM db.t ORDER BY a", [(-7,), (7,), (None,)]),
    ("SELECT a FROM db.t ORDER BY a DESC", [(7,), (-7,), (None,)]),
    ("SELECT a FROM db.t ORDER BY a NULLS FIRST", [(None,), (-7,), (7,)]),
    (
        "SELECT row_number() OVER (ORDER BY a DESC) AS n, a FROM db.t ORDER BY n",
        [(1, 7), (2, -7), (3, None)],
    ),
    ("SELECT array_agg(a ORDER BY a DESC) AS v FROM db.t", [([7, -7, None],)]),
    ("SELECT a / 2 AS v FROM db.t ORDER BY v", [(-3,), (3,), (None,)]),
    ("SELECT sum(b) / count(*) AS v FROM db.t", [(2,)]),
    ("SELECT avg(b) AS v FROM db.t WHERE b = 2", [(2.0,)]),
    ("SELECT count_if(a > 0) AS v, count(a) AS w, count(*) AS x FROM db.t", [(1, 2, 3)]),
    ("SELECT sum(a) FILTER (WHERE a > 0) / 2 AS v FROM db.t", [(3,)]),
    ("SELECT sum(a) AS v, count(a) AS w FROM db.t WHERE a > 100", [(None, 0)]),
    ("SELECT max_by(b, a) / 2 AS v FROM db.t", [(1,)]),
    ("SELECT listagg(s, ',') WITHIN GROUP (ORDER BY s DESC) AS v FROM db.t", [("y,x",)]),
    ("SELECT bool_or(a > 0) AS v, bool_and(a > 0) AS w FROM db.t", [(True, False)]),
    ("SELECT stddev(a) AS v FROM db.t WHERE a = 7", [(None,)]),
    ("SELECT count(DISTINCT s) AS v FROM db.t", [(2,)]),
    (
        "SELECT lag(b) OVER (ORDER BY b, s) / 2 AS v FROM db.t ORDER BY v NULLS FIRST",
        [(None,), (1,), (1,)],
    ),
    (
        (
            "SELECT first_value(s) IGNORE NULLS OVER (ORDER BY b DESC ROWS BETWEEN UNBOUNDED "
            "PRECEDING AND UNBOUNDED FOLLOWING) AS v FROM db.t WHERE a IS NULL OR a > 0"
        ),
        [("x",), ("x",)],
    ),
    (
        'SELECT "start" / 900 * 900 AS bucket, count(*) AS n FROM db.t GROUP BY 1 ORDER BY 1',
        [(1_793_491_200, 2), (1_793_492_100, 1)],
    ),
    (
        'SELECT from_unixtime("start" / 900 * 900) AS v FROM db.t WHERE a = -7',
        [(ts("2026-11-01 00:00"),)],
    ),
    ('SELECT "start" - "start" % 900 AS v FROM db.t WHERE a = -7', [(1_793_491_200,)]),
    ("SELECT b AS n FROM db.t GROUP BY b HAVING count(*) > 1", [(2,)]),
    ("SELECT s FROM db.t WHERE s NOT IN ('x', NULL)", []),
    ("SELECT b / 2 AS b, count(*) AS c FROM db.t GROUP BY b ORDER BY c", [(1, 1), (1, 2)]),
    ("SELECT -b AS b FROM db.t WHERE b > 2", [(-3,)]),
    ("SELECT a AS b, b + 1 AS z FROM db.t WHERE a = 7", [(7, 3)]),
    ("SELECT b FROM db.t ORDER BY b OFFSET 1 LIMIT 1", [(2,)]),
    ("SELECT b FROM db.t ORDER BY b DESC FETCH FIRST 1 ROW ONLY", [(3,)]),
    ("SELECT b FROM db.t UNION SELECT 9 ORDER BY 1", [(2,), (3,), (9,)]),
    ("SELECT b FROM db.t EXCEPT SELECT 2", [(3,)]),
    (
        "SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS u(x, n) ORDER BY n",
        [("a", 1), ("b", 2)],
    ),
    (
        "SELECT x FROM db.t CROSS JOIN UNNEST(ARRAY[b, 5]) AS u(x) WHERE a = 7 ORDER BY x",
        [(2,), (5,)],
    ),
    (
        (
            "WITH q AS (SELECT b, count(*) AS n FROM db.t GROUP BY b) "
            "SELECT n / 2 AS v FROM q ORDER BY v"
        ),
        [(0,), (1,)],
    ),
    (
        "SELECT s, count(*) AS n FROM db.t GROUP BY ROLLUP (s) ORDER BY s, n",
        [("x", 1), ("y", 1), (None, 1), (None, 3)],
    ),
]


@pytest.mark.parametrize(("sql", "expected"), QUERIES, ids=[text for text, _ in QUERIES])
def test_a_query_has_trinos_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, expected: list[tuple[object, ...]]
) -> None:
    assert connection.execute(to_duckdb(sql, SCHEMA, NOW)).fetchall() == expected


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
    connection.execute(to_duckdb(sql, SCHEMA, NOW))
    assert [column[0] for column in connection.description] == names


def test_now_is_told_in_utc(connection: duckdb.DuckDBPyConnection) -> None:
    there = datetime.fromisoformat("2026-11-08T23:30:00-05:00")
    sql = to_duckdb("SELECT current_date AS d, current_timestamp AS t", {}, there)
    expected = (date(2026, 11, 9), ts("2026-11-09 04:30"))
    assert connection.execute(sql).fetchone() == expected


DIVIDENDS = [0, 1, -1, 6, 7, -7, 899, 900, -900, 2**31, 2**53 + 1, -(2**62)]
DIVISORS = [1, -1, 2, -2, 7, 900, -900, 2**40, -(2**53) - 1]


@pytest.mark.parametrize(("dividend", "divisor"), list(product(DIVIDENDS, DIVISORS)))
def test_division_of_integers_truncates(
    connection: duckdb.DuckDBPyConnection, dividend: int, divisor: int
) -> None:
    quotient = abs(dividend) // abs(divisor)
    expected = quotient if (dividend < 0) == (divisor < 0) else -quotient
    sql = f"SELECT CAST({dividend} AS bigint) / ({divisor}) AS v"
    assert connection.execute(to_duckdb(sql, {}, NOW)).fetchone() == (expected,)


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
    assert connection.execute(to_duckdb(sql, {}, NOW)).fetchone() == (whole,)


REFUSED = [
    ("format('%d', 1)", "function format"),
    ("map_agg(1, 2)", "function map_agg"),
    ("map(ARRAY[1], ARRAY[2])", "function map"),
    ("row(1, 2)", "function row"),
    ("json_extract_scalar('{}', '$.a')", "function json_extract_scalar"),
    ("CAST('10.0.0.1' AS ipaddress)", "type ipaddress"),
    ("contains('10.0.0.0/8', CAST('10.0.0.1' AS ipaddress))", "ipaddress"),
    ("CAST('[]' AS json)", "type json"),
    ("CAST('a' AS char(2))", "type char(2)"),
    ("TIMESTAMP '2026-11-01 00:00:00' AT TIME ZONE 'UTC'", "AT TIME ZONE"),
    ("TIMESTAMP '2026-11-01 00:00:00 UTC'", "type timestamp(0) with time zone"),
    ("CAST('2026-11-01' AS timestamp with time zone)", "type timestamp with time zone"),
    ("at_timezone(TIMESTAMP '2026-11-01 00:00:00', 'UTC')", "function at_timezone"),
    ("7 / 2.0", "division of decimals"),
    ("sum(1) / 2.5", "division of decimals"),
    ("CAST(7 AS decimal(5, 2)) / 2", "division of decimals"),
    ("CAST(1.5e0 AS varchar)", "cast of a double to varchar"),
    ("from_unixtime(0, 'UTC')", "function from_unixtime with these arguments"),
    ("regexp_replace('a', '(?<x>a)', '${x}')", "regexp_replace with an escape, a named"),
    ("regexp_replace('a', 'a', s)", "regexp_replace with a computed replacement"),
    ("read_text('/etc/passwd')", "function read_text"),
    ("getenv('HOME')", "function getenv"),
    ("current_setting('secret')", "function current_setting"),
    ("getvariable('files_0')", "function getvariable"),
    ("approx_percentile(a, 0.5)", "function approx_percentile"),
    ("format_datetime(now(), 'YYYY')", "function format_datetime"),
    ("from_iso8601_timestamp('2026-11-01')", "function from_iso8601_timestamp"),
    ("to_hex(md5(to_utf8('a')))", "function to_hex"),
    ("array_distinct(ARRAY[1])", "function array_distinct"),
    ("reduce(ARRAY[1], 0, (s, x) -> s + x, s -> s)", "function reduce"),
    ("url_extract_host('http://a/')", "function url_extract_host"),
    ("regexp_count('a', 'a')", "function regexp_count"),
    ("typeof(1)", "function typeof"),
    ("no_such_function(1)", "function no_such_function"),
    ("localtimestamp", "function localtimestamp"),
]


@pytest.mark.parametrize(("expression", "told"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_nobody_compared_is_refused_by_name(expression: str, told: str) -> None:
    with pytest.raises(EngineError) as caught:
        to_duckdb(f"SELECT {expression} AS v FROM db.t", SCHEMA, NOW)
    assert told in str(caught.value)
    assert "it runs on Athena only" in str(caught.value)


@pytest.mark.parametrize(
    "function", ["read_text", "read_csv", "read_blob", "read_parquet", "duckdb_settings"]
)
def test_duckdbs_table_functions_are_refused(function: str) -> None:
    with pytest.raises(EngineError, match=f"no function {function}"):
        to_duckdb(f"SELECT * FROM {function}('/etc/passwd')", {}, NOW)


def test_a_refusal_deep_in_a_query_is_found() -> None:
    sql = "WITH q AS (SELECT CASE WHEN a IN (SELECT typeof(b) FROM db.t) THEN 1 END AS v FROM db.t)"
    with pytest.raises(EngineError, match="no function typeof"):
        to_duckdb(f"{sql} SELECT v FROM q", SCHEMA, NOW)


def test_an_unknown_column_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match=r"local engine: .*zzz"):
        to_duckdb("SELECT zzz FROM db.t", SCHEMA, NOW)


def test_names_stay_quoted(connection: duckdb.DuckDBPyConnection) -> None:
    sql = to_duckdb('SELECT "end" AS "e nd" FROM "db"."l-ogs"', SCHEMA, NOW)
    connection.execute('CREATE OR REPLACE TABLE db."l-ogs" AS SELECT 5 AS "end"')
    assert connection.execute(sql).fetchall() == [(5,)]
