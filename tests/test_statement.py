"""A statement is read once; common table expressions in front change nothing behind them."""

from pathlib import Path

import pytest
from sqlglot.errors import SqlglotError

from flowathena.client import Client
from flowathena.sql import dialect
from flowathena.sql.dialect import Token
from flowathena.sql.statement import Statement
from tests.cases import LogFile, record, write_project

CTES = ["flow_logs AS (\n  SELECT\n    1 AS one\n)", 'flow_logs_before AS (SELECT 2 AS "end")']


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", f"WITH {CTES[0]}, {CTES[1]}\nSELECT 1"),
        ("(SELECT 1)", f"WITH {CTES[0]}, {CTES[1]}\n(SELECT 1)"),
        ("with a AS (SELECT 1) SELECT 2", f"with {CTES[0]}, {CTES[1]}, a AS (SELECT 1) SELECT 2"),
        (
            "WITH RECURSIVE a AS (SELECT 1) SELECT 2",
            f"WITH RECURSIVE {CTES[0]}, {CTES[1]}, a AS (SELECT 1) SELECT 2",
        ),
        ("((SELECT 1 AS a))", f"WITH {CTES[0]}, {CTES[1]}\n((SELECT 1 AS a))"),
        ("SELECT 1 UNION SELECT 2", f"WITH {CTES[0]}, {CTES[1]}\nSELECT 1 UNION SELECT 2"),
    ],
)
def test_expressions_stand_in_front_of_the_statements_own(sql: str, expected: str) -> None:
    inner = Statement(sql)
    extended = inner.with_ctes(CTES)
    assert extended.sql == expected
    assert extended.tree.sql(dialect.NAME) == Statement(expected).tree.sql(dialect.NAME)
    assert inner.tree.sql(dialect.NAME) == Statement(sql).tree.sql(dialect.NAME)


def test_what_takes_no_expressions_in_front_is_refused_as_if_written_so() -> None:
    with pytest.raises(SqlglotError, match="does not support CTE"):
        _ = Statement("VALUES 1").with_ctes(CTES).tree


def test_without_expressions_it_is_the_same_statement() -> None:
    statement = Statement("SELECT 1")
    assert statement.with_ctes([]) is statement


def test_what_athena_refuses_is_still_refused() -> None:
    inner = Statement("SELECT a ILIKE 'x' FROM flow_logs")
    assert inner.refusals
    assert inner.with_ctes(CTES).refusals == inner.refusals
    star = Statement("SELECT * EXCEPT (a) FROM flow_logs")
    assert star.tree_refusals
    assert star.with_ctes(CTES).tree_refusals == star.tree_refusals


@pytest.mark.parametrize("sql", ["", "-- nothing", "SELECT 'open", "SELECT FROM WHERE"])
def test_what_is_not_a_statement_has_no_tree(sql: str) -> None:
    with pytest.raises(SqlglotError):
        _ = Statement(sql).tree


def test_a_run_reads_every_text_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    trees: list[str] = []
    tokenise, parse = dialect.tokens, dialect.parse

    def tokens(sql: str) -> list[Token]:
        texts.append(sql)
        return tokenise(sql)

    def trees_of(given: list[Token], sql: str) -> list[object]:
        trees.append(sql)
        return list(parse(given, sql))

    monkeypatch.setattr(dialect, "tokens", tokens)
    monkeypatch.setattr(dialect, "parse", trees_of)
    log = LogFile(day="2026-11-01", records=(record("2026-11-01T06:00:00Z"),))
    write_project(tmp_path, log, registered=True)
    client = Client("local", config_path=tmp_path / "flowathena.toml")
    rows = client.run("top_https_servers", since="2026-11-01", until="2026-11-02").rows()
    assert [row["packets"] for row in rows] == [10]
    own = [text for text in texts if "dstport" in text]
    assert len(own) == len(set(own))
    assert sum("flow_logs AS (" in text for text in own) == 1  # the relation, once
    assert (
        sum("GROUP BY" in text for text in own) == 1
    )  # with markers; the literals move the tokens
    assert sum("GROUP BY" in text for text in trees) == 1
