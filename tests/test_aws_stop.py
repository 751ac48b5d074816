"""No query is left running without a word: it is cancelled, or named with what stops it."""

from datetime import date
from pathlib import Path

import pytest

from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.errors import EngineError
from flowathena.result.result import Listener, Progress, Result
from flowathena.target.target import Target
from tests.aws import BUCKET, RESULTS, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_TARGET = Target(
    "t", "s3://logs/", region="eu-west-1", workgroup="primary",
    output_location=f"s3://{RESULTS}/there/",
)  # fmt: skip
_HOUR = 3600.0


@pytest.fixture
def athena(rig: Rig) -> Rig:
    """A rig in which queries run for an hour, unless they are stopped."""
    create_bucket(rig, RESULTS)
    rig.settings(query_seconds=_HOUR)
    return rig


def execute(sql: str = "SELECT 1 AS n", listener: Listener | None = None) -> Result:
    return Athena(Aws(_TARGET), _TARGET).execute(sql, listener=listener)


def fault(rig: Rig, op: str, kind: str, **more: object) -> None:
    rig.faults([{"service": "athena", "op": op, "kind": kind, **more}])


def query_id(rig: Rig) -> str:
    """The id of the one query that was started."""
    (found,) = rig.client("athena").list_query_executions()["QueryExecutionIds"]
    return str(found)


def state(rig: Rig) -> str:
    rig.clear_faults()
    answer = rig.client("athena").get_query_execution(QueryExecutionId=query_id(rig))
    return str(answer["QueryExecution"]["Status"]["State"])


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("internal", "InternalServerException"),
        ("expired_token", "ExpiredTokenException"),
        ("access_denied", "AccessDeniedException"),
        ("reset", "Connection was closed before we received a valid response"),
        ("truncate_body", "0 read"),
    ],
)
def test_a_query_whose_polls_fail_for_good_is_cancelled(athena: Rig, kind: str, code: str) -> None:
    fault(athena, "GetQueryExecution", kind, after=1)
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute()
    message = str(caught.value)
    assert message.endswith(f"; query {query_id(athena)} has been cancelled"), message
    assert message.startswith("Athena: ")
    assert code in message or kind == "truncate_body"
    assert state(athena) == "CANCELLED"


def test_a_query_that_cannot_be_stopped_is_named_with_the_command(athena: Rig) -> None:
    for op in ("GetQueryExecution", "StopQueryExecution"):
        fault(athena, op, "expired_token")
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute()
    found = query_id(athena)
    assert (
        f"; query {found} goes on, and what it scans is billed: it could not be cancelled "
        "(StopQueryExecution: ExpiredTokenException: "
    ) in str(caught.value)
    assert str(caught.value).endswith(
        f"cancel it with 'aws athena stop-query-execution --query-execution-id {found} "
        "--region eu-west-1'"
    )
    assert state(athena) in {"QUEUED", "RUNNING"}


def test_an_interrupt_that_cannot_cancel_says_how_to(athena: Rig) -> None:
    fault(athena, "StopQueryExecution", "access_denied")

    def interrupt(progress: Progress) -> None:
        if progress.state == "RUNNING":
            raise KeyboardInterrupt

    with pointed_at(athena), pytest.raises(KeyboardInterrupt) as caught:
        execute(listener=interrupt)
    assert f"query {query_id(athena)} goes on" in str(caught.value)
    assert "aws athena stop-query-execution --query-execution-id" in str(caught.value)


def test_an_interrupt_whose_cancelling_fails_is_tried_again(athena: Rig) -> None:
    fault(athena, "StopQueryExecution", "access_denied", times=1)

    def interrupt(progress: Progress) -> None:
        if progress.state == "RUNNING":
            raise KeyboardInterrupt

    with pointed_at(athena), pytest.raises(KeyboardInterrupt) as caught:
        execute(listener=interrupt)
    assert str(caught.value) == f"query {query_id(athena)} has been cancelled"
    assert state(athena) == "CANCELLED"


def test_what_a_listener_raises_stops_the_query_and_goes_on(athena: Rig) -> None:
    def full(_progress: Progress) -> None:
        raise MemoryError

    with pointed_at(athena), pytest.raises(MemoryError) as caught:
        execute(listener=full)
    assert caught.value.__notes__ == [f"Athena; query {query_id(athena)} has been cancelled"]
    assert state(athena) == "CANCELLED"


@pytest.mark.parametrize("kind", ["reset", "internal"])
def test_a_start_whose_answer_is_lost_says_where_to_look(athena: Rig, kind: str) -> None:
    fault(athena, "StartQueryExecution", kind)
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute()
    assert str(caught.value).endswith(
        "; if it has started nevertheless, 'aws athena list-query-executions --work-group primary "
        "--region eu-west-1' shows its id"
    )


def test_a_start_that_is_refused_leaves_nothing_to_look_for(athena: Rig) -> None:
    fault(athena, "StartQueryExecution", "access_denied")
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute()
    assert "nevertheless" not in str(caught.value)


def test_a_result_that_cannot_be_read_is_named(athena: Rig) -> None:
    athena.settings(query_seconds=0)
    fault(athena, "GetQueryResults", "access_denied")
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute()
    found = query_id(athena)
    assert str(caught.value).endswith(
        f"; query {found} SUCCEEDED, "
        f"'flowathena results {found} -t {_TARGET.name}' fetches its rows"
    )


def test_pages_read_in_place_of_the_object_are_told(athena: Rig) -> None:
    athena.settings(query_seconds=0)
    athena.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied", "match": RESULTS}])
    rows = "SELECT n FROM UNNEST(sequence(1, 1500)) AS s(n)"
    with pointed_at(athena):
        (warning,) = execute(rows).stats.warnings
        assert not execute("SELECT 1 AS n").stats.warnings
    assert warning.startswith(f"the result s3://{RESULTS}/there/")
    assert "could not be read (GetObject: AccessDenied: Access Denied); its rows were read" in (
        warning
    )


def test_the_reason_of_a_query_that_failed_is_one_line(athena: Rig) -> None:
    athena.settings(query_seconds=0)
    with pointed_at(athena), pytest.raises(EngineError) as caught:
        execute("SELECT 1 / (n - 1) AS x FROM UNNEST(sequence(1, 2)) AS s(n)")
    message = str(caught.value)
    assert message.startswith(f"Athena query {query_id(athena)} FAILED (user error): DIVISION_BY")
    assert "\n" not in message


@pytest.fixture
def shell(athena: Rig, tmp_path: Path) -> Shell:
    athena.reset()
    create_bucket(athena, BUCKET)
    place = Place("111122223333", "eu-west-1", date(2026, 10, 1))
    athena.put_keys(BUCKET, [place.key], log(record(1_790_856_000)))
    return configured(tmp_path, athena)


@pytest.mark.parametrize("command", [("partitions", "sync", "--all"), ("table", "create")])
def test_a_statement_about_the_table_is_stopped_too(
    athena: Rig, shell: Shell, command: tuple[str, ...]
) -> None:
    if command[0] != "table":
        shell.run("table", "create")
    athena.settings(query_seconds=_HOUR)
    fault(athena, "GetQueryExecution", "expired_token")
    line = shell.refused(*command, "--via", "athena", code=1)
    assert line.endswith(f"; query {query_id(athena)} has been cancelled")
    assert state(athena) == "CANCELLED"


def test_a_destination_that_takes_no_file_is_refused_before_the_query(
    athena: Rig, shell: Shell
) -> None:
    shell.run("partitions", "sync", "--all")
    athena.clear_journal()
    for path in ("/proc/rows.csv", "missing/rows.csv", ".", "x" * 300):
        line = shell.refused("run", "preview", "--since", "2026-10-01", "-o", path)
        assert line.startswith("error: cannot write "), line
    assert not athena.journal("athena", "StartQueryExecution")
    assert [each.name for each in shell.folder.iterdir()] == ["flowathena.toml"]
