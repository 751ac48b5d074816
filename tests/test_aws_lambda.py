"""The Lambda function, from the zip that ``make lambda`` builds, over AWS's wire."""

import fcntl
import json
import os
import signal
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena.aws_lambda import RunFailedError, handler
from flowathena.errors import UsageError
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, places, pointed_at, record
from tests.aws import registered as registered_in
from tests.functions import MEMORY_BYTES, Function, build
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.waiting import until

pytestmark = pytest.mark.rig

SETTINGS = {
    "location": f"s3://{BUCKET}/",
    "database": "network",
    "region": "eu-west-1",
    "output_location": f"s3://{RESULTS}/flowathena/",
}
EVENT = {"target": "prod", "since": "3d", "heartbeat": True, "settings": SETTINGS}
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Context:
    """Lambda's context, as far as it is used."""

    millis: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.millis


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, built once whatever the number of workers."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    output = folder / "flowathena-lambda.zip"
    with (folder / "flowathena-lambda.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            build(output)
    return output


@pytest.fixture(scope="module")
def function(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    yield Function(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)


@pytest.fixture
def logs(rig: Rig) -> list[Place]:
    """Two accounts with logs of three days, within the window and the day before it."""
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    stored = places(("111122223333", "444455556666"), ("eu-west-1",), TODAY - timedelta(days=2), 3)
    for place in stored:
        noon = datetime(place.day.year, place.day.month, place.day.day, 0, 5, tzinfo=UTC)
        line = record(int(noon.timestamp()), dstport=22, action="REJECT")
        rig.put_keys(BUCKET, [place.key], log(line))
    return stored


def heartbeats(rig: Rig) -> float:
    """How many heartbeats of the target there are, read back from CloudWatch."""
    now = datetime.now(UTC)
    found = rig.client("cloudwatch").get_metric_statistics(
        Namespace="flowathena",
        MetricName="SyncCompleted",
        Dimensions=[{"Name": "Target", "Value": "prod"}],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(each["Sum"] for each in found["Datapoints"]))


def writes(rig: Rig) -> list[str]:
    reads = ("Get", "List", "Head", "Describe", "BatchGet")
    return [each["op"] for each in rig.journal() if not each["op"].startswith(reads)]


@left_to_slow
def test_a_sync_a_second_that_changes_nothing_and_one_that_fails(
    rig: Rig, logs: list[Place], function: Function
) -> None:
    first = function.invoke(rig, EVENT, clients=True)
    (answer,) = first.answers
    assert [each["state"] for each in answer["returned"]["tasks"]] == ["done", "done"]
    # A day ahead for each of two accounts, besides the six that are stored.
    ahead = places(("111122223333", "444455556666"), ("eu-west-1",), TODAY + timedelta(days=1), 1)
    assert set(registered_in(rig)) == {
        (place.account, place.region, place.day.isoformat()) for place in (*logs, *ahead)
    }
    assert answer["returned"]["tasks"][0]["added"] == len(logs) + len(ahead)
    assert heartbeats(rig) == 1
    assert [(each["task"], each["state"]) for each in first.log] == [
        ("sync", "done"),
        ("heartbeat", "done"),
    ]
    assert first.most_bytes < MEMORY_BYTES / 2

    rig.clear_journal()
    again = function.invoke(rig, EVENT)
    assert again.answers[0]["returned"]["tasks"][0]["added"] == 0
    assert writes(rig) == ["PutMetricData"]
    assert heartbeats(rig) == 2

    rig.faults([{"service": "glue", "op": "GetPartitions", "kind": "access_denied"}])
    (failed,) = function.invoke(rig, EVENT).answers
    assert failed["raised"] == "RunFailedError"
    assert failed["message"].startswith("target prod: sync: failed: ")
    assert "GetPartitions: AccessDeniedException" in failed["message"]
    assert heartbeats(rig) == 2


@left_to_slow
@pytest.mark.usefixtures("logs")
def test_only_the_zip_and_the_standard_library_are_loaded_and_nothing_is_compiled(
    rig: Rig, function: Function
) -> None:
    checks = [{"query": "ssh_rejects", "since": "5d", "where": "flows > 0"}]
    event = {**EVENT, "tasks": ["sync", "metrics", "check"], "checks": checks}
    done = function.invoke(rig, event)
    folder, library = str(function.folder), str(Path(json.__file__).parents[1])
    strangers = [
        each for each in done.files if not each.startswith((folder, library)) and each[0] == "/"
    ]
    assert strangers == []
    assert not [each for each in done.files if "site-packages" in each]
    assert done.cached
    assert [each for each in done.cached if not each or not Path(each).is_file()] == []


def test_every_task_from_the_zip(rig: Rig, logs: list[Place], function: Function) -> None:
    topic = rig.client("sns").create_topic(Name="alerts")["TopicArn"]
    checks = [{"query": "ssh_rejects", "since": "5d", "notify_sns": [topic]}]
    event = {**EVENT, "tasks": ["sync", "metrics", "check", "quicksight"], "checks": checks}
    done = function.invoke(rig, event)
    states = {each["task"]: each["state"] for each in done.log}
    # QuickSight has no data set: that alone fails, and is told; the alert has been told by SNS.
    assert states == {
        "sync": "done",
        "metrics": "done",
        "check ssh_rejects": "alert",
        "quicksight": "failed",
        "heartbeat": "done",
    }
    assert done.answers[0]["raised"] == "RunFailedError"
    assert "check" not in done.answers[0]["message"]
    assert heartbeats(rig) == 1
    published = [each for each in rig.journal("sns", "Publish") if not each["error"]]
    assert len(published) == 1
    namespaces = {
        each["params"]["Namespace"] for each in rig.journal("cloudwatch", "PutMetricData")
    }
    assert namespaces == {"FlowLogs", "flowathena"}
    assert len(logs) == done.log[0]["added"] - 2
    assert done.most_bytes < MEMORY_BYTES / 2


def put_closed_day(rig: Rig) -> tuple[date, dict[str, Any]]:
    """Three records of a day that is closed; and the settings of a target that archives it."""
    create_bucket(rig, "flow-archive")
    day = TODAY - timedelta(days=5)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    lines = [record(int(noon.timestamp()), srcport=1 + n) for n in range(3)]
    rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day).key], log(*lines))
    return day, {**SETTINGS, "archive_location": "s3://flow-archive/"}


@left_to_slow
@pytest.mark.usefixtures("logs")
def test_a_closed_day_is_archived_from_the_zip(rig: Rig, function: Function) -> None:
    day, settings = put_closed_day(rig)
    event = {**EVENT, "since": "8d", "tasks": ["sync", "archive"], "settings": settings}
    (answer,) = function.invoke(rig, event).answers
    sync, archive, _ = answer["returned"]["tasks"]
    assert (sync["state"], archive["state"]) == ("done", "done")
    assert (archive["written"], archive["rows"], archive["moved"]) == (1, 3, [str(day)])


@left_to_slow
@pytest.mark.usefixtures("logs")
def test_a_closed_day_is_rolled_up_from_the_zip_and_what_the_time_ends_by_the_next_run(
    rig: Rig, function: Function
) -> None:
    day, settings = put_closed_day(rig)
    event = {**EVENT, "since": "8d", "settings": settings}
    function.invoke(rig, event)
    rig.settings(query_seconds=3600)
    (late,) = function.invoke(rig, {**event, "tasks": ["rollup"]}, millis=4_000).answers
    assert late["raised"] == "RunFailedError"
    assert late["message"].startswith("target prod: rollup: resumed later: the time is over")
    rig.settings(query_seconds=0)
    both = {**event, "tasks": ["sync", "rollup", "archive"]}
    (answer,) = function.invoke(rig, both).answers
    sync, archive, rollup, _ = answer["returned"]["tasks"]
    assert [each["task"] for each in (sync, archive, rollup)] == ["sync", "archive", "rollup"]
    assert [each["state"] for each in (sync, archive, rollup)] == ["done"] * 3
    assert (archive["rows"], archive["moved"]) == (3, [str(day)])
    assert (rollup["flows"], rollup["written"], rollup["moved"]) == (3, [str(day)], [str(day)])
    rig.clear_journal()
    (again,) = function.invoke(rig, both).answers
    assert [each["written"] for each in again["returned"]["tasks"][1:3]] == [0, []]
    assert writes(rig) == ["PutMetricData"]


@left_to_slow
@pytest.mark.usefixtures("logs")
def test_when_the_time_is_over_it_ends_and_the_next_run_completes(
    rig: Rig, function: Function
) -> None:
    rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "hold", "after": 2}])
    (late,) = function.invoke(rig, EVENT, millis=4_000).answers
    assert late["raised"] == "RunFailedError"
    assert late["message"] == "target prod: sync: resumed later: the time is over"
    assert heartbeats(rig) == 0
    rig.clear_faults()
    rig.release()
    (next_,) = function.invoke(rig, EVENT).answers
    assert next_["returned"]["tasks"][0]["state"] == "done"
    assert heartbeats(rig) == 1


@left_to_slow
def test_what_was_written_before_the_time_was_over_is_told(
    rig: Rig, logs: list[Place], capsys: pytest.CaptureFixture[str]
) -> None:
    rig.faults([{"service": "glue", "op": "BatchCreatePartition", "kind": "hold"}])

    def release() -> None:
        until(rig.held)
        # The clock has rung, and the batch that is under way is waited for.
        until(lambda: signal.getitimer(signal.ITIMER_REAL)[0] == 0)
        rig.release()

    other = threading.Thread(target=release)
    other.start()
    with pointed_at(rig), pytest.raises(RunFailedError, match="sync: resumed later"):
        handler(EVENT, Context(10_000))
    other.join()
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert told["added"] == len(logs) + 2
    assert len(registered_in(rig)) == len(logs) + 2
    assert heartbeats(rig) == 0


@pytest.mark.slow
def test_the_configuration_may_be_a_file_of_the_zip_with_queries_of_ones_own(
    rig: Rig, logs: list[Place], tmp_path: Path
) -> None:
    (tmp_path / "sql").mkdir()
    query = "SELECT srcaddr, bytes FROM flow_logs WHERE action = 'REJECT'"
    query = f'/* ---\ntitle = "Refused"\n--- */\n{query}\n'
    (tmp_path / "sql" / "refused.sql").write_text(query)
    # More rows than a page of Athena's has, so that they come in several.
    start = int(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC).timestamp())
    many = log(*(record(start, action="REJECT", bytes=n) for n in range(2_500)))
    rig.put_keys(BUCKET, [logs[0].key.replace("c0ffee", "decade")], many)
    lines = [f"{key} = {json.dumps(value)}" for key, value in SETTINGS.items()]
    config = tmp_path / "flowathena.toml"
    config.write_text("\n".join(['query_paths = ["sql"]', "[targets.prod]", *lines]))
    output = tmp_path / "own.zip"
    build(output, "--config", str(config))
    with zipfile.ZipFile(output) as archive:
        archive.extractall(tmp_path / "task")
    event = {"checks": [{"query": "refused", "since": "5d"}]}
    settings = {"target": "prod", "settings": SETTINGS, **event}
    done = Function(tmp_path / "task").invoke(rig, event, settings)
    assert [each["raised"] for each in done.answers] == ["RunFailedError"] * 2
    found = [each for each in done.log if each["task"] == "check refused"]
    assert [(each["state"], each["rows"]) for each in found] == [("alert", 2_506)] * 2


@pytest.mark.slow
def test_two_builds_have_the_same_bytes_and_leave_lambda_room(zipped: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    said = build(again, cwd=tmp_path)
    assert again.read_bytes() == zipped.read_bytes()
    assert f"python{sys.version_info.major}.{sys.version_info.minor}" in said
    with zipfile.ZipFile(again) as archive:
        entries = archive.infolist()
    assert sum(each.file_size for each in entries) < 50_000_000
    assert again.stat().st_size < 15_000_000
    names = [each.filename for each in entries]
    assert names == sorted(names)
    assert {each.date_time for each in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {each.external_attr >> 16 for each in entries} == {0o100644}
    packages = {name.partition("/")[0] for name in names}
    assert not packages & {"duckdb", "isal", "typer", "pandas", "pyarrow", "moto", "tests"}
    assert not [name for name in names if name.endswith(".so")]
    # Flags of a compiled file: by a hash of its source, and that unchecked.
    compiled = next(name for name in names if name.endswith(".pyc"))
    with zipfile.ZipFile(again) as archive:
        assert archive.read(compiled)[4:8] == b"\x01\0\0\0"


@pytest.mark.usefixtures("logs")
def test_an_event_of_a_plain_rule_and_variables_alone_are_a_sync(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWATHENA_LOCATION", f"s3://{BUCKET}/")
    monkeypatch.setenv("FLOWATHENA_DATABASE", "network")
    plain = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events"}
    with pointed_at(rig):
        done = handler(plain, Context())
    assert [each["task"] for each in done["tasks"]] == ["sync"]
    assert len(registered_in(rig)) == 8
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == done["tasks"][0]


@pytest.mark.usefixtures("logs")
def test_a_partial_failure_raises(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWATHENA_CONFIG", raising=False)
    partial = {"kind": "partial", "count": 2, "code": "InvalidInputException"}
    rig.faults([{"service": "glue", "op": "BatchCreatePartition", **partial}])
    with (
        pointed_at(rig),
        pytest.raises(RunFailedError, match=r"sync: failed: 2 partitions failed: "),
    ):
        handler(EVENT, Context())
    assert len(registered_in(rig)) == 6
    assert heartbeats(rig) == 0


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"task": ["sync"]}, "unknown 'task' in the event; did you mean 'tasks'?"),
        (
            {"tasks": ["synch"]},
            "unknown task 'synch'; there are sync, archive, rollup, metrics, check, quicksight",
        ),
        ({"tasks": "sync"}, "tasks of the event are a list, not str"),
        ({"tasks": ["check"]}, "'check' goes with 'checks'"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a duration"),
        ({"ahead": -1}, "ahead: -1 is not a whole number from 0 to 366"),
        ({"checks": [{"max_rows": 0}]}, "a check has the name of a query"),
        ({}, "no target: give the event 'settings'"),
        ({"settings": {"database": "x"}}, "targets.lambda has no location"),
        ({"detail-type": "Scheduled Event", "settings": {"database": "x"}}, "has no location"),
        (None, "an event is an object of JSON, not NoneType"),
        (["sync"], "an event is an object of JSON, not list"),
        ({"settings": "x"}, "'settings' of the event is an object"),
        ({"heartbeat": "yes"}, "'heartbeat' of the event is true or false, not 'yes'"),
        ({"heartbeat": 1}, "'heartbeat' of the event is true or false, not 1"),
        ({"ahead": "1"}, "ahead: '1' is not a whole number from 0 to 366"),
        ({"ahead": True}, "ahead: True is not a whole number"),
        ({"ahead": 1.0}, "ahead: 1.0 is not a whole number"),
        ({"since": 3}, "'since' of the event is a text such as 3d, not 3"),
        ({"tasks": ["sync", "metrics", "sync"]}, "tasks of the event have 'sync' twice"),
        ({"tasks": [["sync"]]}, "unknown task ['sync']"),
        ({"target": "../x"}, "invalid target name '../x'"),
        ({"target": ""}, "invalid target name ''"),
        ({"checks": [{"query": "ssh_rejects", "max_rows": "0"}]}, "max_rows: '0' is not a whole"),
        ({"checks": [{"query": "ssh_rejects", "where": 5}]}, "where is a text, not 5"),
        ({"checks": [{"query": "ssh_rejects", "account": [1]}]}, "account is a text, not [1]"),
        ({"checks": [{"query": "ssh_rejects", "notify_sns": 5}]}, "notify_sns is a text, not 5"),
        ({"target": 5}, "'target' of the event is the name of a target"),
        ({"checks": ["ssh_rejects"]}, "a check is an object such as {'query': 'ssh_rejects'}"),
    ],
)
def test_an_invalid_event_is_refused_by_name(
    event: Any,  # noqa: ANN401 - whatever somebody sends
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWATHENA_CONFIG", raising=False)
    with pytest.raises(UsageError) as caught:
        handler(event, Context())
    assert message in str(caught.value)
