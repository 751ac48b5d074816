"""What tables made by others come to, worked out by hand; no AWS."""

import pytest

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.onboard.adopt import adopt
from flowathena.shape.key import Role
from flowathena.shape.table import Column, Table

ROOT = "s3://flow-logs/AWSLogs/"
SITE = f"{ROOT}111122223333/vpcflowlogs/eu-west-1/"
# The names of guides before 2020.
OLDER = (
    "version account interfaceid sourceaddress destinationaddress sourceport destinationport "
    "protocol numpackets numbytes starttime endtime action logstatus"
)
V5 = [field for field in FIELDS if field.version <= 5]


def columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "string") for name in names.split())


def table(
    names: str | tuple[Column, ...],
    keys: str,
    location: str = SITE,
    file_format: str = "text",
    **parameters: str,
) -> Table:
    """A table; keys are written ``name:type``."""
    pairs = (key.partition(":") for key in keys.split())
    return Table(
        "net",
        "flows",
        columns(names) if isinstance(names, str) else names,
        tuple(Column(name, kind or "string") for name, _, kind in pairs),
        location,
        {name.replace("__", "."): value for name, value in parameters.items()},
        file_format,
    )


def test_the_table_of_a_guide() -> None:
    adopted = adopt(
        table(OLDER, "dt:string"), {("2026-11-02",): f"{SITE}2026/11/02", ("2026-11-03",): SITE}
    )
    assert adopted.settings == {
        "location": "s3://flow-logs/",
        "database": "net",
        "table": "flows",
        "partition_keys": "single",
        "account": "111122223333",
        "log_region": "eu-west-1",
        "column_names": "older",
    }
    assert adopted.shape.columns["srcaddr"] == "sourceaddress"
    assert adopted.shape.columns["end"] == "endtime"
    assert (adopted.unmapped, adopted.warnings) == ((), ())


def test_aws_text_table_with_a_date() -> None:
    made = table(tuple(Column(f.column, f.hive_type) for f in V5), "date:date")
    adopted = adopt(made, {("2026-11-02",): f"{SITE}2026/11/02/"})
    assert adopted.settings == {
        "location": "s3://flow-logs/",
        "database": "net",
        "table": "flows",
        "partition_keys": "single",
        "account": "111122223333",
        "log_region": "eu-west-1",
        "log_format": [field.name for field in V5],
    }


def test_aws_parquet_table_of_hive_hours() -> None:
    keys = "aws-account-id aws-service aws-region year month day hour"
    made = table(" ".join(f.column for f in V5), keys, ROOT, "parquet", EXTERNAL="true")
    values = ("111122223333", "vpcflowlogs", "eu-west-1", "2026", "11", "02", "13")
    folders = "/".join(f"{k}={v}" for k, v in zip(keys.split(), values, strict=True))
    adopted = adopt(made, {values: f"{ROOT}{folders}"})
    assert adopted.settings == {
        "location": "s3://flow-logs/",
        "database": "net",
        "table": "flows",
        "layout": "hive-hourly",
        "granularity": "hour",
        "partition_keys": "hive",
        "file_format": "parquet",
        "log_format": [field.name for field in V5],
    }
    assert [key.role for key in adopted.shape.keys] == [
        *(Role.ACCOUNT, Role.SERVICE, Role.REGION, Role.YEAR, Role.MONTH),
        *(Role.DAY_OF_MONTH, Role.HOUR),
    ]
    assert adopt(made, {}).settings == adopted.settings  # a table nothing was loaded into


def projected(keys: str, template: str, names: str = "", **parameters: str) -> Table:
    settings = {"projection__enabled": "true", "storage__location__template": template}
    return table(
        names or " ".join(f.column for f in V5 if f.name != "region"),
        keys,
        ROOT,
        **settings,
        **parameters,
    )


def test_aws_projection_table() -> None:
    made = projected(
        "accid region day",
        "s3://flow-logs/a/b/AWSLogs/${accid}/vpcflowlogs/${region}/${day}",
        projection__accid__type="enum",
        projection__region__type="enum",
        projection__day__type="date",
        projection__day__format="yyyy/MM/dd",
    )
    adopted = adopt(made, {})
    assert adopted.settings == {
        "location": "s3://flow-logs/a/b/",
        "database": "net",
        "table": "flows",
        "partitioning": "projection",
        "log_format": [f.name for f in V5 if f.name != "region"],
    }
    day = adopted.shape.key(Role.DAY)
    assert (day.form if day else "") == "yyyy/MM/dd"


def test_aws_projection_of_parquet_by_the_hour() -> None:
    made = projected(
        "region date hour",
        "s3://flow-logs/AWSLogs/111122223333/vpcflowlogs/${region}/${date}/${hour}",
        projection__date__type="date",
        projection__date__format="yyyy/MM/dd",
        projection__hour__type="integer",
        projection__hour__digits="2",
    )
    adopted = adopt(made, {})
    assert adopted.shape.account == "111122223333"
    assert adopted.settings["layout"] == "plain-hourly"
    assert adopted.settings["granularity"] == "hour"
    assert "keys" not in adopted.settings


def test_the_template_tells_what_no_name_does() -> None:
    made = projected(
        "who where when h",
        "s3://flow-logs/AWSLogs/o-exampleorgid/${who}/vpcflowlogs/${where}/${when}/${h}/",
        projection__when__type="date",
        projection__when__format="yyyy/MM/dd",
    )
    adopted = adopt(made, {})
    assert adopted.settings["keys"] == {
        "who": "account",
        "where": "region",
        "when": "day",
        "h": "hour",
    }
    assert adopted.settings["granularity"] == "hour"


def test_a_table_of_all_54_fields() -> None:
    made = table(
        tuple(Column(f.column, f.hive_type) for f in FIELDS),
        "account_partition region_partition date_partition",
        ROOT,
    )
    adopted = adopt(made, {("111122223333", "eu-west-1", "2026/11/02"): f"{SITE}2026/11/02/"})
    assert adopted.settings == {
        "location": "s3://flow-logs/",
        "database": "net",
        "table": "flows",
        "log_format": [field.name for field in FIELDS],
        "keys": {"date_partition": "day yyyy/MM/dd"},
    }
    assert adopted.unmapped == ()


def test_values_tell_what_no_name_does() -> None:
    made = table("start srcaddr", "kunde ort y m d", ROOT)
    days = [("02", f"{SITE}2026/11/02/"), ("11", f"{SITE}2026/11/11/")]
    adopted = adopt(
        made, {("111122223333", "eu-west-1", "2026", "11", d): place for d, place in days}
    )
    assert adopted.settings["keys"] == {
        "kunde": "account",
        "ort": "region",
        "y": "year",
        "m": "month",
        "d": "day_of_month",
    }


def test_numbers_that_may_be_two_things_are_not_guessed() -> None:
    made = table("start srcaddr", "y m d", SITE)
    with pytest.raises(TableMismatchError) as caught:
        adopt(made, {("2026", "11", "11"): f"{SITE}2026/11/11/"})
    lines = str(caught.value).splitlines()
    assert "partition key m has no known meaning" in lines[0]
    assert [line.split(":")[0] for line in lines[1:]] == [*("partition key d",)]


@pytest.mark.parametrize(
    ("value", "form"),
    [("20261102", "yyyyMMdd"), ("2026/11/02", "yyyy/MM/dd"), ("2026.11.02", "yyyy.MM.dd")],
)
def test_the_form_of_a_day_comes_from_its_value(value: str, form: str) -> None:
    adopted = adopt(table(OLDER, "dt"), {(value,): f"{SITE}2026/11/02/"})
    assert adopted.settings["keys"] == {"dt": f"day {form}"}


@pytest.mark.parametrize("value", ["02-11-2026", "2026-11-02-24h", "2026-13-02", "yesterday"])
def test_days_that_cannot_be_compared_are_refused(value: str) -> None:
    with pytest.raises(
        TableMismatchError, match=f"key dt has the value '{value}', which is not a day"
    ):
        adopt(table(OLDER, "dt"), {(value,): f"{SITE}2026/11/02/"})


def test_columns_that_no_name_tells_are_told_by_the_header_line() -> None:
    made = table("version acct eni src dst start weird", "dt")
    header = ("version", "account-id", "interface-id", "srcaddr", "dstaddr", "start", "from-later")
    adopted = adopt(made, {}, header)
    assert adopted.settings["columns"] == {
        "account_id": "acct",
        "interface_id": "eni",
        "srcaddr": "src",
        "dstaddr": "dst",
    }
    assert adopted.unmapped == ("weird",)
    assert adopted.settings["log_format"] == [
        *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "start", "weird")
    ]
    assert adopt(made, {}).unmapped == ("acct", "eni", "src", "dst", "weird")


def test_odd_columns_become_fields_of_no_name() -> None:
    names = tuple(Column(name, "string") for name in ("start", "Start Time", "starttime"))
    adopted = adopt(table(names, "dt"), {})
    assert adopted.settings["log_format"] == ["start", "unknown-2", "starttime"]
    assert adopted.unmapped == ("Start Time", "starttime")


def test_logs_that_stand_outside_of_awslogs() -> None:
    made = table(" ".join(n.replace("-", "_") for n in DEFAULT_FORMAT), "dt", "s3a://copy/flows")
    adopted = adopt(made, {("2026-11-02",): "s3://copy/flows/2026-11-02/"})
    assert adopted.settings == {"location": "s3://copy/flows", "database": "net", "table": "flows"}
    assert [warning.partition(":")[0] for warning in adopted.warnings] == [
        "neither a partition key nor the location shows the account",
        "neither a partition key nor the location shows the Region",
    ]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            table("start", "dt", file_format="org.openx.data.jsonserde.JsonSerDe"),
            "the SerDe org.",
        ),
        (table("start", "dt", file_format=""), "has no SerDe"),
        (table("source1 target1", "dt"), "has no column of a flow log's field"),
        (table("start", ""), "its keys give no day"),
        (table("start", "region"), "its keys give no day"),
        (table("start", "dt day"), "two keys have the same meaning"),
        (table("start", "dt colour"), "partition key colour has no known meaning"),
        (table("start", "dt:double"), "key dt is of type double"),
    ],
)
def test_tables_that_are_no_flow_logs(made: Table, told: str) -> None:
    with pytest.raises(TableMismatchError, match=told):
        adopt(made, {})
