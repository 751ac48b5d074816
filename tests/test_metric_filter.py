"""Metrics' queries as metric filters: patterns by hand, and what they match on lines by hand."""

import pytest

from flowathena.deploy.cloudwatch.sample_lines import sample_lines
from flowathena.errors import QueryError
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.query.metric import Dimension, Metric, MetricValue
from flowathena.query.metric_filter import MetricFilter, metric_filters
from flowathena.query.query import Query
from flowathena.sql.statement import Statement
from tests.rig.metric_patterns import Pattern

SHORT = ("action", "dstport", "bytes", "flow-direction", "vpc-id", "subnet-id", "az-id")
HEAD = "version, account_id, interface_id, srcaddr, dstaddr, srcport"


def filters(
    where: str,
    value: str = "count(*)",
    log_format: tuple[str, ...] = DEFAULT_FORMAT,
    dimensions: tuple[str, ...] = (),
) -> tuple[MetricFilter, ...]:
    named = "".join(f"{name}, " for name in dimensions)
    sql = f"SELECT start_time AS t, {named}{value} AS n FROM flow_logs {where} GROUP BY 1"
    metric = Metric(
        "t", 900, (MetricValue("n", "Numbers", "Count"),), tuple(map(Dimension, dimensions))
    )
    return metric_filters(Query("mine", "Mine", sql), metric, Statement(sql), log_format)


def pattern(where: str, log_format: tuple[str, ...] = DEFAULT_FORMAT) -> str:
    (made,) = filters(where, log_format=log_format)
    return made.pattern


PATTERNS = {
    "": "[version, ...]",
    "WHERE action = 'REJECT'": (
        f'[{HEAD}, dstport, protocol, packets, bytes, start, end, action="REJECT", log_status]'
    ),
    "WHERE dstport IN (22, 3389)": f'[{HEAD}, dstport="22" || dstport="3389", ...]',
    "WHERE dstport BETWEEN 1 AND 1023": f"[{HEAD}, dstport>=1 && dstport<=1023, ...]",
    "WHERE dstport <> 22": f'[{HEAD}, dstport!="22" && dstport!="-", ...]',
    "WHERE dstport NOT IN (22, 53)": (
        f'[{HEAD}, dstport!="22" && dstport!="53" && dstport!="-", ...]'
    ),
    "WHERE bytes > 1000 AND bytes < 2000 AND srcaddr IS NOT NULL": (
        '[version, account_id, interface_id, srcaddr!="-", dstaddr, srcport, dstport, protocol, '
        "packets, bytes>1000 && bytes<2000, ...]"
    ),
}


@pytest.mark.parametrize("where", PATTERNS)
def test_patterns_of_the_default_format(where: str) -> None:
    assert pattern(where) == PATTERNS[where]
    Pattern(pattern(where))  # it is read


def test_the_pattern_has_the_fields_of_the_format() -> None:
    (made,) = filters(
        "WHERE action = 'ACCEPT'", "sum(bytes)", SHORT, dimensions=("flow_direction",)
    )
    assert made == MetricFilter(
        "NumbersFromLogGroup",
        '[action="ACCEPT", dstport, bytes, flow_direction, ...]',
        "$bytes",
        "Count",
        {"flow_direction": "$flow_direction"},
    )


MATCHED = {
    "": 8,
    "WHERE action = 'REJECT'": 3,
    "WHERE dstport IN (22, 53)": 3,
    "WHERE dstport <> 22": 4,  # 443, 40000, 53 and 0, but not what has none
    "WHERE dstport NOT IN (22, 53)": 3,
    "WHERE dstport BETWEEN 1 AND 500": 4,
    "WHERE dstport IS NOT NULL": 6,
    "WHERE log_status <> 'OK'": 2,
}


@pytest.mark.parametrize("where", MATCHED)
def test_how_many_made_up_records_match(where: str) -> None:
    read = Pattern(pattern(where))
    lines = [each.text for each in sample_lines(DEFAULT_FORMAT)]
    assert sum(read.match(line) is not None for line in lines) == MATCHED[where]


REFUSALS = {
    ("WHERE dstport = 22 OR srcport = 22", "count(*)"): (
        "the condition dstport = 22 OR srcport = 22 has no form in a pattern"
    ),
    ("WHERE tcp_flags = 2", "count(*)"): "tcp_flags is no field of the log format",
    ("WHERE srcaddr < '2'", "count(*)"): "srcaddr < '2': a pattern does not order texts",
    ("WHERE dstport IN (1, 2) AND dstport > 1", "count(*)"): (
        "dstport has an OR beside another condition"
    ),
    ("", "count(DISTINCT srcaddr)"): (
        "count(DISTINCT srcaddr) is neither count(*) nor the sum of a field"
    ),
    ("HAVING count(*) > 1", "count(*)"): "it is not one SELECT",
}


@pytest.mark.parametrize(("where", "value"), REFUSALS)
def test_what_has_no_form(where: str, value: str) -> None:
    if where.startswith("HAVING"):
        sql = "SELECT start_time AS t, count(*) AS n FROM flow_logs GROUP BY 1 HAVING count(*) > 1"
        metric = Metric("t", 900, (MetricValue("n", "Numbers"),))
        with pytest.raises(QueryError, match="it is not one SELECT"):
            metric_filters(Query("mine", "Mine", sql), metric, Statement(sql), DEFAULT_FORMAT)
        return
    with pytest.raises(QueryError) as caught:
        filters(where, value)
    message = str(caught.value)
    assert message == f"mine cannot be a metric filter: {REFUSALS[where, value]}"
