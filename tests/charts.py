"""Results to draw, and what is drawn of them."""

from collections.abc import Iterable, Sequence

from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.chart.marks import Marks, marks
from flowathena.result.result import Result, Stats


def result(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> Result:
    data = list(rows)
    return Result(columns, data, Stats("duckdb", len(data), 0.1))


def bars(rows: Iterable[Sequence[object]], y: str = "bytes", title: str = "") -> Marks:
    """Bars of rows of a label and a number."""
    return marks(Chart(Kind.BAR, ("host",), (y,), title=title), ["host", y], rows)


def grid(rows: Iterable[Sequence[object]]) -> Marks:
    """A heat map of rows of a column, a row and a number."""
    chart = Chart(Kind.HEATMAP, ("port",), ("host",), "flows")
    return marks(chart, ["port", "host", "flows"], rows)
