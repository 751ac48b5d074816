"""Lines as a Vega-Lite specification. Pure."""

from collections.abc import Sequence

from flowathena.result.chart.axis import Axis, Scale
from flowathena.result.chart.marks import Marks, Number
from flowathena.result.chart.numbers import Unit
from flowathena.result.chart.vega.parts import (
    NARROW,
    Spec,
    cells,
    colors,
    legend,
    short_labels,
    turned_labels,
)
from flowathena.result.chart.vega.theme import Theme

_HEIGHT, _LOW_HEIGHT = 260, 200

_MARKED = 50  # points that are drawn as such
_MOMENT = (
    "utcseconds(datum.value) ? utcFormat(datum.value, '%H:%M:%S') : utchours(datum.value) || "
    "utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M') : utcFormat(datum.value, '{}')"
)
_YEAR = 366 * 86_400
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])


def lines(marks: Marks, theme: Theme, width: int) -> Spec:
    """Lines over one axis, each with a dash of its own."""
    several = len(marks.values) > 1
    height = _LOW_HEIGHT if width <= NARROW else _HEIGHT
    dashes = {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": list(range(len(marks.values))),
                  "range": [list(_DASHES[n]) for n in range(len(marks.values))]},
        "legend": legend(marks, short_labels(marks.series.labels)),
    }  # fmt: skip
    return {
        "width": width - 70,
        "height": height,
        "data": {"values": cells(marks)},
        "mark": {
            "type": "line", "color": theme["s0"], "strokeWidth": 2,
            "point": _points(marks, theme),
        },
        "encoding": {
            "x": _along(marks.x, width),
            "y": {"field": "v", "type": "quantitative", "axis": _amounts(marks.unit)},
            "description": {"field": "d"},
            **({"color": colors(marks, theme), "strokeDash": dashes} if several else {}),
        },
    }  # fmt: skip


def _points(marks: Marks, theme: Theme) -> Spec | bool:
    """Points, where they are few, or where one has no line to be on."""
    if len(marks.x) > _MARKED and not any(map(_has_single, marks.values)):
        return False
    return {"size": 22, **({} if len(marks.values) > 1 else {"color": theme["s0"]})}


def _has_single(values: Sequence[Number]) -> bool:
    """Whether a number has none beside it."""
    around = (None, *values, None)
    return any(
        value is not None and around[n] is None and around[n + 2] is None
        for n, value in enumerate(values)
    )


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
    labels = short_labels(x.labels)
    return {"field": "n", "type": "ordinal", "axis": {**common, **turned_labels(labels)}}
