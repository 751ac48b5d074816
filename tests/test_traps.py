"""Traps found by trying: each of these went wrong once, silently."""

import gc
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from markupsafe import Markup

from flowathena.catalog import wanted
from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import ConfigError, EngineError, QueryError, TableMismatchError
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.logs.layout import Layout, Partition
from flowathena.query import relation
from flowathena.query.inspection import Inspection, inspect
from flowathena.query.query import Query
from flowathena.query.render import render
from flowathena.query.template import fill, to_literal
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Column, Table
from flowathena.sql.statement import Statement
from flowathena.storage import LocalStorage
from flowathena.target import config
from flowathena.target.target import Target

_EPOCH = datetime.fromisoformat("1970-01-01")  # naive, as DuckDB gives them
NOW = datetime(2026, 11, 8, 12, 30, 45, tzinfo=UTC)
WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
TABLE = wanted.wanted_table(Target("t", "s3://abc/"))
SOURCE = FlowTable(TABLE, recognize(TABLE))
SCHEMA = {"db": {"t": {"a": "int", "b": "bigint", "s": "string", "srcaddr": "string"}}}
ROWS = """SET TimeZone = 'UTC'; CREATE SCHEMA db;
CREATE TABLE db.t (a INTEGER, b BIGINT, s VARCHAR, srcaddr VARCHAR);
INSERT INTO db.t VALUES (7, 2, 'x', '10.0.0.1'), (-7, 2, 'y', NULL), (NULL, 3, NULL, '10.0.0.3');"""


def rows(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(":memory:") as made:
        made.execute(ROWS)
        return made.execute(to_duckdb(Statement(sql), SCHEMA, NOW)).fetchall()


# A mend hides the mends below it (translate.py:104)
# Right is Trino's value, or a refusal.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("current_date - INTERVAL '1' DAY", date(2026, 11, 7)),
        ("date_add('day', -1, current_date)", date(2026, 11, 7)),
        ("date_diff('day', DATE '2026-11-01', current_date)", 7),
        ("extract(DOW FROM current_date)", 7),
        (
            "date_diff('hour', TIMESTAMP '2026-11-01 00:30:00', TIMESTAMP '2026-11-01 02:00:00')/1",
            1,
        ),
        (
            "date_diff('day', TIMESTAMP '2026-11-01 23:00:00', TIMESTAMP '2026-11-02 01:00:00')/1",
            0,
        ),
        ("split_part(split_part('a.b', '.', 9), ',', 1)", None),
        ("split_part(regexp_extract('zz', 'q'), ',', 1)", None),
        ("regexp_extract(regexp_extract('a.b', 'z'), '')", None),
        ("from_unixtime(9007199254740993 / 1 % 10)", _EPOCH + timedelta(seconds=3)),
        # Other values than Trino's
        ("CAST(2.5e0 AS integer)", 3),
        ("CAST(-2.5e0 AS bigint)", -3),
        ("TRY_CAST('1.5' AS integer)", None),
        ("TRY_CAST('1e3' AS integer)", None),
        ("TRY_CAST(' 12 ' AS integer)", 12),
        ("TRY_CAST('0x10' AS integer)", None),
        ("TRY_CAST('yes' AS boolean)", None),
        ("CAST('hello' AS varchar(2))", "he"),
        ("floor(7) / 2", 3),
        ("ceil(7) / 2", 3),
        ("strpos('abcabc', 'c', 2)", 6),
        ("split('a,b,c', ',', 2)", ["a", "b,c"]),
        ("regexp_extract('ab', '(a)(x)?', 2)", None),
        ("trim(concat('a', chr(9)))", "a"),
        ("substr('hello', 0)", ""),
        ("substr('hello', -10)", ""),
        ("substr('hello', 2, -1)", ""),
        ("replace('abc', '', 'x')", "xaxbxcx"),
        ("sequence(5, 1)", [5, 4, 3, 2, 1]),
        (
            "sequence(DATE '2026-11-01', DATE '2026-11-02', INTERVAL '1' DAY)",
            [date(2026, 11, 1), date(2026, 11, 2)],
        ),
        ("array_sort(ARRAY[3, 1, 2], (x, y) -> if(x < y, 1, if(x = y, 0, -1)))", [3, 2, 1]),
        ("array_max(ARRAY[1, NULL, 3])", None),
        ("array_min(ARRAY[1, NULL, 3])", None),
        ("contains(ARRAY[1, NULL], 2)", None),
        ("DATE '2026-11-01' + INTERVAL '1' DAY * 3", date(2026, 11, 4)),
        ("regexp_replace('abcdefghijk', '(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)', '$10')", "jk"),
        ("CAST(from_unixtime(1793491200) AS varchar)", "2026-11-01 00:00:00.000 UTC"),
        ("CAST(current_timestamp AS varchar)", "2026-11-08 12:30:45.000 UTC"),
        ("CAST(TIMESTAMP '2026-11-01 10:00:00' AS varchar)", "2026-11-01 10:00:00"),
    ],
)
def test_an_expression_has_trinos_value_or_is_refused(expression: str, expected: object) -> None:
    try:
        ((value,),) = rows(f"SELECT {expression} AS v")
    except EngineError:
        return
    assert (type(value), value) == (type(expected), expected)


# What Trino refuses and the local engine answers.
@pytest.mark.parametrize(
    "expression",
    [
        "'5' = 5",
        "5 || 'a'",
        "DATE '2026-11-02' - DATE '2026-11-01' = 1",
        "DATE '2026-11-01' + INTERVAL '1' HOUR",
        "split_part('a.b', '.', -1)",
        "ARRAY[1][5]",
        "date_format(TIMESTAMP '2026-03-05 15:04:05', '%u')",
        "date_format(TIMESTAMP '2026-03-05 15:04:05', '%w')",
    ],
)
def test_what_trino_refuses_is_refused(expression: str) -> None:
    with pytest.raises((EngineError, duckdb.Error)):
        rows(f"SELECT {expression} AS v")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # the row of the least a has no srcaddr
        ("SELECT min_by(srcaddr, a) AS v FROM db.t", [(None,)]),
        ("SELECT b FROM db.t ORDER BY b FETCH FIRST 1 ROW WITH TIES", [(2,), (2,)]),
        # ORDER BY sees output names first, in expressions too
        ("SELECT a * -1 AS a FROM db.t WHERE a IS NOT NULL ORDER BY a + 0", [(-7,), (7,)]),
    ],
)
def test_a_query_has_trinos_rows_or_is_refused(
    sql: str, expected: list[tuple[object, ...]]
) -> None:
    try:
        found = rows(sql)
    except EngineError:
        return
    assert found == expected


@pytest.mark.parametrize("expression", ["date_trunc('week', DATE '2026-11-05')"])
def test_a_date_can_be_truncated(expression: str) -> None:
    ((value,),) = rows(f"SELECT {expression} AS v")
    assert type(value) is date


def test_iso_weeks_can_be_formatted() -> None:
    assert rows("SELECT date_format(TIMESTAMP '2027-01-01 00:00:00', '%x-%v') AS v") == [
        ("2026-53",)
    ]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT *, 1 FROM (SELECT 1 AS x, 2 AS y)", ["x", "y", "_col2"]),
        ("SELECT * FROM (SELECT count(*) FROM db.t)", ["_col0"]),
        ("WITH q AS (SELECT count(*) FROM db.t) SELECT * FROM q", ["_col0"]),
        ("SELECT (a) FROM db.t", ["a"]),
    ],
)
def test_nameless_outputs_are_called_as_in_athena(sql: str, names: list[str]) -> None:
    with duckdb.connect(":memory:") as made:
        made.execute(ROWS)
        made.execute(to_duckdb(Statement(sql), SCHEMA, NOW))
        assert [column[0] for column in made.description] == names


# check
def inspected(sql: str) -> Inspection:
    query = Query("q", "Q", sql)
    return inspect(query, fill(query, {}), relation.column_types(SOURCE))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.srcaddr FROM flow_logs a JOIN flow_logs_before b ON (SELECT true FROM secrets)",
        (
            "SELECT a.srcaddr FROM flow_logs a JOIN flow_logs_before b "
            "ON (SELECT true FROM flowathena.vpc_flow_logs LIMIT 1)"
        ),
        "SELECT * FROM LATERAL secrets(1)",
        "SELECT * FROM flow_logs, LATERAL read_text('/etc/passwd')",
    ],
)
def test_an_unknown_table_is_found_everywhere(sql: str) -> None:
    assert inspected(sql).problems


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT srcaddr FROM flow_logs a JOIN flow_logs_before b ON true",
        "SELECT g.srcaddr FROM flow_logs f",
    ],
)
def test_an_ambiguous_field_is_not_called_missing(sql: str) -> None:
    (problem,) = inspected(sql).problems
    assert "is not in this table's format" not in problem.message


def test_an_unknown_field_of_an_alias_has_a_suggestion_and_a_line() -> None:
    (problem,) = inspected("SELECT f.dstadr FROM flow_logs f").problems
    assert problem.message == "unknown field 'dstadr'; did you mean 'dstaddr'?"


def test_a_relation_in_a_join_condition_is_used() -> None:
    used = inspected(
        "SELECT a.srcaddr FROM flow_logs a JOIN flow_logs b "
        "ON a.srcaddr IN (SELECT dstaddr FROM flow_logs_before)"
    ).used
    assert used == {"flow_logs": {"srcaddr"}, "flow_logs_before": {"dstaddr"}}


def test_a_relation_that_is_a_whole_join_condition_is_refused() -> None:
    (problem,) = inspected(
        "SELECT a.srcaddr FROM flow_logs a JOIN flow_logs b "
        "ON (SELECT count(*) > 1 FROM flow_logs_before)"
    ).problems
    assert "write it in WHERE" in problem.message


def test_a_statement_with_two_froms_is_refused() -> None:
    assert inspected("SELECT 1,\nFROM FROM flow_logs").problems


def test_a_cte_may_be_called_recursive() -> None:
    sql = 'WITH "recursive" AS (SELECT srcaddr FROM flow_logs) SELECT srcaddr FROM "recursive"'
    rendered = render(Query("q", "Q", sql), {}, Selection(WINDOW), SOURCE).sql
    assert rendered.startswith("WITH flow_logs AS (")


# template
@pytest.mark.parametrize("name", ["safe", "escape", "e", "forceescape"])
def test_what_makes_markup_is_no_filter_of_a_query(name: str) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs WHERE dstaddr = {{ value | NAME }}"
    with pytest.raises(QueryError, match=f"No filter named '{name}'"):
        fill(Query("q", "Q", sql.replace("NAME", name)), {"value": "plain"})


def test_marked_up_text_has_the_literal_of_its_text() -> None:
    assert to_literal(Markup("it's")) == "'it''s'"


def test_a_timestamp_before_the_year_1000_has_four_digits() -> None:
    assert to_literal(datetime(999, 1, 1, tzinfo=UTC)) == "TIMESTAMP '0999-01-01 00:00:00.000'"


# the rest
def test_listing_leaves_no_open_iterator(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LocalStorage(str(tmp_path)).folders("")
        gc.collect()
    assert caught == []


def test_a_year_before_1000_round_trips() -> None:
    partition = Partition("111122223333", "eu-west-1", date(999, 1, 1))
    assert Layout().parse(Layout().prefix_of(partition)) == partition


@pytest.mark.parametrize(
    "line", ["table = 0", "region = false", 'workgroup = ""', "log_format = []"]
)
def test_an_empty_or_false_setting_is_a_problem(tmp_path: Path, line: str) -> None:
    (tmp_path / "flowathena.toml").write_text(f'[targets.a]\nlocation = "s3://abc"\n{line}\n')
    with pytest.raises(ConfigError):
        config.load(None, {}, tmp_path)


@pytest.mark.parametrize(
    "names",
    ['["src addr", "start"]', '["start", "srcaddr", "srcaddr"]'],
)
def test_a_log_format_with_unknown_or_double_fields_is_told_with_its_line(
    tmp_path: Path, names: str
) -> None:
    text = f'[targets.a]\nlocation = "s3://abc"\nlog_format = {names}\n'
    (tmp_path / "flowathena.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"flowathena\.toml:3: "):
        config.load(None, {}, tmp_path)


def test_a_table_without_a_field_is_refused() -> None:
    keys = tuple(Column(key, "string") for key in ("aws_account", "aws_region", "day"))
    with pytest.raises(TableMismatchError):
        recognize(Table("d", "t", (Column("thing", "string"),), keys, ""))


def test_a_table_whose_day_is_a_date_is_asked_for_dates() -> None:
    keys = (Column("aws_account", "string"), Column("aws_region", "string"), Column("day", "date"))
    table = Table("d", "t", (Column("start", "bigint"),), keys, "")
    query = Query("q", "Q", "SELECT day FROM flow_logs")
    sql = render(query, {}, Selection(WINDOW), FlowTable(table, recognize(table))).sql
    assert "\"day\" BETWEEN DATE '2026-11-01' AND DATE '2026-11-03'" in sql
    assert 'CAST("day" AS varchar) AS "day"' in sql
