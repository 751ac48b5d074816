"""A query becomes one statement that reads the real table inside its relation only."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse

from flowathena.catalog import wanted
from flowathena.errors import QueryError
from flowathena.inputs.params import Param
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.logs.layout import KEYS, Scope
from flowathena.query import relation
from flowathena.query.query import Query
from flowathena.query.render import Rendered, render
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Column, Table
from flowathena.table import view_text
from flowathena.target.target import Target

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
TABLE = wanted.wanted_table(Target("t", "s3://abc/", database="network", table="logs"))
COUNT = "SELECT count(*) AS n FROM flow_logs"
BOTH = (
    "SELECT n.srcaddr FROM flow_logs n LEFT JOIN flow_logs_before b ON n.srcaddr = b.srcaddr "
    "WHERE b.srcaddr IS NULL"
)

moments = st.datetimes(datetime(2035, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
windows = (
    st.lists(moments, min_size=2, max_size=2)
    .filter(lambda pair: _next_second(min(pair)) < max(pair))  # others are refused as empty
    .map(lambda pair: Window(min(pair), max(pair)))
)


def _next_second(moment: datetime) -> datetime:
    """The first whole second from a moment on."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def rendered(sql: str, selection: Selection | None = None, table: Table = TABLE) -> Rendered:
    return render(
        Query("q", "Q", sql), {}, selection or Selection(WINDOW), FlowTable(table, recognize(table))
    )


def scopes(statement: Rendered) -> tuple[Scope, ...]:
    return statement.scopes(statement.sources[0])


def tree(statement: Rendered) -> exp.Expr:
    (parsed,) = parse(statement.sql, dialect="trino")
    assert parsed is not None
    return parsed


def relations(statement: Rendered) -> dict[str, exp.CTE]:
    """The common table expressions that read the real table, by name."""
    return {
        cte.alias: cte
        for cte in tree(statement).find_all(exp.CTE)
        if any(table.db for table in cte.find_all(exp.Table))
    }


def only_where(statement: Rendered, name: str = "flow_logs") -> str:
    where = relations(statement)[name].this.args["where"]
    return str(where.this.sql("trino"))


def test_a_count_carries_no_column() -> None:
    assert rendered(COUNT).sql == (
        "WITH flow_logs AS (\n"
        "  SELECT\n"
        "    1 AS one\n"
        '  FROM "network"."logs"\n'
        "  WHERE \"day\" BETWEEN '2026-11-01' AND '2026-11-03'\n"
        '    AND "start" >= 1793491200\n'
        '    AND "start" < 1793664000\n'
        ")\n"
        "SELECT count(*) AS n FROM flow_logs"
    )


def test_only_used_columns_are_carried_in_the_order_of_the_table() -> None:
    statement = rendered("SELECT dstport, srcaddr, day FROM flow_logs WHERE packets > 1")
    assert relations(statement)["flow_logs"].this.named_selects == [
        "srcaddr",
        "dstport",
        "packets",
        "day",
    ]


def test_a_dash_is_null_in_texts_and_numbers_stay() -> None:
    statement = rendered("SELECT srcaddr, dstport, aws_account FROM flow_logs")
    selects = relations(statement)["flow_logs"].this.selects
    assert [select.sql("trino") for select in selects] == [
        'NULLIF("srcaddr", \'-\') AS "srcaddr"',
        '"dstport"',
        '"aws_account"',
    ]


def test_a_star_carries_every_column_of_the_relation() -> None:
    statement = rendered("SELECT * FROM flow_logs")
    assert relations(statement)["flow_logs"].this.named_selects == [
        *(name.replace("-", "_") for name in Target("t", "").log_format),
        "start_time",
        "end_time",
        "protocol_name",
        *KEYS,
    ]


def test_the_window_is_in_days_and_seconds() -> None:
    assert only_where(rendered(COUNT)) == (
        "\"day\" BETWEEN '2026-11-01' AND '2026-11-03' "
        'AND "start" >= 1793491200 AND "start" < 1793664000'
    )


def test_accounts_and_regions_are_partition_predicates() -> None:
    selection = Selection(WINDOW, ("111122223333", "444455556666"), ("eu-west-1",))
    assert only_where(rendered(COUNT, selection)) == (
        "\"day\" BETWEEN '2026-11-01' AND '2026-11-03' "
        "AND \"aws_account\" IN ('111122223333', '444455556666') "
        "AND \"aws_region\" IN ('eu-west-1') "
        'AND "start" >= 1793491200 AND "start" < 1793664000'
    )


def test_a_rendered_query_knows_the_partitions_it_reads() -> None:
    selection = Selection(WINDOW, ("111122223333",), ("eu-west-1",))
    assert scopes(rendered(COUNT, selection)) == (
        Scope(
            date(2026, 11, 1),
            date(2026, 11, 3),
            frozenset({"111122223333"}),
            frozenset({"eu-west-1"}),
        ),
    )


def test_the_window_before_is_rendered_only_when_used() -> None:
    assert "flow_logs_before" not in rendered(COUNT).sql


def test_the_window_before_is_as_long_and_just_before() -> None:
    assert only_where(rendered(BOTH), "flow_logs_before") == (
        "\"day\" BETWEEN '2026-10-30' AND '2026-11-01' "
        'AND "start" >= 1793318400 AND "start" < 1793491200'
    )


def test_both_windows_are_read_when_both_are_used() -> None:
    assert [scope.first for scope in scopes(rendered(BOTH))] == [
        date(2026, 11, 1),
        date(2026, 10, 30),
    ]


def test_the_window_before_alone() -> None:
    statement = rendered("SELECT count(*) AS n FROM flow_logs_before")
    assert list(relations(statement)) == ["flow_logs_before"]


def test_the_filters_hold_for_the_window_before() -> None:
    statement = rendered(BOTH, Selection(WINDOW, ("111122223333",)))
    assert "\"aws_account\" IN ('111122223333')" in only_where(statement, "flow_logs_before")


def test_a_statement_without_the_relation_stays_as_it_is() -> None:
    statement = rendered("SELECT 1 AS one")
    assert (statement.sql, statement.relations) == ("SELECT 1 AS one", ())


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("WITH x AS (SELECT srcaddr FROM flow_logs) SELECT srcaddr FROM x", ["flow_logs", "x"]),
        (
            (
                "WITH\nx AS (SELECT srcaddr FROM flow_logs), y AS (SELECT srcaddr FROM x)\n"
                "SELECT srcaddr FROM y"
            ),
            ["flow_logs", "x", "y"],
        ),
        ("with x(a) as (SELECT srcaddr FROM flow_logs) SELECT a FROM x", ["flow_logs", "x"]),
        (
            "WITH/* why */x AS (SELECT srcaddr FROM flow_logs) SELECT srcaddr FROM x",
            ["flow_logs", "x"],
        ),
        ('WITH"x" AS (SELECT srcaddr FROM flow_logs) SELECT srcaddr FROM x', ["flow_logs", "x"]),
    ],
)
def test_the_relation_joins_the_statements_own_ctes(sql: str, names: list[str]) -> None:
    assert [cte.alias for cte in tree(rendered(sql)).find_all(exp.CTE)] == names


def test_the_relation_joins_recursive_ctes() -> None:
    statement = rendered(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
        "SELECT n.i, f.srcaddr FROM n CROSS JOIN flow_logs f"
    )
    with_ = tree(statement).args["with_"]
    assert (with_.recursive, [cte.alias for cte in with_.expressions]) == (
        True,
        ["flow_logs", "n"],
    )


def test_a_union_has_the_relation_in_front() -> None:
    statement = rendered("SELECT srcaddr FROM flow_logs UNION SELECT dstaddr FROM flow_logs")
    assert isinstance(tree(statement), exp.Union)
    assert relations(statement)["flow_logs"].this.named_selects == ["srcaddr", "dstaddr"]


def test_the_names_of_the_real_table_are_quoted() -> None:
    table = Table('net"work', "a b", TABLE.columns, TABLE.partition_keys, "")
    assert 'FROM "net""work"."a b"' in rendered(COUNT, table=table).sql


def test_values_are_told() -> None:
    query = Query("q", "Q", "SELECT count(*) AS n FROM flow_logs WHERE dstport = {{ port }}")
    statement = render(query, {"port": 443}, Selection(WINDOW), FlowTable(TABLE, recognize(TABLE)))
    assert statement.values == {"port": 443}
    assert statement.sql.endswith("WHERE dstport = 443")


def test_a_wrong_statement_is_refused() -> None:
    with pytest.raises(QueryError, match="unknown field 'zzz'"):
        rendered("SELECT zzz FROM flow_logs")


def test_what_a_parameter_would_spare_is_told() -> None:
    enis = Param("our_enis", "list[text]", required=False, default=())
    sql = (
        "SELECT {% if our_enis %}srcaddr FROM flow_logs WHERE interface_id IN {{ our_enis }}"
        "{% else %}az_id FROM flow_logs{% endif %}"
    )
    query, table = Query("q", "Q", sql, params=(enis,)), FlowTable(TABLE, recognize(TABLE))
    with pytest.raises(QueryError, match=r"needs az_id .*; or give our_enis \(--our-enis\)$"):
        render(query, {"our_enis": ()}, Selection(WINDOW), table)
    given = render(query, {"our_enis": ("eni-0a",)}, Selection(WINDOW), table)
    assert "interface_id IN ('eni-0a')" in given.sql
    with pytest.raises(QueryError, match=r"explains it\)$"):
        rendered("SELECT az_id FROM flow_logs")


def test_derived_columns_need_their_fields() -> None:
    table = Table("d", "t", (Column("start", "bigint"),), TABLE.partition_keys, "")
    assert relation.column_types(FlowTable(table, recognize(table))) == {
        "start": "bigint",
        "start_time": "timestamp",
        "file": "string",
        "delivery_time": "timestamp",
        "flow_log": "string",
        "aws_account": "string",
        "aws_region": "string",
        "day": "string",
    }


def test_a_column_that_is_no_field_is_in_the_relation_with_its_own_type() -> None:
    columns = (Column("start", "bigint"), Column("strange", "string"), Column("odd", "double"))
    table = Table("d", "t", columns, TABLE.partition_keys, "")
    found = relation.column_types(FlowTable(table, recognize(table)))
    assert {name: found[name] for name in ("strange", "odd")} == {
        "strange": "string",
        "odd": "double",
    }
    statement = rendered("SELECT strange, odd FROM flow_logs", table=table)
    assert [each.sql("trino") for each in relations(statement)["flow_logs"].this.selects] == [
        'NULLIF("strange", \'-\') AS "strange"',
        '"odd"',
    ]


def test_accounts_and_regions_keep_the_order_they_were_given_in() -> None:
    selection = Selection(WINDOW, ("444455556666", "111122223333"), ("us-east-1", "eu-west-1"))
    where = only_where(rendered(COUNT, selection))
    assert "IN ('444455556666', '111122223333')" in where
    assert "IN ('us-east-1', 'eu-west-1')" in where


@given(windows)
def test_the_day_literals_are_the_days_of_the_window_and_its_pad(window: Window) -> None:
    (between,) = tree(rendered(COUNT, Selection(window))).find_all(exp.Between)
    last = (window.until - timedelta(microseconds=1)).date() + timedelta(days=1)
    assert (between.args["low"].name, between.args["high"].name) == (
        window.since.date().isoformat(),
        last.isoformat(),
    )


@given(windows)
def test_the_seconds_hold_exactly_the_records_of_the_window(window: Window) -> None:
    comparisons = tree(rendered(COUNT, Selection(window))).find_all(exp.GTE, exp.LT)
    low, high = sorted(int(node.expression.name) for node in comparisons)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert epoch + timedelta(seconds=low - 1) < window.since <= epoch + timedelta(seconds=low)
    assert epoch + timedelta(seconds=high - 1) < window.until <= epoch + timedelta(seconds=high)


@given(windows, st.sampled_from([COUNT, BOTH, "SELECT * FROM flow_logs"]))
def test_the_real_table_is_read_inside_the_relations_only(window: Window, sql: str) -> None:
    parsed = tree(rendered(sql, Selection(window)))
    real = [table for table in parsed.find_all(exp.Table) if table.db]
    holders = [table.find_ancestor(exp.CTE) for table in real]
    assert [(table.db, table.name) for table in real] == [("network", "logs")] * len(real)
    assert {holder.alias for holder in holders if holder} <= {"flow_logs", "flow_logs_before"}
    assert all(holders)


def test_views_and_queries_call_a_protocol_by_one_name() -> None:
    source = FlowTable(TABLE, recognize(TABLE))
    query = relation.column_expressions(source)["protocol_name"]
    view = view_text.wanted_view("readable", source).statement
    pattern = re.compile(r"WHEN ([0-9]+)\s+THEN ('(?:[^']|'')+')")
    names = dict(pattern.findall(query))
    assert names == dict(pattern.findall(view[: view.index('"protocol_name"')]))
    assert (names["132"], names["6"]) == ("'SCTP'", "'TCP'")
    assert len(names) > 100


def test_a_field_that_only_the_table_lacks_is_no_reason_for_another_flow_log() -> None:
    fields = ("version", "srcaddr", "start", "subnet-id", "vpc-id")
    target = Target("t", "s3://abc/", database="network", table="logs", log_format=fields)
    source = wanted.flow_table(TABLE, target)  # as it was created, before the format had more

    def problem(sql: str) -> str:
        with pytest.raises(QueryError) as caught:
            render(Query("q", "Q", sql), {}, Selection(WINDOW), source)
        return str(caught.value)

    assert problem("SELECT subnet_id, vpc_id FROM flow_logs") == (
        "needs vpc_id and subnet_id (version 3): table network.logs lacks them, though the "
        "target's log_format has them; 'flowathena table diff -t t' shows what differs"
    )
    assert "flow logs do not have them; create a flow log" in problem(
        "SELECT subnet_id, az_id FROM flow_logs"
    )
