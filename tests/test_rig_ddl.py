import pytest
from botocore.exceptions import ClientError

from tests.rig.client import Rig
from tests.rig.descriptors import LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT
from tests.rig.scenes import flow, make_world, put_day, register, run, start

pytestmark = pytest.mark.rig

TABLE = """-- a comment first
CREATE EXTERNAL TABLE IF NOT EXISTS `net`.`Logs` (
  `version` int,
  `srcaddr` string COMMENT 'who asked',
  `end` bigint,
  tags map<string,array<int>>
)
COMMENT 'VPC flow logs'
PARTITIONED BY (`account` string, `date` date)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '
STORED AS TEXTFILE
LOCATION 's3://logs/AWSLogs/'
TBLPROPERTIES ("skip.header.line.count"="1", 'note'='it''s');
"""


@pytest.fixture
def world(rig: Rig) -> Rig:
    make_world(rig)
    return rig


def done(rig: Rig, sql: str) -> list[list[str | None]]:
    ran = run(rig, sql)
    assert ran.state == "SUCCEEDED", ran.reason
    return ran.rows


def failed(rig: Rig, sql: str) -> str:
    ran = run(rig, sql)
    assert (ran.state, ran.execution["Status"]["AthenaError"]["ErrorCategory"]) == ("FAILED", 2)
    return ran.reason


def refused(rig: Rig, sql: str) -> str:
    with pytest.raises(ClientError) as caught:
        start(rig, sql)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    return str(caught.value.response["Error"]["Message"])


def partitions(rig: Rig, table: str) -> dict[str, str]:
    pages = rig.client("glue").get_paginator("get_partitions")
    return {
        "/".join(item["Values"]): item["StorageDescriptor"]["Location"]
        for page in pages.paginate(DatabaseName="net", TableName=table)
        for item in page["Partitions"]
    }


def test_a_table_lands_in_glue_as_athena_writes_it(world: Rig) -> None:
    assert done(world, TABLE) == []
    stored = world.client("glue").get_table(DatabaseName="net", Name="logs")["Table"]
    held = stored["StorageDescriptor"]
    assert held["Columns"] == [
        {"Name": "version", "Type": "int"},
        {"Name": "srcaddr", "Type": "string", "Comment": "who asked"},
        {"Name": "end", "Type": "bigint"},
        {"Name": "tags", "Type": "map<string,array<int>>"},
    ]
    assert stored["PartitionKeys"] == [
        {"Name": "account", "Type": "string"},
        {"Name": "date", "Type": "date"},
    ]
    assert (held["Location"], held["InputFormat"], held["OutputFormat"]) == (
        "s3://logs/AWSLogs/",
        TEXT_INPUT,
        TEXT_OUTPUT,
    )
    assert held["SerdeInfo"] == {
        "SerializationLibrary": LAZY_SIMPLE,
        "Parameters": {"field.delim": " ", "serialization.format": " "},
    }
    assert stored["TableType"] == "EXTERNAL_TABLE"
    given = stored["Parameters"]
    assert given.pop("transient_lastDdlTime").isdigit()
    assert given == {
        "EXTERNAL": "TRUE",
        "comment": "VPC flow logs",
        "skip.header.line.count": "1",
        "note": "it's",
    }


def test_a_serde_can_be_named(world: Rig) -> None:
    done(
        world,
        "CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE 'x.Y' WITH SERDEPROPERTIES ('k'='v')"
        " STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out' LOCATION 's3://logs/t/'",
    )
    held = world.client("glue").get_table(DatabaseName="net", Name="t")["Table"]
    descriptor = held["StorageDescriptor"]
    assert descriptor["SerdeInfo"] == {
        "SerializationLibrary": "x.Y",
        "Parameters": {"k": "v"},
    }
    assert (descriptor["InputFormat"], descriptor["OutputFormat"]) == ("in", "out")
    assert "HIVE_INVALID_METADATA: Unsupported storage format: net.t:" in failed(
        world, "SELECT * FROM t"
    )


def test_a_table_made_by_ddl_is_read(world: Rig) -> None:
    put_day(world, "2026-01-01", flow("10.0.0.1", 443, 5))
    done(
        world,
        "CREATE EXTERNAL TABLE f (v int, src string) PARTITIONED BY (d string) ROW FORMAT DELIMITED"
        " FIELDS TERMINATED BY ' ' LOCATION 's3://logs/'"
        " TBLPROPERTIES ('skip.header.line.count'='1')",
    )
    done(world, "ALTER TABLE f ADD PARTITION (d='x') LOCATION 's3://logs/2026/01/01/'")
    assert run(world, "SELECT * FROM f").data == [["2", "10.0.0.1", "x"]]


def test_many_partitions_are_added_by_one_statement(world: Rig) -> None:
    done(world, TABLE)
    done(
        world,
        """ALTER TABLE logs ADD IF NOT EXISTS
        PARTITION (account='1', `date`='2026-01-01') LOCATION 's3://logs/1/2026/01/01/'
        PARTITION (`date`=DATE '2026-01-02', account='1') LOCATION 's3://logs/1/2026/01/02/'
        PARTITION (account='2', `date`='2026-01-01')""",
    )
    assert partitions(world, "logs") == {
        "1/2026-01-01": "s3://logs/1/2026/01/01/",
        "1/2026-01-02": "s3://logs/1/2026/01/02/",
        "2/2026-01-01": "s3://logs/AWSLogs/account=2/date=2026-01-01",
    }
    assert done(world, "SHOW PARTITIONS logs") == [
        ["account=1/date=2026-01-01"],
        ["account=1/date=2026-01-02"],
        ["account=2/date=2026-01-01"],
    ]


def test_a_value_is_shown_as_the_name_of_its_folder(world: Rig) -> None:
    done(world, "CREATE EXTERNAL TABLE odd (x int) PARTITIONED BY (k string) LOCATION 's3://logs/'")
    value = "a/b=c:d e%41#ü"
    done(world, f"ALTER TABLE odd ADD PARTITION (k='{value}')")
    folder = "k=a%2Fb%3Dc%3Ad e%2541%23ü"
    assert done(world, "SHOW PARTITIONS odd") == [[folder]]
    assert partitions(world, "odd") == {value: f"s3://logs/{folder}"}
    done(world, f"ALTER TABLE odd DROP PARTITION (k='{value}')")
    world.put_keys("logs", [f"{folder}/a.gz"])
    done(world, "MSCK REPAIR TABLE odd")
    assert partitions(world, "odd") == {value: f"s3://logs/{folder}"}


def test_if_not_exists_leaves_a_wrong_location_and_set_location_mends_it(world: Rig) -> None:
    register(world, "2026-01-01")
    done(
        world,
        "ALTER TABLE flows ADD IF NOT EXISTS PARTITION (day='2026-01-01') LOCATION 's3://logs/x/'",
    )
    assert partitions(world, "flows") == {"2026-01-01": "s3://logs/2026/01/01/"}
    done(world, "ALTER TABLE flows PARTITION (day='2026-01-01') SET LOCATION 's3://logs/x/'")
    assert partitions(world, "flows") == {"2026-01-01": "s3://logs/x/"}
    done(world, "ALTER TABLE flows SET LOCATION 's3://logs/y/'")
    held = world.client("glue").get_table(DatabaseName="net", Name="flows")["Table"]
    assert held["StorageDescriptor"]["Location"] == "s3://logs/y/"


def test_adding_what_exists_fails_and_adds_nothing(world: Rig) -> None:
    register(world, "2026-01-02")
    reason = failed(
        world,
        "ALTER TABLE flows ADD PARTITION (day='2026-01-01') LOCATION 's3://logs/a/'"
        " PARTITION (day='2026-01-02') LOCATION 's3://logs/b/'",
    )
    assert "AlreadyExistsException" in reason
    assert list(partitions(world, "flows")) == ["2026-01-02"]


def test_partitions_are_dropped(world: Rig) -> None:
    register(world, "2026-01-01", "2026-01-02", "2026-01-03")
    done(world, "ALTER TABLE flows DROP PARTITION (day='2026-01-01'), PARTITION (day='2026-01-03')")
    assert list(partitions(world, "flows")) == ["2026-01-02"]
    assert "not found" in failed(world, "ALTER TABLE flows DROP PARTITION (day='2026-01-01')")
    done(world, "ALTER TABLE flows DROP IF EXISTS PARTITION (day='2026-01-01')")


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("ALTER TABLE flows ADD PARTITION (nope='x')", "does not name the keys"),
        ("ALTER TABLE flows ADD PARTITION (day='1 May')", "cannot be converted to type date"),
        (
            "ALTER TABLE flows ADD PARTITION (day='2026-01-01') LOCATION 'http://x/'",
            "not an s3:// location",
        ),
        ("ALTER TABLE nope ADD PARTITION (day='2026-01-01')", "Table not found nope"),
        ("SHOW PARTITIONS nope", "Table not found nope"),
        ("SHOW TABLES IN nope", "Database does not exist: nope"),
        ("DROP TABLE nope", "Table not found nope"),
        ("DROP DATABASE net", "Database net is not empty"),
        ("CREATE DATABASE net", "already exists"),
        ("CREATE EXTERNAL TABLE flows (a int) LOCATION 's3://logs/'", "already exists"),
        (
            "CREATE EXTERNAL TABLE x (a int) PARTITIONED BY (a int) LOCATION 's3://logs/'",
            "Column repeated",
        ),
    ],
)
def test_a_statement_that_cannot_be_carried_out_fails(world: Rig, sql: str, wanted: str) -> None:
    assert wanted in failed(world, sql)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        (
            "CREATE EXTERNAL TABLE x (end bigint) LOCATION 's3://l/'",
            "line 1:26: mismatched input 'end'",
        ),
        ("CREATE EXTERNAL TABLE x (\"a\" int) LOCATION 's3://l/'", "Expecting: identifier"),
        (
            "CREATE EXTERNAL TABLE x (a integr) LOCATION 's3://l/'",
            "line 1:28: mismatched input 'integr'",
        ),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION s3://l/", "cannot recognize input near"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 5", "Expecting: string literal"),
        ("CREATE EXTERNAL TABLE x (a int)", "Expecting: 'LOCATION'"),
        (
            "CREATE EXTERNAL TABLE x (a int) LOCATION 's3://l/' PARTITIONED BY (b int)",
            "mismatched input 'PARTITIONED'",
        ),
        (
            "ALTER TABLE flows ADD PARTITION (day='2026-01-01'), PARTITION (day='2026-01-02')",
            "mismatched input ','",
        ),
        ("ALTER TABLE flows RENAME TO x", "mismatched input 'RENAME'"),
        ("SHOW CREATE TABLE flows", "mismatched input 'CREATE'"),
        ("GRANT x", "mismatched input 'GRANT'"),
    ],
)
def test_what_the_grammar_refuses_never_starts(world: Rig, sql: str, wanted: str) -> None:
    assert wanted in refused(world, sql)


def test_databases_come_and_go(world: Rig) -> None:
    done(world, "CREATE DATABASE IF NOT EXISTS net")
    done(world, "CREATE SCHEMA other COMMENT 'c' LOCATION 's3://logs/o/'")
    assert done(world, "SHOW DATABASES") == [["net"], ["other"]]
    held = world.client("glue").get_database(Name="other")["Database"]
    assert (held["Description"], held["LocationUri"]) == ("c", "s3://logs/o/")
    done(world, "DROP DATABASE IF EXISTS nope")
    done(world, "DROP DATABASE net CASCADE")
    assert done(world, "SHOW DATABASES LIKE 'o*'") == [["other"]]


def test_tables_are_shown_described_and_dropped(world: Rig) -> None:
    done(world, TABLE)
    assert done(world, "SHOW TABLES") == [["flows"], ["logs"]]
    assert done(world, "SHOW TABLES IN net 'l*'") == [["logs"]]
    lines = [row[0] or "" for row in done(world, "DESCRIBE net.logs")]
    assert [line.split() for line in lines[:2]] == [
        ["version", "int"],
        ["srcaddr", "string", "who", "asked"],
    ]
    assert lines[-1].split() == ["date", "date"]
    done(world, "DROP TABLE IF EXISTS logs")
    assert done(world, "SHOW TABLES") == [["flows"]]


def test_properties_are_added(world: Rig) -> None:
    done(world, "ALTER TABLE flows SET TBLPROPERTIES ('a'='b')")
    held = world.client("glue").get_table(DatabaseName="net", Name="flows")["Table"]
    assert held["Parameters"] == {"skip.header.line.count": "1", "EXTERNAL": "TRUE", "a": "b"}


def test_repair_finds_key_value_folders_only(world: Rig) -> None:
    done(world, TABLE)
    world.put_keys(
        "logs",
        [
            "AWSLogs/account=1/date=2026-01-01/a.gz",
            "AWSLogs/account=1/date=2026-01-02/a.gz",
            "AWSLogs/123/vpcflowlogs/2026/01/01/a.gz",
        ],
    )
    done(world, "MSCK REPAIR TABLE logs")
    assert partitions(world, "logs") == {
        "1/2026-01-01": "s3://logs/AWSLogs/account=1/date=2026-01-01",
        "1/2026-01-02": "s3://logs/AWSLogs/account=1/date=2026-01-02",
    }
    assert done(world, "MSCK REPAIR TABLE logs") == []


def test_the_answer_of_a_ddl_statement_is_a_text_file(world: Rig) -> None:
    register(world, "2026-01-01")
    ran = run(world, "SHOW PARTITIONS flows")
    assert (ran.types, ran.execution["StatementType"]) == (["string"], "UTILITY")
    place = ran.execution["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://out/results/{ran.id}.txt"
    body = world.client("s3").get_object(Bucket="out", Key=f"results/{ran.id}.txt")["Body"].read()
    assert body == b"day=2026-01-01\n"
    assert run(world, "DROP TABLE flows").execution["StatementType"] == "DDL"


def test_a_cancelled_change_does_not_happen(world: Rig) -> None:
    world.settings(query_seconds=30)
    query = start(world, "ALTER TABLE flows ADD PARTITION (day='2026-01-01')")
    world.client("athena").stop_query_execution(QueryExecutionId=query)
    assert partitions(world, "flows") == {}


def test_a_statement_of_a_thousand_clauses_is_quick(world: Rig) -> None:
    clauses = "\n".join(
        f"PARTITION (day='{1000 + n}-01-01') LOCATION 's3://logs/{n}/'" for n in range(1000)
    )
    done(world, f"ALTER TABLE flows ADD IF NOT EXISTS {clauses}")
    assert len(partitions(world, "flows")) == 1000


def test_a_statement_may_have_262144_characters(world: Rig) -> None:
    whole = "SHOW PARTITIONS flows"
    assert done(world, whole.ljust(262_144)) == []
    with pytest.raises(ClientError, match="length less than or equal to 262144"):
        start(world, whole.ljust(262_145))
