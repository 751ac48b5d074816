"""Where the rows of several queries go: objects of a bucket, and what Athena unloads on the way."""

import json
import signal
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import SAID_OF, Shell, Started
from tests.waiting import until

pytestmark = pytest.mark.rig

OUT = "reports"
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_FEW = ("top_https_servers", "ssh_rejects", "top_rejected_sources")
_PREFIX = ("-o", f"s3://{OUT}/daily/")
_UNLOAD = ("--unload", f"s3://{OUT}/temporary")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """One day with three flows to one server."""
    create_bucket(rig, BUCKET)
    create_bucket(rig, OUT)
    noon = int(datetime(2026, 10, 1, 12, tzinfo=UTC).timestamp())
    place = Place("111122223333", "eu-west-1", date(2026, 10, 1))
    rig.put_keys(BUCKET, [place.key], log(*[record(noon)] * 3))
    shell = configured(tmp_path, rig)
    with pointed_at(rig):
        Client(config_path=tmp_path / "flowathena.toml").partitions.sync(everything=True)
    rig.settings(queue_polls=0)
    rig.clear_journal()
    return shell


def keys(rig: Rig) -> list[str]:
    found = rig.client("s3").list_objects_v2(Bucket=OUT)
    return [each["Key"] for each in found.get("Contents", [])]


def text(rig: Rig, key: str) -> str:
    body: bytes = rig.client("s3").get_object(Bucket=OUT, Key=key)["Body"].read()
    return body.decode()


def summary(rig: Rig) -> dict[str, dict[str, object]]:
    queries = json.loads(text(rig, "daily/summary.json"))["queries"]
    return {each["query"]: each for each in queries}


def started(shell: Shell, *words: str) -> Started:
    return shell.start("run", *words, *_WINDOW)


@pytest.mark.parametrize("slash", ["", "/"])
def test_each_query_becomes_an_object_beside_the_summary(
    rig: Rig, shell: Shell, slash: str
) -> None:
    rig.put_keys(OUT, ["daily/ssh_rejects.jsonl", "daily/other"], b"of yesterday")
    place = f"s3://{OUT}/daily{slash}"
    done = shell.run("run", *_FEW, *_WINDOW, "-o", place, "--format", "jsonl")
    assert done.out == ""
    written = {*(f"daily/{name}.jsonl" for name in _FEW), "daily/summary.json"}
    assert set(keys(rig)) == {"daily/other", *written}
    assert json.loads(text(rig, "daily/top_https_servers.jsonl"))["flows"] == 3
    assert text(rig, "daily/ssh_rejects.jsonl") == ""
    assert text(rig, "daily/other") == "of yesterday"
    told = summary(rig)
    assert {name: each["file"] for name, each in told.items()} == {
        name: f"{name}.jsonl" for name in _FEW
    }
    assert not (shell.folder / "s3:").exists()


def test_an_object_that_is_denied_is_a_failure_of_its_query(rig: Rig, shell: Shell) -> None:
    denied = {"service": "s3", "op": "PutObject", "kind": "access_denied"}
    rig.faults([{**denied, "match": "daily/ssh_rejects", "unless": "daily/summary"}])
    done = shell.run("run", *_FEW, *_WINDOW, *_PREFIX, code=4)
    told = summary(rig)
    assert {name: each["state"] for name, each in told.items()} == {
        "top_https_servers": "done",
        "ssh_rejects": "failed",
        "top_rejected_sources": "done",
    }
    assert f"error: ssh_rejects: cannot write s3://{OUT}/daily/ssh_rejects.csv: " in done.err
    # The query is paid for: where Athena keeps its rows is said.
    assert f"query {told['ssh_rejects']['query_id']} SUCCEEDED, 'flowathena results " in done.err
    assert "daily/ssh_rejects.csv" not in keys(rig)


def test_a_bucket_that_takes_nothing_is_an_error(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "PutObject", "kind": "access_denied", "match": "daily/"}])
    done = shell.run("run", *_FEW, *_WINDOW, *_PREFIX, code=1)
    assert done.err.splitlines()[-1].startswith(
        f"error: cannot write s3://{OUT}/daily/summary.json: PutObject: AccessDenied"
    )
    assert keys(rig) == []


def test_a_place_that_is_none_is_refused_before_anything_runs(rig: Rig, shell: Shell) -> None:
    line = shell.refused("run", *_FEW, *_WINDOW, "-o", "s3:reports")
    assert line == "error: 's3:reports' is not a folder of S3: write s3://bucket/prefix/"
    assert not rig.journal("athena", "StartQueryExecution")


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_the_objects_that_are_whole(
    rig: Rig, shell: Shell, number: signal.Signals
) -> None:
    # The answer of the second object is held: nobody knows whether it is there.
    hold = {"service": "s3", "op": "PutObject", "kind": "hold", "match": "daily/ssh_rejects"}
    rig.faults([{**hold, "times": 1}])
    process = started(shell, "top_https_servers", "ssh_rejects", *_PREFIX, "--concurrency", "1")
    until(rig.held, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == (
        f"{SAID_OF[number]}2 of 2 queries done (top_https_servers, ssh_rejects); rows not "
        "written: ssh_rejects"
    )
    assert {"daily/top_https_servers.csv", "daily/summary.json"} <= set(keys(rig))
    assert {name: each["state"] for name, each in summary(rig).items()} == {
        "top_https_servers": "done",
        "ssh_rejects": "stopped",
    }


def test_an_interrupt_stays_one_if_the_summary_cannot_be_written(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=3600)
    rig.faults([{"service": "s3", "op": "PutObject", "kind": "access_denied", "match": "daily/"}])
    process = started(shell, *_FEW, *_PREFIX)
    until(lambda: len(rig.journal("athena", "GetQueryExecution")) >= 3, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert f"error: cannot write s3://{OUT}/daily/summary.json" in err
    assert err.splitlines()[-1].startswith("error: interrupted: 0 of 3 queries done; ")


def test_each_query_unloads_into_a_folder_of_its_own(rig: Rig, shell: Shell) -> None:
    shell.run("run", *_FEW, *_WINDOW, "-o", "plain")
    plain = {path.name: path.read_text() for path in (shell.folder / "plain").glob("*.csv")}
    rig.clear_journal()
    shell.run("run", *_FEW, *_WINDOW, "-o", "out", *_UNLOAD)
    assert {path.name: path.read_text() for path in (shell.folder / "out").glob("*.csv")} == plain
    sent = [each["params"]["QueryString"] for each in rig.journal("athena", "StartQueryExecution")]
    folders = {statement.partition(") TO '")[2].split("/")[4] for statement in sent}
    assert folders == set(_FEW)
    assert all(f") TO 's3://{OUT}/temporary/" in statement for statement in sent)
    assert keys(rig) == []


def test_unloaded_files_may_stay(rig: Rig, shell: Shell) -> None:
    done = shell.run(
        "run", "top_https_servers", "ssh_rejects", *_WINDOW, *_UNLOAD, "--keep-unloaded"
    )
    assert "flows" in done.out
    left = f"the Parquet files are left in s3://{OUT}/temporary"
    assert f"top_https_servers: {left}/top_https_servers/" in done.err
    assert f"ssh_rejects: {left}/ssh_rejects/" in done.err
    assert all(key.startswith("temporary/top_https_servers/") for key in keys(rig))
    assert len(keys(rig)) == 1  # the other has no rows


def test_unloaded_rows_that_cannot_be_written_are_kept(rig: Rig, shell: Shell) -> None:
    """The queries are paid for; what is written is removed."""
    denied = {"service": "s3", "op": "PutObject", "kind": "access_denied"}
    rig.faults([{**denied, "match": "daily/top_https", "unless": "daily/summary"}])
    done = shell.run("run", *_FEW, *_WINDOW, *_PREFIX, *_UNLOAD, code=4)
    query_id = summary(rig)["top_https_servers"]["query_id"]
    (kept,) = [key for key in keys(rig) if key.startswith("temporary/")]
    folder = f"s3://{OUT}/{kept.rpartition('/')[0]}/"
    assert folder.startswith(f"s3://{OUT}/temporary/top_https_servers/")
    rows = f"query {query_id} SUCCEEDED, its rows are kept as Parquet files in {folder}"
    assert rows in done.err
    assert "results" not in done.err


def test_a_dry_run_shows_what_each_would_unload(shell: Shell) -> None:
    words = ("run", "top_https_servers", "ssh_rejects", *_WINDOW, "--dry-run", *_UNLOAD)
    shown = shell.run(*words).out
    for name in ("top_https_servers", "ssh_rejects"):
        assert f"-- {name}\nUNLOAD (\n" in shown
        assert f") TO 's3://{OUT}/temporary/{name}/RUN-ID/' WITH (format = 'PARQUET'" in shown


def test_an_interrupt_cancels_what_unloads_and_clears(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=3600)
    process = started(shell, *_FEW, *_UNLOAD)
    until(lambda: len(rig.journal("athena", "GetQueryExecution")) >= 3, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "is CANCELLED" in err
    cleared = {
        each["params"]["Prefix"].split("/")[1]
        for each in rig.journal("s3", "ListObjectsV2")
        if each["params"]["Bucket"] == OUT
    }
    assert cleared
    assert cleared <= set(_FEW)
    assert keys(rig) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--no-wait",), "--unload writes files anew; leave out --no-wait"),
        (("--reuse", "60m"), "--unload writes files anew; leave out --reuse"),
        (("--engine", "local"), "--unload is for Athena"),
        (("--skip-bad-files",), "--skip-bad-files is for the local engine"),
    ],
)
def test_what_cannot_be_unloaded_is_said_first(
    rig: Rig, shell: Shell, words: tuple[str, ...], told: str
) -> None:
    assert told in shell.refused("run", *_FEW, *_WINDOW, *_UNLOAD, *words)
    line = shell.refused("run", *_FEW, *_WINDOW, "--unload", "temporary/x")
    assert "is not a folder of S3" in line
    assert not rig.journal("athena", "StartQueryExecution")
