"""``flowathena table`` over AWS's wire: created twice over, compared part by part, dropped."""

import base64
import copy
import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from tests.aws import BUCKET, Place, configured, create_bucket, places, pointed_at, registered
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_PLACES = places(["111122223333", "444455556666"], ["eu-west-1", "us-east-1"], date(2026, 10, 1), 3)
_WRITES = {
    *("CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable", "DeletePartition"),
    *("BatchCreatePartition", "BatchDeletePartition", "PutObject", "DeleteObject"),
    *("DeleteObjects", "StartQueryExecution"),
}
Json = dict[str, Any]
SHAPES: dict[str, dict[str, str]] = {
    "text": {},
    "parquet": {"file_format": "parquet"},
    "hourly": {"layout": "plain-hourly", "granularity": "hour"},
    "hive": {"layout": "hive-hourly", "partition_keys": "hive", "file_format": "parquet"},
    "older": {"column_names": "older"},
    "single": {
        "partition_keys": "single",
        "account": "111122223333",
        "log_region": "eu-west-1",
    },
    "projection": {"partitioning": "projection"},
}


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key for place in _PLACES])
    return configured(tmp_path, rig)


def shaped(shell: Shell, **settings: str) -> Shell:
    given = {f"FLOWATHENA_{name}": value for name, value in settings.items()}
    return Shell(shell.folder, {**shell.env, **given})


def live(rig: Rig) -> Json:
    glue = rig.client("glue")
    table: Json = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    return table


def written(rig: Rig) -> set[str]:
    return {call["op"] for call in rig.journal()} & _WRITES


def differences(shell: Shell, *options: str, code: int = 3) -> list[Json]:
    found = shell.run("table", "diff", *options, "--format", "json", code=code).json
    assert found["table"] == "network.vpc_flow_logs"
    assert found["equal"] == (code == 0)
    told: list[Json] = found["differences"]
    return told


@pytest.mark.few(2)
@pytest.mark.parametrize("settings", SHAPES.values(), ids=SHAPES)
def test_glue_and_athena_create_the_same_table(
    rig: Rig, shell: Shell, settings: dict[str, str]
) -> None:
    with pointed_at(rig):
        plain = Client(config_path=shell.folder / "flowathena.toml").target
        schema = Client(replace(plain, **settings)).table  # type: ignore[arg-type]
        assert schema.create().created
        by_glue = live(rig)
        assert schema.diff().equal
        assert not schema.create().created
        assert not schema.create(via="athena").created
        assert schema.drop().dropped
        assert schema.create(via="athena").created
        assert schema.diff().equal
    by_athena = live(rig)
    for part in ("PartitionKeys", "TableType"):
        assert by_athena[part] == by_glue[part]
    for part in ("Columns", "Location", "InputFormat", "OutputFormat", "SerdeInfo"):
        assert by_athena["StorageDescriptor"][part] == by_glue["StorageDescriptor"][part], part
    del by_athena["Parameters"]["transient_lastDdlTime"]
    assert by_athena["Parameters"] == by_glue["Parameters"]


def test_athena_is_sent_one_statement_at_a_time(rig: Rig, shell: Shell) -> None:
    shown = shell.run("table", "create", "--via", "athena", "--dry-run").out
    assert written(rig) == set()
    rig.clear_journal()
    shell.run("table", "create", "--via", "athena")
    sent = [call["params"] for call in rig.journal("athena", "StartQueryExecution")]
    assert [each["QueryString"].split("(")[0].strip() for each in sent] == [
        "CREATE DATABASE IF NOT EXISTS `network`",
        "CREATE EXTERNAL TABLE IF NOT EXISTS `network`.`vpc_flow_logs`",
    ]
    assert shown == ";\n\n".join(each["QueryString"] for each in sent) + ";\n"
    for each in sent:
        # The database does not exist when the first one runs.
        assert "Database" not in each.get("QueryExecutionContext", {})
        assert each["WorkGroup"] == "primary"
        assert each["ResultConfiguration"]["OutputLocation"] == "s3://query-results/flowathena/"
    assert not rig.journal("glue", "CreateTable")


def test_a_statement_that_fails_is_told_with_athenas_reason(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    line = shell.refused("table", "create", "--via", "athena", code=1)
    assert line.startswith("error: Athena: StartQueryExecution: AccessDeniedException: ")
    assert not rig.journal("glue", "CreateTable")


def test_an_interrupt_says_what_became_of_the_table(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=60)
    process = subprocess.Popen(
        shell.command("table", "create", "--via", "athena"),
        cwd=shell.folder,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: rig.journal("athena", "GetQueryExecution"), process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    result, error = err.splitlines()
    assert result == (
        "whether table network.vpc_flow_logs is created is not known: interrupted while it was "
        "under way; run the same again, which looks first"
    )
    assert error.startswith("error: interrupted: query ")
    assert "CANCELLED" in error


def test_a_missing_output_location_is_told_with_athenas_reason(rig: Rig, shell: Shell) -> None:
    config = shell.folder / "flowathena.toml"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "output_location" not in line))
    line = shell.refused("table", "create", "--via", "athena", code=1)
    assert "InvalidRequestException: No output location provided" in line
    with pytest.raises(rig.client("glue").exceptions.EntityNotFoundException):
        live(rig)


def test_a_dry_run_changes_nothing(rig: Rig, shell: Shell) -> None:
    done = shell.run("table", "create", "--dry-run")
    assert done.out.startswith("CREATE DATABASE IF NOT EXISTS `network`;\n\nCREATE EXTERNAL TABLE")
    assert "would create table network.vpc_flow_logs" in done.err
    shown = shell.run("table", "create", "--dry-run", "--format", "json").json
    assert (shown["created"], shown["existed"], shown["differences"]) == (False, False, [])
    assert written(rig) == set()

    shell.run("table", "create")
    shell.run("partitions", "sync", "--all")
    rig.clear_journal()
    done = shell.run("table", "drop", "--dry-run")
    assert done.err == (
        "table network.vpc_flow_logs and its 12 registered partitions will be dropped; "
        "the logs in s3://flow-logs/AWSLogs/ stay\n"
    )
    assert written(rig) == set()


def test_drop_leaves_the_objects(rig: Rig, shell: Shell) -> None:
    shell.run("table", "create")
    shell.run("partitions", "sync", "--all")
    assert len(registered(rig)) == 12
    rig.clear_journal()
    assert "it needs --yes" in shell.refused("table", "drop")
    assert written(rig) == set()
    shown = shell.run("table", "drop", "--yes", "--format", "json").json
    assert shown == {
        "table": "network.vpc_flow_logs",
        "location": "s3://flow-logs/AWSLogs/",
        "partitions": 12,
        "dropped": True,
        "views": [],
        "views_unknown": None,
    }
    assert written(rig) == {"DeleteTable"}
    assert not rig.journal("s3")
    objects = rig.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert {entry["Key"] for entry in objects} == {place.key for place in _PLACES}
    assert "does not exist" in shell.refused("table", "drop", "--yes", code=1)
    shell.run("table", "create")
    assert registered(rig) == {}


def view(name: str, query: str, schema: str = "network") -> Json:
    """A view as Athena keeps it."""
    told = {"originalSql": query, "catalog": "awsdatacatalog", "schema": schema}
    encoded = base64.b64encode(json.dumps(told).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "StorageDescriptor": {"Columns": []},
        "ViewOriginalText": f"/* Presto View: {encoded} */",
    }


def test_the_views_that_read_a_table_are_named_before_it_is_dropped(rig: Rig, shell: Shell) -> None:
    shell.run("table", "create")
    for each in (
        view("vpc_flow_logs_daily", 'SELECT * FROM "network"."VPC_Flow_Logs"'),
        view("above", "WITH a AS (SELECT * FROM vpc_flow_logs_daily) SELECT * FROM a"),
        view("joined", "SELECT 1 FROM other o JOIN network.vpc_flow_logs f ON o.a = f.srcaddr"),
        view("hive", "SELECT srcaddr FROM `network`.`vpc_flow_logs` LATERAL VIEW explode(x)"),
        # These read something else.
        view("longer", "SELECT * FROM vpc_flow_logs_archive"),
        view("elsewhere", "SELECT * FROM archive.vpc_flow_logs"),
        view("of_its_name", "SELECT 'vpc_flow_logs' AS vpc_flow_logs"),
        {**view("table", "SELECT * FROM vpc_flow_logs"), "TableType": "EXTERNAL_TABLE"},
    ):
        rig.client("glue").create_table(DatabaseName="network", TableInput=each)
    named = ["above", "hive", "joined", "vpc_flow_logs_daily"]
    told = (
        "table network.vpc_flow_logs and its 0 registered partitions will be dropped; "
        "the logs in s3://flow-logs/AWSLogs/ stay\n"
        + " and ".join(f"network.{name}" for name in named)
        + " read it and fail until there is a table again\n"
    )
    rig.clear_journal()
    assert shell.run("table", "drop", "--dry-run").err == told
    assert len(rig.journal("glue", "GetTables")) == 1
    done = shell.run("table", "drop", "--yes", "--format", "json")
    assert done.err == told + "dropped table network.vpc_flow_logs\n"
    assert done.json["views"] == [f"network.{name}" for name in named]


def test_who_may_not_list_the_database_is_told_so_and_drops_the_table(
    rig: Rig, shell: Shell
) -> None:
    shell.run("table", "create")
    rig.faults([{"service": "glue", "op": "GetTables", "kind": "access_denied"}])
    done = shell.run("table", "drop", "--yes", "--format", "json")
    line = done.err.splitlines()[1]
    assert line.startswith("other views may read it: Glue database network: GetTables: AccessDen")
    assert (done.json["views"], done.json["dropped"]) == ([], True)
    assert "AccessDenied" in done.json["views_unknown"]


@pytest.mark.parametrize(
    ("kind", "descriptor"),
    [
        ("VIRTUAL_VIEW", {"Columns": [{"Name": "start", "Type": "bigint"}]}),
        (
            "EXTERNAL_TABLE",
            {
                "Columns": [{"Name": "start", "Type": "bigint"}],
                "Location": "s3://elsewhere/",
                "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
            },
        ),
        (
            "EXTERNAL_TABLE",
            {
                "Columns": [{"Name": "customer", "Type": "string"}],
                "Location": "s3://elsewhere/",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"field.delim": ","},
                },
            },
        ),
    ],
    ids=["view", "json", "another's"],
)
def test_what_is_no_flow_log_table_is_not_dropped(
    rig: Rig, shell: Shell, kind: str, descriptor: Json
) -> None:
    glue = rig.client("glue")
    glue.create_database(DatabaseInput={"Name": "network"})
    glue.create_table(
        DatabaseName="network",
        TableInput={"Name": "vpc_flow_logs", "TableType": kind, "StorageDescriptor": descriptor},
    )
    line = shell.refused("table", "drop", "--yes", code=1)
    assert line.startswith("error: table network.vpc_flow_logs has ")
    assert line.endswith("; only text and Parquet tables can be read")
    assert not rig.journal("glue", "DeleteTable")
    # A view is compared, too: everything is missing.
    assert {"partition key", "file format"} <= {each["part"] for each in differences(shell)}
    shell.run("table", "create", code=3)


def _moved(table: Json) -> None:
    columns = table["StorageDescriptor"]["Columns"]
    columns.insert(0, columns.pop(4))


def _column(table: Json, at: int, **values: str) -> None:
    table["StorageDescriptor"]["Columns"][at].update(values)


DRIFTS: dict[str, tuple[Callable[[Json], object], list[tuple[str | None, ...]]]] = {
    "a column is missing": (
        lambda table: table["StorageDescriptor"]["Columns"].pop(7),
        [("column", "protocol", "missing", "int", None)],
    ),
    "a column is surplus": (
        lambda table: table["StorageDescriptor"]["Columns"].append(
            {"Name": "vpc_id", "Type": "string"}
        ),
        [("column", "vpc_id", "surplus", None, "string")],
    ),
    "a column has moved": (_moved, [("column", "dstaddr", "moved", "place 5", "place 1")]),
    "a column has another type": (
        lambda table: _column(table, 7, Type="bigint"),
        [("column", "protocol", "other", "int", "bigint")],
    ),
    "a column has another name": (
        lambda table: _column(table, 3, Name="sourceaddress"),
        [
            ("column", "srcaddr", "missing", "string", None),
            ("column", "sourceaddress", "surplus", None, "string"),
        ],
    ),
    "keys": (
        lambda table: table.update(
            PartitionKeys=[
                {"Name": "aws_region", "Type": "string"},
                {"Name": "aws_account", "Type": "string"},
                {"Name": "day", "Type": "date"},
            ]
        ),
        [
            ("partition key", "aws_region", "moved", "place 2", "place 1"),
            ("partition key", "day", "other", "string", "date"),
        ],
    ),
    "the file format": (
        lambda table: table["StorageDescriptor"]["SerdeInfo"].update(
            SerializationLibrary="org.apache.hadoop.hive.serde2.OpenCSVSerde"
        ),
        [("file format", None, "other", "text", "org.apache.hadoop.hive.serde2.OpenCSVSerde")],
    ),
    "what is between fields": (
        lambda table: table["StorageDescriptor"]["SerdeInfo"]["Parameters"].update(
            {"field.delim": "\t"}
        ),
        [
            (
                "file format",
                None,
                "other",
                "text",
                "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe with the delimiter '\\t'",
            )
        ],
    ),
    "the location": (
        lambda table: table["StorageDescriptor"].update(Location="s3://flow-logs/"),
        [("location", None, "other", "s3://flow-logs/AWSLogs/", "s3://flow-logs/")],
    ),
    "the header": (
        lambda table: table["Parameters"].pop("skip.header.line.count"),
        [("property", "skip.header.line.count", "missing", "1", None)],
    ),
    "nothing that matters": (
        lambda table: (
            table["Parameters"].update({"transient_lastDdlTime": "1", "comment": "ours"}),
            table["StorageDescriptor"].update(Location="s3://flow-logs/AWSLogs"),
        ),
        [],
    ),
}


@pytest.mark.parametrize(("change", "told"), DRIFTS.values(), ids=DRIFTS)
def test_drift_is_found_in_each_part(
    rig: Rig, shell: Shell, change: Callable[[Json], object], told: list[tuple[str | None, ...]]
) -> None:
    names = ("part", "name", "kind", "wanted", "live")
    expected = [dict(zip(names, each, strict=True)) for each in told]
    with pointed_at(rig):
        schema = Client(config_path=shell.folder / "flowathena.toml").table
        schema.create()
        alter(rig, change)
        assert schema.diff().to_json()["differences"] == expected
        rig.clear_journal()
        again = schema.create()
    assert (again.created, again.to_json()["differences"]) == (False, expected)
    assert written(rig) == set()


def alter(rig: Rig, change: Callable[[Json], object]) -> None:
    """Change a table as somebody else would, by Glue's API."""
    taken = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
    table = {key: copy.deepcopy(value) for key, value in live(rig).items() if key in taken}
    change(table)
    rig.client("glue").update_table(DatabaseName="network", TableInput=table)


def test_the_table_of_differences(rig: Rig, shell: Shell) -> None:
    shell.run("table", "create")
    alter(rig, lambda table: _column(table, 7, Type="bigint"))
    done = shell.run("table", "diff", code=3)
    assert done.out.splitlines() == [
        "part    name      difference  wanted  live",
        "------  --------  ----------  ------  ------",
        "column  protocol  other       int     bigint",
    ]
    assert done.err == "table network.vpc_flow_logs differs from the wanted one in 1 place\n"
    assert differences(shell) == [
        {"part": "column", "name": "protocol", "kind": "other", "wanted": "int", "live": "bigint"}
    ]
    created = shell.run("table", "create", code=3)
    assert created.out == done.out
    assert created.err.endswith("nothing is changed (see 'flowathena table diff -t prod')\n")


def test_without_a_table_there_is_drift_in_one_line(rig: Rig, shell: Shell) -> None:
    line = shell.refused("table", "diff", code=3)
    assert (
        line == "table network.vpc_flow_logs does not exist; "
        "'flowathena table create -t prod' creates it"
    )
    assert differences(shell) == []
    assert written(rig) == set()


@pytest.mark.parametrize(
    ("command", "op"),
    [
        (("create",), "CreateTable"),
        (("create",), "CreateDatabase"),
        (("diff",), "GetTable"),
        (("drop", "--yes"), "DeleteTable"),
        (("drop", "--yes"), "GetPartitions"),
    ],
)
def test_access_denied_is_one_line(
    rig: Rig, shell: Shell, command: tuple[str, ...], op: str
) -> None:
    if command[0] == "drop":
        shell.run("table", "create")
    rig.faults([{"service": "glue", "op": op, "kind": "access_denied"}])
    done = shell.run("table", *command, code=1)
    (line,) = (line for line in done.err.splitlines() if "will be dropped" not in line)
    assert line.startswith(
        f"error: Glue table network.vpc_flow_logs: {op}: AccessDeniedException: "
    )
    assert done.out == ""


def projected(shell: Shell) -> Shell:
    return shaped(shell, PARTITIONING="projection")


def test_a_projection_lists_the_accounts_and_regions_of_the_bucket(rig: Rig, shell: Shell) -> None:
    shell = projected(shell)
    shell.run("table", "create", "--since", "2026-09-01")
    assert live(rig)["Parameters"] == {
        "EXTERNAL": "TRUE",
        "skip.header.line.count": "1",
        "projection.enabled": "true",
        "projection.aws_account.type": "enum",
        "projection.aws_account.values": "111122223333,444455556666",
        "projection.aws_region.type": "enum",
        "projection.aws_region.values": "eu-west-1,us-east-1",
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": "2026/09/01,NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": "s3://flow-logs/AWSLogs/${aws_account}/vpcflowlogs/"
        "${aws_region}/${day}/",
    }
    # The root, two accounts.
    assert len(rig.journal("s3", "ListObjectsV2")) == 3
    # The first day is not the settings': that of the table counts.
    assert differences(shell, code=0) == []

    rig.put_keys(BUCKET, [Place("777788889999", "ap-south-1", date(2026, 10, 2)).key])
    assert [(each["name"], each["wanted"]) for each in differences(shell)] == [
        ("projection.aws_account.values", "111122223333,444455556666,777788889999"),
        ("projection.aws_region.values", "ap-south-1,eu-west-1,us-east-1"),
    ]
    assert differences(shell, "--since", "2026-08-01")[-1] == {
        "part": "property",
        "name": "projection.day.range",
        "kind": "other",
        "wanted": "2026/08/01,NOW",
        "live": "2026/09/01,NOW",
    }


def test_a_projection_written_otherwise_is_the_same(rig: Rig, shell: Shell) -> None:
    def as_others_write_it(table: Json) -> None:
        properties = table["Parameters"]
        properties["projection.enabled"] = "TRUE"
        properties["projection.aws_region.values"] = "us-east-1,eu-west-1"
        properties["projection.day.range"] = "2020/01/01, NOW"
        del properties["projection.day.interval"], properties["projection.day.interval.unit"]
        place = properties["storage.location.template"]
        properties["storage.location.template"] = place.rstrip("/")

    shell = projected(shell)
    shell.run("table", "create")
    alter(rig, as_others_write_it)
    assert differences(shell, code=0) == []
    alter(rig, lambda table: table["Parameters"].update({"projection.enabled": "false"}))
    assert {each["kind"] for each in differences(shell)} == {"missing"}


def test_a_projection_of_what_is_named_lists_nothing(rig: Rig, shell: Shell) -> None:
    named = ("--account", "999900001111", "--region", "eu-north-1")
    asked = (*named, "--organization", "o-abcdefghij")
    sql = projected(shell).run("table", "ddl", *asked, "--since", "2026-11-01").out
    assert "'projection.aws_account.values' = '999900001111'" in sql
    assert "'projection.aws_region.values' = 'eu-north-1'" in sql
    assert "'projection.day.range' = '2026/11/01,NOW'" in sql
    assert "AWSLogs/o-abcdefghij/${aws_account}/vpcflowlogs/" in sql
    assert {call["op"] for call in rig.journal()} == {"CreateBucket"}
    shown = shell.run("table", "ddl", "--partitioning", "projection", "--region", "us-east-1").out
    assert "'projection.aws_account.values' = '111122223333,444455556666'" in shown
    assert "'projection.aws_region.values' = 'us-east-1'" in shown


def test_an_organization_folder_goes_into_the_template(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    below = [
        Place("111122223333", "eu-west-1", date(2026, 10, 1), organization="o-exampleorgid"),
        Place("444455556666", "us-east-1", date(2026, 10, 1), organization="o-exampleorgid"),
    ]
    rig.put_keys(BUCKET, [place.key for place in below])
    shell = projected(configured(tmp_path, rig))
    sql = shell.run("table", "ddl").out
    assert "s3://flow-logs/AWSLogs/o-exampleorgid/${aws_account}/vpcflowlogs/${aws_region}/" in sql

    rig.put_keys(BUCKET, [_PLACES[0].key])
    assert shell.refused("table", "create") == (
        "error: s3://flow-logs/ has accounts below no organization folder and o-exampleorgid; "
        "a projection has one location template: name one with --organization, or register "
        "partitions"
    )
    named = shell.run("table", "ddl", "--organization", "o-exampleorgid").out
    assert "'projection.aws_account.values' = '111122223333,444455556666'" in named
    alone = shell.run("table", "ddl", "--account", "444455556666").out
    assert "AWSLogs/o-exampleorgid/${aws_account}" in alone


@pytest.mark.parametrize(
    ("asked", "told", "code"),
    [
        (("--account", "1"), "account: ", 2),
        (("--since", "yesterday"), "since: ", 2),
        (("--organization", "acme"), "organization 'acme' is not an o-… id", 2),
        (("--account", "999900001111"), "contains no flow logs of these accounts and Regions", 1),
    ],
)
def test_a_projection_of_what_cannot_be(
    rig: Rig, shell: Shell, asked: tuple[str, ...], told: str, code: int
) -> None:
    assert told in projected(shell).refused("table", "create", *asked, code=code)
    assert written(rig) == set()


def test_injected_accounts_stay_injected(rig: Rig, shell: Shell) -> None:
    shell = projected(shell)
    shell.run("table", "create", "--injected-accounts")
    properties = live(rig)["Parameters"]
    assert properties["projection.aws_account.type"] == "injected"
    assert "projection.aws_account.values" not in properties
    assert differences(shell, code=0) == []


def test_a_table_is_created_without_the_right_to_create_databases(rig: Rig, shell: Shell) -> None:
    rig.client("glue").create_database(DatabaseInput={"Name": "network"})
    rig.faults([{"service": "glue", "op": "CreateDatabase", "kind": "access_denied"}])
    shell.run("table", "create")
    assert shell.run("table", "diff").code == 0
