"""Tables of AWS's pages and of guides, written out by hand, and what they stand for."""

from collections.abc import Mapping

import pytest

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import FIELDS
from flowathena.shape.key import Key, Role
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table

A = "111122223333"
PLACE = f"s3://logs/prefix/AWSLogs/{A}/vpcflowlogs/us-east-1/"
START = "start bigint"


def columns(text: str) -> tuple[Column, ...]:
    """Columns as a statement lists them: names with types."""
    pairs = (entry.split() for entry in text.split(",") if entry.strip())
    return tuple(Column(name, kind) for name, kind in pairs)


def table(
    record: str,
    keys: str,
    location: str = PLACE,
    parameters: Mapping[str, str] | None = None,
) -> Table:
    return Table("d", "t", columns(record), columns(keys), location, parameters or {})


def projected(keys: str, **of_keys: str) -> Table:
    """A projected table; ``day_format=…`` is ``projection.day.format``."""
    properties = {f"projection.{name.replace('_', '.')}": text for name, text in of_keys.items()}
    return table(START, keys, "s3://logs/AWSLogs/", {"projection.enabled": "true", **properties})


GUIDE = (
    "version int, account string, interfaceid string, sourceaddress string, "
    "destinationaddress string, sourceport int, destinationport int, protocol int, "
    "numpackets int, numbytes bigint, starttime int, endtime int, action string, logstatus string"
)
AWS_TEXT = (
    "version int, account_id string, interface_id string, srcaddr string, dstaddr string, "
    "srcport int, dstport int, protocol bigint, packets bigint, bytes bigint, start bigint, "
    "end bigint, action string, log_status string, vpc_id string, subnet_id string, "
    "instance_id string, tcp_flags int, type string, pkt_srcaddr string, pkt_dstaddr string, "
    "region string, az_id string, sublocation_type string, sublocation_id string, "
    "pkt_src_aws_service string, pkt_dst_aws_service string, flow_direction string, "
    "traffic_path int"
)


def test_the_table_of_the_guide() -> None:
    assert recognize(table(GUIDE, "dt string")) == Shape(
        keys=(Key("dt", "string", Role.DAY),),
        columns={
            "version": "version",
            "account_id": "account",
            "interface_id": "interfaceid",
            "srcaddr": "sourceaddress",
            "dstaddr": "destinationaddress",
            "srcport": "sourceport",
            "dstport": "destinationport",
            "protocol": "protocol",
            "packets": "numpackets",
            "bytes": "numbytes",
            "start": "starttime",
            "end": "endtime",
            "action": "action",
            "log_status": "logstatus",
        },
        account=A,
        region="us-east-1",
    )


def test_awss_text_table() -> None:
    names = [column.name for column in columns(AWS_TEXT)]
    assert recognize(table(AWS_TEXT, "date date")) == Shape(
        (Key("date", "date", Role.DAY),), {name: name for name in names}, A, "us-east-1"
    )


def test_awss_hourly_parquet_table_of_hive_folders() -> None:
    keys = (
        "aws-account-id string, aws-service string, aws-region string, "
        "year string, month string, day string, hour string"
    )
    found = recognize(table(AWS_TEXT, keys, "s3://logs/prefix/AWSLogs/"))
    assert found.keys == (
        Key("aws-account-id", "string", Role.ACCOUNT),
        Key("aws-service", "string", Role.SERVICE),
        Key("aws-region", "string", Role.REGION),
        Key("year", "string", Role.YEAR),
        Key("month", "string", Role.MONTH),
        Key("day", "string", Role.DAY_OF_MONTH),
        Key("hour", "string", Role.HOUR),
    )
    assert (found.account, found.region, found.is_hourly) == ("", "", True)


def test_awss_projected_table() -> None:
    record = AWS_TEXT.replace("region string, ", "")
    properties = {
        "projection.enabled": "true",
        "projection.accid.type": "enum",
        "projection.accid.values": f"{A},444455556666",
        "projection.region.type": "enum",
        "projection.region.values": "us-east-1,us-west-2",
        "projection.day.type": "date",
        "projection.day.range": "2024/01/01,NOW",
        "projection.day.format": "yyyy/MM/dd",
        "storage.location.template": "s3://b/AWSLogs/${accid}/vpcflowlogs/${region}/${day}",
    }
    keys = "accid string, region string, day string"
    found = recognize(table(record, keys, "s3://b/AWSLogs/", properties))
    assert found.keys == (
        Key("accid", "string", Role.ACCOUNT),
        Key("region", "string", Role.REGION),
        Key("day", "string", Role.DAY, "yyyy/MM/dd"),
    )
    assert (found.account, found.region, found.projected) == ("", "", True)


def test_the_account_of_a_projected_table_may_stand_in_its_template() -> None:
    properties = {
        "projection.enabled": "TRUE",
        "storage.location.template": f"s3://b/AWSLogs/{A}/vpcflowlogs/${{region}}/${{day}}",
    }
    found = recognize(table(START, "region string, day string", "s3://b/", properties))
    assert (found.account, found.region) == (A, "")


def test_the_location_of_hive_folders_tells_account_and_region() -> None:
    place = f"s3://b/AWSLogs/aws-account-id={A}/aws-service=vpcflowlogs/aws-region=eu-west-1/"
    found = recognize(table(START, "dt string", place))
    assert (found.account, found.region) == (A, "eu-west-1")


def test_a_table_of_every_field_has_each_under_its_name() -> None:
    record = ", ".join(f"{field.column} {field.hive_type}" for field in FIELDS)
    found = recognize(table(record, "aws_account string, aws_region string, day string"))
    assert len(found.columns) == 54
    assert all(name == real for name, real in found.columns.items())


def test_an_injected_account() -> None:
    found = recognize(projected("accid string, day string", accid_type="injected"))
    assert [key.injected for key in found.keys] == [True, False]


def test_a_registered_table_injects_nothing() -> None:
    parameters = {"projection.enabled": "false", "projection.dt.format": "yyyy/MM/dd"}
    (key,) = recognize(table(START, "dt string", parameters=parameters)).keys
    assert key == Key("dt", "string", Role.DAY)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("accountId", Role.ACCOUNT),
        ("AWS_Account_ID", Role.ACCOUNT),
        ("account_partition", Role.ACCOUNT),
        ("region_partition", Role.REGION),
        ("hh", Role.HOUR),
        ("aws-service", Role.SERVICE),
    ],
)
def test_names_are_compared_without_case_and_separators(name: str, role: Role) -> None:
    found = recognize(table(START, f"{name} string, date_partition string"))
    assert found.keys[0].role is role
    assert found.keys[1].role is Role.DAY


def test_a_column_that_is_no_field_keeps_its_name() -> None:
    found = recognize(table("start bigint, cost_centre string, srcAddr string", "dt string"))
    assert found.columns == {"start": "start", "cost_centre": "cost_centre", "srcaddr": "srcAddr"}


@pytest.mark.parametrize("record", ["account string, account_id string, start bigint"])
def test_a_fields_own_name_goes_before_an_older_one(record: str) -> None:
    found = recognize(table(record, "dt string"))
    assert found.columns["account_id"] == "account_id"
    assert found.columns["account"] == "account"


def test_keys_and_columns_of_the_target_go_before_names() -> None:
    record = "begin bigint, source string, srcaddr string"
    found = recognize(
        table(record, "partition_0 string, partition_1 string"),
        keys={"partition_0": "region", "partition_1": "day yyyyMMdd"},
        columns={"start": "begin", "srcaddr": "source"},
    )
    assert found.keys == (
        Key("partition_0", "string", Role.REGION),
        Key("partition_1", "string", Role.DAY, "yyyyMMdd"),
    )
    assert found.columns["start"] == "begin"
    assert found.columns["srcaddr"] == "source"


REFUSED = {
    "unknown key": (
        table(START, "customer string, dt string"),
        (
            "table d.t: partition key customer has no known meaning; set it in "
            "the target's keys (account, region, service, day, year, month, day_of_month, hour)"
        ),
    ),
    "two days": (
        table(START, "dt string, date string"),
        "table d.t is partitioned by (dt string, date string): two keys have the same meaning",
    ),
    "no day": (
        table(START, "year int, month int"),
        "table d.t is partitioned by (year int, month int): its keys give no day",
    ),
    "no key": (table(START, ""), "table d.t is partitioned by (nothing): its keys give no day"),
    "no field": (
        table("ts bigint, payload string", "dt string"),
        (
            "table d.t has no column of a flow log's field; if its columns have other names, set "
            "the target's columns"
        ),
    ),
    "day of numbers": (
        table(START, "dt double"),
        "table d.t: partition key dt is of type double, which role day cannot have",
    ),
    "day of moments": (
        table(START, "dt timestamp"),
        "table d.t: partition key dt is of type timestamp, which role day cannot have",
    ),
    "account of numbers": (
        table(START, "accid double, dt string"),
        "table d.t: partition key accid is of type double, which role account cannot have",
    ),
    "hour of dates": (
        table(START, "dt string, hour date"),
        "table d.t: partition key hour is of type date, which role hour cannot have",
    ),
    "fields of other types": (
        table("start timestamp, srcaddr double, bytes string", "dt string"),
        (
            "table d.t has columns whose type their field cannot have: "
            "start timestamp, srcaddr double"
        ),
    ),
    "days of minutes": (
        projected("day string", day_format="yyyy/MM/dd/HH/mm"),
        (
            "table d.t: partition key day has the day format 'yyyy/MM/dd/HH/mm'; "
            "use one like yyyy/MM/dd, in this order"
        ),
    ),
    "quoted letters": (
        projected("day string", day_format="yyyy'-'MM'-'dd"),
        (
            "table d.t: partition key day has the day format \"yyyy'-'MM'-'dd\"; "
            "use one like yyyy/MM/dd, in this order"
        ),
    ),
    "injected day": (
        projected("day string", day_type="injected"),
        "table d.t: partition key day is injected, so it cannot be filtered by days",
    ),
    "months without zeros": (
        projected(
            "year string, month string, day string",
            year_type="integer",
            month_type="integer",
            day_type="integer",
        ),
        (
            "table d.t: partition key month is a string without leading zeros; "
            "set projection.month.digits to 2, or its type to int"
        ),
    ),
}


@pytest.mark.parametrize(("refused", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_that_cannot_be_read_is_told_in_one_line(refused: Table, told: str) -> None:
    with pytest.raises(TableMismatchError) as caught:
        recognize(refused)
    assert str(caught.value) == told


def test_integer_projection_with_zeros_or_of_ints_is_read() -> None:
    kinds = dict.fromkeys(("year_type", "month_type", "day_type"), "integer")
    texts = "year string, month string, day string"
    recognize(projected(texts, month_digits="2", day_digits="2", **kinds))
    recognize(projected(texts.replace("string", "int"), **kinds))


@pytest.mark.parametrize(
    ("keys", "names", "told"),
    [
        ({"dt": "daay"}, {}, "partition key dt has no known meaning"),
        ({"dt": "day yyyy"}, {}, "partition key dt has the day format 'yyyy'"),
        ({"ds": "day"}, {}, "has no partition key ds: correct the target's keys"),
        ({}, {"srcaddr": "source"}, "has no columns source: correct the target's columns"),
    ],
)
def test_wrong_keys_and_columns_of_a_target_are_told(
    keys: dict[str, str], names: dict[str, str], told: str
) -> None:
    with pytest.raises(TableMismatchError, match=told):
        recognize(table(START, "dt string"), keys=keys, columns=names)
