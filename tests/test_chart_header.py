"""The table [chart] of a query's header: what it says, and what is wrong with one."""

from pathlib import Path

import pytest

from flowathena.catalog import wanted
from flowathena.engine.charts import check_chart
from flowathena.errors import QueryError
from flowathena.query import header, library, relation
from flowathena.query.query import Query
from flowathena.result.chart.chart import Chart, Kind
from tests.portion import left_to_slow
from tests.shell import Shell

_COLUMNS = relation.column_types(wanted.every_field())
_SQL = """SELECT start_time, srcaddr, dstport, sum(bytes) AS bytes, count(*) AS flows,
  array_agg(dstaddr) AS targets, max(dstport) > 1023 AS is_high
FROM flow_logs GROUP BY 1, 2, 3 ORDER BY bytes DESC, 2 LIMIT 10"""
_BAR = '\nkind = "bar"\nx = "srcaddr"\ny = ["bytes", "flows"]\n'


def _read(folder: Path, chart: str = _BAR, sql: str = _SQL) -> Query:
    file = folder / "talkers.sql"
    file.write_text(
        f'/* ---\ntitle = "Talkers"\ndescription = "Who talks."\n[chart]{chart}--- */\n{sql}\n'
    )
    return header.read(file)


def test_a_header_says_how_to_look_at_rows(tmp_path: Path) -> None:
    query = _read(tmp_path)
    assert query.chart == Chart(
        Kind.BAR, ("srcaddr",), ("bytes", "flows"), "", "Talkers", "Who talks."
    )
    assert query.chart.line == 4
    assert check_chart(query, _COLUMNS) == []


@pytest.mark.parametrize(
    ("chart", "line", "message"),
    [
        (
            '\nkind = "pie"\nx = "srcaddr"\ny = "bytes"\n',
            5,
            "kind 'pie' is not one of bar, line, heatmap",
        ),
        ('\nkind = "bar"\nx = "srcaddr"\n', 4, "chart: has no y"),
        ('\nkind = "bar"\ny = "bytes"\n', 4, "chart: has no x"),
        (
            '\nkind = "bar"\nx = 1\ny = "bytes"\n',
            6,
            "x must be a column, or a list of columns, not the integer 1",
        ),
        ('\nkind = "bar"\nx = "srcaddr"\nz = "bytes"\n', 7, "unknown key 'z' in the header"),
        ('\nkind = "bar"\nx = "srcaddr"\ny = "bytes"\ncolour = "x"\n', 8, "did you mean 'color'?"),
        ('\nkind = "bar"\nx = "a"\ny = ["b", "c"]\ncolor = "d"\n', 4, "not both"),
        ('\nkind = "bar"\nx = "a"\ny = "a"\n', 4, "names the column 'a' twice"),
        ('\nkind = "line"\nx = ["a", "b"]\ny = "c"\n', 4, "line has one column as x"),
        ('\nkind = "heatmap"\nx = "a"\ny = "b"\n', 4, "heatmap has no color"),
        (
            '\nkind = "heatmap"\nx = "a"\ny = ["b", "c"]\ncolor = "d"\n',
            4,
            "heatmap has one column as y",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, chart: str, line: int, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        _read(tmp_path, chart)
    problem = next(each for each in caught.value.problems if message in each.message)
    assert problem.line == line


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        ('kind = "bar"\nx = "srcadr"\ny = "bytes"', "no column 'srcadr'; did you mean 'srcaddr'?"),
        ('kind = "bar"\nx = "dstport"\ny = "srcaddr"', "'srcaddr' is varchar, not a number"),
        (
            'kind = "bar"\nx = "targets"\ny = "bytes"',
            "'targets' is array(varchar), not a text, a whole number or a time",
        ),
        (
            'kind = "line"\nx = "is_high"\ny = "bytes"',
            "'is_high' is boolean, not a time, a number or a text",
        ),
        (
            'kind = "heatmap"\nx = "dstport"\ny = "bytes"\ncolor = "srcaddr"',
            "'srcaddr' is varchar, not a number",
        ),
    ],
)
def test_a_check_compares_it_with_the_columns(tmp_path: Path, chart: str, message: str) -> None:
    (problem,) = check_chart(_read(tmp_path, f"\n{chart}\n"), _COLUMNS)
    assert message in problem.message
    assert (problem.file, problem.line) == (tmp_path / "talkers.sql", 4)


def test_the_columns_of_a_star_are_those_of_flow_logs(tmp_path: Path) -> None:
    star = "SELECT * FROM flow_logs ORDER BY 1, 2 LIMIT 10"
    assert (
        check_chart(_read(tmp_path, '\nkind = "bar"\nx = "srcaddr"\ny = "bytes"\n', star), _COLUMNS)
        == []
    )
    (problem,) = check_chart(_read(tmp_path, sql=star), _COLUMNS)
    assert "no column 'flows'" in problem.message


@left_to_slow
def test_most_packaged_queries_have_one_and_each_fits() -> None:
    queries = library.load(()).queries.values()
    without = {query.name for query in queries if query.chart is None}
    # Rows that are records, or whose dates are the answer.
    assert without == {
        *("accepted_tcp", "between_hosts", "preview", "ssh_rdp_traffic", "traffic_from_source"),
        *("traffic_to_destination", "rejected_tcp", "rejected_traffic"),
        *("silent_interfaces", "first_last_seen"),
    }
    assert [problem for query in queries for problem in check_chart(query, _COLUMNS)] == []
    kinds = [query.chart.kind for query in queries if query.chart]
    assert min(kinds.count(kind) for kind in Kind) >= 9


def test_the_command_line_checks_and_shows_it(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "flowathena.toml").write_text('query_paths = ["queries"]\n')
    _read(tmp_path / "queries")
    shell = Shell(tmp_path)
    shown = shell.run("queries", "show", "talkers").out
    assert "chart: bar of bytes, flows by srcaddr\n" in shown
    described = shell.run("queries", "show", "talkers", "--format", "json").out
    assert '"chart": {\n    "kind": "bar",\n    "x": [\n      "srcaddr"\n    ],' in described
    _read(tmp_path / "queries", '\nkind = "line"\nx = "start_time"\ny = "octets"\n')
    checked = shell.run("queries", "check", "talkers", code=3)
    assert "talkers.sql:4: error: chart: the result has no column 'octets'" in checked.out
