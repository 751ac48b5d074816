"""Saved queries over AWS's wire: PyAthena against an Athena that executes them."""

import json
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, Place, configured, create_bucket, log, pointed_at, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell
from tests.terminal import run_on_terminal
from tests.waiting import until

pytestmark = pytest.mark.rig

_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-08")
_DAYS = [date(2026, 10, n) for n in range(1, 8)]
_QUERIES = (
    "preview",
    "rejected_by_protocol",
    "rejected_tcp",
    "ssh_rejects",
    "top_https_servers",
    "top_rejected_sources",
)


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A week of one account: day n has n records of three packets to one server."""
    create_bucket(rig, BUCKET)
    for number, day in enumerate(_DAYS, start=1):
        place = Place("111122223333", "eu-west-1", day)
        rig.put_keys(BUCKET, [place.key], log(*[record(_noon(day))] * number))
    shell = configured(tmp_path, rig)
    with pointed_at(rig):
        Client(config_path=tmp_path / "flowathena.toml").partitions.sync(everything=True)
    return shell


def _flows(shell: Shell, *args: str) -> int:
    rows = shell.run("run", "top_https_servers", *args, "--format", "json").json
    return int(sum(row["flows"] for row in rows))


def test_only_registered_partitions_are_read(rig: Rig, shell: Shell) -> None:
    assert _flows(shell, *_WINDOW) == 1 + 2 + 3 + 4 + 5 + 6 + 7
    rig.client("glue").delete_partition(
        DatabaseName="network",
        TableName="vpc_flow_logs",
        PartitionValues=["111122223333", "eu-west-1", "2026-10-04"],
    )
    assert _flows(shell, *_WINDOW) == 1 + 2 + 3 + 5 + 6 + 7


def test_the_window_is_pushed_into_the_scan(rig: Rig, shell: Shell) -> None:
    done = shell.run(
        "run", "top_https_servers", "--since", "2026-10-02", "--until", "2026-10-03",
        "--format", "json", "--verbose",
    )  # fmt: skip
    assert [row["flows"] for row in done.json] == [2]
    sizes = [
        rig.client("s3").head_object(
            Bucket=BUCKET, Key=Place("111122223333", "eu-west-1", day).key
        )["ContentLength"]
        for day in (date(2026, 10, 2), date(2026, 10, 3))  # its day, and one for late delivery
    ]
    assert f"({sum(sizes)} bytes)" in done.err
    assert "SUCCEEDED" in done.err


def test_account_and_region_filters(shell: Shell) -> None:
    assert _flows(shell, *_WINDOW, "--account", "111122223333", "--region", "eu-west-1") == 28
    assert _flows(shell, *_WINDOW, "--account", "444455556666") == 0
    assert _flows(shell, *_WINDOW, "--region", "us-east-1") == 0


def test_the_statement_starts_with_the_relation_not_with_a_comment(rig: Rig, shell: Shell) -> None:
    shell.run("run", "ssh_rejects", *_WINDOW)
    call = rig.journal(service="athena", op="StartQueryExecution")[-1]["params"]
    assert call["QueryString"].startswith("WITH flow_logs AS (")
    assert "'2026-10-01' AND '2026-10-08'" in call["QueryString"]
    assert call["WorkGroup"] == "primary"
    assert call["ResultConfiguration"]["OutputLocation"] == "s3://query-results/flowathena/"


@pytest.mark.parametrize("readable", [True, False])
def test_many_pages_of_rows_keep_every_row_and_their_order(
    rig: Rig, shell: Shell, readable: bool
) -> None:
    if not readable:
        denied = {"service": "s3", "op": "GetObject", "kind": "access_denied"}
        rig.faults([{**denied, "match": RESULTS}])
    day = date(2026, 10, 7)
    lines = [record(_noon(day), action="REJECT", srcport=1 + n) for n in range(2_500)]
    rig.put_keys(
        BUCKET, [Place("111122223333", "eu-west-1", day).folder + "more.log.gz"], log(*lines)
    )
    done = shell.run("run", "rejected_tcp", *_WINDOW, "--limit", "5000", "--format", "jsonl")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["srcport"] for row in rows] == list(range(1, 2_501))
    pages = len(rig.journal(service="athena", op="GetQueryResults"))
    assert pages == 1 if readable else pages >= 3


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_packaged_query_gives_the_same_rows_as_the_local_engine(
    rig: Rig, tmp_path: Path, seed: int
) -> None:
    logs = tmp_path / "logs"
    generate(logs, until=date(2026, 10, 8), days=3, records=2_000, seed=seed)
    (tmp_path / "aws").mkdir()
    (tmp_path / "laptop").mkdir()
    rig.settings(queue_polls=0)
    rig.load_tree(BUCKET, str(logs))
    configured(tmp_path / "aws", rig)
    Shell(tmp_path / "laptop").run("init", str(logs))
    window = {"since": "2026-10-05T03:00:00Z", "until": "2026-10-07T12:30:00Z"}
    with pointed_at(rig):
        clients = [
            Client(config_path=tmp_path / name / "flowathena.toml") for name in ("aws", "laptop")
        ]
        for client in clients:
            client.partitions.sync(everything=True)
        with ThreadPoolExecutor(len(_QUERIES)) as pool:  # most of it is waiting
            aws, laptop = (
                pool.map(lambda query, client=client: client.run(query, **window).data, _QUERIES)
                for client in clients
            )
            for query, rows, expected in zip(_QUERIES, aws, laptop, strict=True):
                assert rows, query
                assert rows == expected, query


def test_ctrl_c_and_sigterm_cancel_the_query_and_say_so(rig: Rig, shell: Shell) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        rig.settings(query_seconds=60)
        process = subprocess.Popen(
            shell.command("run", "ssh_rejects", *_WINDOW),
            cwd=shell.folder,
            env=shell.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: rig.journal("athena", "GetQueryExecution"), process)
        process.send_signal(number)
        out, err = process.communicate()
        query = rig.journal(service="athena", op="StopQueryExecution")[-1]["params"]
        execution = rig.client("athena").get_query_execution(**query)["QueryExecution"]
        assert execution["Status"]["State"] == "CANCELLED"
        assert (process.returncode, out) == (130, "")
        assert err.startswith(f"error: interrupted: query {execution['QueryExecutionId']} is")
        assert "CANCELLED" in err
        assert len(err.splitlines()) == 1
        rig.clear_journal()


@left_to_slow
def test_ctrl_c_on_a_terminal_takes_the_line_of_progress_away(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=60)
    shown = run_on_terminal(shell, "run", "ssh_rejects", *_WINDOW, interrupt_at="0:00:01")
    assert shown.code == 130
    assert "RUNNING" in shown.raw
    line, end = shown.screen
    assert line.startswith("error: interrupted: query ")
    assert "CANCELLED" in line
    assert end == ""


def test_a_result_file_appears_whole_or_not_at_all(rig: Rig, shell: Shell) -> None:
    target = shell.folder / "rows.csv"
    target.write_text("before")
    rig.faults([{"service": "athena", "op": "GetQueryResults", "kind": "access_denied"}])
    shell.refused("run", "ssh_rejects", *_WINDOW, "-o", "rows.csv", code=1)
    assert target.read_text() == "before"
    rig.clear_faults()
    shell.run("run", "top_https_servers", *_WINDOW, "-o", "rows.csv")
    assert target.read_text().splitlines() == [
        "dstaddr,packets,bytes,flows,clients",
        "10.0.0.5,84,5040,28,1",
    ]


def test_a_result_that_cannot_be_written_is_named_where_it_is_kept(shell: Shell) -> None:
    line = shell.refused("run", "ssh_rejects", *_WINDOW, "-o", "/dev/full", code=1)
    assert line.startswith("error: cannot write /dev/full: No space left on device; query ")
    told = re.search(r"query (\S+) SUCCEEDED, 'flowathena results (\S+) -t prod' fetches", line)
    assert told
    assert told[1] == told[2]
    shell.run("results", told[1], "-t", "prod", "-o", "rows.csv")


@pytest.mark.asks_no_query
def test_a_destination_that_cannot_be_is_refused_before_the_query_is_paid_for(
    rig: Rig, shell: Shell
) -> None:
    for path in (".", "missing/rows.csv"):
        assert "cannot write" in shell.refused("run", "ssh_rejects", *_WINDOW, "-o", path)
    assert not rig.journal(service="athena", op="StartQueryExecution")
