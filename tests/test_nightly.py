"""``partitions sync --archive --rollup`` and ``schedule run`` on this machine."""

import json
from pathlib import Path

import pytest

from flowathena.cli.archive_work import SyncingAndMore, choose_steps
from flowathena.cli.options import Via
from flowathena.cli.partition_work import Syncing
from flowathena.client import Client
from flowathena.partitions.repair import Repairs
from flowathena.result.result import Progress
from tests.cases import write_project
from tests.portion import left_to_slow
from tests.recent import CLOSED, CLOSED_DAYS, FILES, PARTITIONS, RECORDS, files_below
from tests.shell import Shell
from tests.test_rollup import rows

DAYS = [str(day) for day in CLOSED_DAYS]
SYNC = ("partitions", "sync")
JSON = ("--format", "json")
NEWER = {"version": 99, "run": "x", "partitions": []}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Logs of three closed days and an open one, nothing of them registered."""
    write_project(tmp_path, *FILES)
    config = tmp_path / "flowathena.toml"
    config.write_text(f'{config.read_text()}archive_location = "archive"\n')
    return Shell(tmp_path)


def damage_archive(shell: Shell) -> None:
    """An archive that this release cannot read, of which no day is read yet."""
    folder = shell.folder / "archive" / "_manifests"
    folder.mkdir(parents=True)
    (folder / "20260101T000000Z-0f1e2d3c.json").write_text(json.dumps(NEWER))


def test_a_sync_archives_and_rolls_up_and_a_second_changes_nothing(shell: Shell) -> None:
    done = shell.run(*SYNC, "--archive", "--rollup", *JSON)
    assert (done.json["added"], done.json["archive"]["written"]) == (PARTITIONS + 2, PARTITIONS)
    assert (done.json["archive"]["moved"], done.json["archive"]["rows"]) == (DAYS, RECORDS + 6)
    assert (done.json["rollup"]["written"], done.json["rollup"]["flows"]) == (DAYS, RECORDS)
    told = done.err.splitlines()
    (archived,) = (n for n, line in enumerate(told) if line.startswith("archived 6 partitions: "))
    (rolled,) = (n for n, line in enumerate(told) if line.startswith("rolled up 3 days: "))
    assert archived < rolled
    assert rows(shell.folder) == CLOSED
    before = files_below(shell.folder)
    again = shell.run(*SYNC, "--archive", "--rollup", *JSON)
    assert (again.json["archive"]["written"], again.json["rollup"]["written"]) == (0, [])
    assert "nothing to archive" in again.err
    assert "nothing to roll up" in again.err
    after = files_below(shell.folder)
    assert {each for each in after if each.endswith((".parquet", ".json"))} == {
        each for each in before if each.endswith((".parquet", ".json"))
    }
    assert rows(shell.folder) == CLOSED


@left_to_slow
def test_either_goes_without_the_other(shell: Shell) -> None:
    rolled = shell.run(*SYNC, "--rollup", *JSON).json
    assert rolled["rollup"]["written"] == DAYS
    assert "archive" not in rolled
    assert rows(shell.folder) == CLOSED
    archived = shell.run(*SYNC, "--archive", *JSON).json
    assert archived["archive"]["moved"] == DAYS
    assert "rollup" not in archived


@left_to_slow
def test_a_schedule_archives_and_rolls_up(shell: Shell) -> None:
    done = shell.run("schedule", "run", "--since", "8d", "--archive", "--rollup", *JSON)
    sync, archive, rollup = done.json["tasks"]
    assert [each["task"] for each in (sync, archive, rollup)] == ["sync", "archive", "rollup"]
    assert [each["state"] for each in (sync, archive, rollup)] == ["done"] * 3
    assert (archive["moved"], rollup["written"], rollup["flows"]) == (DAYS, DAYS, RECORDS)
    assert "rollup: done" in done.err.splitlines()
    assert rows(shell.folder) == CLOSED
    alone = shell.run("schedule", "run", "--rollup", *JSON).json["tasks"]
    assert [(each["task"], each["state"]) for each in alone] == [
        ("sync", "done"),
        ("rollup", "done"),
    ]
    assert alone[1]["written"] == []


def test_a_dry_run_shows_all_and_changes_nothing(shell: Shell) -> None:
    shell.run(*SYNC)
    late = FILES[0]
    (shell.folder / "logs" / late.key).unlink()
    shell.run(*SYNC, "--prune", "--max-drop", "100")
    late.write(shell.folder / "logs")  # one partition to add again
    before = files_below(shell.folder)
    done = shell.run(*SYNC, "--archive", "--rollup", "--dry-run")
    assert files_below(shell.folder) == before
    assert "add 1," in done.err
    assert f"archive: {PARTITIONS - 1} partitions of 3 days to write, " in done.err
    assert "rollup: 3 days to roll up, " in done.err
    told = shell.run(*SYNC, "--archive", "--rollup", "--dry-run", *JSON).json
    assert (len(told["add"]), told["archive"]["due_partitions"]) == (1, PARTITIONS - 1)
    assert told["rollup"]["due_days"] == 3
    shell.run(*SYNC, "--archive", "--rollup")
    done = shell.run(*SYNC, "--archive", "--rollup", "--dry-run")
    assert "archive: nothing to archive: " in done.err
    assert "rollup: nothing to roll up: 3 days rolled up" in done.err


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_an_archive_that_fails_leaves_the_rollup_and_is_told(shell: Shell, more: list[str]) -> None:
    shell.run(*SYNC)
    damage_archive(shell)
    done = shell.run(*SYNC, "--archive", "--rollup", *more, *JSON, code=4)
    assert "is of a newer release of flowathena" in done.json["archive"]["error"]
    assert f"error: archive: {done.json['archive']['error']}" in done.err.splitlines()
    assert "error" not in done.json["rollup"]
    assert done.json["add" if more else "added"] == ([] if more else 0)
    assert rows(shell.folder) == ({} if more else CLOSED)


@left_to_slow
def test_a_day_that_fails_leaves_the_others_of_both(shell: Shell) -> None:
    damaged = shell.folder / "logs" / FILES[0].key
    damaged.write_bytes(FILES[0].content()[:-20])
    done = shell.run(*SYNC, "--archive", "--rollup", *JSON, code=4)
    assert done.json["archive"]["moved"] == done.json["rollup"]["moved"] == DAYS[1:]
    assert [len(done.json[each]["failed"]) for each in ("archive", "rollup")] == [1, 1]
    assert rows(shell.folder) == {day: own for day, own in CLOSED.items() if day != DAYS[0]}
    FILES[0].write(shell.folder / "logs")
    shell.run(*SYNC, "--archive", "--rollup")
    assert rows(shell.folder) == CLOSED


class Hand:
    """Presses Ctrl-C once so many folders were measured."""

    def __init__(self, left: int) -> None:
        self.left = left

    def watch(self, what: str, _done: int, _total: int) -> None:
        self.left -= what == "measured"
        if self.left < 0:
            raise KeyboardInterrupt("terminated")

    def listen(self, _progress: Progress) -> None:
        """Nothing of Athena runs here."""

    def sleep(self, _seconds: float) -> None:
        """Nobody waits."""


@left_to_slow
@pytest.mark.parametrize(("measured", "ended"), [(0, []), (PARTITIONS + 2, ["archive"])])
def test_what_was_done_before_an_interrupt_is_told(
    shell: Shell, measured: int, ended: list[str]
) -> None:
    selection = {"since": None, "until": None, "everything": False, "account": None}
    syncing = Syncing(
        selection={**selection, "region": None, "ahead": 0},  # type: ignore[typeddict-item] # it is
        via=Via.GLUE,
        repairs=Repairs(),
        create=True,
    )
    work = SyncingAndMore(syncing, choose_steps(archive=True, rollup=True))
    flows = Client("local", config_path=shell.folder / "flowathena.toml")
    with pytest.raises(KeyboardInterrupt, match="terminated") as caught:
        work.do(flows, Hand(measured))
    done = work.partial(caught.value)
    assert done
    assert done.synced.is_complete
    told = json.loads(json.dumps(work.to_json(done), default=str))
    assert told["added"] == PARTITIONS + 2
    assert [name for name in ("archive", "rollup") if told[name]] == ended
    shell.run(*SYNC, "--archive", "--rollup")
    assert rows(shell.folder) == CLOSED


@left_to_slow
def test_of_several_targets_each_is_archived_and_rolled_up(shell: Shell) -> None:
    config = shell.folder / "flowathena.toml"
    other = '[targets.other]\nlocation = "./logs"\narchive_location = "second"\n'
    config.write_text(f"{config.read_text()}{other}")
    done = shell.run(*SYNC, "-t", "*", "--archive", "--rollup", *JSON).json
    counts = [each["counts"] for each in done["targets"]]
    assert [(each["archived"], each["rolled_up"]) for each in counts] == [(3, 3), (3, 3)]
    config.write_text(config.read_text().replace('archive_location = "second"\n', ""))
    done = shell.run(*SYNC, "-t", "*", "--archive", "--rollup", *JSON, code=2).json
    assert [each["exit_code"] for each in done["targets"]] == [0, 2]
    assert "has no archive_location to write into" in done["targets"][1]["error"]


def test_a_target_without_an_archive_is_refused(shell: Shell) -> None:
    config = shell.folder / "flowathena.toml"
    config.write_text(config.read_text().replace('archive_location = "archive"\n', ""))
    before = files_below(shell.folder)
    for words in (SYNC, (*SYNC, "--dry-run"), ("schedule", "run"), ("schedule", "cron")):
        for step in ("--archive", "--rollup"):
            assert shell.refused(*words, step) == (
                f"error: {step}: target 'local' has no archive_location to write into"
            )
    assert files_below(shell.folder) == before
