"""Parts that Vega-Lite specifications of several kinds share. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from flowathena.result.chart.chart import Kind
from flowathena.result.chart.marks import Marks, Number
from flowathena.result.chart.numbers import readable
from flowathena.result.chart.vega.theme import Theme
from flowathena.text import display_width, shortened

WIDE, NARROW = 640, 320
"""Widths of a picture, in pixels: a page's, and a phone's."""
LEAST_PLOT = 240
"""Pixels that the marks have at least, however long the labels are."""

_LABEL = 60  # characters of a label; the table has all
_CHARACTER = 7.0  # pixels of a label's, which is monospaced
Spec = dict[str, Any]


def short_labels(labels: Sequence[str]) -> list[str]:
    """The labels, none longer than a picture has room for."""
    return [shortened(text, _LABEL) for text in labels]


def pixels(texts: Sequence[str]) -> int:
    """The room that the longest of some labels takes."""
    return round(max(map(display_width, texts), default=0) * _CHARACTER) + 12


def lookup(labels: Sequence[str]) -> str:
    """The expression that gives the label of a number."""
    return f"{json.dumps(list(labels), ensure_ascii=False)}[datum.value]"


def cells(marks: Marks) -> list[Spec]:
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


def colors(marks: Marks, theme: Theme) -> Spec:
    """The colours of series, with their legend."""
    labels = short_labels(marks.series.labels)
    return {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": list(range(len(labels))),
                  "range": [theme[f"s{n}"] for n in range(len(labels))]},
        "legend": legend(marks, labels),
    }  # fmt: skip


def legend(marks: Marks, labels: Sequence[str]) -> Spec:
    """Equal legends of colours and dashes become one."""
    strokes = {"symbolType": "stroke", "symbolStrokeWidth": 2, "symbolSize": 400}
    return {
        "title": marks.series.title or None,
        "labelExpr": lookup(labels),
        **(strokes if marks.chart.kind is Kind.LINE else {}),
    }


def turned_labels(labels: Sequence[str]) -> Spec:
    """Labels of columns: upright where they are short."""
    is_short = max(map(len, labels)) <= 3  # noqa: PLR2004 - an hour, a port of three digits
    return {"labelExpr": lookup(labels), "labelAngle": 0 if is_short else -45}
