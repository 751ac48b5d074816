"""Windows that move: computed from the clock in SQL, they keep what literals of that clock keep."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog
from flowathena.engine.local.engine import DuckDbEngine
from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import WindowError
from flowathena.inputs.moving import MovingMoment, MovingWindow, Unit, resolve_moving
from flowathena.inputs.window import resolve
from flowathena.logs.layout import Partition
from flowathena.query.bounds import MovingBounds
from flowathena.sample import generate
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.sql.statement import Statement
from flowathena.target.target import Target
from tests.test_shape import INT_HOUR, PLACE, SCHEMES, partitions

WORDS = (
    *("now", "today", "yesterday", "tomorrow", "this week", "last week"),
    *("this month", "last month", "this year", "last year"),
)
BACK = ("45m", "90m", "24h", "25h", "7d", "2w", "400d")
SHAPES = {
    **{name: shape for name, shape in SCHEMES.items() if name not in {"hive", "single text"}},
    **INT_HOUR,
    "percent": Shape((*PLACE, Key("dt", "string", Role.DAY, "yyyy%MM%dd"))),
}

# What Athena's clock has: milliseconds.
clocks = st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
ends = st.one_of(st.none(), st.sampled_from(WORDS), st.sampled_from(BACK))
starts = st.one_of(st.sampled_from(WORDS), st.sampled_from(BACK))
NEW_YEAR = datetime(2028, 1, 1, 0, 20, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 29, 23, 59, 59, 999000, tzinfo=UTC)


@given(word=st.sampled_from(WORDS), now=clocks)
@example(word="last month", now=datetime(2028, 3, 31, 12, tzinfo=UTC))
@example(word="last month", now=NEW_YEAR)
def test_a_word_is_the_moment_that_a_fixed_window_makes_of_it(word: str, now: datetime) -> None:
    since = "60d" if word != "last year" else "800d"
    fixed = resolve(since, word, now=now, default="7d")
    assert resolve_moving(since, word, default="7d").at(now) == fixed


@pytest.mark.parametrize(
    ("since", "until", "moving"),
    [
        (None, None, MovingWindow(MovingMoment(shift=timedelta(days=-9)))),
        ("24h", None, MovingWindow(MovingMoment(shift=timedelta(days=-1)))),
        (timedelta(hours=1), "NOW", MovingWindow(MovingMoment(shift=timedelta(hours=-1)))),
        (
            "1d",
            "Last-Week",
            MovingWindow(
                MovingMoment(Unit.WEEK, shift=timedelta(days=-8)),
                MovingMoment(Unit.WEEK, shift=timedelta(days=-7)),
            ),
        ),
    ],
)
def test_ends_as_people_write_them(
    since: str | timedelta | None, until: str | None, moving: MovingWindow
) -> None:
    assert resolve_moving(since, until, default="9d") == moving


@pytest.mark.parametrize(
    "when",
    ["2026-11-01", "2026-11-01T06:00:00Z", "2026-10", "soon", date(2026, 11, 1),
     datetime(2026, 11, 1, tzinfo=UTC)],
)  # fmt: skip
def test_what_stands_still_is_refused(when: str | date) -> None:
    with pytest.raises(WindowError, match=r"since: .* does not move with the clock; write"):
        resolve_moving(when, None, default="7d")
    with pytest.raises(WindowError, match=r"until: .* does not move with the clock; write"):
        resolve_moving("7d", when, default="7d")


@pytest.mark.parametrize("back", [timedelta(days=-1), timedelta(milliseconds=1)])
def test_a_duration_has_whole_seconds_and_is_past(back: timedelta) -> None:
    with pytest.raises(WindowError, match="not a duration of whole seconds in the past"):
        resolve_moving(back, None, default="7d")


@given(since=starts, until=ends, now=clocks)
def test_the_window_before_is_that_of_the_fixed_one(
    since: str, until: str | None, now: datetime
) -> None:
    moving = resolve_moving(since, until, default="7d")
    try:
        window = moving.at(now)
        before = moving.before()
    except WindowError:
        return
    assert before.at(now) == window.before()


def test_a_window_of_no_fixed_length_has_none_before() -> None:
    with pytest.raises(WindowError, match="give --since as a duration"):
        resolve_moving("yesterday", "now", default="7d").before()
    assert resolve_moving("last week", "this week", default="7d").before() == MovingWindow(
        MovingMoment(Unit.WEEK, shift=timedelta(days=-14)),
        MovingMoment(Unit.WEEK, shift=timedelta(days=-7)),
    )


@pytest.mark.parametrize(
    ("since", "until", "days", "first", "last"),
    [
        (
            "7d",
            None,
            (
                "\"day\" BETWEEN date_format(current_date - interval '7' day, '%Y/%m/%d') "
                "AND date_format(current_date + interval '1' day, '%Y/%m/%d')"
            ),
            "CAST(ceil(to_unixtime(now() - interval '7' day)) AS bigint)",
            "CAST(ceil(to_unixtime(now())) AS bigint)",
        ),
        (
            "90m",
            None,
            (
                "\"day\" BETWEEN date_format(CAST(now() - interval '90' minute AS date), "
                "'%Y/%m/%d') AND date_format(current_date + interval '1' day, '%Y/%m/%d')"
            ),
            "CAST(ceil(to_unixtime(now() - interval '90' minute)) AS bigint)",
            "CAST(ceil(to_unixtime(now())) AS bigint)",
        ),
        (
            "last month",
            "this month",
            (
                "\"day\" BETWEEN date_format(date_trunc('month', current_date) - interval '1' "
                "month, '%Y/%m/%d') AND date_format(date_trunc('month', current_date), '%Y/%m/%d')"
            ),
            (
                "CAST(ceil(to_unixtime(CAST(date_trunc('month', current_date) - interval '1' month "
                "AS timestamp))) AS bigint)"
            ),
            (
                "CAST(ceil(to_unixtime(CAST(date_trunc('month', current_date) AS timestamp))) "
                "AS bigint)"
            ),
        ),
    ],
)
def test_the_text_of_both_ends(
    since: str, until: str | None, days: str, first: str, last: str
) -> None:
    bounds = MovingBounds(resolve_moving(since, until, default="7d"))
    assert bounds.days(SCHEMES["slashes"]) == days
    assert (bounds.start_second, bounds.end_second) == (first, last)


def test_the_text_of_each_kind_of_key() -> None:
    bounds = MovingBounds(resolve_moving("7d", "today", default="7d"))
    low, high = "current_date - interval '7' day", "current_date"
    assert bounds.days(SCHEMES["single date"]) == f'"date" BETWEEN {low} AND {high}'
    assert bounds.days(SCHEMES["digits"]) == (
        f"\"dt\" BETWEEN date_format({low}, '%Y%m%d') AND date_format({high}, '%Y%m%d')"
    )
    assert bounds.days(SCHEMES["int parts"]) == (
        f'("year" BETWEEN year({low}) AND year({high}) '
        f'AND (year({low}) < year({high}) OR "month" BETWEEN month({low}) AND month({high})) '
        "AND lpad(CAST(\"year\" AS varchar), 4, '0') || '-' || "
        "lpad(CAST(\"month\" AS varchar), 2, '0') || '-' || lpad(CAST(\"day\" AS varchar), 2, '0') "
        f"BETWEEN date_format({low}, '%Y-%m-%d') AND date_format({high}, '%Y-%m-%d'))"
    )


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@settings(max_examples=1)
@given(since=starts, until=ends, now=clocks)
@example(since="400d", until="last month", now=NEW_YEAR)
@example(since="last month", until="this month", now=LEAP_DAY)
def test_it_keeps_the_days_of_the_window_at_that_clock(
    shape: Shape, since: str, until: str | None, now: datetime
) -> None:
    moving = resolve_moving(since, until, default="7d")
    try:
        window = moving.at(now)
    except WindowError:  # yesterday until last week
        return
    steps = {-366, -31, -2, -1, 0, 1, 2, 27, 28, 31, 59, 366}
    days = {edge.date() + timedelta(days=n) for edge in (window.since, window.until) for n in steps}
    stored = partitions(shape, sorted(days))
    # A day more at the end: late records. At midnight sharp one may be kept that has none.
    sharp = window.until == datetime.combine(now, time(), UTC) and not moving.until.is_midnight
    last = (window.until - timedelta(milliseconds=0 if sharp else 1)).date() + timedelta(days=1)
    found = asked(shape, stored, MovingBounds(moving).days(shape), now)
    assert found == [n for n, each in enumerate(stored) if window.first_day <= each.day <= last]
    assert found


@given(since=starts, until=ends, now=clocks)
@settings(max_examples=20)
def test_its_seconds_are_those_of_the_window_at_that_clock(
    since: str, until: str | None, now: datetime
) -> None:
    moving = resolve_moving(since, until, default="7d")
    bounds = MovingBounds(moving)
    sql = to_duckdb(Statement(f"SELECT {bounds.start_second}, {bounds.end_second}"), {}, now)
    seconds = tuple(-int(-edge.at(now).timestamp() // 1) for edge in (moving.since, moving.until))
    assert duckdb.execute(sql).fetchall() == [seconds]


def test_at_midnight_sharp_it_keeps_one_day_more() -> None:
    shape, moving = SCHEMES["single text"], resolve_moving("1d", None, default="7d")
    stored = partitions(shape, [date(2027, 2, 27) + timedelta(days=n) for n in range(5)])
    kept = asked(shape, stored, MovingBounds(moving).days(shape), datetime(2027, 3, 1, tzinfo=UTC))
    assert [stored[n].day for n in kept] == [date(2027, 2, 28), date(2027, 3, 1), date(2027, 3, 2)]


def asked(shape: Shape, stored: list[Partition], condition: str, now: datetime) -> list[int]:
    """The numbers of the partitions that a condition keeps, in order."""
    types = {key.name: key.type.partition("(")[0] for key in shape.keys}
    schema = {"d": {"logs": {"number": "int", **types}}}
    query = f"SELECT number FROM d.logs WHERE {condition} ORDER BY number"
    columns = [f"{key.sql} {types[key.name].replace('string', 'varchar')}" for key in shape.keys]
    rows = [(n, *shape.values(partition)) for n, partition in enumerate(stored)]
    with duckdb.connect(":memory:") as made:
        made.execute("CREATE SCHEMA d")
        made.execute(f"CREATE TABLE d.logs (number INTEGER, {', '.join(columns)})")
        made.execute(f"INSERT INTO d.logs VALUES {', '.join(map(repr, rows))}")
        return [n for (n,) in made.execute(to_duckdb(Statement(query), schema, now)).fetchall()]


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("settings", "sql", "options"),
    [
        ({}, "SELECT srcaddr, count(*) AS n, min(start) AS first FROM flow_logs GROUP BY 1", {}),
        (
            {"layout": "hive-daily", "partition_keys": "hive"},
            (
                "SELECT f.dstaddr, count(*) AS n FROM flow_logs f WHERE NOT EXISTS "
                "(SELECT 1 FROM flow_logs_before b WHERE b.dstaddr = f.dstaddr) GROUP BY 1"
            ),
            {"since": "7h", "region": "eu-west-1"},
        ),
        ({}, "SELECT day, count(*) AS n FROM flow_logs GROUP BY day", {"since": "yesterday"}),
    ],
    ids=["own window", "before", "words"],
)
def test_a_moving_statement_answers_as_the_fixed_one(
    tmp_path: Path, settings: dict[str, str], sql: str, options: dict[str, str]
) -> None:
    generate(
        tmp_path,
        until=date(2026, 10, 7),
        days=2,
        records=400,
        layout=settings.get("layout", "plain-daily"),
    )
    now = datetime(2026, 10, 6, 21, 40, 12, 345000, tzinfo=UTC)
    queries = tmp_path / "queries"
    queries.mkdir()
    header = '/* ---\ntitle = "Q"\nsince = "20h"\n--- */\n'
    (queries / "mine.sql").write_text(f"{header}{sql} ORDER BY 1")
    target = Target("t", f"{tmp_path}/", **settings)  # type: ignore[arg-type]
    client = Client(target, clock=lambda: now, query_paths=[queries])
    client.partitions.sync(everything=True)
    moving = client.render("mine", relative=True, **options)
    assert "now()" in moving.sql
    catalog = open_catalog(target, Aws(target))
    found = DuckDbEngine(target, [catalog], now).run(moving)
    expected = client.run("mine", **options)  # type: ignore[arg-type]
    assert len(expected) > 1 or "day" in sql
    assert list(found.rows()) == list(expected.rows())
