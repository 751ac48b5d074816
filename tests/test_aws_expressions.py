"""Which partitions Glue is asked for: the window, in the words and types of any table's keys."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.glue.models import FakeTable

from flowathena.aws.session import Aws
from flowathena.catalog.expression import partition_expression
from flowathena.catalog.glue import GlueCatalog
from flowathena.logs.layout import Partition, Scope
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.target.target import Target
from tests.aws import pointed_at
from tests.rig import partitions as rig_partitions
from tests.rig.client import Rig

A, B = "111122223333", "444455556666"
REGION = "eu-west-1"
PLACE = (Key("aws_account", "string", Role.ACCOUNT), Key("aws_region", "string", Role.REGION))
PARTS = (("year", Role.YEAR), ("month", Role.MONTH), ("day", Role.DAY_OF_MONTH))
SHAPES = {
    "text": Shape((*PLACE, Key("day", "string", Role.DAY))),
    "slashes": Shape((*PLACE, Key("day", "string", Role.DAY, "yyyy/MM/dd"))),
    "date": Shape((Key("dt", "date", Role.DAY),), account=A, region=REGION),
    "date named date": Shape((Key("date", "date", Role.DAY),), account=A, region=REGION),
    "int parts": Shape((*PLACE, *(Key(name, "int", role) for name, role in PARTS))),
    "text parts": Shape((*PLACE, *(Key(name, "string", role) for name, role in PARTS))),
}
AUTUMN = Scope(date(2026, 9, 29), date(2026, 11, 2))
INT_SPANS = (
    "(year = 2026 AND month = 9 AND day >= 29 AND day <= 30)",
    "(year = 2026 AND month = 10 AND day >= 1 AND day <= 31)",
    "(year = 2026 AND month = 11 AND day >= 1 AND day <= 2)",
)
TEXT_SPANS = (
    "(year = '2026' AND month = '09' AND day >= '29' AND day <= '30')",
    "(year = '2026' AND month = '10' AND day >= '01' AND day <= '31')",
    "(year = '2026' AND month = '11' AND day >= '01' AND day <= '02')",
)
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("text", "day >= '2026-09-29' AND day <= '2026-11-02'"),
        ("slashes", "day >= '2026/09/29' AND day <= '2026/11/02'"),
        ("date", "dt >= '2026-09-29' AND dt <= '2026-11-02'"),
        ("date named date", "date >= '2026-09-29' AND date <= '2026-11-02'"),
        (
            "int parts",
            f"({' OR '.join(INT_SPANS)})",
        ),
        (
            "text parts",
            f"({' OR '.join(TEXT_SPANS)})",
        ),
    ],
)
def test_a_window_in_the_types_of_the_keys(name: str, expression: str) -> None:
    assert partition_expression(AUTUMN, SHAPES[name]) == expression


def test_accounts_and_one_month() -> None:
    scope = Scope(date(2026, 11, 1), date(2026, 11, 2), frozenset({B, A}))
    assert partition_expression(scope, SHAPES["int parts"]) == (
        f"(year = 2026 AND month = 11 AND day >= 1 AND day <= 2) AND aws_account IN ('{A}', '{B}')"
    )


@every_shape
def test_what_is_too_long_is_said_more_widely(shape: Shape) -> None:
    accounts = frozenset(f"{n:012d}" for n in range(51))
    for scope in (
        Scope(date(1970, 1, 1), date(2026, 11, 2), accounts),
        Scope(date(2024, 10, 1), date(2026, 11, 2), frozenset(sorted(accounts)[:50])),
    ):
        assert 0 < len(partition_expression(scope, shape)) <= 2048
    assert partition_expression(Scope(), shape) == ""


def test_years_stand_in_for_a_long_window() -> None:
    scope = Scope(date(2020, 1, 1), date(2026, 11, 2))
    assert partition_expression(scope, SHAPES["int parts"]) == "year >= 2020 AND year <= 2026"
    assert (
        partition_expression(Scope(first=date(2026, 3, 4)), SHAPES["int parts"]) == "year >= 2026"
    )


days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(st.sampled_from(sorted(SHAPES)), days, st.integers(0, 70), st.sampled_from([(), (A,)]))
def test_glue_keeps_exactly_the_days_of_the_scope(
    name: str, first: date, length: int, accounts: tuple[str, ...]
) -> None:
    shape = SHAPES[name]
    last = first + timedelta(days=length)
    keys = [{"Name": key.name, "Type": key.type} for key in shape.keys]
    table = FakeTable("net", "flows", {"PartitionKeys": keys}, "1")
    for offset in (-366, -31, -1, 0, 1, length, length + 1, length + 31, length + 366):
        for account in (A, B):
            values = list(shape.values(Partition(account, REGION, first + timedelta(offset))))
            if str(values) not in table.partitions:
                table.create_partition({"Values": values})
    scope = Scope(first, last, frozenset(accounts))
    found = rig_partitions.chosen(table, partition_expression(scope, shape), hyphens=False)
    wanted = [
        item.values
        for item in table.partitions.values()
        if shape.includes(scope, tuple(item.values))
    ]
    assert [item.values for item in found] == wanted


class Bench:
    """A table in the rig's Glue with a partition a day, three years long."""

    def __init__(self, rig: Rig, shape: Shape) -> None:
        self.rig, self.shape = rig, shape
        glue = rig.client("glue")
        rig.settings(glue_page=1_000)
        glue.create_database(DatabaseInput={"Name": "net"})
        keys = [{"Name": key.name, "Type": key.type} for key in shape.keys]
        glue.create_table(DatabaseName="net", TableInput={"Name": "flows", "PartitionKeys": keys})
        for start in range(0, 1_100, 100):
            days = (date(2024, 1, 1) + timedelta(days=start + n) for n in range(100))
            self.add(*(shape.values(Partition(A, REGION, day)) for day in days))

    def add(self, *values: tuple[str, ...]) -> None:
        """Register partitions."""
        inputs = [
            {"Values": list(each), "StorageDescriptor": {"Location": "s3://b/"}} for each in values
        ]
        answer = self.rig.client("glue").batch_create_partition(
            DatabaseName="net", TableName="flows", PartitionInputList=inputs
        )
        assert not answer.get("Errors")

    def read(self, scope: Scope) -> tuple[int, Counter[str]]:
        """How many partitions are read, and with which calls."""
        with pointed_at(self.rig):
            aws = Aws(Target("prod", "s3://b/", region="eu-west-1"))
            catalog = GlueCatalog("net", "flows", aws)
            return sum(map(len, catalog.pages(scope, self.shape))), catalog.calls


@pytest.mark.rig
@pytest.mark.parametrize("name", ["date", "date named date", "int parts"])
@pytest.mark.asks_no_query
def test_a_months_days_of_three_years_are_one_call(rig: Rig, name: str) -> None:
    """Ten calls before, one for each segment of the whole table."""
    bench = Bench(rig, SHAPES[name])
    assert bench.read(AUTUMN) == (35, Counter(GetPartitions=1))
    assert bench.read(Scope()) == (1_100, Counter(GetPartitions=10))


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_an_expression_that_glue_refuses_costs_one_call_and_no_answer(rig: Rig) -> None:
    """A value that is no date, which Glue cannot compare as one."""
    bench = Bench(rig, SHAPES["date"])
    bench.add(("2026/10/01",))
    assert bench.read(AUTUMN) == (36, Counter(GetPartitions=11))
