"""Which files a local run reads, damaged and odd ones among them; by the real command."""

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cases import HEADER, LogFile, record, write_project
from tests.shell import Shell

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")
FIRST_TWO = ("--since", "2026-11-01", "--until", "2026-11-02T23:00:00Z")
TOP = ("run", "top_https_servers")


def project(folder: Path, *files: LogFile) -> Shell:
    write_project(folder, *files, registered=True)
    return Shell(folder)


def logs() -> list[LogFile]:
    """A flow a day to one server, 10 packets; on the last two days one to another, 1 packet."""
    main = [LogFile(day, (record(f"{day}T10:00:00"),)) for day in DAYS]
    other = [
        LogFile(day, (record(f"{day}T11:00:00", dstaddr="10.0.2.8", packets=1, bytes=0),))
        for day in DAYS[1:]
    ]
    return [*main, *other]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return project(tmp_path, *logs())


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Registered logs for what changes nothing."""
    return project(tmp_path_factory.mktemp("still"), *logs())


def flows(shell: Shell, *options: str) -> int:
    """How many flows the query counts."""
    rows = shell.run(*TOP, *(options or WINDOW), "--format", "json").json
    return sum(row["flows"] for row in rows)


def test_only_registered_days_count(shell: Shell) -> None:
    assert flows(shell) == 5
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        catalog.execute("DELETE FROM partitions WHERE partition_values LIKE '%2026-11-02%'")
    catalog.close()
    assert flows(shell) == 3
    shell.run("partitions", "sync", "--all")
    assert flows(shell) == 5


def test_files_of_other_days_accounts_and_regions_are_never_opened(shell: Shell) -> None:
    root = shell.folder / "logs"
    garbage = [
        LogFile("2026-10-31", ()),
        LogFile("2026-11-04", ()),
        LogFile(DAYS[1], (), account="444455556666"),
        LogFile(DAYS[1], (), region="us-east-1"),
    ]
    for file in garbage:
        file.write(root).write_bytes(b"<html>403</html>")
    shell.run("partitions", "sync", "--all")
    mine = ("--account", "111122223333", "--region", "eu-west-1")
    assert flows(shell, *FIRST_TWO, *mine) == 3
    line = shell.refused(*TOP, *WINDOW, *mine, code=1)
    assert "20261104T0005Z" in line  # the day after the window, opened for late records


def test_the_answer_tells_how_many_files_were_read(still: Shell) -> None:
    one = ("--since", "2026-10-20", "--until", "2026-10-31T12:00:00Z")
    assert "2 rows, 5 files" in still.run(*TOP, *WINDOW).err
    done = still.run(*TOP, *one)
    assert "0 rows, 1 file," in done.err  # 2026-11-01, for late records
    nothing = still.run(*TOP, "--since", "2025-01-01", "--until", "2025-02-01")
    assert "0 rows, 0 files" in nothing.err


def damaged(content: bytes, way: str) -> bytes:
    return {
        "cut in half": content[: len(content) // 2],
        "cut in its head": content[:12],
        "two bytes": content[:2],
        "a page": b"<html>403</html>\n",
    }[way]


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("way", "records"),
    [
        *[("cut in half", 3), ("cut in half", 4000)],
        *[("cut in its head", 3), ("two bytes", 3), ("a page", 3)],
    ],
)
def test_a_damaged_file_is_an_error_that_names_it_or_is_skipped(
    tmp_path: Path, way: str, records: int
) -> None:
    lines = tuple(record("2026-11-01T10:00:00", srcport=n, bytes=n * n) for n in range(records))
    bad = LogFile(DAYS[0], lines, time="0010")
    shell = project(tmp_path, bad, *logs())
    path = tmp_path / "logs" / bad.key
    path.write_bytes(damaged(bad.content(), way))

    line = shell.refused(*TOP, *WINDOW, code=1)
    assert str(path) in line
    assert "--skip-bad-files" in line

    done = shell.run(*TOP, *WINDOW, "--skip-bad-files", "--format", "json")
    assert sum(row["flows"] for row in done.json) == 5
    told = [line for line in done.err.splitlines() if "skipped damaged file" in line]
    assert len(told) == 1
    assert str(path) in told[0]


def test_two_damaged_files_are_told_at_once(shell: Shell) -> None:
    bad = [LogFile(day, (), time="0010") for day in DAYS[:2]]
    paths = [file.write(shell.folder / "logs") for file in bad]
    for path in paths:
        path.write_bytes(b"<html>403</html>")
    line = shell.refused(*TOP, *WINDOW, code=1)
    assert all(str(path) in line for path in paths)
    done = shell.run(*TOP, *WINDOW, "--skip-bad-files")
    assert done.err.count("skipped damaged file") == 2


def test_files_athena_does_not_see_are_not_read(shell: Shell) -> None:
    day = shell.folder / "logs" / logs()[0].folder
    other = LogFile(DAYS[0], (record("2026-11-01T10:00:00"),)).content()
    for name in ("_hidden.log.gz", ".hidden.log.gz", "_below/x.log.gz", ".below/x.log.gz"):
        (day / name).parent.mkdir(exist_ok=True)
        (day / name).write_bytes(other)
    (day / "empty.log.gz").write_bytes(b"")
    (day / "_SUCCESS").write_text("")
    assert flows(shell) == 5


def test_a_file_of_a_header_only_holds_no_row(shell: Shell) -> None:
    LogFile(DAYS[0], (), time="0010").write(shell.folder / "logs")
    assert flows(shell) == 5


def test_plain_text_logs_and_gzip_of_several_members_are_read(shell: Shell) -> None:
    day = shell.folder / "logs" / logs()[0].folder
    line = record("2026-11-01T10:00:00")
    (day / "plain.log").write_text(f"{HEADER}\n{line}\n")
    whole = LogFile(DAYS[0], (line,)).content()
    more = LogFile(DAYS[0], (), header=line).content()
    (day / "members.log.gz").write_bytes(whole + more)
    assert flows(shell) == 5 + 1 + 2


def test_a_parquet_file_is_one_clear_line(shell: Shell) -> None:
    path = shell.folder / "logs" / logs()[0].folder / "x.log.parquet"
    path.write_bytes(b"PAR1")
    line = shell.refused(*TOP, *WINDOW, code=1)
    assert f"{path}: damaged Parquet file (truncated)" in line
    assert flows(shell, *WINDOW, "--skip-bad-files") == 5


def test_another_format_under_the_same_prefix_is_read_by_name_with_a_warning(
    shell: Shell,
) -> None:
    header = "action dstport dstaddr srcaddr vpc-id start end packets bytes tomorrows-field"
    line = "ACCEPT 443 10.0.2.9 10.0.1.77 vpc-0a 1793527200 1793527260 100 5 x"
    path = LogFile(DAYS[0], (line,), header=header, time="0010").write(shell.folder / "logs")
    done = shell.run(*TOP, *WINDOW, "--format", "json")
    assert list(done.json[0].values()) == ["10.0.2.9", 130, 3005, 4, 2]
    assert "warning: 1 file with other fields than the table's" in done.err
    assert str(path) in done.err


def test_short_lines_surplus_values_and_odd_numbers(tmp_path: Path) -> None:
    lines = (
        record("2026-11-01T10:00:00"),
        record("2026-11-01T10:00:01") + " surplus values",
        " ".join(record("2026-11-01T10:00:02").split()[:12]),
        record("2026-11-01T10:00:03", packets="many", dstport="-"),
        record("2026-11-01T10:00:04", interface_id='"eni'),
    )
    shell = project(tmp_path, LogFile(DAYS[0], lines))
    rows = shell.run("run", "preview", *WINDOW, "--format", "json").json
    assert [row["start_time"][-3:] for row in rows] == ["00Z", "01Z", "02Z", "03Z", "04Z"]
    assert [row["log_status"] for row in rows] == ["OK", "OK", None, "OK", "OK"]
    assert (rows[3]["packets"], rows[3]["dstport"]) == (None, None)
    assert rows[4]["interface_id"] == '"eni'


def test_the_logs_may_be_a_link_and_the_command_may_run_below(shell: Shell) -> None:
    os.rename(shell.folder / "logs", shell.folder / "real")  # noqa: PTH104 - a link takes its place
    (shell.folder / "logs").symlink_to(shell.folder / "real")
    (shell.folder / "a" / "b").mkdir(parents=True)
    assert flows(Shell(shell.folder / "a" / "b")) == 5
