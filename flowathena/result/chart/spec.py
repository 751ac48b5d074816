"""A chart as a Vega-Lite specification, with its numbers inside and nothing to fetch. Pure.

Values are fields of our own (``n``, ``v``, ``s``, …), because Vega-Lite reads dots and brackets in
the names of columns as paths; labels are texts in order, looked up by number, so that two equal
ones stay two.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from flowathena.result.chart.axis import Axis, Scale
from flowathena.result.chart.chart import Kind
from flowathena.result.chart.marks import Marks, Number
from flowathena.result.chart.numbers import Unit, limits, readable, shade
from flowathena.result.chart.theme import Theme
from flowathena.text import shortened

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VERSION = "6.4"
"""The Vega-Lite that the specification is written for."""
WIDE, NARROW = 640, 320
"""Widths of a picture, in pixels: a page's, and a phone's."""

_LABEL = 60  # characters of a label; the table has all
_CHARACTER = 7.0  # pixels of a label's, which is monospaced
_LEAST_PLOT = 240
_STEP = 22  # pixels of a bar and the gap to the next
_TALL_STEP = 36  # with its label above it
_HEIGHT, _LOW_HEIGHT = 260, 200  # of lines
_TURNED = 16  # pixels between labels that are turned
_MARKED = 50  # points that are drawn as such
_MOMENT = (
    "utcseconds(datum.value) ? utcFormat(datum.value, '%H:%M:%S') : utchours(datum.value) || "
    "utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M') : utcFormat(datum.value, '{}')"
)
_YEAR = 366 * 86_400
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])

Spec = dict[str, Any]


def specification(marks: Marks, theme: Theme, width: int = WIDE, *, titled: bool = True) -> Spec:
    """The specification of a chart.

    Args:
        marks: what is drawn; they have a number at least.
        theme: its colours.
        width: pixels it has at most, unless its labels are very long.
        titled: put the title and what is left out into the picture.
    """
    parts: dict[Kind, Callable[[Marks, Theme, int], Spec]] = {
        Kind.BAR: _bars,
        Kind.LINE: _lines,
        Kind.HEATMAP: _grid,
    }
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
            "symbolType": "square",
            "symbolStrokeWidth": 0,
        },
    }


def _bars(marks: Marks, theme: Theme, width: int) -> Spec:
    """Bars from left to right; on a phone each below its label."""
    above = width <= NARROW
    several = len(marks.values) > 1
    labels = [shortened(text, _LABEL) for text in marks.x.labels]
    room = width if above else width - _pixels(labels)
    plot = max(room, _LEAST_PLOT)
    y = {
        "field": "n",
        "type": "ordinal",
        "scale": {"domain": list(range(len(labels))), **({"paddingInner": 0.6} if above else {})},
        "axis": None if above else {
            "title": None, "labelExpr": _lookup(labels), "labelFont": "monospace",
            "labelFontSize": 11, "ticks": False, "domain": False, "labelPadding": 8,
            "labelColor": theme["ink"],
        },
    }  # fmt: skip
    bar: Spec = {
        "data": {"values": _cells(marks)},
        "mark": {"type": "bar", "color": theme["s0"], "cornerRadiusEnd": 0 if several else 2},
        "encoding": {
            "x": _measure(marks, plot),
            "description": {"field": "d"},
            **({"color": _colors(marks, theme)} if several else {}),
        },
    }
    layers = [bar, *_ends(marks, theme)]
    if above:
        layers.append(_label_marks(labels, theme))
    step = _TALL_STEP if above else _STEP
    return {"width": plot, "height": {"step": step}, "encoding": {"y": y}, "layer": layers}


def _pixels(texts: Sequence[str]) -> int:
    return round(max(map(len, texts), default=0) * _CHARACTER) + 12


def _lookup(labels: Sequence[str]) -> str:
    """The expression that gives the label of a number."""
    return f"{json.dumps(list(labels), ensure_ascii=False)}[datum.value]"


def _measure(marks: Marks, plot: int) -> Spec:
    """The axis of the numbers of bars, with room for those at their ends."""
    totals = _totals(marks)
    low, high = min(0.0, *totals), max(0.0, *totals)
    beside = _pixels([readable(total, marks.unit) for total in totals])
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


def _cells(marks: Marks) -> list[Spec]:
    """A row for each number: its place ``n``, series ``s``, value ``v`` and what is read out."""
    return [
        {
            "n": n,
            "s": s,
            "v": value,
            "p": marks.x.places[n] * 1000,
            "d": _spoken(marks, n, s, value),
        }
        for s, values in enumerate(marks.values)
        for n, value in enumerate(values)
    ]


def _spoken(marks: Marks, n: int, s: int, value: Number) -> str:
    several = len(marks.values) > 1 or marks.chart.kind is Kind.HEATMAP
    names = [marks.x.labels[n], *([marks.series.labels[s]] if several else [])]
    return f"{', '.join(names)}: {readable(value, marks.unit)}"


def _colors(marks: Marks, theme: Theme) -> Spec:
    """The colours of series, with their legend."""
    labels = [shortened(text, _LABEL) for text in marks.series.labels]
    return {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": list(range(len(labels))),
                  "range": [theme[f"s{n}"] for n in range(len(labels))]},
        "legend": _legend(marks, labels),
    }  # fmt: skip


def _legend(marks: Marks, labels: Sequence[str]) -> Spec:
    """Equal legends of colours and dashes become one."""
    strokes = {"symbolType": "stroke", "symbolStrokeWidth": 2, "symbolSize": 400}
    return {
        "title": marks.series.title or None,
        "labelExpr": _lookup(labels),
        **(strokes if marks.chart.kind is Kind.LINE else {}),
    }


def _lines(marks: Marks, theme: Theme, width: int) -> Spec:
    several = len(marks.values) > 1
    height = _LOW_HEIGHT if width <= NARROW else _HEIGHT
    dashes = {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": list(range(len(marks.values))),
                  "range": [list(_DASHES[n]) for n in range(len(marks.values))]},
        "legend": _legend(marks, [shortened(text, _LABEL) for text in marks.series.labels]),
    }  # fmt: skip
    return {
        "width": width - 70,
        "height": height,
        "data": {"values": _cells(marks)},
        "mark": {
            "type": "line", "color": theme["s0"], "strokeWidth": 2,
            "point": _points(marks, theme),
        },
        "encoding": {
            "x": _along(marks.x, width),
            "y": {"field": "v", "type": "quantitative", "axis": _amounts(marks.unit)},
            "description": {"field": "d"},
            **({"color": _colors(marks, theme), "strokeDash": dashes} if several else {}),
        },
    }  # fmt: skip


def _points(marks: Marks, theme: Theme) -> Spec | bool:
    """Points, where they are few."""
    if len(marks.x) > _MARKED:
        return False
    return {"size": 22, **({} if len(marks.values) > 1 else {"color": theme["s0"]})}


def _amounts(unit: Unit) -> Spec:
    """The axis of amounts: ``1.5M``, ``3 GB``."""
    after = {Unit.BYTES: "B", Unit.PERCENT: " %"}.get(unit, "")
    before = "$ " if unit is Unit.DOLLARS else ""
    text = "abs(datum.value) < 1 ? format(datum.value, '~g') : format(datum.value, '~s')"
    if unit is Unit.BYTES:
        text = f"replace({text}, /([a-zA-Z]?)$/, ' $1')"
    return {
        "title": None,
        "tickCount": 5,
        "domain": False,
        "ticks": False,
        "labelExpr": f"'{before}' + ({text}) + '{after}'",
    }


def _along(x: Axis, width: int) -> Spec:
    """The axis along which lines run."""
    common = {"title": x.title, "labelOverlap": True, "grid": False}
    if x.scale is Scale.TIME:
        span = x.places[-1] - x.places[0]
        day = _MOMENT.format("%Y-%m-%d" if span > _YEAR else "%m-%d")
        count = 4 if width <= NARROW else 8
        axis = {**common, "title": f"{x.title} (UTC)", "labelExpr": day, "tickCount": count}
        return {"field": "p", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    if x.scale is Scale.NUMBER:
        place = {"field": "p", "type": "quantitative", "scale": {"zero": False, "nice": False}}
        return {**place, "axis": {**common, "labelExpr": "datum.value / 1000"}}
    labels = [shortened(text, _LABEL) for text in x.labels]
    return {"field": "n", "type": "ordinal", "axis": {**common, **_turned(labels)}}


def _turned(labels: Sequence[str]) -> Spec:
    """Labels of columns: upright where they are short."""
    is_short = max(map(len, labels)) <= 3  # noqa: PLR2004 - an hour, a port of three digits
    return {"labelExpr": _lookup(labels), "labelAngle": 0 if is_short else -45}


def _grid(marks: Marks, theme: Theme, width: int) -> Spec:
    ends = limits(marks.numbers)
    rows = [shortened(text, _LABEL) for text in marks.series.labels]
    columns = [shortened(text, _LABEL) for text in marks.x.labels]
    plot = max(width - _pixels(rows), 200 if width <= NARROW else _LEAST_PLOT)
    are_names = marks.x.scale is Scale.NAME
    if are_names:
        plot = max(plot, _TURNED * len(columns))
    cells = [
        {**cell, "k": shade(cell["v"], ends)} for cell in _cells(marks) if cell["v"] is not None
    ]
    levels = sorted({cell["k"] for cell in cells})
    names = [f"≤ {readable(ends[k - 1], marks.unit)}" if k else "0" for k in levels]
    shades = [theme[f"h{k + 4 - len(ends) if k else 0}"] for k in levels]
    fonts = {"labelFont": "monospace", "ticks": False, "domain": False, "labelPadding": 6}
    return {
        "width": plot,
        "height": {"step": 24},
        "data": {"values": cells},
        "mark": {"type": "rect", "stroke": theme["paper"], "strokeWidth": _gap(plot, len(columns))},
        "encoding": {
            "x": {
                "field": "n", "type": "ordinal", "scale": {"domain": list(range(len(columns)))},
                "axis": {"title": marks.x.title, "labelOverlap": not are_names, **fonts, **_turned(columns)},
            },
            "y": {
                "field": "s", "type": "ordinal", "scale": {"domain": list(range(len(rows)))},
                "axis": {"title": None, "labelExpr": _lookup(rows), **fonts},
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
