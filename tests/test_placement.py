"""Registered partitions that read other logs than their values name, or read them twice."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.catalog.placement import Fault, Misplacement, describe_misplaced, misplacements
from flowathena.logs.layout import Layout, Partition
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape, Values
from flowathena.target.target import Target

A, B = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"
TARGET = Target("prod", "s3://logs/net/")
PLACE = (Key("aws_account", "string", Role.ACCOUNT), Key("aws_region", "string", Role.REGION))
SHAPE = Shape((*PLACE, Key("day", "string", Role.DAY)))
PARTS = (("year", Role.YEAR), ("month", Role.MONTH), ("day", Role.DAY_OF_MONTH))
INTS = Shape(tuple(Key(name, "int", role) for name, role in PARTS), account=A, region=EU)
ROOT = "s3://logs/net/AWSLogs"


def folder(account: str, region: str, day: str) -> str:
    return f"{ROOT}/{account}/vpcflowlogs/{region}/{day.replace('-', '/')}/"


def values(day: str, account: str = A, region: str = EU) -> Values:
    return (account, region, day)


def faults(
    registered: dict[Values, str], stored: dict[Values, str] | None = None
) -> dict[Values, Fault]:
    found = misplacements(registered.items(), SHAPE, TARGET, stored)
    return {each.values: each.fault for each in found}


DAY = folder(A, EU, "2026-11-07")
HIVE = f"aws-account-id={B}/aws-service=vpcflowlogs/aws-region={EU}/"


@pytest.mark.parametrize(
    "location", [DAY, DAY.rstrip("/"), DAY.replace("s3://", "s3a://"), "", f"{DAY}/"]
)
def test_the_folder_of_a_day_however_it_is_written_is_right(location: str) -> None:
    for stored in (None, {}, {values("2026-11-07"): DAY}):
        assert faults({values("2026-11-07"): location}, stored) == {}


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        (folder(A, EU, "2026-11-06"), Fault.OTHER_FOLDER),
        (folder(B, EU, "2026-11-07"), Fault.OTHER_FOLDER),
        (folder(A, US, "2026-11-07"), Fault.OTHER_FOLDER),
        (
            f"{ROOT}/{HIVE}year=2026/month=11/day=07/",
            Fault.OTHER_FOLDER,
        ),
        (DAY.replace("s3://logs/", "s3://other/"), Fault.OUTSIDE),
        (DAY.replace("/net/", "/network/"), Fault.OUTSIDE),
        (DAY.replace("/net/", "/"), Fault.OUTSIDE),
        ("s3://logs/net", None),
        (f"{ROOT}/copies/of/november/", None),
    ],
)
def test_a_location_alone_shows_what_it_can(location: str, fault: Fault | None) -> None:
    key = values("2026-11-07")
    assert faults({key: location}) == ({key: fault} if fault else {})
    # With logs in the day's own folder, any other location is wrong.
    assert faults({key: location}, {key: DAY}) == {key: fault or Fault.ELSEWHERE}


def test_a_folder_that_is_gone_is_no_fault() -> None:
    assert faults({values("2026-11-06"): folder(A, EU, "2026-11-06")}, {values("x"): DAY}) == {}


def test_below_an_organization_is_the_same_day() -> None:
    below = DAY.replace("AWSLogs/", "AWSLogs/o-abcdef1234/")
    assert faults({values("2026-11-07"): below}) == {}
    assert faults({values("2026-11-07"): below}, {values("2026-11-07"): DAY}) == {
        values("2026-11-07"): Fault.ELSEWHERE
    }


def test_a_local_folder_is_judged_alike(tmp_path: Path) -> None:
    target = Target("local", str(tmp_path))
    day = f"{tmp_path}/AWSLogs/{A}/vpcflowlogs/{EU}/2026/11/07/"
    other = f"{tmp_path.parent}/AWSLogs/{A}/vpcflowlogs/{EU}/2026/11/07/"
    pairs = {values("2026-11-07"): day, values("2026-11-08"): day, values("2026-11-06"): other}
    found = misplacements(pairs.items(), SHAPE, target)
    assert {each.values[2]: each.fault for each in found} == {
        "2026-11-06": Fault.OUTSIDE,
        "2026-11-08": Fault.OTHER_FOLDER,
    }


@pytest.mark.parametrize(
    "other",
    [
        values("2026-11-07", region="EU-WEST-1"),
        values("2026-11-07", region=" eu-west-1"),
        values("2026-11-07", account="1111-2222-3333"),
        values("2026-11-7"),
        values("20261107"),
        values("2026/11/07"),
        values("2026-11-07 00:00:00"),
    ],
)
def test_a_day_registered_under_two_spellings_counts_twice(other: Values) -> None:
    right = values("2026-11-07")
    (found,) = misplacements({right: DAY, other: DAY}.items(), SHAPE, TARGET, {right: DAY})
    assert found == Misplacement(Fault.TWICE, A, EU, date(2026, 11, 7), other, DAY, right)
    (alone,) = misplacements({other: DAY}.items(), SHAPE, TARGET)
    assert (alone.fault, alone.expected) == (Fault.SPELLING, right)


def test_of_two_wrong_spellings_one_is_twice_and_one_is_wrong() -> None:
    pair = {values("2026-11-7"): DAY, values("2026/11/7"): DAY}
    assert faults(pair) == {
        values("2026-11-7"): Fault.SPELLING,
        values("2026/11/7"): Fault.TWICE,
    }


def test_numbers_are_equal_however_they_are_padded() -> None:
    def found(*keys: Values) -> list[tuple[Values, Fault]]:
        pairs = [(key, DAY) for key in keys]
        return [(each.values, each.fault) for each in misplacements(pairs, INTS, TARGET)]

    assert found(("2026", "11", "07")) == []
    assert found(("2026", "11", "7")) == []
    assert found(("2026", "11", "7"), ("2026", "11", "07")) == [(("2026", "11", "07"), Fault.TWICE)]
    assert found(("2026", "11", "007"), ("2026", "11", "07")) == [
        (("2026", "11", "07"), Fault.TWICE)
    ]


def test_values_that_are_no_day_are_no_fault() -> None:
    assert faults({values("never"): f"{ROOT}/never/", values("2026-02-30"): f"{ROOT}/x/"}) == {}


@given(
    st.sampled_from([A, B]),
    st.sampled_from([EU, US, "us-gov-west-1"]),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from([SHAPE, INTS]),
    st.booleans(),
)
def test_what_a_sync_registers_has_no_fault(
    account: str, region: str, day: date, shape: Shape, hive: bool
) -> None:
    if shape is INTS:
        account, region = A, EU
    partition = Partition(account, region, day)
    location = f"s3://logs/{Layout('net', hive=hive).prefix_of(partition)}"
    pair = (shape.values(partition), location)
    assert shape.canonical(pair[0]) == pair[0]
    assert misplacements([pair], shape, TARGET) == ()
    assert misplacements([pair], shape, TARGET, dict([pair])) == ()


def test_each_fault_is_one_line_that_names_the_first() -> None:
    right = values("2026-11-07")
    found = misplacements(
        {
            right: DAY,
            values("2026-11-7"): DAY,
            values("2026-11-08"): DAY,
            values("2026-11-09"): DAY,
        }.items(),
        SHAPE,
        TARGET,
    )
    twice, other = describe_misplaced(found, TARGET)
    assert twice == (
        "registered twice, so that their records count twice: 1 partition spelled differently "
        f"({A}/{EU}/2026-11-7 beside {A}/{EU}/2026-11-07); 'flowathena partitions sync --prune "
        "-t prod' drops this spelling"
    )
    assert other == (
        "pointing at the folder of another day, account or Region: 2 partitions "
        f"({A}/{EU}/2026-11-08 at {DAY}); 'flowathena partitions sync --relocate -t prod' corrects "
        "those with logs of their own, 'flowathena doctor -t prod' has the command that drops the "
        "others"
    )


def test_the_json_of_a_misplacement() -> None:
    right = values("2026-11-07")
    (found,) = misplacements({right: DAY, values("2026-11-7"): DAY}.items(), SHAPE, TARGET)
    names = {"aws_account": A, "aws_region": EU}
    assert found.to_json(SHAPE.names) == {
        "fault": "twice",
        "values": {**names, "day": "2026-11-7"},
        "location": DAY,
        "expected": {**names, "day": "2026-11-07"},
    }
