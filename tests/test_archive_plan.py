"""What is due, what is left over, how days are written and batches made: without a file."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.archive.content import ARCHIVE
from flowathena.archive.plan import (
    Leftover,
    State,
    began_at,
    is_closed,
    last_closed_day,
    leftovers,
    plan,
)
from flowathena.archive.record import Archived, Manifest, ManifestError, Sums
from flowathena.archive.run import batches
from flowathena.archive.survey import LogPartition, survey
from flowathena.errors import EngineError
from flowathena.logs.days import Days
from flowathena.logs.layout import Scope

FIRST = date(2026, 9, 1)
NOW = datetime(2026, 10, 20, tzinfo=UTC)
EVERY = Scope(date.min, date.max)
LOCATION = "s3://archive/flows/"
DAY = st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n))
SOME_DAYS = st.lists(DAY, max_size=30)


@given(SOME_DAYS)
def test_days_are_written_and_read_back(days: list[date]) -> None:
    made = Days.of(days)
    assert Days.parse(str(made)) == made
    assert list(made) == sorted(set(days))
    assert len(made) == len(set(days))
    assert bool(made) == bool(days)


@given(SOME_DAYS, SOME_DAYS)
def test_days_are_added_and_taken_away_as_sets_are(one: list[date], other: list[date]) -> None:
    assert Days.of(one) | other == Days.of({*one, *other})
    assert Days.of(one) - other == Days.of({*one} - {*other})


@given(SOME_DAYS, DAY, st.integers(-1, 40))
def test_every_day_of_a_span_is_within_or_in_a_gap(
    days: list[date], first: date, more: int
) -> None:
    made, last = Days.of(days), first + timedelta(days=more)
    inside = [day for span in made.within(first, last) for day in Days((span,))]
    outside = [day for span in made.gaps(first, last) for day in Days((span,))]
    assert inside == [day for day in sorted(set(days)) if first <= day <= last]
    every = [first + timedelta(days=n) for n in range(more + 1)]
    assert sorted([*inside, *outside]) == every
    assert all((day in made) == (day in inside) for day in every)


def test_days_are_written_as_spans() -> None:
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 3)]
    assert str(Days.of(reversed(days))) == "2026-10-31/2026-11-01,2026-11-03"
    assert Days.parse("2026-11-03,2026-10-31/2026-11-01") == Days.of(days)
    assert Days.parse("") == Days()


@pytest.mark.parametrize("text", ["today", "2026-13-01", "2026-10-01/x", "/2026-10-01"])
def test_other_texts_are_no_days(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Days.parse(text)


@given(
    st.lists(st.integers(0, 50), max_size=30), st.integers(1, 8), st.none() | st.integers(1, 100)
)
def test_batches_are_in_order_and_as_large_as_allowed(
    sizes: list[int], most: int, most_bytes: int | None
) -> None:
    due = [logs(FIRST + timedelta(days=n), size) for n, size in enumerate(sizes)]
    made = list(batches(due, most, most_bytes))
    assert [each for batch in made for each in batch] == due
    limit = sum(sizes) if most_bytes is None else most_bytes
    for number, batch in enumerate(made):
        size = sum(each.size_bytes for each in batch)
        assert 1 <= len(batch) <= most
        assert size <= limit or len(batch) == 1
        if number + 1 < len(made):
            assert len(batch) == most or size + made[number + 1][0].size_bytes > limit


def logs(day: date, size: int = 100, files: int = 1, account: str = "111122223333") -> LogPartition:
    values = (account, "eu-west-1", str(day))
    return LogPartition(values, {0: {values: "s3://logs/" + "/".join(values)}}, files, size)


def archived(of: LogPartition, run: str = "20261010T000000Z-a") -> Archived:
    location = f"{LOCATION}{run}/{ARCHIVE.folder(of.values)}"
    return Archived(of.values, location, of.files, of.size_bytes, 10, 5, 15, 900)


def states(
    found: list[LogPartition], entries: list[Archived], moved: Days, *, again: bool = False
) -> dict[str, tuple[State, int]]:
    """The state of each day, and how much of it is due."""
    registered = {each.values: each.location for each in entries}
    manifests = [Manifest("20261010T000000Z-a", tuple(entries))]
    seen = survey({each.values: each for each in found}, registered, manifests, EVERY)
    days = plan(seen, moved, NOW, again=again)
    return {str(each.day): (each.state, len(each.due)) for each in days}


ONE, TWO = date(2026, 10, 1), date(2026, 10, 2)
BOTH = [logs(ONE), logs(ONE, account="444455556666")]


@pytest.mark.parametrize(
    ("found", "entries", "moved", "state"),
    [
        (BOTH, [], Days(), (State.LOGS, 2)),
        (BOTH, [archived(BOTH[0])], Days(), (State.LOGS, 1)),
        (BOTH, [*map(archived, BOTH)], Days(), (State.READY, 0)),
        (BOTH, [*map(archived, BOTH)], Days.of([ONE]), (State.ARCHIVED, 0)),
        (BOTH, [archived(BOTH[0])], Days.of([ONE]), (State.GROWN, 1)),  # a new account's
        ([], [archived(BOTH[0])], Days.of([ONE]), (State.ARCHIVED, 0)),
        ([], [archived(BOTH[0])], Days(), (State.READY, 0)),
        ([logs(ONE, 101)], [archived(BOTH[0])], Days.of([ONE]), (State.GROWN, 1)),
        ([logs(ONE, 100, 2)], [archived(BOTH[0])], Days.of([ONE]), (State.GROWN, 1)),
        ([logs(ONE, 101)], [archived(BOTH[0])], Days(), (State.LOGS, 1)),
        ([logs(ONE, 99)], [archived(BOTH[0])], Days.of([ONE]), (State.ARCHIVED, 0)),
        ([logs(ONE, 0, 0)], [archived(BOTH[0])], Days.of([ONE]), (State.ARCHIVED, 0)),
        ([logs(date(2026, 10, 18))], [], Days(), (State.OPEN, 0)),
        ([logs(date(2026, 10, 17))], [], Days(), (State.LOGS, 1)),
    ],
)
def test_how_a_day_is(
    found: list[LogPartition], entries: list[Archived], moved: Days, state: tuple[State, int]
) -> None:
    assert list(states(found, entries, moved).values()) == [state]


def test_again_is_for_what_has_all_its_logs() -> None:
    entries = [*map(archived, BOTH)]
    fewer = [BOTH[0], logs(ONE, 99, account="444455556666")]
    assert states(fewer, entries, Days.of([ONE]), again=True) == {"2026-10-01": (State.ARCHIVED, 1)}
    assert states(fewer, entries, Days(), again=True) == {"2026-10-01": (State.LOGS, 1)}


def test_what_no_manifest_knows_is_not_archived() -> None:
    other = {BOTH[0].values: f"{LOCATION}elsewhere"}
    seen = survey({}, other, [Manifest("r", (archived(BOTH[0]),))], EVERY)
    assert (seen.archived, seen.unverified) == ({}, other)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_last_closed_day_is_closed_and_the_next_is_not(now: datetime) -> None:
    last = last_closed_day(now)
    assert is_closed(last, now)
    assert not is_closed(last + timedelta(days=1), now)


OLD, NEW = "20261018T235959Z-a", "20261019T000001Z-b"


def left(
    manifests: list[Manifest], runs: list[str], registered: Mapping[tuple[str, ...], str]
) -> list[tuple[str, str]]:
    found = leftovers(tuple(manifests), runs, registered, LOCATION, NOW)
    return [(each.prefix, each.reason) for each in found]


def test_runs_of_the_last_day_are_left_alone() -> None:
    runs = [OLD, NEW, "_manifests", ".flowathena", "theirs", "20261001T000000Z"]
    assert left([], runs, {}) == [(f"{OLD}/", "of a run that failed")]


def test_of_a_run_that_is_read_what_was_replaced_is_left_over() -> None:
    one, other = (archived(each, OLD) for each in BOTH)
    run = Manifest(OLD, (one, other))
    both = {each.values: each.location for each in (one, other)}
    assert left([run], [OLD], both) == []
    assert left([run], [OLD], {one.values: one.location.rstrip("/")}) == [
        (f"{OLD}/{ARCHIVE.folder(other.values)}", "replaced since")
    ]
    assert left([run], [OLD], {}) == [(f"{OLD}/", "replaced since")]
    assert left([run], [], {}) == [(f"{OLD}/", "replaced since")], "its manifest is left"


def test_what_is_read_stays_if_no_manifest_knows_it() -> None:
    one = archived(BOTH[0], OLD)
    assert left([], [OLD], {one.values: one.location}) == []


def test_a_leftover_is_a_whole_run_or_a_part() -> None:
    assert Leftover(OLD, f"{OLD}/", "").is_whole_run
    assert not Leftover(OLD, f"{OLD}/day=2026-10-01/", "").is_whole_run


def test_when_a_run_began() -> None:
    assert began_at("20261018T235959Z-0a1b") == datetime(2026, 10, 18, 23, 59, 59, tzinfo=UTC)
    assert began_at("20261018T235959Z") is None
    assert began_at("_manifests") is None


def test_a_manifest_is_read_back_wherever_its_archive_is() -> None:
    manifest = Manifest(OLD, tuple(archived(each, OLD) for each in BOTH))
    content = manifest.encode(LOCATION)
    assert Manifest.decode(content, "m", LOCATION) == manifest
    moved = Manifest.decode(content, "m", "/elsewhere/")
    assert moved.partitions[0].location == f"/elsewhere/{OLD}/{ARCHIVE.folder(BOTH[0].values)}"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"version": 1}', b"\xff", b'{"version":1,"run":"r","partitions":[{}]}'],
)
def test_what_is_no_manifest(content: bytes) -> None:
    with pytest.raises(ManifestError, match=r"^m is no manifest"):
        Manifest.decode(content, "m", LOCATION)


def test_a_manifest_of_a_newer_release() -> None:
    with pytest.raises(EngineError, match="newer release") as raised:
        Manifest.decode(b'{"version": 9, "run": "r", "partitions": []}', "m", LOCATION)
    assert not isinstance(raised.value, ManifestError)


def test_sums_say_what_differs() -> None:
    own = Sums(10, 30, 1800, {"srcaddr": "a", "dstaddr": "b"})
    assert own.differences(own) == ()
    other = Sums(9, 30, 1700, {"srcaddr": "a", "dstaddr": "c"})
    assert own.differences(other) == (
        "rows (10, not 9)",
        "bytes (1,800, not 1,700)",
        "column dstaddr",
    )
    assert Sums(checksums={"x": "None"}).differences(Sums()) == ()
