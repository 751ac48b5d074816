"""Layouts of others than AWS, by template."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.logs.layout import Layout, Partition
from flowathena.logs.template import parse_template
from tests.test_layout import REGIONS

A = "111122223333"
FIREHOSE = "{year}/{month}/{day}/{hour}/"
SECURITY_LAKE = "region={region}/accountId={account}/eventDay={yyyymmdd}/"
CONTROL_TOWER = "{org}/AWSLogs/{org}/{account}/vpcflowlogs/{region}/{year}/{month}/{day}/"
NIGHT = Partition("", "", date(2026, 11, 3), 4)

words = st.from_regex(r"[A-Za-z0-9=.+()^$*?|-]{0,6}", fullmatch=True)
literals = st.from_regex(r"[A-Za-z0-9=+()^$*?|-][A-Za-z0-9=.+()_^$*?|-]{0,6}", fullmatch=True)


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A template with some places in any order, any folders between, and one way to write a day."""

    def folder(field: str) -> str:
        before, after = draw(words), draw(words)
        return f"{before.lstrip('.')}{{{field}}}{after}"

    fields = draw(st.permutations(["org", "account", "region"]))
    places = [folder(field) for field in fields[: draw(st.integers(0, 3))]]
    again = [folder(field) for field in fields[: len(places)] if draw(st.booleans())]
    extra = draw(st.lists(literals, max_size=2))
    above = draw(st.permutations([*places, *again, *extra]))
    day = draw(
        st.sampled_from(
            [
                [folder("year"), folder("month"), folder("day")],
                [folder("yyyymmdd")],
                [folder("yyyy-mm-dd")],
                [
                    folder("year"),
                    f"{folder('year')}-{folder('month')}".replace(".", ""),
                    folder("day"),
                ],
                [folder("year"), draw(literals), "{month}{day}"],
            ]
        )
    )
    hour = draw(st.sampled_from([[], [folder("hour")], ["glued"]]))
    if hour == ["glued"]:
        return "/".join([*above, *day]) + folder("hour").replace(".", "")
    return "/".join([*above, *day, *hour])


@st.composite
def cases(draw: st.DrawFn) -> tuple[Layout, Partition]:
    text = draw(templates())
    fields = parse_template(text).fields
    hourly = "hour" in fields and (not parse_template(text).has_day_folders or draw(st.booleans()))
    organizations = st.from_regex(r"o-[a-z0-9]{10,32}", fullmatch=True)
    accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
    partition = Partition(
        draw(accounts) if "account" in fields else "",
        draw(st.sampled_from(REGIONS)) if "region" in fields else "",
        draw(st.dates(date(1000, 1, 1))),
        draw(st.integers(0, 23)) if hourly else None,
        draw(organizations) if "org" in fields else "",
    )
    prefix = draw(st.sampled_from(["", "logs", "a/b/"]))
    return Layout(prefix, hourly=hourly, template=text), partition


@given(cases())
def test_parse_is_the_inverse_of_prefix_of(case: tuple[Layout, Partition]) -> None:
    layout, partition = case
    assert layout.parse(layout.prefix_of(partition)) == partition
    assert layout.parse(layout.prefix_of(partition) + "a_b.gz") == partition


@given(cases())
def test_a_moment_is_what_is_below_the_place(case: tuple[Layout, Partition]) -> None:
    layout, partition = case
    whole = layout.prefix_of(partition)
    place = layout.region_prefix(partition.account, partition.region, partition.organization)
    assert whole.startswith(place)
    moment = layout.moment(whole[len(place) :] + "x/y.gz")
    assert moment
    assert (moment.day, moment.hour) == (partition.day, partition.hour)
    assert place + moment.folders == whole
    # A walk that starts at a day begins there: not behind a folder of that day, not before another.
    start = place + layout.day_folders(partition.day).removesuffix("/")
    assert whole.startswith(start)


@given(cases(), st.data())
def test_a_folder_with_one_other_character_is_of_another_day_or_none(
    case: tuple[Layout, Partition], data: st.DataObject
) -> None:
    layout, partition = case
    whole = layout.prefix_of(partition)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = whole[:place] + data.draw(st.characters(codec="ascii")) + whole[place + 1 :]
    found = layout.parse(other)
    assert found is None or f"{other}/".startswith(layout.prefix_of(found))
    assert other == whole or found != partition


@given(cases(), cases())
def test_days_sort_as_their_folders(
    case: tuple[Layout, Partition], other: tuple[Layout, Partition]
) -> None:
    layout, partition = case
    day = other[1].day
    folders = [layout.day_folders(partition.day), layout.day_folders(day)]
    assert (folders[0] < folders[1]) == (partition.day < day)


@pytest.mark.parametrize(
    ("layout", "partition", "prefix"),
    [
        (Layout("fh", hourly=True, template=FIREHOSE), NIGHT, "fh/2026/11/03/04/"),
        (Layout(template=FIREHOSE), Partition("", "", date(2026, 11, 3)), "2026/11/03/"),
        (
            Layout(template="year={year}/month={month}/day={day}/hour={hour}", hourly=True),
            NIGHT,
            "year=2026/month=11/day=03/hour=04/",
        ),
        (
            Layout("aws/VPC_FLOW/2.0", template=SECURITY_LAKE),
            Partition(A, "eu-west-1", date(2026, 11, 3)),
            f"aws/VPC_FLOW/2.0/region=eu-west-1/accountId={A}/eventDay=20261103/",
        ),
        (
            Layout(template=CONTROL_TOWER),
            Partition(A, "eu-west-1", date(2026, 11, 3), None, "o-abcdefghij"),
            f"o-abcdefghij/AWSLogs/o-abcdefghij/{A}/vpcflowlogs/eu-west-1/2026/11/03/",
        ),
        (
            Layout(template="dt={yyyy-mm-dd}"),
            Partition("", "", date(2026, 11, 3)),
            "dt=2026-11-03/",
        ),
        (Layout(template="x/{yyyymmdd}T{hour}", hourly=True), NIGHT, "x/20261103T04/"),
    ],
)
def test_prefixes_are_those_written_out_by_hand(
    layout: Layout, partition: Partition, prefix: str
) -> None:
    assert layout.prefix_of(partition) == prefix
    assert layout.parse(prefix) == partition


@pytest.mark.parametrize(
    "key",
    [
        f"o-abcdefghij/AWSLogs/o-abcdefghik/{A}/vpcflowlogs/eu-west-1/2026/11/03/",
        f"AWSLogs/o-abcdefghij/{A}/vpcflowlogs/eu-west-1/2026/11/03/",
        f"o-abcdefghij/AWSLogs/o-abcdefghij/{A}/vpcflowlogs/eu-west-1/2026/02/30/",
        f"o-abcdefghij/AWSLogs/o-abcdefghij/{A}/CloudTrail/eu-west-1/2026/11/03/",
    ],
)
def test_folders_that_do_not_fit_are_no_partition(key: str) -> None:
    assert Layout(template=CONTROL_TOWER).parse(key) is None


@pytest.mark.parametrize(
    ("template", "layout"),
    [
        ("AWSLogs/{account}/vpcflowlogs/{region}/{year}/{month}/{day}/", Layout("p")),
        ("/AWSLogs/{account}/vpcflowlogs/{region}/{year}/{month}/{day}/{hour}", Layout("p")),
        (
            (
                "AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/"
                "year={year}/month={month}/day={day}/hour={hour}"
            ),
            Layout("p", hive=True),
        ),
    ],
)
def test_a_template_of_aws_is_its_layout(template: str, layout: Layout) -> None:
    assert Layout("p", template=template) == layout


def test_an_hourly_layout_needs_hours() -> None:
    with pytest.raises(ValueError, match=r"has no \{hour\}"):
        Layout(template="{yyyymmdd}", hourly=True)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{year}/{month}/", "must have {year}, {month} and {day} in this order"),
        ("{day}/{month}/{year}", "in this order"),
        ("{year}/{month}/{hour}/{day}", "in this order"),
        ("{account}/{region}", "in this order"),
        ("{year}/{month}/{day}/{account}", "has {account} in or below the folders of the date"),
        ("{region}{yyyymmdd}", "has {region} in or below the folders of the date"),
        ("{year}/{month}/{day}/logs", "must end with the folder of {day}"),
        ("{year}/{month}/{day}/{hour}/logs/", "must end with the folder of {hour}"),
        ("{org}-{region}/{yyyymmdd}", "has both {org} and {region}"),
        ("{accountid}/{yyyymmdd}", "unknown field {accountid}; known: {org}, {account}, {region}"),
        ("{}/{yyyymmdd}", "unknown field {}"),
        ("{account/{yyyymmdd}", "a brace too many"),
        ("{{account}}/{yyyymmdd}", "a brace too many"),
        ("a//{yyyymmdd}", "a folder without a name"),
        ("../{yyyymmdd}", "a folder without a name"),
        ("", "a folder without a name"),
        ("_logs/{yyyymmdd}", "is hidden: Athena reads nothing below it"),
        ("a/.b/{yyyymmdd}", "is hidden"),
        ("a\n/{yyyymmdd}", "not printable"),
    ],
)
def test_what_is_no_template_is_refused(template: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse_template(template)
    assert reason in str(error.value)


def test_a_template_knows_what_it_can_tell() -> None:
    template = parse_template(f"fh/{FIREHOSE}")
    assert template.root == "fh/"
    assert template.fields == {"year", "month", "day", "hour"}
    assert template.has_day_folders
    assert template.daily().text == "fh/{year}/{month}/{day}/"
    assert not parse_template("{yyyymmdd}{hour}").has_day_folders
