"""Rows as values for CloudWatch, and what a ledger's names say; by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.deploy.cloudwatch import book, datums
from flowathena.deploy.cloudwatch.datums import Datum
from flowathena.errors import FlowathenaError
from flowathena.query.metric import Dimension, Metric, MetricValue
from flowathena.result.result import ResultColumn

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
COLUMNS = [ResultColumn(name, "varchar") for name in ("bucket", "zone", "flows", "bytes")]
METRIC = Metric(
    "bucket",
    900,
    (MetricValue("flows", "Flows", "Count"), MetricValue("bytes", "Bytes", "Bytes")),
    (Dimension("zone", ("a", "b")),),
)


def _values(*rows: tuple[object, ...], metric: Metric = METRIC) -> list[tuple[object, ...]]:
    until = NOON + 2 * QUARTER
    return [
        (
            (each.bucket - NOON) // QUARTER,
            each.name,
            "".join(v for _, v in each.dimensions),
            each.value,
        )
        for each in datums.to_datums(metric, COLUMNS, rows, NOON, until)
    ]


def test_known_dimensions_without_rows_are_zero_and_others_are_not_there() -> None:
    assert _values((NOON, "b", 3, Decimal("1.5")), (NOON + QUARTER, "c", 2, None)) == [
        (0, "Bytes", "a", 0),
        (0, "Bytes", "b", 1.5),
        (0, "Flows", "a", 0),
        (0, "Flows", "b", 3),
        (1, "Bytes", "a", 0),
        (1, "Bytes", "b", 0),
        (1, "Flows", "a", 0),
        (1, "Flows", "b", 0),
        (1, "Flows", "c", 2),
    ]


def test_null_is_no_value_even_of_known_dimensions() -> None:
    assert _values((NOON, "a", None, 7), (NOON + QUARTER, "b", 2, None)) == [
        (0, "Bytes", "a", 7),
        (0, "Bytes", "b", 0),
        (0, "Flows", "b", 0),
        (1, "Bytes", "a", 0),
        (1, "Flows", "a", 0),
        (1, "Flows", "b", 2),
    ]


def test_without_known_values_only_rows_are_there() -> None:
    metric = Metric("bucket", 900, METRIC.values[:1], (Dimension("zone"),))
    assert _values((NOON, None, 1, 0), (NOON, True, 2, 0), metric=metric) == [
        (0, "Flows", "-", 1),
        (0, "Flows", "true", 2),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((NOON + timedelta(minutes=1), "a", 1, 1), "is not the start of a bucket of 900 seconds"),
        ((NOON + 2 * QUARTER, "a", 1, 1), "outside of what was asked for"),
        ((NOON - QUARTER, "a", 1, 1), "outside of what was asked for"),
        (("2026", "a", 1, 1), "'2026' is no timestamp"),
        ((NOON, "ü", 1, 1), "CloudWatch takes no dimension 'ü'"),
        ((NOON, "a" * 1_025, 1, 1), "CloudWatch takes no dimension"),
        ((NOON, "a", float("nan"), 1), "CloudWatch takes no value nan"),
        ((NOON, "a", float("inf"), 1), "CloudWatch takes no value inf"),
        ((NOON, "a", 2.0**361, 1), "CloudWatch takes no value"),
        ((NOON, "a", "7", 1), "'7' is no number"),
        ((NOON, "a", True, 1), "True is no number"),
    ],
)
def test_what_cloudwatch_would_refuse_is_refused_first(
    row: tuple[object, ...], message: str
) -> None:
    with pytest.raises(FlowathenaError, match=message):
        _values(row)


def test_two_rows_of_one_value_are_refused() -> None:
    with pytest.raises(FlowathenaError, match=r"two rows for 2026-11-20T12:00:00Z, zone a"):
        _values((NOON, "a", 1, 1), (NOON, "a", 1, 1))
    with pytest.raises(FlowathenaError, match=r"two rows for 2026-11-20T12:00:00Z, zone -"):
        _values((NOON, None, 1, 1), (NOON, "", 1, 1))


def test_buckets_close_after_the_delay_and_reach_two_weeks_back() -> None:
    delay = timedelta(minutes=30)
    assert datums.last_closed(METRIC, delay, NOON + 3 * QUARTER) == NOON + QUARTER
    before = NOON + 3 * QUARTER - timedelta(seconds=1)
    assert datums.last_closed(METRIC, delay, before) == NOON
    assert datums.oldest(900, NOON) == NOON - timedelta(days=14) + 2 * QUARTER
    after = NOON + timedelta(seconds=1)
    assert datums.oldest(900, after) == NOON - timedelta(days=14) + 3 * QUARTER


def _datum(bucket: int, name: str = "Flows", size: int = 1) -> Datum:
    return Datum(name, (("zone", "x" * size),), NOON + bucket * QUARTER, 1.0, "Count")


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.integers(1, 1_024))
def test_groups_are_whole_buckets_and_fit_into_calls(counts: list[int], size: int) -> None:
    every = [
        _datum(bucket, f"m{n}", size) for bucket, count in enumerate(counts) for n in range(count)
    ]
    until = NOON + len(counts) * QUARTER
    groups = list(datums.by_buckets(every, NOON, until, 900))
    assert [each for _, _, some in groups for each in some] == every
    assert [since for since, _, _ in groups] == [NOON, *(end for _, end, _ in groups[:-1])]
    assert groups[-1][1] == until
    for since, end, some in groups:
        assert all(since <= each.bucket < end for each in some)
        assert len(list(datums.calls(some))) <= 1 or end - since == QUARTER


def test_a_call_has_at_most_a_thousand_datums_and_less_than_a_megabyte() -> None:
    assert [len(some) for some in datums.calls([_datum(0)] * 2_001)] == [1_000, 1_000, 1]
    sizes = [len(some) for some in datums.calls([_datum(0, size=1_024)] * 1_500)]
    assert sum(sizes) == 1_500
    assert max(sizes) * 1_100 < 1_000_000
    assert list(datums.calls([])) == []


def test_the_older_a_value_is_the_later_it_is_seen() -> None:
    assert datums.visible_after(NOON, NOON + timedelta(hours=2, minutes=59)) == timedelta(
        minutes=30
    )
    assert datums.visible_after(NOON, NOON + timedelta(hours=3)) == timedelta(hours=2, minutes=30)
    assert datums.visible_after(NOON, NOON + timedelta(hours=24)) == timedelta(hours=60)


def _entry(number: int, start: int, end: int, parent: int | None = None) -> book.Entry:
    since, until = NOON + start * QUARTER, NOON + end * QUARTER
    return book.Entry(number, "me", NOON, since, until, 900, (_datum(start),), parent)


def test_an_entry_is_what_its_body_says() -> None:
    entry = _entry(7, 0, 2, 3)
    assert book.read_entry(7, entry.to_body()) == entry
    with pytest.raises(FlowathenaError, match="entry 7 is damaged"):
        book.read_entry(7, b"{}")


def test_a_book_says_where_to_go_on_and_what_is_missing() -> None:
    span = (NOON, NOON + 2 * QUARTER)
    later = (NOON + 5 * QUARTER, NOON + 6 * QUARTER)
    names = book.read_names(
        [
            "checkpoint.json",
            "00000001.claim",
            book.name_of(1, "done", span),
            "00000002.claim",
            book.name_of(2, "lost", later),
            "00000003.claim",
            "00000003.void",
        ]
    )
    assert names.open == [3]
    read = book.to_book(book.Checkpoint(), names, [_entry(3, 6, 8)])
    assert (read.last, read.void, read.lost) == (3, frozenset({3}), (later,))
    assert read.until == NOON + 8 * QUARTER
    assert read.gaps == ((span[1], later[0]),)
    assert read.checkpoint is None


def test_a_checkpoint_stands_for_what_it_covers() -> None:
    one, other = (NOON, NOON + QUARTER), (NOON + QUARTER, NOON + 3 * QUARTER)
    before = ["00000001.claim", book.name_of(1, "done", one)]
    after = ["00000002.claim", book.name_of(2, "done", other)]
    whole = book.to_book(book.Checkpoint(), book.read_names([*before, *after]), [])
    first = book.to_book(book.Checkpoint(), book.read_names(before), [])
    assert first.checkpoint is not None
    checkpoint = book.read_checkpoint(first.checkpoint.to_body())
    rest = book.to_book(checkpoint, book.read_names(after), [])
    assert (rest.last, rest.ranges) == (whole.last, whole.ranges) == (2, ((NOON, other[1]),))
