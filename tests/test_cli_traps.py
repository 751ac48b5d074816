"""Traps of the command line found by trying: each of these went wrong once."""

import gzip
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import flowathena
from flowathena import Client
from flowathena.errors import QueryError
from tests.cases import LogFile, record, write_project
from tests.shell import Shell
from tests.waiting import other_threads_seconds, until

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
_FAR_TOO_LONG = 120  # the query would take days
SLOW = """/* ---
title = "Slow"
--- */
SELECT count(*) AS n FROM flow_logs a, flow_logs b, flow_logs c, flow_logs d
WHERE a.bytes + b.bytes + c.bytes + d.bytes = 7
"""


def project(folder: Path, query: str = "", records: int = 1) -> Shell:
    (folder / "mine").mkdir()
    if query:
        (folder / "mine" / "p.sql").write_text(query, encoding="utf-8")
    lines = tuple(record("2026-11-01T10:00:00", srcport=n, bytes=n * n) for n in range(records))
    write_project(folder, LogFile(DAY, lines), settings='query_paths = ["mine"]')
    shell = Shell(folder)
    shell.run("partitions", "sync", "--all")
    return shell


def param(name: str) -> str:
    return (
        f'/* ---\ntitle = "x"\n[params.{name}]\ndefault = "d"\n--- */\n'
        f"SELECT count(*) AS n, {{{{ {name} }}}} AS v FROM flow_logs\n"
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_local_query_at_once(tmp_path: Path, number: signal.Signals) -> None:
    shell = project(tmp_path, SLOW, records=3000)
    process = subprocess.Popen(
        shell.command("run", "p", *WINDOW),
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A runner that works in the background may ignore SIGINT; a terminal's child does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    # A thread that is not the first, which waits for the signal, computes: the query runs.
    until(lambda: other_threads_seconds(process.pid) > 0.2, process)
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=_FAR_TOO_LONG)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("it runs on")
    assert process.returncode == 130
    assert out == ""
    [line] = err.splitlines()
    assert "interrupted" in line


STRIKE = """
import os, signal, sys

class Strike:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Strike())
signal.signal(signal.SIGINT, signal.default_int_handler)
from flowathena.cli import main
main(["run", "top_https_servers"])
"""


IGNORED = """
import os, signal
from flowathena.cli import app, run

class Cleared:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100_000):  # the handler raises here, where nobody can catch it
            pass

def wait(*_arguments):
    Cleared()
    while True:
        signal.pause()

signal.signal(signal.SIGINT, signal.default_int_handler)
run.RunGroup.action = staticmethod(wait)
app.main(["run", "top_https_servers"])
"""


def test_an_interrupt_while_python_clears_an_object_away_is_not_lost(tmp_path: Path) -> None:
    shell = project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", IGNORED],
        cwd=shell.folder,
        env={**shell.environment(), "PYTHONPATH": str(Path(flowathena.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "error: interrupted\n"


# Before the command line is there; while it parses; while it runs.
@pytest.mark.parametrize("module", ["flowathena.cli.app", "pydantic", "duckdb"])
def test_an_interrupt_during_an_import_is_one_line(tmp_path: Path, module: str) -> None:
    shell = project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", STRIKE, module],
        cwd=shell.folder,
        env={**shell.environment(), "PYTHONPATH": str(Path(flowathena.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")


def test_listing_closes_its_folders(tmp_path: Path) -> None:
    # PYTHONWARNINGS=error in Shell: an unclosed scandir iterator is told on stderr.
    shell = project(tmp_path)
    assert "ResourceWarning" not in shell.run("partitions", "plan", *WINDOW).err


def test_a_file_whose_checksum_is_wrong_is_damaged(tmp_path: Path) -> None:
    shell = project(tmp_path, records=4000)
    [path] = (tmp_path / "logs").rglob("*.log.gz")
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :])
    with pytest.raises((gzip.BadGzipFile, OSError, EOFError, Exception)):
        gzip.decompress(path.read_bytes())
    line = shell.refused("run", "top_https_servers", *WINDOW, code=1)
    assert str(path) in line


@pytest.mark.parametrize("name", ["class", "from", "lambda", "form", "self", "listener"])
def test_any_name_a_header_takes_can_be_run(tmp_path: Path, name: str) -> None:
    # Either told by 'queries check' or run; never a traceback, and never in the way of others.
    shell = project(tmp_path, param(name))
    assert "top_https_servers" in shell.run("run", "--help").out
    done = shell.try_run("run", "p", *WINDOW, f"--{name}", "v", "--format", "json")
    assert "Traceback" not in done.err
    assert done.code in {0, 2}


@pytest.mark.parametrize("name", ["loop", "none", "true"])
def test_a_name_jinja_keeps_for_itself_is_told_as_such(tmp_path: Path, name: str) -> None:
    line = project(tmp_path, param(name)).run("queries", "check", "p", code=3).out
    assert "declared but not used" not in line


def test_an_empty_text_is_a_value(tmp_path: Path) -> None:
    shell = project(tmp_path, param("v"))
    rows = shell.run("run", "p", *WINDOW, "--v", "", "--format", "json").json
    assert rows == [{"n": 1, "v": ""}]


def test_text_that_is_no_unicode_is_one_line(tmp_path: Path) -> None:
    shell = project(tmp_path, param("v"))
    line = shell.refused("run", "p", *WINDOW, "--v", "\udcff", code=2)
    assert line.startswith("error: v: ")


def test_a_file_of_a_semicolon_only_is_told(tmp_path: Path) -> None:
    shell = project(tmp_path, '/* ---\ntitle = "x"\n--- */\n;\n')
    assert "contains no statement" in shell.run("queries", "check", "p", code=3).out
    client = Client("local", config_path=tmp_path / "flowathena.toml")
    with pytest.raises(QueryError):
        client.sql(";", since="2026-11-01", until="2026-11-02")


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_a_full_or_closed_stdout_is_one_line(tmp_path: Path, where: str) -> None:
    process = subprocess.run(
        ["bash", "-c", f'"$@" {where}', "bash", *Shell(tmp_path).command("queries", "list")],
        cwd=tmp_path,
        env=Shell(tmp_path).environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_a_closed_stderr_costs_no_data(tmp_path: Path) -> None:
    shell = project(tmp_path)
    process = subprocess.run(
        [
            *("bash", "-c", '"$@" 2>&-', "bash"),
            *shell.command("run", "top_https_servers", *WINDOW, "--format", "csv"),
        ],
        cwd=tmp_path,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0
    assert process.stdout.startswith("dstaddr,")


def test_init_keeps_line_endings(tmp_path: Path) -> None:
    LogFile(DAY, (record("2026-11-01T10:00:00"),)).write(tmp_path / "logs")
    before = b'# mine\r\n[targets.first]\r\nlocation = "./logs"\r\n'
    (tmp_path / "flowathena.toml").write_bytes(before)
    Shell(tmp_path).run("init", "./logs", "--target", "second")
    assert (tmp_path / "flowathena.toml").read_bytes().startswith(before)


def test_init_never_leaves_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    LogFile(DAY, (record("2026-11-01T10:00:00"),)).write(tmp_path / "logs")
    before = b'targets = { first = { location = "./logs" } }\n'
    (tmp_path / "flowathena.toml").write_bytes(before)
    shell = Shell(tmp_path)
    shell.refused("init", "./logs", "--target", "second")
    assert (tmp_path / "flowathena.toml").read_bytes() == before


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ["a*", "a[b]", "a?", 'it\'s % ünï "q" {x}', "a b"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """DuckDB takes a path for a pattern; the folder beside it must not be read too."""
    for folder in (name, "ab"):
        (tmp_path / folder).mkdir()
        shell = project(tmp_path / folder)
    shell = Shell(tmp_path / name)
    rows = shell.run("run", "preview", *WINDOW, "--format", "json").json
    assert len(rows) == 1


def test_a_statement_nested_too_deeply_is_a_problem(tmp_path: Path) -> None:
    nested = f"SELECT {'(' * 300}1{')' * 300} AS n FROM flow_logs"
    shell = project(tmp_path, f'/* ---\ntitle = "Deep"\n--- */\n{nested}\n')
    assert "nested too deeply" in shell.run("queries", "check", "p", code=3).out
    assert "nested too deeply" in shell.refused("run", "p", *WINDOW)


def test_a_link_to_nowhere_among_the_logs_is_a_damaged_file(tmp_path: Path) -> None:
    shell = project(tmp_path)
    folder = next(tmp_path.rglob("*.log.gz")).parent
    (folder / "z.log.gz").symlink_to("/nowhere")
    assert "z.log.gz: No such file" in shell.refused("run", "preview", *WINDOW, code=1)
    done = shell.run("run", "preview", *WINDOW, "--skip-bad-files", "--format", "json")
    assert len(done.json) == 1


def test_a_dry_run_goes_to_the_file_that_is_named(tmp_path: Path) -> None:
    shell = project(tmp_path)
    done = shell.run("run", "preview", *WINDOW, "--dry-run", "-o", "preview.sql")
    assert not done.out
    assert (tmp_path / "preview.sql").read_text().startswith("WITH flow_logs AS (")


def test_a_name_too_long_for_the_system_is_one_line(tmp_path: Path) -> None:
    assert "too long" in Shell(tmp_path).refused("init", "x" * 300, code=1)


BUG = """
import sys
from flowathena.cli import app, run

def fail(*_arguments):
    raise ValueError("first line\\nsecond")

run.RunGroup.action = staticmethod(fail)
app.main(["run", "top_https_servers", *sys.argv[1:]])
"""


@pytest.mark.parametrize("options", [(), ("--verbose",)])
def test_what_nobody_foresaw_is_one_line_and_verbose_shows_more(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    shell = project(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", BUG, *options],
        cwd=shell.folder,
        env={**shell.environment(), "PYTHONPATH": str(Path(flowathena.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    *more, line = done.stderr.splitlines()
    assert line.startswith("error: unexpected ValueError: first line second (flowathena/cli/")
    assert "please report it" in line
    assert bool(more) == bool(options)
    assert ("Traceback (most recent call last):" in more) == bool(options)


@pytest.mark.few(1)
@pytest.mark.parametrize("words", [("queries", "list"), ("run", "preview"), ("init", "x")])
def test_a_current_folder_that_is_gone(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    shell = Shell(tmp_path)
    done = subprocess.run(
        ["bash", "-c", 'cd gone && rmdir ../gone && "$@"', "bash", *shell.command(*words)],
        cwd=tmp_path,
        env={**shell.environment(), "PYTHONPATH": str(Path(flowathena.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:  # what needs no configuration works
        line = "error: the current folder does not exist any more; change to another\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", line)
    else:
        assert words == ("queries", "list")
