"""What people write for a window, and the days and seconds it means."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import WindowError
from flowathena.inputs.window import When, Window, parse_duration, parse_moment, resolve
from flowathena.text import iso

NOW = datetime(2026, 11, 8, 12, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
windows = (
    st.tuples(moments, moments)
    .filter(lambda pair: abs(pair[0] - pair[1]) >= timedelta(seconds=1))
    .map(lambda pair: Window(min(pair), max(pair)))
)


def resolved(since: When, until: When = None) -> Window:
    return resolve(since, until, now=NOW, default="7d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        (" 7d ", timedelta(days=7)),
        ("7 d", timedelta(days=7)),
        ("0d", timedelta()),
    ],
)
def test_durations(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "d",
        "-7d",
        "7D",
        "1.5d",
        "7s",
        "7dd",
        "1d12h",
        "\u0667d",
        "9999999999d",
        "999999999w",
    ],
)
def test_other_texts_are_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("20261101", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T06:07:08Z", datetime(2026, 11, 1, 6, 7, 8, tzinfo=UTC)),
        ("2026-11-01T06:07:08", datetime(2026, 11, 1, 6, 7, 8, tzinfo=UTC)),
        ("2026-11-01 06:07", datetime(2026, 11, 1, 6, 7, tzinfo=UTC)),
        ("2026-11-01T00:30:00+02:00", datetime(2026, 10, 31, 22, 30, tzinfo=UTC)),
        ("2026-11-01T23:30:00-01:00", datetime(2026, 11, 2, 0, 30, tzinfo=UTC)),
        ("2026-11-01T06:00:00.250Z", datetime(2026, 11, 1, 6, 0, 0, 250_000, tzinfo=UTC)),
        (" 2026-11-01 ", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-11-01T25:00",
        "01.11.2026",
        "1793491200",
        "\u0662\u0660\u0662\u0666-11-01",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_other_texts_are_no_moment(text: str) -> None:
    assert parse_moment(text) is None


def test_without_since_and_until_the_default_reaches_back_from_now() -> None:
    assert resolved(None) == Window(NOW - timedelta(days=7), NOW)


def test_a_since_duration_counts_back_from_until() -> None:
    expected = Window(datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert resolved("24h", "2026-11-01") == expected


def test_the_default_counts_back_from_until() -> None:
    assert resolved(None, "2026-11-01").since == datetime(2026, 10, 25, tzinfo=UTC)


def test_an_until_duration_counts_back_from_now() -> None:
    assert resolved("2d", "1d") == Window(NOW - timedelta(days=3), NOW - timedelta(days=1))


def test_now_in_another_zone_is_the_same_window() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-8)))
    window = resolve("1d", None, now=there, default="7d")
    assert (window.since, window.since.tzinfo) == (NOW - timedelta(days=1), UTC)


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        ("2026-11-02", "2026-11-01", "ends before it starts"),
        ("2026-11-01", "2026-11-01", "is empty: since and until are both 2026-11-01T00:00:00Z"),
        ("0d", None, "is empty: since and until are both 2026-11-08T12:30:00Z"),
        ("now", None, "is empty"),
        ("2026-10", "2026-10", "is empty: since and until are both 2026-10-01T00:00:00Z"),
        ("2026-11-01T00:00:00.1Z", "2026-11-01T00:00:00.9Z", "is empty: no second begins"),
        ("tomorrow", None, "ends before it starts"),
        ("2027-01-01", None, "ends before it starts"),
        ("last weak", None, "is not a time or duration; did you mean 'last week'"),
        ("yesterdy", None, "did you mean 'yesterday'"),
        ("next week", None, "since: 'next week' is not a time or duration"),
        ("2026-13", None, "since: '2026-13' is not a time or duration"),
        ("0000", None, "since: '0000' is not a time or duration"),
        ("1969", None, "since: '1969' is before 1970"),
        ("1d", "soon", "until: 'soon' is not a time or duration"),
        ("", None, "since: '' is not a time or duration"),
        ("1969-12-31", None, "since: '1969-12-31' is before 1970"),
        ("1d", "1969-12-31", "until: '1969-12-31' is before 1970"),
        ("3000w", None, "since: '3000w' reaches back before 1970"),
        ("99999999d", None, "reaches back before 1970"),
    ],
)
def test_refusals_say_which_side_and_why(since: str, until: str | None, told: str) -> None:
    with pytest.raises(WindowError, match=told):
        resolved(since, until)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("today", datetime(2026, 11, 8, tzinfo=UTC)),
        (" Yesterday ", datetime(2026, 11, 7, tzinfo=UTC)),
        ("now", NOW),
        # 2026-11-08 is a Sunday, the last day of its week.
        ("this week", datetime(2026, 11, 2, tzinfo=UTC)),
        ("last week", datetime(2026, 10, 26, tzinfo=UTC)),
        ("last-week", datetime(2026, 10, 26, tzinfo=UTC)),
        ("this month", datetime(2026, 11, 1, tzinfo=UTC)),
        ("last month", datetime(2026, 10, 1, tzinfo=UTC)),
        ("this year", datetime(2026, 1, 1, tzinfo=UTC)),
        ("last_year", datetime(2025, 1, 1, tzinfo=UTC)),
        ("2026-10", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2025", datetime(2025, 1, 1, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 1, tzinfo=UTC)),
        (timedelta(hours=36), datetime(2026, 11, 7, 0, 30, tzinfo=UTC)),
        (
            datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 11, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_span_stands_for_its_first_moment_as_since_and_as_until(
    text: When, start: datetime
) -> None:
    early = datetime(2024, 1, 1, tzinfo=UTC)
    assert resolved("2024", text) == Window(early, start)
    if start < NOW:
        assert resolved(text) == Window(start, NOW)


def test_words_count_from_now_whatever_until() -> None:
    expected = Window(datetime(2026, 11, 7, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC))
    assert resolved("yesterday", "today") == expected
    january = datetime(2027, 1, 1, tzinfo=UTC)
    assert resolve("last month", "this month", now=january, default="7d") == Window(
        datetime(2026, 12, 1, tzinfo=UTC), january
    )


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (datetime(2026, 11, 1, 6), "since: 2026-11-01 06:00:00 has no time zone"),  # noqa: DTZ001
        (timedelta(days=-1), "lies ahead"),
        (7, "since: 7 is not a time or duration"),
        (7.5, "since: 7.5 is not a time or duration"),
        (True, "since: True is not a time or duration"),
        (b"7d", "is not a time or duration"),
        (["7d"], "is not a time or duration"),
        (time(6), "is not a time or duration"),
        (timedelta.max, "reaches back before 1970"),
        (date.min, "is before 1970"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "since: "),
        ("x" * 500, "…"),
        ("two\nlines", "since: 'two"),
    ],
)
def test_what_is_no_moment_is_refused_on_one_line(when: object, told: str) -> None:
    with pytest.raises(WindowError) as caught:
        resolved(when)  # type: ignore[arg-type]
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_refusal_names_the_forms() -> None:
    with pytest.raises(WindowError, match=r"7d, 24h, .*2026-11-01.*2026-11-01T06:00:00Z"):
        resolved("soon")


def test_midnight_is_the_end_of_the_day_before() -> None:
    window = resolved("2026-11-01", "2026-11-03")
    assert (window.first_day, window.last_day) == (date(2026, 11, 1), date(2026, 11, 2))


def test_a_moment_after_midnight_touches_the_day() -> None:
    window = resolved("2026-11-01", "2026-11-03T00:00:00.000001Z")
    assert window.last_day == date(2026, 11, 3)


def test_late_records_are_looked_for_in_one_more_day() -> None:
    assert resolved("2026-11-01", "2026-11-03").last_folder_day == date(2026, 11, 3)


def test_the_last_day_of_all_has_no_day_after() -> None:
    window = Window(EPOCH, datetime(9999, 12, 31, 1, tzinfo=UTC))
    assert window.last_folder_day == date(9999, 12, 31)


def test_whole_seconds_are_their_unix_seconds() -> None:
    window = resolved("2026-11-01", "2026-11-02")
    assert (window.start_second, window.end_second) == (1_793_491_200, 1_793_577_600)


def test_a_fraction_begins_with_the_next_second() -> None:
    window = resolved("2026-11-01T00:00:00.25Z", "2026-11-01T00:00:01.25Z")
    assert (window.start_second, window.end_second) == (1_793_491_201, 1_793_491_202)


def test_before_is_as_long_and_ends_where_the_window_starts() -> None:
    window = resolved("2026-11-01", "2026-11-03")
    assert window.before() == Window(
        datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    )


def test_there_is_no_window_before_1970() -> None:
    window = Window(EPOCH + timedelta(days=1), EPOCH + timedelta(days=3))
    with pytest.raises(WindowError, match="before 1970-01-02"):
        window.before()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00Z"),
        (datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-10-31T23:00:00Z"),
        (datetime(2026, 11, 1, 0, 0, 0, 5000, tzinfo=UTC), "2026-11-01T00:00:00.005000Z"),
    ],
)
def test_iso_is_utc_with_z(moment: datetime, text: str) -> None:
    assert iso(moment) == text


@given(windows)
def test_the_days_are_in_order(window: Window) -> None:
    assert window.first_day <= window.last_day <= window.last_folder_day


@given(windows, st.floats(0, 1, exclude_max=True))
def test_every_moment_inside_lies_in_its_days(window: Window, part: float) -> None:
    moment = min(
        window.since + (window.until - window.since) * part,
        window.until - timedelta(microseconds=1),
    )
    assert window.first_day <= moment.date() <= window.last_day


@given(windows, st.integers(-2, 2), st.booleans())
def test_a_second_is_between_the_bounds_when_it_lies_in_the_window(
    window: Window, step: int, at_end: bool
) -> None:
    edge = (window.until if at_end else window.since).replace(microsecond=0)
    moment = edge + timedelta(seconds=step)
    second = (moment - EPOCH) // timedelta(seconds=1)
    inside = window.since <= moment < window.until
    assert (window.start_second <= second < window.end_second) is inside


@given(windows)
def test_the_last_day_starts_before_the_end(window: Window) -> None:
    midnight = datetime.combine(window.last_day, datetime.min.time(), UTC)
    assert midnight < window.until <= midnight + timedelta(days=1)
