"""Every empty answer says what is there: plan, sync, status, list and run, on a folder."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.inputs.selection import SelectionOptions
from flowathena.partitions.repair import Repairs
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
A, B = "111122223333", "444455556666"
FEBRUARY = [f"2026-02-{day:02d}" for day in (1, 14, 28)]
OLD = (
    "newest logs 2026-02-28, before the window 2026-10-29..2026-11-28; "
    "use --all or --since 2026-02-01"
)
QUERY = "top_https_servers"


@pytest.fixture(autouse=True)
def _beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in messages need no ``--config`` there."""
    monkeypatch.chdir(tmp_path)


def logs(*days: str, **fields: str) -> list[LogFile]:
    return [LogFile(day, (record(f"{day}T12:00:00"),), **fields) for day in days]  # type: ignore[arg-type]


def client_of(folder: Path, *files: LogFile) -> Client:
    write_project(folder, *files)
    return Client("local", config_path=folder / "flowathena.toml", clock=lambda: NOW)


@pytest.fixture
def february(tmp_path: Path) -> Client:
    return client_of(tmp_path, *logs(*FEBRUARY))


def warned(client: Client, **options: object) -> tuple[str, ...]:
    """What a run says; no other warnings are expected of these logs."""
    return client.run(QUERY, **options).stats.warnings  # type: ignore[arg-type]


def test_plan_sync_and_status_say_which_logs_there_are(february: Client) -> None:
    partitions = february.partitions
    assert partitions.plan().warnings == (OLD,)
    assert partitions.plan().to_json()["warnings"] == [OLD]
    synced = partitions.sync()
    assert (synced.warnings, synced.outcomes) == ((OLD,), ())
    assert synced.to_json()["warnings"] == [OLD]
    status = partitions.status()
    assert (status.warnings, status.places) == ((OLD,), ())
    assert status.to_json()["warnings"] == [OLD]


def test_the_options_that_are_named_show_the_logs(february: Client) -> None:
    for options in (SelectionOptions(everything=True), SelectionOptions(since="2026-02-01")):
        planned = february.partitions.plan(**options)
        assert [change.values[2] for change in planned.plan.add] == FEBRUARY
        assert planned.warnings == ()


def test_logs_after_the_window(february: Client) -> None:
    told = (
        "oldest logs 2026-02-01, after the window 2026-01-05..2026-01-06; "
        "use --all or --since 2026-02-01 --until 2026-03-03"
    )
    assert february.partitions.plan(since="2026-01-05", until="2026-01-07").warnings == (told,)


def test_logs_before_and_after_the_window(february: Client) -> None:
    (told,) = february.partitions.plan(since="2026-02-10", until="2026-02-12").warnings
    assert told == (
        "no logs in the window 2026-02-10..2026-02-11: the newest before it are of 2026-02-01, "
        "the oldest after it of 2026-02-14; use --all or --since 2026-02-01"
    )


@pytest.mark.parametrize("selected", [{"account": B}, {"region": "us-east-1"}])
@pytest.mark.parametrize("window", [{}, {"everything": True}, {"since": "2026-02-01"}])
def test_logs_of_others_than_those_selected(
    february: Client, selected: dict[str, Any], window: dict[str, Any]
) -> None:
    told = (
        "the selected accounts and Regions have no logs; there are those of 111122223333 eu-west-1"
    )
    assert february.partitions.plan(**selected, **window).warnings == (told,)
    both = february.partitions.plan(account=A, region="us-east-1", **window)
    assert both.warnings == (told,)


def test_folders_without_a_day(tmp_path: Path) -> None:
    client = client_of(tmp_path, *logs("2026-02-01"))
    shutil.rmtree(tmp_path / "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026")
    marker = tmp_path / "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/02/01/_SUCCESS"
    marker.parent.mkdir(parents=True)
    marker.touch()
    told = (
        f"no logs found in {tmp_path}/logs/AWSLogs/; correct the location, or wait for the first "
        "delivery"
    )
    for everything in (True, False):
        assert client.partitions.plan(everything=everything).warnings == (told,)


def test_the_table_of_another_place(tmp_path: Path) -> None:
    write_project(tmp_path, *logs(*FEBRUARY))
    file = tmp_path / "flowathena.toml"
    single = 'partition_keys = "single"\naccount = "111122223333"\nlog_region = "eu-west-1"\n'
    file.write_text(file.read_text() + single)
    client = Client("local", config_path=file, clock=lambda: NOW)
    told = (
        "table flowathena.vpc_flow_logs is of 111122223333 eu-west-1 alone, which the selection "
        "excludes"
    )
    assert client.partitions.plan(account=B, everything=True).warnings == (told,)
    client.partitions.sync(everything=True)
    assert client.partitions.list(account=B).warnings == (told,)
    assert warned(client, account=B) == (told,)


def test_hours_of_a_table_over_day_folders(tmp_path: Path) -> None:
    write_project(tmp_path, *logs("2026-11-20"))
    file = tmp_path / "flowathena.toml"
    file.write_text(f'{file.read_text()}layout = "plain-hourly"\ngranularity = "hour"\n')
    client = Client("local", config_path=file, clock=lambda: NOW)
    told = (
        "logs of 2026-11-20 are in day folders, but a partition is an hour; set granularity = "
        "'day' in the target"
    )
    assert client.partitions.plan().warnings == (told,)


def test_a_list_says_which_days_are_registered(february: Client) -> None:
    february.partitions.sync()
    assert february.partitions.list().warnings == (
        "no partition is registered; 'flowathena partitions plan -t local' shows what is stored",
    )
    february.partitions.sync(everything=True)
    assert february.partitions.list().warnings == (
        "registered days are 2026-02-01..2026-02-28, none in 2026-10-29..2026-11-28; use --all",
    )
    assert february.partitions.list(everything=True, account=B).warnings == (
        (
            "no partition of the selected accounts and Regions is registered; there are those of "
            "111122223333 eu-west-1"
        ),
    )
    assert february.partitions.list(everything=True).warnings == ()


def test_a_run_over_a_window_without_logs(february: Client) -> None:
    february.partitions.sync()
    old = "newest logs 2026-02-28, before the window 2026-11-21..2026-11-28; use --since 2026-02-01"
    sync = "flowathena partitions sync --since 2026-02-01 -t local"
    assert warned(february) == (f"{old}, after '{sync}'",)
    february.partitions.sync(everything=True)
    assert warned(february) == (old,)


def test_a_run_over_logs_that_are_not_registered(february: Client) -> None:
    february.partitions.sync()
    told = "logs of 2026-02-01 are stored, but no partition of the window is registered; run "
    assert warned(february, since="2026-02-01") == (
        f"{told}'flowathena partitions sync --since 2026-02-01 -t local'",
    )
    assert warned(february, since="2026-02-01", until="2026-02-03", account=A) == (
        (
            f"{told}'flowathena partitions sync --since 2026-02-01 --until 2026-02-04 "
            "--account 111122223333 -t local'"
        ),
    )


def test_the_command_that_a_run_names_registers_the_logs(tmp_path: Path) -> None:
    write_project(tmp_path, *logs("2020-02-01", "2020-02-14"))
    shell = Shell(tmp_path)
    shell.run("partitions", "sync")
    done = shell.run("run", QUERY, "--since", "2020-02-01", "--until", "2020-02-20")
    command = done.err.split("'")[1]
    shell.run(*command.split()[1:])
    again = shell.run("run", QUERY, "--since", "2020-02-01", "--until", "2020-02-20")
    assert "1 row, 2 files" in again.err
    assert "warning" not in again.err


def test_a_run_that_read_logs_and_found_nothing_gives_no_hint(february: Client) -> None:
    february.partitions.sync(everything=True)
    result = february.run(QUERY, since="2026-02-01", port=1)
    assert (result.rows(), result.stats.warnings, result.stats.files) == ([], (), 3)


def test_a_sum_over_nothing_says_so_too(february: Client) -> None:
    february.partitions.sync(everything=True)
    result = february.sql("SELECT count(*) AS flows FROM flow_logs")
    assert result.rows() == [{"flows": 0}]
    assert result.stats.warnings[0].startswith("newest logs 2026-02-28, before the window")


def test_a_statement_that_reads_no_logs_gives_no_hint(february: Client) -> None:
    february.partitions.sync()
    assert february.sql("SELECT 1 AS one").stats.warnings == ()


def test_a_run_over_partitions_whose_logs_are_gone(february: Client) -> None:
    february.partitions.sync(everything=True)
    shutil.rmtree(Path(february.target.location, LogFile("2026-02-28", ()).folder))
    (told, *_) = warned(february, since="2026-02-20")
    assert told == (
        "the registered partitions of the window contain no logs; newest logs 2026-02-14, before "
        "the window 2026-02-20..2026-11-28; use --since 2026-02-01"
    )


def test_a_run_over_partitions_that_point_elsewhere(february: Client) -> None:
    february.partitions.sync(everything=True)
    root = Path(february.target.location)
    moved = LogFile("2026-02-28", (), above="o-abcdefghij/").folder
    (root / moved).parent.mkdir(parents=True)
    (root / LogFile("2026-02-28", ()).folder).rename(root / moved)
    (told, *_) = warned(february, since="2026-02-20")
    assert told == (
        "the registered partitions of the window contain no logs, but logs of 2026-02-28 are "
        "stored; run 'flowathena partitions sync --relocate --since 2026-02-20 -t local'"
    )
    february.partitions.sync(since="2026-02-20", repairs=Repairs(relocate=True))
    assert warned(february, since="2026-02-20") == ()


def test_the_command_line_warns_and_is_done(tmp_path: Path) -> None:
    write_project(tmp_path, *logs("2020-02-01"))
    shell = Shell(tmp_path)
    for command in ("plan", "sync", "status", "list"):
        done = shell.run("partitions", command)
        (line,) = [line for line in done.err.splitlines() if line.startswith("warning: ")]
        assert ("newest logs 2020-02-01, before" in line) is (command != "list")
    again = shell.run("partitions", "status", "--format", "json", "--exit-code", code=3)
    assert again.json["warnings"][0].endswith("; use --all or --since 2020-02-01")


@pytest.mark.parametrize(
    ("days", "proposed"),
    [((), ""), (("2020-02-01",), " --all"), (("2020-02-01", "now"), " --all"), (("now",), "")],
)
def test_init_proposes_the_sync_that_registers_everything(
    tmp_path: Path, days: tuple[str, ...], proposed: str
) -> None:
    today = str(datetime.now(UTC).date())
    found = [today if day == "now" else day for day in days]
    for file in logs(*found):
        file.write(tmp_path / "logs")
    if not days:
        (tmp_path / "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/x").mkdir(parents=True)
    done = Shell(tmp_path).run("init", "./logs", *([] if days else ["--fields", "default"]))
    assert done.err.splitlines()[-1] == f"next: flowathena partitions sync{proposed} -t local"
    assert f"oldest day {found[0] if found else 'none'}\n" in done.out
    planned = Shell(tmp_path).run("partitions", "plan", *proposed.split(), "--format", "json")
    assert [change["values"]["day"] for change in planned.json["add"]] == found


def test_init_in_an_empty_folder_does_not_deny_it(tmp_path: Path) -> None:
    (tmp_path / "logs/AWSLogs").mkdir(parents=True)
    line = Shell(tmp_path).refused("init", "./logs", code=1)
    assert line == (
        f"error: {tmp_path}/logs/AWSLogs/ contains no account folder; wait for the first delivery "
        "of the flow log, or correct the location"
    )
