"""The table a target wants, its DDL, and the tables of others."""

from dataclasses import replace

import pytest

from flowathena.catalog import Change
from flowathena.catalog.ddl import add_partitions, create_table
from flowathena.catalog.wanted import every_field, flow_table, wanted_table
from flowathena.errors import TableMismatchError
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

KEYS = (Column("aws_account", "string"), Column("aws_region", "string"), Column("day", "string"))


def table(*columns: Column, keys: tuple[Column, ...] = KEYS) -> Table:
    return Table("network", "logs", columns, keys, "s3://abc/AWSLogs/")


def test_the_wanted_table_has_the_fields_of_the_format_in_order() -> None:
    target = Target("t", "s3://abc/x/", "network", "logs", log_format=("start", "pkt-srcaddr"))
    assert wanted_table(target) == Table(
        "network",
        "logs",
        (Column("start", "bigint"), Column("pkt_srcaddr", "string")),
        KEYS,
        "s3://abc/x/AWSLogs/",
        {"EXTERNAL": "TRUE", "skip.header.line.count": "1"},
    )


def test_the_wanted_table_of_a_folder_is_located_in_it() -> None:
    assert wanted_table(Target("t", "/srv/logs")).location == "/srv/logs/AWSLogs/"


def test_the_default_format_has_14_columns() -> None:
    columns = wanted_table(Target("t", "s3://abc/")).columns
    assert [f"{column.name} {column.type}" for column in columns] == [
        "version int",
        "account_id string",
        "interface_id string",
        "srcaddr string",
        "dstaddr string",
        "srcport int",
        "dstport int",
        "protocol int",
        "packets bigint",
        "bytes bigint",
        "start bigint",
        "end bigint",
        "action string",
        "log_status string",
    ]


def test_every_field_is_a_column() -> None:
    # 54 of versions 2 to 11, and 18 that only transit gateways have.
    assert len(every_field().table.columns) == 54 + 18


def test_ddl_of_a_two_field_format() -> None:
    target = Target("t", "s3://abc/", "network", "logs", log_format=("srcaddr", "end"))
    assert create_table(wanted_table(target)) == (
        "CREATE EXTERNAL TABLE IF NOT EXISTS `network`.`logs` (\n"
        "  `srcaddr` string,\n"
        "  `end` bigint\n"
        ")\n"
        "PARTITIONED BY (\n"
        "  `aws_account` string,\n"
        "  `aws_region` string,\n"
        "  `day` string\n"
        ")\n"
        "ROW FORMAT DELIMITED\n"
        "FIELDS TERMINATED BY ' '\n"
        "LOCATION 's3://abc/AWSLogs/'\n"
        "TBLPROPERTIES (\n"
        "  'EXTERNAL' = 'TRUE',\n"
        "  'skip.header.line.count' = '1'\n"
        ")"
    )


def test_hostile_names_are_quoted() -> None:
    hostile = Table(
        "net`work",
        "lo'gs",
        (Column("a`; DROP TABLE x; --", "string"),),
        (Column("`", "string"),),
        "s3://abc/it's\\here/",
        {"k'": "v\\"},
    )
    assert create_table(hostile) == (
        "CREATE EXTERNAL TABLE IF NOT EXISTS `net``work`.`lo'gs` (\n"
        "  `a``; DROP TABLE x; --` string\n"
        ")\n"
        "PARTITIONED BY (\n"
        "  ```` string\n"
        ")\n"
        "ROW FORMAT DELIMITED\n"
        "FIELDS TERMINATED BY ' '\n"
        "LOCATION 's3://abc/it\\'s\\\\here/'\n"
        "TBLPROPERTIES (\n"
        "  'k\\'' = 'v\\\\'\n"
        ")"
    )


def test_the_shape_of_the_wanted_table_has_its_keys_and_fields() -> None:
    target = Target("t", "s3://abc/", log_format=("start", "pkt-srcaddr"))
    found = flow_table(wanted_table(target), target).shape
    assert found.names == ("aws_account", "aws_region", "day")
    assert found.columns == {"start": "start", "pkt_srcaddr": "pkt_srcaddr"}


@pytest.mark.parametrize(
    "column",
    [
        Column("protocol", "bigint"),
        Column("bytes", "int"),
        Column("srcport", "bigint"),
        Column("bytes", "string"),
        Column("srcaddr", "varchar(15)"),
    ],
)
def test_a_number_may_be_of_any_width_or_a_text_and_a_text_of_any_kind(column: Column) -> None:
    found = flow_table(table(Column("start", "bigint"), column), Target("t", "s3://abc/")).shape
    assert found.columns == {"start": "start", column.name: column.name}


@pytest.mark.parametrize("column", [Column("srcaddr", "int"), Column("bytes", "boolean")])
def test_a_field_of_another_type_is_refused(column: Column) -> None:
    with pytest.raises(TableMismatchError) as caught:
        flow_table(table(Column("start", "bigint"), column), Target("t", "s3://abc/"))
    assert str(caught.value) == (
        "table network.logs has columns whose type their field cannot have: "
        f"{column.name} {column.type}"
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((), "nothing"),
        (KEYS[:2], "aws_account string, aws_region string"),
        ((Column("year", "int"), Column("month", "int")), "year int, month int"),
    ],
)
def test_keys_that_tell_no_day_are_refused(keys: tuple[Column, ...], told: str) -> None:
    with pytest.raises(TableMismatchError) as caught:
        flow_table(table(Column("start", "bigint"), keys=keys), Target("t", "s3://abc/"))
    assert str(caught.value) == (
        f"table network.logs is partitioned by ({told}): its keys give no day"
    )


@pytest.mark.parametrize(
    "keys",
    [(Column("date", "date"),), (KEYS[1], KEYS[0], KEYS[2]), (*KEYS, Column("hour", "string"))],
)
def test_other_keys_and_another_order_are_accepted(keys: tuple[Column, ...]) -> None:
    found = flow_table(table(Column("start", "bigint"), keys=keys), Target("t", "s3://abc/")).shape
    assert found.names == tuple(key.name for key in keys)


def test_a_table_of_another_format_is_refused() -> None:
    orc = replace(table(Column("start", "bigint")), file_format="org.apache.orc.OrcSerde")
    message = (
        "table network.logs has the SerDe org.apache.orc.OrcSerde; "
        "only text and Parquet tables can be read"
    )
    with pytest.raises(TableMismatchError, match=message):
        flow_table(orc, Target("t", "s3://abc/"))


@pytest.mark.parametrize(
    ("location", "account", "region"),
    [
        ("s3://abc/AWSLogs/111122223333/vpcflowlogs/eu-west-1/", "111122223333", "eu-west-1"),
        ("s3://abc/AWSLogs/", "444455556666", "us-east-1"),
    ],
)
def test_the_target_tells_what_the_location_does_not(
    location: str, account: str, region: str
) -> None:
    dated = replace(
        table(Column("start", "bigint"), keys=(Column("dt", "string"),)), location=location
    )
    target = Target("t", "s3://abc/", account=account, log_region=region)
    found = flow_table(dated, target).shape
    assert (found.account, found.region) == (account, region)


def test_what_a_key_tells_the_target_does_not() -> None:
    target = Target("t", "s3://abc/", account="444455556666", log_region="us-east-1")
    found = flow_table(wanted_table(target), target).shape
    assert (found.account, found.region) == ("", "")


def test_partitions_are_added_by_one_statement() -> None:
    keys = (Column("aws-account-id", "string"), Column("year", "int"), Column("day", "date"))
    made = Table("net", "logs", (), keys, "s3://logs/AWSLogs/")
    changes = [
        Change(("111122223333", "2026", "2026-11-07"), "s3://logs/a/"),
        Change(("o'neill\\", "2027", "2027-01-01"), "s3://logs/it's/"),
    ]
    assert add_partitions(made, changes) == (
        "ALTER TABLE `net`.`logs` ADD IF NOT EXISTS\n"
        "  PARTITION (`aws-account-id` = '111122223333', `year` = 2026, `day` = '2026-11-07') "
        "LOCATION 's3://logs/a/'\n"
        "  PARTITION (`aws-account-id` = 'o\\'neill\\\\', `year` = 2027, `day` = '2027-01-01') "
        "LOCATION 's3://logs/it\\'s/'"
    )
