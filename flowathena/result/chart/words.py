"""A chart in words, for those who do not see it. Pure."""

from flowathena.result.chart.chart import Kind
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.numbers import readable
from flowathena.text import counted


def describe(marks: Marks) -> str:
    """What a chart shows: how many marks, from what to what, and where the largest is."""
    if not marks.numbers:
        return f"{marks.subtitle}: nothing to draw."
    most = max(marks.numbers)
    s, n = next(
        (s, n) for s, row in enumerate(marks.values) for n, v in enumerate(row) if v == most
    )
    several = len(marks.values) > 1 or marks.chart.kind is Kind.HEATMAP
    of = f" of {marks.series.labels[s]}" if several else ""
    least = readable(min(marks.numbers), marks.unit)
    return (
        f"{_size(marks)}: {marks.subtitle}, from {least} to {readable(most, marks.unit)}; the "
        f"largest is {marks.x.labels[n]}{of}."
    )


def _size(marks: Marks) -> str:
    across, rows = len(marks.x), len(marks.values)
    if marks.chart.kind is Kind.HEATMAP:
        return f"Heat map of {counted(rows, 'row')} and {counted(across, 'column')}"
    if marks.chart.kind is Kind.LINE:
        return f"{counted(rows, 'line')} of {counted(across, 'point')}".capitalize()
    return (
        f"{counted(across, 'bar')} of {counted(rows, 'part')}"
        if rows > 1
        else counted(across, "bar")
    )
