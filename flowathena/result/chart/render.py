"""Charts as SVG and PNG, made by vl-convert: no browser, no network.

The same marks give the same bytes on one machine; the fonts of a PNG are the machine's.
"""

import re
from html import escape
from typing import Any

from flowathena.errors import FlowathenaError
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.vega.parts import WIDE, Spec
from flowathena.result.chart.vega.specification import SCHEMA, VERSION, specification
from flowathena.result.chart.vega.theme import LIGHT, Theme
from flowathena.result.chart.words import describe
from flowathena.result.extras import optional
from flowathena.text import printable

_SCALE = 2.0  # pixels of a PNG for each of the picture's
_ROOT = re.compile(r"<svg ([^>]*)>")
_ID = re.compile(r'(\bid="|url\(#|href="#)((?:clip|gradient_?)\d+)')
_BARE: Spec = {
    "$schema": SCHEMA,
    "mark": "text",
    "data": {"values": [{}]},
    "width": WIDE,
    "height": 1,
    "padding": 12,
}


def require() -> Any:  # noqa: ANN401 - vl-convert has no types
    """The library that draws files.

    Raises:
        FlowathenaError: it is not installed.
    """
    try:
        return optional("vl_convert", "charts")
    except FlowathenaError as error:
        raise FlowathenaError(
            "svg, png and html need vl-convert: pip install 'flowathena[charts]'; --chart draws in "
            "the terminal without it"
        ) from error


def svg(
    marks: Marks,
    theme: Theme = LIGHT,
    width: int = WIDE,
    *,
    titled: bool = True,
    ids: str = "",
) -> str:
    """The chart as SVG with a title and a description.

    Args:
        marks: what is drawn.
        theme: its colours.
        width: pixels it has at most, unless its labels are very long.
        titled: put the title and what is left out into the picture.
        ids: what its ids begin with, before its width: those of two pictures of one page differ.

    Raises:
        FlowathenaError: vl-convert is not installed.
    """
    drawn = require().vegalite_to_svg(
        _spec(marks, theme, width, titled=titled), vl_version=VERSION, allowed_base_urls=[]
    )
    return _named(_numbered(drawn, f"{ids}w{width}-"), marks)


def png(marks: Marks) -> bytes:
    """The chart as PNG, two pixels for one.

    Raises:
        FlowathenaError: vl-convert is not installed.
    """
    drawn: bytes = require().vegalite_to_png(
        _spec(marks, LIGHT, WIDE, titled=True),
        vl_version=VERSION,
        scale=_SCALE,
        allowed_base_urls=[],
    )
    return drawn


def _spec(marks: Marks, theme: Theme, width: int, *, titled: bool) -> Spec:
    """The specification; without numbers only the title, and that there is nothing."""
    if marks.numbers:
        return specification(marks, theme, width, titled=titled)
    text = {
        "text": marks.title,
        "subtitle": ["nothing to draw", *marks.notes],
        "anchor": "start",
        "color": theme["ink"],
        "subtitleColor": theme["dim"],
    }
    return {**_BARE, "title": text, "background": theme["paper"]}


def _numbered(drawn: str, before: str) -> str:
    """The SVG with ids of its own: vl-convert goes on counting from one picture to the next."""
    ids: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return found[1] + ids.setdefault(found[2], f"{before}{len(ids)}")

    return _ID.sub(numbered, drawn)


def _named(drawn: str, marks: Marks) -> str:
    """The SVG as one image with a name: its parts would be read out one by one."""
    text = " ".join(filter(None, (printable(marks.chart.description), describe(marks))))
    names = f"<title>{escape(marks.title)}</title><desc>{escape(text)}</desc>"
    return _ROOT.sub(lambda root: f'<svg role="img" {root[1]}>{names}', drawn, count=1)
