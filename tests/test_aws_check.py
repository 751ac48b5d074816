"""``flowathena check`` on AWS: Athena judges, SNS is told, S3 remembers; and what goes wrong."""

import json
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.check.memory import Claim, Memory, decode
from flowathena.check.store import ChangedError, S3Store
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell, Started
from tests.slack import serving
from tests.waiting import interrupt, until

if TYPE_CHECKING:
    from flowathena.check.notifier import Telling

pytestmark = pytest.mark.rig
tells = pytest.mark.compared_on_trino  # what a query finds is told the same way, whoever ran it

STATES = "check-states"
STATE = f"s3://{STATES}/ssh/prod.json"
DAYS = [date(2026, 10, n) for n in range(1, 4)]
SSH = ("check", "ssh_rejects", "--since", "2026-10-01", "--until", "2026-10-04")
BAD = ("--max-rows", "0")
GOOD = ("--max-rows", "5")
DENIED = {
    "service": "sns",
    "op": "Publish",
    "kind": "refuse",
    "code": "AuthorizationError",
    "text": "User: arn:aws:iam::123456789012:user/u is not authorized to perform: SNS:Publish on "
    "resource: arn:aws:sns:eu-west-1:123456789012:alerts because no identity-based policy allows "
    "the SNS:Publish action",
    "status": 403,
}


def noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """Three days: day n has n refused SSH flows of a source of its own, 10 packets each."""
    create_bucket(rig, BUCKET)
    create_bucket(rig, STATES)
    for number, day in enumerate(DAYS, start=1):
        lines = [
            record(
                noon(day) + n, src=f"198.51.100.{number}", dstport=22, action="REJECT", packets=10
            )
            for n in range(number)
        ]
        key = Place("111122223333", "eu-west-1", day).key
        rig.put_keys(BUCKET, [key], log(*lines, record(noon(day))))
    shell = configured(tmp_path, rig)
    with pointed_at(rig):
        Client(config_path=tmp_path / "flowathena.toml").partitions.sync(everything=True)
    rig.clear_journal()
    return shell


@pytest.fixture
def topic(rig: Rig) -> str:
    return str(rig.client("sns").create_topic(Name="alerts")["TopicArn"])


def published(rig: Rig, topic: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = rig.arrange("sns", published=topic)
    return found


def remembered(rig: Rig) -> Memory:
    return decode(rig.client("s3").get_object(Bucket=STATES, Key="ssh/prod.json")["Body"].read())


def written(rig: Rig) -> int:
    """How often the state was written."""
    calls = rig.journal(service="s3", op="PutObject")
    return sum(call["params"]["Bucket"] == STATES for call in calls)


def test_athena_evaluates_the_condition(rig: Rig, shell: Shell) -> None:
    done = shell.run(*SSH, *BAD, "--format", "json", "--show", code=3)
    assert {row["srcaddr"]: row["flows"] for row in done.json["data"]} == {
        "198.51.100.1": 1, "198.51.100.2": 2, "198.51.100.3": 3,
    }  # fmt: skip
    done = shell.run(*SSH, *BAD, "--where", "packets > 10 AND srcaddr LIKE '198.%'", code=3)
    assert done.out == (
        "CRITICAL: ssh_rejects (prod): 2 rows where packets > 10 AND srcaddr LIKE '198.%', more "
        "than 0\n"
    )
    sql = rig.journal(service="athena", op="StartQueryExecution")[-1]["params"]["QueryString"]
    assert sql.endswith(
        ") AS checked\nWHERE (packets > 10 AND srcaddr LIKE '198.%')\n-- flowathena: ssh_rejects"
    )
    shell.run(*SSH, *BAD, "--where", "packets > 30")


def test_no_partition_is_not_all_right(shell: Shell) -> None:
    done = shell.run(
        "check", "ssh_rejects", "--since", "2026-08-01", "--until", "2026-08-02", *BAD, code=1
    )
    assert done.out.startswith("UNKNOWN: ssh_rejects (prod): 0 rows, but no log file was read")


@tells
def test_a_topic_is_told_of_changes(rig: Rig, shell: Shell, topic: str) -> None:
    tell = ("--notify-sns", topic, "--state", STATE)
    for args, code in ((GOOD, 0), (BAD, 3), (BAD, 3), (GOOD, 0), (GOOD, 0)):
        shell.run(*SSH, *args, *tell, code=code)
    critical, fine = published(rig, topic)
    assert critical["Subject"] == "CRITICAL: ssh_rejects (prod): 3 rows, more than 0"
    assert "State: OK before, CRITICAL now" in critical["Message"]
    assert "198.51.100.3" in critical["Message"]
    assert fine["Subject"] == "OK: ssh_rejects (prod): 3 rows"
    assert written(rig) == 1 + 2 + 2  # the first run's, and a claim and its end for each change
    assert remembered(rig).claim is None


@tells
def test_a_state_that_stays_writes_nothing(rig: Rig, shell: Shell, topic: str) -> None:
    tell = ("--notify-sns", topic, "--state", STATE)
    shell.run(*SSH, *BAD, *tell, code=3)
    rig.clear_journal()
    shell.run(*SSH, *BAD, *tell, code=3)
    assert written(rig) == 0
    assert rig.journal(service="sns") == []


@tells
def test_a_topic_of_another_region_and_a_fifo_topic(rig: Rig, shell: Shell) -> None:
    far = rig.client("sns", region="us-east-1").create_topic(Name="far")["TopicArn"]
    fifo = rig.client("sns").create_topic(Name="f.fifo", Attributes={"FifoTopic": "true"})
    arns = (far, fifo["TopicArn"])
    shell.run(*SSH, *BAD, "--notify-sns", arns[0], "--notify-sns", arns[1], code=3)
    assert [len(published(rig, arn)) for arn in arns] == [1, 1]


@tells
def test_a_local_target_tells_sns_too(rig: Rig, topic: str, tmp_path: Path) -> None:
    env = {name: value for name, value in rig.env().items() if name != "AWS_DEFAULT_REGION"}
    shell = Shell(tmp_path, env)
    shell.run("sample", "logs", "--days", "1", "--records", "300", "--until", "2026-11-02")
    shell.run("init", "./logs")
    shell.run("partitions", "sync", "--all")
    create_bucket(rig, STATES)
    args = ("check", "preview", "--since", "2026-11-01", "--until", "2026-11-02", *BAD)
    for _ in range(2):
        shell.run(*args, "--notify-sns", topic, "--state", STATE, code=3)
    assert len(published(rig, topic)) == 1


@tells
def test_a_denied_topic_is_tried_again(rig: Rig, shell: Shell, topic: str) -> None:
    tell = ("--notify-sns", topic, "--state", STATE)
    rig.faults([DENIED])
    done = shell.run(*SSH, *BAD, *tell, code=3)
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: not notified: SNS topic {topic}: Publish: AuthorizationError: ")
    assert "not authorized to perform: SNS:Publish" in line
    assert remembered(rig).told == {}
    assert remembered(rig).claim is None
    rig.clear_faults()
    shell.run(*SSH, *BAD, *tell, code=3)
    rig.faults([DENIED])
    assert "error: not notified" in shell.run(*SSH, *GOOD, *tell, code=1).err
    rig.clear_faults()
    shell.run(*SSH, *GOOD, *tell)
    assert [each["Subject"].partition(":")[0] for each in published(rig, topic)] == [
        "CRITICAL", "OK",
    ]  # fmt: skip


@tells
def test_a_topic_that_is_gone_leaves_the_other(rig: Rig, shell: Shell, topic: str) -> None:
    gone = topic.replace("alerts", "gone")
    tell = ("--notify-sns", gone, "--notify-sns", topic, "--state", STATE)
    for _ in range(2):
        done = shell.run(*SSH, *BAD, *tell, code=3)
        assert f"SNS topic {gone}: Publish: NotFound: Topic does not exist" in done.err
    assert len(published(rig, topic)) == 1
    assert list(remembered(rig).told) == [topic]


@tells
def test_a_throttled_topic_is_told_once(rig: Rig, shell: Shell, topic: str) -> None:
    rig.faults([{"service": "sns", "op": "Publish", "kind": "throttle", "times": 3}])
    shell.run(*SSH, *BAD, "--notify-sns", topic, "--state", STATE, code=3)
    assert len(published(rig, topic)) == 1


@tells
def test_a_query_that_fails_is_unknown_and_told_once(rig: Rig, shell: Shell, topic: str) -> None:
    tell = ("--notify-sns", topic, "--state", STATE)
    fault = {"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}
    rig.faults([fault])
    for _ in range(2):
        done = shell.run(*SSH, *BAD, *tell, code=1)
        assert done.out.startswith("UNKNOWN: ssh_rejects (prod): ")
        assert "AccessDeniedException" in done.err
    plugin = shell.run(*SSH, *BAD, *tell, "--nagios", code=3)
    assert plugin.out.startswith("FLOWATHENA UNKNOWN - ssh_rejects (prod): ")
    rig.clear_faults()
    shell.run(*SSH, *GOOD, *tell)
    assert [each["Subject"].partition(":")[0] for each in published(rig, topic)] == [
        "UNKNOWN", "OK",
    ]  # fmt: skip


@tells
def test_a_missing_table_is_unknown(rig: Rig, shell: Shell, topic: str) -> None:
    rig.client("glue").delete_table(DatabaseName="network", Name="vpc_flow_logs")
    done = shell.run(*SSH, *BAD, "--notify-sns", topic, code=1)
    assert "UNKNOWN: ssh_rejects (prod): table network.vpc_flow_logs does not exist" in done.out
    assert len(published(rig, topic)) == 1


@pytest.mark.few(1)
@tells
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"op": "GetObject", "kind": "access_denied"}, "s3:GetObject is needed, and s3:ListBucket"),
        ({"op": "PutObject", "kind": "access_denied"}, "AccessDenied"),
        ({"op": "PutObject", "kind": "slowdown"}, "SlowDown"),
    ],
)
def test_a_state_that_cannot_be_kept_leads_to_messages_not_to_silence(
    rig: Rig, shell: Shell, topic: str, fault: dict[str, Any], reason: str
) -> None:
    tell = ("--notify-sns", topic, "--state", STATE)
    rig.faults([{"service": "s3", "match": STATES, **fault}])
    for told in (1, 2):
        done = shell.run(*SSH, *BAD, *tell, code=3)
        (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
        assert STATE in line
        assert reason in line
        assert len(published(rig, topic)) == told
    done = shell.run(*SSH, *GOOD, *tell, code=1)
    assert STATE in done.err
    assert len(published(rig, topic)) == 2


@tells
def test_a_bucket_that_does_not_exist_is_told(shell: Shell, topic: str) -> None:
    tell = ("--notify-sns", topic, "--state", "s3://nowhere-at-all/state.json")
    done = shell.run(*SSH, *GOOD, *tell, code=1)
    assert "error: state s3://nowhere-at-all/state.json: " in done.err
    assert "NoSuchBucket" in done.err


@tells
def test_an_object_that_is_no_state_stays(rig: Rig, shell: Shell, topic: str) -> None:
    rig.put_keys(STATES, ["ssh/prod.json"], b'{"mine": 1}')
    done = shell.run(*SSH, *GOOD, "--notify-sns", topic, "--state", STATE, code=1)
    assert f"error: state {STATE}: it is not the state of a check; name another" in done.err
    body = rig.client("s3").get_object(Bucket=STATES, Key="ssh/prod.json")["Body"].read()
    assert body == b'{"mine": 1}'


@tells
def test_a_write_that_is_repeated_after_a_lost_answer_is_no_other_run(
    rig: Rig, shell: Shell
) -> None:
    with pointed_at(rig):
        target = Client(config_path=shell.folder / "flowathena.toml").target
        store = S3Store(STATES, "a.json", Aws(target))
        first = store.write(b"A", None)
        assert store.write(b"A", None) == first  # as botocore does if it does not hear of the first
        with pytest.raises(ChangedError):
            store.write(b"B", None)
        second = store.write(b"B", first)
        assert store.write(b"B", first) == second
        with pytest.raises(ChangedError):
            store.write(b"C", first)
        assert store.read() == (b"B", second)
        rig.client("s3").delete_object(Bucket=STATES, Key="a.json")
        with pytest.raises(ChangedError):
            store.write(b"C", second)
        assert store.read() is None


@pytest.fixture
def held(rig: Rig, shell: Shell, topic: str) -> Iterator[Started]:
    """A run that is about to tell the topic, which does not answer."""
    rig.faults([{"service": "sns", "op": "Publish", "kind": "hold", "times": 1}])
    process = shell.start(*SSH, *BAD, "--notify-sns", topic, "--state", STATE)
    until(rig.held, process)
    yield process
    rig.release()
    process.kill()
    process.communicate()


@tells
def test_two_at_once_send_one_message(rig: Rig, shell: Shell, topic: str, held: Started) -> None:
    second = shell.run(*SSH, *BAD, "--notify-sns", topic, "--state", STATE, code=3)
    assert "not notified: another run is sending it" in second.err
    rig.release()
    _, err = held.communicate(timeout=60)
    assert (held.returncode, len(published(rig, topic))) == (3, 1)
    assert f"notified SNS topic {topic}" in err
    shell.run(*SSH, *BAD, "--notify-sns", topic, "--state", STATE, code=3)
    assert len(published(rig, topic)) == 1


@tells
def test_an_interrupted_message_is_sent_again_at_once(
    rig: Rig, shell: Shell, topic: str, held: Started
) -> None:
    interrupt(held, signal.SIGINT)
    _, err = held.communicate(timeout=60)
    assert held.returncode == 130
    assert "error: interrupted" in err
    assert remembered(rig) == Memory("ssh_rejects", "prod")
    rig.release()
    shell.run(*SSH, *BAD, "--notify-sns", topic, "--state", STATE, code=3)
    assert str(remembered(rig).last(topic)) == "CRITICAL"


@tells
def test_a_killed_run_keeps_others_waiting_until_its_claim_lapses(
    rig: Rig, shell: Shell, topic: str, held: Started
) -> None:
    held.kill()
    held.communicate()
    rig.release()
    tell = ("--notify-sns", topic, "--state", STATE)
    before = len(published(rig, topic))
    assert "another run is sending it" in shell.run(*SSH, *BAD, *tell, code=3).err
    assert len(published(rig, topic)) == before
    memory = remembered(rig)
    assert memory.claim is not None
    lapsed = Memory(
        memory.query, memory.target, memory.told, Claim("x", datetime.now(UTC) - timedelta(0, 1))
    )
    rig.put_keys(STATES, ["ssh/prod.json"], lapsed.encode())
    shell.run(*SSH, *BAD, *tell, code=3)
    assert len(published(rig, topic)) == before + 1


@tells
def test_an_interrupt_before_the_message_leaves_no_trace(
    rig: Rig, shell: Shell, topic: str
) -> None:
    rig.settings(query_seconds=600)
    process = shell.start(*SSH, *BAD, "--notify-sns", topic, "--state", STATE)
    until(lambda: rig.journal(service="athena", op="GetQueryExecution"), process)
    interrupt(process, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert rig.journal(service="athena", op="StopQueryExecution")
    assert written(rig) == 0
    assert published(rig, topic) == []


@left_to_slow
@tells
def test_many_schedulers_send_each_change_once(rig: Rig, shell: Shell, topic: str) -> None:
    with pointed_at(rig), serving() as slack:
        webhook = shell.folder / "webhook"
        webhook.write_text(slack.url)
        config = shell.folder / "flowathena.toml"
        window = {"since": "2026-10-01", "until": "2026-10-04"}
        checker = Client(config_path=config)
        for rounds, most in enumerate((0, 5, 0), start=1):
            result = checker.check("ssh_rejects", max_rows=most, **window)  # type: ignore[arg-type]
            together = threading.Barrier(6)
            tellings: list[Telling] = []

            def tell() -> None:
                notifier = Client(config_path=config).notifier(
                    sns=topic, slack_webhook_file=webhook, state=STATE
                )
                together.wait()  # noqa: B023 - joined below
                tellings.append(notifier.tell(result))  # noqa: B023 - same

            threads = [threading.Thread(target=tell) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(tellings) == 6
            assert not any(each.problems for each in tellings)
            assert len(published(rig, topic)) == rounds
            assert len(slack.posted) == rounds
    assert json.loads(remembered(rig).encode())["claim"] is None
