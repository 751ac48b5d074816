"""``flowathena run`` on a folder: formats and files written, dry runs; by the real command."""

import csv
import gzip
import json
import os
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.shell import Shell

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")
TOP = ("run", "top_https_servers")
COLUMNS = ["dstaddr", "packets", "bytes", "flows", "clients"]


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


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Registered logs for what changes nothing."""
    return project(tmp_path_factory.mktemp("still"), *logs())


def test_json_is_an_array_of_objects_with_columns_in_order(still: Shell) -> None:
    rows = still.run(*TOP, *WINDOW, "--format", "json").json
    assert [list(row) for row in rows] == [COLUMNS, COLUMNS]
    assert [list(row.values()) for row in rows] == [
        ["10.0.2.9", 30, 3000, 3, 1],
        ["10.0.2.8", 2, 0, 2, 1],
    ]
    assert still.run(*TOP, *WINDOW, "--port", "1", "--format", "json").json == []


def test_jsonl_is_an_object_a_line(still: Shell) -> None:
    lines = still.run(*TOP, *WINDOW, "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["packets"] for line in lines] == [30, 2]
    assert still.run(*TOP, *WINDOW, "--port", "1", "--format", "jsonl").out == ""


def test_csv_has_a_header(still: Shell) -> None:
    out = still.run(*TOP, *WINDOW, "--format", "csv").out
    assert out == "dstaddr,packets,bytes,flows,clients\n10.0.2.9,30,3000,3,1\n10.0.2.8,2,0,2,1\n"
    empty = still.run(*TOP, *WINDOW, "--port", "1", "--format", "csv").out
    assert empty == "dstaddr,packets,bytes,flows,clients\n"


def test_a_table_is_the_default(still: Shell) -> None:
    done = still.run(*TOP, *WINDOW)
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == COLUMNS
    assert rows[2:] == [["10.0.2.9", "30", "3000", "3", "1"], ["10.0.2.8", "2", "0", "2", "1"]]
    assert "2 rows, 5 files" in done.err


def test_times_and_nulls(tmp_path: Path) -> None:
    nodata = "2 111122223333 eni-0a - - - - - - - 1793527200 1793527260 - NODATA"
    shell = project(tmp_path, LogFile(DAYS[0], (nodata,)))
    question = ("run", "preview", *WINDOW)
    row = shell.run(*question, "--format", "json").json[0]
    assert row["start_time"] == "2026-11-01T10:00:00Z"
    assert row["srcaddr"] is None
    [line] = list(csv.DictReader(shell.run(*question, "--format", "csv").out.splitlines()))
    assert (line["start_time"], line["srcaddr"]) == ("2026-11-01T10:00:00Z", "")


@pytest.mark.few(2)
@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_a_file_is_written_in_the_format_of_its_ending(
    still: Shell, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / f"top.{ending}"
    target.write_text("what stood there before")
    done = still.run(*TOP, *WINDOW, "-o", str(target))
    assert done.out == ""
    assert "2 rows" in done.err
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    if ending == "parquet":
        rows = pq.read_table(target)
        assert rows.column_names == COLUMNS
        assert rows.column("packets").to_pylist() == [30, 2]
        return
    named = still.run(*TOP, *WINDOW, "--format", ending)
    assert target.read_text() == named.out


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("top", "table"),
        ("top.txt", "table"),
        ("top.csv", "csv"),
        ("top.TSV", "tsv"),
        ("top.json", "json"),
        ("top.ndjson", "jsonl"),
        ("top.md", "markdown"),
    ],
)
def test_the_ending_says_what_is_written(
    still: Shell, tmp_path: Path, name: str, form: str
) -> None:
    still.run(*TOP, *WINDOW, "-o", str(tmp_path / name))
    written = (tmp_path / name).read_text()
    assert written == still.run(*TOP, *WINDOW, "--format", form).out
    still.run(*TOP, *WINDOW, "-o", str(tmp_path / f"{name}.gz"), "--format", form)
    assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()).decode() == written


@left_to_slow
def test_parquet_goes_to_a_pipe(still: Shell) -> None:
    process = subprocess.run(
        still.command("run", "rejected_tcp", *WINDOW, "--format", "parquet"),
        cwd=still.folder,
        env=still.environment(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert process.stdout.startswith(b"PAR1")


def test_what_cannot_be_written_is_one_line(still: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for target in ("missing/top.csv", "file/top.csv", "."):
        line = still.refused(*TOP, *WINDOW, "-o", str(tmp_path / target))
        assert line.startswith(f"error: cannot write {tmp_path}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert "cannot write /dev/full" in still.refused(*TOP, *WINDOW, "-o", "/dev/full", code=1)


def test_dry_run_prints_the_sql_and_needs_no_registered_table(tmp_path: Path) -> None:
    write_project(tmp_path, *logs())
    done = Shell(tmp_path).run(
        *("run", "ssh_rejects", "--dry-run", "--port", "2222"),
        *("--since", "2026-11-01T12:00:00Z", "--until", "2026-11-03"),
        *("--account", "111122223333", "--region", "eu-west-1", "--region", "us-east-1"),
    )
    # 2026-11-01T00:00Z is 1793491200; half a day later 43200 more. The last day inside is the 2nd,
    # and a day more for late delivery.
    for term in (
        "\"day\" BETWEEN '2026-11-01' AND '2026-11-03'",
        "\"aws_account\" IN ('111122223333')",
        "\"aws_region\" IN ('eu-west-1', 'us-east-1')",
        '"start" >= 1793534400',
        '"start" < 1793664000',
        "dstport = 2222",
    ):
        assert term in done.out
    assert done.err == ""
    assert "{{" not in done.out
    assert not (tmp_path / "logs" / ".flowathena").exists()


def test_literals_of_a_window_that_ends_inside_a_day_and_of_one_with_fractions(
    still: Shell,
) -> None:
    until = ("--since", "2h", "--until", "2026-11-02T01:00:00.25Z")
    sql = still.run("run", "preview", *until, "--dry-run").out
    assert "\"day\" BETWEEN '2026-11-01' AND '2026-11-03'" in sql
    # 01:00:00.25 lets 01:00:00 in: the first second after is :01. Two hours before likewise.
    assert '"start" < 1793581201' in sql
    assert '"start" >= 1793574001' in sql


def test_a_reader_that_leaves_early_leaves_no_traceback(tmp_path: Path) -> None:
    lines = tuple(record("2026-11-01T10:00:00", srcport=n) for n in range(3000))
    shell = project(tmp_path, LogFile(DAYS[0], lines))
    words = [*shell.command("run", "preview"), *WINDOW, "--limit", "3000", "--format", "csv"]
    process = subprocess.run(
        ["bash", "-c", '"$@" | head -1; exit "${PIPESTATUS[0]}"', "bash", *words],
        cwd=tmp_path,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.stdout.startswith("version,account_id,")
    assert process.stderr == ""
    assert process.returncode == 141  # as of a command that SIGPIPE ends


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 141),
        (("fields", "--format", "csv"), 141),
        (("queries", "list"), 141),
        (("partitions", "list", "--all"), 141),
        (("partitions", "plan", "--all", "--exit-code"), 3),  # drift is drift, read or not
    ],
)
def test_a_reader_that_is_gone_ends_no_command_otherwise(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    shell = project(tmp_path, LogFile(DAYS[0], (record("2026-11-01T10:00:00"),)))
    LogFile("2026-11-09", ()).write(tmp_path / "logs")
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        shell.command(*words),
        cwd=tmp_path,
        env=shell.environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert process.returncode == code
    assert not {"Traceback", "Exception", "error"} & set(process.stderr.split())


def test_help_on_a_full_disk_is_one_line(still: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            still.command("--help"),
            cwd=still.folder,
            env=still.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    line = "error: cannot write to standard output: No space left on device\n"
    assert (process.returncode, process.stderr) == (1, line)
