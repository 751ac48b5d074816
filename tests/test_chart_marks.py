"""What is drawn of rows: sums, limits, labels, scales; by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from flowathena.errors import UsageError
from flowathena.result.chart.axis import Scale, time_ticks
from flowathena.result.chart.chart import Chart, Kind, choose
from flowathena.result.chart.given import Given
from flowathena.result.chart.marks import Marks, marks
from flowathena.result.chart.numbers import Unit, ceiling, limits, readable, shade, tick, unit_of
from flowathena.result.chart.words import describe
from tests.charts import bars, grid

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _lines(rows: list[tuple[object, ...]], names: tuple[str, ...] = ("t", "flows")) -> Marks:
    color = names[2] if len(names) > 2 else ""
    return marks(Chart(Kind.LINE, (names[0],), (names[1],), color), names, rows)


def test_bars_keep_the_order_of_rows_and_tell_what_is_not_drawn() -> None:
    drawn = bars([(f"h{n}", 1000 - n) for n in range(1000)])
    assert drawn.x.labels == tuple(f"h{n}" for n in range(20))
    assert drawn.values == (tuple(1000.0 - n for n in range(20)),)
    assert drawn.notes == ("… 980 more rows",)


def test_rows_with_equal_labels_are_added_up_and_that_is_told() -> None:
    drawn = bars([("a", 1), ("b", 5), ("a", Decimal("2.5")), ("c", None), ("c", None), ("b", None)])
    assert drawn.x.labels == ("a", "b", "c")
    assert drawn.values == ((3.5, 5.0, None),)
    assert drawn.notes == ("rows with the same labels are added up",)


def test_labels_print_on_one_line() -> None:
    drawn = bars([(None, 1), ("", 2), ("a\x1b[31m\nb", 3), (b"\x00\xff", 4), (["x"], 5)])
    assert drawn.x.labels == ("(none)", "(empty)", "a\\x1b[31m\\nb", "00ff", '["x"]')


def test_several_columns_are_one_label() -> None:
    chart = Chart(Kind.BAR, ("protocol", "port"), ("flows",))
    drawn = marks(chart, ["port", "flows", "protocol"], [(443, 2, "TCP"), (None, 1, "ICMP")])
    assert drawn.x.labels == ("TCP 443", "ICMP –")


def test_numbers_that_have_no_length_are_none() -> None:
    drawn = bars([("a", float("nan")), ("b", float("inf")), ("c", 10**400), ("d", 1)])
    assert drawn.values == ((None, None, None, 1.0),)


@pytest.mark.parametrize("value", ["12", True, NOON, [1]])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="chart: bytes is no number"):
        bars([("a", value)])


def test_a_missing_column_is_told_with_what_there_is() -> None:
    chart = Chart(Kind.BAR, ("host",), ("byte",))
    with pytest.raises(UsageError) as caught:
        marks(chart, ["host", "bytes"], [])
    assert str(caught.value) == (
        "chart: the result has no column 'byte'; did you mean 'bytes'? it has host, bytes"
    )


def test_a_line_is_in_order_of_time_whatever_that_of_the_rows() -> None:
    drawn = _lines([(NOON + timedelta(hours=n), n) for n in (2, 0, 1)])
    assert drawn.x.scale is Scale.TIME
    assert drawn.x.labels == ("2026-11-01 12:00", "2026-11-01 13:00", "2026-11-01 14:00")
    assert drawn.values == ((0.0, 1.0, 2.0),)


@pytest.mark.parametrize("days", [("2026-11-01", "2026-11-02"), (date(2026, 11, 1), "2026-11-02")])
def test_days_are_moments_as_texts_too(days: tuple[object, ...]) -> None:
    drawn = _lines([(day, 1) for day in days])
    assert drawn.x.labels == ("2026-11-01", "2026-11-02")
    assert drawn.x.places[1] - drawn.x.places[0] == 86_400


def test_no_line_is_drawn_over_an_interval_without_a_row() -> None:
    hours = (0, 1, 5, 6)
    drawn = _lines([(NOON + timedelta(hours=n), n) for n in hours])
    assert drawn.values == ((0.0, 1.0, None, 5.0, 6.0),)
    assert drawn.x.labels[2] == "2026-11-01 14:00"
    odd = _lines([(NOON + timedelta(seconds=n), n) for n in (0, 7, 50)])
    assert odd.values == ((0.0, 7.0, 50.0),)


def test_a_heat_map_has_a_column_for_each_interval() -> None:
    chart = Chart(Kind.HEATMAP, ("hour",), ("host",), "flows")
    rows = [
        (NOON, "a", 1),
        (NOON + timedelta(hours=1), "a", 2),
        (NOON + timedelta(hours=4), "a", 3),
    ]
    drawn = marks(chart, ["hour", "host", "flows"], rows)
    assert drawn.values == ((1.0, 2.0, None, None, 3.0),)


def test_rows_without_a_time_are_left_out_and_counted() -> None:
    drawn = _lines([(NOON, 1), (None, 5), (None, 6)])
    assert drawn.values == ((1.0,),)
    assert drawn.notes == ("2 rows without t not drawn",)


def test_of_many_series_the_largest_are_drawn_in_the_order_of_the_rows() -> None:
    rows = [(NOON, size, f"p{n}") for n, size in enumerate((5, 1, 9, 2, 8, 7, 3, 6))]
    drawn = _lines([(*row,) for row in rows], ("t", "flows", "protocol"))
    assert drawn.series.labels == ("p0", "p2", "p4", "p5", "p6", "p7")
    assert drawn.notes == ("… 2 more of protocol",)


def test_a_heat_map_sorts_numbers_and_leaves_pairs_without_rows_empty() -> None:
    drawn = grid([(443, "b", 2), (22, "a", 1), (443, "a", 3)])
    assert drawn.x.labels == ("22", "443")
    assert drawn.series.labels == ("b", "a")
    assert drawn.values == ((None, 2.0), (1.0, 3.0))


def test_a_chart_in_words() -> None:
    assert describe(bars([("a", 1000), ("b", 2500)])) == (
        "2 bars: bytes by host, from 1.0 kB to 2.5 kB; the largest is b."
    )
    assert describe(grid([(443, "b", 2), (22, "a", 1)])) == (
        "Heat map of 2 rows and 2 columns: flows by port and host, from 1 to 2; the largest is 443 "
        "of b."
    )
    assert describe(bars([])) == "bytes by host: nothing to draw."


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["srcaddr varchar", "bytes bigint"], Chart(Kind.BAR, ("srcaddr",), ("bytes",))),
        (
            ["dstport integer", "protocol integer", "flows bigint", "bytes bigint"],
            Chart(Kind.BAR, ("dstport", "protocol"), ("bytes",)),
        ),
        (
            ["day date", "action varchar", "flows bigint"],
            Chart(Kind.LINE, ("day",), ("flows",), "action"),
        ),
        (
            ["hour timestamp(3)", "mean double", "packets bigint"],
            Chart(Kind.LINE, ("hour",), ("packets",)),
        ),
        (["bytes bigint", "host varchar"], Chart(Kind.BAR, ("host",), ("bytes",))),
    ],
)
def test_without_a_query_that_says_it_the_columns_suggest_a_chart(
    columns: list[str], expected: Chart
) -> None:
    pairs = [(name, kind) for name, _, kind in (text.partition(" ") for text in columns)]
    assert choose(pairs) == expected


def test_without_amounts_or_labels_nothing_is_suggested() -> None:
    with pytest.raises(UsageError, match="needs a column of amounts, and the result has none"):
        choose([("srcaddr", "varchar"), ("dstport", "integer")])
    with pytest.raises(UsageError, match="needs a column of labels, and the result has only"):
        choose([("bytes", "bigint"), ("flows", "bigint")])


def test_what_a_caller_gives_replaces_what_the_query_says() -> None:
    usual = Chart(Kind.BAR, ("a",), ("n",), title="Usual")
    assert Given().over(usual, []) is usual
    assert Given(title="Mine").over(usual, []).title == "Mine"
    made = Given("line", ("t",), ("n",), "c").over(usual, [])
    assert made == Chart(Kind.LINE, ("t",), ("n",), "c", "Usual")
    with pytest.raises(UsageError, match="'pie' is no kind of chart; known: bar, line, heatmap"):
        Given("pie", ("t",), ("n",)).over(usual, [])
    with pytest.raises(UsageError, match="together; missing: y"):
        Given("bar", ("t",)).over(usual, [])


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, Unit.COUNT, "–"),
        (1234567, Unit.COUNT, "1,234,567"),
        (-3, Unit.COUNT, "-3"),
        (0.00123, Unit.COUNT, "0.00123"),
        (1234.56, Unit.COUNT, "1,234.6"),
        (2e18, Unit.COUNT, "2000P"),
        (1_200_000_000, Unit.BYTES, "1.2 GB"),
        (-999, Unit.BYTES, "-999 B"),
        (3e15, Unit.BYTES, "3 PB"),
        (12.5, Unit.PERCENT, "12.5 %"),
        (1234.5, Unit.DOLLARS, "$ 1,234.50"),
        (0.0012, Unit.DOLLARS, "$ 0.0012"),
        (0, Unit.DOLLARS, "$ 0.00"),
    ],
)
def test_readable_numbers(value: float | None, unit: Unit, expected: str) -> None:
    assert readable(value, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, Unit.COUNT, "0"),
        (1500, Unit.COUNT, "1.5k"),
        (999_999_999, Unit.COUNT, "1G"),
        (2_500_000, Unit.BYTES, "2.5 MB"),
        (0, Unit.BYTES, "0 B"),
        (-20_000, Unit.DOLLARS, "-$ 20k"),
        (50, Unit.PERCENT, "50 %"),
    ],
)
def test_short_numbers_at_axes(value: float, unit: Unit, expected: str) -> None:
    assert tick(value, unit) == expected


def test_units_follow_from_names() -> None:
    names = ("bytes", "sent_bytes", "rejected_percent", "transfer_usd", "flows", "bytes_sent")
    assert [unit_of(name).value for name in names] == ["bytes", "bytes", "percent", "usd", "", ""]


def test_the_top_of_an_axis_is_round() -> None:
    assert [ceiling(value) for value in (0, 1, 1.1, 7, 99, 2100, 0.03)] == [
        1, 1, 1.2, 8, 100, 2500, 0.03,
    ]  # fmt: skip


def test_shades_are_even_steps_and_multiply_where_one_number_is_far_above() -> None:
    assert limits([1, 40, 60, 100]) == (25, 50, 75, 100)
    # 10,000 is far above 10, the middle one: steps of 10, 100, 1,000 between 1 and 10,000.
    assert limits([1, 10, 10_000]) == (10, 100, 1000, 10_000)
    assert limits([1, 3]) == (1, 2, 3)
    assert limits([0, -1]) == ()
    ends = limits([1, 40, 60, 100])
    assert [shade(v, ends) for v in (None, 0, -5, 25, 25.5, 100)] == [-1, 0, 0, 1, 2, 4]


def test_ticks_of_time_are_round_and_name_the_day_where_it_begins() -> None:
    start = NOON.timestamp()
    assert time_ticks(start, start + 86_400, 5) == [
        (start, "11-01 12:00"),
        (start + 6 * 3600, "18:00"),
        (start + 12 * 3600, "11-02 00:00"),
        (start + 18 * 3600, "06:00"),
        (start + 24 * 3600, "12:00"),
    ]
    days = [text for _, text in time_ticks(start, start + 30 * 86_400, 6)]
    assert days == ["11-02", "11-09", "11-16", "11-23", "11-30"]
