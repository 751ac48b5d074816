"""Whether a live table is the one of its target: refused is only what would answer wrongly."""

from dataclasses import replace

import pytest

from flowathena.catalog.descriptors import file_format
from flowathena.catalog.fitness import mismatches
from flowathena.catalog.wanted import Projection, flow_table, target_table, wanted_table
from flowathena.errors import TableMismatchError
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

A, B = "111122223333", "444455556666"
TARGET = Target("prod", "s3://logs/net/")
WANTED = wanted_table(TARGET)
NAMES = [column.name for column in WANTED.columns]
ALL = tuple(field.name for field in FIELDS)


def found(table: Table, target: Target = TARGET) -> tuple[str, ...]:
    return mismatches(flow_table(table, target), target)


def columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "string") for name in names)


def by_position(place: int, column: str, field: str) -> str:
    return (
        f"it is a text table, read by position, and its column {place} is {column}, while the "
        f"target's log_format has {field} there"
    )


@pytest.mark.parametrize("file_format", ["text", "parquet"])
@pytest.mark.parametrize("keys", ["standard", "hive", "single"])
@pytest.mark.parametrize("hours", [False, True])
@pytest.mark.parametrize("partitioning", ["registered", "projection"])
@pytest.mark.parametrize("log_format", [DEFAULT_FORMAT, ALL])
@pytest.mark.parametrize("location", ["s3://logs/", "s3://logs/net/"])
def test_the_table_that_a_target_asks_for_is_its_own(
    file_format: str,
    keys: str,
    hours: bool,
    partitioning: str,
    log_format: tuple[str, ...],
    location: str,
) -> None:
    target = Target(
        "prod",
        location,
        file_format=file_format,
        layout=f"{'hive' if keys == 'hive' else 'plain'}-{'hourly' if hours else 'daily'}",
        granularity="hour" if hours else "day",
        partition_keys=keys,
        partitioning=partitioning,
        log_format=log_format,
        account=A,
        log_region="eu-west-1",
    )
    projection = Projection((A, B), ("eu-west-1",), organization="o-abcdef1234")
    for table in (wanted_table(target), wanted_table(target, projection)):
        assert found(table, target) == ()


@pytest.mark.parametrize(
    "table",
    [
        replace(WANTED, location="s3://logs/net/AWSLogs"),
        replace(WANTED, location="s3a://logs/net/AWSLogs/"),
        replace(WANTED, location=f"s3://logs/net/AWSLogs/{A}/vpcflowlogs/eu-west-1/"),
        replace(WANTED, location="s3://logs/net/AWSLogs/o-abcdef1234/"),
        replace(WANTED, location="s3://logs/"),
        replace(WANTED, location="s3://logs/net/nothing/here/"),
        replace(WANTED, columns=WANTED.columns[:11]),
        replace(WANTED, columns=(*WANTED.columns, *columns("vpc_id", "tcp_flags"))),
        replace(WANTED, columns=(*WANTED.columns[:2], *columns("nic"), *WANTED.columns[3:])),
        replace(WANTED, columns=tuple(Column(c.name, "string") for c in WANTED.columns)),
        replace(WANTED, parameters={}),
        replace(WANTED, partition_keys=columns("accid", "region", "dt")),
    ],
)
def test_tables_of_others_stay_usable(table: Table) -> None:
    assert found(table) == ()


def test_parquet_is_read_by_name() -> None:
    target = replace(TARGET, file_format="parquet")
    table = replace(WANTED, file_format="parquet", columns=tuple(reversed(WANTED.columns)))
    assert found(table, target) == ()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (
            replace(WANTED, file_format="parquet"),
            "it reads Parquet files, and the target's file_format is text",
        ),
        *(
            (
                replace(WANTED, location=location),
                f"its location is {location}, and the target's s3://logs/net/",
            )
            for location in (
                "s3://logs/AWSLogs/",
                "s3://logs/network/AWSLogs/",
                "s3://logs/net/more/AWSLogs/",
                "s3://other/net/AWSLogs/",
                "s3://other/",
                "s3://logs/nets/",
            )
        ),
        (
            replace(WANTED, columns=(*WANTED.columns[1:3], WANTED.columns[0], *WANTED.columns[3:])),
            by_position(1, "account_id", "version"),
        ),
        (
            replace(WANTED, columns=(*WANTED.columns[:4], *WANTED.columns[5:])),
            by_position(5, "srcport", "dstaddr"),
        ),
        (
            replace(WANTED, partition_keys=(*WANTED.partition_keys, Column("hour", "string"))),
            "its partitions are hours, and the target's folders are not (layout plain-daily)",
        ),
    ],
)
def test_what_would_answer_wrongly_is_refused(table: Table, reason: str) -> None:
    assert found(table) == (reason,)


def test_the_template_of_a_projection_says_where_its_logs_are() -> None:
    target = replace(TARGET, partitioning="projection")
    mine = wanted_table(target, Projection((A,), ("eu-west-1",)))
    assert found(replace(mine, location="s3://anywhere/"), target) == ()
    other = wanted_table(replace(target, location="s3://other/"), Projection((A,), ("eu-west-1",)))
    assert found(replace(other, location=mine.location), target) == (
        "its location is s3://other/AWSLogs/, and the target's s3://logs/net/",
    )


def test_the_table_of_another_account_is_refused() -> None:
    one, other = (
        Target("prod", "s3://logs/", partition_keys="single", account=a, log_region="eu-west-1")
        for a in (A, B)
    )
    assert found(wanted_table(one), one) == ()
    assert found(wanted_table(one), other) == (
        f"its location is that of account {A}, and the target's logs are of {B}",
    )
    assert found(wanted_table(one), replace(one, log_region="us-east-1")) == (
        "its location is that of region eu-west-1, and the target's logs are of us-east-1",
    )


def test_a_local_table_is_judged_alike() -> None:
    target = Target("local", "/logs")
    assert found(wanted_table(target), target) == ()
    moved = replace(wanted_table(target), location="/elsewhere/AWSLogs/")
    assert found(moved, target) == ("its location is /elsewhere/AWSLogs/, and the target's /logs/",)


def test_the_error_has_every_reason_and_what_to_do() -> None:
    table = replace(WANTED, file_format="parquet", location="s3://other/AWSLogs/")
    with pytest.raises(TableMismatchError) as caught:
        target_table(table, TARGET)
    assert str(caught.value) == (
        "table flowathena.vpc_flow_logs is not the one of target 'prod': it reads Parquet files, "
        "and the target's file_format is text; its location is s3://other/AWSLogs/, and the "
        "target's s3://logs/net/. Correct the target, or set another table in [targets.prod]; "
        "'flowathena table diff -t prod' shows every difference"
    )
    assert target_table(WANTED, TARGET) == flow_table(WANTED, TARGET)


@pytest.mark.parametrize(
    ("count", "is_refused"), [("", False), ("0", False), ("1", False), ("2", True), (" 3 ", True)]
)
def test_records_skipped_as_headers(count: str, is_refused: bool) -> None:
    table = replace(WANTED, parameters={"skip.header.line.count": count})
    told = (
        f"it skips {count.strip()} lines of every file, records among them "
        "(skip.header.line.count); in Athena: ALTER TABLE `flowathena`.`vpc_flow_logs` SET "
        "TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    assert found(table) == ((told,) if is_refused else ())


@pytest.mark.parametrize(
    ("header", "fields", "count", "told"),
    [
        (True, "start", "1", ""),
        (True, "start", "0", ""),  # what a header line has for start is in no window
        (True, "srcaddr", "1", ""),
        (True, "srcaddr", "0", "it reads the header line of every file as a record"),
        (False, "start", "0", ""),
        (False, "start", "1", "it skips 1 line of every file, records among them"),
        (False, "srcaddr", "0", ""),
    ],
)
def test_lines_that_are_records(header: bool, fields: str, count: str, told: str) -> None:
    target = replace(TARGET, header=header, log_format=(fields,))
    table = replace(
        WANTED, columns=wanted_table(target).columns, parameters={"skip.header.line.count": count}
    )
    reasons = mismatches(flow_table(table, target), target)
    assert [each.partition(" (")[0] for each in reasons] == ([told] if told else [])


@pytest.mark.parametrize(
    ("settings", "read_as"),
    [
        ({"field.delim": " "}, "text"),
        ({"field.delim": "32"}, "text"),
        ({"field.delim": "  "}, "text"),  # the first character counts
        ({"serialization.format": " "}, "text"),
        ({"field.delim": " ", "serialization.format": "1"}, "text"),
        ({}, r"with the delimiter '\x01'"),
        ({"serialization.format": "1"}, r"with the delimiter '\x01'"),
        ({"field.delim": ""}, r"with the delimiter '\x01'"),
        ({"field.delim": "\t"}, r"with the delimiter '\t'"),
        ({"field.delim": "9"}, r"with the delimiter '\t'"),
        ({"field.delim": "999"}, "with the delimiter '9'"),  # no byte
        ({"field.delim": ","}, "with the delimiter ','"),
    ],
)
def test_the_delimiter_of_the_text_serde(settings: dict[str, str], read_as: str) -> None:
    serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    wanted = read_as if read_as == "text" else f"{serde} {read_as}"
    assert file_format(serde, settings) == wanted
