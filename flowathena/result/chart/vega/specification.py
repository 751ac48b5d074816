"""A chart as a Vega-Lite specification, with its numbers inside and nothing to fetch. Pure.

Values are fields of our own (``n``, ``v``, ``s``, …), because Vega-Lite reads dots and brackets in
the names of columns as paths; labels are texts in order, looked up by number, so that two equal
ones stay two.
"""

from flowathena.result.chart.chart import Kind
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.vega.bars import bars
from flowathena.result.chart.vega.grid import grid
from flowathena.result.chart.vega.lines import lines
from flowathena.result.chart.vega.parts import WIDE, Spec
from flowathena.result.chart.vega.theme import Theme

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VERSION = "6.4"
"""The Vega-Lite that the specification is written for."""


def specification(marks: Marks, theme: Theme, width: int = WIDE, *, titled: bool = True) -> Spec:
    """The specification of a chart.

    Args:
        marks: what is drawn; they have a number at least.
        theme: its colours.
        width: pixels it has at most, unless its labels are very long.
        titled: put the title and what is left out into the picture.
    """
    parts = {Kind.BAR: bars, Kind.LINE: lines, Kind.HEATMAP: grid}
    made = parts[marks.chart.kind](marks, theme, width)
    title: Spec = {"title": _title(marks)} if titled else {}
    return {"$schema": SCHEMA, **title, **made, "config": _config(theme), "padding": 12}


def _title(marks: Marks) -> Spec:
    below = [marks.subtitle] if marks.title != marks.subtitle else []
    return {"text": marks.title, "subtitle": [*below, *marks.notes]}


def _config(theme: Theme) -> Spec:
    return {
        "background": theme["paper"],
        "font": "sans-serif",
        "view": {"stroke": None},
        "mark": {"invalid": "break-paths-show-domains"},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": theme["ink"],
            "subtitleColor": theme["dim"],
            "fontSize": 15,
            "subtitleFontSize": 12,
            "subtitlePadding": 4,
            "offset": 12,
        },
        "axis": {
            "labelColor": theme["dim"],
            "titleColor": theme["dim"],
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "titleFontSize": 12,
            "gridColor": theme["grid"],
            "domainColor": theme["grid"],
            "tickColor": theme["grid"],
            "labelLimit": 0,
            "titleLimit": 0,
        },
        "legend": {
            "orient": "top",
            "labelColor": theme["ink"],
            "titleColor": theme["dim"],
            "titleFontWeight": "normal",
            "labelFontSize": 11,
            "labelLimit": 0,
            "columnPadding": 24,
            "symbolType": "square",
            "symbolStrokeWidth": 0,
        },
    }
