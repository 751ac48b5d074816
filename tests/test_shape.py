"""What partition keys stand for: values, scopes and predicates of every scheme of keys."""

import calendar
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.errors import TableMismatchError, UsageError
from flowathena.logs.layout import Partition, Scope
from flowathena.query.predicates import partition_predicates
from flowathena.query.relation import key_column
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.target.target import CHOICES
from tests.portion import EXAMPLES

A, B = "111122223333", "444455556666"
IRELAND, GOV = "eu-west-1", "us-gov-west-1"
PLACE = (Key("aws_account", "string", Role.ACCOUNT), Key("aws_region", "string", Role.REGION))
HOUR = Key("hour", "string", Role.HOUR)
PARTS = (("year", Role.YEAR), ("month", Role.MONTH), ("day", Role.DAY_OF_MONTH))
HIVE = (
    Key("aws-account-id", "string", Role.ACCOUNT),
    Key("aws-service", "string", Role.SERVICE),
    Key("aws-region", "string", Role.REGION),
    *(Key(name, "string", role) for name, role in PARTS),
)
SCHEMES = {
    "standard": Shape((*PLACE, Key("day", "string", Role.DAY))),
    "hive": Shape(HIVE),
    "single text": Shape((Key("dt", "string", Role.DAY),), account=A, region=IRELAND),
    "single date": Shape((Key("date", "date", Role.DAY),), account=A, region=IRELAND),
    "slashes": Shape((*PLACE, Key("day", "string", Role.DAY, "yyyy/MM/dd"))),
    "digits": Shape((*PLACE, Key("dt", "varchar(8)", Role.DAY, "yyyyMMdd"))),
    "text parts": Shape(tuple(Key(n, "string", r) for n, r in PARTS), account=A, region=IRELAND),
    "int parts": Shape((*PLACE, *(Key(name, "int", role) for name, role in PARTS))),
}
HOURLY = {f"{name}, hourly": replace(s, keys=(*s.keys, HOUR)) for name, s in SCHEMES.items()}
INT_HOUR = {
    "int hours": Shape(
        (*(Key(n, "bigint", r) for n, r in PARTS), Key("hour", "int", Role.HOUR)),
        account=A,
        region=IRELAND,
    )
}
ALL = SCHEMES | HOURLY | INT_HOUR

every_scheme = pytest.mark.parametrize("shape", ALL.values(), ids=ALL.keys())


@st.composite
def edges(draw: Callable[[st.SearchStrategy[date]], date]) -> date:
    """A first or last day of a month."""
    day = draw(st.dates(date(2019, 1, 1), date(2030, 12, 31)))
    last = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=draw(st.sampled_from([1, last])))  # type: ignore[arg-type]


days = st.one_of(st.dates(date(2019, 1, 1), date(2030, 12, 31)), edges())
scopes = st.builds(
    lambda first, length, accounts, regions: Scope(
        first, first + timedelta(days=length), accounts, regions
    ),
    days,
    st.one_of(st.integers(0, 40), st.integers(0, 3 * 366)),
    st.frozensets(st.sampled_from([A, B])),
    st.frozensets(st.sampled_from([IRELAND, GOV])),
)


def around(scope: Scope) -> list[date]:
    """Days at and beside the bounds, month by month."""
    assert scope.first
    assert scope.last
    length = (scope.last - scope.first).days
    steps = {-366, -31, -2, -1, 0, 1, length - 1, length, length + 1, length + 31, length + 366}
    return sorted({scope.first + timedelta(days=n) for n in steps | set(range(0, length + 1, 29))})


def partitions(shape: Shape, of: list[date]) -> list[Partition]:
    places = [(A, IRELAND)] if shape.account else [(A, IRELAND), (A, GOV), (B, IRELAND)]
    hour = 7 if shape.is_hourly else None
    return [Partition(account, region, day, hour) for account, region in places for day in of]


def wanted(scope: Scope, partition: Partition) -> bool:
    """Whether a partition is in a scope, told from what it is."""
    return (
        scope.includes_day(partition.day)
        and (not scope.accounts or partition.account in scope.accounts)
        and (not scope.regions or partition.region in scope.regions)
    )


@every_scheme
@settings(max_examples=25)
@given(scope=scopes)
def test_values_are_in_a_scope_exactly_if_their_partition_is(shape: Shape, scope: Scope) -> None:
    for partition in partitions(shape, around(scope)):
        assert shape.includes(scope, shape.values(partition)) is wanted(scope, partition)


@every_scheme
@settings(max_examples=max(1, EXAMPLES // 10))
@given(scope=scopes)
def test_predicates_keep_exactly_the_partitions_of_the_scope(shape: Shape, scope: Scope) -> None:
    stored = partitions(shape, around(scope))
    where = " AND ".join(partition_predicates(shape, scope))
    kept = asked(shape, stored, f"SELECT number FROM logs WHERE {where} ORDER BY number")
    assert [number for (number,) in kept] == [
        number for number, partition in enumerate(stored) if wanted(scope, partition)
    ]


@every_scheme
def test_columns_are_account_region_and_iso_day(shape: Shape) -> None:
    stored = partitions(shape, [date(2026, 1, 31), date(2026, 11, 9)])
    columns = ", ".join(key_column(shape, role) for role in (Role.ACCOUNT, Role.REGION, Role.DAY))
    assert asked(shape, stored, f"SELECT {columns} FROM logs ORDER BY number") == [
        (partition.account, partition.region, partition.day.isoformat()) for partition in stored
    ]


def asked(shape: Shape, stored: list[Partition], sql: str) -> list[tuple[object, ...]]:
    """The rows of a statement over a table ``logs`` of a shape's keys and the row's number."""
    types = {"string": "VARCHAR", "varchar(8)": "VARCHAR"}
    names = ", ".join(f"{key.sql} {types.get(key.type, key.type)}" for key in shape.keys)
    values = [
        "(" + ", ".join([str(number), *(f"'{v}'" for v in shape.values(partition))]) + ")"
        for number, partition in enumerate(stored)
    ]
    with duckdb.connect(":memory:") as made:
        made.execute(f"CREATE TABLE logs (number INTEGER, {names})")
        made.execute(f"INSERT INTO logs VALUES {', '.join(values)}")
        return made.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("scheme", "values"),
    [
        ("standard", (A, IRELAND, "2026-07-09")),
        ("hive", (A, "vpcflowlogs", IRELAND, "2026", "07", "09")),
        ("single text", ("2026-07-09",)),
        ("single date", ("2026-07-09",)),
        ("slashes", (A, IRELAND, "2026/07/09")),
        ("digits", (A, IRELAND, "20260709")),
        ("text parts", ("2026", "07", "09")),
        ("int parts", (A, IRELAND, "2026", "7", "9")),
        ("hive, hourly", (A, "vpcflowlogs", IRELAND, "2026", "07", "09", "05")),
        ("single text, hourly", ("2026-07-09", "05")),
        ("int hours", ("2026", "7", "9", "5")),
    ],
)
def test_the_values_of_a_partition(scheme: str, values: tuple[str, ...]) -> None:
    hour = 5 if ALL[scheme].is_hourly else None
    assert ALL[scheme].values(Partition(A, IRELAND, date(2026, 7, 9), hour)) == values


ONE_MONTH = Scope(date(2026, 7, 9), date(2026, 7, 31))
NEW_YEAR = Scope(date(2026, 12, 31), date(2027, 1, 1), frozenset({A}), frozenset({IRELAND}))


@pytest.mark.parametrize(
    ("scheme", "scope", "terms"),
    [
        ("standard", ONE_MONTH, ["\"day\" BETWEEN '2026-07-09' AND '2026-07-31'"]),
        ("single date", ONE_MONTH, ["\"date\" BETWEEN DATE '2026-07-09' AND DATE '2026-07-31'"]),
        ("digits", ONE_MONTH, ["\"dt\" BETWEEN '20260709' AND '20260731'"]),
        (
            "int parts",
            ONE_MONTH,
            ['("year" = 2026 AND "month" = 7 AND "day" BETWEEN 9 AND 31)'],
        ),
        (
            "hive",
            NEW_YEAR,
            [
                (
                    "((\"year\" = '2026' AND \"month\" = '12' AND \"day\" BETWEEN '31' AND '31') "
                    "OR (\"year\" = '2027' AND \"month\" = '01' AND \"day\" BETWEEN '01' AND '01'))"
                ),
                "\"aws-service\" = 'vpcflowlogs'",
                f"\"aws-account-id\" IN ('{A}')",
                f"\"aws-region\" IN ('{IRELAND}')",
            ],
        ),
        ("single text", NEW_YEAR, ["\"dt\" BETWEEN '2026-12-31' AND '2027-01-01'"]),
    ],
)
def test_the_predicates_of_a_scope(scheme: str, scope: Scope, terms: list[str]) -> None:
    assert list(partition_predicates(ALL[scheme], scope)) == terms


NO_DAYS = [
    ("standard", (A, IRELAND, "__HIVE_DEFAULT_PARTITION__")),
    ("standard", (A, IRELAND, "2026-02-30")),
    ("standard", (A, IRELAND, "2026-7-32")),
    ("slashes", (A, IRELAND, "2026-07/01")),
    ("text parts", ("2026", "13", "01")),
    ("text parts", ("__HIVE_DEFAULT_PARTITION__", "07", "01")),
    ("int parts", (A, IRELAND, "2026", "²", "1")),
]


@pytest.mark.parametrize(("scheme", "values"), NO_DAYS)
@pytest.mark.parametrize(
    "scope",
    [
        Scope(date(1, 1, 1), date(9999, 12, 31)),
        Scope(first=date(1, 1, 1)),
        Scope(last=date(9999, 12, 31)),
    ],
)
def test_what_is_no_day_is_in_no_bounded_scope(
    scheme: str, values: tuple[str, ...], scope: Scope
) -> None:
    assert not ALL[scheme].includes(scope, values)
    assert ALL[scheme].includes(Scope(), values)


OTHER_SPELLINGS = [
    ("standard", (A, IRELAND, "20260709"), (A, IRELAND, "2026-07-09")),
    ("standard", (A, IRELAND, "2026-7-9"), (A, IRELAND, "2026-07-09")),
    ("standard", (A, "EU-West-1", "2026-07-09"), (A, IRELAND, "2026-07-09")),
    ("standard", ("1111-2222-3333", IRELAND, "2026-07-09"), (A, IRELAND, "2026-07-09")),
    ("slashes", (A, IRELAND, "2026-07-09"), (A, IRELAND, "2026/07/09")),
    ("digits", (A, IRELAND, "2026-07-09 10:00"), (A, IRELAND, "20260709")),
    ("text parts", ("2026", "7", "9"), ("2026", "07", "09")),
    ("int parts", (A, IRELAND, "2026", "07", " 9"), (A, IRELAND, "2026", "7", "9")),
    (
        "hive",
        (A, "VPCFlowLogs", "EU-WEST-1", "2026", "7", "09"),
        (A, "vpcflowlogs", IRELAND, "2026", "07", "09"),
    ),
]


@pytest.mark.parametrize(("scheme", "values", "meant"), OTHER_SPELLINGS)
def test_values_are_in_a_scope_however_they_are_spelled(
    scheme: str, values: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    shape = ALL[scheme]
    assert shape.canonical(values) == meant
    assert shape.canonical(meant) == meant
    names = Scope(accounts=frozenset({A}), regions=frozenset({IRELAND}))
    assert shape.includes(replace(ONE_MONTH, accounts=names.accounts), values)
    assert shape.includes(names, values)
    assert not shape.includes(replace(names, accounts=frozenset({B})), values)
    assert not shape.includes(replace(names, regions=frozenset({GOV})), values)
    assert not shape.includes(Scope(first=date(2026, 7, 10)), values)


def test_int_values_with_zeros_are_the_same_partition() -> None:
    shape = ALL["int parts"]
    assert shape.includes(ONE_MONTH, (A, IRELAND, "2026", "07", "09"))
    assert shape.normalize((A, IRELAND, "2026", "07", "09")) == (A, IRELAND, "2026", "7", "9")
    assert ALL["hive"].normalize(("0", "1", "2", "3", "04", "05")) == (
        "0",
        "1",
        "2",
        "3",
        "04",
        "05",
    )


def test_a_table_of_one_account_narrows_a_scope_to_it() -> None:
    shape = ALL["single text"]
    one = Scope(None, None, frozenset({A}), frozenset({IRELAND}))
    assert shape.restrict(Scope()) == one
    assert shape.restrict(replace(one, accounts=frozenset({A, B}))) == one
    assert shape.restrict(Scope(accounts=frozenset({B}))) is None
    assert shape.restrict(Scope(regions=frozenset({GOV}))) is None


def test_another_account_than_the_tables_is_never_true() -> None:
    scope = replace(ONE_MONTH, accounts=frozenset({B}))
    assert list(partition_predicates(ALL["single text"], scope))[-1] == "false"


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        (replace(ONE_MONTH, accounts=frozenset({A})), "set account in the target"),
        (replace(ONE_MONTH, regions=frozenset({GOV})), "set log_region in the target"),
    ],
)
def test_a_table_that_tells_no_account_is_not_asked_for_one(scope: Scope, told: str) -> None:
    shape = Shape((Key("dt", "string", Role.DAY),))
    with pytest.raises(TableMismatchError, match=told):
        shape.restrict(scope)
    with pytest.raises(TableMismatchError, match=told):
        list(partition_predicates(shape, scope))
    assert shape.restrict(ONE_MONTH) == ONE_MONTH
    assert key_column(shape, Role.ACCOUNT) == "CAST('unknown' AS varchar)"


def test_an_injected_account_has_to_be_named() -> None:
    account = Key("accid", "string", Role.ACCOUNT, injected=True)
    shape = Shape((account, Key("day", "string", Role.DAY)), region=IRELAND)
    with pytest.raises(UsageError, match=r"key accid is injected and needs values: add --account"):
        list(partition_predicates(shape, ONE_MONTH))
    named = list(partition_predicates(shape, replace(ONE_MONTH, accounts=frozenset({A}))))
    assert named[-1] == f"\"accid\" IN ('{A}')"


def test_the_order_of_names_is_the_one_given() -> None:
    scope = replace(ONE_MONTH, accounts=frozenset({A, B}))
    assert list(partition_predicates(ALL["standard"], scope, (B, A)))[-1].endswith(
        f"IN ('{B}', '{A}')"
    )
    assert list(partition_predicates(ALL["standard"], scope))[-1].endswith(f"IN ('{A}', '{B}')")


def test_texts_are_quoted() -> None:
    key = Key('a"b', "string", Role.DAY)
    assert (key.sql, key.literal("it's")) == ('"a""b"', "'it''s'")


def test_a_configuration_knows_every_role() -> None:
    assert set(CHOICES["keys"]) == set(Role)
