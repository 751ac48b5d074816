"""What queries need of flow logs, and which run on a target."""

from datetime import UTC, datetime

import pytest

from flowathena.catalog import wanted
from flowathena.engine.gates import gates
from flowathena.inputs.params import Param
from flowathena.logs.fields import BY_COLUMN
from flowathena.query import gating
from flowathena.query.gating import Gate
from flowathena.query.library import load
from flowathena.query.query import Query
from flowathena.shape.shape import FlowTable
from flowathena.target.target import Target

NOW = datetime(2026, 11, 28, tzinfo=UTC)
VERSION_5 = ("version", "srcaddr", "start", "end", "tcp-flags", "flow-direction")


def table(*fields: str) -> FlowTable:
    target = Target("t", "s3://abc/", log_format=fields) if fields else Target("t", "s3://abc/")
    return wanted.flow_table(wanted.wanted_table(target), target)


def gate(sql: str, source: FlowTable, *params: Param, local_now: datetime | None = None) -> Gate:
    return gates([Query("q", "Q", sql, params=params)], source, local_now)["q"]


def columns(fields: tuple[object, ...]) -> list[object]:
    return [getattr(field, "column", None) for field in fields]


@pytest.mark.parametrize(
    ("named", "fields", "version"),
    [
        ((), [], 2),
        (("day", "aws_account", "aws_region"), [], 2),
        (("dstaddr", "srcaddr"), ["srcaddr", "dstaddr"], 2),
        (("start_time", "end_time", "start"), ["start", "end"], 2),
        (("src_public", "pkt_dst_public"), ["srcaddr", "pkt_dstaddr"], 3),
        (("protocol_name", "flow_direction", "tcp_flags"), ["protocol", "tcp_flags", None], 5),
        (("instance_tag", "reject_reason"), ["reject_reason", "instance_tag"], 11),
    ],
)
def test_a_query_needs_the_fields_behind_its_columns(
    named: tuple[str, ...], fields: list[str | None], version: int
) -> None:
    found = gating.needs(named)
    expected = [name or "flow_direction" for name in fields]
    assert (columns(found.fields), found.version) == (expected, version)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["reject_reason"], "needs reject_reason (version 8)"),
        (["flow_direction", "az_id"], "needs az_id (version 4) and flow_direction (version 5)"),
        (
            ["traffic_path", "flow_direction", "tcp_flags", "type", "vpc_id"],
            (
                "needs vpc_id, tcp_flags and type (version 3) and flow_direction and traffic_path "
                "(version 5)"
            ),
        ),
    ],
)
def test_missing_fields_are_told_with_their_versions(missing: list[str], told: str) -> None:
    assert gating.lacks([BY_COLUMN[name] for name in missing]) == told


def test_the_remedy_is_the_tokens_of_a_log_format() -> None:
    one, two = BY_COLUMN["pkt_dst_aws_service"], BY_COLUMN["az_id"]
    assert gating.remedy([one]) == (
        "create a flow log with a log format that has ${pkt-dst-aws-service} "
        "('flowathena fields pkt-dst-aws-service' explains it)"
    )
    assert gating.remedy([one, two]) == (
        "create a flow log with a log format that has ${az-id} ${pkt-dst-aws-service} "
        "('flowathena fields --version 5' explains them)"
    )


def test_a_query_runs_where_its_fields_are() -> None:
    sql = "SELECT srcaddr, flow_direction FROM flow_logs WHERE tcp_flags = 2"
    found = gate(sql, table(*VERSION_5))
    assert found.is_open
    assert columns(found.needs.fields) == ["srcaddr", "tcp_flags", "flow_direction"]
    closed = gate(sql, table())
    assert not closed.is_open
    assert columns(closed.missing) == ["tcp_flags", "flow_direction"]
    assert columns(closed.needs.fields) == ["srcaddr", "tcp_flags", "flow_direction"]
    assert closed.problems == (gating.explain(closed.missing),)


def test_a_star_runs_everywhere() -> None:
    found = gate("SELECT * FROM flow_logs", table("start", "end", "srcaddr"))
    assert (found.is_open, found.needs.fields) == (True, ())


def test_the_fields_are_those_of_the_defaults() -> None:
    sql = "SELECT {% if by == 'eni' %}interface_id{% else %}az_id{% endif %} AS x FROM flow_logs"
    by = Param("by", "choice", required=False, default="eni", choices=("eni", "zone"))
    assert gate(sql, table(), by).is_open
    names = Param("names", "list[text]", required=False, default=())
    sql = "SELECT srcaddr FROM flow_logs{% if names %} WHERE az_id IN {{ names }}{% endif %}"
    assert gate(sql, table(), names).is_open


def test_a_query_runs_where_a_parameter_spares_the_fields() -> None:
    names = Param("our_names", "list[text]", required=False, default=())
    word = Param("word", "text", required=False)
    sql = (
        "SELECT srcaddr{% if word %}, az_id AS a{% endif %} FROM flow_logs WHERE "
        "{% if our_names %}tcp_flags IN (2) AND interface_id IN {{ our_names }}"
        "{% else %}reject_reason = {{ word }}{% endif %}"
    )
    found = gate(sql, table("start", "end", "srcaddr", "tcp-flags", "interface-id"), names, word)
    assert (found.is_open, found.given, found.missing) == (True, "our_names", ())
    assert columns(found.needs.fields) == ["interface_id", "srcaddr", "tcp_flags"]
    # Nowhere else: what is said is what needs the lower version.
    closed = gate(sql, table("start", "end", "srcaddr", "interface-id"), names, word)
    assert (closed.is_open, closed.given) == (False, "our_names")
    assert columns(closed.missing) == ["tcp_flags"]
    assert gate(sql, wanted.every_field(), names, word).given == ""
    other = gate("SELECT az_id{% if word %}, srcaddr{% endif %} FROM flow_logs", table(), word)
    assert (other.is_open, other.given, columns(other.missing)) == (False, "", ["az_id"])


def test_the_local_engine_refuses_by_name_what_it_does_not_support() -> None:
    sql = "SELECT soundex(srcaddr) AS d FROM flow_logs"
    assert gate(sql, table()).is_open
    (reason,) = gate(sql, table(), local_now=NOW).problems
    assert "soundex" in reason
    assert gate("SELECT lower(srcaddr) AS s FROM flow_logs", table(), local_now=NOW).is_open
    assert gate("SELECT count(*) AS n FROM flow_logs", table(), local_now=NOW).is_open


def test_a_query_that_cannot_run_at_all_says_why() -> None:
    assert gate("SELECT srcadr FROM flow_logs", table()).problems == (
        "unknown field 'srcadr'; did you mean 'srcaddr'?",
    )
    assert gate("SELECT {{ x }} AS x FROM flow_logs", table()).problems[0] == (
        "'x' is used but not declared in the header"
    )


def test_every_packaged_query_runs_where_every_field_is() -> None:
    found = gates(load().queries.values(), wanted.every_field())
    assert not {name: gate.problems for name, gate in found.items() if not gate.is_open}
