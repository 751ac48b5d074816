"""The table a target wants, its DDL, and the tables of others."""

import pytest

from flowathena.catalog import Column, Table
from flowathena.errors import TableMismatchError
from flowathena.tables import ddl, every_field, verify, wanted
from flowathena.target import Target

KEYS = (Column("aws_account", "string"), Column("aws_region", "string"), Column("day", "string"))


def table(*columns: Column, keys: tuple[Column, ...] = KEYS) -> Table:
    return Table("network", "logs", columns, keys, "s3://abc/AWSLogs/")


def test_the_wanted_table_has_the_fields_of_the_format_in_order() -> None:
    target = Target("t", "s3://abc/x/", "network", "logs", log_format=("start", "pkt-srcaddr"))
    assert wanted(target) == Table(
        "network",
        "logs",
        (Column("start", "bigint"), Column("pkt_srcaddr", "string")),
        KEYS,
        "s3://abc/x/AWSLogs/",
        {"EXTERNAL": "TRUE", "skip.header.line.count": "1"},
    )


def test_the_wanted_table_of_a_folder_is_located_in_it() -> None:
    assert wanted(Target("t", "/srv/logs")).location == "/srv/logs/AWSLogs/"


def test_the_default_format_has_14_columns() -> None:
    columns = wanted(Target("t", "s3://abc/")).columns
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


def test_every_field_is_54_columns() -> None:
    assert len(every_field().columns) == 54


def test_ddl_of_a_two_field_format() -> None:
    target = Target("t", "s3://abc/", "network", "logs", log_format=("srcaddr", "end"))
    assert ddl(wanted(target)) == (
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
    assert ddl(hostile) == (
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


def test_the_wanted_table_is_accepted() -> None:
    verify(wanted(Target("t", "s3://abc/")))


def test_a_table_of_every_field_is_accepted() -> None:
    verify(every_field())


@pytest.mark.parametrize(
    "column", [Column("protocol", "bigint"), Column("bytes", "int"), Column("srcport", "bigint")]
)
def test_a_number_may_be_int_or_bigint(column: Column) -> None:
    verify(table(Column("start", "bigint"), column))


@pytest.mark.parametrize(
    "column",
    [
        Column("srcaddr", "int"),
        Column("bytes", "string"),
        Column("sourceaddress", "string"),
        Column("srcaddr", "varchar(15)"),
        Column("bytes", "double"),
    ],
)
def test_a_column_that_is_no_field_of_its_type_is_refused(column: Column) -> None:
    with pytest.raises(TableMismatchError) as caught:
        verify(table(Column("dstaddr", "string"), column))
    assert str(caught.value) == (
        "table network.logs has columns that are no flow-log fields of their type: "
        f"{column.name} {column.type}; choose another table name, flowathena creates it"
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((), "nothing"),
        ((Column("date", "date"),), "date date"),
        (KEYS[:2], "aws_account string, aws_region string"),
        ((KEYS[1], KEYS[0], KEYS[2]), "aws_region string, aws_account string, day string"),
        (
            (*KEYS, Column("hour", "string")),
            "aws_account string, aws_region string, day string, hour string",
        ),
    ],
)
def test_other_partition_keys_are_refused(keys: tuple[Column, ...], told: str) -> None:
    with pytest.raises(TableMismatchError) as caught:
        verify(table(Column("srcaddr", "string"), keys=keys))
    assert str(caught.value) == (
        f"table network.logs is partitioned by ({told}), not by "
        "(aws_account string, aws_region string, day string); "
        "choose another table name, flowathena creates it"
    )
