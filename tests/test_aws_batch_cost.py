"""What several queries cost together: known before, limited, and told afterwards."""

import json
import random
import re
import signal
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client, CostError, SpendingLimits, UsageError
from tests.aws import BUCKET, Place, pointed_at
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until
from tests.week import Week, put_week, register

pytestmark = pytest.mark.rig

# The window of two days reads a third folder: logs may come late.
_WINDOW = ("--since", "2026-10-02", "--until", "2026-10-04")
_LEAST_USD = 10 * 5 / 1_000_000  # 10 MB at 5 USD for a TB
_QUERIES = {
    "once": "SELECT count(*) AS flows FROM flow_logs",
    "twice": "SELECT count(*) AS flows FROM flow_logs CROSS JOIN (SELECT 1 FROM flow_logs LIMIT 1)",
    "before": "SELECT count(*) AS flows FROM flow_logs_before",
    "asking": "SELECT count(*) AS flows FROM flow_logs WHERE dstport = {{ port }}",
    "lacking": "SELECT az_id FROM flow_logs",
    "broken": "SELECT 1 / (packets - packets) AS n FROM flow_logs",
}


class World(Week):
    """The week with what its batches write."""

    def summary(self) -> dict[str, Any]:
        found = json.loads((self.shell.folder / "out" / "summary.json").read_text())
        return {**found, "queries": {each["query"]: each for each in found["queries"]}}


@pytest.fixture
def world(rig: Rig, tmp_path: Path) -> World:
    """A week of one account; day n has 10 n records in one object. Queries of one's own."""
    week = put_week(rig, tmp_path)
    week.config.write_text(f'query_paths = ["queries"]\n{week.config.read_text()}')
    (tmp_path / "queries").mkdir()
    for name, sql in _QUERIES.items():
        params = '[params.port]\ntype = "port"\n' if name == "asking" else ""
        header = f'/* ---\ntitle = "{name}"\ntags = ["mine"]\n{params}--- */\n'
        (tmp_path / "queries" / f"{name}.sql").write_text(header + sql)
    register(week)
    return World(week.shell, rig, week.sizes)


def test_an_estimate_of_several_lists_each_folder_once(world: World) -> None:
    words = ("run", "once", "twice", "before", "asking", "lacking", *_WINDOW, "--estimate")
    found = world.shell.run(*words, "--format", "json").json
    once = world.bytes_of(2, 3, 4)
    # The window before begins two days earlier; there are no logs of September.
    before = world.bytes_of(1, 2)
    queries = {each["query"]: each for each in found["queries"]}
    assert list(queries) == ["once", "twice", "before", "asking", "lacking"]
    assert [queries[name]["scanned_bytes"] for name in ("once", "twice", "before")] == [
        *(once, 2 * once, before)
    ]
    assert queries["once"]["cost_usd"] == pytest.approx(_LEAST_USD)
    assert queries["asking"] == {
        "query": "asking",
        "error": "port: needs a value (--param port=…)",
    }
    assert queries["lacking"]["error"].startswith("needs az_id (version 4)")
    del found["queries"]
    assert found == {
        "scanned_bytes": 3 * once + before,
        "cost_usd": pytest.approx(3 * _LEAST_USD),  # each query costs 10 MB at least
        "usd_per_tb": 5.0,
        "price_checked": "2026-11-20",
        "region": "eu-west-1",
        "workgroup_cutoff_bytes": None,
    }
    listed = [each["params"]["Prefix"] for each in world.rig.journal("s3", "ListObjectsV2")]
    expected = {Place("111122223333", "eu-west-1", date(2026, 10, n)).folder for n in range(1, 5)}
    assert sorted(listed) == sorted(expected)
    assert world.count("glue", "GetPartitions") == 2  # one for each of the two windows
    assert world.started() == 0


def test_an_estimate_of_several_for_people(world: World) -> None:
    done = world.shell.run("run", "once", "twice", "asking", *_WINDOW, "--estimate")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["query", "partitions", "objects", "scan", "cost"]
    assert [line[:3] for line in lines[2:4]] == [["once", "3", "3"], ["twice", "3", "3"]]
    assert [line[-2:] for line in lines[2:4]] == [["0.000050", "USD"]] * 2
    assert re.fullmatch(
        r"2 queries would scan [\d.]+ k?B, 0\.0001 USD \(5 USD for a TB in eu-west-1, as of .*\)",
        done.out.splitlines()[-1],
    )
    assert done.err == "warning: asking cannot run: port: needs a value (--param port=…)\n"


def test_a_limit_holds_for_all_together(world: World) -> None:
    once = world.bytes_of(2, 3, 4)
    words = ("run", "once", "twice", *_WINDOW, "-o", "out")
    line = world.shell.refused(*words, "--max-scan", f"{3 * once - 1}B", code=5)
    assert line.startswith("error: nothing is run: 2 queries would scan ")
    assert "(0.0001 USD) together, more than the limit of " in line
    assert "(--max-scan); narrow them with a shorter --since" in line
    assert re.search(r"run fewer, or raise the limit; the largest: twice \(.*\), once \(", line)
    assert world.started() == 0
    assert not (world.shell.folder / "out").exists()
    world.shell.run(*words, "--max-scan", f"{3 * once}B")
    assert world.started() == 2


def test_the_real_figures_are_told_beside_the_estimate(world: World) -> None:
    once, before = world.bytes_of(2, 3, 4), world.bytes_of(1, 2)
    words = ("run", "once", "before", *_WINDOW, "-o", "out")
    done = world.shell.run(*words, "--max-scan", f"{once + before}B")
    told = world.summary()
    assert told["queries"]["before"]["estimated_bytes"] == before
    assert told["queries"]["before"]["scanned_bytes"] == before
    assert (told["estimated_bytes"], told["scanned_bytes"]) == (once + before,) * 2
    assert (told["estimated_usd"], told["cost_usd"]) == (pytest.approx(2 * _LEAST_USD),) * 2
    head, last = done.err.splitlines()[0].split(), done.err.splitlines()[-1]
    assert head == [
        *("query", "state", "rows", "bytes", "estimated", "cost", "seconds", "file", "error")
    ]
    assert re.fullmatch(
        r"2 of 2 queries done, ([\d.]+ k?B) scanned \(estimated \1\), "
        r"0\.0001 USD \(estimated 0\.0001 USD\)",
        last,
    )


def test_the_limits_of_the_target_hold_for_all_and_the_command_line_wins(world: World) -> None:
    world.set("max_cost = 0.00008")
    world.shell.run("run", "once", *_WINDOW)  # 0.00005 alone
    words = ("run", "once", "before", *_WINDOW)
    world.rig.clear_journal()
    line = world.shell.refused(*words, code=5)
    assert "(0.0001 USD) together, more than the limit of 0.000080 USD (--max-cost)" in line
    assert world.started() == 0
    world.shell.run(*words, "--max-cost", "0.0001")
    assert world.started() == 2


def test_what_cannot_run_counts_for_nothing(world: World) -> None:
    once = world.bytes_of(2, 3, 4)
    words = ("run", "once", "asking", *_WINDOW, "--max-scan", f"{once}B", "-o", "out")
    world.shell.run(*words, code=4)
    assert world.summary()["queries"]["once"]["state"] == "done"


def test_what_the_workgroup_would_end_is_named_before_anything_runs(world: World) -> None:
    noise = random.Random(1).randbytes(6_000_000)  # noqa: S311 - no secret
    folder = Place("111122223333", "eu-west-1", date(2026, 10, 3)).folder
    world.rig.put_keys(BUCKET, [f"{folder}noise.log.gz"], noise)
    world.rig.client("athena").update_work_group(
        WorkGroup="primary", ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    world.rig.clear_journal()
    line = world.shell.refused("run", "once", "twice", *_WINDOW, code=5)
    assert line.startswith(
        "error: nothing is run: twice (12.0 MB) would scan more than the 10.0 MB at which "
        "workgroup primary ends a query and bills what it has scanned; "
    )
    assert world.started() == 0
    # Together they may scan more than one query may.
    queries = {each["query"] for each in world.shell.run(
        "run", "once", "before", "--since", "2026-10-05", "--until", "2026-10-07", "--estimate",
        "--format", "json",
    ).json["queries"]}  # fmt: skip
    assert queries == {"once", "before"}


def test_if_the_bytes_cannot_be_found_out_no_limited_query_is_started(world: World) -> None:
    world.rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}])
    words = ("run", "once", "twice", *_WINDOW)
    assert "access denied" in world.shell.refused(*words, "--max-scan", "1GB", code=1)
    assert world.started() == 0
    world.rig.client("athena").update_work_group(
        WorkGroup="primary", ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    world.shell.run(*words)  # the workgroup itself ends what is too much
    assert world.started() == 2


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_listing_before_anything_is_run(
    world: World, number: signal.Signals
) -> None:
    world.rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "hold"}])
    process = world.process("run", "once", "twice", *_WINDOW, "--max-scan", "1GB", "-o", "out")
    until(world.rig.held, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    said = {signal.SIGINT: "", signal.SIGTERM: ": terminated"}[number]
    assert err == f"error: interrupted{said}\n"
    assert world.started() == 0
    assert not (world.shell.folder / "out").exists()


def test_results_are_given_again_query_by_query(world: World) -> None:
    words = ("run", "once", "twice", *_WINDOW, "--reuse", "60m", "-o", "out")
    first = world.shell.run(*words)
    assert "once: Athena had no earlier result that is young enough: the query was run" in first.err
    second = world.shell.run(*words)
    assert "twice: an earlier result is given again: nothing was scanned" in second.err
    told = world.summary()
    assert [each["reused"] for each in told["queries"].values()] == [True, True]
    assert (told["scanned_bytes"], told["cost_usd"]) == (0, 0.0)
    still_open = world.shell.run("run", "once", "twice", "--reuse", "60m", "--since", "60d")
    reason = "no earlier result is reused: logs of the window may still come"
    assert f"once: {reason}" in still_open.err
    assert f"twice: {reason}" in still_open.err


def test_those_that_nobody_waits_for_are_fetched_later(world: World) -> None:
    done = world.shell.run("run", "once", "asking", "twice", *_WINDOW, "--no-wait", code=4)
    started = {line.split()[1]: line.split()[0] for line in done.out.splitlines()}
    assert list(started) == ["once", "twice"]
    assert "warning: asking is skipped: port: needs a value (--param port=…)" in done.err
    assert "'flowathena results ID -t prod' has the rows of one" in done.err
    fetched = world.shell.run("results", started["twice"], "--format", "json")
    assert fetched.json == [{"flows": 50}]  # of days 2 and 3: 20 and 30
    assert world.started() == 2


def test_limits_hold_for_those_that_nobody_waits_for(world: World) -> None:
    once = world.bytes_of(2, 3, 4)
    words = ("run", "once", "twice", *_WINDOW, "--no-wait", "--max-scan")
    world.shell.refused(*words, f"{3 * once - 1}B", code=5)
    assert world.started() == 0


def test_one_that_cannot_be_started_leaves_the_others(world: World) -> None:
    denied = {"service": "athena", "op": "StartQueryExecution", "kind": "access_denied", "times": 1}
    world.rig.faults([denied])
    done = world.shell.run("run", "once", "twice", *_WINDOW, "--no-wait", code=4)
    assert [line.split()[1] for line in done.out.splitlines()] == ["twice"]
    assert "error: once: Athena: StartQueryExecution: AccessDenied" in done.err


def test_an_interrupt_while_they_are_started_says_which_go_on(world: World) -> None:
    world.rig.settings(query_seconds=3600)
    hold = {"service": "athena", "op": "StartQueryExecution", "kind": "hold", "after": 1}
    world.rig.faults([{**hold, "times": 1}])
    process = world.process("run", "once", "twice", "before", *_WINDOW, "--no-wait")
    until(world.rig.held, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    (line,) = out.splitlines()
    first, name = line.split()
    found = world.rig.client("athena").list_query_executions()["QueryExecutionIds"]
    (second,) = set(found) - {first}
    assert (name, world.state(first), world.state(second)) == ("once", "RUNNING", "CANCELLED")
    assert err.splitlines()[-1] == (
        "error: interrupted: 1 of 3 queries started (once); Athena goes on with what is started; "
        f"twice: query {second} has been cancelled; not started: before"
    )


def test_from_python(world: World) -> None:
    window: dict[str, Any] = {"since": "2026-10-02", "until": "2026-10-04"}
    once = world.bytes_of(2, 3, 4)
    with pointed_at(world.rig):
        client = Client(config_path=world.config)
        expected = client.run_all(["once", "asking"], **window).estimate()
        assert {name: each.scanned_bytes for name, each in expected.queries.items()} == {
            "once": once
        }
        assert list(expected.unable) == ["asking"]
        limits = SpendingLimits(max_scan_bytes=2 * once - 1)
        with pytest.raises(CostError, match="2 queries would scan"):
            list(client.run_all(["once", "broken"], **window, spending_limits=limits))
        assert world.started() == 0
        batch = client.run_all(["once"], **window, reuse=timedelta(minutes=5))
        (outcome,) = list(batch.start())
        assert client.results(outcome.query_id).rows() == [{"flows": 50}]
        for wrong in (
            {"unload": "s3://b/", "reuse": timedelta(minutes=5)},
            {"unload": "s3://b/", "engine": "local"},
            {"reuse": timedelta(days=8)},
        ):
            with pytest.raises(UsageError):
                client.run_all(["once"], **window, **wrong)
        with pytest.raises(UsageError, match="start leaves queries to Athena"):
            list(client.run_all(["once"], **window, engine="local").start())


def test_the_local_engine_has_limits_for_all_together_too(world: World) -> None:
    env = {**world.shell.env, "FLOWATHENA_CACHE": str(world.shell.folder / "cache")}
    shell = Shell(world.shell.folder, env)
    once = world.bytes_of(2, 3, 4)
    words = ("run", "once", "twice", *_WINDOW, "--engine", "local")
    found = shell.run(*words, "--estimate", "--format", "json").json
    assert (found["scanned_bytes"], found["cost_usd"]) == (2 * once, 0.0)
    line = shell.refused(*words, "--max-scan", f"{2 * once - 1}B", code=5)
    assert "2 queries would scan" in line
    assert world.count("s3", "GetObject") == 0
    shell.run(*words, "--max-scan", f"{2 * once}B")
    assert world.started() == 0
