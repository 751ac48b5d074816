"""The statements of the views over tables of many shapes, and when two queries mean the same."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from flowathena.catalog.archive import DAYS, archive_source, archive_table, with_archive
from flowathena.catalog.rollup import Rollup, rollup_table
from flowathena.catalog.wanted import Projection, flow_table, wanted_table
from flowathena.errors import UsageError
from flowathena.logs import values
from flowathena.logs.days import Days
from flowathena.shape.table import Column, Table
from flowathena.table import view_drift, view_text
from flowathena.table.rewriting import view_of_days
from flowathena.table.view_text import View
from flowathena.target.target import Target
from tests.cases import LogFile, record, write_project
from tests.shell import Shell
from tests.test_table_ddl import CASES, Case

_TARGET = Target("t", "s3://flow-logs/", "network", "vpc_flow_logs")
_FEW = ("srcaddr", "start", "bytes", "tcp-flags", "traffic-path", "log-status")
_PATHS = """\
  CASE "traffic_path"
    WHEN 1 THEN 'same VPC'
    WHEN 2 THEN 'internet gateway or gateway endpoint'
    WHEN 3 THEN 'virtual private gateway'
    WHEN 4 THEN 'peering in Region'
    WHEN 5 THEN 'peering across Regions'
    WHEN 6 THEN 'Local Zone or Wavelength Zone'
    WHEN 7 THEN 'gateway endpoint'
    WHEN 8 THEN 'internet gateway'
    ELSE CAST("traffic_path" AS varchar)
  END AS "traffic_path_name\""""
_READABLE = f"""\
CREATE OR REPLACE VIEW "network"."vpc_flow_logs_readable" AS
WITH flow_logs AS (
  SELECT
    nullif("srcaddr", '-') AS "srcaddr",
    "start",
    "bytes",
    "tcp_flags",
    "traffic_path",
    nullif("log_status", '-') AS "log_status",
    CAST(from_unixtime("start") AS timestamp) AS "start_time",
    "aws_account",
    "aws_region",
    "day"
  FROM "network"."vpc_flow_logs"
)
SELECT
  *,
  CASE WHEN "tcp_flags" IS NOT NULL THEN concat_ws(
    ',',
    CASE WHEN bitwise_and("tcp_flags", 2) <> 0 THEN 'SYN' END,
    CASE WHEN bitwise_and("tcp_flags", 16) <> 0 THEN 'ACK' END,
    CASE WHEN bitwise_and("tcp_flags", 8) <> 0 THEN 'PSH' END,
    CASE WHEN bitwise_and("tcp_flags", 32) <> 0 THEN 'URG' END,
    CASE WHEN bitwise_and("tcp_flags", 1) <> 0 THEN 'FIN' END,
    CASE WHEN bitwise_and("tcp_flags", 4) <> 0 THEN 'RST' END,
    CASE WHEN bitwise_and("tcp_flags", 64) <> 0 THEN 'ECE' END,
    CASE WHEN bitwise_and("tcp_flags", 128) <> 0 THEN 'CWR' END
  ) END AS "tcp_flag_names",
{_PATHS}
FROM flow_logs"""
_DAILY = f"""\
CREATE OR REPLACE VIEW "network"."vpc_flow_logs_daily" AS
WITH flow_logs AS (
  SELECT
    "year" || '-' || "month" || '-' || "day" AS "day",
    "aws-account-id" AS "aws_account",
    "aws-region" AS "aws_region",
    nullif("srcaddr", '-') AS "srcaddr",
    "traffic_path",
    "year" AS "partition_year",
    "month" AS "partition_month",
    "day" AS "partition_day",
    "bytes",
    CAST(from_unixtime("start") AS timestamp) AS "start_time",
    nullif("log_status", '-') AS "log_status"
  FROM "network"."vpc_flow_logs"
  WHERE "aws-service" = 'vpcflowlogs'
)
SELECT
  TRY_CAST("day" AS timestamp) AS "date",
  "day",
  "aws_account",
  "aws_region",
  "srcaddr",
  "traffic_path",
  "partition_year",
  "partition_month",
  "partition_day",
{_PATHS},
  sum("bytes") AS "bytes",
  count(*) AS "flows",
  min("start_time") AS "first_start_time",
  max("start_time") AS "last_start_time"
FROM flow_logs
WHERE "log_status" = 'OK'
GROUP BY
  "day",
  "aws_account",
  "aws_region",
  "srcaddr",
  "traffic_path",
  "partition_year",
  "partition_month",
  "partition_day\""""


def view(kind: str, target: Target, table: Table | None = None) -> View:
    found = table or wanted_table(target, Projection(("111122223333",), ("eu-west-1",)))
    return view_text.wanted_view(kind, flow_table(found, target))


def test_readable_names_flags_and_paths() -> None:
    assert view("readable", replace(_TARGET, log_format=_FEW)).statement == _READABLE


def test_daily_sums_up_by_the_keys_too() -> None:
    """Of a table by hours the hour is no key of a day."""
    target = replace(
        _TARGET, log_format=_FEW, layout="hive-hourly", partition_keys="hive", granularity="hour"
    )
    assert view("daily", target).statement == _DAILY
    assert view("readable", target).columns["partition_hour"] == '"hour"'


def test_a_field_that_is_missing_leaves_its_columns_out() -> None:
    target = replace(_TARGET, log_format=("start",))
    assert view("readable", target).statement.endswith(")\nSELECT\n  *\nFROM flow_logs")
    daily = view("daily", target).statement
    assert "WHERE" not in daily
    assert "sum(" not in daily
    assert daily.endswith('GROUP BY\n  "day",\n  "aws_account",\n  "aws_region"')


def test_every_protocol_with_a_name_is_named() -> None:
    names = values.protocol_names()
    assert len(names) > 100
    for kind in view_text.VIEWS:
        lines = [line.strip() for line in view(kind, _TARGET).statement.splitlines()]
        whens = [line for line in lines if line.startswith("WHEN ")]
        assert whens == [f"WHEN {number} THEN '{name}'" for number, name in names.items()]
        assert {"WHEN 6 THEN 'TCP'", "WHEN 58 THEN 'IPv6-ICMP'", "WHEN 132 THEN 'SCTP'"} <= {*whens}
        assert 'ELSE CAST("protocol" AS varchar)' in lines


def test_a_table_of_a_guide_has_the_same_columns() -> None:
    """Every column a string, names of before 2020, one key; account and Region of the location."""
    names = ("sourceaddress", "numbytes", "starttime", "protocol", "note")
    guide = Table(
        "network",
        "guide",
        tuple(Column(name, "string") for name in names),
        (Column("dt", "string"),),
        "s3://flow-logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/",
    )
    assert view("readable", _TARGET, guide).columns == {
        "srcaddr": "nullif(\"sourceaddress\", '-')",
        "bytes": 'TRY_CAST("numbytes" AS bigint)',
        "start": 'TRY_CAST("starttime" AS bigint)',
        "protocol": 'TRY_CAST("protocol" AS integer)',
        "note": "nullif(\"note\", '-')",
        "start_time": 'CAST(from_unixtime(TRY_CAST("starttime" AS bigint)) AS timestamp)',
        "aws_account": "'111122223333'",
        "aws_region": "'eu-west-1'",
        "day": '"dt"',
    }
    assert view("daily", _TARGET, guide).grain == (
        *("day", "aws_account", "aws_region", "srcaddr", "protocol"),
    )


def test_a_day_that_is_computed_has_its_raw_key_beside_it() -> None:
    projected = view("daily", replace(_TARGET, partitioning="projection"))
    computed = 'substr("day", 1, 4) || \'-\' || substr("day", 6, 2) || \'-\' || substr("day", 9, 2)'
    assert projected.columns["day"] == computed
    assert projected.columns["partition_day"] == '"day"'
    dated = replace(wanted_table(_TARGET), partition_keys=(Column("dt", "date"),))
    columns = view("readable", _TARGET, dated).columns
    assert (columns["day"], columns["partition_dt"]) == ('CAST("dt" AS varchar)', '"dt"')
    assert columns["aws_account"] == "CAST('unknown' AS varchar)"


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        (
            {"partitioning": "projection"},
            {"partition_day": "date_format(CAST(\"day\" AS date), '%Y/%m/%d')"},
        ),
        (
            {"layout": "hive-hourly", "partition_keys": "hive", "granularity": "hour"},
            {
                "partition_year": "date_format(CAST(\"day\" AS date), '%Y')",
                "partition_month": "date_format(CAST(\"day\" AS date), '%m')",
                "partition_day": "date_format(CAST(\"day\" AS date), '%d')",
            },
        ),
    ],
)
def test_days_of_an_archive_have_the_raw_keys_of_their_logs(
    settings: dict[str, str], keys: dict[str, str]
) -> None:
    """Whoever filters by them would miss these days, else."""
    target = replace(_TARGET, archive_location="s3://flow-archive/", **settings)  # type: ignore[arg-type]
    own = Projection(("111122223333",), ("eu-west-1",))
    logs = flow_table(wanted_table(target, own), target)
    archive = archive_table(target, logs)
    moved = {**archive.parameters, DAYS: "2026-10-01/2026-10-03"}
    source = with_archive(logs, archive_source(target, replace(archive, parameters=moved), logs))
    (branch,) = view_text.wanted_view("daily", source).further
    assert {name: branch.columns[name] for name in keys} == keys
    assert branch.condition == "\"day\" BETWEEN '2026-10-01' AND '2026-10-03'"


def test_daily_reads_a_rollup_of_its_columns_for_its_days_alone() -> None:
    logs = flow_table(wanted_table(_TARGET), _TARGET)
    target = replace(_TARGET, archive_location="s3://flow-archive/")
    plain = view_text.wanted_view("daily", logs)
    table = rollup_table(target, view_text.sum_columns(plain))
    rollup = Rollup(table, Days.parse("2026-10-01/2026-10-03,2026-10-05"))
    spans = (
        "\"day\" BETWEEN '2026-10-01' AND '2026-10-03' "
        "OR \"day\" BETWEEN '2026-10-05' AND '2026-10-05'"
    )
    summed = view_text.wanted_view("daily", logs, rollup)
    assert summed.condition == f"NOT ({spans})"
    assert summed.statement.endswith(f'FROM "network"."vpc_flow_logs_rollup"\nWHERE ({spans})')
    assert list(summed.daily_columns)[:4] == ["date", "day", "aws_account", "aws_region"]
    # Nothing of the statement depends on a rollup that is read for no day, or of other columns.
    for other in (rollup.reads(Days()), Rollup(replace(table, columns=()), rollup.days)):
        assert view_text.wanted_view("daily", logs, other).statement == plain.statement
    readable = view_text.wanted_view("readable", logs, rollup).statement
    assert readable == view_text.wanted_view("readable", logs).statement


def test_a_view_says_which_days_it_reads_elsewhere() -> None:
    target = replace(_TARGET, archive_location="s3://flow-archive/")
    logs = flow_table(wanted_table(target), target)
    archive = archive_table(target, logs)
    moved = {**archive.parameters, DAYS: "2026-10-01/2026-10-06"}
    table = replace(archive, parameters=moved)
    now = with_archive(logs, archive_source(target, table, logs))
    summed = rollup_table(target, view_text.sum_columns(view_text.wanted_view("daily", now)))
    for archived in ("", "2026-10-01", "2026-10-01/2026-10-02,2026-10-04"):
        for rolled_up in ("", "2026-10-02/2026-10-05", "2026-10-01"):
            then = with_archive(
                logs,
                archive_source(
                    target, replace(archive, parameters={**moved, DAYS: archived}), logs
                ),
            )
            rollup = Rollup(summed, Days.parse(rolled_up))
            for kind in view_text.VIEWS:
                live = view_text.wanted_view(kind, then, rollup).statement
                told = view_of_days(live, kind, now, rollup.reads(Days.parse("2026-10-06")))
                assert told.statement == live
    own = f"{live}\nLIMIT 5"
    assert not view_drift.same(view_of_days(own, "daily", now, rollup).statement, own)


def test_a_number_of_another_size_gets_the_fields() -> None:
    """A view keeps its types: one over AWS's own bigint would fail over our int, and be equal."""
    table = wanted_table(replace(_TARGET, log_format=("start", "protocol")))
    columns = (Column("start", "int"), Column("protocol", "BIGINT"))
    found = view("readable", _TARGET, replace(table, columns=columns)).columns
    assert found["start"] == 'TRY_CAST("start" AS bigint)'
    assert found["protocol"] == 'TRY_CAST("protocol" AS integer)'
    integer = (Column("start", "bigint"), Column("protocol", "integer"))
    found = view("readable", _TARGET, replace(table, columns=integer)).columns
    assert (found["start"], found["protocol"]) == ('"start"', '"protocol"')


def test_a_column_of_ones_own_stays_unless_a_name_of_ours_takes_its_place() -> None:
    table = wanted_table(_TARGET)
    added = (Column("tcp_flag_names", "string"), Column("protocol_name", "string"))
    columns = view("readable", _TARGET, replace(table, columns=(*table.columns, *added))).columns
    assert columns["tcp_flag_names"] == "nullif(\"tcp_flag_names\", '-')"
    assert "protocol_name" not in columns


@pytest.mark.few(25)
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("kind", view_text.VIEWS)
def test_every_shape_gives_a_statement_with_each_column_once(case: Case, kind: str) -> None:
    table = wanted_table(case.target, case.projection)
    found = view_text.wanted_view(kind, flow_table(table, case.target))
    tree = sqlglot.parse_one(found.statement, read="trino")
    assert isinstance(tree, exp.Create)
    assert tree.args["replace"]
    assert tree.find(exp.Order) is None
    (cte,) = tree.find_all(exp.CTE)
    assert cte.this.named_selects == [*found.columns]
    names = [name for name in tree.expression.named_selects if name != "*"]
    every = [*found.columns, *names] if kind == "readable" else names
    assert len(every) == len(set(every))
    assert {"day", "aws_account", "aws_region", "protocol_name", *found.grain} <= {*every}
    if kind == "readable":
        assert {name.replace("-", "_") for name in case.target.log_format} <= {*every}
    assert view_drift.compare(found, found.statement).equal


def test_names_are_quoted() -> None:
    odd = view("daily", replace(_TARGET, database='net"work', table="flow logs"))
    assert odd.full_name == 'net"work.flow logs_daily'
    assert odd.statement.startswith(
        'CREATE OR REPLACE VIEW "net""work"."flow logs_daily" AS\nWITH flow_logs'
    )
    assert '  FROM "net""work"."flow logs"\n' in odd.statement


def test_there_are_two_views() -> None:
    assert view_text.select_views(None) == ("readable", "daily")
    assert view_text.select_views("daily") == ("daily",)
    with pytest.raises(UsageError, match="unknown view 'weekly'; there are readable and daily"):
        view_text.select_views("weekly")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a AS c FROM t WHERE b = 1", 'select  A "C"\nfrom "T"  where ((("b") = (1)))'),
        ("SELECT a || '-' || b AS c FROM t", "SELECT concat(concat(a, '-'), b) c FROM t"),
        ("SELECT a FROM t WHERE b IS NOT NULL", "SELECT a FROM t WHERE (NOT (b IS NULL))"),
        ("SELECT a FROM t WHERE a AND b AND c", "SELECT a FROM t WHERE ((a AND b) AND c)"),
        ("SELECT a FROM t WHERE b NOT IN (1)", "SELECT a FROM t WHERE (NOT (b IN (1)))"),
        ("SELECT a FROM t", "CREATE VIEW x.y AS SELECT a FROM t -- ours"),
        ("SELECT a FROM t WHERE b != 1", "SELECT a FROM t WHERE (b <> 1)"),
    ],
)
def test_texts_that_mean_the_same(one: str, other: str) -> None:
    assert view_drift.normal(one) == view_drift.normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE (a OR b) AND c", "SELECT a FROM t WHERE a OR (b AND c)"),
        ("SELECT (a - b) - c FROM t", "SELECT a - (b - c) FROM t"),
        ("SELECT x = ((a OR b) AND c) FROM t", "SELECT x = (a OR (b AND c)) FROM t"),
        ("SELECT 'A' FROM t", "SELECT 'a' FROM t"),
        ("SELECT a FROM t WHERE NOT (a AND b)", "SELECT a FROM t WHERE (NOT a) AND b"),
        ("SELECT a AS b FROM t", "SELECT a AS c FROM t"),
        ("SELECT a FROM t", "SELECT a FROM s.t"),
        ("SELECT CAST(a AS bigint) FROM t", "SELECT TRY_CAST(a AS bigint) FROM t"),
        ("SELECT a FROM t", "SELECT DISTINCT a FROM t"),
    ],
)
def test_texts_that_mean_something_else(one: str, other: str) -> None:
    assert view_drift.normal(one) != view_drift.normal(other)


_NAMES = st.sampled_from(["a", "b", "c"])
_Texts = tuple[str, str]


def _combined(inner: st.SearchStrategy[_Texts]) -> st.SearchStrategy[_Texts]:
    """An operation twice: with the parentheses it needs, and with some more."""
    operators = st.sampled_from(["AND", "OR", "=", "-", "||", "<"])
    more = st.integers(0, 2)
    return st.builds(
        lambda left, operator, right, n: (
            f"({left[0]}) {operator} ({right[0]})",
            f"{'(' * n}({left[1]})  {operator.lower()}\n(({right[1]})){')' * n}",
        ),
        inner,
        operators,
        inner,
        more,
    )


def _bare(sql: str) -> exp.Expr:
    """The tree of a query without its parentheses."""
    tree = sqlglot.parse_one(sql, read="trino")
    for paren in list(tree.find_all(exp.Paren)):
        paren.replace(paren.this)
    return tree


@given(st.recursive(_NAMES.map(lambda name: (name, f'"{name.upper()}"')), _combined))
def test_parentheses_case_and_space_are_no_difference_and_operations_are(texts: _Texts) -> None:
    one, other = (f"SELECT {text} AS x FROM t" for text in texts)
    assert view_drift.normal(one) == view_drift.normal(other)
    quoted = re.sub(r"\b([abctx])\b", r'"\1"', one)
    assert _bare(view_drift.normal(one)) == _bare(quoted)


def test_a_diff_goes_from_what_lives_to_what_is_wanted() -> None:
    found = view("daily", replace(_TARGET, log_format=("start",)))
    older = found.statement.replace('count(*) AS "flows"', 'count("start_time") AS "flows"')
    drift = view_drift.compare(found, older)
    assert (drift.exists, drift.equal) == (True, False)
    lines = drift.diff.splitlines()
    assert lines[:2] == [
        "--- network.vpc_flow_logs_daily (live)",
        "+++ network.vpc_flow_logs_daily (wanted)",
    ]
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        '-  COUNT("start_time") AS "flows",',
        '+  COUNT(*) AS "flows",',
    ]


def test_without_a_view_every_line_is_new() -> None:
    drift = view_drift.compare(view("daily", _TARGET), None)
    assert (drift.exists, drift.equal) == (False, False)
    _, _, _, *lines = drift.diff.splitlines()
    assert lines
    assert all(line.startswith("+") for line in lines)


@pytest.mark.parametrize("text", ["", "SELEC 1 FRM", "SELECT 'a", "SELECT 1; SELECT 2", "(("])
def test_a_text_that_is_no_query_of_athenas_is_shown_as_it_is(text: str) -> None:
    drift = view_drift.compare(view("daily", _TARGET), text)
    assert (drift.exists, drift.equal) == (True, False)
    assert [line[1:] for line in drift.diff.splitlines()[3:] if line[0] == "-"] == text.split("\n")[
        : 1 if text else 0
    ]


def test_a_folder_has_no_views_but_their_statements(tmp_path: Path) -> None:
    write_project(tmp_path, LogFile("2026-11-01", (record("2026-11-01T10:00:00"),)))
    shell = Shell(tmp_path)
    both = shell.run("view", "ddl").out
    readable = shell.run("view", "ddl", "readable").out
    daily = shell.run("view", "ddl", "daily").out
    assert both == f"{readable.rstrip()};\n\n{daily.rstrip()};\n"
    assert daily.startswith('CREATE OR REPLACE VIEW "flowathena"."vpc_flow_logs_daily" AS\n')
    assert not (tmp_path / "logs/.flowathena").exists()
    told = (
        "error: views live in Athena, and target 'local' is a folder: 'flowathena view ddl "
        "-t local' prints their statements, 'flowathena run' runs the saved queries"
    )
    for command in ("diff", "create"):
        assert shell.refused("view", command) == told
        unknown = shell.refused("view", command, "weekly")
        assert unknown == "error: unknown view 'weekly'; there are readable and daily"
    assert "unknown view" in shell.refused("view", "ddl", "weekly")
