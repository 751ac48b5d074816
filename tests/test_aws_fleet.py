"""An organization's targets on AWS: roles, Regions, failures of one, and real signals."""

import json
import signal
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowathena import Fleet
from tests.aws import RESULTS, Place, create_bucket, log, pointed_at, record
from tests.cases import LogFile
from tests.cases import record as local_record
from tests.rig.client import Rig
from tests.shell import SAID_OF, Shell, Started
from tests.waiting import until

pytestmark = [pytest.mark.rig]

_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-03")
_NOON = 1_790_856_000  # 2026-10-01T12:00:00Z
_ACCOUNT = "123456789012"
_TARGET = """
[targets.{name}]
location = "s3://logs-{name}/"
database = "{database}"
region = "{region}"
role_arn = "arn:aws:iam::{account}:role/{name}-audit"
external_id = "fleet"
output_location = "s3://{results}/{name}/"
"""
_REGIONS = {
    "prod-eu": "eu-west-1", "prod-us": "us-east-1", "denied": "eu-west-1", "busy": "us-east-1",
}  # fmt: skip


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """Four targets in two Regions, each with a role and two days of logs; and one on a folder."""
    text = ""
    create_bucket(rig, RESULTS)
    for name, region in _REGIONS.items():
        database = name.replace("-", "_")
        text += _TARGET.format(
            name=name, database=database, region=region, account=_ACCOUNT, results=RESULTS
        )
        create_bucket(rig, f"logs-{name}")
        for day in (1, 2):
            place = Place("111122223333", region, date(2026, 10, day))
            rig.put_keys(f"logs-{name}", [place.key], log(record(_NOON)))
    (tmp_path / "laptop").mkdir()
    LogFile("2026-10-01", (local_record("2026-10-01T12:00:00"),)).write(tmp_path / "laptop")
    text += '\n[targets.laptop]\nlocation = "./laptop"\n'
    (tmp_path / "flowathena.toml").write_text(text)
    rig.settings(queue_polls=0)
    return Shell(tmp_path, rig.env())


def refuse(rig: Rig, service: str, op: str, kind: str, **more: object) -> None:
    rig.faults([{"service": service, "op": op, "kind": kind, **more}])


def days(rig: Rig, name: str) -> list[str]:
    """The days that Glue has of a target's table."""
    answer = rig.client("glue", region=_REGIONS[name]).get_partitions(
        DatabaseName=name.replace("-", "_"), TableName="vpc_flow_logs"
    )
    return sorted(entry["Values"][-1] for entry in answer["Partitions"])


def targets(document: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    return {each["target"]: each for each in document["targets"]}


@pytest.mark.asks_no_query
def test_each_target_has_its_role_and_one_failure_leaves_the_others(rig: Rig, shell: Shell) -> None:
    refuse(rig, "sts", "AssumeRole", "access_denied", match="denied-audit")
    refuse(rig, "glue", "BatchCreatePartition", "throttle", match="busy", times=3)
    done = shell.run("partitions", "sync", "-t", "all", *_WINDOW, "--format", "json", code=1)
    found = targets(done.json)
    assert list(found) == [*_REGIONS, "laptop"]
    assert {name: each["state"] for name, each in found.items()} == {
        "prod-eu": "done", "prod-us": "done", "denied": "failed", "busy": "done", "laptop": "done",
    }  # fmt: skip
    assert [found[name]["counts"].get("added") for name in found] == [2, 2, None, 2, 1]
    assert found["denied"]["error"].startswith("AWS credentials: AssumeRole: AccessDenied")
    assert f"error: denied: {found['denied']['error']}" in done.err
    for name in ("prod-eu", "prod-us", "busy"):
        assert days(rig, name) == ["2026-10-01", "2026-10-02"]
    roles = {call["params"]["RoleArn"] for call in rig.journal("sts", "AssumeRole")}
    assert roles == {f"arn:aws:iam::{_ACCOUNT}:role/{name}-audit" for name in _REGIONS}
    regions = {call["region"] for call in rig.journal("glue", "BatchCreatePartition")}
    assert regions == {"eu-west-1", "us-east-1"}


@pytest.mark.asks_no_query
def test_partitions_that_fail_weigh_less_than_a_target_that_does(rig: Rig, shell: Shell) -> None:
    refuse(rig, "glue", "BatchCreatePartition", "access_denied", match="busy")
    shown = shell.run("partitions", "sync", "-t", "prod-*,busy", *_WINDOW, code=4)
    lines = {
        line.split()[0]: line for line in shown.out.rpartition("summary")[2].split("\n") if line
    }
    assert lines["busy"].split()[1:5] == ["partial", "0", "0", "2"]
    assert "AccessDeniedException" in lines["busy"]
    assert shown.err.splitlines()[-1] == (
        "3 targets: 2 done, 1 partial; added 4, existed 0, failed 2"
    )
    refuse(rig, "sts", "AssumeRole", "expired_token", match="prod-us")
    shown = shell.run("partitions", "status", "-t", "all", "--exit-code", *_WINDOW, code=1)
    assert "the credentials have expired; sign in again" in shown.out


@pytest.mark.asks_no_query
def test_targets_are_begun_together_as_many_as_asked_for(rig: Rig, shell: Shell) -> None:
    refuse(rig, "sts", "AssumeRole", "hold")
    process = started(shell, "partitions", "plan", "-t", "prod-*,denied,busy", "--at-once", "2")
    until(lambda: rig.held() == 2, process)
    rig.clear_faults()
    rig.release()
    process.communicate()
    assert len(rig.journal("sts", "AssumeRole")) == 4


def started(shell: Shell, *words: str) -> Started:
    return shell.start(*words, *_WINDOW)


@pytest.mark.asks_no_query
@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_sync_says_what_became_of_each_target(
    rig: Rig, shell: Shell, number: signal.Signals
) -> None:
    refuse(rig, "glue", "BatchCreatePartition", "hold", match="prod_us")
    words = ("partitions", "sync", "-t", "prod-*,denied,busy", "--format", "json", "--at-once", "2")
    process = started(shell, *words)
    # prod-us waits for its batch; the other thread goes through the rest, and stops at busy.
    refuse(rig, "glue", "BatchCreatePartition", "hold", match="busy")
    until(lambda: rig.held() == 2, process)
    process.send_signal(number)
    until(lambda: stopped_hearing(process), process)
    rig.clear_faults()
    rig.release()
    out, err = process.communicate()
    assert process.returncode == 130, err
    found = targets(json.loads(out))
    assert json.loads(out)["exit_code"] == 130
    assert {name: each["state"] for name, each in found.items()} == {
        "prod-eu": "done", "prod-us": "stopped", "denied": "done", "busy": "stopped",
    }  # fmt: skip
    # The batches under way were finished: what is told is what is there.
    for name, each in found.items():
        assert each["result"]["added"] == len(days(rig, name)) == 2
    last = err.splitlines()[-1]
    assert last.startswith(f"{SAID_OF[number]}2 of 4 targets done (prod-eu, denied)")
    assert "prod-us: stopped" in last
    shell.run("partitions", "plan", "-t", "prod-*,denied,busy", *_WINDOW, "--exit-code")


def stopped_hearing(process: Started) -> bool:
    """Whether the first thread has heard a signal and waits for the others."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return not int(status["ShdPnd"], 16) and not int(status["SigPnd"], 16)


@pytest.mark.asks_no_query
def test_targets_that_had_not_begun_are_named(rig: Rig, shell: Shell) -> None:
    refuse(rig, "glue", "GetTable", "hold", match="prod_us")
    process = started(shell, "partitions", "sync", "-t", "*", "--at-once", "1")
    until(lambda: rig.held() >= 1, process)
    process.send_signal(signal.SIGINT)
    until(lambda: stopped_hearing(process), process)
    rig.clear_faults()
    rig.release()
    out, err = process.communicate()
    assert process.returncode == 130
    last = err.splitlines()[-1]
    assert last.startswith("error: interrupted: 1 of 5 targets done (prod-eu)")
    assert last.endswith("not started: denied, busy, laptop")
    summary = out.rpartition("summary")[2]
    assert summary.count("not started") == 3
    assert "prod-eu" in summary
    assert not rig.journal("glue", "BatchCreatePartition")[1:]  # of prod-eu alone


@pytest.mark.asks_no_query
def test_an_interrupted_doctor_waits_for_nobody(rig: Rig, shell: Shell) -> None:
    refuse(rig, "s3", "ListObjectsV2", "hold", match="logs-prod-us")
    words = ("doctor", "-t", "prod-*,denied", "--at-once", "1", "--format", "json")
    process = shell.start(*words)
    until(lambda: rig.held() >= 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()  # nothing lets the answer go
    rig.clear_faults()
    rig.release()
    assert process.returncode == 130
    assert err.splitlines()[-1] == (
        "error: interrupted: 1 of 3 targets done (prod-eu); prod-us: stopped; not started: denied"
    )
    assert [each["state"] for each in json.loads(out)["targets"]] == [
        *("findings", "stopped", "stopped"),
    ]


# Trino reads the catalog of one Region, and these query two.
@pytest.mark.compared_on_trino
@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_check_cancels_the_query_of_every_target_and_tells_nobody(
    rig: Rig, shell: Shell, number: signal.Signals
) -> None:
    shell.run("partitions", "sync", "-t", "prod-*,busy", *_WINDOW)
    topic = rig.client("sns").create_topic(Name="alerts")["TopicArn"]
    rig.settings(query_seconds=3600)
    process = started(
        shell, "check", "top_talkers", "-t", "prod-*,busy", "--max-rows", "0",
        "--notify-sns", topic, "--state", f"s3://{RESULTS}/state-{{target}}.json",
    )  # fmt: skip
    until(lambda: len(rig.journal("athena", "GetQueryExecution")) >= 6, process)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 130
    ended = states(rig)
    assert len(ended) == 3
    assert set(ended.values()) == {"CANCELLED"}
    assert all(f"query {name} is CANCELLED" in err.splitlines()[-1] for name in ended)
    assert not rig.journal("sns", "Publish")
    stored = rig.client("s3").list_objects_v2(Bucket=RESULTS, Prefix="state-")
    assert stored["KeyCount"] == 0


def states(rig: Rig) -> dict[str, str]:
    """The state of every query that was started, by its id."""
    athena = rig.client("athena")
    return {
        name: athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]["State"]
        for name in athena.list_query_executions().get("QueryExecutionIds", [])
    }


@pytest.mark.compared_on_trino
def test_each_target_remembers_for_itself_who_was_told(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", "-t", "prod-*", *_WINDOW)
    topic = rig.client("sns").create_topic(Name="alerts")["TopicArn"]
    words = (
        "check", "top_talkers", "-t", "prod-*", *_WINDOW, "--max-rows", "0", "--notify-sns", topic,
        "--state", f"s3://{RESULTS}/state-{{target}}.json",
    )  # fmt: skip
    for told in (2, 2):  # the second run tells nobody again
        done = shell.run(*words, code=3)
        assert len(rig.journal("sns", "Publish")) == told
        assert done.out.count("CRITICAL: top_talkers (prod-") == 2
    keys = rig.client("s3").list_objects_v2(Bucket=RESULTS, Prefix="state-")["Contents"]
    assert [each["Key"] for each in keys] == ["state-prod-eu.json", "state-prod-us.json"]


_PROFILES = """
[profile base]
aws_access_key_id = testing
aws_secret_access_key = testing

[profile guarded]
role_arn = arn:aws:iam::111122223333:role/audit
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
"""


@pytest.mark.asks_no_query
def test_a_code_is_asked_for_once_before_anything_begins(
    rig: Rig, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.folder / "home" / ".aws").mkdir(parents=True)
    profiles = shell.folder / "home" / ".aws" / "config"
    profiles.write_text(_PROFILES)
    text = (shell.folder / "flowathena.toml").read_text()
    (shell.folder / "flowathena.toml").write_text(
        text.replace('region = "', 'profile = "guarded"\nregion = "')
    )
    asked: list[threading.Thread] = []

    def answer(_prompt: str) -> str:
        asked.append(threading.current_thread())
        return "123456"

    with pointed_at(rig):
        monkeypatch.setenv("HOME", str(shell.folder / "home"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        made = Fleet("prod-*", config_path=shell.folder / "flowathena.toml", ask_code=answer)
        found = list(made.run(lambda client, turn: client.partitions.plan(watch=turn.watch)))
    assert [each.state for each in found] == ["done", "done"], [each.reason for each in found]
    assert asked == [threading.main_thread()]


@pytest.mark.asks_no_query
def test_each_target_has_a_session_of_its_own(
    rig: Rig, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.folder)
    with pointed_at(rig):
        made = Fleet("prod-*")
        seen = [client._aws for client in made]  # noqa: SLF001 - what has to be its own
        outcomes = list(made.run(lambda client, _turn: client.partitions.plan().plan))
    assert [len(each.value.add) for each in outcomes if each.value] == [0, 0]  # of 30 days
    assert len({id(each.session) for each in seen}) == 2
    assert {each.session.region_name for each in seen} == {"eu-west-1", "us-east-1"}
