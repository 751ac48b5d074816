"""``queries publish`` and ``pull`` over AWS's wire; and what becomes of lost and broken calls."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.catalog import wanted
from flowathena.concurrency import Backoff
from flowathena.deploy.named_queries import NamedQueries, NamedQuery
from flowathena.deploy.publication import Publication
from flowathena.deploy.saved_queries import SavedQueries
from flowathena.errors import FlowathenaError, ParameterError, QueryError
from flowathena.inputs.params import Param
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.reconcile import Action, ApplyInterruptedError, State
from flowathena.target.target import Target
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

_INTERRUPTED = "interrupted while it was under way; run the same again, which looks first"
pytestmark = pytest.mark.rig

TARGET = Target("prod", "s3://flow-logs/", "network", "vpc_flow_logs", "eu-west-1")
PREFIX = "network.vpc_flow_logs/"
A = Query("a", "A", "SELECT count(*) AS n FROM flow_logs")
B = Query("b", "B", "SELECT sum(bytes) AS n FROM flow_logs", since="24h")
ZONES = Query("zones", "Zones", "SELECT az_id, count(*) AS n FROM flow_logs GROUP BY az_id")
SPARED = Query(
    "spared",
    "Spared",
    "SELECT count(*) AS n FROM flow_logs "
    "WHERE {% if eni %}interface_id = {{ eni }}{% else %}az_id = 'a'{% endif %}",
    params=(Param("eni", "text", required=False),),
)
HOST = Query(
    "host",
    "Host",
    "SELECT count(*) AS n FROM flow_logs WHERE srcaddr = {{ ip }}",
    params=(Param("ip", "ip"),),
)


@pytest.fixture
def saved(rig: Rig) -> Iterator[Callable[..., SavedQueries]]:
    """Makes the saved queries of a target with a library of some queries; no command, no Glue."""
    source = wanted.flow_table(wanted.wanted_table(TARGET), TARGET)

    def make(*queries: Query) -> SavedQueries:
        return SavedQueries(
            TARGET,
            Aws(TARGET),
            library=lambda: Library({query.name: query for query in queries}),
            source=lambda: source,
            clock=lambda: datetime(2026, 11, 8, 12, tzinfo=UTC),
        )

    with pointed_at(rig):
        yield make


def live(rig: Rig) -> list[dict[str, Any]]:
    """Every named query of the primary workgroup, by name."""
    athena = rig.client("athena")
    ids = [
        each
        for page in athena.get_paginator("list_named_queries").paginate()
        for each in page["NamedQueryIds"]
    ]
    found = [athena.get_named_query(NamedQueryId=each)["NamedQuery"] for each in ids]
    return sorted(found, key=lambda query: (query["Name"], query["NamedQueryId"]))


def put(rig: Rig, name: str, sql: str = "SELECT 1", description: str = "theirs") -> str:
    made = rig.client("athena").create_named_query(
        Name=name, Database="network", QueryString=sql, Description=description
    )
    return str(made["NamedQueryId"])


def states(done: Publication) -> dict[str, tuple[Action, State]]:
    return {
        each.operation.name.removeprefix(PREFIX): (each.operation.action, each.state)
        for each in done.results
    }


def writes(rig: Rig) -> list[str]:
    ops = ("CreateNamedQuery", "UpdateNamedQuery", "DeleteNamedQuery")
    return [call["op"] for call in rig.journal("athena") if call["op"] in ops]


@pytest.mark.asks_no_query
def test_once_created_they_are_as_wanted(rig: Rig, saved: Callable[..., SavedQueries]) -> None:
    theirs = put(rig, "Top talkers")
    first = saved(A, B).publish()
    assert states(first) == {
        "a": (Action.CREATE, State.DONE),
        "b": (Action.CREATE, State.DONE),
    }
    assert [query.id for query in first.live.others] == [theirs]
    top, a, b = live(rig)
    assert (a["Name"], a["Description"], a["Database"]) == (
        "network.vpc_flow_logs/a",
        "A. [flowathena:network.vpc_flow_logs/a]",
        "network",
    )
    assert "current_date - interval '1' day" in b["QueryString"]
    assert top["QueryString"] == "SELECT 1"

    again = saved(A, B).publish(confirm=lambda _: pytest.fail("there is nothing to confirm"))
    assert set(states(again).values()) == {(Action.KEEP, State.DONE)}
    assert writes(rig).count("CreateNamedQuery") == 3  # theirs too
    # Another clock, another window: the same text.
    assert "2026" not in a["QueryString"]


@pytest.mark.asks_no_query
def test_what_was_changed_is_replaced_once_confirmed(
    rig: Rig, saved: Callable[..., SavedQueries]
) -> None:
    saved(A, B).publish()
    a = live(rig)[0]
    athena = rig.client("athena")
    athena.update_named_query(
        NamedQueryId=a["NamedQueryId"],
        Name="My a",
        Description=a["Description"],
        QueryString="SELECT 2",
    )
    refused = saved(A, B).publish(confirm=lambda _: False)
    assert states(refused)["a"] == (Action.REPLACE, State.SKIPPED)
    planned = saved(A, B).publish(dry_run=True)
    assert states(planned)["a"] == (Action.REPLACE, State.PLANNED)
    assert athena.get_named_query(NamedQueryId=a["NamedQueryId"])["NamedQuery"]["Name"] == "My a"

    shown: list[Publication] = []
    done = saved(A, B).publish(confirm=lambda plan: not shown.append(plan))  # type: ignore[func-returns-value]
    assert [each.operation.detail for each in shown[0].results] == ["name, text", ""]
    assert states(done) == {"a": (Action.REPLACE, State.DONE), "b": (Action.KEEP, State.DONE)}
    assert live(rig)[0] == a
    assert "DeleteNamedQuery" not in writes(rig)


@pytest.mark.asks_no_query
def test_what_cannot_be_published_is_left_out_or_refused(
    rig: Rig, saved: Callable[..., SavedQueries]
) -> None:
    here = saved(A, HOST, ZONES, SPARED)
    done = here.publish()
    host, zones, spared = done.left_out
    assert (host.query, host.lacks, host.reason) == (
        "host",
        "",
        (
            "needs a value for ip: 'flowathena queries publish host --param ip=VALUE -t prod' "
            "publishes it"
        ),
    )
    assert (zones.query, zones.lacks) == ("zones", "needs az_id (version 4)")
    assert zones.reason.startswith("needs az_id (version 4): this target's flow logs do not have")
    assert (spared.lacks, spared.reason) == (
        "",
        (
            "needs a value for eni: 'flowathena queries publish spared --param eni=VALUE -t prod' "
            "publishes it"
        ),
    )
    with pytest.raises(QueryError, match="az_id"):
        here.publish(["zones"])
    with pytest.raises(ParameterError, match="ip: needs a value: add --param ip=VALUE"):
        here.publish(["host"])
    here.publish(["host"], values={"ip": "10.0.0.5"}, label="web")
    here.publish(["host"], values={"ip": "10.0.0.6"}, label="mail")
    found = {query["Name"]: query["QueryString"] for query in live(rig)}
    assert sorted(found) == [f"{PREFIX}{name}" for name in ("a", "host:mail", "host:web")]
    assert "srcaddr = '10.0.0.5'" in found[f"{PREFIX}host:web"]
    assert here.publish().obsolete == ()
    assert saved(A).publish().obsolete == (f"{PREFIX}host:mail", f"{PREFIX}host:web")


@pytest.mark.asks_no_query
def test_another_one_of_that_name_stays_and_so_do_doubles(
    rig: Rig, saved: Callable[..., SavedQueries]
) -> None:
    theirs = put(rig, f"{PREFIX}a")
    done = saved(A, B).publish()
    assert states(done) == {"a": (Action.CREATE, State.FAILED), "b": (Action.CREATE, State.DONE)}
    assert theirs in str(done.results[0].error)
    # Two people published b at the same moment: one is kept up to date, the other is named.
    (_, b) = live(rig)
    put(rig, b["Name"], b["QueryString"], b["Description"])
    kept, double = live(rig)[1:]
    again = saved(A, B).publish()
    assert states(again)["b"] == (Action.KEEP, State.DONE)
    assert [query.id for query in again.live.doubles] == [double["NamedQueryId"]]
    assert again.live.ours[f"{PREFIX}b"].id == kept["NamedQueryId"]


@pytest.mark.asks_no_query
def test_a_lost_answer_makes_no_second(rig: Rig, saved: Callable[..., SavedQueries]) -> None:
    call = {"service": "athena", "op": "CreateNamedQuery", "times": 1}
    rig.faults([{**call, "kind": "truncate_body"}, {**call, "kind": "throttle", "after": 2}])
    done = saved(A, B).publish()
    assert set(states(done).values()) == {(Action.CREATE, State.DONE)}
    assert [query["Name"] for query in live(rig)] == [f"{PREFIX}a", f"{PREFIX}b"]
    assert len(writes(rig)) == 4


@pytest.mark.asks_no_query
def test_after_what_concerns_every_call_no_other_is_made(
    rig: Rig, saved: Callable[..., SavedQueries]
) -> None:
    call = {"service": "athena", "op": "CreateNamedQuery"}
    for kind, attempts in (("expired_token", 1), ("reset", 6)):
        rig.faults([{**call, "kind": kind}])
        rig.clear_journal()
        done = saved(A, B).publish()
        assert states(done) == {
            "a": (Action.CREATE, State.FAILED),
            "b": (Action.CREATE, State.SKIPPED),
        }
        assert writes(rig) == ["CreateNamedQuery"] * attempts
        rig.clear_faults()
    told = str(done.results[0].error)
    assert told.endswith('/"; if it was created, the next publish finds it')


@pytest.mark.asks_no_query
def test_pages_and_ids_that_athena_leaves_out(rig: Rig) -> None:
    ids = [put(rig, f"{number:02d}") for number in range(51)]
    left_out = {
        "service": "athena",
        "op": "BatchGetNamedQuery",
        "kind": "partial",
        "code": "ThrottlingException",
    }

    def read(budget_seconds: float) -> list[str]:
        named = NamedQueries(aws, "primary", lambda: Backoff(0, 0, budget=budget_seconds))
        return [query.name for query in named.read()]

    with pointed_at(rig):
        aws = Aws(TARGET)
        rig.faults([{**left_out, "times": 2, "count": 3}])
        assert read(1.0) == [f"{number:02d}" for number in range(51)]
        rig.clear_faults()
        rig.faults([{**left_out, "count": 50}])
        with pytest.raises(
            FlowathenaError,
            match=r"^saved queries of workgroup primary: 51 cannot be read \(.*: "
            r"ThrottlingException Rate exceeded\); nothing is changed, try again$",
        ):
            read(-1.0)
        # One that is deleted between the two calls is no obstacle.
        rig.clear_faults()

        def delete(**_: object) -> None:
            if ids:
                rig.client("athena").delete_named_query(NamedQueryId=ids.pop())
                ids.clear()

        aws.athena.meta.events.register("before-call.athena.BatchGetNamedQuery", delete)
        assert read(-1.0) == [f"{number:02d}" for number in range(50)]


@pytest.mark.asks_no_query
def test_what_is_interrupted_half_way_is_told_and_completed(
    saved: Callable[..., SavedQueries], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        real = NamedQueries.create

        def create(self: NamedQueries, query: NamedQuery) -> None:
            real(self, query)
            if query.name.endswith("/b"):
                raise KeyboardInterrupt

        patch.setattr(NamedQueries, "create", create)
        with pytest.raises(ApplyInterruptedError) as caught:
            saved(A, B, HOST, Query("c", "C", A.sql)).publish()
    assert [each.summary for each in caught.value.results] == [
        f"created saved query {PREFIX}a",
        f"whether saved query {PREFIX}b is created is not known: {_INTERRUPTED}",
        f"saved query {PREFIX}c is not created",
    ]
    done = saved(A, B, Query("c", "C", A.sql)).publish()
    assert states(done) == {
        "a": (Action.KEEP, State.DONE),
        "b": (Action.KEEP, State.DONE),
        "c": (Action.CREATE, State.DONE),
    }


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    return configured(tmp_path, rig)


def test_a_published_text_answers_as_the_query_does(rig: Rig, shell: Shell) -> None:
    today = datetime.now(UTC)
    start = int(today.timestamp()) - 3600
    place = Place("111122223333", "eu-west-1", today.date())
    records = [record(start), record(start, bytes=500), record(start - 8 * 86_400, bytes=9)]
    rig.put_keys(BUCKET, [place.key], log(*records))
    shell.run("partitions", "sync")
    tried = shell.run("queries", "publish", "top_https_servers", "--dry-run", "--exit-code", code=3)
    assert tried.err == f"would create saved query {PREFIX}top_https_servers\n"
    assert live(rig) == []
    done = shell.run("queries", "publish", "top_https_servers")
    assert done.err == f"created saved query {PREFIX}top_https_servers\n"
    printed = shell.run("queries", "render", "top_https_servers", "--relative").out
    (found,) = live(rig)
    assert found["QueryString"].endswith(printed)
    with pointed_at(rig):
        client = Client(config_path=shell.folder / "flowathena.toml")
        athena = rig.client("athena")
        started = athena.start_query_execution(
            QueryString=found["QueryString"],
            QueryExecutionContext={"Database": found["Database"]},
            ResultConfiguration={"OutputLocation": "s3://query-results/saved/"},
        )
        expected = client.run("top_https_servers").data

    def is_done() -> bool:
        told = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
        return bool(told["QueryExecution"]["Status"]["State"] == "SUCCEEDED")

    until(is_done)
    answer = athena.get_query_results(QueryExecutionId=started["QueryExecutionId"])
    rows = [[cell["VarCharValue"] for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]]
    assert rows[1:] == [["10.0.0.5", "6", "680", "2", "1"]]
    assert rows[1:] == [[str(value) for value in row] for row in expected]


@pytest.mark.asks_no_query
def test_the_lines_of_what_is_replaced_left_alone_and_refused(rig: Rig, shell: Shell) -> None:
    shell.run("table", "create")
    theirs = put(rig, f"{PREFIX}preview")
    put(rig, "Top talkers")
    publish = ("queries", "publish", "preview", "top_https_servers")
    refusal = (
        f"error: saved query {PREFIX}preview: there is a saved query of this name that flowathena "
        f"did not publish for this table (id {theirs}); it is left alone: rename it, or publish "
        "with --as LABEL"
    )
    left_alone = (
        f"2 other saved queries of workgroup primary left alone: Top talkers, {PREFIX}preview"
    )
    done = shell.run(*publish, code=4)
    assert done.err.splitlines() == [
        left_alone,
        f"created saved query {PREFIX}top_https_servers",
        refusal,
    ]
    moved = (*publish[:2], "top_https_servers", "--since", "last month", "--until", "this month")
    done = shell.run(*moved, code=2)
    assert done.err == (
        f"error: queries publish asks before it replaces {PREFIX}top_https_servers; without a "
        "terminal it needs --yes\n"
    )
    assert "-    AND \"start\" >= CAST(ceil(to_unixtime(now() - interval '7' day)) AS bigint)" in (
        done.out.splitlines()
    )
    done = shell.run(*moved, "--yes", "--format", "json")
    assert done.err.splitlines()[1:] == [f"replaced saved query {PREFIX}top_https_servers (text)"]
    (told,) = done.json["queries"]
    assert told.pop("diff").startswith(f"--- {PREFIX}top_https_servers (live)\n+++ ")
    assert told == {
        "kind": "saved query",
        "name": f"{PREFIX}top_https_servers",
        "action": "replace",
        "detail": "text",
        "state": "done",
        "error": None,
    }
    assert [each["name"] for each in done.json["others"]] == ["Top talkers", f"{PREFIX}preview"]

    # A caller who may only read; then one of two calls is refused.
    denied = {"service": "athena", "op": "CreateNamedQuery", "kind": "access_denied"}
    fresh = (*publish[:2], "rejected_tcp", "ssh_rejects")
    rig.faults([denied])
    assert shell.run(*fresh, code=1).err.splitlines()[1:] == [
        (
            f"error: saved queries {PREFIX}rejected_tcp, {PREFIX}ssh_rejects: CreateNamedQuery: "
            "AccessDeniedException: User is not authorized to perform this action."
        )
    ]
    rig.clear_faults()
    rig.faults([{**denied, "match": "ssh_rejects"}])
    assert shell.run(*fresh, code=4).err.splitlines()[1] == (
        f"created saved query {PREFIX}rejected_tcp"
    )
    pulled = shell.run("queries", "pull", "--folder", "mine")
    assert sorted(path.name for path in (shell.folder / "mine").iterdir()) == [
        "network_vpc_flow_logs_preview.sql",
        "top_talkers.sql",
    ]
    assert pulled.err == ""
    (shell.folder / "mine" / "top_talkers.sql").write_text("SELECT 2")
    assert shell.run("queries", "pull", "--folder", "mine", code=4).err == (
        "error: mine/top_talkers.sql exists with another content and is left as it is: move it "
        "away, or choose another --folder\n"
    )


@pytest.mark.asks_no_query
def test_flow_logs_are_chosen(rig: Rig, saved: Callable[..., SavedQueries]) -> None:
    saved(A).publish(["a"], flow_log="fl-0a,fl-0b")
    (query,) = live(rig)
    assert "IN ('fl-0a', 'fl-0b')" in query["QueryString"]
    with pytest.raises(FlowathenaError, match="eni-1"):
        saved(A).publish(["a"], flow_log="eni-1")
