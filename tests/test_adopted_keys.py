"""Keys that others made: numbers without leading zeros, days with hours, numbers for names."""

from datetime import UTC, date, datetime

import pytest

from flowathena.catalog.expression import partition_expression
from flowathena.inputs.moving import resolve_moving
from flowathena.logs.layout import Partition, Scope
from flowathena.onboard.adopt import adopt
from flowathena.query.bounds import MovingBounds, between_days, day_column
from flowathena.query.relation import key_column
from flowathena.shape.key import Key, Role
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table

_ACCOUNT, _REGION = "011122223333", "eu-west-1"
_START = Column("start", "bigint")
_PARTS = {"month": "month M", "day": "day_of_month d"}


def _shape(keys: str, given: dict[str, str] | None = None) -> Shape:
    pairs = (key.split(":") for key in keys.split())
    columns = tuple(Column(name, kind) for name, kind in pairs)
    return recognize(Table("d", "t", (_START,), columns, ""), keys=given)


def _texts(shape: Shape, first: str, last: str) -> tuple[str, str]:
    """The condition of some days in Athena's language, and in Glue's."""
    days = date.fromisoformat(first), date.fromisoformat(last)
    return between_days(shape, *days), partition_expression(Scope(*days), shape)


def test_both_spellings_of_a_number_are_listed() -> None:
    shape = _shape("year:string month:string day:string", _PARTS)
    assert _texts(shape, "2026-09-09", "2026-09-10") == (
        "(\"year\" = '2026' AND \"month\" IN ('09', '9') AND \"day\" IN ('09', '9', '10'))",
        "year >= '2026' AND year <= '2026'",
    )
    assert _texts(shape, "2026-11-30", "2026-12-01")[0] == (
        "((\"year\" = '2026' AND \"month\" IN ('11') AND \"day\" IN ('30'))"
        " OR (\"year\" = '2026' AND \"month\" IN ('12') AND \"day\" IN ('01', '1')))"
    )
    assert day_column(shape) == (
        "\"year\" || '-' || lpad(\"month\", 2, '0') || '-' || lpad(\"day\", 2, '0')"
    )


def test_both_spellings_of_a_day_are_listed() -> None:
    shape = _shape("dt:string", {"dt": "day yyyy-M-d"})
    assert _texts(shape, "2026-11-09", "2026-11-10") == (
        "\"dt\" IN ('2026-11-09', '2026-11-9', '2026-11-10')",
        "",
    )
    assert _texts(shape, "2020-01-01", "2026-11-10")[0] == (
        f"{day_column(shape)} BETWEEN '2020-01-01' AND '2026-11-10'"
    )


def test_the_last_hour_of_a_day_is_in_it() -> None:
    shape = _shape("datehour:string", {"datehour": "day yyyy/MM/dd/HH"})
    assert _texts(shape, "2026-11-05", "2026-11-06") == (
        "\"datehour\" BETWEEN '2026/11/05/00' AND '2026/11/06/23'",
        "datehour >= '2026/11/05/00' AND datehour <= '2026/11/06/23'",
    )
    assert shape.is_hourly
    assert shape.day_of(("2026/11/06/23",)) == date(2026, 11, 6)
    assert shape.day_of(("2026/11/06",)) is None
    moment = Partition(_ACCOUNT, _REGION, date(2026, 11, 6), 7)
    assert shape.values(moment) == ("2026/11/06/07",)


def test_a_day_that_is_a_number() -> None:
    shape = _shape("dt:int")
    assert _texts(shape, "2026-11-05", "2026-11-06") == (
        '"dt" BETWEEN 20261105 AND 20261106',
        "dt >= 20261105 AND dt <= 20261106",
    )
    assert day_column(shape) == (
        'substr(CAST("dt" AS varchar), 1, 4) || \'-\' || substr(CAST("dt" AS varchar), 5, 2)'
        " || '-' || substr(CAST(\"dt\" AS varchar), 7, 2)"
    )


def test_an_account_that_is_a_number() -> None:
    shape = _shape("account:bigint dt:string")
    values = shape.values(Partition(_ACCOUNT, _REGION, date(2026, 11, 5)))
    assert values == ("11122223333", "2026-11-05")
    assert shape.account_and_region(values) == (_ACCOUNT, "")
    assert shape.includes(Scope(accounts=frozenset({_ACCOUNT})), values)
    assert key_column(shape, Role.ACCOUNT) == "lpad(CAST(\"account\" AS varchar), 12, '0')"


@pytest.mark.parametrize(
    ("keys", "given", "condition"),
    [
        (
            "dt:string",
            {"dt": "day yyyy-MM-dd-HH"},
            (
                "\"dt\" BETWEEN date_format(current_date - interval '1' day, '%Y-%m-%d-00') "
                "AND date_format(current_date, '%Y-%m-%d-23')"
            ),
        ),
        (
            "dt:int",
            {},
            (
                "\"dt\" BETWEEN CAST(date_format(current_date - interval '1' day, '%Y%m%d') "
                "AS integer) AND CAST(date_format(current_date, '%Y%m%d') AS integer)"
            ),
        ),
        (
            "dt:string",
            {"dt": "day yyyy/M/d"},
            (
                "regexp_extract(\"dt\", '([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})', 1)"
                " || '-' || lpad(regexp_extract(\"dt\", "
                "'([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})', 2), 2, '0') || '-' || "
                'lpad(regexp_extract("dt", '
                "'([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})', 3), 2, '0')"
                " BETWEEN date_format(current_date - interval '1' day, '%Y-%m-%d') "
                "AND date_format(current_date, '%Y-%m-%d')"
            ),
        ),
    ],
)
def test_a_window_that_moves(keys: str, given: dict[str, str], condition: str) -> None:
    window = resolve_moving("yesterday", "today", default="7d")
    assert MovingBounds(window).days(_shape(keys, given)) == condition


def test_what_a_spelling_stands_for() -> None:
    key = Key("day", "string", Role.DAY_OF_MONTH, "d")
    assert [key.normalize(text) for text in ("5", "05", "15", "x")] == ["5", "5", "15", "x"]
    day = Key("dt", "string", Role.DAY, "yyyy-M-d")
    assert [day.normalize(text) for text in ("2026-11-05", "2026-11-5", "2026-2-30")] == [
        *("2026-11-5", "2026-11-5", "2026-2-30")
    ]
    hours = Key("dt", "string", Role.DAY, "yyyy-MM-dd-HH")
    assert hours.canonical("2026-11-05-07") == "2026-11-05-07"
    assert hours.normalize("2026-11-05-7") == "2026-11-05-7"


def _adopted(values: list[str], location: str, keys: str = "dt") -> object:
    columns = tuple(Column(name, "string") for name in keys.split())
    table = Table("net", "flows", (_START,), columns, "s3://logs/")
    partitions = {tuple(value.split()): location for value in values}
    return adopt(table, partitions).settings.get("keys")


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-11-05", "2026-11-13"], None),
        (["2026-11-5", "2026-11-13"], {"dt": "day yyyy-M-d"}),
        (["2026-11-5", "2026-11-05"], {"dt": "day yyyy-M-d"}),
        (["2026.1.5"], {"dt": "day yyyy.M.d"}),
        (["2026-11-05_13"], {"dt": "day yyyy-MM-dd_HH"}),
        (["2026110513", "2026110600"], {"dt": "day yyyyMMddHH"}),
    ],
)
def test_the_form_of_days_comes_from_all_values(
    values: list[str], form: dict[str, str] | None
) -> None:
    assert _adopted(values, "s3://logs/x/") == form


def test_names_tell_what_no_folder_does() -> None:
    values = ["2026 9 5 7", "2026 11 13 23"]
    assert _adopted(values, "s3://logs/x/", "year month day hour") == {
        "month": "month M",
        "day": "day_of_month d",
        "hour": "hour H",
    }
    assert _adopted(["2026 11 13 23"], "s3://logs/x/", "year month day hour") is None


def test_the_hours_of_other_days_do_not_matter() -> None:
    at = datetime(2026, 11, 5, tzinfo=UTC)
    shape = _shape("datehour:string", {"datehour": "day yyyyMMddHH"})
    assert [shape.day_of((f"{at:%Y%m%d}{hour}",)) for hour in ("00", "23", "24", "7")] == [
        *(at.date(), at.date(), None, None)
    ]
