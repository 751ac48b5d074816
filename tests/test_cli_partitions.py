"""``flowathena partitions`` on a folder: plan, sync, list, by the real command."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flowathena.logs.layout import KEYS
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-05")
Values = tuple[str, str, str]


def files(days: tuple[str, ...] = DAYS) -> list[LogFile]:
    return [
        LogFile(day, (record(f"{day}T10:00:00"),), account=account, region=region)
        for account in ACCOUNTS
        for region in REGIONS
        for day in days
    ]


ALL = [(file.account, file.region, file.day) for file in files()]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    write_project(tmp_path, *files())
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """For what only plans."""
    folder = tmp_path_factory.mktemp("untouched")
    write_project(folder, *files())
    return Shell(folder)


def values(changes: list[dict[str, Any]]) -> list[Values]:
    return [
        (v["aws_account"], v["aws_region"], v["day"]) for v in (each["values"] for each in changes)
    ]


def planned(shell: Shell, *options: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    return shell.run("partitions", "plan", *(options or WINDOW), "--format", "json", code=code).json


def synced(shell: Shell, *options: str) -> Any:  # noqa: ANN401 - JSON
    return shell.run("partitions", "sync", *(options or WINDOW), "--format", "json").json


def listed(shell: Shell) -> list[Values]:
    return values(shell.run("partitions", "list", "--all", "--format", "json").json)


def test_the_json_of_a_plan(untouched: Shell) -> None:
    plan = planned(untouched)
    assert list(plan) == [
        *("target", "table", "window", "add", "relocate", "stale", "misspelled"),
        *("keep", "ahead", "calls", "unknown", "unlisted", "warnings"),
    ]
    assert plan["target"] == "local"
    assert plan["table"] == "flowathena.vpc_flow_logs"
    assert plan["window"] == {"since": "2026-11-01T00:00:00Z", "until": "2026-11-05T00:00:00Z"}
    location = untouched.folder / "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/01"
    assert plan["add"][0] == {
        "values": {"aws_account": ACCOUNTS[0], "aws_region": REGIONS[0], "day": DAYS[0]},
        "location": f"{location}/",
    }
    assert values(plan["add"]) == ALL
    assert plan["relocate"] == plan["stale"] == []
    assert plan["keep"] == 0
    # The root, two accounts, four Regions for one month; the flow logs of their four days, and the
    # files of one.
    assert plan["calls"] == {"ListFolder": 1 + 2 + 4 + 5 * 4}


def test_the_json_of_a_sync(shell: Shell) -> None:
    done = synced(shell)
    assert list(done) == [
        *("added", "existed", "relocated", "dropped", "withheld", "failed", "calls", "seconds"),
        *("unlisted", "warnings"),
    ]
    counts = ("added", "existed", "relocated", "dropped")
    assert [done[key] for key in counts] == [16, 0, 0, 0]
    assert done["failed"] == []
    assert all(type(number) is int for number in done["calls"].values())
    assert done["calls"]["ListFolder"] == 7 + 5 * 4
    assert isinstance(done["seconds"], float)

    again = synced(shell)
    assert [again[key] for key in counts] == [0, 0, 0, 0]
    after = planned(shell)
    assert (after["add"], after["keep"]) == ([], 16)


def test_the_json_of_a_list_is_that_of_what_was_planned(shell: Shell) -> None:
    wanted = planned(shell)["add"]
    synced(shell)
    got = shell.run("partitions", "list", *WINDOW, "--format", "json").json
    assert got == wanted
    table = shell.run("partitions", "list", *WINDOW)
    assert table.out.split()[:4] == ["aws_account", "aws_region", "day", "location"]
    assert "16 partitions" in table.err


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("--all",), lambda _: True),
        (("--since", "2026-11-02", "--until", "2026-11-03"), lambda v: v[2] == "2026-11-02"),
        (("--since", "2d", "--until", "2026-11-04"), lambda v: v[2] in DAYS[1:3]),
        (
            ("--since", "2026-11-02T23:59:59Z", "--until", "2026-11-03T00:00:01Z"),
            lambda v: v[2] in DAYS[1:3],
        ),
        (("--all", "--region", REGIONS[1]), lambda v: v[1] == REGIONS[1]),
        (
            ("--all", "--account", ACCOUNTS[0], "--account", ACCOUNTS[1], "--region", REGIONS[0]),
            lambda v: v[1] == REGIONS[0],
        ),
        (("--since", "2025-01-01", "--until", "2025-01-31"), lambda _: False),
    ],
)
def test_filters(untouched: Shell, options: tuple[str, ...], kept: Any) -> None:  # noqa: ANN401
    plan = planned(untouched, *options)
    assert values(plan["add"]) == [each for each in ALL if kept(each)]


def test_all_has_no_window(untouched: Shell) -> None:
    assert planned(untouched, "--all")["window"] == {"since": None, "until": None}


def test_a_sync_registers_only_what_the_filters_name(shell: Shell) -> None:
    one = ("--since", DAYS[1], "--until", DAYS[2], "--account", ACCOUNTS[0])
    assert synced(shell, *one)["added"] == 2
    assert listed(shell) == [(ACCOUNTS[0], region, DAYS[1]) for region in REGIONS]
    shown = shell.run(
        *("partitions", "list", "--all", "--region", REGIONS[1], "--format", "json")
    ).json
    assert values(shown) == [(ACCOUNTS[0], REGIONS[1], DAYS[1])]


def test_a_new_day_and_a_hole_are_found_exactly(shell: Shell) -> None:
    synced(shell)
    LogFile("2026-11-05", (record("2026-11-05T10:00:00"),)).write(shell.folder / "logs")
    until = ("--since", "2026-11-01", "--until", "2026-11-06")
    new = (ACCOUNTS[0], REGIONS[0], "2026-11-05")
    plan = planned(shell, *until)
    assert (values(plan["add"]), plan["keep"]) == ([new], 16)

    hole = (ACCOUNTS[1], REGIONS[0], DAYS[2])
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        found = catalog.execute(
            "DELETE FROM partitions WHERE partition_values LIKE ? AND partition_values LIKE ? "
            "AND partition_values LIKE ?",
            [f"%{value}%" for value in hole],
        )
        assert found.rowcount == 1
    catalog.close()
    assert values(planned(shell, *until)["add"]) == [new, hole]
    assert synced(shell, *until)["added"] == 2
    assert listed(shell) == sorted([*ALL, new])


def test_exit_code_tells_of_drift(shell: Shell) -> None:
    plan = planned(shell, *WINDOW, "--exit-code", code=3)
    assert len(plan["add"]) == 16
    synced(shell)
    assert planned(shell, *WINDOW, "--exit-code")["keep"] == 16
    shutil.rmtree(shell.folder / "logs" / files()[0].folder)
    stale = planned(shell, *WINDOW, "--exit-code", code=3)
    assert values(stale["stale"]) == [ALL[0]]
    assert stale["keep"] == 15


def test_stale_partitions_are_told_and_left(shell: Shell) -> None:
    synced(shell)
    shutil.rmtree(shell.folder / "logs" / files()[0].folder)
    done = shell.run("partitions", "sync", *WINDOW, "--format", "json")
    assert (done.json["added"], done.json["dropped"]) == (0, 0)
    assert "kept 1 registered partition without logs" in done.err
    assert listed(shell) == ALL


def test_no_create_refuses_and_changes_nothing(shell: Shell) -> None:
    line = shell.refused("partitions", "sync", *WINDOW, "--no-create", code=1)
    assert line == (
        "error: table flowathena.vpc_flow_logs does not exist; "
        "'flowathena table create -t local' creates it"
    )
    assert not (shell.folder / "logs" / ".flowathena").exists()
    synced(shell)
    LogFile("2026-11-05", (record("2026-11-05T10:00:00"),)).write(shell.folder / "logs")
    assert synced(shell, "--all", "--no-create")["added"] == 1


def test_dry_run_changes_nothing(shell: Shell) -> None:
    shown = shell.run("partitions", "sync", *WINDOW, "--dry-run", "--format", "json").json
    assert values(shown["add"]) == ALL
    assert not (shell.folder / "logs" / ".flowathena").exists()
    assert "does not exist" in shell.refused("partitions", "list", "--all", code=1)


def test_the_table_format(untouched: Shell) -> None:
    done = untouched.run("partitions", "plan", *WINDOW)
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["change", "aws_account", "aws_region", "day", "location"]
    assert [tuple(row[1:4]) for row in rows[2:]] == ALL
    assert {row[0] for row in rows[2:]} == {"add"}
    assert "add 16, relocate 0, stale 0, keep 0" in done.err


def test_a_partition_registered_elsewhere_is_told_and_left(shell: Shell) -> None:
    synced(shell)
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        catalog.execute(
            "UPDATE partitions SET location = '/elsewhere/' WHERE partition_values LIKE ? "
            "AND partition_values LIKE ? AND partition_values LIKE ?",
            [f"%{value}%" for value in ALL[0]],
        )
    catalog.close()
    plan = planned(shell)
    assert values(plan["relocate"]) == [ALL[0]]
    assert plan["keep"] == 15
    done = shell.run("partitions", "sync", *WINDOW, "--format", "json")
    assert done.json["relocated"] == 0
    assert "kept 1 partition pointing elsewhere" in done.err
    told = "pointing outside the target's location: 1 partition (111122223333/eu-west-1/2026-11-01"
    for command in ("list", "status"):
        assert told in shell.run("partitions", command, *WINDOW).err
    assert told in shell.run("run", "preview", *WINDOW).err


def test_status_knows_partitions_that_point_at_other_folders(shell: Shell) -> None:
    synced(shell)
    moved = {  # the first two days of one place: to a folder that is missing, to another day
        DAYS[0]: "AWSLogs/missing/",
        DAYS[1]: f"AWSLogs/{ACCOUNTS[0]}/vpcflowlogs/{REGIONS[0]}/2026/11/03/",
    }
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        for day, location in moved.items():
            catalog.execute(
                "UPDATE partitions SET location = ? WHERE partition_values LIKE ?",
                [location, f"%{ACCOUNTS[0]}%{REGIONS[0]}%{day}%"],
            )
    catalog.close()
    done = shell.run("partitions", "status", *WINDOW, "--exit-code", "--format", "json", code=3)
    assert [place["misplaced"] for place in done.json["places"]] == [list(DAYS[:2]), [], [], []]
    own = [
        f"{shell.folder}/logs/AWSLogs/{ACCOUNTS[0]}/vpcflowlogs/{REGIONS[0]}/2026/11/0{n}/"
        for n in (1, 2)
    ]
    assert [(each["fault"], each["expected"]) for each in done.json["misplaced"]] == [
        ("elsewhere", own[0]),
        ("other_folder", own[1]),
    ]
    shown = shell.run("partitions", "status", *WINDOW)
    assert shown.out.splitlines()[0].split()[-3:] == [
        "missing_in_storage",
        "misplaced",
        "newest_object",
    ]
    assert "0 missing in storage, 2 misplaced\n" in shown.err
    ran = shell.run("run", "preview", *WINDOW, "--limit", "100", "--format", "jsonl")
    assert len(ran.out.splitlines()) == 15
    assert "pointing at the folder of another day, account or Region: 1 partition" in ran.err
    assert "1 registered folder not found" in ran.err
    shell.run("partitions", "sync", *WINDOW, "--relocate")
    # One more day has no logs by now, as ever: its folder is the right one.
    shell.run("partitions", "status", *WINDOW, "--exit-code")


def respelled(shell: Shell, change: str) -> None:
    """Change the first partition in the catalog, by an SQL expression of its values."""
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        catalog.execute(change, [f"%{ACCOUNTS[0]}%{REGIONS[0]}%{DAYS[0]}%"])
    catalog.close()


CAPITALS = "replace(partition_values, 'eu-west-1', 'EU-WEST-1')"
BESIDE = (
    f"INSERT INTO partitions SELECT database, name, {CAPITALS}, location FROM partitions "
    "WHERE partition_values LIKE ?"
)
INSTEAD = f"UPDATE partitions SET partition_values = {CAPITALS} WHERE partition_values LIKE ?"


def test_a_day_registered_under_two_spellings_is_dropped_by_a_prune(shell: Shell) -> None:
    synced(shell)
    before = listed(shell)
    respelled(shell, BESIDE)
    question = ("run", "preview", *WINDOW, "--limit", "100", "--format", "jsonl")
    doubled = shell.run(*question)
    assert len(doubled.out.splitlines()) == 17  # of 16 records
    assert "registered twice, so that their records count twice: 1 partition" in doubled.err
    status = shell.run("partitions", "status", *WINDOW, "--exit-code", "--format", "json", code=3)
    assert [place["registered_twice"] for place in status.json["places"]] == [[DAYS[0]], [], [], []]
    assert "registered twice, so that their records count twice: 1 partition" in status.err
    plan = planned(shell)
    assert (plan["keep"], plan["add"], plan["stale"]) == (16, [], [])
    assert [change["spelling"] for change in plan["misspelled"]] == [
        dict(zip(KEYS, ALL[0], strict=True))
    ]
    kept = shell.run("partitions", "sync", *WINDOW, "--format", "json")
    assert (kept.json["added"], kept.json["dropped"]) == (0, 0)
    assert "kept 1 partition spelled differently from the folders" in kept.err
    done = shell.run("partitions", "sync", *WINDOW, "--prune", "--format", "json")
    assert (done.json["added"], done.json["dropped"]) == (0, 1)
    assert listed(shell) == before
    assert len(shell.run(*question).out.splitlines()) == 16
    shell.run("partitions", "plan", *WINDOW, "--exit-code")


def test_a_wrong_spelling_is_replaced_and_never_doubled(shell: Shell) -> None:
    synced(shell)
    before = listed(shell)
    respelled(shell, INSTEAD)
    plan = planned(shell)
    assert (values(plan["add"]), len(plan["misspelled"])) == ([ALL[0]], 1)
    shell.run("partitions", "plan", *WINDOW, "--exit-code", code=3)
    kept = shell.run("partitions", "sync", *WINDOW, "--format", "json")
    assert (kept.json["added"], kept.json["dropped"]) == (0, 0)
    status = shell.run("partitions", "status", *WINDOW, "--format", "json").json["places"]
    assert [place["region"] for place in status] == [REGIONS[0], REGIONS[1]] * 2
    assert (status[0]["misplaced"], status[0]["missing_in_catalog"]) == ([DAYS[0]], [DAYS[0]])
    done = shell.run("partitions", "sync", *WINDOW, "--prune", "--format", "json")
    assert (done.json["added"], done.json["dropped"]) == (1, 1)
    assert listed(shell) == before


def test_logs_move_with_their_catalog(shell: Shell) -> None:
    synced(shell)
    shell.folder.joinpath("logs").rename(shell.folder / "moved")
    config = shell.folder / "flowathena.toml"
    config.write_text(config.read_text().replace("./logs", "./moved"))
    plan = planned(shell)
    assert (plan["add"], plan["relocate"], plan["keep"]) == ([], [], 16)
    question = ("run", "preview", *WINDOW, "--limit", "100", "--format", "jsonl")
    assert len(shell.run(*question).out.splitlines()) == 16


def test_two_tables_over_the_same_logs_have_partitions_of_their_own(shell: Shell) -> None:
    synced(shell)
    other = Shell(shell.folder, {"FLOWATHENA_TABLE": "another"})
    assert planned(other)["table"] == "flowathena.another"
    assert len(planned(other)["add"]) == 16
    assert planned(shell)["keep"] == 16


def test_an_account_below_and_beside_an_organization(tmp_path: Path) -> None:
    beside = LogFile(DAYS[0], (record("2026-11-01T10:00:00"),))
    below = LogFile(DAYS[0], (record("2026-11-01T10:00:01"),), above="o-exampleorgid/")
    write_project(tmp_path, beside, below)
    done = Shell(tmp_path).run("partitions", "plan", *WINDOW, "--format", "json")
    assert len(done.json["add"]) == 1
    assert f"warning: {tmp_path}/logs/{below.folder}" in done.err
    assert done.json["add"][0]["location"] == f"{tmp_path}/logs/{beside.folder}"


def test_two_syncs_at_once_both_succeed(shell: Shell) -> None:
    running = [shell.start("partitions", "sync", *WINDOW) for _ in range(3)]
    ends = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [code for _, code in ends] == [0, 0, 0], ends
    assert listed(shell) == ALL


def test_empty_day_folders_are_not_stored(shell: Shell) -> None:
    empty = shell.folder / "logs" / files()[0].folder.replace("/01/", "/09/")
    empty.mkdir()
    assert values(planned(shell, "--all")["add"]) == ALL


def test_a_catalog_file_that_is_none_is_one_line(shell: Shell) -> None:
    catalog = shell.folder / "logs/.flowathena/catalog.sqlite"
    catalog.parent.mkdir()
    catalog.write_bytes(b"this is no database, by no means, not at all")
    line = shell.refused("partitions", "plan", *WINDOW, code=1)
    assert str(catalog) in line
