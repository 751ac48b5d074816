"""Conditions over a result: one expression over its columns, and nothing that leads out of it."""

import pytest

from flowathena.errors import UsageError
from flowathena.query.condition import Condition
from flowathena.sql.statement import Statement

QUERY = 'SELECT srcaddr, sum(packets) AS packets, max("end") AS "end" FROM flow_logs GROUP BY 1'
COLUMNS = {"srcaddr": "string", "packets": "bigint", "end": "bigint"}


@pytest.mark.parametrize(
    "text",
    [
        "packets > 1000",
        "PACKETS > 1000 AND srcaddr LIKE '10.%'",
        "(packets > 1 OR packets < 0)",
        "srcaddr = ') OR (1=1 --;'",
        'srcaddr = \'a"b\' OR "packets" = 1',
        "date_trunc('hour', from_unixtime(\"end\")) > TIMESTAMP '2026-01-01'",
        "CASE WHEN packets > 1 THEN true ELSE false END",
        "packets BETWEEN 1 AND 2\nOR packets IN (7, 8)",
        "any_match(ARRAY[1, 2], x -> x = packets)",
    ],
)
def test_a_condition_becomes_the_where_of_a_subselect(text: str) -> None:
    narrowed = Condition.parse(text).narrow(Statement(QUERY), COLUMNS)
    assert narrowed.sql == f"SELECT * FROM (\n{QUERY}\n) AS checked\nWHERE ({text})"
    assert len(narrowed.trees) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("1=1) OR (1=1", "closes a bracket that is not open"),
        ("(1=1", "leaves a bracket open"),
        ("1=1) UNION SELECT (1", "closes a bracket"),
        ("packets > 1; DROP TABLE x", "has a semicolon"),
        ("packets > 1 -- no more", "has a comment"),
        ("packets > 1 /* x */ AND true", "has a comment"),
        ("/* x */ packets > 1", "has a comment"),
        ("packets > 1 --", "has a comment"),
        ("srcaddr = 'x", "a quote or comment is not closed"),
        ("packets > 1 /* x", "a quote or comment is not closed"),
        ("packets IN (SELECT 1)", "has a subquery"),
        ("EXISTS (SELECT 1)", "has a subquery"),
        ("sum(packets) > 1", "makes one value of many rows"),
        ("count(*) > 1", "count makes one value of many rows"),
        ("* > 1", r"has a \*"),
        ("row_number() OVER () = 1", "has a window function"),
        ("packets > ?", "has a placeholder"),
        ("packets > {{ x }}", "Athena has no operator {"),
        ("checked.packets > 1", "is of a table; write packets"),
        ("packets > 1 ORDER BY 1", "cannot be read as SQL"),
        ("packets > 1 LIMIT 1", "cannot be read as SQL"),
        ("packets >", "cannot be read as SQL"),
        ("nonesuch(packets) > 1", "no function nonesuch"),
        ("packets == 1", "Athena has no operator =="),
        ("end > 1", "end is reserved"),
        ("srcaddr ILIKE 'x'", "ILIKE"),
        ("x" * 10_001, "10,000 characters at most"),
    ],
)
def test_what_is_no_condition(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Condition.parse(text)


def test_a_column_that_the_result_does_not_have_is_named_with_those_it_has() -> None:
    with pytest.raises(UsageError) as refused:
        Condition.parse("packet > 1").narrow(Statement(QUERY), COLUMNS)
    assert str(refused.value) == (
        "--where: the result has no column 'packet'; did you mean 'packets'? columns: srcaddr, "
        "packets, end"
    )
    with pytest.raises(UsageError, match="no column 'bytes'"):  # of the table, not of the result
        Condition.parse("bytes > 1").narrow(Statement(QUERY), {**COLUMNS, "bytes": "bigint"})


def test_a_star_has_the_columns_of_the_table() -> None:
    star = Statement("SELECT *, packets * 2 AS twice FROM flow_logs")
    narrowed = Condition.parse("bytes > 1 AND twice > 2").narrow(star, {"bytes": "bigint"})
    assert narrowed.sql.endswith("WHERE (bytes > 1 AND twice > 2)")
    with pytest.raises(UsageError, match="no column 'byte'; did you mean 'bytes'"):
        Condition.parse("byte > 1").narrow(star, {"bytes": "bigint"})
