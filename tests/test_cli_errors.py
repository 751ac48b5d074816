"""What people get wrong, and what goes wrong: one line and the right exit code."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cases import LogFile, record, write_project
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
RUN = ("run", "top_https_servers")
PLAN = ("partitions", "plan")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A right configuration and registered logs."""
    folder = tmp_path_factory.mktemp("errors")
    write_project(folder, LogFile(DAY, (record("2026-11-01T10:00:00"),)), registered=True)
    return Shell(folder)


USAGE = [
    (("nothing",), "nothing"),
    (("--nothing",), "--nothing"),
    (("partitions", "drop"), "drop"),
    ((*RUN, *WINDOW, "-t", "prod"), "unknown target 'prod'; known: local"),
    ((*RUN, *WINDOW, "--config", "missing.toml"), "cannot read"),
    ((*RUN, *WINDOW, "--config", "."), "cannot read"),
    (("run", "top_http_servers", *WINDOW), "did you mean 'top_https_servers'?"),
    ((*RUN, *WINDOW, "--prt", "443"), "--prt"),
    ((*RUN, *WINDOW, "--port", "65536"), "port: '65536' is not a port; write 0 to 65535"),
    ((*RUN, *WINDOW, "--port", "\uff14\uff14\uff13"), "is not a port"),
    ((*RUN, *WINDOW, "--port", "443 OR 1=1"), "port: '443 OR 1=1' is not a port"),
    ((*RUN, *WINDOW, "--limit", "0"), "limit: '0' is less than 1"),
    ((*RUN, "--since", "yesterdy"), "since: 'yesterdy' is not a time or duration; did you mean"),
    ((*RUN, "--since", "2026-11", "--until", "2026-11"), "the window is empty"),
    ((*RUN, "--since", "2026-02-30"), "since: '2026-02-30' is not a time"),
    ((*RUN, "--since", "9999999d", "--until", DAY), "reaches back before 1970"),
    ((*RUN, "--since", "2026-11-02", "--until", DAY), "the window ends before it starts"),
    ((*PLAN, "--since", "2026-11-02", "--until", DAY), "the window ends before it starts"),
    ((*PLAN, "--all", "--since", DAY), "--all"),
    ((*RUN, *WINDOW, "--account", "1234"), "account: '1234' is not an account id"),
    ((*PLAN, *WINDOW, "--region", "Ireland"), "region: 'Ireland' is not a Region"),
    ((*RUN, *WINDOW, "--format", "xml"), "'xml' is not one of table, record, csv, tsv, json,"),
    ((*PLAN, *WINDOW, "--format", "csv"), "csv"),
    (("queries", "show"), "NAME"),
    (("init",), "LOCATION"),
    (("sample", "x", "--days", "0"), "--days"),
    (("sample", "x", "--until", "soon"), "'soon' is not a valid date"),
    (("config", "validate", "-t", "prod"), "unknown target 'prod'"),
]


@pytest.mark.parametrize(("words", "told"), USAGE, ids=[" ".join(w)[-40:] for w, _ in USAGE])
def test_wrong_usage_is_one_line_and_exit_2(
    shell: Shell, words: tuple[str, ...], told: str
) -> None:
    line = shell.refused(*words)
    assert line.startswith("error: ")
    assert told in line


@pytest.mark.parametrize(
    "words",
    [
        PLAN,
        (*RUN, *WINDOW),
        (*RUN, *WINDOW, "--dry-run"),
        ("queries", "check", "preview", "-t", "local"),
        ("config", "validate"),
    ],
)
def test_without_a_configuration_it_says_how_to_write_one(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "flowathena init LOCATION" in Shell(tmp_path).refused(*words)


def test_what_needs_no_target_works_without_a_configuration(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.run("--version").out.startswith("flowathena ")
    assert "ssh_rejects" in shell.run("queries", "list").out
    assert "no problems" in shell.run("queries", "check", "preview").out


def test_a_location_that_went_away(tmp_path: Path) -> None:
    file = LogFile(DAY, (record("2026-11-01T10:00:00"),))
    root = write_project(tmp_path, file, registered=True)
    shell = Shell(tmp_path)
    (root / "AWSLogs").rename(root / "elsewhere")
    assert "contains no AWSLogs/ folder" in shell.refused(*PLAN, *WINDOW, code=1)
    shutil.rmtree(root)
    assert "logs is not a folder" in shell.refused(*PLAN, *WINDOW, code=1)
    assert "does not exist" in shell.refused(*RUN, *WINDOW, code=1)


def test_a_run_over_days_that_went_away_counts_the_others(tmp_path: Path) -> None:
    files = [LogFile(day, (record(f"{day}T10:00:00"),)) for day in ("2026-11-01", "2026-11-02")]
    root = write_project(tmp_path, *files, registered=True)
    shell = Shell(tmp_path)
    shutil.rmtree(root / files[0].folder)
    rows = shell.run(*RUN, "--since", DAY, "--until", "2026-11-03", "--format", "json").json
    assert [row["flows"] for row in rows] == [1]


@pytest.mark.parametrize(
    ("was", "became", "told"),
    [
        ('["srcaddr", "string"]', '["srcaddr", "int"]', "srcaddr int"),
        ('["start", "bigint"]', '["begin", "bigint"]', "has no column start"),
        ('["day", "string"]', '["customer", "string"]', "partition key customer"),
    ],
)
def test_a_table_that_is_none_of_flow_logs_is_refused(
    tmp_path: Path, was: str, became: str, told: str
) -> None:
    file = LogFile(DAY, (record("2026-11-01T10:00:00"),))
    root = write_project(tmp_path, file, registered=True)
    shell = Shell(tmp_path)
    with sqlite3.connect(root / ".flowathena/catalog.sqlite") as catalog:
        catalog.execute("UPDATE tables SET definition = replace(definition, ?, ?)", (was, became))
    catalog.close()
    for words in (PLAN, (*PLAN[:1], "sync"), RUN):
        line = shell.refused(*words, *WINDOW, code=1)
        assert told in line
        assert "flowathena.vpc_flow_logs" in line


def test_a_column_that_is_no_field_can_be_asked_for(tmp_path: Path) -> None:
    file = LogFile(DAY, (record("2026-11-01T10:00:00"),))
    root = write_project(tmp_path, file, registered=True)
    shell = Shell(tmp_path)
    with sqlite3.connect(root / ".flowathena/catalog.sqlite") as catalog:
        catalog.execute("UPDATE tables SET definition = replace(definition, 'srcaddr', 'customer')")
    catalog.close()
    assert "other columns than the target" in shell.run(*PLAN, *WINDOW).err
    (row,) = shell.run("run", "preview", *WINDOW, "--format", "json").json
    assert "srcaddr" not in row
    assert row["customer"] is None  # the files say srcaddr, and are read by name
    assert row["dstaddr"] == "10.0.2.9"


def test_partitions_that_cannot_be_registered_are_told_and_exit_4(tmp_path: Path) -> None:
    days = ("2026-11-01", "2026-11-02")
    root = write_project(tmp_path, *[LogFile(day, (record(f"{day}T10:00:00"),)) for day in days])
    shell = Shell(tmp_path)
    shell.run("partitions", "sync", *WINDOW)
    with sqlite3.connect(root / ".flowathena/catalog.sqlite") as catalog:
        catalog.execute(
            "CREATE TRIGGER no BEFORE INSERT ON partitions "
            "BEGIN SELECT RAISE(ABORT, 'not today'); END"
        )
    catalog.close()
    done = shell.run("partitions", "sync", "--all", "--format", "json", code=4)
    [failed] = done.json["failed"]
    assert list(failed) == ["values", "error"]
    assert failed["values"]["day"] == days[1]
    assert "not today" in failed["error"]
    assert done.json["added"] == 0
    assert "Traceback" not in done.err
    assert "not today" in done.err


def test_sample_logs_need_a_folder(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    line = Shell(tmp_path).refused("sample", "logs")
    assert line == "error: logs is not a folder"
