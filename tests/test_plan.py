"""What is stored against what is registered."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from flowathena.layout import KEYS
from flowathena.plan import Change, Plan, Planned, diff, named
from flowathena.window import Window

Locations = dict[tuple[str, ...], str]

values = st.tuples(
    st.sampled_from(["111122223333", "444455556666"]),
    st.sampled_from(["eu-west-1", "us-east-1"]),
    st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"]),
)
locations = st.dictionaries(values, st.sampled_from(["s3://a/x", "s3://a/x/", "s3://a/y/"]))

ONE = ("111122223333", "eu-west-1", "2026-11-01")
TWO = ("111122223333", "eu-west-1", "2026-11-02")


@given(locations, locations)
def test_diff_is_what_a_look_at_each_partition_says(
    stored: Locations, registered: Locations
) -> None:
    add, relocate, stale, keep = [], [], [], 0
    for key in sorted(set(stored) | set(registered)):
        there, here = stored.get(key), registered.get(key)
        if here is None:
            add.append(Change(key, str(there)))
        elif there is None:
            stale.append(Change(key, here))
        elif there.removesuffix("/") != here.removesuffix("/"):
            relocate.append(Change(key, there))
        else:
            keep += 1
    assert diff(stored, registered) == Plan(tuple(add), tuple(relocate), tuple(stale), keep)


@given(locations, locations)
def test_after_what_is_to_be_added_was_added_nothing_is_to_be_added(
    stored: Locations, registered: Locations
) -> None:
    first = diff(stored, registered)
    applied = registered | {change.values: change.location for change in first.add}
    second = diff(stored, applied)
    assert (second.add, second.relocate, second.stale) == ((), first.relocate, first.stale)


@given(locations)
def test_what_is_registered_as_stored_is_kept(stored: Locations) -> None:
    assert diff(stored, stored) == Plan((), (), (), len(stored))


@given(locations, locations)
def test_every_partition_is_counted_once(stored: Locations, registered: Locations) -> None:
    plan = diff(stored, registered)
    counted = len(plan.add) + len(plan.relocate) + len(plan.stale) + plan.keep
    assert counted == len(stored.keys() | registered.keys())


@given(locations, locations)
def test_to_add_and_stale_change_places_with_the_sides(
    stored: Locations, registered: Locations
) -> None:
    assert diff(stored, registered).add == diff(registered, stored).stale


def test_a_trailing_slash_makes_no_difference() -> None:
    assert diff({ONE: "s3://a/x/"}, {ONE: "s3://a/x"}).keep == 1


def test_another_location_is_to_be_relocated_to_where_it_is_stored() -> None:
    assert diff({ONE: "s3://a/x/"}, {ONE: "s3://b/x/"}).relocate == (Change(ONE, "s3://a/x/"),)


def test_the_case_of_a_location_makes_a_difference() -> None:
    assert len(diff({ONE: "s3://a/x/"}, {ONE: "s3://a/X/"}).relocate) == 1


def test_changes_are_in_order_of_their_values() -> None:
    plan = diff({TWO: "b", ONE: "a"}, {})
    assert [change.values for change in plan.add] == [ONE, TWO]


def test_values_have_the_names_of_the_keys() -> None:
    assert named(KEYS, ONE) == {
        "aws_account": "111122223333",
        "aws_region": "eu-west-1",
        "day": "2026-11-01",
    }


def test_any_keys_name_their_values() -> None:
    assert named(("dt", "hour"), ("2026-11-01", "04")) == {"dt": "2026-11-01", "hour": "04"}


def test_the_json_of_a_plan_is_stable() -> None:
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    plan = diff({ONE: "s3://a/1/"}, {TWO: "s3://a/2/"})
    planned = Planned(
        "prod", "network.logs", KEYS, True, window, plan, {"ListObjectsV2": 4, "GetTable": 1}
    )
    assert planned.to_json() == {
        "target": "prod",
        "table": "network.logs",
        "window": {"since": "2026-11-01T00:00:00Z", "until": "2026-11-03T00:00:00Z"},
        "add": [
            {
                "values": {
                    "aws_account": "111122223333",
                    "aws_region": "eu-west-1",
                    "day": "2026-11-01",
                },
                "location": "s3://a/1/",
            }
        ],
        "relocate": [],
        "stale": [
            {
                "values": {
                    "aws_account": "111122223333",
                    "aws_region": "eu-west-1",
                    "day": "2026-11-02",
                },
                "location": "s3://a/2/",
            }
        ],
        "keep": 0,
        "calls": {"GetTable": 1, "ListObjectsV2": 4},
    }


def test_all_of_time_has_no_bounds_in_json() -> None:
    planned = Planned("prod", "network.logs", KEYS, True, None, diff({}, {}), {})
    assert planned.to_json()["window"] == {"since": None, "until": None}
