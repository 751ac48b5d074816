"""Daily sums in Athena: written, read by the view, which is written anew as days move."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.aws.athena import Athena
from flowathena.catalog.views import read_view
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.cases import LogFile
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.rolled import ACCOUNTS, CLOSED, DAYS, FILES, OPEN, Row, expected, logs
from tests.shell import Shell

pytestmark = pytest.mark.rig

ARCHIVE = "archive-bucket"
NOW = datetime(2026, 10, 20, tzinfo=UTC)
EVERY = {**CLOSED, **expected(*(file for file in FILES if file.day == str(OPEN)))}
DAILY, READABLE = "network.vpc_flow_logs_daily", "network.vpc_flow_logs_readable"


def with_archive(rig: Rig, folder: Path, files: Iterable[LogFile]) -> Shell:
    """A target with log files in its bucket, and with a bucket to archive into."""
    create_bucket(rig, BUCKET)
    create_bucket(rig, ARCHIVE)
    for file in files:
        file.write(folder / "logs")
    rig.load_tree(BUCKET, folder / "logs")
    shell = configured(folder, rig)
    config = folder / "flowathena.toml"
    config.write_text(f'{config.read_text()}archive_location = "s3://{ARCHIVE}/flows/"\n')
    rig.settings(queue_polls=0)
    return shell


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A target with an archive and its views; four days of its logs are closed, one is not."""
    shell = with_archive(rig, tmp_path, FILES)
    with pointed_at(rig):
        flows = client(shell)
        flows.partitions.sync(everything=True)
        flows.views.create()
    return shell


def client(shell: Shell) -> Client:
    return Client(config_path=shell.folder / "flowathena.toml", clock=lambda: NOW)


def text(rig: Rig, shell: Shell, name: str = "vpc_flow_logs_daily") -> str:
    with pointed_at(rig):
        found = read_view(client(shell)._aws, "network", name)  # noqa: SLF001 - as Glue has it
    assert found is not None
    return found


def plain(value: object) -> object:
    """A time without the zone that all have."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def rows(rig: Rig, shell: Shell) -> dict[str, set[Row]]:
    """What the text of the view gives, by day; each row once."""
    names = "date, day, aws_account, aws_region, interface_id, srcaddr, dstaddr, dstport, protocol"
    sums = "action, protocol_name, packets, bytes, flows, first_start_time, last_start_time"
    sql = f"SELECT {names}, {sums} FROM (\n{text(rig, shell)}\n)"
    found: dict[str, list[Row]] = defaultdict(list)
    with pointed_at(rig):
        flows = client(shell)
        for batch in Athena(flows._aws, flows.target).execute(sql).batches():  # noqa: SLF001 - asked
            for moment, day, *row in batch:
                assert str(plain(moment)) == f"{day} 00:00:00"
                found[str(day)].append(tuple(map(plain, row)))
    assert all(len(own) == len(set(own)) for own in found.values())
    return {day: set(own) for day, own in found.items()}


def test_the_view_has_the_same_rows_before_and_after(rig: Rig, shell: Shell) -> None:
    assert rows(rig, shell) == EVERY
    with pointed_at(rig):
        done = client(shell).archive.rollup.run(everything=True)
        assert (done.failures, done.warnings, list(done.moved)) == ([], [], DAYS)
        assert done.views == [DAILY]
        assert all(each.equal for each in client(shell).views.diff())
    assert "vpc_flow_logs_rollup" in text(rig, shell)
    assert "vpc_flow_logs_rollup" not in text(rig, shell, "vpc_flow_logs_readable")
    assert rows(rig, shell) == EVERY
    with pointed_at(rig):
        moved = client(shell).archive.run(everything=True)
        assert (moved.failures, moved.warnings) == ([], [])
        # daily reads the sums of every day that is archived: its text is as it was.
        assert moved.views == [READABLE]
        again = client(shell).archive.rollup.run(everything=True, again=True)
        assert (again.failures, len(again.written), again.views) == ([], 4, [])
        assert all(each.equal for each in client(shell).views.diff())
    assert rows(rig, shell) == EVERY


@left_to_slow
def test_days_move_into_archive_and_rollup_in_any_order(rig: Rig, shell: Shell) -> None:
    with pointed_at(rig):
        flows = client(shell)
        flows.archive.run(since="2026-10-01", until="2026-10-03")
        assert rows(rig, shell) == EVERY
        flows.archive.rollup.run(since="2026-10-02", until="2026-10-04")
        assert rows(rig, shell) == EVERY
        done = flows.archive.run(since="2026-10-04", until="2026-10-05")
        assert {*done.views} == {DAILY, READABLE}
        assert rows(rig, shell) == EVERY
        query = text(rig, shell)
        # Day 1 and 4 of the archive, 2 and 3 of the rollup, the others of the logs.
        assert "BETWEEN '2026-10-01' AND '2026-10-01'" in query
        assert "BETWEEN '2026-10-04' AND '2026-10-04'" in query
        assert "BETWEEN '2026-10-02' AND '2026-10-03'" in query
        assert "BETWEEN '2026-10-01' AND '2026-10-04'" in query


@left_to_slow
def test_a_late_log_is_in_the_rows_once_its_day_is_rolled_up_again(rig: Rig, shell: Shell) -> None:
    late = logs(DAYS[1], ACCOUNTS[0], seed=9)
    with pointed_at(rig):
        client(shell).archive.rollup.run(everything=True)
        late.write(shell.folder / "logs")
        rig.load_tree(BUCKET, shell.folder / "logs")
        done = client(shell).archive.rollup.run(everything=True)
    assert ([each.day for each in done.written], done.views) == ([DAYS[1]], [])
    assert rows(rig, shell) == expected(*FILES, late)


def test_a_view_of_somebody_elses_is_left_alone(rig: Rig, shell: Shell) -> None:
    own = f"CREATE OR REPLACE VIEW {DAILY} AS SELECT 1 AS one FROM network.vpc_flow_logs"
    with pointed_at(rig):
        flows = client(shell)
        Athena(flows._aws, flows.target).execute(own)  # noqa: SLF001 - asked
        done = flows.archive.rollup.run(everything=True)
        assert (list(done.moved), done.views, done.warnings) == (DAYS, [], [])
    assert text(rig, shell).startswith("SELECT 1 ")


@left_to_slow
def test_a_view_that_cannot_be_written_is_a_warning_and_the_next_run_writes_it(
    rig: Rig, shell: Shell
) -> None:
    before = text(rig, shell)
    with pointed_at(rig):
        client(shell).archive.rollup.run(since="2026-10-01", until="2026-10-03")
        first = text(rig, shell)
        # Two statements for each batch of days; what follows is the view's.
        rig.faults(
            [
                {
                    "service": "athena",
                    "op": "StartQueryExecution",
                    "kind": "access_denied",
                    "after": 3,
                }
            ]
        )
        done = client(shell).archive.rollup.run(everything=True)
        rig.clear_faults()
    assert (list(done.moved), done.is_complete, done.views) == (DAYS[2:], True, [])
    (warning,) = done.warnings
    assert warning.startswith(f"view {DAILY} names the days of before: ")
    assert text(rig, shell) == first != before
    assert rows(rig, shell) == EVERY
    with pointed_at(rig):
        done = client(shell).archive.rollup.run(everything=True)
    assert (done.written, done.views) == ([], [DAILY])
    assert rows(rig, shell) == EVERY


@left_to_slow
def test_the_rollup_takes_the_place_of_logs_that_are_gone(rig: Rig, shell: Shell) -> None:
    with pointed_at(rig):
        client(shell).archive.rollup.run(everything=True)
    s3 = rig.client("s3")
    for file in FILES:
        if file.day != str(OPEN):
            s3.delete_object(Bucket=BUCKET, Key=file.key)
    assert rows(rig, shell) == EVERY
    with pointed_at(rig):
        done = client(shell).archive.rollup.run(everything=True, again=True)
    assert done.written == []


def test_a_failed_unload_leaves_nothing_and_the_view_as_it_was(rig: Rig, shell: Shell) -> None:
    before = text(rig, shell)
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    ran = shell.run("archive", "rollup", "--all", "--yes", code=1)
    rig.clear_faults()
    assert "5 days left, computed as before" in ran.err
    assert rig.client("s3").list_objects_v2(Bucket=ARCHIVE).get("Contents", []) == []
    assert text(rig, shell) == before
