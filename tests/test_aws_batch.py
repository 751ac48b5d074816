"""Several queries at once on Athena: bounded, stopped together, each with its own end."""

import json
import signal
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flowathena.client.batch import ON_ATHENA
from tests.aws import (
    with_one_day,
)
from tests.rig.client import Rig
from tests.shell import SAID_OF, Shell, Started
from tests.terminal import run_on_terminal
from tests.waiting import until

pytestmark = pytest.mark.rig

_DAY = date(2026, 10, 1)
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_FEW = ("top_https_servers", "ssh_rejects", "top_rejected_sources")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """One day with three flows to one server."""
    return with_one_day(rig, tmp_path)


def summary(folder: Path) -> dict[str, dict[str, object]]:
    queries = json.loads((folder / "summary.json").read_text())["queries"]
    return {each["query"]: each for each in queries}


def states(rig: Rig) -> dict[str, str]:
    """The state of every query that was started, by its id."""
    athena = rig.client("athena")
    found = athena.list_query_executions().get("QueryExecutionIds", [])
    return {
        name: athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]["State"]
        for name in found
    }


def test_the_table_is_asked_for_once_and_each_query_has_its_file(rig: Rig, shell: Shell) -> None:
    shell.run("run", *_FEW, *_WINDOW, "-o", "out", "--format", "jsonl")
    folder = shell.folder / "out"
    assert json.loads((folder / "top_https_servers.jsonl").read_text())["flows"] == 3
    assert (folder / "ssh_rejects.jsonl").read_text() == ""
    told = summary(folder)
    assert {each["state"] for each in told.values()} == {"done"}
    assert {each["query_id"] for each in told.values()} == states(rig).keys()
    assert len(rig.journal(service="glue", op="GetTable")) == 1


def test_athena_gets_as_many_at_once_as_agreed(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=3600)
    process = started(shell, "--topic", "rejects")
    until(lambda: len(states(rig)) >= ON_ATHENA, process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert len(rig.journal("athena", "StartQueryExecution")) == ON_ATHENA


def started(shell: Shell, *words: str) -> Started:
    return shell.start("run", *words, *_WINDOW, "-o", "out")


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_cancels_every_query(rig: Rig, shell: Shell, number: signal.Signals) -> None:
    rig.settings(query_seconds=3600)
    process = started(shell, *_FEW)
    until(lambda: len(rig.journal("athena", "GetQueryExecution")) >= 3, process)
    process.send_signal(number)
    out, err = process.communicate()
    ended = states(rig)
    assert len(ended) >= 1
    assert set(ended.values()) == {"CANCELLED"}
    assert (process.returncode, out) == (130, "")
    last = err.splitlines()[-1]
    assert last.startswith(f"{SAID_OF[number]}0 of 3 queries done; ")
    for name in ended:
        assert f"query {name} is CANCELLED" in last
    assert {each["state"] for each in summary(shell.folder / "out").values()} == {"stopped"}


def test_one_that_athena_fails_leaves_the_others(rig: Rig, shell: Shell) -> None:
    rig.faults(
        [{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied", "times": 1}]
    )
    done = shell.run("run", *_FEW, *_WINDOW, "-o", "out", "--concurrency", "1", code=4)
    told = summary(shell.folder / "out")
    assert [each["state"] for each in told.values()] == ["failed", "done", "done"]
    assert "AccessDeniedException" in str(told["top_https_servers"]["error"])
    assert "error: top_https_servers: Athena: StartQueryExecution: AccessDenied" in done.err
    assert not (shell.folder / "out" / "top_https_servers.csv").exists()


def test_all_that_fail_end_with_the_code_of_the_failure(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    shell.run("run", *_FEW, *_WINDOW, "-o", "out", code=1)


def test_too_many_queries_of_the_account_are_waited_for(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "throttle", "times": 2}])
    shell.run("run", *_FEW, *_WINDOW, "-o", "out")
    assert {each["state"] for each in summary(shell.folder / "out").values()} == {"done"}


@pytest.mark.asks_no_query
def test_options_for_the_other_engine_are_refused(shell: Shell) -> None:
    line = shell.refused("run", *_FEW, *_WINDOW, "--skip-bad-files")
    assert "skip_bad_files is for the local engine" in line


def test_progress_is_one_line_that_goes(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=60)
    shown = run_on_terminal(shell, "run", *_FEW, *_WINDOW, width=160, interrupt_at="0/3, 0 B")
    assert shown.code == 130
    assert "ssh_rejects" in shown.raw
    assert shown.screen[-2].startswith("error: interrupted: 0 of 3 queries done; ")


@pytest.mark.asks_no_query
def test_the_local_engine_costs_nothing_at_athena(rig: Rig, shell: Shell) -> None:
    shell = replace(shell, env={**shell.env, "FLOWATHENA_CACHE": str(shell.folder / "cache")})
    shell.run("run", *_FEW, *_WINDOW, "-o", "out", "--engine", "local", "--format", "jsonl")
    assert json.loads((shell.folder / "out" / "top_https_servers.jsonl").read_text())["flows"] == 3
    assert not rig.journal("athena", "StartQueryExecution")
