"""Heat maps as a Vega-Lite specification. Pure."""

import json

from flowathena.result.chart.axis import Scale
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.numbers import limits, readable, shade
from flowathena.result.chart.vega.parts import (
    LEAST_PLOT,
    NARROW,
    Spec,
    cells,
    lookup,
    pixels,
    short_labels,
    turned_labels,
)
from flowathena.result.chart.vega.theme import Theme

_TURNED = 16  # pixels between labels that are turned


def grid(marks: Marks, theme: Theme, width: int) -> Spec:
    """Shades of a grid, which is as fine as its steps."""
    ends = limits(marks.numbers)
    rows = short_labels(marks.series.labels)
    columns = short_labels(marks.x.labels)
    plot = max(width - pixels(rows), 200 if width <= NARROW else LEAST_PLOT)
    are_names = marks.x.scale is Scale.NAME
    if are_names:
        plot = max(plot, _TURNED * len(columns))
    shaded = [
        {**cell, "k": shade(cell["v"], ends)} for cell in cells(marks) if cell["v"] is not None
    ]
    levels = sorted({cell["k"] for cell in shaded})
    names = [f"≤ {readable(ends[k - 1], marks.unit)}" if k else "0" for k in levels]
    shades = [theme[f"h{k + 4 - len(ends) if k else 0}"] for k in levels]
    fonts = {"labelFont": "monospace", "ticks": False, "domain": False, "labelPadding": 6}
    return {
        "width": plot,
        "height": {"step": 24},
        "data": {"values": shaded},
        "mark": {"type": "rect", "stroke": theme["paper"], "strokeWidth": _gap(plot, len(columns))},
        "encoding": {
            "x": {
                "field": "n", "type": "ordinal", "scale": {"domain": list(range(len(columns)))},
                "axis": {"title": marks.x.title, "labelOverlap": not are_names, **fonts,
                         **turned_labels(columns)},
            },
            "y": {
                "field": "s", "type": "ordinal", "scale": {"domain": list(range(len(rows)))},
                "axis": {"title": None, "labelExpr": lookup(rows), **fonts},
            },
            "color": {
                "field": "k",
                "type": "ordinal",
                "scale": {"domain": levels, "range": shades},
                "legend": {
                    "title": marks.measure,
                    "labelExpr": f"{json.dumps(dict(zip(map(str, levels), names, strict=True)))}"
                    "[datum.label]",
                },
            },
            "description": {"field": "d"},
        },
    }  # fmt: skip


def _gap(plot: int, columns: int) -> float:
    """Pixels between cells; none where they are narrow."""
    return 1.0 if plot / columns > 6 else 0.0  # noqa: PLR2004 - pixels
