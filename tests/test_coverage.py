"""Days stored and registered, by account and Region."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flowathena.inputs.window import Window
from flowathena.logs.layout import Partition
from flowathena.partitions.coverage import Coverage, PlaceCoverage, measure, newest
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape, Values
from flowathena.storage import LocalStorage

A, B = "111122223333", "444455556666"
SHAPE = Shape(
    (
        Key("aws_account", "string", Role.ACCOUNT),
        Key("aws_region", "string", Role.REGION),
        Key("day", "string", Role.DAY),
    )
)
HOURS = Shape((*SHAPE.keys, Key("hour", "string", Role.HOUR)))
NOW = datetime(2026, 11, 7, 9, 30, tzinfo=UTC)


def day(number: int) -> date:
    return date(2026, 11, number)


def values(account: str, *numbers: int, region: str = "eu-west-1") -> set[Values]:
    return {(account, region, day(number).isoformat()) for number in numbers}


def located(found: set[Values]) -> dict[Values, str]:
    return {each: f"s3://logs/{'/'.join(each)}/" for each in found}


def place(stored: tuple[int, ...], newest: datetime | None = None) -> PlaceCoverage:
    days = tuple(map(day, stored))
    return PlaceCoverage(A, "eu-west-1", days, days, (), newest=newest)


def coverage(*places: PlaceCoverage, since: date | None = None) -> Coverage:
    window = (
        Window(datetime(since.year, since.month, since.day, tzinfo=UTC), NOW) if since else None
    )
    return Coverage("prod", "network.logs", window, places, NOW, {"GetTable": 1})


def test_what_is_stored_and_not_registered_is_missing() -> None:
    stored = values(A, 1, 2, 3) | values(B, 2)
    registered = values(A, 1, 3, 4)
    assert list(measure(SHAPE, located(stored), registered)) == [
        PlaceCoverage(
            A,
            "eu-west-1",
            stored=(day(1), day(2), day(3)),
            registered=(day(1), day(3), day(4)),
            missing=(day(2),),
            last_location=f"s3://logs/{A}/eu-west-1/2026-11-03/",
        ),
        PlaceCoverage(
            B,
            "eu-west-1",
            stored=(day(2),),
            registered=(),
            missing=(day(2),),
            last_location=f"s3://logs/{B}/eu-west-1/2026-11-02/",
        ),
    ]


def test_a_place_with_registered_days_alone_is_one_too() -> None:
    (found,) = measure(SHAPE, {}, values(A, 1))
    assert found == PlaceCoverage(A, "eu-west-1", (), (day(1),), ())


def test_a_day_of_which_an_hour_is_not_registered_is_missing() -> None:
    hours = [Partition(A, "eu-west-1", day(1), hour) for hour in (0, 1)]
    stored = {HOURS.values(each): "s3://logs/x/" for each in hours}
    (found,) = measure(HOURS, stored, {HOURS.values(hours[0])})
    assert (found.stored, found.registered, found.missing) == ((day(1),), (day(1),), (day(1),))


def test_keys_that_tell_no_account_give_the_tables_own() -> None:
    single = Shape((Key("dt", "string", Role.DAY),), account=A, region="us-east-1")
    (found,) = measure(single, {("2026-11-01",): "s3://logs/"}, set())
    assert (found.account, found.region) == (A, "us-east-1")


def test_values_that_are_no_day_are_passed_over() -> None:
    assert list(measure(SHAPE, {}, {(A, "eu-west-1", "never")})) == []


def test_gaps_lie_between_the_first_stored_day_and_today() -> None:
    assert place((2, 4)).gaps(day(7)) == (day(3), day(5), day(6))
    assert place((2, 3)).gaps(day(4)) == ()
    assert place(()).gaps(day(7)) == ()


def test_registered_days_that_lost_their_objects_are_gaps() -> None:
    emptied = PlaceCoverage(A, "eu-west-1", (day(4),), (day(2), day(3), day(4)), ())
    assert emptied.gaps(day(5)) == (day(2), day(3))
    gone = PlaceCoverage(A, "eu-west-1", (), (day(5), day(6), day(9)), ())
    assert gone.gaps(day(7)) == (day(5), day(6))
    assert PlaceCoverage(A, "eu-west-1", (), (day(8),), ()).gaps(day(7)) == ()


def test_a_window_that_ended_has_no_gaps_after_it() -> None:
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    found = Coverage("prod", "network.logs", window, (place((1,)),), NOW, {})
    assert found.end == day(4)
    assert place((1,)).gaps(found.end) == (day(2), day(3))


def test_today_is_no_gap() -> None:
    assert coverage(place((1,)), since=day(1)).end == day(7)
    assert coverage(place((1, 2, 3, 4, 5, 6))).is_complete
    assert not coverage(place((1, 2, 3, 5, 6))).is_complete
    assert not coverage().is_complete


def test_stale_is_older_than_the_age_or_without_an_object() -> None:
    fresh = place((7,), NOW - timedelta(hours=2))
    late = place((7,), NOW - timedelta(hours=2, seconds=1))
    assert coverage(fresh, late, place(())).stale(timedelta(hours=2)) == (late, place(()))


def test_the_days_to_show_are_the_windows_or_all_that_there_are() -> None:
    assert coverage(place((3,)), since=day(1)).days == (day(1), day(7))
    assert coverage(place((3, 5))).days == (day(3), day(5))
    ahead = PlaceCoverage(A, "eu-west-1", (day(3),), (day(3), day(20)), ())
    assert coverage(ahead).days == (day(3), day(7))  # to today, whatever is registered ahead
    assert coverage().days is None


def test_the_newest_object_is_the_last_written_one_that_athena_reads(tmp_path: Path) -> None:
    folder = tmp_path / "AWSLogs" / A
    folder.mkdir(parents=True)
    storage = LocalStorage(str(tmp_path))
    for name, hour in (("b.gz", 1), ("a.gz", 3), ("_mark", 5)):
        (folder / name).touch()
        moment = datetime(2026, 11, 6, hour, tzinfo=UTC).timestamp()
        os.utime(folder / name, (moment, moment))
    found = PlaceCoverage(A, "eu-west-1", (day(6),), (), (), last_location=f"{folder}/")
    bare = PlaceCoverage(B, "eu-west-1", (), (day(6),), ())
    looked = list(newest([found, bare], [storage], 2))
    assert [each.newest for each in looked] == [datetime(2026, 11, 6, 3, tzinfo=UTC), None]


def test_the_json_is_stable() -> None:
    found = coverage(place((5,), datetime(2026, 11, 7, 9, tzinfo=UTC)), since=day(5))
    assert found.to_json(timedelta(minutes=29)) == {
        "target": "prod",
        "table": "network.logs",
        "table_exists": True,
        "window": {"since": "2026-11-05T00:00:00Z", "until": "2026-11-07T09:30:00Z"},
        "places": [
            {
                "account": A,
                "region": "eu-west-1",
                "first_day": "2026-11-05",
                "last_day": "2026-11-05",
                "stored_days": 1,
                "registered_days": 1,
                "missing_in_catalog": [],
                "misplaced": [],
                "registered_twice": [],
                "missing_in_storage": ["2026-11-06"],
                "newest_object": "2026-11-07T09:00:00Z",
                "age_seconds": 1800,
                "stale": True,
            }
        ],
        "misplaced": [],
        "unlisted": [],
        "warnings": [],
        "calls": {"GetTable": 1},
    }
