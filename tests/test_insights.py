"""Saved queries in Insights' language: texts by hand, reasons, and the same answers as DuckDB's."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flowathena.catalog import wanted
from flowathena.client import Client
from flowathena.errors import QueryError
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.query import header, library, relation, samples, template
from flowathena.query.insights.fields import Term
from flowathena.query.insights.pipeline import MOST_CHARACTERS, translate
from flowathena.query.insights.public import PublicColumnError
from flowathena.query.insights.statement import InsightsQuery
from flowathena.query.inspection import inspect
from flowathena.query.query import Query
from flowathena.sample import generate
from flowathena.target.target import Target
from tests.portion import left_to_slow
from tests.rig import insights
from tests.test_derived import NOT_PUBLIC, PUBLIC, verdicts

EVERY_FIELD = tuple(field.name for field in FIELDS)
SHORT = ("start", "action", "dstport", "flow-direction", "bytes", "subnet-id")
LOCAL = "111122223333"


def target(log_format: tuple[str, ...]) -> Target:
    return Target("prod", "s3://flow-logs/", region="eu-west-1", log_format=log_format)


@cache
def columns(log_format: tuple[str, ...]) -> dict[str, str]:
    made = target(log_format)
    return relation.column_types(wanted.flow_table(wanted.wanted_table(made), made))


def rendered(
    query: Query, values: Mapping[str, Any], log_format: tuple[str, ...] = DEFAULT_FORMAT
) -> InsightsQuery:
    width = len(relation.columns_of_star(columns(log_format)))
    filled = template.fill(query, values, width)
    return translate(query, filled.statement, log_format, "eu-west-1")


def saved(
    name: str, log_format: tuple[str, ...] = DEFAULT_FORMAT, **values: object
) -> InsightsQuery:
    query = library.find(name)
    return rendered(query, {**samples.defaults(query), **values}, log_format)


def of(sql: str, log_format: tuple[str, ...] = DEFAULT_FORMAT) -> InsightsQuery:
    return rendered(header.statement(sql), {}, log_format)


def refusal(sql: str, log_format: tuple[str, ...] = DEFAULT_FORMAT) -> str:
    with pytest.raises(QueryError) as caught:
        of(sql, log_format)
    return str(caught.value).removeprefix("sql has no form in Logs Insights: ")


def test_the_top_rejected_sources() -> None:
    made = saved("top_rejected_sources")
    assert made.commented("Sources with the most rejected flows") == (
        "# Sources with the most rejected flows\n"
        "# first_seen, last_seen in Unix seconds\n"
        "# count_distinct is an estimate where there are many values\n"
        "# without ports: nullif() has no counterpart in Logs Insights\n"
        'filter action = "REJECT"\n'
        "| stats count(*) as flows, sum(packets) as packets, count_distinct(dstAddr) as targets, "
        "min(startTime) as first_seen, max(startTime) as last_seen by srcAddr\n"
        "| sort flows desc, srcAddr asc\n"
        "| limit 10"
    )
    assert [(each.name, each.type) for each in made.columns] == [
        ("srcaddr", "varchar"),
        ("flows", "bigint"),
        ("packets", "bigint"),
        ("targets", "bigint"),
        ("first_seen", "timestamp"),
        ("last_seen", "timestamp"),
    ]


def test_who_is_refused_at_ssh_with_a_filter_of_groups() -> None:
    assert saved("ssh_rejects", min_flows=3, limit=5).text == (
        'filter action = "REJECT" and protocol = 6 and dstPort = 22\n'
        "| stats count(*) as flows, sum(packets) as packets, count_distinct(dstAddr) as targets, "
        "min(startTime) as first_seen, max(startTime) as last_seen by srcAddr\n"
        "| filter flows >= 3\n"
        "| sort flows desc, srcAddr asc\n"
        "| limit 5"
    )


def test_intervals_are_computed_before_they_are_grouped_by() -> None:
    assert saved("rejects_by_interval").text == (
        'filter action = "REJECT"\n'
        "| fields startTime - (startTime % (15 * 60)) as interval_start\n"
        "| stats count(*) as flows, sum(packets) as packets, count_distinct(srcAddr) as sources, "
        "count_distinct(dstAddr) as targets by interval_start, protocol\n"
        "| sort interval_start asc, protocol asc\n"
        "| limit 1000"
    )


def test_a_select_over_a_select_is_one_pipeline() -> None:
    assert saved("cidr_internal", cidr="10.0.0.0/8").text == (
        'filter action = "ACCEPT" and isIpv4InSubnet(srcAddr, "10.0.0.0/8") '
        'and isIpv4InSubnet(dstAddr, "10.0.0.0/8")\n'
        "| stats count(*) as flows, sum(packets) as packets, sum(bytes) as bytes "
        "by srcAddr, dstAddr\n"
        "| sort bytes desc, srcAddr asc, dstAddr asc\n"
        "| limit 50"
    )
    assert saved("cidr_internal", cidr="2001:db8::/32").text.startswith(
        'filter action = "ACCEPT" and isIpv6InSubnet(srcAddr, "2001:db8::/32")'
    )


def test_the_account_is_that_of_the_log_group_and_the_region_a_constant() -> None:
    made = saved("skipped_records")
    assert made.text == (
        'parse @log "*:*" as aws_account, log_group\n'
        '| filter logStatus = "SKIPDATA"\n'
        "| fields startTime - startTime % 3600 as hour\n"
        "| stats count(*) as records by interfaceId, aws_account, hour\n"
        "| sort records desc, hour asc, interfaceId asc, aws_account asc\n"
        "| limit 100"
    )
    (region,) = [each for each in made.columns if each.name == "aws_region"]
    assert (region.field, region.read(None)) == ("", "eu-west-1")


def test_other_formats_are_parsed() -> None:
    made = of(
        "SELECT flow_direction, sum(bytes) AS bytes FROM flow_logs WHERE action = 'ACCEPT' "
        "GROUP BY flow_direction ORDER BY 2 DESC LIMIT 3",
        SHORT,
    )
    assert made.text == (
        'parse @message "* * * * * *" as start, action, dstport, flow_direction, bytes, subnet_id\n'
        '| filter action = "ACCEPT"\n'
        "| stats sum(bytes) as bytes by flow_direction\n"
        "| sort bytes desc\n"
        "| limit 3"
    )
    direction, _ = made.columns
    assert [direction.read(text) for text in ("egress", "-", None)] == ["egress", None, None]


CONDITIONS = {
    # What no flow lacks needs no word about "-" once a comparison says that it is a flow.
    "action = 'REJECT' AND NOT dstport = 22": 'action = "REJECT" and dstPort != 22',
    "NOT dstport = 22": 'dstPort != "-" and dstPort != 22',
    "NOT (dstport = 22 OR action = 'ACCEPT')": (
        'dstPort != "-" and dstPort != 22 and action != "-" and action != "ACCEPT"'
    ),
    "NOT (dstport > 22 AND protocol = 6)": (
        '(dstPort != "-" and dstPort <= 22) or (protocol != "-" and protocol != 6)'
    ),
    "dstport <> 22 AND srcaddr IS NOT NULL": 'dstPort != 22 and srcAddr != "-"',
    "action = 'REJECT' AND srcaddr IS NOT NULL": 'action = "REJECT"',
    "srcaddr IS NULL": 'srcAddr = "-"',
    "dstport BETWEEN 1 AND 1023": (
        'dstPort != "-" and dstPort >= 1 and dstPort != "-" and dstPort <= 1023'
    ),
    "dstport NOT BETWEEN 1 AND 1023": (
        '(dstPort != "-" and dstPort < 1) or (dstPort != "-" and dstPort > 1023)'
    ),
    "dstport IN (22)": "dstPort = 22",
    "dstport NOT IN (22, 3389)": 'dstPort != "-" and dstPort not in [22, 3389]',
    "srcaddr LIKE '10.%'": 'srcAddr != "-" and srcAddr like /^10\\..*$/',
    "interface_id NOT LIKE 'eni-_a'": "interfaceId not like /^eni\\-.a$/",
    "regexp_like(interface_id, '^eni/')": "interfaceId like /^eni\\//",
    "NOT contains('10.0.0.0/8', CAST(srcaddr AS ipaddress))": (
        'srcAddr != "-" and not isIpv4InSubnet(srcAddr, "10.0.0.0/8")'
    ),
    "interface_id = 'a\"b\\c'": 'interfaceId = "a\\"b\\\\c"',
    "(srcport = 22 OR dstport = 22) AND protocol = 6": (
        "(srcPort = 22 or dstPort = 22) and protocol = 6"
    ),
    "protocol = 6 AND bytes / packets > 100": "protocol = 6 and floor(bytes / packets) > 100",
    "version IS NOT NULL": "",
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(condition: str) -> None:
    made = of(f"SELECT count(*) AS n FROM flow_logs WHERE {condition}")
    written = CONDITIONS[condition]
    first = [f"filter {written}"] if written else []
    assert list(made.commands) == [*first, "stats count(*) as n", "limit 10000"]


REFUSALS = {
    "SELECT count(*) AS n FROM flow_logs a JOIN flow_logs b ON a.srcaddr = b.dstaddr": (
        "a join (JOIN, CROSS JOIN UNNEST) has no counterpart in Logs Insights"
    ),
    "SELECT DISTINCT srcaddr FROM flow_logs": (
        "SELECT DISTINCT has no counterpart in Logs Insights"
    ),
    "SELECT srcaddr, row_number() OVER (ORDER BY bytes) AS n FROM flow_logs ORDER BY n": (
        "it is sorted by n: a window function (OVER) has no counterpart in Logs Insights"
    ),
    "SELECT src_public, count(*) AS n FROM flow_logs GROUP BY src_public": (
        "src_public, as a value of true or false, has no counterpart in Logs Insights"
    ),
    "SELECT count_if(src_public) AS n FROM flow_logs": (
        "the condition src_public has no counterpart in Logs Insights as a number"
    ),
    "SELECT count_if(bytes > 1) AS n FROM flow_logs": (
        "bytes may be -, which Logs Insights does not take for NULL; leave such records out "
        "(bytes IS NOT NULL)"
    ),
    "SELECT count_if(interface_id LIKE 'eni-0%') AS n FROM flow_logs": (
        "the condition interface_id LIKE 'eni-0%' has no counterpart in Logs Insights as a number"
    ),
    "SELECT count_if(interface_id = 'a|b') AS n FROM flow_logs": (
        "'a|b' in a condition has no counterpart in Logs Insights as a number"
    ),
    "SELECT sum(CASE WHEN dstport = 22 THEN version END) AS n FROM flow_logs": (
        "CASE without ELSE, which is NULL, has no counterpart in Logs Insights"
    ),
    "SELECT CASE WHEN dstport = 22 THEN 'ssh' ELSE 'x' END AS n, count(*) AS m FROM flow_logs "
    "GROUP BY 1": "CASE between others than numbers has no counterpart in Logs Insights",
    "SELECT max((version - 3) / 2) AS n FROM flow_logs": (
        "(version - 3) / 2, of what may be negative, has no counterpart in Logs Insights"
    ),
    "SELECT max((2 - version) % 3) AS n FROM flow_logs": (
        "(2 - version) % 3, of what may be negative, has no counterpart in Logs Insights"
    ),
    "SELECT sum(bytes) AS n FROM flow_logs": (
        "bytes may be -, which Logs Insights does not take for NULL; leave such records out "
        "(bytes IS NOT NULL)"
    ),
    "SELECT day, count(*) AS n FROM flow_logs GROUP BY day": (
        "day is of the files in S3, a log group has none"
    ),
    "SELECT count(*) AS n FROM flow_logs WHERE interface_id LIKE 'a%' ESCAPE 'b'": (
        "the condition interface_id LIKE 'a%' ESCAPE 'b' has no counterpart in Logs Insights"
    ),
    "SELECT count(*) AS n FROM flow_logs TABLESAMPLE BERNOULLI (50)": (
        "TABLESAMPLE has no counterpart in Logs Insights"
    ),
    "WITH c (x) AS (SELECT bytes FROM flow_logs) SELECT x FROM c": (
        "a list of columns (c(x)) has no counterpart"
    ),
    "SELECT srcaddr FROM flow_logs LIMIT 20000": "a limit of 20,000 rows; it gives 10,000 at most",
    "SELECT count(*) AS n FROM flow_logs WHERE action = 'ACCEPT' AND srcaddr < '10.'": (
        "srcaddr < '10.': Logs Insights does not order texts as SQL does"
    ),
    "SELECT count(*) AS n FROM flow_logs WHERE protocol_name = 'TCP'": (
        "protocol_name = 'TCP': Logs Insights has no protocol_name"
    ),
    "SELECT srcaddr FROM flow_logs UNION SELECT dstaddr FROM flow_logs": (
        "UNION has no counterpart in Logs Insights"
    ),
    "SELECT srcaddr FROM flow_logs GROUP BY srcaddr": (
        "GROUP BY without an aggregate has no counterpart in Logs Insights"
    ),
    "SELECT srcaddr, count(*) AS n FROM flow_logs WHERE version IS NULL GROUP BY srcaddr": (
        "version IS NULL is never true in a log group"
    ),
}


@pytest.mark.parametrize("sql", REFUSALS)
def test_reasons(sql: str) -> None:
    assert refusal(sql) == REFUSALS[sql]


def test_a_text_that_is_too_long_is_refused() -> None:
    ports = ", ".join(map(str, range(3_000)))
    message = refusal(f"SELECT count(*) AS n FROM flow_logs WHERE dstport IN ({ports})")
    assert f"which takes {MOST_CHARACTERS:,}" in message


def statements(log_format: tuple[str, ...]) -> Iterator[tuple[Query, dict[str, Any]]]:
    """Every packaged query that a format can answer, along every branch of its template."""
    width = len(relation.columns_of_star(columns(log_format)))
    for query in library.load().queries.values():
        for values in samples.variants(query):
            filled = template.fill(query, values, width)
            if not inspect(query, filled, columns(log_format)).problems:
                yield query, values


def form_or_reason(
    query: Query, values: Mapping[str, Any], log_format: tuple[str, ...]
) -> InsightsQuery | str:
    try:
        return rendered(query, values, log_format)
    except QueryError as error:
        return str(error)


@left_to_slow
@pytest.mark.parametrize("log_format", [DEFAULT_FORMAT, EVERY_FIELD], ids=["default", "every"])
def test_every_packaged_query_has_a_form_or_a_reason(log_format: tuple[str, ...]) -> None:
    outcomes: Counter[bool] = Counter()
    for query, values in statements(log_format):
        made = form_or_reason(query, values, log_format)
        outcomes[isinstance(made, InsightsQuery)] += 1
        if isinstance(made, str):
            assert made.startswith(f"{query.name} has no form in Logs Insights: ")
            continue
        insights.run(made.commented(query.title), [])  # it is read
        shown = {each.field for each in made.columns if each.field}
        assert all(f in made.text for f in shown)
    assert outcomes[True] > 40
    assert outcomes[False] > 40


@dataclass(frozen=True)
class Tree:
    """A log tree, its client, and its records as events of a log group."""

    client: Client
    events: list[dict[str, Any]]
    log_format: tuple[str, ...]


def grown(root: Path, log_format: tuple[str, ...]) -> Tree:
    generate(root, until=date(2026, 11, 4), days=2, records=2_000, seed=5, log_format=log_format)
    client = Client(Target("here", str(root), log_format=log_format))
    client.partitions.sync(everything=True)
    events = []
    for file in sorted(root.rglob("*.log.gz")):
        account = file.relative_to(root).parts[1]
        head, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        names = head.split()
        for line in lines:
            second = int(dict(zip(names, line.split(), strict=True))["start"])
            log = f"{account}:/vpc/flow"
            events.append({"@message": line, "@timestamp": second * 1000, "@log": log})
    return Tree(client, events, log_format)


@pytest.fixture(scope="module")
def default_tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return grown(tmp_path_factory.mktemp("default"), DEFAULT_FORMAT)


@pytest.fixture(scope="module")
def full_tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return grown(tmp_path_factory.mktemp("full"), EVERY_FIELD)


LIMITS = {"limit": 10_000}
ASKED: dict[str, dict[str, Any]] = {
    "accepted_tcp": LIMITS,
    "cidr_internal": {**LIMITS, "cidr": "10.0.0.0/8"},
    "high_packet_flows": {**LIMITS, "min_packets": 100},
    "host_sweep": {**LIMITS, "min_targets": 2},
    "log_status": {},
    "outbound_unusual_ports": LIMITS,
    "public_inbound": LIMITS,
    "rejected_by_interface": LIMITS,
    "rejected_by_port": LIMITS,
    "rejected_by_protocol": {},
    "rejected_inside": LIMITS,
    "rejected_outbound": LIMITS,
    "rejects_by_interval": LIMITS,
    "skipped_records": LIMITS,
    "ssh_rdp_traffic": LIMITS,
    "ssh_rejects": LIMITS,
    "top_https_servers": LIMITS,
    "top_interfaces": {**LIMITS, "by": "packets"},
    "top_pairs": LIMITS,
    "top_ports": {**LIMITS, "by": "flows"},
    "top_rejected_sources": LIMITS,
    "top_servers": LIMITS,
    "traffic_by_account": LIMITS,
    "traffic_by_protocol": {},
    "unusual_protocols": LIMITS,
}
ASKED_OF_EVERY_FIELD: dict[str, dict[str, Any]] = {
    "rejected_by_reason": {},
    "top_instances": LIMITS,
    "top_packet_pairs": LIMITS,
    "top_vpcs": LIMITS,
    "traffic_by_direction": {},
    "traffic_by_path": {},
}


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ASKED)
def test_the_answer_is_that_of_the_local_engine(name: str, default_tree: Tree) -> None:
    assert_same(name, ASKED[name], default_tree)


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ASKED_OF_EVERY_FIELD)
def test_the_answer_of_parsed_records_is_the_same(name: str, full_tree: Tree) -> None:
    assert_same(name, ASKED_OF_EVERY_FIELD[name], full_tree)


def assert_same(name: str, values: dict[str, Any], tree: Tree) -> None:
    since, until = date(2026, 11, 2), date(2026, 11, 4)
    sql = tree.client.run(name, since=since, until=until, **values)
    made = saved(name, tree.log_format, **values)
    first, last = sql_second(since), sql_second(until) - 1
    window = [e for e in tree.events if first * 1000 <= e["@timestamp"] <= last * 1000 + 999]
    got = insights.run(made.text, window)
    kept = [each for each in made.columns if each.field]
    names = [each.name for each in kept]
    expected = [tuple(row[each] for each in names) for row in sql]
    answered = [
        tuple(each.read(None if (v := row.get(each.field)) is None else str(v)) for each in kept)
        for row in got
    ]
    assert expected
    assert Counter(answered) == Counter(expected)
    sort = next(each for each in made.commands if each.startswith("sort ")).split()[1].strip(",")
    ranked = [each for each in kept if each.field == sort and each.type in ("bigint", "timestamp")]
    if ranked:  # texts are in another order there
        place = kept.index(ranked[0])
        assert [row[place] for row in answered] == [row[place] for row in expected]


def sql_second(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


INDICATORS = {
    "action = 'REJECT'": 'strcontains(concat("|", action, "|"), "|REJECT|")',
    "'REJECT' = action": 'strcontains(concat("|", action, "|"), "|REJECT|")',
    "NOT action = 'REJECT'": (
        '(1 - greatest(strcontains(concat("|", action, "|"), "|REJECT|"), '
        'strcontains(concat("|", action, "|"), "|-|")))'
    ),
    "dstport IN (22, 22)": 'strcontains(concat("|", dstPort, "|"), "|22|")',
    "version > 3": "least(1, greatest(0, version - 3))",
    "version >= 3": "least(1, greatest(0, version - 3 + 1))",
    "NOT version > 3": "least(1, greatest(0, 3 - version + 1))",
    "NOT version >= 3": "least(1, greatest(0, 3 - version))",
    "srcaddr IS NULL": 'strcontains(concat("|", srcAddr, "|"), "|-|")',
}


@pytest.mark.parametrize("condition", INDICATORS)
def test_a_condition_that_counts(condition: str) -> None:
    written = f"stats sum({INDICATORS[condition]}) as n"
    for counted in (
        f"count_if({condition})",
        f"count(*) FILTER (WHERE {condition})",
        f"count(CASE WHEN {condition} THEN 1 END)",
    ):
        made = of(f"SELECT {counted} AS n FROM flow_logs")
        assert made.commands[0] == written
        assert made.columns[0].read(None) == 0


COUNTED = (
    *("action = 'REJECT'", "action <> 'REJECT'", "NOT (action = 'REJECT' OR protocol = 6)"),
    *("dstport IN (22, 443)", "dstport NOT IN (22, 443)", "srcaddr IS NULL", "bytes IS NOT NULL"),
    *("protocol = 6 AND NOT action = 'ACCEPT'", "log_status = 'OK'", "dstport <> srcport"),
    *("dstport < 1024", "dstport >= 1024", "bytes BETWEEN 100 AND 1000", "bytes / packets > 60"),
    *("NOT (dstport < 443 AND bytes > 500)", "srcport = 443", "packets = 1 OR packets = 11"),
)
CHOSEN = (
    "sum(CASE WHEN action = 'REJECT' THEN packets ELSE 0 END)",
    "sum(CASE WHEN action = 'REJECT' THEN bytes WHEN dstport < 1024 THEN packets ELSE 1 END)",
    "max(CASE protocol WHEN 6 THEN dstport WHEN 17 THEN srcport ELSE -1 END)",
    "min(CASE WHEN dstport IN (22, 443) THEN bytes - packets ELSE 99999 END)",
)
WHERE = (
    *("src_public", "NOT src_public", "dst_public AND NOT src_public", "src_public <> dst_public"),
    *("src_public = dst_public", "NOT (src_public OR dst_public)", "src_public IS NOT NULL"),
)


@pytest.mark.few(3)
@pytest.mark.parametrize("value", [*(f"count_if({each})" for each in COUNTED), *CHOSEN])
def test_a_condition_in_an_aggregate_counts_what_sql_does(value: str, default_tree: Tree) -> None:
    flows = "" if "NULL" in value or "log_status" in value else "WHERE bytes IS NOT NULL"
    sql = f"SELECT interface_id, {value} AS n FROM flow_logs {flows} GROUP BY interface_id"
    expected, answered = both_answers(sql, default_tree)
    assert answered == expected
    assert len({n for _, n in expected}) > 1


@pytest.mark.few(1)
@pytest.mark.parametrize("where", WHERE)
def test_public_addresses_are_those_of_sql(where: str, default_tree: Tree) -> None:
    sql = (
        f"SELECT srcaddr, dstaddr, count(*) AS n FROM flow_logs WHERE {where} "
        "GROUP BY srcaddr, dstaddr HAVING count_if(action = 'ACCEPT') > 0"
    )
    expected, answered = both_answers(sql, default_tree)
    assert answered == expected
    assert expected


@pytest.mark.parametrize("own", [(), ("8.8.0.0/16", "2600:1f18::/32")])
def test_addresses_at_the_edges_of_the_ranges(own: tuple[str, ...]) -> None:
    column = PublicColumnError("src_public", Term("srcAddr", "varchar", is_field=True), own)
    events = [
        {"@message": f"2 1 eni-0 {each} 10.0.0.1 1 2 6 1 1 1 2 ACCEPT OK", "@timestamp": 1}
        for each in (*PUBLIC, *NOT_PUBLIC, "-")
    ]
    found = {
        positive: {
            row["srcAddr"]
            for row in insights.run(
                f"filter {column.condition(positive=positive)} | fields srcAddr", events
            )
        }
        for positive in (True, False)
    }
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE SCHEMA flowathena")
        connection.execute("CREATE TABLE flowathena.vpc_flow_logs (srcaddr VARCHAR)")
        expected = verdicts(connection, [*PUBLIC, *NOT_PUBLIC, "-"], *own)
    assert found == {
        verdict: {a for a, public in expected.items() if public is verdict}
        for verdict in (True, False)
    }
    assert all(found.values())


def both_answers(sql: str, tree: Tree) -> tuple[Counter[Any], Counter[Any]]:
    """What SQL and Insights answer."""
    since, until = date(2026, 11, 2), date(2026, 11, 4)
    result = tree.client.sql(sql, since=since, until=until)
    made = of(sql, tree.log_format)
    first, last = sql_second(since) * 1000, sql_second(until) * 1000
    rows = insights.run(made.text, [e for e in tree.events if first <= e["@timestamp"] < last])
    read = [
        tuple(
            each.read(None if (v := row.get(each.field)) is None else str(v))
            for each in made.columns
        )
        for row in rows
    ]
    return Counter(map(tuple, result.data)), Counter(read)
