"""What goes wrong on AWS: one clear line, the documented exit code, retries where they help."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.aws import BUCKET, Place, configured, create_bucket, log, places, record, registered
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

pytestmark = pytest.mark.rig
_NO_QUERY = pytest.mark.asks_no_query

_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-05")
_PLACES = places(["111122223333", "444455556666"], ["eu-west-1"], date(2026, 10, 1), 4)
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_START = 1_790_856_000  # 2026-10-01T12:00:00Z


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key for place in _PLACES], log(record(_START)))
    return configured(tmp_path, rig)


@_NO_QUERY
def test_a_missing_bucket(rig: Rig, tmp_path: Path) -> None:
    shell = configured(tmp_path, rig)
    line = shell.refused("partitions", "plan", code=1)
    assert line == "error: s3://flow-logs: the bucket does not exist"
    assert "does not exist" in shell.refused("init", "s3://flow-logs/", "-t", "x", code=1)


@_NO_QUERY
def test_a_bucket_without_logs(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, ["something/else.txt"])
    shell = configured(tmp_path, rig)
    assert "contains no AWSLogs/ folder" in shell.refused("partitions", "plan", code=1)
    assert "contains no AWSLogs/ folder" in shell.refused(
        "init", "s3://flow-logs", "-t", "x", code=1
    )


@_NO_QUERY
def test_running_before_the_table_exists(shell: Shell) -> None:
    line = shell.refused("run", "ssh_rejects", *_WINDOW, code=1)
    assert line == (
        "error: table network.vpc_flow_logs does not exist; "
        "'flowathena partitions sync -t prod' creates it"
    )
    assert "'flowathena partitions sync -t prod' creates it" in shell.refused(
        "partitions", "list", code=1
    )


@_NO_QUERY
def test_a_table_with_columns_of_other_types_is_refused_and_named(rig: Rig, shell: Shell) -> None:
    glue = rig.client("glue")
    glue.create_database(DatabaseInput={"Name": "network"})
    glue.create_table(
        DatabaseName="network",
        TableInput={
            "Name": "vpc_flow_logs",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [
                {"Name": name, "Type": "string"} for name in ("aws_account", "aws_region", "day")
            ],
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "start", "Type": "bigint"},
                    {"Name": "srcaddr", "Type": "int"},
                    {"Name": "bytes", "Type": "double"},
                ],
                "Location": f"s3://{BUCKET}/AWSLogs/",
                "SerdeInfo": {
                    "SerializationLibrary": _SERDE,
                    "Parameters": {"field.delim": " "},
                },
            },
        },
    )
    for command in (("partitions", "plan"), ("partitions", "sync"), ("run", "ssh_rejects")):
        line = shell.refused(*command, *_WINDOW, code=1)
        assert "whose type their field cannot have: srcaddr int" in line
    assert not registered(rig)


@_NO_QUERY
def test_a_table_with_a_partition_key_of_nothing_is_refused(rig: Rig, shell: Shell) -> None:
    glue = rig.client("glue")
    glue.create_database(DatabaseInput={"Name": "network"})
    glue.create_table(
        DatabaseName="network",
        TableInput={
            "Name": "vpc_flow_logs",
            "PartitionKeys": [{"Name": n, "Type": "string"} for n in ("dt", "customer")],
            "StorageDescriptor": {
                "Columns": [{"Name": "start", "Type": "bigint"}],
                "SerdeInfo": {
                    "SerializationLibrary": _SERDE,
                    "Parameters": {"field.delim": " "},
                },
            },
        },
    )
    line = shell.refused("partitions", "sync", *_WINDOW, code=1)
    assert "partition key customer has no known meaning" in line


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("service", "op", "command", "told"),
    [
        pytest.param(
            *("s3", "ListObjectsV2", ("partitions", "plan"), "access denied"), marks=_NO_QUERY
        ),
        pytest.param(
            *("glue", "GetTable", ("partitions", "plan"), "GetTable: AccessDenied"), marks=_NO_QUERY
        ),
        pytest.param(
            *("glue", "GetPartitions", ("partitions", "plan"), "GetPartitions: AccessDenied"),
            marks=_NO_QUERY,
        ),
        ("athena", "StartQueryExecution", ("run", "ssh_rejects"), "StartQueryExecution: Access"),
        ("athena", "GetQueryExecution", ("run", "ssh_rejects"), "GetQueryExecution: Access"),
        ("athena", "GetQueryResults", ("run", "ssh_rejects"), "GetQueryResults: Access"),
    ],
)
def test_access_denied_is_one_line_that_names_the_call(
    rig: Rig, shell: Shell, service: str, op: str, command: tuple[str, str], told: str
) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    rig.faults([{"service": service, "op": op, "kind": "access_denied"}])
    assert told in shell.refused(*command, *_WINDOW, code=1)


@pytest.mark.few(1)
@_NO_QUERY
@pytest.mark.parametrize(
    ("service", "op", "kind"),
    [
        ("s3", "ListObjectsV2", "slowdown"),
        ("s3", "ListObjectsV2", "internal"),
        ("s3", "ListObjectsV2", "reset"),
        ("glue", "GetTable", "throttle"),
        ("glue", "GetPartitions", "throttle"),
        ("glue", "BatchCreatePartition", "throttle"),
        ("glue", "BatchCreatePartition", "internal"),
        # botocore takes half of a JSON answer for one without content
        ("s3", "ListObjectsV2", "truncate_body"),
        ("glue", "GetPartitions", "truncate_body"),
        ("glue", "BatchCreatePartition", "truncate_body"),
    ],
)
def test_a_sync_outlives_throttling(
    rig: Rig, shell: Shell, service: str, op: str, kind: str
) -> None:
    shell.run("partitions", "sync", "--since", "2026-10-01", "--until", "2026-10-02")
    rig.clear_journal()
    rig.faults([{"service": service, "op": op, "kind": kind, "times": 2}])
    synced = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    # A call whose answer was lost has been carried out: what it added exists.
    done = (0, 6) if op == "BatchCreatePartition" and kind == "truncate_body" else (6, 0)
    assert ((synced["added"], synced["existed"]), synced["failed"]) == (done, [])
    assert len(registered(rig)) == 8
    assert len(rig.journal(service=service, op=op)) > synced["calls"][op]


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("op", "kind"),
    [
        ("StartQueryExecution", "throttle"),
        ("StartQueryExecution", "too_many_requests"),
        ("GetQueryExecution", "throttle"),
        ("GetQueryResults", "throttle"),
    ],
)
def test_a_run_outlives_throttling(rig: Rig, shell: Shell, op: str, kind: str) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    rig.faults([{"service": "athena", "op": op, "kind": kind, "times": 2}])
    rows = shell.run("run", "top_https_servers", *_WINDOW, "--format", "json").json
    assert [(row["dstaddr"], row["flows"]) for row in rows] == [("10.0.0.5", 8)]


@_NO_QUERY
def test_what_fails_in_part_and_in_passing_is_tried_again(rig: Rig, shell: Shell) -> None:
    fault = {"service": "glue", "op": "BatchCreatePartition", "kind": "partial", "count": 3}
    rig.faults([{**fault, "code": "InternalServiceException", "times": 1}])
    done = shell.run("partitions", "sync", *_WINDOW, "--format", "json")
    assert (done.json["added"], done.json["failed"]) == (8, [])
    assert done.json["calls"]["BatchCreatePartition"] == 2
    assert len(registered(rig)) == 8


@_NO_QUERY
def test_a_batch_that_fails_in_part_tells_each_and_exits_4(rig: Rig, shell: Shell) -> None:
    fault = {"service": "glue", "op": "BatchCreatePartition", "kind": "partial", "count": 3}
    rig.faults([{**fault, "code": "InvalidInputException", "times": 1}])
    done = shell.run("partitions", "sync", *_WINDOW, "--format", "json", code=4)
    assert done.json["added"] == 5
    assert len(done.json["failed"]) == 3
    known = registered(rig)
    for failure in done.json["failed"]:
        assert failure["error"].startswith("InvalidInputException")
        assert tuple(failure["values"].values()) not in known
    assert done.err.count("error: partition ") == 3
    again = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    assert (again["added"], again["failed"]) == (3, [])


@_NO_QUERY
def test_a_batch_that_is_refused_whole_exits_4_and_names_all(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "glue", "op": "BatchCreatePartition", "kind": "access_denied"}])
    done = shell.run("partitions", "sync", *_WINDOW, "--format", "json", code=4)
    assert done.json["added"] == 0
    assert len(done.json["failed"]) == 8
    assert "AccessDenied" in done.json["failed"][0]["error"]


@_NO_QUERY
def test_credentials_that_expire_while_it_writes_stop_it_with_one_line(
    rig: Rig, shell: Shell
) -> None:
    more = places([f"{n:012d}" for n in range(1, 11)], ["eu-west-1"], date(2026, 9, 1), 120)
    rig.put_keys(BUCKET, [place.key for place in more])
    expired = {"service": "glue", "op": "BatchCreatePartition", "kind": "expired_token"}
    rig.faults([{**expired, "after": 4}])
    window = ("--since", "2026-09-01", "--until", "2026-12-30")
    done = shell.run("partitions", "sync", *window, "--format", "json", code=4)
    assert done.json["added"] == 400
    assert len(done.json["failed"]) == 808
    assert done.json["calls"]["BatchCreatePartition"] <= 8  # four at once: no further was begun
    (line,) = (line for line in done.err.splitlines() if line.startswith("error: "))
    assert line.startswith("error: 808 partitions: BatchCreatePartition: ExpiredTokenException")
    assert line.endswith("(the credentials have expired; sign in again)")
    rig.clear_faults()
    again = shell.run("partitions", "sync", *window, "--format", "json").json
    assert (again["added"], again["failed"]) == (808, [])


@_NO_QUERY
def test_two_syncs_at_once_add_each_partition_once(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", "--since", "2026-10-01", "--until", "2026-10-02")
    # Both have read what is registered before either writes.
    rig.faults([{"service": "glue", "op": "GetPartitions", "kind": "hold"}])
    args = ("partitions", "sync", *_WINDOW, "--format", "json")
    both = [shell.start(*args) for _ in range(2)]
    until(lambda: rig.held() == 2, *both)
    rig.clear_faults()
    rig.release()
    answers = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(answer["added"] for answer in answers) == 6
    assert sum(answer["existed"] for answer in answers) == 6
    assert len(registered(rig)) == 8


@_NO_QUERY
def test_a_prefix_that_may_not_be_listed_is_named(rig: Rig, shell: Shell) -> None:
    denied = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}
    rig.faults([{**denied, "match": "444455556666/vpcflowlogs/eu-west-1"}])
    done = shell.run("partitions", "plan", *_WINDOW, code=4)
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert line.startswith(
        "error: could not list 444455556666 eu-west-1: "
        "s3://flow-logs/AWSLogs/444455556666/vpcflowlogs/eu-west-1/: access denied"
    )


@_NO_QUERY
def test_expired_credentials_say_what_to_do(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "expired_token"}])
    assert "expired" in shell.refused("partitions", "plan", *_WINDOW, code=1)
    rig.clear_faults()
    rig.faults([{"service": "glue", "op": "GetTable", "kind": "expired_token"}])
    line = shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert "sign in again" in line


@pytest.mark.asks_no_query
def test_without_credentials(shell: Shell) -> None:
    bare = {name: value for name, value in shell.env.items() if "KEY" not in name}
    bare = {name: value for name, value in bare.items() if "TOKEN" not in name}
    line = Shell(shell.folder, bare).refused("partitions", "plan", *_WINDOW, code=1)
    assert "credentials" in line


@pytest.mark.asks_no_query
def test_an_unknown_profile(shell: Shell) -> None:
    other = Shell(shell.folder, {**shell.env, "FLOWATHENA_PROFILE": "nobody"})
    assert "nobody" in other.refused("partitions", "plan", *_WINDOW, code=1)


def test_a_failed_query_tells_athenas_reason_and_category(shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine" / "by_zero.sql").write_text(
        '/* ---\ntitle = "By zero"\n--- */\nSELECT packets / (packets - 3) AS x FROM flow_logs\n'
    )
    config = shell.folder / "flowathena.toml"
    config.write_text('query_paths = ["mine"]\n' + config.read_text())
    line = shell.refused("run", "by_zero", *_WINDOW, code=1)
    assert "FAILED (user error)" in line
    assert "DIVISION_BY_ZERO" in line


def test_a_damaged_object_is_athenas_error(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    whole = log(*[record(_START)] * 1000)
    rig.put_keys(BUCKET, [_PLACES[0].folder + "bad.log.gz"], whole[: len(whole) // 2])
    line = shell.refused("run", "top_https_servers", *_WINDOW, code=1)
    assert "FAILED" in line
    assert "bad.log.gz" in line
    line = shell.refused("run", "top_https_servers", *_WINDOW, "--skip-bad-files")
    assert "local engine" in line


def test_no_output_location_anywhere(shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    config = shell.folder / "flowathena.toml"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("output_location")))
    line = shell.refused("run", "ssh_rejects", *_WINDOW, code=1)
    assert "No output location provided" in line
    assert line.endswith("; 'flowathena doctor' says what to set")


def test_a_throttled_query_is_one_line(rig: Rig, shell: Shell) -> None:
    """PyAthena has a line of its own for that."""
    shell.run("partitions", "sync", *_WINDOW)
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "throttle"}])
    line = shell.refused("run", "ssh_rejects", *_WINDOW, code=1)
    assert line == "error: Athena: StartQueryExecution: ThrottlingException: Rate exceeded"


def test_an_unknown_workgroup(shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    other = Shell(shell.folder, {**shell.env, "FLOWATHENA_WORKGROUP": "nobody"})
    line = other.refused("run", "ssh_rejects", *_WINDOW, code=1)
    assert "InvalidRequestException" in line


@pytest.mark.asks_no_query
def test_a_value_too_long_for_athena_is_refused_before_it_is_sent(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine" / "by_text.sql").write_text(
        '/* ---\ntitle = "By text"\n[params.who]\ntype = "list[text]"\n--- */\n'
        "SELECT count(*) AS n FROM flow_logs WHERE srcaddr IN {{ who }}\n"
    )
    config = shell.folder / "flowathena.toml"
    config.write_text('query_paths = ["mine"]\n' + config.read_text())
    many = [part for n in range(3) for part in ("--who", str(n) * 100_000)]
    line = shell.refused("run", "by_text", *_WINDOW, *many, code=2)
    # ('000…', '111…', '222…'): 3 texts of 100,002 bytes, 2 separators of 2, 2 brackets.
    assert "who: 3 values of 300,012 bytes" in line
    assert "Athena takes 262,144" in line
    assert not rig.journal(service="athena", op="StartQueryExecution")


@pytest.mark.asks_no_query
def test_a_role_is_assumed(rig: Rig, shell: Shell) -> None:
    arn = "arn:aws:iam::111122223333:role/audit"
    env = {**shell.env, "FLOWATHENA_ROLE_ARN": arn, "FLOWATHENA_EXTERNAL_ID": "secret"}
    Shell(shell.folder, env).run("partitions", "plan", *_WINDOW)
    call = rig.journal(service="sts", op="AssumeRole")[-1]["params"]
    assert (call["RoleArn"], call["ExternalId"]) == (arn, "secret")


def test_places_are_written_out_by_hand() -> None:
    place = Place("111122223333", "eu-west-1", date(2026, 1, 2))
    assert place.folder == "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/01/02/"
