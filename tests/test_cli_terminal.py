"""What a person sees on a terminal: tables that fit, a line of progress that leaves no trace."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from flowathena.cli import screen
from tests.cases import LogFile, record, write_project
from tests.shell import Shell
from tests.terminal import run_on_terminal

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")
TOP = ("run", "top_https_servers", *WINDOW)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A flow a day to one server, 10 packets of 100 bytes in each, the third refused."""
    folder = tmp_path_factory.mktemp("terminal")
    logs = [LogFile(day, (record(f"{day}T10:00:00"),)) for day in DAYS[:2]]
    logs.append(LogFile(DAYS[2], (record(f"{DAYS[2]}T10:00:00", action="REJECT"),)))
    write_project(folder, *logs, registered=True)
    return Shell(folder)


def plain(shell: Shell, **environment: str) -> Shell:
    return Shell(shell.folder, environment)


def test_a_run_shows_that_it_runs_and_leaves_rows_and_a_summary(shell: Shell) -> None:
    shown = run_on_terminal(shell, *TOP)
    assert shown.code == 0
    assert "RUNNING" in shown.raw
    assert "scanned" in shown.raw.partition("dstaddr")[0]
    assert "0:00:0" in shown.raw
    assert shown.screen[:3] == [
        "dstaddr   packets  bytes  flows  clients",
        "─" * 40,
        "10.0.2.9       20   2000      2        1",
    ]
    assert shown.screen[3].startswith("1 row, 3 files, ")
    assert shown.screen[4:] == [""]


def test_a_pipe_gets_the_plain_table_while_the_terminal_shows_progress(
    shell: Shell, tmp_path: Path
) -> None:
    expected = shell.run(*TOP).out
    with (tmp_path / "out").open("wb") as out:
        shown = run_on_terminal(shell, *TOP, stdout=out.fileno())
    assert (tmp_path / "out").read_text() == expected
    assert expected.splitlines()[1] == "--------  -------  -----  -----  -------"
    assert "RUNNING" in shown.raw
    assert len(shown.screen) == 2


def test_nothing_moves_without_a_terminal(shell: Shell) -> None:
    done = shell.run(*TOP)
    assert "\x1b" not in done.out + done.err
    assert "RUNNING" not in done.err
    assert len(done.err.splitlines()) == 1


def test_messages_for_schedulers_have_no_progress_even_on_a_terminal(shell: Shell) -> None:
    shown = run_on_terminal(shell, "partitions", "plan", *WINDOW, "--log-format", "json")
    assert "listed" not in shown.raw
    assert "\x1b" not in shown.raw


def test_a_binary_format_is_refused_before_anything_runs(shell: Shell) -> None:
    shown = run_on_terminal(shell, *TOP, "--format", "parquet")
    assert (shown.code, shown.screen[0]) == (
        2,
        "error: this format is binary; name a file with -o FILE",
    )
    assert "RUNNING" not in shown.raw


def test_no_color_is_honoured(shell: Shell) -> None:
    shown = run_on_terminal(plain(shell, NO_COLOR="1"), *TOP)
    assert "RUNNING" in shown.raw
    assert not [
        part for part in shown.raw.split("\x1b[")[1:] if part.lstrip("0123456789;")[0] == "m"
    ]
    assert "\x1b[" in run_on_terminal(shell, "queries", "list").raw
    assert "\x1b" not in run_on_terminal(plain(shell, NO_COLOR="1"), "queries", "list").raw


def test_a_dumb_terminal_gets_no_escapes(shell: Shell) -> None:
    shown = run_on_terminal(plain(shell, TERM="dumb"), *TOP)
    assert "\x1b" not in shown.raw
    assert "\r\r" not in shown.raw
    assert shown.screen[0] == "dstaddr   packets  bytes  flows  clients"
    assert len(shown.screen) == 5


@pytest.mark.few(6)
@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(
    "args",
    [
        ("run", "preview", *WINDOW),
        ("run", "top_rejected_sources", *WINDOW),
        ("partitions", "list", *WINDOW),
        ("partitions", "status", *WINDOW),
        ("config", "show"),
        ("fields",),
    ],
)
def test_no_line_of_a_table_is_wider_than_the_terminal(
    shell: Shell, args: tuple[str, ...], width: int
) -> None:
    shown = run_on_terminal(shell, *args, width=width)
    assert shown.code == 0
    messages = (
        "row, ",
        "rows, ",
        "cut to fit",
        "account and Region",
        "█ stored",
        "flowathena.toml",
    )
    table = [line for line in shown.screen if not any(part in line for part in messages)]
    assert len(table) >= 3
    assert max(map(len, table)) <= width


def test_more_rows_than_a_screen_are_written_plainly(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        LogFile(DAYS[0], tuple(record(f"{DAYS[0]}T10:00:00", srcport=n) for n in range(201))),
        registered=True,
    )
    many = Shell(tmp_path)
    args = ("run", "preview", *WINDOW, "--limit")
    assert run_on_terminal(many, *args, "201", width=300).screen[1].startswith("-------  ---")
    assert run_on_terminal(many, *args, "200", width=300).screen[1].startswith("──────────")


@pytest.fixture
def _no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.usefixtures("_no_color")
def test_texts_are_cut_and_numbers_are_not() -> None:
    rows = [["a-rather-long-name-of-a-host", 1234567890, "another-long-text-of-no-use"]]
    lines = screen.table(["host", "bytes", "note"], rows, 38).splitlines()
    # 10 digits, two gaps of 2: 24 characters remain for two texts
    assert [line.rstrip() for line in lines] == [
        f"host{' ' * 15}bytes  note",
        "─" * 38,
        "a-rather-lo…  1234567890  another-lon…",
    ]


@pytest.mark.usefixtures("_no_color")
def test_a_name_is_written_on_two_lines_before_a_value_is_cut() -> None:
    lines = screen.table(["place", "missing_in_catalog"], [["111122223333", 7]], 25).splitlines()
    assert [line.rstrip() for line in lines] == [
        *("              missing_in_", "place             catalog", "─" * 25),
        "111122223333            7",
    ]


@pytest.mark.usefixtures("_no_color")
def test_a_spare_column_makes_way() -> None:
    names, rows = ["account", "first_day", "n"], [["111122223333", "2026-11-01", 1]]
    assert "first_day" in screen.table(names, rows, 30, spare=("first_day",))
    assert "first" not in screen.table(names, rows, 20, spare=("first_day",))


@pytest.mark.usefixtures("_no_color")
def test_a_column_may_be_wrapped_not_cut() -> None:
    rows = [["dstport", "destination port of the traffic, as recorded"]]
    text = screen.table(["name", "meaning"], rows, 30, wrap=("meaning",))
    assert "…" not in text
    assert [line.rstrip() for line in text.splitlines()[2:]] == [
        "dstport  destination port of",
        "         the traffic, as",
        "         recorded",
    ]


@pytest.mark.usefixtures("_no_color")
def test_columns_are_wrapped_before_others_are_cut() -> None:
    names = ["name", "wanted", "live"]
    rows = [["a-name-of-20-letters", "s3://logs/one/", "s3://logs/another/"]]
    text = screen.table(names, rows, 48, wrap=("wanted", "live"))
    assert "…" not in text
    # 48 - 20 - two gaps of 2 = 24: 12 for each
    assert [line.rstrip() for line in text.splitlines()[2:]] == [
        "a-name-of-20-letters  s3://logs/on  s3://logs/an",
        "                      e/            other/",
    ]


@pytest.mark.usefixtures("_no_color")
def test_what_cannot_fit_is_shown_a_record_at_a_time() -> None:
    names = [f"field{n}" for n in range(9)]
    text = screen.table(names, [[10**9 + n for n in range(9)], [None] * 9], 30)
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[0] == "1 " + "─" * 28
    assert lines[1:3] == ["field0  1000000000", "field1  1000000001"]
    assert lines[10:12] == ["2 " + "─" * 28, "field0"]


@pytest.mark.usefixtures("_no_color")
def test_wide_characters_take_two_columns() -> None:
    lines = screen.table(["host", "n"], [["東京" * 10, 1]], 20).splitlines()
    assert lines[2].rstrip() == "東京東京東京東京…  1"  # 8 × 2, the ellipsis, a gap of 2, a digit


@pytest.mark.usefixtures("_no_color")
@pytest.mark.parametrize("hostile", ["\x1b[31mred", "a\rb", "a\nb", "\x9b2J", "a\u202eb"])
def test_escapes_in_data_are_spelled_out(hostile: str) -> None:
    for text in (
        screen.table(["name"], [[hostile]], 80),
        screen.table([hostile], [["x"]], 80),
        screen.table(["name", *"abcdefghijk"], [[hostile, *[10**9] * 11]], 40),
    ):
        (char,) = {char for char in hostile if not char.isprintable()}
        assert char not in text.replace("\n", "") or char == "\n"
        assert repr(char)[1:-1] in text


@pytest.mark.usefixtures("_no_color")
def test_markup_in_data_is_data() -> None:
    assert "[red]x[/red] :smile:" in screen.table(["name"], [["[red]x[/red] :smile:"]], 80)


@pytest.mark.usefixtures("_no_color")
def test_no_row_is_a_head_alone() -> None:
    assert screen.table(["host", "n"], [], 80).splitlines()[0] == "host  n"
    names = [f"field{n}" for n in range(9)]
    assert screen.table(names, [], 30).split() == names


@pytest.mark.usefixtures("_no_color")
def test_a_word_of_prose_is_not_broken() -> None:
    rows = [["a", "the acknowledgement of a packet"], ["b", "s3://a-long-bucket/and/a/prefix"]]
    lines = screen.table(["name", "meaning"], rows, 22, wrap=("meaning",)).splitlines()
    # 22 - 4 - a gap of 2 = 16: "acknowledgement" has 15 letters, the path more than 20
    assert [line.rstrip() for line in lines[2:]] == [
        *("a     the", "      acknowledgement", "      of a packet"),
        *("b     s3://a-long-buck", "      et/and/a/prefix"),
    ]
    narrow = screen.table(["name", "meaning"], rows, 20, wrap=("meaning",))
    assert narrow.splitlines()[0].startswith("1 ──")


def test_many_rows_fit_the_terminal_as_few_do() -> None:
    names = ["host", "missing_in_catalog", "note"]
    rows: list[list[object]] = [["東京" * 6, 7, "a text that is rather long"], ["b", None, ""]]
    # 35 - two gaps of 2 = 31: 8 for missing_, as even as may be for the texts; 東 takes two
    assert screen.plain_table(names, rows, 35).splitlines() == [
        "              missing_",
        "                   in_",
        "host           catalog  note",
        "------------  --------  -----------",
        "東京東京東…          7  a text tha…",
        "b",
    ]
    for width in (35, 40, 50, 60):
        lines = screen.plain_table(names, rows, width).splitlines()
        assert max(map(cell_len, lines)) <= width
    assert screen.plain_table(names, rows, 80) == (
        "host                      missing_in_catalog  note\n"
        "------------------------  ------------------  --------------------------\n"
        "東京東京東京東京東京東京                   7  a text that is rather long\n"
        "b\n"
    )
    assert screen.plain_table(names, rows, 20).startswith("1 ----")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One flow of an interface whose name clears the screen and writes backwards."""
    folder = tmp_path_factory.mktemp("hostile")
    odd = record(f"{DAYS[0]}T10:00:00", interface_id="eni-\x1b[2J\x9b3J\u202e")
    write_project(folder, LogFile(DAYS[0], (odd,)), registered=True)
    return Shell(folder)


@pytest.mark.parametrize(
    "form",
    [
        *("table", "csv", "json"),
        *(
            pytest.param(form, marks=pytest.mark.slow)
            for form in ("record", "tsv", "jsonl", "markdown")
        ),
    ],
)
def test_no_format_lets_data_steer_a_terminal(hostile: Shell, form: str) -> None:
    args = ("run", "preview", *WINDOW, "--format", form)
    shown = run_on_terminal(hostile, *args, width=300)
    assert shown.code == 0
    assert not {"\x1b[2J", "\x9b", "\u202e"} & set(re.findall(r"\x1b\[2J|\x9b|\u202e", shown.raw))
    assert re.search(r"eni-\\(x1b|u001b|\\x1b)\\?\[2J", shown.raw)
    piped = hostile.run(*args).out
    if form in {"csv", "tsv"}:
        assert "eni-\x1b[2J\x9b3J\u202e" in piped
    elif form == "json":
        assert json.loads(piped)[0]["interface_id"] == "eni-\x1b[2J\x9b3J\u202e"
        row = json.loads(next(line for line in shown.screen if line.startswith("  {")))
        assert row["interface_id"] == "eni-\x1b[2J\x9b3J\u202e"


def test_quiet_leaves_data_and_errors(shell: Shell) -> None:
    shown = run_on_terminal(shell, "-q", *TOP)
    assert shown.screen[2:] == ["10.0.2.9       20   2000      2        1", ""]
    assert "RUNNING" not in shown.raw
    done = shell.run("partitions", "list", "-t", "nobody", "--quiet", code=2)
    assert done.err.startswith("error: unknown target 'nobody'")


def test_verbose_tells_configuration_calls_and_exact_sizes(shell: Shell) -> None:
    plan = ("partitions", "plan", *WINDOW)
    assert shell.run(*plan).err == "flowathena.vpc_flow_logs: add 0, relocate 0, stale 0, keep 3\n"
    told = shell.run("--verbose", *plan).err
    assert f"configuration: {shell.folder}/flowathena.toml\n" in told
    assert f"target local: table flowathena.vpc_flow_logs, {shell.folder}/logs" in told
    assert re.search(r"keep 3 \(\d CatalogTransaction, 3 ListFolder\)\n$", told)
    assert re.search(r", \d+ B scanned, ", shell.run(*TOP).err)
    assert re.search(r", (\d+) B scanned \(\1 bytes\), ", shell.run(*TOP, "-v").err)


def test_continuous_integration_gets_no_moving_line(shell: Shell) -> None:
    shown = run_on_terminal(plain(shell, CI="true"), *TOP)
    assert "RUNNING" not in shown.raw
    assert shown.screen[3].startswith("1 row, 3 files, ")


@pytest.mark.parametrize("columns", ["0", "1", "abc", "100000", "-5"])
def test_a_width_that_makes_no_sense_breaks_nothing(shell: Shell, columns: str) -> None:
    shown = run_on_terminal(plain(shell, COLUMNS=columns), *TOP, width=80)
    assert shown.code == 0
    assert any(line.endswith("10.0.2.9") or "10.0.2.9  " in line for line in shown.screen)
    assert max(map(len, shown.screen)) < 1000


def test_large_numbers_have_commas_between_thousands_on_a_terminal() -> None:
    names = ["port", "bytes", "share", "start", "flows"]
    rows: list[list[object]] = [
        [65_535, 123_456_789, Decimal("1234567.50"), 1_793_527_200, 99_999],
        [22, None, Decimal(1), 1_793_527_260, 7],
    ]
    amounts = screen.find_amounts(names, rows)
    assert amounts == ["bytes", "share"]
    for draw in (screen.table, screen.plain_table):
        lines = draw(names, rows, 80, amounts=amounts).splitlines()
        assert lines[2].split() == ["65535", "123,456,789", "1,234,567.50", "1793527200", "99999"]
        assert lines[3].split() == ["22", "1", "1793527260", "7"]


def test_what_is_cut_is_named() -> None:
    rows = [["a-rather-long-name.example", 5, "short"]]
    names = ["host", "n", "note"]
    assert screen.find_cut(names, rows, 80) == []
    assert screen.find_cut(names, rows, 25) == ["host"]
    assert "…" in screen.table(names, rows, 25)
    assert screen.find_cut(names, rows, 12) == []  # one record at a time, whole
