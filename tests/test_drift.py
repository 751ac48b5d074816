"""How two tables differ, worked out by hand."""

from dataclasses import replace

import pytest

from flowathena.catalog.drift import Difference, DifferenceKind, Drift, compare
from flowathena.shape.table import Column, Table

WANTED = Table(
    "network",
    "logs",
    tuple(Column(name, "string") for name in "abcdef"),
    (Column("aws_account", "string"), Column("day", "string")),
    "s3://abc/AWSLogs/",
    {"EXTERNAL": "TRUE", "skip.header.line.count": "1"},
)
PROJECTED = {
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.range": "2026/01/01,NOW",
    "projection.aws_account.type": "enum",
    "projection.aws_account.values": "1,2",
    "storage.location.template": "s3://abc/AWSLogs/${aws_account}/${day}/",
}


def columns(names: str) -> Table:
    return replace(WANTED, columns=tuple(Column(name, "string") for name in names))


def told(live: Table, wanted: Table = WANTED) -> list[str]:
    found = compare(wanted, live).differences
    return [" ".join(filter(None, (each.part, each.name, each.kind))) for each in found]


def properties(**changes: str | None) -> Table:
    names = {name.replace("_", "."): value for name, value in changes.items()}
    merged = {**PROJECTED, **names}
    return replace(
        WANTED, parameters={key: value for key, value in merged.items() if value is not None}
    )


def test_a_table_is_equal_to_itself() -> None:
    assert compare(WANTED, WANTED) == Drift("network.logs", exists=True)
    assert compare(WANTED, WANTED).equal


def test_no_table_is_drift_without_differences() -> None:
    found = compare(WANTED, None)
    assert found == Drift("network.logs", exists=False)
    assert not found.equal


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ("abcdefg", ["column g surplus"]),
        ("abdef", ["column c missing"]),
        ("gabcdef", ["column g surplus"]),
        ("abxdef", ["column c missing", "column x surplus"]),
        # As few as tell it: one column has moved, not five.
        ("bcdefa", ["column a moved"]),
        ("fabcde", ["column f moved"]),
        ("abcdfe", ["column e moved"]),
        # One is missing, the others keep their order though not their number.
        ("fbcde", ["column a missing", "column f moved"]),
        ("", [f"column {name} missing" for name in "abcdef"]),
    ],
)
def test_columns_one_by_one(live: str, expected: list[str]) -> None:
    found = told(columns(live))
    if live == "abcdfe":  # either of two neighbours may be said to have moved
        found = [line.replace("column f", "column e") for line in found]
    assert found == expected


def test_a_column_may_have_moved_and_changed() -> None:
    live = replace(columns("bcdef"), columns=(*columns("bcdef").columns, Column("a", "int")))
    assert compare(WANTED, live).differences == (
        Difference("column", "a", DifferenceKind.MOVED, "place 1", "place 6"),
        Difference("column", "a", DifferenceKind.OTHER, "string", "int"),
    )


def test_parquet_has_no_order_of_columns() -> None:
    parquet = replace(WANTED, file_format="parquet", parameters={"EXTERNAL": "TRUE"})
    assert told(replace(parquet, columns=columns("fedcba").columns), parquet) == []
    # AWS's own statement for Parquet has this, and Parquet has no header.
    assert told(replace(parquet, parameters=WANTED.parameters), parquet) == []
    keys = tuple(reversed(WANTED.partition_keys))
    assert told(replace(parquet, partition_keys=keys), parquet) == ["partition key day moved"]


def test_types_are_compared_as_hive_reads_them() -> None:
    wanted = replace(WANTED, columns=(Column("a", "int"),))
    assert told(replace(wanted, columns=(Column("a", "INTEGER"),)), wanted) == []
    assert told(replace(wanted, columns=(Column("a", "bigint"),)), wanted) == ["column a other"]


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (properties(), []),
        (properties(projection_enabled="TRUE"), []),
        (properties(projection_day_interval="1", projection_day_interval_unit="DAYS"), []),
        (properties(projection_day_range="2026/01/01 , NOW"), []),
        (properties(transient_lastDdlTime="5", has_encrypted_data="false"), []),
        (properties(projection_day_type="DATE"), []),
        (properties(projection_day_range="2026/01/02,NOW"), ["projection.day.range other"]),
        (properties(projection_day_interval="2"), ["projection.day.interval surplus"]),
        (properties(projection_day_type=None), ["projection.day.type missing"]),
        (
            properties(storage_location_template="s3://abc/${aws_account}/${day}/"),
            ["storage.location.template other"],
        ),
        (
            properties(storage_location_template="s3://abc/AWSLogs/${aws_account}/${day}"),
            [],
        ),
    ],
)
def test_properties_that_change_an_answer(live: Table, expected: list[str]) -> None:
    wanted = properties()
    assert told(live, wanted) == [f"property {line}" for line in expected]


def test_a_projection_that_is_off_is_none() -> None:
    off = properties(projection_enabled="false")
    plain = replace(WANTED, parameters={})
    assert told(off, plain) == []
    assert told(off, properties()) == [f"property {key} missing" for key in sorted(PROJECTED)]


def test_the_order_of_an_enumeration_is_none() -> None:
    values = {**PROJECTED, "projection.aws_account.values": "2,1"}
    assert told(replace(WANTED, parameters=values), properties()) == []
    values["projection.aws_account.values"] = "1,2,3"
    assert told(replace(WANTED, parameters=values), properties()) == [
        "property projection.aws_account.values other"
    ]


def test_the_json_of_a_difference() -> None:
    found = compare(WANTED, replace(WANTED, location="s3://abc/")).to_json()
    assert found == {
        "table": "network.logs",
        "exists": True,
        "equal": False,
        "differences": [
            {
                "part": "location",
                "name": None,
                "kind": "other",
                "wanted": "s3://abc/AWSLogs/",
                "live": "s3://abc/",
            }
        ],
    }
    assert told(replace(WANTED, location="s3://abc/AWSLogs")) == []
