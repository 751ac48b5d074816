"""Charts as files: well-formed, complete, safe, of the same bytes each time."""

import re
import struct
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flowathena.errors import FlowathenaError, UsageError
from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.chart.vega.theme import DARK, LIGHT, VARIABLES
from flowathena.result.formats import Format, encode
from flowathena.result.result import Result
from tests.charts import result

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
_EVIL = "</script><script>alert(1)</script>\x1b[31m&<b>"


def _hosts(count: int = 30) -> Result:
    rows = [(f"10.0.0.{n}", 10**9 // (n + 1), "TCP") for n in range(count)]
    made = result([("host", "varchar"), ("bytes", "bigint"), ("protocol", "varchar")], rows)
    made.usual_chart = Chart(Kind.BAR, ("host",), ("bytes",), "", "Top talkers", "Who talks most.")
    return made


def _hours() -> Result:
    rows = [
        (NOON + timedelta(hours=n), None if n == 5 else n * 1000, name)
        for n in range(30)
        for name in ("TCP", "UDP")
    ]
    return result([("hour", "timestamp"), ("flows", "bigint"), ("protocol", "varchar")], rows)


def _texts(svg: str) -> list[str]:
    return [text for each in ET.fromstring(svg).iter(f"{SVG}text") for text in each.itertext()]


def test_svg_has_every_label_a_title_and_a_description() -> None:
    svg = encode(_hosts(), Format.SVG).decode()
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Top talkers"
    assert root.findtext(f"{SVG}desc") == (
        "Who talks most. 20 bars: bytes by host, from 50.0 MB to 1.0 GB; the largest is 10.0.0.0."
    )
    texts = _texts(svg)
    assert {f"10.0.0.{n}" for n in range(20)} <= set(texts)
    assert {"Top talkers", "bytes by host", "… 10 more rows", "1.0 GB", "500.0 MB"} <= set(texts)
    bars = [
        each for each in root.iter(f"{SVG}path") if each.get("aria-label", "").startswith("10.")
    ]
    assert [bar.get("aria-label") for bar in bars][:2] == ["10.0.0.0: 1.0 GB", "10.0.0.1: 500.0 MB"]
    assert len(bars) == 20


def test_labels_lie_within_the_picture() -> None:
    made = result([("host", "varchar"), ("n", "bigint")], [("2001:db8:1:2:3:4:5:6" * 2, 5)])
    svg = made.chart("bar", x="host", y="n").svg()
    root = ET.fromstring(svg)
    left = float(re.search(r"translate\(([\d.]+)", svg)[1])  # type: ignore[index]
    # 40 characters of 11 pixels' monospace are 6.6 each: 264 pixels, to the left of the marks.
    assert left >= 264
    assert float(root.get("width", "0")) >= left + 240


def test_times_of_a_line_are_utc() -> None:
    drawn = _hours().chart("line", x="hour", y="flows", color="protocol").svg()
    texts = _texts(drawn)
    assert {"hour (UTC)", "18:00", "11-02", "TCP", "UDP", "protocol", "25k"} <= set(texts)
    assert "12:00" in texts


def test_a_heat_map_has_a_cell_for_each_number_and_its_limits() -> None:
    made = result(
        [("port", "integer"), ("host", "varchar"), ("flows", "bigint")],
        [(22, "a", 100), (443, "a", 10), (22, "b", 0), (443, "b", None)],
    )
    svg = made.chart("heatmap", x="port", y="host", color="flows").svg()
    labels = re.findall(r'aria-label="([^"]*: [^"]*)"', svg)
    assert [each for each in labels if each.startswith(("22,", "443,"))] == [
        "22, a: 100", "443, a: 10", "22, b: 0",
    ]  # fmt: skip
    # Nothing is between 25 and 75, so that these shades are not explained.
    assert {"22", "443", "a", "b", "0", "≤ 25", "≤ 100"} <= set(_texts(svg))
    assert not {"≤ 50", "≤ 75"} & set(_texts(svg))


def test_png_is_two_pixels_for_one() -> None:
    picture = _hosts().chart()
    content = picture.png()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    root = ET.fromstring(picture.svg())
    assert (width, height) == (
        round(2 * float(root.get("width", "0"))),
        round(2 * float(root.get("height", "0"))),
    )


@pytest.mark.parametrize("form", [Format.SVG, Format.PNG, Format.HTML])
def test_the_same_rows_make_the_same_bytes(form: Format) -> None:
    assert encode(_hosts(), form) == encode(_hosts(), form)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[list[str]] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "tr":
            self.cells.append([])
        if tag in {"td", "th"}:
            self.cells[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.inside in {"td", "th"} and data.strip():
            self.cells[-1][-1] += data


def _page(content: str) -> _Page:
    page = _Page()
    page.feed(content)
    return page


def test_a_page_has_the_chart_at_two_widths_and_every_row_below() -> None:
    content = encode(_hosts(), Format.HTML).decode()
    page = _page(content)
    names = [name for name, _ in page.tags]
    ids = re.findall(r'\bid="(\S+?)"', content)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#(\S+?)\)", content)) == set(ids)
    assert (names.count("svg"), names.count("h1"), names.count("table")) == (2, 1, 1)
    assert page.cells[0] == ["host", "bytes", "protocol"]
    assert page.cells[1] == ["10.0.0.0", "1000000000", "TCP"]
    assert len(page.cells) == 31
    assert "<p>Who talks most.</p>" in content
    assert "<p>… 10 more rows</p>" in content
    (html,) = [attrs for name, attrs in page.tags if name == "html"]
    assert html["lang"] == "en"


def test_a_page_is_light_or_dark_as_its_reader_likes() -> None:
    content = encode(_hosts(), Format.HTML).decode()
    assert "@media (prefers-color-scheme:dark)" in content
    assert f"--paper:{LIGHT['paper']}" in content
    assert f"--paper:{DARK['paper']}" in content
    drawn = content[content.index("<svg") :]
    assert VARIABLES["s0"] in drawn
    assert VARIABLES["ink"] in drawn
    assert not re.findall(r'(?:fill|stroke)="#', drawn)
    assert set(LIGHT) == set(DARK) == set(VARIABLES)


def _contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""

    def light(color: str) -> float:
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_marks_and_texts_have_contrast(theme: dict[str, str]) -> None:
    for role in ("ink", "dim"):
        assert _contrast(theme[role], theme["paper"]) >= 4.5
    for n in range(6):
        assert _contrast(theme[f"s{n}"], theme["paper"]) >= 3
    shades = [_contrast(theme[f"h{n}"], theme["paper"]) for n in range(5)]
    assert shades == sorted(shades)


def test_nothing_in_a_page_comes_from_elsewhere_or_runs() -> None:
    made = result([(_EVIL, "varchar"), ("n", "bigint")], [(_EVIL, 2), ("http://x.example/a", 1)])
    picture = made.chart("bar", x=_EVIL, y="n", title=_EVIL)
    for content in (picture.html(), picture.svg(), made._repr_html_()):
        assert "<script" not in content
        assert "<b>" not in content
        assert "\x1b" not in content
    ET.fromstring(picture.svg())
    page = _page(picture.html())
    assert not {"script", "link", "img", "image", "iframe"} & {name for name, _ in page.tags}
    assert not [a for _, attrs in page.tags for a in attrs if a in {"src", "href", "xlink:href"}]
    policy = next(a["content"] for n, a in page.tags if a.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@pytest.mark.parametrize("rows", [[], [("a", None)], [("a", 0)], [("a", -1), ("b", 1)], [("a", 5)]])
@pytest.mark.parametrize("kind", ["bar", "line"])
def test_few_rows_make_a_picture_too(rows: list[tuple[object, ...]], kind: str) -> None:
    picture = result([("x", "varchar"), ("n", "bigint")], rows).chart(kind, x="x", y="n")
    assert picture.png().startswith(b"\x89PNG")
    ET.fromstring(picture.svg())
    assert ("nothing to draw" in picture.html()) == (not any(row[1] is not None for row in rows))


def test_names_that_vega_would_read_as_paths_are_drawn() -> None:
    made = result([("a.b", "varchar"), ("c[0]", "bigint")], [("x", 3), ("y", 4)])
    assert {"x", "y", "3", "4"} <= set(_texts(made.chart("bar", x="a.b", y="c[0]").svg()))


def test_a_page_of_very_many_rows_says_how_many_are_missing() -> None:
    made = result([("host", "varchar"), ("n", "bigint")], [(f"h{n}", n) for n in range(1234)])
    content = made.chart("bar", x="host", y="n").html()
    assert "1,234 rows, of which the first 1,000 are shown: 234 more" in content
    assert len(_page(content).cells) == 1001


def test_a_notebook_shows_the_first_rows_as_a_table() -> None:
    made = result([("host", "varchar"), ("n", "bigint")], [(None, n) for n in range(150)])
    page = _page(made._repr_html_())
    assert len(page.cells) == 101
    assert page.cells[1] == ["–", "0"]
    assert "150 rows, of which the first 100 are shown: 50 more" in made._repr_html_()


def test_a_picture_is_saved_by_the_ending_of_its_file(tmp_path: Path) -> None:
    picture = _hosts().chart(title="Mine")
    for ending in ("svg", "png", "html", "txt"):
        picture.save(tmp_path / f"x.{ending}")
        assert (tmp_path / f"x.{ending}").read_bytes() == picture.encoded(ending)
    assert (tmp_path / "x.txt").read_text().startswith("Mine\nbytes by host\n10.0.0.0 ")
    with pytest.raises(UsageError, match=r"a chart is a .svg, .png, .html or .txt file, not gif"):
        picture.save(tmp_path / "x.gif")


def test_without_the_library_it_is_told_and_text_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    picture = _hosts().chart()
    with pytest.raises(FlowathenaError, match=r"pip install 'flowathena\[charts\]'"):
        picture.svg()
    assert picture._repr_svg_() is None
    assert str(picture).startswith("Top talkers\n")
