"""Bars as a Vega-Lite specification. Pure."""

from collections.abc import Sequence

from flowathena.result.chart.marks import Marks
from flowathena.result.chart.numbers import readable
from flowathena.result.chart.vega.parts import (
    LEAST_PLOT,
    NARROW,
    Spec,
    cells,
    colors,
    lookup,
    pixels,
    short_labels,
)
from flowathena.result.chart.vega.theme import Theme

_STEP = 22  # pixels of a bar and the gap to the next
_TALL_STEP = 36  # with its label above it


def bars(marks: Marks, theme: Theme, width: int) -> Spec:
    """Bars from left to right; on a phone each below its label."""
    above = width <= NARROW
    several = len(marks.values) > 1
    labels = short_labels(marks.x.labels)
    room = width if above else width - pixels(labels)
    plot = max(room, LEAST_PLOT)
    y = {
        "field": "n",
        "type": "ordinal",
        "scale": {"domain": list(range(len(labels))), **({"paddingInner": 0.6} if above else {})},
        "axis": None if above else {
            "title": None, "labelExpr": lookup(labels), "labelFont": "monospace",
            "labelFontSize": 11, "ticks": False, "domain": False, "labelPadding": 8,
            "labelColor": theme["ink"],
        },
    }  # fmt: skip
    bar: Spec = {
        "data": {"values": cells(marks)},
        "mark": {"type": "bar", "color": theme["s0"], "cornerRadiusEnd": 0 if several else 2},
        "encoding": {
            "x": _measure(marks, plot),
            "description": {"field": "d"},
            **({"color": colors(marks, theme)} if several else {}),
        },
    }
    layers = [bar, *_ends(marks, theme)]
    if above:
        layers.append(_label_marks(labels, theme))
    step = _TALL_STEP if above else _STEP
    return {"width": plot, "height": {"step": step}, "encoding": {"y": y}, "layer": layers}


def _measure(marks: Marks, plot: int) -> Spec:
    """The axis of the numbers of bars, with room for those at their ends."""
    totals = _totals(marks)
    low, high = min(0.0, *totals), max(0.0, *totals)
    beside = pixels([readable(total, marks.unit) for total in totals])
    share = (high - low or 1.0) * beside / max(plot - beside, 1)
    domain = [low - share if low < 0 else 0, high + share if high > 0 else 0]
    return {
        "field": "v",
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False},
        "axis": {"title": None, "values": [0], "labels": False, "ticks": False, "domain": False},
    }


def _totals(marks: Marks) -> list[float]:
    """The ends of the bars on both sides of zero."""
    stacks = [[value or 0.0 for value in stack] for stack in zip(*marks.values, strict=True)]
    below = (sum(value for value in stack if value < 0) for stack in stacks)
    above = (sum(value for value in stack if value > 0) for stack in stacks)
    return [*below, *above]


def _ends(marks: Marks, theme: Theme) -> list[Spec]:
    """The numbers beside the bars, to the left of those below zero."""
    rows = []
    for n, stack in enumerate(zip(*marks.values, strict=True)):
        known = [value for value in stack if value is not None]
        total = sum(known)
        end = sum(value for value in known if value > 0) or total
        rows.append({"n": n, "v": end, "t": readable(total if known else None, marks.unit)})
    return [
        {
            "data": {"values": some},
            "mark": {
                "type": "text", "align": align, "dx": dx, "font": "monospace", "fontSize": 11,
                "color": theme["ink"], "aria": False,
            },
            "encoding": {"x": {"field": "v", "type": "quantitative"}, "text": {"field": "t"}},
        }
        for align, dx, some in (
            ("left", 5, [row for row in rows if row["v"] >= 0]),
            ("right", -5, [row for row in rows if row["v"] < 0]),
        )
        if some
    ]  # fmt: skip


def _label_marks(labels: Sequence[str], theme: Theme) -> Spec:
    """The labels above their bars."""
    return {
        "data": {"values": [{"n": n, "t": text} for n, text in enumerate(labels)]},
        "mark": {
            "type": "text", "align": "left", "dy": -15, "font": "monospace", "fontSize": 11,
            "color": theme["ink"], "aria": False,
        },
        "encoding": {"x": {"value": 0}, "text": {"field": "t"}},
    }  # fmt: skip
