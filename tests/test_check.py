"""What is wrong with a statement, before anything runs it."""

from pathlib import Path

import pytest

from flowathena.catalog import wanted
from flowathena.errors import QueryError
from flowathena.inputs.params import Param
from flowathena.query import check, relation
from flowathena.query.inspection import Inspection, inspect
from flowathena.query.query import Query
from flowathena.query.template import fill
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Table
from flowathena.target.target import Target

TABLE: Table = wanted.wanted_table(Target("t", "s3://abc/"))
COLUMNS = relation.column_types(FlowTable(TABLE, recognize(TABLE)))
STAR = set(COLUMNS) - {"src_public", "dst_public", "file", "delivery_time", "flow_log"}
FILE = Path("q.sql")


def inspected(sql: str) -> Inspection:
    query = Query("q", "Q", sql, file=FILE, first_line=11)
    return inspect(query, fill(query, {}), COLUMNS)


def problems(sql: str) -> list[str]:
    return list(map(str, inspected(sql).problems))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 1; SELECT 2", "q.sql:11: contains 2 statements; write one"),
        ("SELECT 1; DROP TABLE flow_logs; SELECT 2", "q.sql:11: contains 3 statements; write one"),
        ("INSERT INTO flow_logs SELECT 1", "q.sql:11: is not a SELECT; a query may only read"),
        ("DELETE FROM flow_logs", "q.sql:11: is not a SELECT; a query may only read"),
        ("UPDATE flow_logs SET bytes = 0", "q.sql:11: is not a SELECT; a query may only read"),
        (
            "MERGE INTO flow_logs USING flow_logs x ON true WHEN MATCHED THEN DELETE",
            "q.sql:11: is not a SELECT; a query may only read",
        ),
        ("DROP TABLE flow_logs", "q.sql:11: is not a SELECT; a query may only read"),
        ("CREATE TABLE t AS SELECT 1", "q.sql:11: is not a SELECT; a query may only read"),
        ("CREATE VIEW v AS SELECT 1 AS one", "q.sql:11: is not a SELECT; a query may only read"),
        (
            "ALTER TABLE flow_logs DROP PARTITION (day = 'x')",
            "q.sql:11: is not a SELECT; a query may only read",
        ),
        (
            "ALTER TABLE flow_logs ADD COLUMN x int",
            "q.sql:11: is not a SELECT; a query may only read",
        ),
        ("TRUNCATE TABLE flow_logs", "q.sql:11: is not a SELECT; a query may only read"),
        ("EXPLAIN SELECT 1", "q.sql:11: is not a SELECT; a query may only read"),
        ("SHOW TABLES", "q.sql:11: is not a SELECT; a query may only read"),
        ("SET SESSION x = 1", "q.sql:11: is not a SELECT; a query may only read"),
        ("GRANT SELECT ON flow_logs TO me", "q.sql:11: is not a SELECT; a query may only read"),
        (
            "SELECT srcaddr FROM other",
            "q.sql:11: reads unknown table 'other'; a query reads flow_logs (or flow_logs_before)",
        ),
        (
            "SELECT srcaddr FROM network.flow_logs",
            (
                "q.sql:11: reads unknown table 'network.flow_logs'; a query reads flow_logs (or "
                "flow_logs_before)"
            ),
        ),
        (
            "SELECT srcaddr FROM flow_logs WHERE srcaddr IN (SELECT a FROM secrets)",
            (
                "q.sql:11: reads unknown table 'secrets'; a query reads flow_logs (or "
                "flow_logs_before)"
            ),
        ),
        (
            "WITH x AS (SELECT a FROM secrets) SELECT a FROM x",
            (
                "q.sql:11: reads unknown table 'secrets'; a query reads flow_logs (or "
                "flow_logs_before)"
            ),
        ),
        (
            "SELECT 1 AS one UNION SELECT a FROM secrets",
            (
                "q.sql:11: reads unknown table 'secrets'; a query reads flow_logs (or "
                "flow_logs_before)"
            ),
        ),
        (
            "SELECT * FROM read_csv('/etc/passwd')",
            "q.sql:11: Athena has no function read_csv",
        ),
        (
            "SELECT * FROM flow_logs, sequence(1, 2)",
            "q.sql: reads from a table function; a query reads flow_logs",
        ),
        ("SELECT end FROM flow_logs", 'q.sql:11: end is reserved in Athena; write "end"'),
        ("SELECT f.end FROM flow_logs f", 'q.sql:11: end is reserved in Athena; write "end"'),
        (
            "WITH flow_logs AS (SELECT 1 AS one) SELECT one FROM flow_logs",
            "q.sql:11: flow_logs is the name of the virtual table; choose another one",
        ),
        (
            "WITH Flow_Logs_Before AS (SELECT 1 AS one) SELECT one FROM flow_logs_before",
            "q.sql:11: Flow_Logs_Before is the name of the virtual table; choose another one",
        ),
    ],
)
def test_a_wrong_statement_is_told(sql: str, told: str) -> None:
    assert problems(sql) == [told]


@pytest.mark.parametrize(
    "sql",
    ["MSCK REPAIR TABLE flow_logs", "UNLOAD (SELECT 1) TO 's3://x/' WITH (format = 'PARQUET')"],
)
def test_a_statement_that_is_no_query_at_all_is_refused(sql: str) -> None:
    (told,) = problems(sql)
    assert told.startswith("q.sql:11: cannot be read as SQL: ")


def test_an_unknown_field_is_told_with_its_line_and_a_similar_one() -> None:
    assert problems("SELECT srcaddr,\n  dstadr\nFROM flow_logs") == [
        "q.sql:12: unknown field 'dstadr'; did you mean 'dstaddr'?"
    ]


def test_an_unknown_field_without_a_similar_one() -> None:
    assert problems("SELECT zzz FROM flow_logs") == ["q.sql:11: unknown field 'zzz'"]


@pytest.mark.parametrize(
    ("field", "version"),
    [("vpc_id", 3), ("region", 4), ("flow_direction", 5), ("ecs_task_id", 7), ("instance_tag", 11)],
)
def test_a_field_of_a_later_version_is_told_with_its_version(field: str, version: int) -> None:
    name = field.replace("_", "-")
    (told,) = problems(f"SELECT {field} FROM flow_logs")
    assert told == (
        f"q.sql:11: needs {field} (version {version}): this target's flow logs do not have it; "
        f"create a flow log with a log format that has ${{{name}}} "
        f"('flowathena fields {name}' explains it)"
    )


def test_all_fields_that_the_table_lacks_are_one_problem_at_the_first_of_their_lines() -> None:
    sql = "SELECT flow_direction,\n  pkt_src_public, tcp_flags FROM flow_logs\nWHERE region = 'x'"
    found = inspected(sql)
    (told,) = map(str, found.problems)
    assert told == (
        "q.sql:11: needs tcp_flags and pkt_srcaddr (version 3), region (version 4) and "
        "flow_direction (version 5): this target's flow logs do not have them; create a flow log "
        "with a log format that has ${tcp-flags} ${pkt-srcaddr} ${region} ${flow-direction} "
        "('flowathena fields --version 5' explains them)"
    )
    names = [field.column for field in found.missing]
    assert names == ["tcp_flags", "pkt_srcaddr", "region", "flow_direction"]


def test_a_field_of_having_alone_is_one_that_the_query_uses() -> None:
    sql = "SELECT srcaddr FROM flow_logs GROUP BY srcaddr HAVING max(bitwise_and(packets, 2)) = 2"
    found = inspected(sql)
    assert not found.problems
    assert found.used == {"flow_logs": {"srcaddr", "packets"}}
    assert problems(sql.replace("packets", "tcp_flags"))[0].startswith("q.sql:11: needs tcp_flags ")


def test_an_unknown_name_of_having_is_told_with_its_line() -> None:
    sql = "SELECT srcaddr, count(*) AS n FROM flow_logs GROUP BY srcaddr\nHAVING max({}) = 2"
    assert problems(sql.format("packetz")) == [
        "q.sql:12: unknown field 'packetz'; did you mean 'packets'?"
    ]
    assert problems(sql.format("n")) == ["q.sql:12: unknown field 'n'"]


def test_a_misspelt_field_is_told_beside_those_that_the_table_lacks() -> None:
    needed, unknown = problems("SELECT region,\n srcadr FROM flow_logs")
    assert needed.startswith("q.sql:11: needs region (version 4): ")
    assert unknown == "q.sql:12: unknown field 'srcadr'; did you mean 'srcaddr'?"


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT * FROM flow_logs", set()),
        ("SELECT *, start_time AS s FROM flow_logs", {"start_time"}),
        ("WITH q AS (SELECT * FROM flow_logs) SELECT bytes FROM q", {"bytes"}),
        ("SELECT count(*) AS n FROM flow_logs", set()),
        (
            "SELECT n.srcaddr FROM flow_logs n JOIN flow_logs_before b ON n.dstaddr = b.dstaddr",
            {"srcaddr", "dstaddr"},
        ),
    ],
)
def test_a_star_names_no_column(sql: str, named: set[str]) -> None:
    found = inspected(sql)
    assert not found.problems
    assert found.named == named


def test_a_leading_comment_does_not_shift_the_line() -> None:
    assert problems("-- why\n\nSELECT zzz FROM flow_logs") == ["q.sql:13: unknown field 'zzz'"]


@pytest.mark.parametrize(
    "sql", ["SELECT 1 FROM\nWHERE", "SELECT (1 AS one,\n2", "SELECT 1 AS one\nWHERE )"]
)
def test_a_syntax_error_is_told_with_file_and_line(sql: str) -> None:
    (told,) = problems(sql)
    assert told.startswith("q.sql:1")
    assert "cannot be read as SQL: " in told


@pytest.mark.parametrize("sql", ["1 UNION SELECT 1", "(flow_logs) UNION SELECT 1"])
def test_what_is_no_operand_of_a_union_is_no_sql(sql: str) -> None:
    (told,) = problems(sql)
    assert "cannot be read as SQL: Cannot build a scope for set operation operand" in told


def test_a_syntax_error_is_reported_in_plain_words() -> None:
    assert problems("SELECT 1 AS a\nORDER BY") == [
        "q.sql:12: cannot be read as SQL: an operand or clause is missing near 'ORDER BY'"
    ]


@pytest.mark.parametrize("sql", ["SELECT 'a FROM flow_logs", "SELECT 1 /* a"])
def test_what_is_not_closed_is_reported(sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        problems(sql)
    assert str(caught.value) == "q.sql:11: cannot be read as SQL: a quote or comment is not closed"


def test_a_syntax_error_names_its_line() -> None:
    (told,) = problems("SELECT 1 AS one\nFROM flow_logs\nWHERE )")
    assert told.startswith("q.sql:13: cannot be read as SQL: ")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT\n  no_such(bytes)\nFROM flow_logs", "q.sql:12: Athena has no function no_such"),
        (
            "SELECT nvl(bytes, 0)\n, ifnull(bytes, 0) FROM flow_logs",
            "q.sql:11: Athena has no function nvl",
        ),
        (
            "SELECT aprox_distinct(srcaddr) FROM flow_logs",
            "q.sql:11: Athena has no function aprox_distinct; did you mean approx_distinct?",
        ),
        ("SELECT lower('a', 'b')", "q.sql:11: lower takes 1 argument, not 2"),
        ("SELECT strpos('a')", "q.sql:11: strpos takes 2 or 3 arguments, not 1"),
        ("SELECT nullif(1)", "q.sql:11: nullif takes 2 arguments, not 1"),
        ("SELECT coalesce(1)", "q.sql:11: coalesce takes 2 or more arguments, not 1"),
        ("SELECT concat_ws(',')", "q.sql:11: concat_ws takes 2 or more arguments, not 1"),
        ("SELECT if(true)", "q.sql:11: if takes 2 or 3 arguments, not 1"),
        (
            "SELECT count(DISTINCT srcaddr, dstaddr) FROM flow_logs",
            "q.sql:11: count takes 0 or 1 arguments, not 2",
        ),
        ("SELECT filter(ARRAY[1])", "q.sql:11: filter takes 2 arguments, not 1"),
        ("SELECT if(true, 1, 2, 3)", "q.sql:11: if takes 2 or 3 arguments, not 4"),
        ("SELECT current_date(1)", "q.sql:11: current_date takes 0 arguments, not 1"),
        (
            "SELECT listagg(srcaddr, ',', 1) FROM flow_logs",
            "q.sql:11: listagg takes 1 or 2 arguments, not 3",
        ),
        # Words that are functions, types or clauses elsewhere.
        ("SELECT left('a', 1)", "q.sql:11: Athena has no function left; did you mean least?"),
        ("SELECT decimal(1)", "q.sql:11: Athena has no function decimal"),
        ("SELECT first(1)", "q.sql:11: Athena has no function first; did you mean first_value?"),
        ("SELECT convert(1, 2)", "q.sql:11: Athena has no function convert; did you mean count?"),
        ("SELECT 1\n::bigint", "q.sql:12: Athena has no operator ::"),
        ("SELECT bytes\nFROM flow_logs LIMIT 5, 10", "q.sql:12: unexpected ',' after LIMIT 5"),
        ("SELECT bytes FROM flow_logs LIMIT 5 OFFSET 1", "q.sql:11: write OFFSET before LIMIT"),
        ("SELECT CAST(1 AS string)", "q.sql:11: Athena has no type string"),
        ("SELECT 1, FROM flow_logs", "q.sql:11: unexpected ',' before 'FROM'"),
        (
            "SELECT f.bytes FROM flow_logs f\nJOIN flow_logs_before b",
            "q.sql:12: JOIN needs ON or USING (or write CROSS JOIN)",
        ),
    ],
)
def test_what_athena_does_not_read_is_told_with_its_line(sql: str, told: str) -> None:
    assert problems(sql)[0] == told


def test_every_wrong_call_is_reported_in_the_order_of_the_text() -> None:
    sql = "WITH q AS (SELECT zzz(1) AS x)\nSELECT lower(xxx(x), 1)\nFROM q WHERE network.bbb(x) = 1"
    assert problems(sql) == [
        "q.sql:11: Athena has no function zzz",
        "q.sql:12: lower takes 1 argument, not 2",
        "q.sql:12: Athena has no function xxx",
        "q.sql:13: Athena has no function bbb",
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n, count(DISTINCT srcaddr) AS s, max_by(srcaddr, bytes) FROM flow_logs",
        "SELECT array_agg(srcaddr ORDER BY bytes, packets) AS s FROM flow_logs",
        "SELECT listagg(srcaddr, ',') WITHIN GROUP (ORDER BY srcaddr) AS s FROM flow_logs",
        "SELECT CAST(bytes AS decimal(18, 2)) AS d, TRY_CAST('1' AS varchar(5)) FROM flow_logs",
        "WITH q (a, b) AS (VALUES (1, 2)), r (c) AS (SELECT a FROM q) SELECT c FROM r",
        "SELECT u.x FROM (VALUES (1)) u (x) JOIN (VALUES (1)) AS v (y) ON u.x = v.y",
        "SELECT f.bytes FROM flow_logs f CROSS JOIN (VALUES (1)) v (y)",
        "SELECT filter(ARRAY[1, 2], x -> x > 1)[1] AS v, transform(ARRAY[1], x -> (x)) AS w",
        "SELECT extract(DOW FROM start_time) AS d, position('a' IN srcaddr) AS p FROM flow_logs",
        "SELECT bytes FROM flow_logs ORDER BY bytes OFFSET 1 LIMIT 5",
        "SELECT sum(bytes) OVER (PARTITION BY srcaddr ORDER BY start_time) AS s FROM flow_logs",
        "SELECT date_diff('day', DATE '2026-11-01', current_date) AS d, current_timestamp(3) AS t",
        "SELECT bytes FROM flow_logs WHERE bytes IN (1, 2) AND (packets > 1) AND NOT (bytes = 3)",
        "SELECT srcaddr FROM flow_logs GROUP BY GROUPING SETS ((srcaddr), ())",
        "SELECT DATE '2026-11-01' - INTERVAL '1' DAY AS d, INTERVAL '-2' HOUR AS h",
        "SELECT corr(DISTINCT bytes, packets) AS c, max_by(DISTINCT srcaddr, bytes) FROM flow_logs",
        "SELECT 1 = ALL (VALUES 1) AS a, 1 = SOME (VALUES 1) AS s, EXISTS (VALUES 1) AS e",
        "SELECT listagg(srcaddr, ',' ON OVERFLOW ERROR) WITHIN GROUP (ORDER BY 1) FROM flow_logs",
        "SELECT json_value('{}', 'lax $.a' DEFAULT 'x' ON EMPTY) AS j, trim(BOTH 'x' FROM 'xax')",
    ],
)
def test_what_athena_reads_is_no_problem(sql: str) -> None:
    assert problems(sql) == []


@pytest.mark.parametrize(
    ("sql", "used"),
    [
        ("SELECT count(*) AS n FROM flow_logs", {"flow_logs": set()}),
        ("SELECT srcaddr FROM flow_logs WHERE dstport = 22", {"flow_logs": {"srcaddr", "dstport"}}),
        ("SELECT SrcAddr FROM FLOW_LOGS", {"flow_logs": {"srcaddr"}}),
        ('SELECT "end" FROM flow_logs', {"flow_logs": {"end"}}),
        ("SELECT * FROM flow_logs", {"flow_logs": STAR}),
        ("SELECT f.* FROM flow_logs f", {"flow_logs": STAR}),
        ("SELECT * FROM flow_logs WHERE src_public", {"flow_logs": STAR | {"src_public"}}),
        (
            "SELECT srcaddr FROM flow_logs ORDER BY start_time, day",
            {"flow_logs": {"srcaddr", "start_time", "day"}},
        ),
        (
            (
                "SELECT n.srcaddr FROM flow_logs n LEFT JOIN flow_logs_before b "
                "ON n.srcaddr = b.srcaddr WHERE b.dstaddr IS NULL"
            ),
            {"flow_logs": {"srcaddr"}, "flow_logs_before": {"srcaddr", "dstaddr"}},
        ),
        ("SELECT srcaddr FROM flow_logs_before", {"flow_logs_before": {"srcaddr"}}),
        (
            "SELECT srcaddr, count(*) AS n FROM flow_logs GROUP BY srcaddr HAVING max(bytes) > 1",
            {"flow_logs": {"srcaddr", "bytes"}},
        ),
        ("SELECT 1 AS one", {}),
        (
            "SELECT x.n FROM (SELECT count(*) AS n FROM flow_logs WHERE action = 'REJECT') x",
            {"flow_logs": {"action"}},
        ),
        (
            "WITH x AS (SELECT srcaddr, bytes FROM flow_logs) SELECT srcaddr FROM x",
            {"flow_logs": {"srcaddr", "bytes"}},
        ),
        (
            (
                "SELECT srcaddr FROM flow_logs f WHERE EXISTS "
                "(SELECT 1 FROM flow_logs_before b WHERE b.dstaddr = f.dstaddr)"
            ),
            {"flow_logs": {"srcaddr", "dstaddr"}, "flow_logs_before": {"dstaddr"}},
        ),
        (
            "SELECT bytes AS b FROM flow_logs UNION ALL SELECT packets FROM flow_logs",
            {"flow_logs": {"bytes", "packets"}},
        ),
        (
            "SELECT t.x FROM flow_logs CROSS JOIN UNNEST(ARRAY[bytes, packets]) AS t(x)",
            {"flow_logs": {"bytes", "packets"}},
        ),
    ],
)
def test_the_columns_used_of_each_relation(sql: str, used: dict[str, set[str]]) -> None:
    found = inspected(sql)
    assert not found.problems
    assert found.used == used


def query(sql: str, *params: Param) -> Query:
    return Query("q", "Q", sql, params=params, file=FILE)


def test_a_placeholder_that_is_not_declared_is_told() -> None:
    told = check.check_parameters(query("SELECT {{ port }} AS p"))
    assert list(map(str, told)) == ["q.sql: 'port' is used but not declared in the header"]


def test_a_parameter_that_is_not_used_is_told() -> None:
    told = check.check_parameters(query("SELECT 1 AS one", Param("port", "port")))
    assert list(map(str, told)) == ["q.sql: parameter 'port' is declared but not used"]


@pytest.mark.parametrize(
    "param",
    [
        Param("p", "int"),
        Param("p", "int", minimum=5),
        Param("p", "number"),
        Param("p", "text"),
        Param("p", "date"),
        Param("p", "timestamp"),
        Param("p", "duration"),
        Param("p", "ip"),
        Param("p", "cidr"),
        Param("p", "port"),
        Param("p", "account"),
        Param("p", "region"),
        Param("p", "choice", choices=("a", "b")),
        Param("p", "text", required=False, default="x"),
    ],
    ids=str,
)
def test_a_query_is_examined_with_a_value_of_every_type(param: Param) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs WHERE dstaddr = {{ p }}"
    assert check.check_query(query(sql, param), COLUMNS) == []


@pytest.mark.parametrize("kind", ["int", "text", "cidr", "account", "region", "date"])
def test_a_query_is_examined_with_a_list(kind: str) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs WHERE dstaddr IN {{ p }}"
    assert check.check_query(query(sql, Param("p", f"list[{kind}]")), COLUMNS) == []


def test_examine_finds_a_placeholder_in_quotes() -> None:
    sql = "SELECT count(*) AS n FROM flow_logs\nWHERE dstaddr = '{{ p }}'"
    (told,) = check.check_query(query(sql, Param("p", "text")), COLUMNS)
    assert str(told).startswith("q.sql:2: a placeholder is inside quotes")


def test_examine_finds_an_unknown_field() -> None:
    (told,) = check.check_query(query("SELECT zzz FROM flow_logs"), COLUMNS)
    assert str(told) == "q.sql:1: unknown field 'zzz'"
