from collections.abc import Mapping

import pytest

from tests.aws import create_bucket
from tests.rig.client import Rig
from tests.rig.executor.functions import NAMES, joda
from tests.rig.scenes import run, start, wait

pytestmark = pytest.mark.rig

# Every value is worked out by hand from Trino's documentation.
VALUES: dict[str, str | None] = {
    # integers stay integers, and truncate toward zero
    "7 / 2": "3",
    "-7 / 2": "-3",
    "1767226799 / 900 * 900": "1767226500",
    "7 / 2e0": "3.5",
    "7 % 3": "1",
    "mod(-7, 3)": "-1",
    "minute(TIMESTAMP '2026-01-01 10:47:00') / 15": "3",
    "9007199254740993 / 1": "9007199254740993",
    "abs(-5)": "5",
    "round(2.5e0)": "3.0",
    "floor(2.7e0)": "2.0",
    "ceil(2.1e0)": "3.0",
    "power(2, 10)": "1024.0",
    "sqrt(16)": "4.0",
    "log10(1000)": "3.0",
    "log2(8)": "3.0",
    "ln(1)": "0.0",
    "exp(0)": "1.0",
    "sign(-3)": "-1",
    "truncate(2.7e0)": "2.0",
    "round(pi(), 2)": "3.14",
    "greatest(1, 3, 2)": "3",
    "least(1, 3, 2)": "1",
    "greatest(1, CAST(NULL AS integer))": None,
    "bitwise_and(19, 18)": "18",
    "bitwise_or(1, 2)": "3",
    "bitwise_xor(3, 1)": "2",
    # NULL, casts, conditions
    "coalesce(NULL, 'a')": "a",
    "nullif('-', '-')": None,
    "nullif('a', '-')": "a",
    "if(1 > 2, 'a', 'b')": "b",
    "if(1 > 2, 'a')": None,
    "CASE 1 WHEN 1 THEN 'one' ELSE 'other' END": "one",
    "try_cast('x' AS bigint)": None,
    "try_cast('12' AS bigint)": "12",
    "CAST(12 AS varchar)": "12",
    "CAST(1.5e0 AS varchar)": "1.5E0",
    "CAST(true AS varchar)": "true",
    "CAST(DATE '2026-01-02' AS varchar)": "2026-01-02",
    "CAST('2026-01-02' AS date)": "2026-01-02",
    "CAST(from_unixtime(0) AS varchar)": "1970-01-01 00:00:00.000 UTC",
    "try(1 / 0)": None,
    # texts
    "'a' || 'b'": "ab",
    "concat('a', 'b', 'c')": "abc",
    "length('abc')": "3",
    "lower('AbC')": "abc",
    "upper('AbC')": "ABC",
    "substr('abcdef', 2, 3)": "bcd",
    "substring('abcdef', -2)": "ef",
    "strpos('abc', 'c')": "3",
    "position('b' IN 'abc')": "2",
    "replace('a-b-c', '-', '.')": "a.b.c",
    "reverse('abc')": "cba",
    "lpad('7', 3, '0')": "007",
    "rpad('7', 3, '0')": "700",
    "trim('  a ')": "a",
    "split_part('10.1.2.3', '.', 2)": "1",
    "split_part('10.1.2.3', '.', 9)": None,
    "split('a,b', ',')": "[a, b]",
    "starts_with('abc', 'ab')": "true",
    "chr(65)": "A",
    "codepoint('A')": "65",
    "url_decode('a%20b%2Bc')": "a b+c",
    "url_encode('a b+c')": "a+b%2Bc",
    "format('%s %,d', 'n', 1234567)": "n 1,234,567",
    "regexp_like('abc', '^a')": "true",
    "regexp_extract('key=12', '([a-z]+)=([0-9]+)', 2)": "12",
    "regexp_extract('key', '[0-9]+')": None,
    "regexp_replace('a1b22', '[0-9]+', '#')": "a#b#",
    "regexp_replace('key=12', '([a-z]+)=([0-9]+)', '$2=$1')": "12=key",
    "regexp_replace('a1b2', '[0-9]')": "ab",
    # moments
    "from_unixtime(1767225600)": "2026-01-01 00:00:00.000 UTC",
    "to_unixtime(TIMESTAMP '2026-01-01 00:00:00 UTC')": "1.7672256E9",
    "CAST(from_unixtime(1767225600) AS date)": "2026-01-01",
    "CAST(from_unixtime(1767225600) AS timestamp)": "2026-01-01 00:00:00.000",
    "day_of_week(DATE '2026-01-04')": "7",
    "dow(DATE '2026-01-05')": "1",
    "EXTRACT(dow FROM DATE '2026-01-04')": "7",
    "day_of_month(DATE '2026-01-04')": "4",
    "day_of_year(DATE '2026-02-01')": "32",
    "year(DATE '2026-02-01')": "2026",
    "month(DATE '2026-02-01')": "2",
    "day(DATE '2026-02-03')": "3",
    "hour(TIMESTAMP '2026-02-03 04:05:06')": "4",
    "quarter(DATE '2026-05-03')": "2",
    "week(DATE '2026-01-05')": "2",
    "week_of_year(DATE '2026-01-05')": "2",
    "year_of_week(DATE '2027-01-01')": "2026",
    "yow(DATE '2027-01-01')": "2026",
    "doy(DATE '2026-02-01')": "32",
    "second(TIMESTAMP '2026-02-03 04:05:06')": "6",
    "now() > TIMESTAMP '2026-01-01 00:00:00 UTC'": "true",
    "current_date > DATE '2026-01-01'": "true",
    "date('2026-01-02')": "2026-01-02",
    "date_trunc('hour', TIMESTAMP '2026-01-02 03:04:05.678')": "2026-01-02 03:00:00.000",
    "date_trunc('month', DATE '2026-03-17')": "2026-03-01",
    "date_add('day', -1, DATE '2026-01-01')": "2025-12-31",
    "date_add('hour', 2, TIMESTAMP '2026-01-01 23:00:00.000')": "2026-01-02 01:00:00.000",
    "DATE '2026-01-08' - INTERVAL '7' DAY": "2026-01-01",
    "CAST(DATE '2026-01-08' - INTERVAL '7' DAY AS varchar)": "2026-01-01",
    "date_diff('day', DATE '2026-01-01', DATE '2026-02-01')": "31",
    "date_diff('hour', TIMESTAMP '2026-01-01 00:59:00', TIMESTAMP '2026-01-01 02:01:00')": "1",
    "date_format(TIMESTAMP '2026-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')": "2026-01-02 03:04:05",
    "date_format(TIMESTAMP '2026-01-02 15:04:05', '%a %b %e %W %M %h %p')": (
        "Fri Jan 2 Friday January 03 PM"
    ),
    "date_parse('2026-01-02 03:04', '%Y-%m-%d %H:%i')": "2026-01-02 03:04:00.000",
    "format_datetime(TIMESTAMP '2026-01-02 03:04:05', 'yyyy/MM/dd HH:mm')": "2026/01/02 03:04",
    "from_iso8601_timestamp('2026-01-02T03:04:05Z')": "2026-01-02 03:04:05.000 UTC",
    "from_iso8601_date('2026-01-02')": "2026-01-02",
    "TIMESTAMP '2026-01-02 00:00:00' - TIMESTAMP '2026-01-01 22:30:00'": "0 01:30:00.000",
    # lists and maps
    "element_at(ARRAY[1, 2], 2)": "2",
    "element_at(ARRAY[1, 2], 5)": None,
    "cardinality(ARRAY[1, 2, 3])": "3",
    "contains(ARRAY[22, 3389], 22)": "true",
    "array_join(ARRAY['a', 'b'], '+')": "a+b",
    "array_sort(ARRAY[3, 1, 2])": "[1, 2, 3]",
    "array_max(ARRAY[3, 1])": "3",
    "array_min(ARRAY[3, 1])": "1",
    "array_distinct(ARRAY[1, 1])": "[1]",
    "flatten(ARRAY[ARRAY[1], ARRAY[2]])": "[1, 2]",
    "map_keys(MAP(ARRAY['a'], ARRAY[1]))": "[a]",
    "map_values(MAP(ARRAY['a'], ARRAY[1]))": "[1]",
    "to_hex(X'0AFF')": "0AFF",
    "from_hex('0AFF')": "0a ff",
    "transform(ARRAY[1, 2], x -> x * 10)": "[10, 20]",
    "filter(ARRAY[1, 2, 3], x -> x > 1)": "[2, 3]",
    "slice(ARRAY[1, 2, 3, 4], 2, 2)": "[2, 3]",
    "sequence(1, 3)": "[1, 2, 3]",
    "MAP(ARRAY['a'], ARRAY[1])": "{a=1}",
    "element_at(MAP(ARRAY['a'], ARRAY[1]), 'a')": "1",
    "json_extract_scalar('{\"a\": {\"b\": 5}}', '$.a.b')": "5",
    # addresses
    "contains('10.0.0.0/8', CAST('10.1.2.3' AS ipaddress))": "true",
    "contains('10.0.0.0/8', CAST('11.1.2.3' AS ipaddress))": "false",
    "contains('2001:db8::/32', CAST('2001:db8::1' AS ipaddress))": "true",
    "contains('10.0.0.0/8', TRY_CAST('-' AS ipaddress))": None,
    "CAST('2001:0db8:0:0:0:0:0:1' AS ipaddress)": "2001:db8::1",
    "CAST(CAST('10.1.2.3' AS ipaddress) AS varchar)": "10.1.2.3",
    "CAST('10.0.0.9' AS ipaddress) < CAST('10.0.0.10' AS ipaddress)": "true",
    # the other texts of values
    "1e10": "1.0E10",
    "1.5e-5": "1.5E-5",
    "CAST('1.50' AS decimal(4, 2))": "1.50",
    "ARRAY[1, NULL]": "[1, null]",
    "X'0AFF'": "0a ff",
}

FLOWS = (
    "(VALUES ('a', 1, true), ('a', 3, false), ('b', 5, true), ('b', CAST(NULL AS integer), true))"
    " AS t(k, n, ok)"
)
AGGREGATES: dict[str, str | None] = {
    "count(*)": "4",
    "count(n)": "3",
    "count(DISTINCT k)": "2",
    "count_if(ok)": "3",
    "count(*) FILTER (WHERE k = 'b')": "2",
    "sum(n)": "9",
    "sum(n) / 2": "4",
    "avg(n)": "3.0",
    "min(n)": "1",
    "max(n)": "5",
    "max_by(k, n)": "b",
    "min_by(k, n)": "a",
    "approx_distinct(k)": "2",
    "bool_and(ok)": "false",
    "every(ok)": "false",
    "bool_or(ok)": "true",
    "array_agg(n ORDER BY n)": "[1, 3, 5, null]",
    "cardinality(array_agg(DISTINCT k))": "2",
    "array_join(array_agg(k ORDER BY n), ',')": "a,a,b,b",
    "approx_percentile(n, 0.5)": "3",
    "listagg(k, '-') WITHIN GROUP (ORDER BY k)": "a-a-b-b",
    "arbitrary(true)": "true",
    "round(stddev(n), 3)": "2.0",
    "var_pop(n)": "2.6666666666666665",
    "map_keys(histogram(k))": "[a, b]",
    "any_value(true)": "true",
}

# How each fails: the beginning of the reason.
ERRORS = {
    "1 / 0": "DIVISION_BY_ZERO",
    "CAST('-' AS ipaddress)": "INVALID_CAST_ARGUMENT: Cannot cast value to IPADDRESS: -",
    "contains('10.0.0.5/8', CAST('10.0.0.1' AS ipaddress))": "INVALID_FUNCTION_ARGUMENT",
    "CAST('x' AS integer)": "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT",
    "ip_prefix(CAST('10.0.0.1' AS ipaddress), 8)": "FUNCTION_NOT_FOUND",
    "list_slice(ARRAY[1], 1, 1)": "FUNCTION_NOT_FOUND",
    "epoch(TIMESTAMP '2026-01-01 00:00:00')": "FUNCTION_NOT_FOUND",
    "'a' + 1": "TYPE_MISMATCH",
    "1 = 'a'": "TYPE_MISMATCH",
    "DATE '2026-01-01' = '2026-01-01'": "TYPE_MISMATCH",
    "1 IN ('1')": "TYPE_MISMATCH",
    "coalesce(1, '-')": "TYPE_MISMATCH",
    "if(true, 1, '-')": "TYPE_MISMATCH",
    "CASE WHEN true THEN 1 ELSE '-' END": "TYPE_MISMATCH",
}


@pytest.fixture
def bench(rig: Rig) -> Rig:
    """An Athena without a table."""
    create_bucket(rig, "out")
    return rig


def check(rig: Rig, expected: Mapping[str, str | None], source: str = "") -> None:
    """All in one statement, for a statement costs more than an expression.

    Where it fails each is asked alone, so that the reason stands beside its expression.
    """
    columns = ",\n".join(f"{expression} AS v{n}" for n, expression in enumerate(expected))
    ran = run(rig, f"SELECT {columns}{source}")
    if ran.reason and len(expected) > 1:
        for expression, value in expected.items():
            check(rig, {expression: value}, source)
    assert ran.reason == "", list(expected)
    (values,) = ran.data
    assert dict(zip(expected, values, strict=True)) == expected


def test_a_function_gives_trinos_value(bench: Rig) -> None:
    check(bench, VALUES)


def test_an_aggregate_gives_trinos_value(bench: Rig) -> None:
    check(bench, AGGREGATES, f" FROM {FLOWS}")


def test_shapes_of_queries(bench: Rig) -> None:
    for sql, rows in {
        f"SELECT k, sum(n) AS s FROM {FLOWS} GROUP BY 1 ORDER BY s DESC": [["b", "5"], ["a", "4"]],
        f"SELECT k FROM {FLOWS} ORDER BY n NULLS FIRST LIMIT 2": [["b"], ["a"]],
        f"SELECT k, n FROM {FLOWS} ORDER BY n OFFSET 1 LIMIT 2": [["a", "3"], ["b", "5"]],
        f"SELECT n, row_number() OVER (PARTITION BY k ORDER BY n) AS r FROM {FLOWS} ORDER BY 1": [
            ["1", "1"], ["3", "2"], ["5", "1"], [None, "2"],
        ],
        "WITH t(a) AS (VALUES 1, 2), u AS (SELECT a * 2 AS b FROM t) SELECT sum(b) FROM u": [["6"]],
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1": [["1"], ["2"]],
        "SELECT x FROM UNNEST(ARRAY[1, 2]) AS t(x)": [["1"], ["2"]],
        f"SELECT k FROM {FLOWS} GROUP BY k HAVING count(*) > 1 ORDER BY k": [["a"], ["b"]],
        f"SELECT k, sum(n) AS n FROM {FLOWS} GROUP BY k HAVING sum(n) > 4 AND bool_and(ok)": [
            ["b", "5"],
        ],
        f"SELECT grouping(k), count(*) FROM {FLOWS} GROUP BY ROLLUP (k) ORDER BY 1, 2": [
            ["0", "2"], ["0", "2"], ["1", "4"],
        ],
        f"SELECT count(*) FROM {FLOWS} WHERE n IN (SELECT 1)": [["1"]],
    }.items():  # fmt: skip
        ran = run(bench, sql)
        assert (sql, ran.reason, ran.data) == (sql, "", rows)


def test_what_trino_refuses_fails(bench: Rig) -> None:
    started = {expression: start(bench, f"SELECT {expression}") for expression in ERRORS}
    for expression, query in started.items():
        status = wait(bench, query)["Status"]
        reason = status.get("StateChangeReason", "")
        found = (expression, status["State"], reason[: len(ERRORS[expression])])
        assert found == (expression, "FAILED", ERRORS[expression])


def test_a_pattern_with_an_unknown_letter_is_not_guessed() -> None:
    assert joda("yyyy-MM-dd'T'HH:mm:ss") == "%Y-%m-%dT%H:%M:%S"
    assert joda("xxxx") is None


def test_the_names_are_lower_case() -> None:
    assert all(name == name.lower() for name in NAMES)
