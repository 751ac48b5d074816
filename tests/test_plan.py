"""What is stored against what is registered."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from flowathena.catalog import Change, values_by_key
from flowathena.inputs.window import Window
from flowathena.logs.layout import KEYS
from flowathena.partitions.plan import Misspelling, Plan, PlanReport, diff

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
    assert diff(stored, registered.items()) == Plan(tuple(add), tuple(relocate), tuple(stale), keep)


@given(locations, locations)
def test_after_what_is_to_be_added_was_added_nothing_is_to_be_added(
    stored: Locations, registered: Locations
) -> None:
    first = diff(stored, registered.items())
    applied = registered | {change.values: change.location for change in first.add}
    second = diff(stored, applied.items())
    assert (second.add, second.relocate, second.stale) == ((), first.relocate, first.stale)


@given(locations)
def test_what_is_registered_as_stored_is_kept(stored: Locations) -> None:
    assert diff(stored, stored.items()) == Plan((), (), (), len(stored))


@given(locations, locations)
def test_every_partition_is_counted_once(stored: Locations, registered: Locations) -> None:
    plan = diff(stored, registered.items())
    counted = len(plan.add) + len(plan.relocate) + len(plan.stale) + plan.keep
    assert counted == len(stored.keys() | registered.keys())


@given(locations, locations)
def test_to_add_and_stale_change_places_with_the_sides(
    stored: Locations, registered: Locations
) -> None:
    assert diff(stored, registered.items()).add == diff(registered, stored.items()).stale


def test_a_trailing_slash_makes_no_difference() -> None:
    assert diff({ONE: "s3://a/x/"}, {ONE: "s3://a/x"}.items()).keep == 1


def test_another_location_is_to_be_relocated_to_where_it_is_stored() -> None:
    assert diff({ONE: "s3://a/x/"}, {ONE: "s3://b/x/"}.items()).relocate == (
        Change(ONE, "s3://a/x/"),
    )


def test_the_case_of_a_location_makes_a_difference() -> None:
    assert len(diff({ONE: "s3://a/x/"}, {ONE: "s3://a/X/"}.items()).relocate) == 1


def test_changes_are_in_order_of_their_values() -> None:
    plan = diff({TWO: "b", ONE: "a"}, {}.items())
    assert [change.values for change in plan.add] == [ONE, TWO]


def test_values_have_the_names_of_the_keys() -> None:
    assert values_by_key(KEYS, ONE) == {
        "aws_account": "111122223333",
        "aws_region": "eu-west-1",
        "day": "2026-11-01",
    }


@given(locations, locations, st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-04"]))
def test_what_is_registered_for_days_to_come_is_ahead_and_not_stale(
    stored: Locations, registered: Locations, today: str
) -> None:
    plan = diff(stored, registered.items(), is_ahead=lambda values: values[2] >= today)
    gone = registered.keys() - stored.keys()
    assert [change.values for change in plan.stale] == sorted(v for v in gone if v[2] < today)
    assert plan.ahead == sum(values[2] >= today for values in gone)


@given(locations, locations)
def test_all_that_is_registered_is_counted(stored: Locations, registered: Locations) -> None:
    assert diff(stored, registered.items()).registered == len(registered)


def test_a_location_that_nobody_tells_is_the_stored_one() -> None:
    assert diff({ONE: "s3://a/x/"}, [(ONE, "")]).keep == 1


def test_registered_values_may_be_spelled_otherwise() -> None:
    def spelled(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(int(value)) for value in values)

    stored: Locations = {("7",): "s3://a/07/", ("8",): "s3://a/08/"}
    registered = [(("07",), "s3://a/07/"), (("7",), "s3://a/07"), (("09",), "s3://a/09/")]
    plan = diff(stored, registered, normalize=spelled)
    assert plan.add == (Change(("8",), "s3://a/08/"),)
    assert plan.keep == 1
    assert plan.misspelled == (Misspelling(("07",), "s3://a/07/", ("7",)),)  # the day twice
    assert plan.stale == (Change(("09",), "s3://a/09/"),)


def _upper(values: tuple[str, ...]) -> tuple[str, ...]:
    return (values[0], values[1].upper(), values[2])


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return (values[0], values[1].lower(), values[2])


@given(locations, locations)
def test_of_two_spellings_the_folders_own_is_kept(stored: Locations, registered: Locations) -> None:
    """Whatever is registered besides, in capitals, is misspelled or without logs."""
    capitals = {_upper(values): location for values, location in registered.items()}
    plan = diff(stored, [*capitals.items(), *registered.items()], canonical=_lower)
    alone = diff(stored, registered.items())
    assert (plan.add, plan.relocate, plan.keep) == (alone.add, alone.relocate, alone.keep)
    same = {
        values
        for values, location in registered.items()
        if values in stored and stored[values].rstrip("/") == location.rstrip("/")
    }
    assert {change.right for change in plan.misspelled} == same
    assert {change.values for change in plan.misspelled} == set(map(_upper, same))
    assert len(plan.stale) == len(alone.stale) + len(capitals) - len(same)
    assert plan.registered == 2 * len(registered)


def test_a_wrong_spelling_alone_is_misspelled_and_the_right_one_to_be_added() -> None:
    plan = diff({ONE: "s3://a/x/"}, [(_upper(ONE), "s3://a/x")], canonical=_lower)
    assert plan.add == (Change(ONE, "s3://a/x/"),)
    assert plan.misspelled == (Misspelling(_upper(ONE), "s3://a/x", ONE),)
    assert (plan.keep, plan.stale, plan.registered, plan.is_empty) == (0, (), 1, False)
    assert plan.misspelled[0].to_json(("account", "region", "day")) == {
        "values": {"account": ONE[0], "region": "EU-WEST-1", "day": ONE[2]},
        "location": "s3://a/x",
        "spelling": {"account": ONE[0], "region": "eu-west-1", "day": ONE[2]},
    }


def test_a_partition_that_the_catalog_lists_twice_is_not_misspelled() -> None:
    plan = diff({ONE: "s3://a/x/"}, [(ONE, "s3://a/x/")] * 2, canonical=_lower)
    assert (plan.keep, plan.misspelled, plan.stale) == (2, (), ())


def test_a_relocation_names_the_values_as_they_are_registered() -> None:
    plan = diff({("7",): "s3://a/x/"}, [(("07",), "s3://b/")], normalize=lambda _: ("7",))
    assert plan.relocate == (Change(("07",), "s3://a/x/"),)


def test_any_keys_name_their_values() -> None:
    assert values_by_key(("dt", "hour"), ("2026-11-01", "04")) == {"dt": "2026-11-01", "hour": "04"}


def test_the_json_of_a_plan_is_stable() -> None:
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    plan = diff({ONE: "s3://a/1/"}, {TWO: "s3://a/2/"}.items())
    planned = PlanReport(
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
        "ahead": 0,
        "misspelled": [],
        "calls": {"GetTable": 1, "ListObjectsV2": 4},
        "unknown": 0,
        "unlisted": [],
        "warnings": [],
    }


def test_all_of_time_has_no_bounds_in_json() -> None:
    planned = PlanReport("prod", "network.logs", KEYS, True, None, diff({}, {}.items()), {})
    assert planned.to_json()["window"] == {"since": None, "until": None}
