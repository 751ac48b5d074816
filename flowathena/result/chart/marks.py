"""The numbers of a chart, from the rows of a result: a table of series along an axis. Pure.

Rows with equal x (and color) are added up, and so said. What is too much for a picture is left out,
and counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flowathena.errors import UsageError
from flowathena.result.chart.axis import Axis, Scale, at, axis, label, steps
from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.chart.numbers import Unit, unit_of
from flowathena.text import counted, printable

MOST_BARS = 20
MOST_SERIES = 6
"""As many colours as people tell apart."""
MOST_CELLS = 30
"""Names on a side of a heat map."""
MOST_MOMENTS = 5_000
MOST_ROWS = 100_000
_MOST_MISSING = 100  # columns in a row that are empty

_LARGEST, _LEAST = 1e300, 1e-300  # beyond these, scales overflow

Number = float | None


@dataclass(frozen=True)
class Marks:
    """What is drawn.

    Attributes:
        chart: how.
        x: the axis along which the series run; of bars their labels.
        series: the names of the series; of a heat map the axis of its rows.
        values: the numbers of each series, one for each place of ``x``; None for no number.
        unit: what the numbers count.
        measure: what the numbers are, in words.
        notes: what is not drawn, or drawn otherwise than the rows say.
    """

    chart: Chart
    x: Axis
    series: Axis
    values: tuple[tuple[Number, ...], ...]
    unit: Unit
    measure: str
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[float]:
        """Every number there is."""
        return [value for row in self.values for value in row if value is not None]

    @property
    def title(self) -> str:
        """What stands above."""
        return printable(self.chart.title) or self.subtitle

    @property
    def subtitle(self) -> str:
        """Which columns are shown: ``bytes by address``."""
        by = [self.x.title, *([self.series.title] if self.series.title else [])]
        return f"{self.measure} by {' and '.join(filter(None, by))}"


@dataclass
class _Tally:
    """Rows as they are counted: the sums of each pair of x and series."""

    sums: dict[tuple[object, object], Number] = field(default_factory=dict)
    twice: int = 0

    def add(self, x: object, series: object, value: Number) -> None:
        key = (x, series)
        if key in self.sums:
            self.twice += 1
            before = self.sums[key]
            value = before if value is None else value + (before or 0.0)
        self.sums[key] = value

    def xs(self) -> list[object]:
        return list(dict.fromkeys(x for x, _ in self.sums))

    def series(self) -> list[object]:
        return list(dict.fromkeys(series for _, series in self.sums))


def marks(chart: Chart, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Marks:
    """What is drawn of rows.

    Args:
        chart: how.
        names: the columns of the rows.
        rows: the rows; of very many the first ones are drawn.

    Raises:
        UsageError: a column is missing, or is no number where one is needed.
    """
    chart.require(names)
    source = iter(rows)
    tally, dropped = _count(chart, names, source)
    unread = sum(1 for _ in source)
    notes = []
    if dropped:
        left = counted(dropped, "row")
        notes.append(f"{left} without {printable(chart.x[0])} not drawn")
    if tally.twice:
        notes.append("rows with the same labels are added up")
    return _table(chart, tally, unread, notes)


def _count(
    chart: Chart, names: Sequence[str], rows: Iterator[Sequence[object]]
) -> tuple[_Tally, int]:
    """The sums, and how many rows have no place on the axis."""
    place = {name: n for n, name in enumerate(names)}
    tally, dropped = _Tally(), 0
    for number, row in enumerate(rows, 1):
        values = [row[place[name]] for name in chart.x]
        x = _joined(values) if len(values) > 1 else _hashable(values[0])
        if chart.kind is Kind.LINE and x is None:
            dropped += 1
        else:
            for series, value in _pairs(chart, place, row):
                tally.add(x, series, value)
        if number == MOST_ROWS:
            break
    return tally, dropped


def _pairs(
    chart: Chart, place: dict[str, int], row: Sequence[object]
) -> Iterator[tuple[object, Number]]:
    """The numbers of a row, each with its series."""
    if chart.kind is Kind.HEATMAP:
        yield _hashable(row[place[chart.y[0]]]), _number(row[place[chart.color]], chart.color)
        return
    for name in chart.y:
        series = _hashable(row[place[chart.color]]) if chart.color else name
        yield series, _number(row[place[name]], name)


def _joined(values: Sequence[object]) -> str:
    """The label of several columns: ``TCP 443``."""
    return " ".join("–" if value is None else label(value) for value in values)


def _hashable(value: object) -> object:
    return label(value) if isinstance(value, list | dict) else value


def _number(value: object, column: str) -> Number:
    """A number as a length; what is not finite, or nearly so, has none.

    Raises:
        UsageError: it is another value.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise UsageError(f"chart: {printable(column)} is no number: {label(value)!r}")
    try:
        length = float(value)
    except OverflowError:
        return None
    if not abs(length) <= _LARGEST:
        return None
    return length if abs(length) >= _LEAST else 0.0


def _table(chart: Chart, tally: _Tally, unread: int, notes: list[str]) -> Marks:
    """The sums as a table; what is too much is left out and noted."""
    is_map = chart.kind is Kind.HEATMAP
    series_title = chart.y[0] if is_map else chart.color
    series, series_values = axis(printable(series_title), tally.series(), ordered=is_map)
    title = printable(", ".join(chart.x))
    x, xs = axis(title, tally.xs(), ordered=chart.kind is not Kind.BAR)
    if x.scale is Scale.TIME and chart.kind is not Kind.BAR:
        x, xs = axis(title, _with_gaps(xs, x, whole=is_map), ordered=True)
    most = {Kind.BAR: MOST_BARS, Kind.LINE: MOST_MOMENTS, Kind.HEATMAP: MOST_CELLS}[chart.kind]
    if chart.kind is Kind.HEATMAP and x.scale is Scale.TIME:
        most *= 10
    kept_x = _kept(xs, tally, 0, most, by_size=is_map and x.scale is not Scale.TIME)
    kept = _kept(series_values, tally, 1, MOST_CELLS if is_map else MOST_SERIES, by_size=True)
    missing = _left(len(xs) - len(kept_x), x.title)
    if chart.kind is Kind.BAR and not chart.color and not tally.twice:
        missing, unread = [], unread + len(xs) - len(kept_x)  # a bar is a row
    missing += _left(len(series_values) - len(kept), series.title or "series")
    missing += [f"… {unread:,} more {'row' if unread == 1 else 'rows'}"] if unread else []
    numbers = chart.numbers
    return Marks(
        chart=chart,
        x=_subset(x, kept_x),
        series=_subset(series, kept),
        values=tuple(
            tuple(tally.sums.get((xs[n], series_values[m])) for n in kept_x) for m in kept
        ),
        unit=_common([unit_of(name) for name in numbers]),
        measure=printable(" and ".join(numbers)),
        notes=(*missing, *notes),
    )


def _with_gaps(values: list[object], x: Axis, *, whole: bool) -> list[object]:
    """The values, and moments between them of which there is no row.

    Only where the rows are of regular intervals: then no line is drawn over what is missing.

    Args:
        values: moments in order.
        x: their axis.
        whole: give every moment that is missing; else one of each gap.
    """
    step = steps(x.places)
    filled: list[object] = []
    for value, place, after in zip(values, x.places, (*x.places[1:], None), strict=True):
        filled.append(value)
        count = round((after - place) / step) - 1 if after is not None and step else 0
        few = count if whole and count < _MOST_MISSING else min(count, 1)
        filled += (at(place + step * n) for n in range(1, few + 1))
    return filled


def _common(units: Sequence[Unit]) -> Unit:
    return units[0] if len(set(units)) == 1 else Unit.COUNT


def _kept(
    values: Sequence[object], tally: _Tally, part: int, most: int, *, by_size: bool
) -> list[int]:
    """The places of the values that are drawn: the first ones, or those of the largest sums."""
    places = list(range(len(values)))
    if len(values) <= most:
        return places
    if by_size:
        sizes: Counter[object] = Counter()
        for key, value in tally.sums.items():
            sizes[key[part]] += abs(value or 0.0)  # type: ignore[assignment]
        places.sort(key=lambda n: -sizes[values[n]])
    return sorted(places[:most])


def _subset(whole: Axis, places: Sequence[int]) -> Axis:
    return Axis(
        whole.title,
        whole.scale,
        tuple(whole.labels[n] for n in places),
        tuple(whole.places[n] for n in places),
    )


def _left(count: int, noun: str) -> list[str]:
    return [f"… {count:,} more of {noun}"] if count > 0 else []
