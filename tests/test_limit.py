"""A result that the query's own LIMIT has cut says so."""

from typing import Any

import pytest

from flowathena.client import Client
from flowathena.query.render import Limit
from flowathena.sql.limit import final_limit
from flowathena.sql.statement import Statement
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW: dict[str, Any] = {"since": DAY, "until": "2026-11-02"}


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT a FROM t", None),
        ("SELECT a FROM t LIMIT 5", 5),
        ("SELECT a FROM t limit 5 -- five", 5),
        ("SELECT a FROM t ORDER BY a OFFSET 2 LIMIT 5", 5),
        ("SELECT a FROM t OFFSET 2 ROWS FETCH FIRST 5 ROWS ONLY", 5),
        ("SELECT a FROM t ORDER BY a FETCH NEXT 5 ROWS WITH TIES", 5),
        ("SELECT a FROM t FETCH FIRST ROW ONLY", 1),
        ("SELECT a FROM t UNION ALL SELECT a FROM t LIMIT 5", 5),
        ("(SELECT a FROM t) LIMIT 5", 5),
        ("(SELECT a FROM t LIMIT 5) LIMIT 7", 7),
        ("((SELECT a FROM t LIMIT 5))", 5),
        ("WITH x AS (SELECT a FROM t) (SELECT a FROM x LIMIT 5)", 5),
        ("VALUES 1, 2 LIMIT 1", 1),
        ("SELECT a FROM t LIMIT ALL", None),
        ("SELECT a FROM (SELECT a FROM t LIMIT 5)", None),
        ("WITH x AS (SELECT a FROM t LIMIT 5) SELECT a FROM x", None),
        ("SELECT a FROM t WHERE a IN (SELECT a FROM t LIMIT 5)", None),
        ("SELECT a FROM t UNION ALL (SELECT a FROM t LIMIT 5)", None),
        ("SELECT count(*) FROM t LIMIT 1", None),
        ("SELECT sum(a) / count(*) AS mean FROM t ORDER BY 1 LIMIT 1", None),
        ("SELECT listagg(a, ',') WITHIN GROUP (ORDER BY a) FROM t LIMIT 1", None),
        ("SELECT 1 LIMIT 1", None),
        ("SELECT a, count(*) FROM t GROUP BY a LIMIT 1", 1),
        ("SELECT a, count(*) OVER () FROM t LIMIT 5", 5),
        ("SELECT (SELECT count(*) FROM t) AS n, a FROM t LIMIT 5", 5),
        ("SELECT abs(a) FROM t LIMIT 5", 5),
    ],
)
def test_the_last_limit_cuts(sql: str, rows: int | None) -> None:
    assert final_limit(Statement(sql).tree) == rows


@pytest.mark.parametrize(
    ("limit", "rows", "told"),
    [
        (Limit(10), 9, None),
        (Limit(0), 0, None),
        (
            Limit(10),
            10,
            "the limit of 10 rows is reached, there may be more: the query's text says LIMIT 10",
        ),
        (
            Limit(1, "most_rows"),
            1,
            "the limit of 1 row is reached, there may be more: raise most_rows (--most-rows)",
        ),
        (
            Limit(2, "n"),
            3,
            "the limit of 2 rows is reached, there may be more: raise n (--n)",
        ),
    ],
)
def test_a_notice_says_what_to_raise(limit: Limit, rows: int, told: str | None) -> None:
    assert limit.notice(rows) == told


OWN = '/* ---\ntitle = "Own"\n{params}--- */\nSELECT srcport FROM flow_logs ORDER BY 1 {limit}\n'


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("limit")
    (folder / "mine").mkdir()
    lines = tuple(record(f"{DAY}T10:00:00", srcport=n) for n in range(3))
    number = '[params.most_rows]\ntype = "int"\n[params.skipped]\ntype = "int"\ndefault = 0\n'
    texts = {
        "given": OWN.format(params=number, limit="OFFSET {{ skipped }} LIMIT {{most_rows}};"),
        "fixed": OWN.format(params="", limit="LIMIT 2"),
        "exact": OWN.format(params="", limit="LIMIT 3"),
        "wide": OWN.format(params="", limit="LIMIT 4"),
        "open": OWN.format(params="", limit=""),
    }
    for name, text in texts.items():
        (folder / "mine" / f"{name}.sql").write_text(text)
    settings = 'query_paths = ["mine"]'
    write_project(folder, LogFile(DAY, lines), settings=settings, registered=True)
    return Shell(folder)


@pytest.fixture(scope="module")
def client(shell: Shell) -> Client:
    return Client("local", config_path=shell.folder / "flowathena.toml")


@pytest.mark.parametrize(
    ("name", "values", "rows", "limit"),
    [
        ("given", {"most_rows": 2}, 2, 2),
        ("given", {"most_rows": 2, "skipped": 2}, 1, None),
        ("given", {"most_rows": 4}, 3, None),
        ("fixed", {}, 2, 2),
        ("exact", {}, 3, 3),  # nobody has looked for a fourth
        ("wide", {}, 3, None),
        ("open", {}, 3, None),
    ],
)
def test_the_stats_say_that_a_limit_is_reached(
    client: Client, name: str, values: dict[str, Any], rows: int, limit: int | None
) -> None:
    stats = client.run(name, **WINDOW, **values).stats
    assert (stats.rows, stats.reached_limit) == (rows, limit)
    assert len(stats.notices) == (limit is not None)
    assert not stats.warnings


def test_a_statement_given_as_text_says_it_too(client: Client) -> None:
    stats = client.sql("SELECT srcport FROM flow_logs LIMIT 2", **WINDOW).stats
    assert stats.reached_limit == 2
    assert "the query's text says LIMIT 2" in stats.notices[0]
    one = client.sql("SELECT count(*) AS n FROM flow_logs LIMIT 1", **WINDOW).stats
    assert (one.reached_limit, one.notices) == (None, ())


@pytest.mark.few(1)
@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl"])
def test_every_format_is_followed_by_the_notice(shell: Shell, form: str) -> None:
    window = ("--since", DAY, "--until", "2026-11-02")
    done = shell.run("run", "given", "--most-rows", "2", *window, "--format", form)
    told = "the limit of 2 rows is reached, there may be more: raise most_rows (--most-rows)"
    assert told in done.err.splitlines()
    file = shell.run(
        "run", "given", "--most-rows", "2", *window, "--format", form, "-o", f"x.{form}"
    )
    assert told in file.err.splitlines()
