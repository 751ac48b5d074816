"""What a run would cost is known before, limited, and looked up afterwards."""

import gzip
import json
import random
import re
import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client, CostError, SpendingLimits
from tests.aws import BUCKET, RESULTS, Place, pointed_at
from tests.rig.client import Rig
from tests.shell import Shell
from tests.terminal import run_on_terminal
from tests.waiting import until
from tests.week import Week, body, put_week, register

pytestmark = pytest.mark.rig

# The window of two days reads a third folder: logs may come late.
_WINDOW = ("--since", "2026-10-02", "--until", "2026-10-04")
_LEAST_USD = 10 * 5 / 1_000_000  # 10 MB at 5 USD for a TB
_LARGE = 12_000_000


@pytest.fixture
def world(rig: Rig, tmp_path: Path) -> Week:
    """A week of one account; day n has 10 n records in one object."""
    week = put_week(rig, tmp_path)
    register(week)
    return week


def _enlarge(world: Week, day: int) -> None:
    """Give a day 12 MB more, in lines that are no records: random, so that gzip cannot help."""
    noise = random.Random(1).randbytes(_LARGE // 2).hex().encode()  # noqa: S311 - no secret
    place = Place("111122223333", "eu-west-1", date(2026, 10, day))
    body = gzip.compress(noise + b"\n", compresslevel=0, mtime=0)
    assert len(body) > _LARGE
    world.rig.put_keys(BUCKET, [place.folder + "noise.log.gz"], body)
    world.sizes[place.day] += len(body)


def test_an_estimate_is_the_bytes_of_the_partitions_that_are_kept(world: Week) -> None:
    told = world.shell.run("run", "top_https_servers", *_WINDOW, "--estimate", "--format", "json")
    total = world.bytes_of(2, 3, 4)
    assert told.json == {
        "sources": [
            {
                "table": "network.vpc_flow_logs",
                "file_format": "text",
                "partitions": 3,
                "objects": 3,
                "stored_bytes": total,
                "scanned_bytes": total,
            }
        ],
        "days": {f"2026-10-0{day}": world.bytes_of(day) for day in (2, 3, 4)},
        "partitions": 3,
        "objects": 3,
        "scanned_bytes": total,
        "cost_usd": pytest.approx(_LEAST_USD),
        "usd_per_tb": 5.0,
        "price_checked": "2026-11-20",
        "region": "eu-west-1",
        "workgroup_cutoff_bytes": None,
    }
    assert world.started() == 0
    result = world.shell.run("-v", "run", "top_https_servers", *_WINDOW)
    assert f"({total} bytes)" in result.err


@pytest.mark.asks_no_query
def test_an_estimate_for_people(world: Week) -> None:
    words = ("sql", "SELECT count(*) AS n FROM flow_logs", *_WINDOW, "--estimate")
    told = world.shell.run(*words)
    table, price = told.out.splitlines()[-2:]
    assert re.fullmatch(r"network\.vpc_flow_logs +text +3 +3 +\d+ B|.* kB", table.strip())
    assert price.endswith(" 0.000050 USD (5 USD for a TB in eu-west-1, as of 2026-11-20)")
    assert world.started() == 0


@pytest.mark.asks_no_query
def test_what_is_read_twice_is_counted_twice_and_what_is_hidden_not_at_all(world: Week) -> None:
    folder = Place("111122223333", "eu-west-1", date(2026, 10, 3)).folder
    world.rig.put_keys(BUCKET, [f"{folder}_temporary/x.log.gz", f"{folder}.x"], b"never read")
    sql = "SELECT count(*) AS n FROM flow_logs CROSS JOIN (SELECT 1 FROM flow_logs LIMIT 1) AS x"
    found = world.shell.run("sql", sql, *_WINDOW, "--estimate", "--format", "json").json
    assert found["scanned_bytes"] == 2 * world.bytes_of(2, 3, 4)
    assert found["sources"][0]["stored_bytes"] == world.bytes_of(2, 3, 4)
    assert found["objects"] == 3


def test_what_the_statement_itself_leaves_out_is_not_counted(world: Week) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs WHERE day = '2026-10-03'"
    found = world.shell.run("sql", sql, *_WINDOW, "--estimate", "--format", "json").json
    assert (found["scanned_bytes"], found["partitions"]) == (world.bytes_of(3), 1)
    done = world.shell.run("-v", "sql", sql, *_WINDOW)
    assert f"({world.bytes_of(3)} bytes)" in done.err


@pytest.mark.asks_no_query
def test_what_the_local_engine_would_fetch_is_estimated_and_limited(world: Week) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs CROSS JOIN (SELECT 1 FROM flow_logs LIMIT 1) AS x"
    words = ("sql", sql, *_WINDOW, "--engine", "local")
    found = world.shell.run(*words, "--estimate", "--format", "json").json
    assert found["scanned_bytes"] == world.bytes_of(2, 3, 4)  # each object once
    assert (found["cost_usd"], found["region"]) == (0.0, "this machine")
    limit = world.bytes_of(2, 3, 4) - 1
    line = world.shell.refused(*words, "--max-scan", str(limit), code=5)
    assert "(0.00 USD) in 3 partitions, more than the limit of" in line
    assert not world.rig.journal(service="s3", op="GetObject")
    assert "--engine local runs it here" in world.shell.refused(*words, "--no-wait")
    assert world.started() == 0


def test_a_run_above_its_limit_is_refused_and_nothing_is_started(world: Week) -> None:
    limit = world.bytes_of(2, 3, 4) - 1
    run = ("run", "top_https_servers", *_WINDOW)
    line = world.shell.refused(*run, "--max-scan", f"{limit}B", code=5)
    assert line.startswith("error: not run: it would scan ")
    assert "in 3 partitions, more than the limit of " in line
    assert "(--max-scan); narrow it with a shorter --since, --account or --region" in line
    assert "the largest days are 2026-10-04 (" in line
    assert world.started() == 0
    done = world.shell.run(*run, "--max-scan", f"{limit + 1}B")
    assert re.search(
        r"scanned \(estimated [\d.]+ k?B\), 0\.000050 USD \(estimated 0\.0000", done.err
    )
    assert world.started() == 1


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("run", "top_https_servers", *_WINDOW), ""),
        (("sql", "SELECT * FROM flow_logs", *_WINDOW), ""),
        (("run", "top_https_servers", *_WINDOW, "--no-wait"), ""),
    ],
    ids=["run", "sql", "no-wait"],
)
def test_the_limits_of_a_target_hold_and_the_command_line_wins(
    world: Week, words: Sequence[str], what: str
) -> None:
    world.set("max_cost = 0.00001")
    line = world.shell.refused(*words, code=5)
    assert "(0.000050 USD)" in line
    assert "more than the limit of 0.000010 USD (--max-cost)" in line
    assert what in line
    assert world.started() == 0
    world.shell.run(*words, "--max-cost", "0.01")
    assert world.started() == 1


@pytest.mark.asks_no_query
def test_an_estimate_says_if_a_limit_would_be_exceeded(world: Week) -> None:
    words = ("run", "top_https_servers", *_WINDOW, "--estimate")
    told = "warning: it would not be run: this is more than the limit of 1 B (--max-scan)"
    assert told in world.shell.run(*words, "--max-scan", "1B", "--format", "json").err
    assert told in world.shell.run(*words[:2], "ssh_rejects", *words[2:], "--max-scan", "1B").err
    assert "would not be run" not in world.shell.run(*words, "--max-scan", "1GB").err
    world.set("max_cost = 0.00001")
    assert "more than the limit of 0.000010 USD (--max-cost)" in world.shell.run(*words).err
    assert world.started() == 0


@pytest.mark.asks_no_query
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--no-wait", "--skip-bad-files"), "--skip-bad-files is for the local engine"),
        (("--no-wait", "--quicksight-manifest"), "--no-wait writes no rows"),
        (("--estimate", "--quicksight-manifest"), "--estimate writes no rows"),
        (("--estimate", "--format", "csv"), "--estimate prints a table or JSON, not csv"),
    ],
    ids=str,
)
@pytest.mark.parametrize("queries", [("top_https_servers",), ("top_https_servers", "ssh_rejects")])
def test_no_option_is_ignored(
    world: Week, queries: Sequence[str], words: Sequence[str], reason: str
) -> None:
    if "--quicksight-manifest" in words and len(queries) > 1:
        reason = "No such option"  # several results have no manifest
    assert reason in world.shell.refused("run", *queries, *_WINDOW, *words, code=2)
    assert world.started() == 0


def test_the_results_of_ddl_cost_nothing(world: Week) -> None:
    started = world.rig.client("athena").start_query_execution(
        QueryString="SHOW TABLES IN network",
        WorkGroup="primary",
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/x/"},
    )
    with pointed_at(world.rig):
        found = Client(config_path=world.config).results(started["QueryExecutionId"])
    assert found.stats.cost_usd == 0.0


def test_a_check_that_is_refused_is_unknown(world: Week) -> None:
    words = ("check", "ssh_rejects", "--max-rows", "0", *_WINDOW)
    done = world.shell.run(*words, "--max-scan", "1B", code=5)
    assert "UNKNOWN" in done.out
    assert "not run: it would scan" in done.err
    world.shell.run(*words, "--max-scan", "1GB")


def test_metrics_whose_queries_are_refused_are_not_published(world: Week) -> None:
    today = datetime.now(UTC).date()
    for back in range(3):
        place = Place("111122223333", "eu-west-1", today - timedelta(days=back))
        world.rig.put_keys(BUCKET, [place.key], body(place.day, 1))
    world.shell.run("partitions", "sync", "--all")
    world.rig.clear_journal()
    words = ("metrics", "publish", "metric_ssh_rejects", "--since", "1d")
    done = world.shell.run(*words, "--max-scan", "1B", code=5)
    assert "not run: it would scan" in done.err
    assert world.started() == 0
    assert not world.rig.journal(service="cloudwatch", op="PutMetricData")
    world.shell.run(*words, "--max-scan", "1MB")


@pytest.mark.asks_no_query
def test_a_price_that_is_not_known_is_told_and_not_guessed(world: Week) -> None:
    # The rig's data are in every Region; its catalog and queries are those of one.
    env = {**world.shell.env, "FLOWATHENA_REGION": "sa-east-1"}
    distant = Shell(world.shell.folder, env)
    distant.run("partitions", "sync", "--all")
    words = ("run", "preview", *_WINDOW)
    told = distant.run(*words, "--estimate").out.splitlines()[-1]
    assert told.endswith(
        "price unknown (the price of Athena in sa-east-1 is not known: set price_per_tb)"
    )
    line = distant.refused(*words, "--max-cost", "1")
    assert line == (
        "error: --max-cost: the price of Athena in sa-east-1 is not known: set price_per_tb in the "
        "target, or use --max-scan"
    )
    world.set("price_per_tb = 9.0")
    found = distant.run(*words, "--estimate", "--format", "json").json
    assert found["cost_usd"] == pytest.approx(10 * 9 / 1_000_000)
    assert found["price_checked"] is None


def test_what_the_workgroup_would_end_is_refused_before(world: Week) -> None:
    _enlarge(world, 3)
    world.rig.client("athena").update_work_group(
        WorkGroup="primary", ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    world.rig.clear_journal()
    line = world.shell.refused("run", "top_https_servers", *_WINDOW, code=5)
    assert "more than the 10.0 MB at which workgroup primary ends a query" in line
    assert "the largest days are 2026-10-03 (12.0 MB)" in line
    assert world.started() == 0
    world.shell.run("run", "top_https_servers", "--since", "2026-10-05", "--until", "2026-10-07")
    assert world.started() == 1
    seen = world.shell.try_run("doctor")
    assert "workgroup primary ends a query that has scanned 10.0 MB" in seen.err


def test_a_workgroup_that_may_not_be_read_limits_nothing_here(world: Week) -> None:
    world.rig.faults([{"service": "athena", "op": "GetWorkGroup", "kind": "access_denied"}])
    world.shell.run("run", "top_https_servers", *_WINDOW)
    assert world.started() == 1


@pytest.mark.asks_no_query
def test_if_the_bytes_cannot_be_found_out_a_limited_run_is_not_started(world: Week) -> None:
    world.rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}])
    line = world.shell.refused("run", "top_https_servers", *_WINDOW, "--max-scan", "1GB", code=1)
    assert "access denied" in line
    assert world.started() == 0


def test_a_result_is_given_again_only_of_days_that_are_over(world: Week) -> None:
    words = ("run", "top_https_servers", *_WINDOW, "--reuse", "60m", "--format", "csv")
    first = world.shell.run(*words)
    assert "no earlier result that is young enough: the query was run" in first.err
    second = world.shell.run(*words)
    assert second.out == first.out
    assert "an earlier result is given again: nothing was scanned" in second.err
    assert "0 B scanned, 0.00 USD" in second.err
    still_open = world.shell.run("run", "top_https_servers", "--reuse", "60m", "--since", "60d")
    assert "no earlier result is reused: logs of the window may still come" in still_open.err
    asked = world.rig.journal(service="athena", op="StartQueryExecution")
    reuse = [each["params"].get("ResultReuseConfiguration") for each in asked]
    by_age = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    assert reuse == [by_age, by_age, None]


@pytest.mark.asks_no_query
def test_the_bounds_of_reuse_are_athenas(world: Week) -> None:
    for age in ("8d", "0m"):
        line = world.shell.refused("run", "preview", *_WINDOW, "--reuse", age)
        assert "from 1 minute to 7 days old" in line
    assert world.started() == 0


def test_a_query_that_nobody_waits_for_is_fetched_later(world: Week) -> None:
    words = ("top_https_servers", *_WINDOW)
    expected = world.shell.run("run", *words, "--format", "csv").out
    query_id = world.shell.run("run", *words, "--no-wait").out.strip()
    assert re.fullmatch(r"[0-9a-f-]{36}", query_id)
    fetched = world.shell.run("results", query_id, "--format", "csv")
    assert fetched.out == expected
    assert f"Athena query {query_id} SUCCEEDED" in fetched.err
    world.shell.run("results", query_id, "-o", "rows.csv")
    assert (world.shell.folder / "rows.csv").read_text() == expected
    line = world.shell.refused("results", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", code=1)
    assert "was not found" in line


def test_results_of_a_query_that_failed_are_its_reason(world: Week) -> None:
    sql = "SELECT 1 / (packets - packets) AS n FROM flow_logs"
    query_id = world.shell.run("sql", sql, *_WINDOW, "--no-wait").out.strip()
    line = world.shell.refused("results", query_id, code=1)
    assert f"query {query_id} FAILED" in line
    assert "DIVISION_BY_ZERO" in line


def test_the_history_names_our_queries_and_what_all_have_cost(world: Week) -> None:
    world.shell.run("run", "top_https_servers", *_WINDOW)
    world.shell.run("sql", "SELECT count(*) AS n FROM flow_logs", *_WINDOW)
    foreign = world.rig.client("athena").start_query_execution(
        QueryString="SELECT 1 -- flowathena: not at the end\n",
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
    )["QueryExecutionId"]
    until(lambda: world.state(foreign) == "SUCCEEDED")
    found = world.shell.run("history", "--format", "json").json
    assert [(each["by"], each["query"], each["state"]) for each in found] == [
        ("other", None, "SUCCEEDED"),
        ("flowathena", "sql", "SUCCEEDED"),
        ("flowathena", "top_https_servers", "SUCCEEDED"),
    ]
    assert [each["scanned_bytes"] for each in found] == [0, *[world.bytes_of(2, 3, 4)] * 2]
    assert [each["cost_usd"] for each in found] == [pytest.approx(_LEAST_USD)] * 3
    table = world.shell.run("history", "--limit", "2")
    assert len(table.out.splitlines()) == 2 + 2  # with its head
    assert "2 queries of workgroup primary: " in table.err


def test_a_long_history_is_read_in_pages_of_fifty(world: Week) -> None:
    athena = world.rig.client("athena")
    for number in range(55):
        athena.start_query_execution(
            QueryString=f"SELECT {number}",
            ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
        )
    world.rig.clear_journal()
    with pointed_at(world.rig):
        runs = Client(config_path=world.config).history(53)
    assert len(runs) == len({each.query_id for each in runs}) == 53
    batches = world.rig.journal(service="athena", op="BatchGetQueryExecution")
    assert [len(each["params"]["QueryExecutionIds"]) for each in batches] == [50, 3]


@pytest.mark.asks_no_query
def test_options_that_contradict_each_other(world: Week) -> None:
    run = ("run", "preview", *_WINDOW)
    assert "--dry-run and --estimate cannot" in world.shell.refused(*run, "--dry-run", "--estimate")
    assert "flowathena results ID" in world.shell.refused(*run, "--no-wait", "--format", "csv")
    assert "leave -o out" in world.shell.refused(*run, "--estimate", "-o", "x.csv")
    assert "'much' is not a size" in world.shell.refused(*run, "--max-scan", "much")
    assert "'-1' is not an amount" in world.shell.refused(*run, "--max-cost=-1")
    assert "'soon' is not a duration" in world.shell.refused(*run, "--reuse", "soon")


def test_from_python(world: Week) -> None:
    window: dict[str, Any] = {"since": "2026-10-02", "until": "2026-10-04"}
    with pointed_at(world.rig):
        client = Client(config_path=world.config)
        expected = client.estimate("top_https_servers", **window)
        assert expected.largest_days(1) == [(date(2026, 10, 4), world.bytes_of(4))]
        with pytest.raises(CostError):
            client.run("preview", **window, spending_limits=SpendingLimits(max_scan_bytes=1))
        result = client.run("preview", **window, spending_limits=SpendingLimits(max_cost_usd=1.0))
    assert result.stats.estimated_bytes == result.stats.scanned_bytes == expected.scanned_bytes
    assert result.stats.cost_usd == result.stats.estimated_usd == pytest.approx(_LEAST_USD)
    assert result.stats.reused is None


def test_days_that_are_over_are_listed_once(world: Week, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    recent = Place("111122223333", "eu-west-1", today)
    world.rig.put_keys(BUCKET, [recent.key], body(today, 1))
    world.shell.run("partitions", "sync", "--all")
    env = {**world.shell.env, "FLOWATHENA_CACHE": str(tmp_path / "kept")}
    shell = Shell(world.shell.folder, env)
    words = ("run", "preview", "--since", "2026-10-01", "--estimate", "--format", "json")
    world.rig.clear_journal()
    first = shell.run(*words).json
    assert len(world.rig.journal(service="s3", op="ListObjectsV2")) == 8
    world.rig.clear_journal()
    assert shell.run(*words).json == first
    (listed,) = world.rig.journal(service="s3", op="ListObjectsV2")
    assert listed["params"]["Prefix"] == recent.folder
    (tmp_path / "kept" / "sizes.sqlite").write_bytes(b"damaged")
    world.rig.clear_journal()
    assert shell.run(*words).json == first
    assert len(world.rig.journal(service="s3", op="ListObjectsV2")) == 8
    assert not (tmp_path / "kept" / "sizes.sqlite").exists()


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.asks_no_query
def test_an_interrupt_ends_the_listing_before_anything_is_run(
    world: Week, number: signal.Signals
) -> None:
    world.rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "hold"}])
    process = world.process("run", "preview", *_WINDOW, "--max-scan", "1GB")
    until(world.rig.held, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.startswith("error: interrupted")
    assert world.started() == 0


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_results_waits_stops_our_query(
    world: Week, number: signal.Signals
) -> None:
    world.rig.settings(query_seconds=3600)
    query_id = world.shell.run("run", "preview", *_WINDOW, "--no-wait").out.strip()
    world.rig.clear_journal()
    process = world.process("results", query_id)
    until(lambda: len(world.rig.journal(service="athena", op="GetQueryExecution")) > 1, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err == f"error: interrupted: query {query_id} has been cancelled\n"
    assert world.state(query_id) == "CANCELLED"


def test_an_interrupt_while_results_waits_leaves_the_query_of_another_alone(world: Week) -> None:
    world.rig.settings(query_seconds=3600)
    query_id = world.rig.client("athena").start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"}
    )["QueryExecutionId"]
    process = world.process("results", query_id)
    until(lambda: len(world.rig.journal(service="athena", op="GetQueryExecution")) > 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err == f"error: interrupted: query {query_id} goes on\n"
    assert world.state(query_id) == "RUNNING"


def test_an_interrupt_while_a_query_is_started_stops_it(world: Week) -> None:
    world.rig.settings(query_seconds=3600)
    hold = {"service": "athena", "op": "StartQueryExecution", "kind": "hold", "times": 1}
    world.rig.faults([hold])
    process = world.process("run", "preview", *_WINDOW, "--no-wait")
    until(world.rig.held, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    (query_id,) = world.rig.client("athena").list_query_executions()["QueryExecutionIds"]
    assert (process.returncode, out) == (130, "")
    assert err == f"error: interrupted: query {query_id} has been cancelled\n"
    assert world.state(query_id) == "CANCELLED"


@pytest.mark.asks_no_query
def test_an_interrupt_while_the_history_is_read(world: Week) -> None:
    world.rig.faults([{"service": "athena", "op": "ListQueryExecutions", "kind": "hold"}])
    process = world.process("history")
    until(world.rig.held, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")


def test_the_line_of_progress_has_state_time_and_bytes(world: Week) -> None:
    world.rig.settings(query_seconds=60)
    shown = run_on_terminal(world.shell, "run", "preview", *_WINDOW, interrupt_at="0:00:01")
    assert shown.code == 130
    assert re.search(r"RUNNING.*0:00:01", shown.raw, re.DOTALL)
    assert "scanned" in shown.raw


def test_an_entry_of_the_history_has_its_documented_keys(world: Week) -> None:
    world.shell.run("run", "preview", *_WINDOW)
    (entry,) = json.loads(world.shell.run("history", "--format", "json").out)
    assert set(entry) == {
        *("query_id", "by", "query", "kind", "state", "submitted", "seconds"),
        *("scanned_bytes", "cost_usd", "reason"),
    }
