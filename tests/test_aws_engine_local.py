"""``--engine local``: DuckDB over the objects that Athena would read, fetched and kept."""

import gzip
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.cli import delivery, terminal
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

pytestmark = pytest.mark.rig

_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-04")
_DAYS = [date(2026, 10, n) for n in (1, 2, 3)]
_KEYS = {day: Place("111122223333", "eu-west-1", day).key for day in _DAYS}
_OF_PATHS = (
    "SELECT day, aws_account, aws_region, file, flow_log, delivery_time, count(*) AS n "
    "FROM flow_logs GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1"
)


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """Three days: day n has n records, on port 22 they are rejected."""
    create_bucket(rig, BUCKET)
    for number, (day, key) in enumerate(_KEYS.items(), start=1):
        refused = record(_noon(day), dstport=22, action="REJECT")
        rig.put_keys(BUCKET, [key], log(*[record(_noon(day))] * number, refused))
    shell = configured(tmp_path, rig)
    shell = replace(
        shell, env={**shell.env, "FLOWATHENA_CACHE": str(tmp_path / "cache/flowathena")}
    )
    with pointed_at(rig):
        Client(config_path=tmp_path / "flowathena.toml").partitions.sync(everything=True)
    rig.clear_journal()
    return shell


@contextmanager
def kept_at(rig: Rig, shell: Shell) -> Iterator[None]:
    """Clients of this process fetch from the rig into the shell's cache."""
    with pointed_at(rig), pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWATHENA_CACHE", shell.env["FLOWATHENA_CACHE"])
        yield


def rows(shell: Shell, *args: str) -> object:
    return shell.run(*args, *_WINDOW, "--format", "json").json


def fetches(rig: Rig) -> list[str]:
    """The keys of the objects that were fetched since."""
    keys = sorted(call["params"]["Key"] for call in rig.journal("s3", "GetObject"))
    rig.clear_journal()
    return keys


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "query",
    [
        ("run", "top_https_servers"),
        ("run", "ssh_rejects"),
        ("run", "preview"),
        ("run", "records_per_partition"),
        ("sql", _OF_PATHS),
        ("sql", "SELECT count(*) AS n FROM flow_logs WHERE day = '2026-10-02'"),
    ],
    ids=lambda query: query[1][:20],
)
def test_the_rows_are_those_of_athena(rig: Rig, shell: Shell, query: tuple[str, ...]) -> None:
    expected = rows(shell, *query)
    rig.clear_journal()
    assert rows(shell, *query, "--engine", "local") == expected
    assert rig.journal("athena") == []


@pytest.mark.asks_no_query
def test_what_was_fetched_is_kept_until_it_changes(rig: Rig, shell: Shell) -> None:
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local")
    assert rows(shell, *local) == [{"n": 1 + 2 + 3 + 3}]
    assert fetches(rig) == sorted(_KEYS.values())
    done = shell.run(*local, *_WINDOW)
    assert "fetched 0 objects (0 B) from S3, 3 were there" in done.err
    assert fetches(rig) == []
    changed = _KEYS[_DAYS[0]]
    rig.put_keys(BUCKET, [changed], log(*[record(_noon(_DAYS[0]))] * 7))
    rig.client("s3").delete_object(Bucket=BUCKET, Key=_KEYS[_DAYS[1]])
    assert rows(shell, *local) == [{"n": 7 + 4}]
    assert fetches(rig) == [changed]


@pytest.mark.asks_no_query
def test_only_what_the_statement_reads_is_fetched(rig: Rig, shell: Shell) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs WHERE day = '2026-10-02'"
    assert rows(shell, "sql", sql, "--engine", "local") == [{"n": 3}]
    assert fetches(rig) == [_KEYS[_DAYS[1]]]


def test_both_windows_of_one_day_have_the_partitions_that_each_asks_for(
    rig: Rig, shell: Shell
) -> None:
    """The window and the one before are of one day; each of the two conditions keeps another."""
    window = ("--since", "2026-10-02T10:00", "--until", "2026-10-02T13:00")
    kept = "SELECT DISTINCT srcaddr FROM flow_logs_before WHERE aws_region = 'eu-central-1'"
    sql = f"SELECT count(*) AS n FROM flow_logs f LEFT JOIN ({kept}) b ON f.srcaddr = b.srcaddr"
    local = shell.run("sql", sql, *window, "--engine", "local", "--format", "json")
    assert local.json == [{"n": 3}]
    # The records of one day may lie in the folder of the next.
    assert fetches(rig) == [_KEYS[_DAYS[1]], _KEYS[_DAYS[2]]]
    assert shell.run("sql", sql, *window, "--format", "json").json == local.json


@pytest.mark.asks_no_query
@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_archived_objects_are_left_out(rig: Rig, shell: Shell, storage_class: str) -> None:
    archived = _KEYS[_DAYS[0]].replace("c0ffee", "1ced")
    rig.client("s3").put_object(
        Bucket=BUCKET,
        Key=archived,
        Body=log(record(_noon(_DAYS[0]))),
        StorageClass=storage_class,
    )
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local")
    done = shell.run(*local, *_WINDOW, "--format", "json")
    assert done.json == [{"n": 9}]
    told = f"left out 1 archived object (first: s3://{BUCKET}/{archived}), as Athena does"
    assert told in done.err
    assert fetches(rig) == sorted(_KEYS.values())
    assert shell.run(*local, *_WINDOW, "--estimate", "--format", "json").json["objects"] == 3


@pytest.mark.asks_no_query
def test_what_is_fetched_is_called_so(
    rig: Rig, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr(
        terminal, "progress", lambda state, detail, *_: lines.append((state, detail))
    )
    size = sum(each["Size"] for each in rig.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"])
    with kept_at(rig, shell):
        Client(config_path=shell.folder / "flowathena.toml").run(
            "ssh_rejects",
            since="2026-10-01",
            until="2026-10-04",
            engine="local",
            listener=delivery.show_progress,
        )
    fetching = [detail for state, detail in lines if state == "FETCHING"]
    assert fetching[-1] == f"100 %, {size} B fetched"
    assert not any("scanned" in each for each in fetching)


@pytest.mark.asks_no_query
def test_objects_of_other_flow_logs_are_not_fetched(rig: Rig, shell: Shell) -> None:
    own = "fl-0fedcba9876543210"
    key = _KEYS[_DAYS[1]].replace("fl-0123456789abcdef0", own)
    rig.put_keys(BUCKET, [key], log(record(_noon(_DAYS[1]))))
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local", "--flow-log", own)
    assert rows(shell, *local, "--estimate")["objects"] == 1  # type: ignore[index]
    assert fetches(rig) == []
    assert rows(shell, *local) == [{"n": 1}]
    assert fetches(rig) == [key]


@pytest.mark.asks_no_query
def test_objects_that_are_no_logs_by_their_names_are_told(rig: Rig, shell: Shell) -> None:
    notes = f"{_KEYS[_DAYS[1]].rpartition('/')[0]}/notes.txt"
    rig.put_keys(BUCKET, [notes], b"whose logs these are")
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local", *_WINDOW)
    done = shell.run(*local, "--format", "json")
    assert done.json == [{"n": 9}]
    assert f"ignored 1 file not named like a log (first: s3://{BUCKET}/{notes})" in done.err
    assert shell.run(*local, "--estimate", "--format", "json").json["objects"] == 3


@pytest.mark.asks_no_query
def test_a_run_that_listed_before_removes_nothing_of_a_later_one(rig: Rig, shell: Shell) -> None:
    """One run waits for its first object, meanwhile another fetches what came since."""
    new = _KEYS[_DAYS[1]].replace("c0ffee", "1a7e")

    def count() -> list[dict[str, object]]:
        flows = Client(config_path=shell.folder / "flowathena.toml")
        sql = "SELECT count(*) AS n FROM flow_logs"
        return flows.sql(sql, since="2026-10-01", until="2026-10-04", engine="local").rows()

    with kept_at(rig, shell), ThreadPoolExecutor(1) as pool:
        rig.faults([{"service": "s3", "op": "GetObject", "kind": "hold", "times": 1}])
        earlier = pool.submit(count)
        until(lambda: rig.held() or earlier.done())
        rig.put_keys(BUCKET, [new], log(record(_noon(_DAYS[1]))))
        assert count() == [{"n": 10}]
        rig.release()
        assert earlier.result() == [{"n": 9}]
        rig.clear_journal()
        assert count() == [{"n": 10}]
    assert fetches(rig) == []


@pytest.mark.asks_no_query
def test_the_size_of_what_is_kept_is_a_setting(shell: Shell) -> None:
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local")
    assert rows(shell, *local) == [{"n": 9}]
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    kept = list((shell.folder / "cache").rglob("*.gz"))
    for path in kept:
        os.utime(path, (long_ago, long_ago))
    few = replace(shell, env={**shell.env, "FLOWATHENA_CACHE_SIZE": "1"})
    one = "SELECT count(*) AS n FROM flow_logs WHERE day = '2026-10-02'"
    assert rows(few, "sql", one, "--engine", "local") == [{"n": 3}]
    assert [path.name for path in kept if path.exists()] == [Path(_KEYS[_DAYS[1]]).name]


@pytest.mark.asks_no_query
def test_a_damaged_object_is_named_as_such(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [_KEYS[_DAYS[0]]], b"\x1f\x8b\x08 damaged")
    args = ("run", "top_https_servers", *_WINDOW, "--engine", "local")
    name = f"s3://{BUCKET}/{_KEYS[_DAYS[0]]}"
    assert f"damaged log file: {name}: " in shell.refused(*args, code=1)
    done = shell.run(*args, "--skip-bad-files", "--format", "json")
    assert f"warning: skipped damaged file {name}: " in done.err
    assert [row["flows"] for row in done.json] == [2 + 3]


@pytest.mark.asks_no_query
def test_a_check_may_run_here(shell: Shell) -> None:
    args = ("check", "ssh_rejects", *_WINDOW, "--engine", "local", "--max-rows", "0")
    assert shell.run(*args, code=3).out.startswith("CRITICAL")


REFUSED = {
    ("--engine", "spark"): "engine: 'spark' is not one of athena, local",
    ("--engine", "athena", "--skip-bad-files"): "skip_bad_files is for the local engine",
    ("--skip-bad-files",): "skip_bad_files is for the local engine",
}


@pytest.mark.parametrize(("args", "reason"), REFUSED.items(), ids=lambda value: str(value)[:30])
@pytest.mark.asks_no_query
def test_an_engine_that_there_is_not(shell: Shell, args: tuple[str, ...], reason: str) -> None:
    assert reason in shell.refused("run", "ssh_rejects", *_WINDOW, *args, code=2)


@pytest.mark.asks_no_query
def test_a_denied_object_is_one_line(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied"}])
    told = shell.refused("run", "ssh_rejects", *_WINDOW, "--engine", "local", code=1)
    assert "access denied; s3:ListBucket and s3:GetObject are needed" in told


@pytest.mark.asks_no_query
def test_a_body_that_breaks_off_is_read_on(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "truncate_body", "times": 2}])
    local = ("sql", "SELECT count(*) AS n FROM flow_logs", "--engine", "local")
    assert rows(shell, *local) == [{"n": 9}]


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.asks_no_query
def test_an_interrupt_leaves_no_part_of_an_object(
    rig: Rig, shell: Shell, number: signal.Signals
) -> None:
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "hold", "times": 1}])
    process = subprocess.Popen(
        shell.command("run", "ssh_rejects", *_WINDOW, "--engine", "local"),
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(rig.held, process)
    process.send_signal(number)
    rig.release()
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err.startswith("error: interrupted")
    assert len(err.splitlines()) == 1
    for path in (shell.folder / "cache").rglob("*.gz"):
        assert gzip.decompress(path.read_bytes())
    shell.run("run", "ssh_rejects", *_WINDOW, "--engine", "local")  # fetches what has no tag
    kept = list((shell.folder / "cache").rglob("*.gz"))
    assert kept
    assert all(path.with_name(f".{path.name}.etag").is_file() for path in kept)
