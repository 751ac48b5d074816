"""The report on Athena: one scan for most panels, paid for once, stopped as a whole."""

import json
import signal
from datetime import date
from pathlib import Path

import pytest

from flowathena.report.report import Report
from tests.aws import (
    BUCKET,
    RESULTS,
    Place,
    pointed_at,
    with_one_day,
)
from tests.equality import UNTIL, aws_of, laptop_of, tree
from tests.portion import left_to_slow
from tests.reports import ROWS, check_against_saved_queries
from tests.rig.client import Rig
from tests.shell import SAID_OF, Shell, Started
from tests.terminal import run_on_terminal
from tests.waiting import until

pytestmark = pytest.mark.rig

_DAY = date(2026, 10, 1)
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_SINCE = "2026-10-05"


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """One day with three flows to one server."""
    return with_one_day(rig, tmp_path)


def answers(report: Report) -> dict[str, list[tuple[object, ...]] | str]:
    """The rows of each panel, or why it has none; of coverage only the days."""
    return {
        answer.panel.name: answer.reason or (answer.result.data if answer.result else [])
        for answer in report.answers
        if answer.panel.name != "coverage"
    }


@left_to_slow
@pytest.mark.parametrize("seed", [2, 1])
def test_both_engines_say_the_same_as_the_saved_queries(
    rig: Rig, tmp_path: Path, seed: int
) -> None:
    # Seed 2 is text of version 5 with odd lines in it, seed 1 Parquet.
    logs = tmp_path / "logs"
    shape = tree(seed)
    shape.write(logs, seed)
    laptop = laptop_of(tmp_path, logs, shape)
    athena = aws_of(laptop, logs, rig)
    end = UNTIL.isoformat()
    with pointed_at(rig):
        rig.clear_journal()
        report = athena.report(rows=ROWS, since=_SINCE, until=end)
        assert len(rig.journal("athena", "StartQueryExecution")) == 3
        check_against_saved_queries(report, athena, _SINCE, end)
    assert answers(report) == answers(laptop.report(rows=ROWS, since=_SINCE, until=end))
    if seed == 2:  # of text, what is scanned is known before
        assert [scan.expected_bytes for scan in report.scans] == [
            scan.stats.scanned_bytes for scan in report.scans if scan.stats
        ]


def test_the_page_says_what_it_cost(rig: Rig, shell: Shell) -> None:
    done = shell.run("report", *_WINDOW, "-o", "r.html")
    told = done.err.splitlines()[-1]
    size = len(
        rig.client("s3")
        .get_object(Bucket=BUCKET, Key=Place("111122223333", "eu-west-1", _DAY).key)["Body"]
        .read()
    )
    # Three statements, each of 10 MB at least at 5 USD for a TB.
    assert told == (
        f"12 of 13 panels, 3 scans, {3 * size} B scanned (estimated {3 * size} B), 0.00015 USD"
    )
    text = (shell.folder / "r.html").read_text()
    for call in rig.journal("athena", "GetQueryExecution"):
        assert call["params"]["QueryExecutionId"] in text
    assert "3 scans of" in text


def test_it_is_written_into_a_bucket_as_a_page(rig: Rig, shell: Shell) -> None:
    shell.run("report", *_WINDOW, "--panel", "talkers", "-o", f"s3://{RESULTS}/state.html")
    found = rig.client("s3").get_object(Bucket=RESULTS, Key="state.html")
    assert found["Body"].read().startswith(b"<!DOCTYPE html>")
    assert found["ContentType"] == "text/html; charset=utf-8"
    shell.run("report", *_WINDOW, "--panel", "talkers", "-o", f"s3://{RESULTS}/state.json")
    found = rig.client("s3").get_object(Bucket=RESULTS, Key="state.json")
    assert json.loads(found["Body"].read())["panels"][0]["name"] == "talkers"
    assert found["ContentType"] == "application/json"


@left_to_slow
def test_a_limit_holds_for_all_scans(rig: Rig, shell: Shell) -> None:
    line = shell.refused("report", *_WINDOW, "-o", "r.html", "--max-cost", "0.0001", code=5)
    assert "--max-cost" in line
    assert rig.journal("athena", "StartQueryExecution") == []
    shell.run("report", *_WINDOW, "-o", "r.html", "--max-cost", "0.00015")


@left_to_slow
def test_a_denied_listing_costs_one_panel(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}])
    done = shell.run("report", *_WINDOW, "-o", "r.html", code=4)
    assert "warning: panel coverage: " in done.err
    assert "11 of 13 panels, 3 scans, " in done.err
    assert "(estimated" not in done.err
    line = shell.refused("report", *_WINDOW, "-o", "r.html", "--max-scan", "1GB", code=1)
    assert "s3:ListBucket" in line


@left_to_slow
def test_one_statement_that_fails_costs_its_panels(rig: Rig, shell: Shell) -> None:
    rig.faults(
        [{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied", "times": 1}]
    )
    done = shell.run("report", *_WINDOW, "-o", "r.json", code=4)
    assert "StartQueryExecution" in done.err
    told = json.loads((shell.folder / "r.json").read_text())
    failed = {each["scan"] for each in told["panels"] if each["state"] == "failed"}
    assert len(failed) == 1
    assert [each["seconds"] for each in told["scans"] if each["name"] in failed] == [None]
    assert sum(each["seconds"] is not None for each in told["scans"]) == 2


@left_to_slow
def test_a_page_that_cannot_be_written_names_what_is_paid_for(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "PutObject", "kind": "access_denied"}])
    line = shell.refused("report", *_WINDOW, "-o", f"s3://{RESULTS}/r.html", code=1)
    ids = rig.client("athena").list_query_executions()["QueryExecutionIds"]
    assert len(ids) == 3
    assert all(each in line for each in ids)
    assert "flowathena results ID -t prod" in line


def test_scans_that_all_fail_leave_the_last_page(rig: Rig, shell: Shell) -> None:
    (shell.folder / "r.html").write_text("the last one")
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    assert "AccessDenied" in shell.refused("report", *_WINDOW, "-o", "r.html", code=1)
    assert (shell.folder / "r.html").read_text() == "the last one"


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_every_scan_and_leaves_no_page(
    rig: Rig, shell: Shell, number: signal.Signals
) -> None:
    rig.settings(query_seconds=3600)
    process = _started(shell)
    until(lambda: len(rig.journal("athena", "GetQueryExecution")) >= 3, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1].startswith(f"{SAID_OF[number]}0 of 3 queries done; ")
    athena = rig.client("athena")
    ids = athena.list_query_executions()["QueryExecutionIds"]
    states = [
        athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Status"]["State"]
        for each in ids
    ]
    assert states == ["CANCELLED"] * len(ids)
    assert not (shell.folder / "r.html").exists()


@pytest.mark.few(1)
@pytest.mark.parametrize("op", ["ListObjectsV2", "GetPartitions"])
def test_an_interrupt_of_a_listing_runs_nothing(rig: Rig, shell: Shell, op: str) -> None:
    service = "s3" if op == "ListObjectsV2" else "glue"
    rig.faults([{"service": service, "op": op, "kind": "hold"}])
    process = _started(shell)
    until(lambda: rig.held() > 0, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    rig.release()
    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")
    assert rig.journal("athena", "StartQueryExecution") == []
    assert not (shell.folder / "r.html").exists()


def _started(shell: Shell) -> Started:
    return shell.start("report", *_WINDOW, "-o", "r.html")


def test_a_terminal_shows_progress_and_wants_a_file(rig: Rig, shell: Shell) -> None:
    shown = run_on_terminal(shell, "report", *_WINDOW, width=100)
    assert shown.code == 2
    assert "a report is a page: name a file with -o report.html" in shown.screen[-2]
    rig.settings(query_seconds=60)
    words = ("report", *_WINDOW, "-o", "r.html")
    shown = run_on_terminal(shell, *words, width=160, interrupt_at="0/3, 0 B")
    assert shown.code == 130
