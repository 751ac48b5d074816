"""Key prefixes of partitions, and back."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.logs.layout import Layout, Partition, is_account, is_organization, is_region

REGIONS = [
    "eu-west-1",
    "us-east-1",
    "ap-southeast-5",
    "me-central-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "eusc-de-east-1",
    "mx-central-1",
]
PARTITION = Partition("111122223333", "eu-west-1", date(2026, 11, 3))

prefixes = st.lists(st.from_regex(r"[A-Za-z0-9._=-]{1,12}", fullmatch=True), max_size=3).map(
    "/".join
)
accounts = st.from_regex(re.compile(r"[0-9]{12}", re.ASCII), fullmatch=True)
organizations = st.just("") | st.from_regex(r"o-[a-z0-9]{10,32}", fullmatch=True)


@given(
    prefix=prefixes,
    hive=st.booleans(),
    partition=st.builds(
        Partition,
        account=accounts,
        region=st.sampled_from(REGIONS),
        day=st.dates(date(1000, 1, 1)),
        hour=st.none() | st.integers(0, 23),
        organization=organizations,
    ),
)
def test_parse_is_the_inverse_of_prefix_of(prefix: str, hive: bool, partition: Partition) -> None:
    layout = Layout(prefix, hive=hive, hourly=partition.hour is not None)
    assert layout.parse(layout.prefix_of(partition)) == partition


@given(hive=st.booleans(), hourly=st.booleans(), key=st.text(max_size=80))
def test_parse_takes_any_text(hive: bool, hourly: bool, key: str) -> None:
    layout = Layout(hive=hive, hourly=hourly)
    assert layout.parse(key) is None


@given(
    key=st.lists(
        st.sampled_from(
            [
                "AWSLogs",
                "111122223333",
                "vpcflowlogs",
                "eu-west-1",
                "2026",
                "11",
                "03",
                "",
                "o-abcdefghij",
                "31",
                "02",
                "x",
            ]
        ),
        max_size=10,
    ).map("/".join)
)
def test_whatever_parses_begins_with_its_own_prefix(key: str) -> None:
    partition = Layout().parse(key)
    assert partition is None or (key + "/").startswith(Layout().prefix_of(partition))


@pytest.mark.parametrize(
    ("layout", "partition", "prefix"),
    [
        (Layout(), PARTITION, "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/"),
        (
            Layout("logs"),
            PARTITION,
            "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        ),
        (
            Layout("logs/", hourly=True),
            Partition("111122223333", "eu-west-1", date(2026, 11, 3), 4),
            "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/04/",
        ),
        (
            Layout(hive=True),
            PARTITION,
            (
                "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
                "year=2026/month=11/day=03/"
            ),
        ),
        (
            Layout(hive=True, hourly=True),
            Partition("111122223333", "eu-west-1", date(2026, 11, 3), 23),
            (
                "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
                "year=2026/month=11/day=03/hour=23/"
            ),
        ),
        (
            Layout(),
            Partition("111122223333", "eu-west-1", date(2026, 11, 3), None, "o-abcdefghij"),
            "AWSLogs/o-abcdefghij/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        ),
    ],
)
def test_prefixes_are_those_aws_documents(
    layout: Layout, partition: Partition, prefix: str
) -> None:
    assert layout.prefix_of(partition) == prefix


def test_an_object_key_belongs_to_its_day() -> None:
    key = (
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/"
        "111122223333_vpcflowlogs_eu-west-1_fl-0a1b2c3d_20261103T0005Z_1a2b3c4d.log.gz"
    )
    assert Layout().parse(key) == PARTITION


def test_a_key_of_an_hour_belongs_to_its_day_in_a_daily_layout() -> None:
    assert Layout().parse("AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/04/a") == PARTITION


@pytest.mark.parametrize(
    "key",
    [
        "",
        "AWSLogs/",
        "AWSLogs/111122223333/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11",
        "awslogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/03/",
        "AWSLogs/11112222333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/1111222233334/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west/2026/11/03/",
        "AWSLogs/111122223333/vpcflowlogs/EU-WEST-1/2026/11/03/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/13/03/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/00/03/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/02/30/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/31/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/3/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/0000/11/03/",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/\u0662\u0660\u0662\u0666/11/03/",
        "AWSLogs/\uff11\uff11\uff11122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/aws-account-id=111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/o-abc/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/o-abcdefghij/o-abcdefghij/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/",
        "AWSLogs/111122223333\n/vpcflowlogs/eu-west-1/2026/11/03/",
    ],
)
def test_foreign_keys_are_no_partition(key: str) -> None:
    assert Layout().parse(key) is None


def test_a_key_without_the_prefix_is_no_partition() -> None:
    key = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/"
    assert Layout("logs/").parse(key) is None


def test_plain_folders_are_no_partition_of_a_hive_layout() -> None:
    key = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/"
    assert Layout(hive=True).parse(key) is None


def test_a_hive_folder_of_another_key_is_no_partition() -> None:
    key = (
        "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/region=eu-west-1/"
        "year=2026/month=11/day=03/"
    )
    assert Layout(hive=True).parse(key) is None


def test_a_day_folder_is_no_partition_of_an_hourly_layout() -> None:
    key = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/"
    assert Layout(hourly=True).parse(key) is None


def test_hour_24_does_not_exist() -> None:
    key = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/03/24/"
    assert Layout(hourly=True).parse(key) is None


@pytest.mark.parametrize("region", REGIONS)
def test_regions_of_every_aws_partition_are_regions(region: str) -> None:
    assert is_region(region)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eu-west",
        "euwest1",
        "eu-west-",
        "eu-west-1a",
        "EU-west-1",
        "eu_west_1",
        "eu-west-1\n",
        "eu-west-\u0661",
        "..",
        "eu-west-1/",
    ],
)
def test_other_texts_are_no_region(text: str) -> None:
    assert not is_region(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("111122223333", True),
        ("000000000000", True),
        ("11112222333", False),
        ("1111222233334", False),
        ("1111-2222-3333", False),
        ("11112222333a", False),
        ("\u0661" * 12, False),
        ("111122223333\n", False),
        ("", False),
    ],
)
def test_an_account_is_twelve_ascii_digits(text: str, expected: bool) -> None:
    assert is_account(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o-abcdefghij", True),
        ("o-" + "a1" * 16, True),
        ("o-" + "a" * 9, False),
        ("o-" + "a" * 33, False),
        ("o-ABCDEFGHIJ", False),
        ("r-abcdefghij", False),
        ("111122223333", False),
    ],
)
def test_an_organization_is_an_o_id(text: str, expected: bool) -> None:
    assert is_organization(text) is expected


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        (Layout(), "plain-daily"),
        (Layout(hourly=True), "plain-hourly"),
        (Layout(hive=True), "hive-daily"),
        (Layout(hive=True, hourly=True), "hive-hourly"),
    ],
)
def test_layouts_have_names(layout: Layout, name: str) -> None:
    assert layout.name == name


def test_values_are_account_region_and_iso_day() -> None:
    assert PARTITION.values == ("111122223333", "eu-west-1", "2026-11-03")


def test_an_hour_is_a_padded_fourth_value() -> None:
    partition = Partition("111122223333", "eu-west-1", date(2026, 11, 3), 4)
    assert partition.values == ("111122223333", "eu-west-1", "2026-11-03", "04")


def test_the_organization_is_no_value() -> None:
    partition = Partition("111122223333", "eu-west-1", date(2026, 11, 3), None, "o-abcdefghij")
    assert partition.values == PARTITION.values


pieces = st.lists(
    st.sampled_from(
        ["2026", "year=2026", "11", "month=11", "07", "day=07", "30", "00", "hour=00", "x", ""]
    ),
    max_size=6,
)


@given(hive=st.booleans(), hourly=st.booleans(), path=pieces.map("/".join))
def test_a_moment_is_what_the_whole_key_says(hive: bool, hourly: bool, path: str) -> None:
    layout = Layout("a", hive=hive, hourly=hourly)
    above = layout.region_prefix("111122223333", "eu-west-1")
    moment, partition = layout.moment(path), layout.parse(above + path)
    assert (moment is None) == (partition is None)
    if moment and partition:
        assert (moment.day, moment.hour) == (partition.day, partition.hour)
        assert above + moment.folders == layout.prefix_of(partition)
