"""``partitions sync --archive --rollup`` in Athena: the view has the same rows, whatever fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.cli.archive_work import SyncingAndMore, choose_steps
from flowathena.cli.options import Via
from flowathena.cli.partition_work import Syncing
from flowathena.partitions.repair import Repairs
from flowathena.result.result import Progress
from tests.aws import pointed_at
from tests.portion import left_to_slow
from tests.recent import CLOSED_DAYS, FILES, PARTITIONS, RECORDS, RIGHT
from tests.rig.client import Rig
from tests.shell import Shell
from tests.test_aws_rollup import ARCHIVE, rows, text, with_archive

pytestmark = pytest.mark.rig

DAYS = [str(day) for day in CLOSED_DAYS]
NIGHTLY = ("partitions", "sync", "--archive", "--rollup", "--format", "json")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A target with an archive and its views; three days of its logs are closed, one is not."""
    shell = with_archive(rig, tmp_path, FILES)
    shell.run("partitions", "sync")
    shell.run("view", "create")
    return shell


def statements(rig: Rig) -> list[str]:
    """What Athena was asked for, in its order."""
    started = rig.journal("athena", "StartQueryExecution")
    return [each["params"]["QueryString"] for each in started]


def writes(rig: Rig) -> list[str]:
    reads = ("Get", "List", "Head", "BatchGet")
    return [each["op"] for each in rig.journal() if not each["op"].startswith(reads)]


def test_the_view_has_the_same_rows_before_and_after_and_a_second_run_changes_nothing(
    rig: Rig, shell: Shell
) -> None:
    assert rows(rig, shell) == RIGHT
    rig.clear_journal()
    done = shell.run(*NIGHTLY)
    assert (done.json["archive"]["moved"], done.json["archive"]["written"]) == (DAYS, PARTITIONS)
    assert (done.json["rollup"]["written"], done.json["rollup"]["flows"]) == (DAYS, RECORDS)
    (rolled,) = (each for each in statements(rig) if "UNLOAD" in each and "/rollup/" in each)
    assert '"vpc_flow_logs_archive"' in rolled  # which is there by then
    assert f"BETWEEN '{DAYS[0]}' AND '{DAYS[-1]}'" in text(rig, shell)
    assert rows(rig, shell) == RIGHT
    rig.clear_journal()
    again = shell.run(*NIGHTLY).json
    assert (again["archive"]["written"], again["rollup"]["written"]) == (0, [])
    assert writes(rig) == []
    told = shell.run(*NIGHTLY, "--dry-run").json
    assert (told["archive"]["due_partitions"], told["rollup"]["due_days"]) == (0, 0)
    assert writes(rig) == []


def test_a_dry_run_asks_athena_for_nothing(rig: Rig, shell: Shell) -> None:
    rig.clear_journal()
    told = shell.run(*NIGHTLY, "--dry-run").json
    assert (told["archive"]["due_partitions"], told["rollup"]["due_days"]) == (PARTITIONS, 3)
    assert writes(rig) == []
    assert "Contents" not in rig.client("s3").list_objects_v2(Bucket=ARCHIVE)


@left_to_slow
def test_an_archive_that_is_refused_leaves_the_rollup_and_the_next_run_archives(
    rig: Rig, shell: Shell
) -> None:
    denied = {"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}
    rig.faults([{**denied, "times": 1}])
    done = shell.run(*NIGHTLY, code=4)
    assert len(done.json["archive"]["left"]) == PARTITIONS
    assert done.json["rollup"]["moved"] == DAYS
    assert "6 partitions left, read from their logs as before" in done.err
    assert "rolled up 3 days" in done.err
    assert rows(rig, shell) == RIGHT
    rig.clear_faults()
    done = shell.run(*NIGHTLY)
    assert (done.json["archive"]["moved"], done.json["rollup"]["written"]) == (DAYS, [])
    assert rows(rig, shell) == RIGHT


@left_to_slow
def test_a_rollup_that_is_refused_leaves_the_archive(rig: Rig, shell: Shell) -> None:
    denied = {"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}
    rig.faults([{**denied, "match": "/flows/rollup/"}])
    done = shell.run("schedule", "run", "--archive", "--rollup", "--format", "json", code=4)
    sync, archive, rollup = done.json["tasks"]
    assert [each["state"] for each in (sync, archive, rollup)] == ["done", "done", "failed"]
    assert (archive["moved"], rollup["left"]) == (DAYS, DAYS)
    (line,) = (each for each in done.err.splitlines() if each.startswith("error: "))
    assert line.startswith("error: rollup: failed: Athena: StartQueryExecution: AccessDenied")
    assert rows(rig, shell) == RIGHT
    rig.clear_faults()
    shell.run("schedule", "run", "--archive", "--rollup")
    assert rows(rig, shell) == RIGHT


class Hand:
    """Presses Ctrl-C while the statement with a number is running."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen: list[str] = []

    def watch(self, _what: str, _done: int, _total: int) -> None:
        """Partitions are not what it waits for."""

    def listen(self, progress: Progress) -> None:
        if progress.query_id not in self.seen:
            self.seen.append(progress.query_id)
        if len(self.seen) == self.number:
            raise KeyboardInterrupt

    def sleep(self, _seconds: float) -> None:
        """Nobody waits."""


@left_to_slow
@pytest.mark.parametrize(
    ("number", "archived", "rolled_up"),
    [(2, [], None), (5, DAYS, [])],  # of three that archive, and three that roll up
)
def test_what_was_done_before_an_interrupt_is_told_and_the_next_run_completes(
    rig: Rig, shell: Shell, number: int, archived: list[str], rolled_up: list[str] | None
) -> None:
    selection: Any = {"since": None, "until": None, "everything": False}
    selection |= {"account": None, "region": None, "ahead": 0}
    syncing = Syncing(selection=selection, via=Via.GLUE, repairs=Repairs(), create=True)
    work = SyncingAndMore(syncing, choose_steps(archive=True, rollup=True))
    with pointed_at(rig):
        flows = Client(config_path=shell.folder / "flowathena.toml")
        with pytest.raises(KeyboardInterrupt, match="is CANCELLED") as caught:
            work.do(flows, Hand(number))
    done = work.partial(caught.value)
    assert done
    told = json.loads(json.dumps(work.to_json(done), default=str))
    assert (told["existed"] + told["added"], told["archive"]["moved"]) == (0, archived)
    assert (told["rollup"] and told["rollup"]["moved"]) == rolled_up
    assert rows(rig, shell) == RIGHT
    done_then = shell.run(*NIGHTLY).json
    assert done_then["rollup"]["moved"] == DAYS
    assert rows(rig, shell) == RIGHT
