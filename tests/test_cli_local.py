"""What a new user does, on a folder: sample, init, plan, sync, list, run; by the real command."""

from pathlib import Path

import pytest

from tests.shell import Shell

WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Three days of sample logs with a target for them, nothing registered."""
    shell = Shell(tmp_path_factory.mktemp("journey"))
    made = shell.run("sample", "logs", "--days", "3", "--records", "6000", "--until", "2026-11-04")
    assert made.out.startswith("6000 records in ")
    assert "2026-11-01 to 2026-11-03" in made.out
    assert made.err == ""
    done = shell.run("init", "./logs")
    assert "wrote target 'local'" in done.err
    return shell


@pytest.fixture(scope="module")
def synced(shell: Shell) -> Shell:
    shell.run("partitions", "sync", "--all")
    return shell


def test_plan_sync_and_plan_again(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--days", "2", "--records", "1000", "--until", "2026-11-03")
    shell.run("init", "logs")
    plan = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert len(plan["add"]) == 2 * 2 * 2  # accounts, Regions, days
    assert not (tmp_path / "logs" / ".flowathena").exists()

    first = shell.run("partitions", "sync", *WINDOW, "--format", "json").json
    assert (first["added"], first["existed"], first["failed"]) == (8, 0, [])
    second = shell.run("partitions", "sync", *WINDOW, "--format", "json").json
    assert (second["added"], second["existed"], second["failed"]) == (0, 0, [])

    after = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert (after["add"], after["relocate"], after["stale"], after["keep"]) == ([], [], [], 8)
    listed = shell.run("partitions", "list", *WINDOW, "--format", "json").json
    assert listed == plan["add"]


def test_every_record_of_the_sample_is_read(synced: Shell) -> None:
    records = synced.run(
        "run", "preview", *WINDOW, "--limit", "10000", "--format", "jsonl"
    ).out.splitlines()
    assert len(records) == 6000


@pytest.mark.parametrize("query", ["ssh_rejects", "top_https_servers", "top_rejected_sources"])
def test_the_sample_has_something_to_show(synced: Shell, query: str) -> None:
    done = synced.run("run", query, *WINDOW, "--format", "json")
    assert done.json
    assert f"{len(done.json)} rows" in done.err
    assert "warning" not in done.err


def test_a_run_without_sync_says_what_to_do(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--days", "1", "--records", "100", "--until", "2026-11-02")
    shell.run("init", "./logs")
    line = shell.refused("run", "preview", *WINDOW, code=1)
    assert "flowathena.vpc_flow_logs does not exist" in line
    assert "'flowathena partitions sync -t local'" in line


def test_sample_refuses_a_folder_with_logs_of_someone(tmp_path: Path) -> None:
    mine = tmp_path / "logs" / "AWSLogs" / "111122223333"
    mine.mkdir(parents=True)
    (mine / "mine.txt").write_text("mine")
    line = Shell(tmp_path).refused("sample", "logs", "--until", "2026-11-02")
    assert line.startswith("error: ")
    assert (mine / "mine.txt").read_text() == "mine"
