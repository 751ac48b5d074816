"""The rules of ``queries check``: what each finds, what it leaves alone, and how it is said."""

import json
from pathlib import Path

import pytest

from flowathena.catalog import wanted
from flowathena.query import lint, relation
from flowathena.query.finding import Finding, Severity
from flowathena.query.header import read, statement
from flowathena.query.library import load
from flowathena.query.query import Query
from flowathena.query.rules import RULES
from tests.cases import write_project
from tests.shell import Shell

COLUMNS = relation.column_types(wanted.every_field())
ORDER = "ORDER BY 1 LIMIT 9"

# (rule, a query that it finds, the line, a word of the message, a word of the fix)
FOUND = [
    ("text-range", f"SELECT srcaddr FROM flow_logs\nWHERE srcaddr > '10.0.0.0' {ORDER}", 2,
     "compares the address srcaddr as text", "contains("),
    ("text-range", ("SELECT count(*) AS n FROM flow_logs WHERE pkt_dstaddr "
     "BETWEEN '172.16.0.0' AND '172.31.255.255'"), 1, "pkt_dstaddr", "TRY_CAST(pkt_dstaddr AS"),
    ("text-range", "SELECT count(*) AS n FROM flow_logs WHERE dstaddr LIKE '10.1%'", 1,
     "LIKE '10.1%'", "contains("),
    ("mixed-types", "SELECT count(*) AS n FROM flow_logs WHERE dstport = '443'", 1,
     "dstport is a number", "write 443"),
    ("mixed-types", "SELECT count(*) AS n FROM flow_logs WHERE protocol IN ('TCP')", 1,
     "protocol is a number", "flowathena fields protocol"),
    ("mixed-types", "SELECT count(*) AS n FROM flow_logs WHERE account_id = 111122223333", 1,
     "account_id is a text", "write '111122223333'"),
    ("unknown-value", "SELECT count(*) AS n FROM flow_logs WHERE action = 'REJECTED'", 1,
     "no record has 'REJECTED' as action", "ACCEPT, REJECT"),
    ("unknown-value", "SELECT count(*) AS n FROM flow_logs\nWHERE log_status IN ('OK', 'NONE')", 2,
     "'NONE' as log_status", "NODATA"),
    ("unknown-value", "SELECT count(*) AS n FROM flow_logs WHERE flow_direction <> 'inbound'", 1,
     "'inbound'", "ingress"),
    ("reserved-word", "SELECT dstport AS order FROM flow_logs ORDER BY dstport LIMIT 1", 1,
     "order is reserved", 'write "order"'),
    ("reserved-word", "SELECT 1 AS inner", 1, "inner", '"inner"'),
    ("division-by-zero", (f"SELECT dstport, 1.0 * sum(bytes) / sum(packets) AS x FROM flow_logs "
     f"GROUP BY dstport {ORDER}"), 1, "divides by sum(packets)", "nullif(sum(packets), 0)"),
    ("division-by-zero", "SELECT 1.0 * sum(bytes) / count(*) AS x FROM flow_logs", 1,
     "count(*)", "nullif(count(*), 0)"),
    ("division-by-zero", f"SELECT dstport % bytes AS x FROM flow_logs {ORDER}", 1, "bytes", "null"),
    ("division-by-zero", (f"SELECT dstport, 1.0 / count(*) FILTER (WHERE bytes > 1) AS x "
     f"FROM flow_logs GROUP BY dstport {ORDER}"), 1, "FILTER", "nullif"),
    ("integer-division", "SELECT sum(bytes) / 1048576 AS mib FROM flow_logs", 1,
     "a whole number of bytes", "AS double"),
    ("integer-division", (f"SELECT dstport, 100 * count(*) / nullif(count(srcaddr), 0) AS x "
     f"FROM flow_logs GROUP BY dstport {ORDER}"), 1, "records", "AS double"),
    ("limit-without-order", "SELECT srcaddr FROM flow_logs LIMIT 10", 1, "other rows", "ORDER BY"),
    ("limit-without-order", ("SELECT n FROM (SELECT bytes AS n FROM flow_logs LIMIT 3) AS t "
     "ORDER BY n LIMIT 2"), 1, "other rows", "ORDER BY"),
    ("limit-without-order", "SELECT srcaddr FROM flow_logs FETCH FIRST 3 ROWS ONLY", 1,
     "other rows", "ORDER BY"),
    ("unbounded-result", "SELECT * FROM flow_logs", 1, "a row per record", "LIMIT"),
    ("unbounded-result", "SELECT srcaddr AS s, count(*) AS n FROM flow_logs GROUP BY 1", 1,
     "per srcaddr", "LIMIT"),
    ("unbounded-result", "SELECT DISTINCT dstaddr FROM flow_logs", 1, "dstaddr", "LIMIT"),
    ("exact-count", "SELECT count(DISTINCT srcaddr) AS n FROM flow_logs", 1,
     "count(DISTINCT srcaddr)", "approx_distinct(srcaddr)"),
]  # fmt: skip

# What means what it says.
CLEAN = [
    f"SELECT srcaddr FROM flow_logs WHERE srcaddr = '10.0.0.1' {ORDER}",
    (
        "SELECT count(*) AS n FROM flow_logs "
        "WHERE contains('10.0.0.0/8', TRY_CAST(srcaddr AS ipaddress))"
    ),
    "SELECT count(*) AS n FROM flow_logs WHERE srcaddr LIKE '10.%' AND dstaddr LIKE '2001:db8:%'",
    "SELECT count(*) AS n FROM flow_logs WHERE dstport = 443 AND action = 'ACCEPT'",
    "SELECT count(*) AS n FROM flow_logs WHERE instance_id = 'i-0a' AND type IN ('IPv4', 'EFA')",
    "SELECT count(*) AS n FROM flow_logs WHERE bytes > 10 AND day >= '2026-11-01'",
    'SELECT dstport AS "order" FROM flow_logs ORDER BY dstport LIMIT 1',
    "SELECT start / 900 * 900 AS t, count(*) AS n FROM flow_logs GROUP BY 1 ORDER BY 1",
    'SELECT ("end" / 60) * 60 AS t, sum(bytes) AS n FROM flow_logs GROUP BY 1 ORDER BY 1',
    "SELECT sum(bytes) / 100 * 100 AS rounded FROM flow_logs",
    f"SELECT dstport, 100.0 * sum(bytes) / count(*) AS x FROM flow_logs GROUP BY dstport {ORDER}",
    (
        f"SELECT dstport, CAST(sum(bytes) AS double) / nullif(sum(packets), 0) AS x FROM flow_logs "
        f"GROUP BY dstport {ORDER}"
    ),
    "SELECT 1.0 * sum(bytes) / greatest(count(*), 1) AS x FROM flow_logs",
    "SELECT max(start_time) AS newest FROM flow_logs",
    "SELECT max(start_time) AS newest FROM flow_logs LIMIT 1",
    "SELECT protocol, count(*) AS n FROM flow_logs GROUP BY protocol",
    "SELECT hour(start_time) AS h, count(*) AS n FROM flow_logs GROUP BY 1",
    "SELECT 1 AS one",
]


def found(sql: str, *allow: str) -> list[Finding]:
    return lint.review(Query("q", "Q", sql, is_template=False, allow=allow), COLUMNS)


@pytest.mark.parametrize(("rule", "sql", "line", "message", "fix"), FOUND)
def test_a_rule_finds(rule: str, sql: str, line: int, message: str, fix: str) -> None:
    (finding,) = [each for each in found(sql) if each.rule == rule]
    assert message in finding.message
    assert fix in finding.fix
    assert finding.severity is RULES[rule].severity
    place = lint.review(
        Query("q", "Q", sql, file=Path("q.sql"), first_line=4, is_template=False), COLUMNS
    )
    assert line + 3 in [each.line for each in place if each.rule == rule]


def test_every_rule_has_an_example() -> None:
    assert {rule for rule, *_ in FOUND} == set(RULES)


@pytest.mark.parametrize("sql", CLEAN)
def test_what_means_what_it_says_is_left_alone(sql: str) -> None:
    assert found(sql) == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_query_may_mean_it(rule: str) -> None:
    sql = next(sql for name, sql, *_ in FOUND if name == rule)
    assert rule not in {finding.rule for finding in found(sql, rule)}


def test_an_unknown_rule_is_an_error() -> None:
    (finding,) = found("SELECT 1 AS one", "integer-divisions")
    assert finding.severity is Severity.ERROR
    assert "did you mean 'integer-division'?" in finding.message


def test_what_cannot_run_is_an_error_and_nothing_else_is_said() -> None:
    (finding,) = found("SELECT srcadr FROM flow_logs LIMIT 3")
    assert (finding.rule, finding.severity) == ("invalid", Severity.ERROR)
    assert "'srcaddr'" in finding.message


BRANCHES = """/* ---
title = "x"
[params.by]
type = "choice"
choices = ["bytes", "packets"]
default = "bytes"
[params.host]
type = "ip"
required = false
[params.minutes]
type = "int"
default = 15
--- */
SELECT start / {{ minutes }} * {{ minutes }} AS t,
{% if by == 'bytes' %} 1 AS x {% else %} sum(bytes) / 2 AS x {% endif %}
FROM flow_logs {% if host %} WHERE srcaddr = {{ host }} {% else %} WHERE dstport = '1' {% endif %}
GROUP BY 1
"""


def test_every_branch_of_a_template_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "own.sql").write_text(BRANCHES)
    query = load([tmp_path]).get("own")
    findings = {(each.rule, each.line) for each in lint.review(query, COLUMNS)}
    assert findings == {("division-by-zero", 14), ("integer-division", 15), ("mixed-types", 16)}


OWN = """/* ---
title = "x"
--- */
SELECT srcaddr, sum(bytes) / 2 AS half
FROM flow_logs
WHERE srcaddr > '10%, 9'
GROUP BY srcaddr ORDER BY 1 LIMIT 5
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    write_project(tmp_path, settings='query_paths = ["mine"]')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.sql").write_text(OWN)
    return Shell(tmp_path)


def test_findings_are_lines_with_file_and_fix(shell: Shell) -> None:
    done = shell.run("queries", "check", "own", code=3)
    warning, error = done.out.splitlines()
    file = shell.folder / "mine" / "own.sql"
    assert warning.startswith(f"{file}:4: warning: divides a whole number of bytes")
    assert warning.endswith("; write CAST(… AS double) / … [integer-division]")
    assert error.startswith(f"{file}:6: error: compares the address srcaddr as text")
    assert done.err.splitlines()[-1] == "1 query, 1 error, 1 warning"


def test_only_errors_on_demand(shell: Shell) -> None:
    done = shell.run("queries", "check", "own", "--level", "error", code=3)
    assert [line.split(" ")[1] for line in done.out.splitlines()] == ["error:"]


def test_findings_as_json(shell: Shell) -> None:
    rows = json.loads(shell.run("queries", "check", "own", "--format", "json", code=3).out)
    assert [(row["rule"], row["severity"], row["line"]) for row in rows] == [
        ("integer-division", "warning", 4),
        ("text-range", "error", 6),
    ]
    assert set(rows[0]) == {"rule", "severity", "message", "fix", "query", "file", "line"}


def test_findings_as_annotations_of_github(shell: Shell) -> None:
    done = shell.run("queries", "check", "own", "--format", "github", code=3)
    warning, error = done.out.splitlines()
    assert warning.startswith(
        "::warning file=mine/own.sql,line=4,title=own%3A integer-division::divides a whole"
    )
    assert error.startswith("::error file=mine/own.sql,line=6,title=own%3A text-range::")


def test_an_unknown_name_is_refused_with_a_hint(shell: Shell) -> None:
    assert "did you mean 'own'?" in shell.refused("queries", "check", "onw")


def test_a_query_is_checked_by_its_alias(shell: Shell) -> None:
    checked = shell.run("queries", "check", "VpcFlowLogsAcceptedTraffic", "accepted_tcp")
    assert checked.out == "1 query, no problems\n"


def test_only_what_is_silently_wrong_is_told_of_a_statement_that_runs() -> None:
    sql = (
        "SELECT srcaddr, sum(bytes) / count(*) AS b FROM flow_logs\n"
        "WHERE action = 'reject' AND srcaddr > '10.0.0.0' GROUP BY 1"
    )
    told = sorted(map(str, lint.doubts(statement(sql))))
    assert told == [
        (
            "line 2: compares the address srcaddr as text, where '10.9' is above '10.10'; write "
            "contains('10.0.0.0/8', TRY_CAST(srcaddr AS ipaddress))"
        ),
        "line 2: no record has 'reject' as action; it is one of ACCEPT, REJECT",
    ]
    assert lint.doubts(statement("SELECT 1 AS a")) == []


def test_the_query_of_the_docs_has_nothing_wrong(tmp_path: Path) -> None:
    page = Path(__file__).parents[1] / "docs" / "queries-own.md"
    text = page.read_text().partition("```sql\n/*")[2].partition("```")[0]
    file = tmp_path / "host_talkers.sql"
    file.write_text(f"/*{text}")
    assert lint.review(read(file), COLUMNS) == []
