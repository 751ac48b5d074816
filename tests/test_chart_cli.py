"""``--chart``, and pictures in files, by the real command."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cases import LogFile, record, write_project
from tests.shell import Shell
from tests.terminal import run_on_terminal

DAY = "2026-11-01"
WINDOW = ("--since", DAY, "--until", "2026-11-02")
TOP = ("run", "top_pairs", *WINDOW)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Thirty sources that send 100, 200, … bytes to one server at ten o'clock."""
    folder = tmp_path_factory.mktemp("charts")
    records = tuple(
        record(f"{DAY}T10:00:00", srcaddr=f"10.0.1.{n}", bytes=n * 100) for n in range(1, 31)
    )
    write_project(folder, LogFile(DAY, records), registered=True)
    return Shell(folder)


def test_a_pipe_gets_the_chart_instead_of_the_table(shell: Shell) -> None:
    lines = shell.run(*TOP, "--chart", "--limit", "25").out.splitlines()
    assert lines[:2] == ["Address pairs with the most traffic", "bytes by srcaddr, dstaddr"]
    # 18 of labels, 6 of numbers, two gaps of 2: 52 of 80 for 3,000 bytes.
    assert lines[2] == "10.0.1.30 10.0.2.9  " + "█" * 52 + "  3.0 kB"
    assert lines[3].startswith("10.0.1.29 10.0.2.9  " + "█" * 50)
    assert lines[-1] == "… 5 more rows"
    assert len(lines) == 23


def test_the_table_comes_before_if_it_is_asked_for(shell: Shell) -> None:
    out = shell.run(*TOP, "--format", "table", "--chart", "--limit", "2").out
    assert out.splitlines()[0].split() == ["srcaddr", "dstaddr", "flows", "packets", "bytes"]
    assert out.splitlines()[4] == "Address pairs with the most traffic"


def test_rows_go_to_the_file_and_the_chart_to_the_screen(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    out = shell.run(*TOP, "--chart", "-o", str(file)).out
    assert file.read_text().startswith("srcaddr,dstaddr,flows,packets,bytes\n10.0.1.30,")
    assert out.startswith("Address pairs with the most traffic\n")


def test_a_terminal_gets_the_same_text_in_colours(shell: Shell) -> None:
    plain = shell.run(*TOP, "--chart").out.splitlines()
    shown = run_on_terminal(shell, *TOP, "--chart")
    assert shown.screen[: len(plain)] == plain
    drawn = shown.raw[shown.raw.index("Address pairs") - 10 :]
    assert re.search(r"\x1b\[[0-9;]*m█", drawn)
    grey = run_on_terminal(Shell(shell.folder, {"NO_COLOR": "1"}), *TOP, "--chart")
    assert grey.screen[: len(plain)] == plain
    assert not re.search(r"\x1b\[[0-9;]*m", grey.raw[grey.raw.index("Address pairs") :])


@pytest.mark.few(1)
@pytest.mark.parametrize("width", [20, 40, 120])
def test_a_chart_fits_the_terminal(shell: Shell, width: int) -> None:
    for name in ("top_pairs", "traffic_by_hour", "traffic_by_day_and_hour"):
        shown = run_on_terminal(shell, "run", name, *WINDOW, "--chart", width=width)
        assert shown.code == 0
        drawn = [line for line in shown.screen if not re.match(r"\d+ rows?, ", line)]
        assert max(map(len, drawn)) <= width


@pytest.mark.parametrize("ending", ["svg", "png", "html"])
def test_pictures_are_files_by_their_ending(shell: Shell, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"pairs.{ending}"
    shell.run(*TOP, "-o", str(file))
    content = file.read_bytes()
    shell.run(*TOP, "--format", ending, "-o", str(file))
    assert file.read_bytes() == content
    if ending == "svg":
        assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
        assert shell.run(*TOP, "--format", "svg").out.encode() == content
    if ending == "html":
        assert content.count(b"<tr>") == 31
        assert b"<h1>Address pairs with the most traffic</h1>" in content


def test_a_statement_is_drawn_as_its_columns_suggest(shell: Shell) -> None:
    sql = "SELECT srcport, count(*) AS flows FROM flow_logs GROUP BY 1 ORDER BY 2 DESC LIMIT 3"
    out = shell.run("sql", sql, *WINDOW, "--chart").out
    assert out.splitlines()[0] == "flows by srcport"
    assert out.splitlines()[1].endswith("█  30")


def test_what_cannot_be_drawn_is_told(shell: Shell, tmp_path: Path) -> None:
    sql = ("sql", "SELECT DISTINCT dstaddr FROM flow_logs ORDER BY 1 LIMIT 3", *WINDOW)
    assert "a chart needs a column of amounts" in shell.run(*sql, "--chart", code=2).err
    mixed = shell.run(*TOP, "--chart", "--format", "csv", code=2)
    assert "--chart would follow the csv on standard output; name -o FILE for it" in mixed.err
    assert mixed.out == ""
    dry = shell.run(*TOP, "--chart", "--dry-run", code=2)
    assert "leave out --chart" in dry.err
    packed = shell.run(*TOP, "-o", str(tmp_path / "x.png.gz"), code=2)
    assert "PNG is compressed already" in packed.err


def test_rows_that_cannot_be_drawn_are_shown(shell: Shell, tmp_path: Path) -> None:
    """They are paid for by then."""
    statement = ("sql", "SELECT count(*) AS n FROM flow_logs", *WINDOW, "--chart")
    why = "error: a chart needs a column of labels, and the result has only numbers"
    done = shell.run(*statement, code=2)
    assert [line.strip() for line in done.out.splitlines()] == ["n", "--", "30"]
    assert done.err.splitlines()[-1].startswith(why)
    file = tmp_path / "n.csv"
    done = shell.run(*statement, "-o", str(file), code=2)
    assert (done.out, file.read_text()) == ("", "n\n30\n")


def test_a_picture_is_no_text_for_a_terminal(shell: Shell) -> None:
    shown = run_on_terminal(shell, *TOP, "--format", "png")
    assert (shown.code, shown.screen[0]) == (
        2,
        "error: this format is binary; name a file with -o FILE",
    )


def test_no_rows_are_drawn_as_such(shell: Shell) -> None:
    out = shell.run(
        "run", "top_pairs", "--since", DAY, "--until", f"{DAY}T01:00:00Z", "--chart"
    ).out
    assert out.splitlines()[-1] == "no rows: nothing to draw"
