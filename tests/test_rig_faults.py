import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.response import StreamingBody
from urllib3.exceptions import ProtocolError

from tests.rig.client import Rig
from tests.rig.scenes import make_world, register, start
from tests.waiting import until

pytestmark = pytest.mark.rig

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 4})
HASTY = Config(retries={"total_max_attempts": 1})


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.fixture
def world(rig: Rig) -> Rig:
    make_world(rig)
    rig.put_keys("logs", ["k1", "k2"], b"0123456789")
    return rig


@pytest.mark.asks_no_query
def test_two_throttles_are_retried(world: Rig) -> None:
    world.faults([{"service": "glue", "op": "GetDatabases", "kind": "throttle", "times": 2}])
    glue = world.client("glue", PATIENT)
    assert [item["Name"] for item in glue.get_databases()["DatabaseList"]] == ["net"]
    entries = world.journal("glue", "GetDatabases")
    assert [entry["error"] for entry in entries] == [
        "ThrottlingException",
        "ThrottlingException",
        None,
    ]
    assert [entry["status"] for entry in entries] == [400, 400, 200]


@pytest.mark.asks_no_query
def test_a_throttle_without_an_end_wins(world: Rig) -> None:
    world.faults([{"service": "glue", "op": "GetDatabases", "kind": "throttle"}])
    with pytest.raises(ClientError) as caught:
        world.client("glue", HASTY).get_databases()
    assert code(caught) == "ThrottlingException"
    world.clear_faults()
    world.client("glue", HASTY).get_databases()


@pytest.mark.asks_no_query
def test_a_slowdown_strikes_after_as_many_calls_as_planned(world: Rig) -> None:
    plan = {"service": "s3", "op": "ListObjectsV2", "kind": "slowdown", "after": 1, "times": 2}
    world.faults([plan])
    s3 = world.client("s3", PATIENT)
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="logs", PaginationConfig={"PageSize": 1}
    )
    assert [item["Key"] for page in pages for item in page["Contents"]] == ["k1", "k2"]
    assert [e["status"] for e in world.journal("s3", "ListObjectsV2")] == [200, 503, 503, 200]


@pytest.mark.asks_no_query
def test_a_fault_can_be_for_one_key(world: Rig) -> None:
    plan = {"service": "s3", "op": "GetObject", "kind": "access_denied", "match": "k2"}
    world.faults([plan])
    s3 = world.client("s3")
    assert s3.get_object(Bucket="logs", Key="k1")["Body"].read() == b"0123456789"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket="logs", Key="k2")
    assert code(caught) == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("access_denied", "AccessDeniedException"),
        ("expired_token", "ExpiredTokenException"),
        ("internal", "InternalServiceException"),
        ("throttle", "ThrottlingException"),
    ],
)
@pytest.mark.asks_no_query
def test_glue_errors_have_aws_codes(world: Rig, kind: str, expected: str) -> None:
    world.faults([{"service": "glue", "op": "GetTable", "kind": kind}])
    with pytest.raises(ClientError) as caught:
        world.client("glue", HASTY).get_table(DatabaseName="net", Name="flows")
    assert code(caught) == expected


def test_too_many_requests_is_athenas_own(world: Rig) -> None:
    plan = {"service": "athena", "op": "StartQueryExecution", "kind": "too_many_requests"}
    world.faults([plan])
    with pytest.raises(ClientError) as caught:
        world.client("athena", HASTY).start_query_execution(QueryString="SELECT 1")
    assert code(caught) == "TooManyRequestsException"
    answer: dict[str, object] = {**caught.value.response}
    assert answer["Reason"] == "CONCURRENT_QUERY_LIMIT_EXCEEDED"


@pytest.mark.asks_no_query
def test_sts_tells_of_an_expired_token(world: Rig) -> None:
    world.faults([{"service": "sts", "op": "GetCallerIdentity", "kind": "expired_token"}])
    with pytest.raises(ClientError) as caught:
        world.client("sts").get_caller_identity()
    assert code(caught) == "ExpiredToken"


@pytest.mark.asks_no_query
def test_a_reset_connection_is_retried(world: Rig) -> None:
    world.faults([{"service": "s3", "op": "GetObject", "kind": "reset", "times": 1}])
    s3 = world.client("s3", PATIENT)
    assert s3.get_object(Bucket="logs", Key="k1")["Body"].read() == b"0123456789"
    assert [e["error"] for e in world.journal("s3", "GetObject")] == ["ConnectionReset", None]


@pytest.mark.asks_no_query
def test_a_reset_connection_without_a_retry_is_an_error(world: Rig) -> None:
    world.faults([{"service": "glue", "op": "GetDatabases", "kind": "reset"}])
    with pytest.raises(ConnectionClosedError):
        world.client("glue", HASTY).get_databases()


@pytest.mark.asks_no_query
def test_a_truncated_body_is_seen_by_the_reader(world: Rig) -> None:
    world.faults([{"service": "s3", "op": "GetObject", "kind": "truncate_body", "times": 1}])
    body = world.client("s3", PATIENT).get_object(Bucket="logs", Key="k1")["Body"]
    assert isinstance(body, StreamingBody)
    with pytest.raises((ProtocolError, OSError, Exception), match="IncompleteRead"):
        body.read()
    assert world.client("s3").get_object(Bucket="logs", Key="k1")["Body"].read() == b"0123456789"


@pytest.mark.asks_no_query
def test_a_stall_outlasts_an_impatient_reader(world: Rig) -> None:
    plan = {"service": "glue", "op": "GetDatabases", "kind": "stall", "seconds": 3600}
    world.faults([plan])
    impatient = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
    with pytest.raises(ReadTimeoutError):
        world.client("glue", impatient).get_databases()


def test_a_start_answered_too_late_is_one_execution(world: Rig) -> None:
    register(world, "2026-01-01")
    plan = {"service": "athena", "op": "StartQueryExecution", "kind": "hold", "times": 1}
    world.faults([plan])
    config = Config(read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 9})
    answer = world.client("athena", config).start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://out/"}
    )
    world.release()
    until(lambda: len(world.journal("athena", "StartQueryExecution")) >= 2)
    starts = world.journal("athena", "StartQueryExecution")
    assert len({entry["params"]["ClientRequestToken"] for entry in starts}) == 1
    known = world.client("athena").list_query_executions()["QueryExecutionIds"]
    assert known == [answer["QueryExecutionId"]]


@pytest.mark.asks_no_query
def test_every_call_waits_for_the_latency(world: Rig) -> None:
    world.settings(latency_ms=120)
    begun = time.monotonic()
    world.client("glue").get_databases()
    assert time.monotonic() - begun >= 0.12


def test_the_journal_keeps_order_parameters_and_agent(world: Rig) -> None:
    world.clear_journal()
    world.client("s3").list_objects_v2(Bucket="logs", Prefix="k", Delimiter="/", MaxKeys=7)
    start(world, "SELECT 1")
    first, second = world.journal()
    assert (first["n"], first["service"], first["op"]) == (1, "s3", "ListObjectsV2")
    wanted = {"Bucket": "logs", "Prefix": "k", "Delimiter": "/", "MaxKeys": "7"}
    assert wanted.items() <= first["params"].items()
    assert "Boto3" in first["user_agent"]
    assert second["params"]["QueryString"] == "SELECT 1"
