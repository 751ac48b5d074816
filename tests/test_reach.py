"""What a table of partition projection reaches, and why not the rest."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.catalog.wanted import Projection, wanted_table
from flowathena.logs.layout import Partition
from flowathena.shape.reach import Reach, describe_obstacles
from flowathena.shape.recognition import recognize
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

A, B = "111122223333", "444455556666"
NOW = datetime(2026, 11, 7, 1, 30, tzinfo=UTC)
TEMPLATE = "s3://b/AWSLogs/${accid}/vpcflowlogs/${region}/${day}"
PROPERTIES = {
    "projection.enabled": "true",
    "projection.accid.type": "enum",
    "projection.accid.values": f"{A}, {B}",
    "projection.region.type": "enum",
    "projection.region.values": "us-east-1 , us-west-2",
    "projection.day.type": "date",
    "projection.day.range": "2024/01/01,NOW",
    "projection.day.format": "yyyy/MM/dd",
    "storage.location.template": TEMPLATE,
}


def reach(now: datetime = NOW, kind: str = "string", **changed: str | None) -> Reach:
    properties = PROPERTIES | {name.replace("__", "."): value for name, value in changed.items()}
    given = {name: value for name, value in properties.items() if value is not None}
    keys = (Column("accid", "string"), Column("region", "string"), Column("day", kind))
    table = Table("db", "t", (Column("start", "bigint"),), keys, "s3://b/AWSLogs/", given)
    return Reach(table, recognize(table), now)


def obstacle(found: Reach, day: str, account: str = A, region: str = "us-east-1") -> str:
    location = f"s3://b/AWSLogs/{account}/vpcflowlogs/{region}/{day}/"
    return found.obstacle((account, region, day), location)


def test_what_is_listed_and_in_the_range_is_reached() -> None:
    assert obstacle(reach(), "2026/11/07") == ""
    assert obstacle(reach(), "2024/01/01", B, "us-west-2") == ""


def test_what_is_not_has_the_property_that_is_in_the_way() -> None:
    days = "projection.day.range = 2024/01/01,NOW"
    assert obstacle(reach(), "2023/12/31") == days
    assert obstacle(reach(), "2026/11/08") == days
    assert obstacle(reach(), "2026/11/07", "777788889999") == (
        f"projection.accid.values = {A}, {B}"
    )
    assert obstacle(reach(), "2026/11/07", region="eu-west-1") == (
        "projection.region.values = us-east-1 , us-west-2"
    )
    ended = reach(projection__day__range="2024/01/01,2026/10/31")
    assert obstacle(ended, "2026/10/31") == ""
    assert obstacle(ended, "2026/11/01") == "projection.day.range = 2024/01/01,2026/10/31"


@pytest.mark.parametrize(
    ("last", "newest"),
    [
        ("NOW", date(2026, 11, 7)),
        ("now", date(2026, 11, 7)),
        ("NOW-1DAY", date(2026, 11, 6)),
        ("NOW - 1 DAYS", date(2026, 11, 6)),
        ("NOW+2DAYS", date(2026, 11, 9)),
        ("NOW-2HOURS", date(2026, 11, 6)),
        ("NOW-1WEEKS", date(2026, 10, 31)),
        ("NOW-1MONTHS", date(2026, 10, 7)),
        ("NOW-11MONTHS", date(2025, 12, 7)),
        ("NOW+2MONTHS", date(2027, 1, 7)),
        ("NOW-1YEARS", date(2025, 11, 7)),
    ],
)
def test_a_range_may_end_relative_to_now(last: str, newest: date) -> None:
    found = reach(projection__day__range=f"2024/01/01,{last}")
    assert obstacle(found, f"{newest:%Y/%m/%d}") == ""
    assert obstacle(found, f"{newest + timedelta(days=1):%Y/%m/%d}")


def test_the_end_of_a_month_is_not_passed() -> None:
    found = reach(datetime(2026, 3, 31, tzinfo=UTC), projection__day__range="NOW-1MONTHS,NOW")
    assert obstacle(found, "2026/02/28") == ""
    assert obstacle(found, "2026/02/27")


@pytest.mark.parametrize("far", ["NOW-9000YEARS", "NOW-99999999MONTHS", "NOW-9999999999DAYS"])
def test_a_bound_before_all_time_is_no_bound(far: str) -> None:
    assert obstacle(reach(projection__day__range=f"{far},NOW"), "1999/01/01") == ""


def test_now_is_utc() -> None:
    east = datetime(2026, 11, 8, 1, 30, tzinfo=UTC).astimezone(
        datetime.strptime("+1400", "%z").tzinfo
    )
    assert obstacle(reach(east), "2026/11/08") == ""
    assert obstacle(reach(east), "2026/11/09")


def test_another_folder_than_the_template_gives() -> None:
    found = reach(storage__location__template=TEMPLATE.replace("/b/", "/other/"))
    assert obstacle(found, "2026/11/07") == (
        "storage.location.template = s3://other/AWSLogs/${accid}/vpcflowlogs/${region}/${day}, "
        f"which gives s3://other/AWSLogs/{A}/vpcflowlogs/us-east-1/2026/11/07"
    )
    below = reach(storage__location__template=TEMPLATE.replace("AWSLogs", "AWSLogs/o-abcdef1234"))
    assert "o-abcdef1234" in obstacle(below, "2026/11/07")


def test_without_a_template_the_folders_are_hives_own() -> None:
    found = reach(storage__location__template=None)
    assert found.location((A, "us-east-1", "2026/11/07")) == (
        f"s3://b/AWSLogs/accid={A}/region=us-east-1/day=2026/11/07/"
    )
    assert obstacle(found, "2026/11/07").startswith("its location, which gives s3://b/AWSLogs/acc")


def test_a_key_without_a_projection_reaches_nothing() -> None:
    assert "projection.day" in obstacle(reach(projection__day__range=None), "2026/11/07")
    assert "projection.day" in obstacle(reach(projection__day__type=None), "2026/11/07")
    assert obstacle(reach(projection__accid__type=None), "2026/11/07")


def test_an_injected_key_reaches_every_value() -> None:
    found = reach(projection__accid__type="injected", projection__accid__values=None)
    assert obstacle(found, "2026/11/07", "777788889999") == ""


def test_steps_of_days() -> None:
    found = reach(projection__day__range="2026/11/01,NOW", projection__day__interval="2")
    assert [obstacle(found, f"2026/11/0{n}") == "" for n in (1, 2, 3)] == [True, False, True]


def test_a_date_is_written_as_the_template_has_it() -> None:
    found = reach(kind="date")
    location = f"s3://b/AWSLogs/{A}/vpcflowlogs/us-east-1/2026/11/07/"
    assert found.obstacle((A, "us-east-1", "2026-11-07"), location) == ""
    assert "range" in found.obstacle((A, "us-east-1", "2026-11-08"), location)


@pytest.mark.parametrize("kind", ["string", "int"])
def test_numbers_are_padded_as_the_folders_are(kind: str) -> None:
    names = ("year", "month", "day", "hour")
    ranges = ("2026,2027", "1,12", "1,31", "0,11")
    properties = {"projection.enabled": "true"} | {
        f"projection.{name}.{key}": value
        for name, numbers in zip(names, ranges, strict=True)
        for key, value in (("type", "integer"), ("range", numbers), ("digits", "2"))
    }
    properties["storage.location.template"] = "s3://b/${year}/${month}/${day}/${hour}/"
    keys = tuple(Column(name, kind) for name in names)
    table = Table("db", "t", (Column("start", "bigint"),), keys, "s3://b/", properties)
    shape = recognize(table)
    found = Reach(table, shape, NOW)

    def at(day: date, hour: int) -> str:
        values = shape.values(Partition(A, "eu-west-1", day, hour))
        return found.obstacle(values, f"s3://b/{day:%Y/%m/%d}/{hour:02d}/")

    assert at(date(2026, 3, 7), 9) == ""
    assert at(date(2026, 3, 7), 12) == "projection.hour.range = 0,11"
    assert at(date(2025, 3, 7), 9) == "projection.year.range = 2026,2027"


@given(
    st.sampled_from(["standard", "hive", "single"]),
    st.sampled_from(["day", "hour"]),
    st.dates(date(2020, 1, 1), date(2026, 11, 7)),
    st.sampled_from(["", "o-abcdef1234"]),
)
def test_our_own_projection_reaches_every_folder(
    keys: str, granularity: str, day: date, organization: str
) -> None:
    form = "hive" if keys == "hive" else "plain"
    target = Target(
        "prod",
        "s3://b/net/",
        layout=f"{form}-hourly",
        partitioning="projection",
        partition_keys=keys,
        granularity=granularity,
        account=A,
        log_region="eu-west-1",
    )
    projection = Projection((A,), ("eu-west-1",), organization=organization)
    table = wanted_table(target, projection)
    shape = recognize(table)
    hour = 7 if granularity == "hour" else None
    partition = Partition(A, "eu-west-1", day, hour, organization)
    location = f"s3://b/{target.folders.prefix_of(partition)}"
    assert Reach(table, shape, NOW).obstacle(shape.values(partition), location) == ""


def test_obstacles_are_counted() -> None:
    found = reach()
    stored: dict[tuple[str, ...], str] = {
        (A, "us-east-1", day): f"s3://b/AWSLogs/{A}/vpcflowlogs/us-east-1/{day}/"
        for day in ("2026/11/07", "2026/11/08", "2026/11/09")
    }
    obstacles = found.obstacles(stored)
    assert [values[2] for values in obstacles] == ["2026/11/08", "2026/11/09"]
    (line,) = describe_obstacles(obstacles, "flowathena doctor -t prod")
    assert line == (
        "2 stored partitions are outside of the table's projection, "
        "projection.day.range = 2024/01/01,NOW; 'flowathena doctor -t prod' has the statement "
        "that corrects it"
    )
