"""A chart as lines of text: bars of blocks, lines of braille, heat maps of shades. Pure.

The text is the same with and without colours, so that nothing is told by colour alone: series of
bars have fills of their own, each series of lines has a panel of its own.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from flowathena.result.chart.axis import Axis, Scale, time_ticks
from flowathena.result.chart.canvas import (
    DOTS_HIGH,
    DOTS_WIDE,
    Dots,
    Line,
    Span,
    fitted,
    right,
    shortened,
    wrapped,
)
from flowathena.result.chart.chart import Kind
from flowathena.result.chart.marks import Marks, Number
from flowathena.result.chart.numbers import ceiling, limits, readable, shade, tick
from flowathena.text import display_width

LEAST_WIDTH = 20
_GAP = 2
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FILLS = "█▓▒░▞▚"
_SHADES = ("·", "░", "▒", "▓", "█")
_ONE_PANEL, _PANEL = 12, 5
"""Lines of the only panel of lines, and of each of several."""
_WIDEST_CELL = 12
_TICK_ROOM = 14  # characters of a time below a line


def draw(marks: Marks, width: int) -> list[Line]:
    """The chart as lines no wider than ``width`` characters (at least 20 are taken)."""
    width = max(width, LEAST_WIDTH)
    lines: list[Line] = [fitted([Span(marks.title, "title")], width)]
    if marks.title != marks.subtitle:
        lines.append(fitted([Span(marks.subtitle, "note")], width))
    if not marks.numbers:
        why = "no numbers" if len(marks.x) else "no rows"
        lines.append(fitted([Span(f"{why}: nothing to draw")], width))
    else:
        lines += {Kind.BAR: _bars, Kind.LINE: _panels, Kind.HEATMAP: _grid}[marks.chart.kind](
            marks, width
        )
    lines += (fitted([Span(note, "note")], width) for note in marks.notes)
    return lines


def _bars(marks: Marks, width: int) -> Iterator[Line]:
    series = marks.values
    if len(series) == 1:
        yield from _single(marks, list(marks.x.labels), series[0], width, [0] * len(marks.x))
    elif all(value >= 0 for value in marks.numbers):
        yield from _stacked(marks, width)
        yield from _legend(marks, width)
    else:
        # Parts of which some are below zero do not add up to a bar: a line for each.
        pairs = [(n, m) for n in range(len(marks.x)) for m in range(len(series))]
        labels = [f"{marks.x.labels[n]} {marks.series.labels[m]}" for n, m in pairs]
        values = [series[m][n] for n, m in pairs]
        yield from _single(marks, labels, values, width, [m for _, m in pairs])


def _single(
    marks: Marks, labels: list[str], values: Sequence[Number], width: int, colors: list[int]
) -> Iterator[Line]:
    """A bar a line, to the left of the zero below it."""
    texts = [readable(value, marks.unit) for value in values]
    wide, room, end = _columns(labels, texts, width)
    known = [value for value in values if value is not None]
    low, high = min(0.0, *known), max(0.0, *known)
    # A character more, because zero is between two of them.
    unit = (room - (low < 0)) / ((high - low) or 1.0)
    left = min(math.ceil(-low * unit), room - 1) if low else 0
    for name, value, text, color in zip(labels, values, texts, colors, strict=True):
        if value is None or value >= 0:
            bar = " " * left + _bar(value, unit, room - left)
        else:
            size = max(1, round(-value * unit))
            bar = right("█" * min(size, left), left)
        yield [
            Span(shortened(name, wide) + " " * _GAP, "axis"),
            Span(shortened(bar, room), f"series {color}"),
            Span(" " * _GAP + _ending(text, end)),
        ]


def _bar(value: Number, unit: float, room: int) -> str:
    """Blocks to an eighth of a character; what is more than nothing is seen."""
    if not value:
        return ""
    eighths = min(max(round(value * unit * 8), 1), room * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _columns(labels: Sequence[str], texts: Sequence[str], width: int) -> tuple[int, int, int]:
    """Characters of labels, bars and numbers; together with the gaps no more than the width."""
    end = min(max(map(display_width, texts)), width - 2 * _GAP - 2)
    wide = min(
        max(map(display_width, labels)), max(1, min(int(width * 0.6), width - end - 2 * _GAP - 2))
    )
    return wide, width - wide - end - 2 * _GAP, end


def _ending(text: str, width: int) -> str:
    """A number at the end of a line, cut if it is too wide."""
    return right(text, width) if display_width(text) <= width else shortened(text, width)


def _stacked(marks: Marks, width: int) -> Iterator[Line]:
    """A bar a line, a part for each series."""
    stacks = list(zip(*marks.values, strict=True))
    totals = [sum(value or 0.0 for value in stack) for stack in stacks]
    texts = [readable(total, marks.unit) for total in totals]
    wide, room, end = _columns(marks.x.labels, texts, width)
    unit = room / (max(totals) or 1.0)
    for name, stack, text in zip(marks.x.labels, stacks, texts, strict=True):
        ends = _ends(stack, unit)
        parts = [
            Span(_FILLS[n] * (after - before), f"series {n}")
            for n, (before, after) in enumerate(pairwise(ends))
        ]
        blank = Span(" " * (room - ends[-1] + _GAP) + _ending(text, end))
        yield [Span(shortened(name, wide) + " " * _GAP, "axis"), *parts, blank]


def _ends(stack: Sequence[Number], unit: float) -> list[int]:
    """Where each part of a bar begins and ends; of more than nothing the largest part is seen."""
    ends, total = [0], 0.0
    for value in stack:
        total += value or 0.0
        ends.append(round(total * unit))
    if ends[-1] == 0 and total:
        largest = max(range(len(stack)), key=lambda n: stack[n] or 0.0)
        ends = [0] * (largest + 1) + [1] * (len(stack) - largest)
    return ends


def _legend(marks: Marks, width: int) -> Iterator[Line]:
    words = (
        Span(f"{_FILLS[n]} {name}", f"series {n}") for n, name in enumerate(marks.series.labels)
    )
    yield from wrapped(words, width)


def _panels(marks: Marks, width: int) -> Iterator[Line]:
    """A panel for each series, all with the same scales."""
    numbers = marks.numbers
    low, high = -ceiling(-min(numbers)) if min(numbers) < 0 else 0.0, 0.0
    high = ceiling(max(numbers)) if max(numbers) > 0 or not low else 0.0
    middle = (low + high) / 2
    ticks = [tick(value, marks.unit) for value in (high, middle, low)]
    left = max(map(display_width, ticks))
    room = max(width - left - _GAP, 1)
    height = _ONE_PANEL if len(marks.values) == 1 else _PANEL
    for n, (name, values) in enumerate(zip(marks.series.labels, marks.values, strict=True)):
        if len(marks.values) > 1:
            yield fitted([Span(" " * left + " ┌ ", "axis"), Span(name, f"series {n}")], width)
        rows = _trace(marks.x, values, (low, high), room, height)
        for number, row in enumerate(rows):
            at = {0: ticks[0], height // 2: ticks[1], height - 1: ticks[2]}.get(number, "")
            edge = "┤" if at else "│"
            yield [Span(f"{right(at, left)} {edge}", "axis"), Span(row, f"series {n}")]
    yield [Span(" " * left + " └" + "─" * room, "axis")]
    yield [Span(" " * (left + _GAP) + _under(marks.x, room), "axis")]


def _trace(
    x: Axis, values: Sequence[Number], ends: tuple[float, float], width: int, height: int
) -> list[str]:
    """The line of a series; a place without a number interrupts it."""
    dots = Dots(width, height)
    before: tuple[int, int] | None = None
    for place, value in zip(_dots(x, width * DOTS_WIDE), values, strict=True):
        if value is None:
            before = None
            continue
        low, high = ends
        y = round((value - low) / (high - low) * (height * DOTS_HIGH - 1))
        dots.line(*(before or (place, y)), place, y)
        before = place, y
    return dots.rows()


def _dots(x: Axis, width: int) -> list[int]:
    """Where each place is, of so many dots."""
    first, last = x.places[0], x.places[-1]
    if first == last:
        return [width // 2] * len(x)
    return [round((place - first) / (last - first) * (width - 1)) for place in x.places]


def _under(x: Axis, room: int) -> str:
    """Labels below the line of an axis, as many as have room."""
    if x.scale is Scale.TIME and len(x) > 1:
        most = max(2, room // _TICK_ROOM)
        first, last = x.places[0], x.places[-1]
        named = [
            (round((at - first) / (last - first) * (room - 1)), text)
            for at, text in time_ticks(first, last, most)
        ]
    else:
        named = [(dot // DOTS_WIDE, t) for dot, t in zip(_dots(x, room * 2), x.labels, strict=True)]
    return _spread(named, room)


def _spread(named: Sequence[tuple[int, str]], room: int) -> str:
    """Texts around their places on one line, none over another; what has no room is left out."""
    line = ""
    for place, text in named:
        size = display_width(text)
        start = max(0, min(place - size // 2, room - size))
        taken = display_width(line)
        if size <= room and (not line or start > taken):
            line += " " * (start - taken) + text
    return line


def _grid(marks: Marks, width: int) -> Iterator[Line]:
    """A row of shades for each series."""
    ends = limits(marks.numbers)
    labels = marks.series.labels
    wide = min(max(map(display_width, labels)), max(4, int(width * 0.4)))
    room = width - wide - _GAP
    cell = _cell_width(marks.x, room)
    shown = min(len(marks.x), room // cell)
    for name, values in zip(labels, marks.values, strict=True):
        cells = (_cell(value, ends, cell) for value in values[:shown])
        yield [Span(shortened(name, wide) + " " * _GAP, "axis"), *cells]
    yield from _below(marks.x, shown, cell, wide, width)
    yield from _shades(marks, ends, width)
    if shown < len(marks.x):
        left = f"… {len(marks.x) - shown:,} more of {marks.x.title}: no room at this width"
        yield fitted([Span(left, "note")], width)


def _cell_width(x: Axis, room: int) -> int:
    """Characters of a cell: those of its label, if all have room; else two, or one."""
    widest = max(map(display_width, x.labels)) + 1
    if widest <= _WIDEST_CELL and widest * len(x) <= room:
        return max(widest, 2)
    return 2 if 2 * len(x) <= room or x.scale is Scale.NAME else 1


def _cell(value: Number, ends: tuple[float, ...], width: int) -> Span:
    level = shade(value, ends)
    if level < 0:
        return Span(" " * width)
    mark = _SHADES[_level(level, len(ends))]
    text = mark * max(1, width - 1) if level else mark
    return Span(text.ljust(width), f"shade {_level(level, len(ends))}")


def _level(level: int, count: int) -> int:
    """The shade of one of fewer than four limits: the darkest is always the largest."""
    return level and level + len(_SHADES) - 1 - count


def _below(x: Axis, shown: int, cell: int, wide: int, width: int) -> Iterator[Line]:
    """The labels of the columns; where they have no room, letters that are explained."""
    margin = " " * (wide + _GAP)
    labels = x.labels[:shown]
    if max(map(display_width, labels)) < cell:
        yield [Span(margin + "".join(shortened(label, cell) for label in labels).rstrip(), "axis")]
    elif x.scale is not Scale.NAME:
        named = [(n * cell, label) for n, label in enumerate(labels)]
        if x.scale is Scale.TIME and shown > 1:
            named = _moments(x.places[:shown], cell)
        yield [Span(margin + _spread_from(named, width - len(margin)), "axis")]
    else:
        keys = [_key(n) for n in range(shown)]
        yield [Span(margin + "".join(shortened(key, cell) for key in keys).rstrip(), "axis")]
        words = (Span(f"{key} {label}", "axis") for key, label in zip(keys, labels, strict=True))
        yield from wrapped(words, width)


def _moments(places: Sequence[float], cell: int) -> list[tuple[int, str]]:
    """Round moments and the characters at which their cells begin."""
    most = max(3, len(places) * cell // _TICK_ROOM)
    ticks = time_ticks(places[0], places[-1], most)
    return [(bisect_left(places, at) * cell, text) for at, text in ticks]


def _spread_from(named: Sequence[tuple[int, str]], room: int) -> str:
    """Texts that begin at their places, where they have room."""
    line = ""
    for place, text in named:
        taken = display_width(line)
        if place + display_width(text) <= room and (not line or place > taken):
            line += " " * (place - taken) + text
    return line


def _key(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else chr(ord("A") + number - 26)  # noqa: PLR2004


def _shades(marks: Marks, ends: tuple[float, ...], width: int) -> Iterator[Line]:
    """What the shades mean."""
    words = [Span(f"{_SHADES[0]} 0", "shade 0")] if any(v <= 0 for v in marks.numbers) else []
    for n, end in enumerate(ends, 1):
        level = _level(n, len(ends))
        words.append(Span(f"{_SHADES[level]} ≤ {readable(end, marks.unit)}", f"shade {level}"))
    yield from wrapped([Span(f"{marks.measure}:", "axis"), *words], width)
