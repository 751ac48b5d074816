"""Metrics that are published to CloudWatch: what, how often, and what is told."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowathena.client import Client
from flowathena.deploy.cloudwatch.published import State
from flowathena.errors import FlowathenaError, QueryError, UsageError
from tests.aws import BUCKET, RESULTS, Place, log, pointed_at
from tests.metrics import QUERIES, Flow, Key, configured, deliver, expected, put
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
CLOSED = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)  # 30 minutes for late records
FIRST = datetime(2026, 11, 19, 12, 15, tzinfo=UTC)  # a day before, the first whole bucket
_WRITES = {"PutMetricData", "PutObject"}


class Cast:
    """A target with some records, and a clock that the test moves."""

    def __init__(self, rig: Rig, folder: Path, more: str = "") -> None:
        self.rig = rig
        self.config = configured(folder, rig, more)
        self.flows: list[Flow] = []
        self.client = Client("prod", config_path=self.config, clock=lambda: self.now)
        self.at(NOW)

    def at(self, now: datetime) -> None:
        """Have it be another time."""
        self.now = now
        self.rig.settings(now=now.timestamp())

    def deliver(self, *flows: Flow) -> None:
        """Have records arrive, and register their partitions."""
        deliver(self.rig, flows, f"{len(self.flows):06x}")
        self.flows += flows
        self.client.partitions.sync(since="20d")

    def expected(self, since: datetime = FIRST, until: datetime = CLOSED) -> dict[Key, list[float]]:
        """What must have been put, once each."""
        return {key: [value] for key, value in expected(self.flows, since, until).items()}


def _flows(*ages: float) -> list[Flow]:
    """Records that start so many hours before the last closed bucket ends."""
    starts = [CLOSED - timedelta(hours=age) for age in ages]
    return [Flow(start, NOW, packets=place + 1, port=22) for place, start in enumerate(starts)]


@pytest.fixture
def cast(rig: Rig, tmp_path: Path) -> Iterator[Cast]:
    with pointed_at(rig):
        yield Cast(rig, tmp_path)


def test_closed_buckets_are_put_once_with_their_zeros(cast: Cast) -> None:
    udp = Flow(CLOSED - timedelta(hours=2), NOW, packets=7, protocol=17)
    odd = Flow(CLOSED - timedelta(hours=2), NOW, packets=9, protocol=253)
    skipped = Flow(CLOSED - timedelta(hours=3), NOW, status="SKIPDATA")
    too_late = Flow(CLOSED + timedelta(seconds=1), NOW)
    cast.deliver(*_flows(0.1, 0.2, 5, 23), udp, odd, skipped, too_late)
    results = cast.client.metrics.publish()
    assert {each.query: each.state for each in results} == {
        **dict.fromkeys(QUERIES, State.PUBLISHED),
        "metric_traffic": State.LEFT,
    }
    assert put(cast.rig) == cast.expected()
    assert put(cast.rig)["RejectedPackets", "253", int(udp.start.timestamp())] == [9]


def test_a_second_run_writes_nothing(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.publish()
    cast.rig.clear_journal()
    results = cast.client.metrics.publish()
    assert {each.state for each in results} == {State.CURRENT, State.LEFT}
    assert not [each for each in cast.rig.journal() if each["op"] in _WRITES]


@left_to_slow
def test_an_outage_is_caught_up_to_two_weeks_back(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.publish()
    cast.at(NOW + timedelta(days=20))
    newer = [Flow(CLOSED + timedelta(days=days), cast.now, packets=days) for days in (3, 7, 19)]
    cast.deliver(*newer)
    results = cast.client.metrics.publish()
    # Two weeks, less half an hour for the put itself, from the next bucket on.
    start = datetime(2026, 11, 26, 12, 45, tzinfo=UTC)
    assert {each.since for each in results if each.state is State.PUBLISHED} == {start}
    done = cast.expected() | cast.expected(start, CLOSED + timedelta(days=20))
    assert put(cast.rig) == done
    status = {each.query: each for each in cast.client.metrics.status()}
    assert status["metric_ssh_rejects"].gaps == ((CLOSED, start),)
    assert status["metric_ssh_rejects"].is_current


def test_what_was_put_though_the_answer_was_lost_is_not_put_again(cast: Cast) -> None:
    cast.deliver(*_flows(1, 2))
    name = "metric_ssh_rejects"
    cast.rig.arrange("cloudwatch", lag=None)
    cast.rig.faults([{"service": "cloudwatch", "op": "PutMetricData", "kind": "lose", "times": 1}])
    (lost,) = cast.client.metrics.publish([name], since="2h")
    assert lost.state is State.FAILED
    assert "PutMetricData: Connection was closed" in str(lost.error)
    (doubt,) = lost.doubts
    assert (doubt.values, doubt.asked_from) == (5, NOW + timedelta(minutes=30))
    cast.at(NOW + timedelta(minutes=1))
    (waiting,) = cast.client.metrics.publish([name])
    assert waiting.doubts == [doubt]
    cast.at(NOW + timedelta(minutes=3))  # what is seen is there, however early
    (found,) = cast.client.metrics.publish([name])
    assert (found.found, found.doubts, found.state) == (5, [], State.CURRENT)
    every = cast.expected(CLOSED - timedelta(hours=1, minutes=15))
    assert put(cast.rig) == {key: every[key] for key in every if key[0] == "SshRejects"}


def test_what_was_not_put_is_put_when_cloudwatch_would_know(cast: Cast) -> None:
    cast.deliver(*_flows(1, 2))
    name = "metric_ssh_rejects"
    cast.rig.arrange("cloudwatch", lag=None)
    cast.rig.faults([{"service": "cloudwatch", "op": "PutMetricData", "kind": "reset", "times": 1}])
    (lost,) = cast.client.metrics.publish([name], since="26h")
    (doubt,) = lost.doubts
    # Of more than a day ago, CloudWatch shows a value only two days later.
    assert doubt.asked_from == NOW + timedelta(hours=60)
    cast.at(NOW + timedelta(hours=59))
    cast.deliver(Flow(cast.now - timedelta(hours=10), cast.now))
    (waiting,) = cast.client.metrics.publish([name])
    assert waiting.doubts == [doubt]
    assert waiting.state is State.PUBLISHED  # what is due since is not held up
    cast.at(NOW + timedelta(hours=61))
    (done,) = cast.client.metrics.publish([name])
    assert (done.doubts, done.lost) == ([], 0)
    end = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    every = cast.expected(datetime(2026, 11, 19, 10, 15, tzinfo=UTC), end)
    assert put(cast.rig) == {key: every[key] for key in every if key[0] == "SshRejects"}


def test_a_throttled_call_is_made_again_and_a_refused_one_given_back(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    name = "metric_ssh_rejects"
    fault = {"service": "cloudwatch", "op": "PutMetricData"}
    cast.rig.faults([{**fault, "kind": "throttle", "times": 3}])
    (done,) = cast.client.metrics.publish([name], since="2h")
    assert done.state is State.PUBLISHED
    assert len(cast.rig.journal("cloudwatch", "PutMetricData")) == 4
    cast.at(NOW + timedelta(hours=1))
    cast.rig.faults([{**fault, "kind": "access_denied", "times": 1}])
    (refused,) = cast.client.metrics.publish([name])
    assert (refused.state, refused.doubts) == (State.FAILED, [])
    assert "PutMetricData: AccessDeniedException" in str(refused.error)
    (again,) = cast.client.metrics.publish([name])  # at once: nothing of it was put
    assert (again.state, again.values) == (State.PUBLISHED, 4)
    assert set(map(len, put(cast.rig).values())) == {1}


def test_a_new_ledger_asks_what_is_there(cast: Cast, tmp_path: Path) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.publish()
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "flowathena.toml"
    ledger = f'[targets.prod.metrics]\nledger = "s3://{RESULTS}/elsewhere/"\n'
    other.write_text(cast.config.read_text() + ledger)
    client = Client("prod", config_path=other, clock=lambda: NOW)
    results = client.metrics.publish()
    assert {each.values for each in results} == {0}
    assert put(cast.rig) == cast.expected()
    assert client.metrics.ledger.startswith(f"s3://{RESULTS}/elsewhere/flowathena-metrics/1234")


@pytest.mark.asks_no_query
def test_logs_that_are_not_registered_stop_it(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    day = CLOSED.replace(hour=0) - timedelta(days=1)
    deliver(cast.rig, [Flow(day + timedelta(hours=20), NOW)], "feed")
    (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert "1 partition with logs not registered: run 'flowathena partitions sync -t prod" in str(
        done.error
    )
    assert put(cast.rig) == {}


def test_a_second_run_of_a_client_looks_again(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.publish(["metric_ssh_rejects"])
    before = put(cast.rig)
    cast.at(NOW + timedelta(hours=1))
    other = Place("444455556666", "eu-west-1", CLOSED.date())
    cast.rig.put_keys(BUCKET, [other.key], log(Flow(CLOSED, NOW, port=22).line))
    (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert "1 partition with logs not registered" in str(done.error)
    assert put(cast.rig) == before


@pytest.mark.asks_no_query
def test_an_account_that_cannot_be_listed_stops_it(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.rig.put_keys(BUCKET, [Place("444455556666", "eu-west-1", CLOSED.date()).key], log())
    denied = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}
    cast.rig.faults([{**denied, "match": "AWSLogs/444455556666/"}])
    (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert str(done.error).startswith("not all logs can be listed: 444455556666: s3://flow-logs/")
    assert put(cast.rig) == {}


def test_logs_that_a_projection_does_not_reach_stop_it(rig: Rig, tmp_path: Path) -> None:
    with pointed_at(rig):
        cast = Cast(rig, tmp_path, 'partitioning = "projection"\n')
        cast.flows = _flows(1)
        deliver(rig, cast.flows, "feed")
        cast.client.table.create()
        cast.client.metrics.publish()
        assert put(rig) == cast.expected()

        cast.at(NOW + timedelta(hours=1))
        other = Place("444455556666", "eu-west-1", CLOSED.date())
        rig.put_keys(BUCKET, [other.key], log(Flow(CLOSED, NOW, port=22).line))
        (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert done.state is State.FAILED
    assert "1 day with logs that Athena does not read: 1 stored partition is outside of" in str(
        done.error
    )
    assert put(rig) == cast.expected()


def test_no_logs_are_not_the_same_as_zero(cast: Cast) -> None:
    cast.deliver(Flow(CLOSED - timedelta(days=5), NOW))
    (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert "which is not the same as 0" in str(done.error)
    assert put(cast.rig) == {}


def test_a_namespace_has_the_metrics_of_one_table(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.publish()
    text = cast.config.read_text().replace("vpc_flow_logs", "others")
    cast.config.write_text(text)
    other = Client("prod", config_path=cast.config, clock=lambda: NOW)
    other.partitions.sync(since="20d")
    with pytest.raises(UsageError, match=r"namespace 'FlowLogs' has the metrics of table network."):
        other.metrics.publish()


@pytest.mark.few(1)
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"table"'])
@pytest.mark.asks_no_query
def test_a_namespace_whose_owner_cannot_be_read_is_refused(cast: Cast, body: bytes) -> None:
    cast.deliver(*_flows(1))
    metrics = cast.client.metrics
    folder = metrics.ledger.removeprefix(f"s3://{RESULTS}/")
    cast.rig.put_keys(RESULTS, [f"{folder}_owner.json"], body)
    with pytest.raises(FlowathenaError, match=r"_owner\.json does not say whose the metrics are"):
        metrics.publish()
    assert put(cast.rig) == {}


@pytest.mark.asks_no_query
def test_a_query_without_metrics_is_refused(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    with pytest.raises(QueryError, match=r"top_talkers has no \[metric\] in its header"):
        cast.client.metrics.publish(["top_talkers"])
    with pytest.raises(QueryError, match=r"flow.direction"):
        cast.client.metrics.publish(["metric_traffic"])


@pytest.mark.asks_no_query
def test_two_queries_with_metrics_of_one_name_are_refused(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    packaged = Path(__file__).parents[1] / "queries" / "metrics" / "metric_ssh_rejects.sql"
    (tmp_path / "queries" / "mine.sql").write_text(packaged.read_text())
    with pointed_at(rig):
        cast = Cast(rig, tmp_path)
        client = Client(
            "prod", config_path=cast.config, query_paths=[tmp_path / "queries"], clock=lambda: NOW
        )
        with pytest.raises(QueryError, match="metric 'SshRejects' is another query's too"):
            client.metrics.publish()


def test_a_folder_has_no_cloudwatch(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "flowathena.toml").write_text('[targets.here]\nlocation = "logs"\n')
    told = Shell(tmp_path).refused("metrics", "publish")
    assert "target here is a folder, which has no account for CloudWatch metrics" in told


def test_the_command_line_publishes_and_tells(rig: Rig, tmp_path: Path) -> None:
    with pointed_at(rig):
        cast = Cast(rig, tmp_path)
        now = datetime.now(UTC).replace(microsecond=0)
        cast.at(now)
        cast.deliver(Flow(now - timedelta(hours=2), now, packets=5))
    shell = Shell(tmp_path, rig.env())
    args = ("metrics", "publish", "metric_rejected_tcp", "--since", "4h")
    planned = shell.run(*args, "--dry-run", "--format", "json").json["metrics"]
    assert [each["state"] for each in planned] == ["planned"]
    assert 5.0 in [each["value"] for each in planned[0]["datums"]]
    assert put(rig) == {}
    assert "RejectedTcpPackets" in shell.run(*args, "--dry-run").out
    shell.run("metrics", "status", "metric_rejected_tcp", "--exit-code", code=3)
    values = planned[0]["values"]
    assert values in {26, 28}  # of two metrics; the quarter of an hour may have ended meanwhile
    assert f"published {values} values of metric_rejected_tcp up to " in shell.run(*args).err
    assert "nothing to publish: metric_rejected_tcp" in shell.run(*args).err
    status = shell.run(
        "metrics", "status", "metric_rejected_tcp", "--exit-code", "--format", "json"
    )
    (each,) = status.json["metrics"]
    assert (each["current"], each["gaps"], each["in_doubt"]) == (True, [], [])
    assert "metric_rejected_tcp" in shell.run("metrics", "status").out


def test_the_command_line_exits_by_what_failed(rig: Rig, tmp_path: Path) -> None:
    with pointed_at(rig):
        cast = Cast(rig, tmp_path)
        now = datetime.now(UTC).replace(microsecond=0)
        cast.at(now)
        cast.deliver(Flow(now - timedelta(hours=2), now, packets=5))
    shell = Shell(tmp_path, rig.env())
    fault = {"service": "cloudwatch", "op": "PutMetricData"}
    rig.faults([{**fault, "kind": "access_denied", "times": 1}])
    told = shell.refused("metrics", "publish", "metric_ssh_rejects", code=1)
    assert "metric_ssh_rejects: PutMetricData: AccessDeniedException" in told
    rig.faults([{**fault, "kind": "internal", "times": 1, "match": "SkippedRecords"}])
    partly = shell.run("metrics", "publish", "--format", "json", code=4)
    states = {each["query"]: each["state"] for each in json.loads(partly.out)["metrics"]}
    assert states["metric_skipped"] == "failed"
    assert states["metric_ssh_rejects"] == "published"
    assert "in doubt: a run from " in partly.err


def test_an_answer_that_is_cut_short_is_not_asked_for_again(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    fault = {"service": "cloudwatch", "op": "PutMetricData", "kind": "truncate_body"}
    cast.rig.faults([fault])
    (done,) = cast.client.metrics.publish(["metric_ssh_rejects"])
    assert done.state is State.PUBLISHED  # its status was 200
    assert len(cast.rig.journal("cloudwatch", "PutMetricData")) == 1


def test_an_interrupt_says_what_is_not_known(cast: Cast) -> None:
    cast.deliver(*_flows(1))

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    events = cast.client._aws.session.events  # noqa: SLF001 - no public way to fail a call
    events.register("before-send.cloudwatch.PutMetricData", interrupt)
    told = "whether 5 of the values of metric_ssh_rejects are put is not known; a later run asks"
    with pytest.raises(KeyboardInterrupt, match=told):
        cast.client.metrics.publish(["metric_ssh_rejects"], since="2h")
    (status,) = Client("prod", config_path=cast.config, clock=lambda: NOW).metrics.status(
        ["metric_ssh_rejects"]
    )
    assert [each.values for each in status.doubts] == [5]


@left_to_slow
def test_two_machines_at_once_put_each_value_once(cast: Cast) -> None:
    cast.deliver(*_flows(1, 2, 20))
    machines = [Client("prod", config_path=cast.config, clock=lambda: NOW) for _ in range(4)]
    with ThreadPoolExecutor(len(machines)) as pool:
        every = list(pool.map(lambda machine: machine.metrics.publish(), machines))
    assert not [each.error for results in every for each in results if each.error]
    assert put(cast.rig) == cast.expected()


@left_to_slow
def test_a_long_ledger_is_not_listed_from_its_beginning(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowathena.deploy.cloudwatch.ledger._CHECKPOINT_AFTER", 3)
    cast.deliver(*_flows(1))
    name = "metric_ssh_rejects"
    for hours in range(7):
        cast.at(NOW + timedelta(hours=hours))
        cast.client.metrics.publish([name])
    cast.rig.clear_journal()
    (status,) = cast.client.metrics.status([name])
    assert (status.since, status.until) == (FIRST, CLOSED + timedelta(hours=6))
    (listing,) = cast.rig.journal("s3", "ListObjectsV2")
    assert listing["params"]["StartAfter"].endswith(f"/{name}/00000004~")
    every = cast.expected(until=CLOSED + timedelta(hours=6))
    assert put(cast.rig) == {key: every[key] for key in every if key[0] == "SshRejects"}


def test_an_expired_token_ends_it_at_once(cast: Cast) -> None:
    cast.deliver(*_flows(1))
    cast.client.metrics.ledger  # noqa: B018 - the account is asked before the token expires
    cast.rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "expired_token"}])
    cast.rig.clear_journal()
    with pytest.raises(FlowathenaError, match="the credentials have expired"):
        raise_first(cast)
    assert len(cast.rig.journal("s3", "ListObjectsV2")) == 1


def raise_first(cast: Cast) -> None:
    """Publish, and raise the error of the first query."""
    for each in cast.client.metrics.publish():
        if each.error:
            raise each.error
