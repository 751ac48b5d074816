"""The table [metric] of a query's header: what it says, and what is wrong with one."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from flowathena.catalog import wanted
from flowathena.engine.metrics import check_metric
from flowathena.errors import QueryError
from flowathena.query import header, library, relation
from flowathena.query.metric import Dimension, Metric, MetricValue
from flowathena.query.query import Query
from tests.shell import Shell

_COLUMNS = relation.column_types(wanted.every_field())
_SQL = """SELECT CAST(from_unixtime("start" - "start" % 900) AS timestamp) AS bucket,
  protocol, protocol_name AS name, count(*) AS flows, avg(bytes) AS mean
FROM flow_logs GROUP BY "start" - "start" % 900, protocol, protocol_name"""
_METRIC = """
bucket = "bucket"
period = "15m"
delay = "1h"
values = { flows = { name = "Flows", unit = "Count" }, mean = {} }
dimensions = { name = ["TCP", "UDP"], protocol = [] }
"""


def _read(folder: Path, metric: str = _METRIC, sql: str = _SQL, params: str = "") -> Query:
    file = folder / "flows.sql"
    file.write_text(f'/* ---\ntitle = "Flows"\n{params}\n[metric]{metric}--- */\n{sql}\n')
    return header.read(file)


def test_a_header_says_what_the_metrics_are(tmp_path: Path) -> None:
    assert _read(tmp_path).metric == Metric(
        bucket="bucket",
        period=900,
        values=(MetricValue("flows", "Flows", "Count"), MetricValue("mean", "flows.mean", "None")),
        dimensions=(Dimension("name", ("TCP", "UDP")), Dimension("protocol")),
        delay=timedelta(hours=1),
    )
    assert check_metric(_read(tmp_path), _COLUMNS) == []


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ('"15m"', '"7m"', 6, "period '7m' is not whole minutes that divide a day"),
        ('"15m"', '"2d"', 6, "period '2d' is not whole minutes that divide a day"),
        ('period = "15m"', "", 4, "period '' is not whole minutes"),
        ('"1h"', '"8d"', 7, "delay '8d' is not a duration of at most 7d"),
        ('"Count"', '"Pieces"', 8, "unit 'Pieces' is not one of Seconds, "),
        ('"Flows"', '":Flows"', 8, "':Flows' is no name"),
        ('name = "Flows"', 'title = "Flows"', 8, "unknown key 'title'"),
        ("mean = {}", "mean = 1", 8, "metric.values.mean must be a table"),
        ("mean = {}", 'mean = { name = "Flows" }', 8, "two values have the name 'Flows'"),
        ("mean = {}", "name = {}", 4, "names the column 'name' twice"),
        ('"UDP"', '"TCP"', 9, "'TCP' is no value, or is there twice"),
        ('"UDP"', '"ü"', 9, "'ü' is no value"),
        ('bucket = "bucket"', "", 4, "metric has no bucket"),
        ("delay", "dely", 7, "unknown key 'dely' in the header; did you mean 'delay'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        _read(tmp_path, _METRIC.replace(before, after))
    problem = next(each for each in caught.value.problems if message in each.message)
    assert problem.line == line


def test_cloudwatch_takes_thirty_dimensions(tmp_path: Path) -> None:
    names = ", ".join(f"c{number} = []" for number in range(31))
    with pytest.raises(QueryError, match="metric has 31 dimensions; CloudWatch takes 30"):
        _read(tmp_path, re.sub("dimensions = .*", f"dimensions = {{ {names} }}", _METRIC))


@pytest.mark.parametrize(
    ("bucket", "values", "dimensions", "message"),
    [
        ("bucket", "flow = {}", "", "has no column 'flow'; did you mean 'flows'?"),
        ("flows", "mean = {}", "", "column 'flows' is bigint, not a timestamp"),
        ("bucket", "name = {}", "", "column 'name' is varchar, not a number"),
        ("bucket", "flows = {}", "mean = []", "'mean' is double, not a text or whole number"),
    ],
)
def test_a_check_compares_it_with_the_columns(
    tmp_path: Path, bucket: str, values: str, dimensions: str, message: str
) -> None:
    metric = f'\nbucket = "{bucket}"\nperiod = "15m"\nvalues = {{ {values} }}\n'
    query = _read(tmp_path, f"{metric}dimensions = {{ {dimensions} }}\n")
    (problem,) = check_metric(query, _COLUMNS)
    assert message in problem.message


def test_a_limit_would_cut_values_off(tmp_path: Path) -> None:
    query = _read(tmp_path, sql=f"{_SQL} ORDER BY bucket LIMIT 5")
    (problem,) = check_metric(query, _COLUMNS)
    assert "the statement has a LIMIT" in problem.message


def test_a_parameter_needs_a_default(tmp_path: Path) -> None:
    params = '[params.port]\ntype = "port"\n'
    sql = _SQL.replace("GROUP", "WHERE dstport = {{ port }} GROUP")
    (problem,) = check_metric(_read(tmp_path, sql=sql, params=params), _COLUMNS)
    assert "parameter 'port' has no default" in problem.message
    assert (problem.file, problem.line) == (tmp_path / "flows.sql", 6)


def test_the_packaged_metrics_have_names_of_their_own() -> None:
    metrics = [query.metric for query in library.load(()).queries.values() if query.metric]
    names = [value.name for metric in metrics for value in metric.values]
    assert len(metrics) >= 5
    assert len(names) == len(set(names))


def test_the_command_line_checks_and_shows_it(tmp_path: Path) -> None:
    queries = tmp_path / "queries"
    queries.mkdir()
    (tmp_path / "flowathena.toml").write_text('query_paths = ["queries"]\n')
    shell = Shell(tmp_path)
    _read(queries)
    assert "metrics per 15m by name, protocol: Flows (Count), flows.mean (None)" in (
        shell.run("queries", "show", "flows").out
    )
    _read(queries, _METRIC.replace("flows =", "flow ="))
    checked = shell.run("queries", "check", "flows", code=3)
    assert "flows.sql:4: error: metric: the result has no column 'flow'" in checked.out
