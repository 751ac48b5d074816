"""Numbers as people read them beside bars and axes: ``1.2 GB``, ``12,345``, ``$ 0.12``. Pure."""

import math
from enum import StrEnum

from flowathena.text import human_bytes

_STEPS = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LARGE = 1e15
_WHOLE = 100.0
_FAR = 10.0  # times the median
_SHADES = (0.25, 0.5, 0.75, 1.0)
_CENT = 0.005


class Unit(StrEnum):
    """What a number counts."""

    COUNT = ""
    BYTES = "bytes"
    PERCENT = "percent"
    DOLLARS = "usd"


def unit_of(column: str) -> Unit:
    """The unit of a column, by its name: ``sent_bytes``, ``rejected_percent``, ``transfer_usd``."""
    last = column.lower().rpartition("_")[2]
    return Unit(last) if last in set(Unit) - {""} else Unit.COUNT


def readable(value: float | None, unit: Unit = Unit.COUNT) -> str:
    """A number beside its bar; ``–`` for none."""
    if value is None:
        return "–"
    sign, size = ("-" if value < 0 else ""), abs(value)
    if unit is Unit.BYTES:
        return sign + (human_bytes(round(size)) if size < _LARGE else tick(size, unit))
    if unit is Unit.DOLLARS:
        return f"{sign}$ {size:,.{2 if size >= _CENT or not size else 4}f}"
    return sign + _plain(size) + (" %" if unit is Unit.PERCENT else "")


def _plain(size: float) -> str:
    if size >= _LARGE:
        return tick(size)
    if size == int(size):
        return f"{int(size):,}"
    return f"{size:,.1f}" if size >= _WHOLE else f"{size:.3g}"


def tick(value: float, unit: Unit = Unit.COUNT) -> str:
    """A round number at an axis, short: ``1.5k``, ``20M``, ``3 GB``."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    step, mark = next(((s, m) for s, m in _STEPS if size >= s * 0.9995), (1.0, ""))
    text = f"{size / step:.3g}" if size / step < 1000 else f"{size / step:.4g}"  # noqa: PLR2004
    if unit is Unit.BYTES:
        return f"{sign}{text} {mark}B"
    before, after = ("$ " if unit is Unit.DOLLARS else ""), " %" if unit is Unit.PERCENT else ""
    return f"{sign}{before}{text}{mark}{after}"


def ceiling(value: float) -> float:
    """The least of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value * (1 - 1e-12))


def limits(values: list[float]) -> tuple[float, ...]:
    """The upper ends of the shades of a heat map, at most four.

    Even steps; where the largest number is far above the middle one, steps that multiply.
    """
    positive = sorted({value for value in values if value > 0})
    if not positive:
        return ()
    least, most = positive[0], positive[-1]
    if most > _FAR * positive[len(positive) // 2]:
        ratio = math.log(most / least)
        ends = [_round(least * math.exp(ratio * part)) for part in _SHADES[:-1]]
    else:
        ends = [_round(most * part) for part in _SHADES[:-1]]
    if all(value == int(value) for value in positive):
        ends = [float(int(end)) for end in ends]  # the same numbers are below it
    return (*sorted({end for end in ends if 0 < end < most}), most)


def _round(value: float) -> float:
    """To two digits, so that the legend is short."""
    return float(f"{value:.2g}")


def shade(value: float | None, ends: tuple[float, ...]) -> int:
    """Which shade a number has: -1 for none, 0 for nothing or less, then from 1 on."""
    if value is None:
        return -1
    if value <= 0:
        return 0
    return next((n for n, end in enumerate(ends, 1) if value <= end), len(ends))
