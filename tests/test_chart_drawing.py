"""Charts as text: drawings worked by hand, and what holds of every drawing."""

import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowathena.result.chart.canvas import plain
from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.chart.drawing import draw
from flowathena.result.chart.marks import Marks, marks
from tests.charts import bars, grid

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _text(drawn: Marks, width: int = 40) -> list[str]:
    return plain(draw(drawn, width)).splitlines()


def test_bars_are_as_long_as_their_numbers() -> None:
    rows = [
        ("10.0.0.1", 3_000_000),
        ("10.0.0.20", 1_500_000),
        ("web", 100),
        ("none", 0),
        ("?", None),
    ]
    # 9 characters of labels, 6 of numbers, two gaps of 2: 21 for bars. 1.5 of 3 MB is 10 4/8.
    assert _text(bars(rows, title="Talkers")) == [
        "Talkers",
        "bytes by host",
        "10.0.0.1   █████████████████████  3.0 MB",
        "10.0.0.20  ██████████▌            1.5 MB",
        "web        ▏                       100 B",
        "none                                 0 B",
        "?                                      –",
    ]


def test_bars_below_zero_go_to_the_left() -> None:
    # 1 of labels, 2 of numbers, gaps of 2: 22 for 10 units and 1 for zero. 6 are 13.2, 4 are 8.8.
    assert _text(bars([("a", 6), ("b", -4), ("c", -2)], "n"), 30) == [
        "n by host",
        "a           █████████████▎   6",
        "b  █████████                -4",
        "c       ████                -2",
    ]


def test_series_of_bars_are_parts_with_fills_of_their_own() -> None:
    chart = Chart(Kind.BAR, ("host",), ("sent_bytes", "received_bytes"))
    rows = [("a", 600, 400), ("b", 0, 500), ("c", 0, 1)]
    drawn = marks(chart, ["host", "sent_bytes", "received_bytes"], rows)
    # 1 of labels, 6 of numbers: 20 for 1,000 bytes. 1 byte is less than a character, and seen.
    assert _text(drawn, 31)[1:] == [
        "a  ████████████▓▓▓▓▓▓▓▓  1.0 kB",
        "b  ▓▓▓▓▓▓▓▓▓▓             500 B",
        "c  ▓                        1 B",
        "█ sent_bytes  ▓ received_bytes",
    ]


def test_parts_of_which_some_are_negative_are_bars_of_their_own() -> None:
    chart = Chart(Kind.BAR, ("host",), ("n",), "side")
    drawn = marks(chart, ["host", "n", "side"], [("a", 2, "in"), ("a", -2, "out")])
    assert _text(drawn, 30)[1:] == [
        "a in            █████████    2",
        "a out  █████████            -2",
    ]


def test_a_rising_line() -> None:
    chart = Chart(Kind.LINE, ("t",), ("flows",))
    rows = [(NOON + timedelta(hours=n), n * 100) for n in range(11)]
    lines = _text(marks(chart, ["t", "flows"], rows), 29)
    # From the lower left to the upper right: 24 by 12 characters are 48 by 48 dots, a diagonal.
    assert lines[0] == "flows by t"
    assert [line[:5] for line in lines[1:13]] == [
        " 1k ┤", *["    │"] * 5, "500 ┤", *["    │"] * 4, "  0 ┤",
    ]  # fmt: skip
    assert lines[13] == "    └" + "─" * 24
    filled = [[at for at, char in enumerate(line[5:]) if char != " "] for line in lines[1:13]]
    assert filled[0][-1] == 23
    assert filled[-1][0] == 0
    flat = [at for row in reversed(filled) for at in row]
    assert flat == sorted(flat)


def test_a_flat_line_is_on_its_height_and_a_gap_is_blank() -> None:
    chart = Chart(Kind.LINE, ("n",), ("flows",))
    drawn = marks(chart, ["n", "flows"], [(0, 10), (1, 10), (2, None), (3, 10), (4, 10)])
    # 4 + 21 characters, 42 dots; places 0 and 10, 31 and 41: characters 0-5 and 15-20.
    assert _text(drawn, 25)[1] == "10 ┤" + "⠉⠉⠉⠉⠉⠁" + " " * 9 + "⠈⠉⠉⠉⠉⠉"


def test_each_series_of_lines_has_a_panel_on_the_same_scale() -> None:
    chart = Chart(Kind.LINE, ("n",), ("flows",), "protocol")
    rows = [(n, size, name) for n in range(3) for name, size in (("TCP", 100), ("UDP", 50))]
    lines = _text(marks(chart, ["n", "flows", "protocol"], rows), 25)
    assert lines[1] == "    ┌ TCP"
    assert lines[2].startswith("100 ┤⠉⠉⠉")
    assert lines[7] == "    ┌ UDP"
    assert lines[8] == "100 ┤"
    # 50 of 100 on 20 dots is dot 10 (9.5), which is the second from above of the middle line.
    assert lines[10].startswith(" 50 ┤⠒⠒⠒")
    assert lines[-1].split() == ["0", "1", "2"]


def test_one_point_and_no_row() -> None:
    chart = Chart(Kind.LINE, ("t",), ("flows",), title="Flows")
    one = _text(marks(chart, ["t", "flows"], [(NOON, 5)]))
    assert sum(char > "\u2800" for line in one for char in line if char < "\u2900") == 1
    assert "2026-11-01 12:00" in one[-1]
    none = marks(chart, ["t", "flows"], [])
    assert _text(none) == ["Flows", "flows by t", "no rows: nothing to draw"]
    null = marks(chart, ["t", "flows"], [(NOON, None)])
    assert _text(null) == ["Flows", "flows by t", "no numbers: nothing to draw"]


def test_a_heat_map() -> None:
    drawn = grid([(22, "a", 100), (443, "a", 10), (22, "bb", 0), (443, "bb", 60)])
    assert _text(drawn) == [
        "flows by port and host",
        "a   ███ ░░░",
        "bb  ·   ▓▓▓",
        "    22  443",
        "flows:  · 0  ░ ≤ 25  ▒ ≤ 50  ▓ ≤ 75",
        "█ ≤ 100",
    ]


def test_labels_of_columns_that_have_no_room_are_explained_letters() -> None:
    chart = Chart(Kind.HEATMAP, ("dst",), ("src",), "flows")
    rows = [(f"10.0.0.{n}", "a", n + 1) for n in range(5)]
    lines = _text(marks(chart, ["dst", "src", "flows"], rows))
    assert lines[2:5] == [
        "   a b c d e",
        "a 10.0.0.0  b 10.0.0.1  c 10.0.0.2",
        "d 10.0.0.3  e 10.0.0.4",
    ]


def test_columns_without_room_are_counted() -> None:
    chart = Chart(Kind.HEATMAP, ("hour",), ("host",), "flows")
    rows = [(NOON + timedelta(hours=n), "host-1", n + 1) for n in range(100)]
    lines = _text(marks(chart, ["hour", "host", "flows"], rows), 60)
    # 60 less 6 of the label and a gap of 2: 52 columns.
    assert lines[-1] == "… 48 more of hour: no room at this width"


def test_wide_characters_take_two_places() -> None:
    lines = _text(bars([("東京", 2), ("a", 1)], "n"), 20)
    # 4 of labels, 1 of numbers, gaps of 2: 11 for bars.
    assert lines[1:] == ["東京  ███████████  2", "a     █████▌       1"]


def test_long_labels_are_cut_and_the_bar_remains() -> None:
    (line,) = _text(bars([("x" * 200, 7)], "n"), 40)[1:]
    # 60 % of 40 characters: 24 of the label, 11 of the bar.
    assert line == "x" * 23 + "…" + "  " + "█" * 11 + "  7"


_TIMES = st.datetimes(timezones=st.just(UTC))
_LABELS = st.one_of(st.none(), st.text(max_size=30), st.integers(), _TIMES, st.dates())
_NUMBERS = st.one_of(
    st.none(), st.integers(-(10**20), 10**20), st.floats(), st.decimals(allow_nan=False, places=3)
)
_ROWS = st.lists(st.tuples(_LABELS, _LABELS, _NUMBERS), max_size=40)


@given(rows=_ROWS, kind=st.sampled_from(Kind), width=st.integers(1, 200), colored=st.booleans())
def test_no_line_is_wider_than_the_width_nor_obeyed_by_a_terminal(
    rows: list[tuple[object, ...]], kind: Kind, width: int, colored: bool
) -> None:
    chart = Chart(kind, ("a",), ("n",), "b" if colored else "", title="A title of some length")
    if kind is Kind.HEATMAP:
        chart = Chart(kind, ("a",), ("b",), "n")
    lines = _text(marks(chart, ["a", "b", "n"], rows), width)
    assert max(map(cell_len, lines)) <= max(width, 20)
    odd = {char for line in lines for char in line if unicodedata.category(char)[0] == "C"}
    assert not odd


@pytest.mark.parametrize("width", [20, 33, 80, 200])
def test_thousands_of_rows_are_drawn_at_any_width(width: int) -> None:
    rows = [(NOON + timedelta(minutes=n), f"h{n % 50}", n * n) for n in range(5000)]
    for kind in Kind:
        chart = Chart(kind, ("t",), ("n",), "h")
        if kind is Kind.HEATMAP:
            chart = Chart(kind, ("t",), ("h",), "n")
        lines = _text(marks(chart, ["t", "h", "n"], rows), width)
        assert len(lines) <= 60
        assert max(map(cell_len, lines)) <= width
        assert any(line.startswith("… ") for line in lines)


def test_nothing_but_the_command_line_draws_with_rich() -> None:
    """The zip of the Lambda function is without."""
    rooms = "aws_lambda, client, report.report, result.chart.picture, result.chart.render"
    imports = "; ".join(f"import flowathena.{room}" for room in rooms.split(", "))
    code = f"import sys; sys.modules['rich'] = None; {imports}"
    subprocess.run([sys.executable, "-c", code], check=True)
