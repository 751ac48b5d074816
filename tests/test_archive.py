"""The archive of a folder, from the command line: what goes right, and what may go wrong."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from flowathena import Client
from flowathena.archive.place import FolderPlace, read_manifests
from tests.archives import ACCOUNTS, DAYS, WINDOW, Laptop, make, rows
from tests.portion import left_to_slow

ROWS = rows(10, 20, 30)
DAY_TEXTS = [str(day) for day in DAYS]


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return make(tmp_path / "here")


def parquet_files(laptop: Laptop) -> list[Path]:
    return sorted(laptop.archive.rglob("*.parquet"))


def test_closed_days_are_archived_and_read_from_there(laptop: Laptop) -> None:
    assert laptop.rows() == ROWS
    planned = laptop.shell.run("archive", "plan", "--all", "--exit-code", code=3)
    assert "6 partitions of 3 days to write" in planned.err
    done = laptop.run()
    assert (done["written"], done["rows"], done["failed"]) == (6, 120, [])
    assert done["moved"] == DAY_TEXTS
    assert laptop.states() == dict.fromkeys(DAY_TEXTS, "archived")
    shutil.move(laptop.folder / "logs" / "AWSLogs", laptop.folder / "elsewhere")
    assert laptop.rows() == ROWS
    laptop.shell.run("archive", "plan", "--all", "--exit-code")
    assert laptop.run()["written"] == 0


def test_a_day_is_closed_two_days_after_its_end(laptop: Laptop) -> None:
    def states(now: datetime) -> list[str]:
        client = Client(config_path=laptop.folder / "flowathena.toml", clock=lambda: now)
        return [each.state for each in client.archive.plan(everything=True).days]

    assert states(datetime(2026, 10, 4, tzinfo=UTC)) == ["logs", "open", "open"]
    assert states(datetime(2026, 10, 3, 23, 59, 59, tzinfo=UTC)) == ["open"] * 3


def test_the_default_window_is_35_days(laptop: Laptop) -> None:
    now = datetime(2026, 11, 6, 12, tzinfo=UTC)
    client = Client(config_path=laptop.folder / "flowathena.toml", clock=lambda: now)
    assert [str(each.day) for each in client.archive.plan().days] == DAY_TEXTS[1:]


def test_late_logs_are_found_and_their_partition_written_anew(laptop: Laptop) -> None:
    laptop.run()
    before = set(laptop.files())
    laptop.put(ACCOUNTS[0], DAYS[1], 1, name="beef")
    assert laptop.states()[DAY_TEXTS[1]] == "grown"
    assert laptop.rows() == ROWS, "what came late is read when it is archived"
    done = laptop.run()
    assert (done["written"], done["rows"], done["moved"]) == (1, 21, [])
    assert [each["flows"] for each in laptop.rows()] == [20, 41, 60]  # type: ignore[attr-defined]
    assert before < set(laptop.files()), "a query may be reading the former files"


@left_to_slow
def test_what_is_replaced_is_removed_a_day_later_and_never_mentioned_again(laptop: Laptop) -> None:
    laptop.run()
    (replaced,) = [each for each in laptop.files() if ACCOUNTS[0] in each and DAY_TEXTS[1] in each]
    laptop.put(ACCOUNTS[0], DAYS[1], 1, name="beef")
    laptop.run()
    later = datetime.now(UTC) + timedelta(days=1, minutes=1)
    client = Client(config_path=laptop.folder / "flowathena.toml", clock=lambda: later)
    (leftover,) = client.archive.plan(everything=True).leftovers
    assert leftover.to_json()["folder"] == str(Path(replaced).parent) + "/"
    assert client.archive.run(everything=True).removed == [leftover]
    assert replaced not in laptop.files()
    assert client.archive.plan(everything=True).is_done
    assert laptop.shell.run("archive", "verify", "--all").err == "6 partitions as written\n"


@left_to_slow
def test_again_writes_anew_what_has_all_its_logs(laptop: Laptop) -> None:
    laptop.run()
    first = set(laptop.files())
    laptop.log(ACCOUNTS[0], DAYS[0]).unlink()
    done = laptop.run("--again")
    assert (done["written"], done["rows"], done["moved"]) == (5, 110, [])
    assert laptop.rows() == ROWS
    assert first < set(laptop.files())


def test_logs_that_are_gone_are_read_from_the_archive(laptop: Laptop) -> None:
    laptop.run()
    shutil.rmtree(laptop.folder / "logs" / "AWSLogs")
    assert laptop.rows() == ROWS
    assert laptop.states() == dict.fromkeys(DAY_TEXTS, "archived")
    found = laptop.shell.run("archive", "verify", "--all", "--format", "json").json["partitions"]
    assert [(each["against"], each["different"]) for each in found] == [("manifest", [])] * 6
    assert laptop.run("--again")["written"] == 0


def test_a_damaged_log_keeps_its_day_with_its_logs_and_no_other(laptop: Laptop) -> None:
    damaged = laptop.log(ACCOUNTS[1], DAYS[1])
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    ran = laptop.shell.run("archive", "run", "--all", "--yes", code=4)
    line = f"error: {ACCOUNTS[1]} eu-west-1 2026-10-02: damaged log file: {damaged}: "
    assert [each for each in ran.err.splitlines() if each.startswith(line)]
    assert "--skip-bad-files" not in ran.err
    assert laptop.states() == {
        "2026-10-01": "archived",
        "2026-10-02": "logs",
        DAY_TEXTS[2]: "archived",
    }
    damaged.write_bytes(whole)
    assert laptop.rows() == ROWS
    done = laptop.run()
    assert (done["written"], done["moved"]) == (1, ["2026-10-02"])
    assert laptop.rows() == ROWS


def test_of_damaged_logs_alone_nothing_is_written(laptop: Laptop) -> None:
    for day in DAYS:
        for account in ACCOUNTS:
            laptop.log(account, day).write_bytes(b"\x1f\x8b\x08 no gzip")
    ran = laptop.shell.run("archive", "run", "--all", "--yes", code=1)
    assert ran.err.count("damaged log file") == 6
    assert laptop.files() == []


def test_a_damaged_file_of_the_archive_is_named(laptop: Laptop) -> None:
    laptop.run()
    file = parquet_files(laptop)[0]
    content = bytearray(file.read_bytes())
    content[40:-200] = bytes(len(content) - 240)
    file.write_bytes(content)
    failed = laptop.shell.run(
        "sql", "SELECT count(DISTINCT srcaddr) AS n FROM flow_logs", *WINDOW, code=1
    )
    assert str(file) in failed.err
    verified = laptop.shell.run("archive", "verify", "--all", code=3)
    assert "5 partitions as written" in verified.err
    assert f"{ACCOUNTS[0]} eu-west-1 2026-10-01 differs" in verified.err
    assert str(file.parent) in verified.err
    laptop.run("--again")
    assert laptop.rows() == ROWS
    laptop.shell.run("archive", "verify", "--all")


@pytest.mark.few(1)
@pytest.mark.parametrize("place", [0, -1])
def test_a_file_of_other_types_spoils_no_other(laptop: Laptop, place: int) -> None:
    """Read together, the first one's types would be those of all."""
    laptop.run()
    file = parquet_files(laptop)[place]
    other = laptop.folder / "other.parquet"
    columns = "SELECT * REPLACE (CAST(packets AS VARCHAR) AS packets)"
    duckdb.execute(f"COPY ({columns} FROM '{file}') TO '{other}' (FORMAT parquet)")
    other.replace(file)
    verified = laptop.shell.run("archive", "verify", "--all", "--format", "json", code=3)
    wrong = [each["partition"] for each in verified.json["partitions"] if each["different"]]
    account, day = (ACCOUNTS[place], DAYS[place])
    assert wrong == [f"{account} eu-west-1 {day}"]


@left_to_slow
def test_a_missing_file_of_the_archive_is_told(laptop: Laptop) -> None:
    laptop.run()
    file = parquet_files(laptop)[0]
    shutil.rmtree(file.parent)
    ran = laptop.shell.run("sql", "SELECT count(*) AS n FROM flow_logs", *WINDOW)
    assert str(file.parent) in ran.err
    verified = laptop.shell.run("archive", "verify", "--all", "--format", "json", code=3)
    wrong = [each for each in verified.json["partitions"] if each["different"]]
    assert [each["partition"] for each in wrong] == [f"{ACCOUNTS[0]} eu-west-1 2026-10-01"]
    assert wrong[0]["different"][:3] == [
        "rows (10, not 0)",
        "packets (30, not 0)",
        "bytes (1,800, not 0)",
    ]
    laptop.run("--again")
    assert laptop.rows() == ROWS


@left_to_slow
def test_a_folder_may_be_moved_with_its_archive(laptop: Laptop, tmp_path: Path) -> None:
    laptop.run()
    there = tmp_path / "there"
    shutil.move(laptop.folder, there)
    shutil.rmtree(there / "logs" / "AWSLogs")
    moved = Laptop(laptop.shell.__class__(there))
    assert moved.rows() == ROWS
    assert moved.states() == dict.fromkeys(DAY_TEXTS, "archived")
    assert moved.shell.run("archive", "verify", "--all").err == (
        "6 partitions as written, 6 of them without their logs\n"
    )


@left_to_slow
def test_a_damaged_manifest_counts_as_none(laptop: Laptop) -> None:
    laptop.run()
    (manifest,) = (laptop.archive / "_manifests").iterdir()
    manifest.write_text("{")
    planned = laptop.shell.run("archive", "plan", "--all")
    assert f"warning: {manifest} is no manifest of an archive" in planned.err
    assert laptop.rows() == ROWS
    assert laptop.run()["written"] == 6
    assert laptop.rows() == ROWS
    manifest.write_text('{"version": 2, "run": "x", "partitions": []}')
    assert "newer release" in laptop.shell.refused("archive", "plan", "--all", code=1)


def test_days_that_cannot_be_read_are_written_anew_by_a_run(laptop: Laptop) -> None:
    laptop.run()
    with sqlite3.connect(laptop.archive / ".flowathena" / "catalog.sqlite") as connection:
        connection.execute(
            "UPDATE tables SET definition = replace(definition, '2026-10-01/', '1st to ')"
        )
    connection.close()
    refused = laptop.shell.refused("sql", "SELECT 1 AS x FROM flow_logs", *WINDOW, code=1)
    assert "'flowathena archive run -t local' writes it anew" in refused
    done = laptop.run()
    assert (done["written"], done["moved"]) == (0, DAY_TEXTS)
    assert laptop.rows() == ROWS


@left_to_slow
def test_two_runs_at_once_archive_everything_once(laptop: Laptop) -> None:
    both = [laptop.shell.start("archive", "run", "--all", "--yes") for _ in range(2)]
    ended = [(each.communicate(), each.returncode) for each in both]
    assert [code for _, code in ended] == [0, 0], ended
    assert laptop.rows() == ROWS
    assert laptop.states() == dict.fromkeys(DAY_TEXTS, "archived")
    later = datetime.now(UTC) + timedelta(days=2)
    Client(config_path=laptop.folder / "flowathena.toml", clock=lambda: later).archive.run(
        everything=True
    )
    assert len(parquet_files(laptop)) == 6
    assert laptop.rows() == ROWS


def limited(laptop: Laptop, most_bytes: int) -> "subprocess.CompletedProcess[str]":
    """An own process, whose files may have so many bytes."""
    own = {"PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "flowathena", "archive", "run", "--all", "--yes"],
        cwd=laptop.folder,
        env={**laptop.shell.environment(), **own},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_an_error_of_one_line(laptop: Laptop) -> None:
    laptop.archive.mkdir()
    laptop.archive.chmod(0o500)
    try:
        assert "read-only" in laptop.shell.refused("archive", "run", "--all", "--yes", code=1)
    finally:
        laptop.archive.chmod(0o700)


@left_to_slow
def test_a_full_disk_leaves_the_logs(laptop: Laptop) -> None:
    laptop.put(ACCOUNTS[0], DAYS[2], 30_000)
    done = limited(laptop, 50_000)  # the catalog fits, and the other Parquet files
    assert done.returncode == 1, done.stderr
    assert "partitions left, read from their logs as before" in done.stderr
    assert "Traceback" not in done.stderr
    assert laptop.states() == dict.fromkeys(DAY_TEXTS, "logs")
    assert laptop.files() == []


def test_manifests_are_read_back_as_they_were_written(laptop: Laptop) -> None:
    laptop.run()
    manifests, wrong = read_manifests(FolderPlace(laptop.archive))
    assert wrong == []
    (manifest,) = manifests
    entries = {each.values: each for each in manifest.partitions}
    assert len(entries) == 6
    one = entries[ACCOUNTS[0], "eu-west-1", "2026-10-02"]
    assert (one.rows, one.packets, one.bytes, one.log_files) == (20, 60, 3600, 1)
    assert one.log_bytes == laptop.log(ACCOUNTS[0], DAYS[1]).stat().st_size
    (file,) = Path(one.location).iterdir()
    assert one.size_bytes == file.stat().st_size
