"""``flowathena table adopt`` on the rig: tables made by others answer as our own does."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.doctor.findings import Finding
from flowathena.logs.fields import FIELDS
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, configured, create_bucket, pointed_at
from tests.naps import real_sleep
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_ACCOUNT, _REGION = "111122223333", "eu-west-1"
_SITE = f"s3://{BUCKET}/AWSLogs/{_ACCOUNT}/vpcflowlogs/{_REGION}/"
_DAYS = [date(2026, 11, 18), date(2026, 11, 19)]
_ONE_SITE = {"account": _ACCOUNT, "region": _REGION}
_ALL = tuple(field.name for field in FIELDS)
_V5 = tuple(field.name for field in FIELDS if field.version <= 5)
_TEXT_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_OLDER = {
    "account-id": "account",
    "interface-id": "interfaceid",
    "srcaddr": "sourceaddress",
    "dstaddr": "destinationaddress",
    "srcport": "sourceport",
    "dstport": "destinationport",
    "packets": "numpackets",
    "bytes": "numbytes",
    "start": "starttime",
    "end": "endtime",
    "log-status": "logstatus",
}
Rows = list[tuple[object, ...]]


class Bench:
    """A bucket of sample logs, our own table over it, and Athena to make others."""

    def __init__(
        self,
        rig: Rig,
        folder: Path,
        days: int = 2,
        **shape: Any,  # noqa: ANN401 - of generate
    ) -> None:
        self.rig = rig
        self.config = folder / "flowathena.toml"
        rig.settings(queue_polls=0)
        generate(folder / "logs", until=date(2026, 11, 20), days=days, records=500 * days, **shape)
        create_bucket(rig, BUCKET)
        rig.load_tree(BUCKET, folder / "logs")
        create_bucket(rig, RESULTS)
        self.shell = Shell(folder, rig.env())
        self.shell.run(
            *("init", f"s3://{BUCKET}", "-t", "own", "--database", "own"),
            *("--output-location", f"s3://{RESULTS}/"),
        )

    def own(self, **extent: str) -> Rows:
        """The rows of our own table."""
        with pointed_at(self.rig):
            Client("own", config_path=self.config).partitions.sync(everything=True)
        return self.rows("own", **extent)

    def rows(self, target: str, **extent: str) -> Rows:
        """What a target answers."""
        with pointed_at(self.rig):
            client = Client(target, config_path=self.config)
            asked: dict[str, Any] = {"since": "2026-11-18", "until": "2026-11-20", **extent}
            return client.run("top_https_servers", **asked).data

    def make(self, *statements: str) -> None:
        """Send DDL to Athena, as a guide says."""
        athena = self.rig.client("athena")
        for statement in ("CREATE DATABASE IF NOT EXISTS net", *statements):
            started = athena.start_query_execution(
                QueryString=statement,
                ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/ddl/"},
            )
            status = {"State": "QUEUED"}
            while status["State"] in ("QUEUED", "RUNNING"):
                real_sleep(0.02)
                told = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
                status = told["QueryExecution"]["Status"]
            assert status["State"] == "SUCCEEDED", status

    def adopted(self) -> Rows:
        """The rows of net.flows, adopted."""
        self.shell.run(
            *("table", "adopt", "net.flows", "-t", "theirs"),
            *("--output-location", f"s3://{RESULTS}/"),
        )
        self.shell.run("config", "validate")
        assert self.findings() == []
        return self.rows("theirs")

    def findings(self) -> list[Finding]:
        """What the doctor finds on the day after the last logs."""
        with pointed_at(self.rig):
            day = datetime(2026, 11, 20, tzinfo=UTC)
            return list(Client("theirs", config_path=self.config, clock=lambda: day).doctor())

    def kept(self) -> int:
        """How many partitions a plan keeps: it must find nothing else, and warn of nothing."""
        done = self.shell.run(
            *("partitions", "plan", "-t", "theirs", "--all", "--exit-code", "--format", "json")
        )
        assert "warning" not in done.err
        return int(done.json["keep"])


def _columns(names: tuple[str, ...], **renamed: str) -> str:
    called = {name.replace("_", "-"): given for name, given in renamed.items()}
    kinds = {field.name: field.hive_type for field in FIELDS}
    return ", ".join(
        f"`{called.get(name, name.replace('-', '_'))}` {kinds.get(name, 'string')}"
        for name in names
    )


_TEXT = (
    "ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' LOCATION '{}' "
    "TBLPROPERTIES ('skip.header.line.count'='1'{})"
)


def test_the_table_of_a_guide(rig: Rig, tmp_path: Path) -> None:
    bench = Bench(rig, tmp_path)
    columns = _columns(_ALL[:14], **{name.replace("-", "_"): n for name, n in _OLDER.items()})
    added = [
        f"ALTER TABLE net.flows ADD PARTITION (dt='{day}') LOCATION '{_SITE}{day:%Y/%m/%d}'"
        for day in _DAYS
    ]
    bench.make(
        f"CREATE EXTERNAL TABLE net.flows ({columns}) PARTITIONED BY (dt string) "
        + _TEXT.format(_SITE, ""),
        *added,
    )
    rows = bench.adopted()
    assert rows == bench.own(**_ONE_SITE)
    assert rows
    assert bench.kept() == 2
    text = (tmp_path / "flowathena.toml").read_text().partition("[targets.theirs]")[2]
    assert 'partition_keys = "single"' in text
    assert 'column_names = "older"' in text


def test_aws_text_table_with_a_date(rig: Rig, tmp_path: Path) -> None:
    bench = Bench(rig, tmp_path, log_format=_V5)
    columns = _columns(_V5).replace("`protocol` int", "`protocol` bigint")
    added = [
        f"ALTER TABLE net.flows ADD PARTITION (`date`='{day}') LOCATION '{_SITE}{day:%Y/%m/%d}'"
        for day in _DAYS
    ]
    bench.make(
        f"CREATE EXTERNAL TABLE IF NOT EXISTS net.flows ({columns}) "
        "PARTITIONED BY (`date` date) " + _TEXT.format(_SITE, ""),
        *added,
    )
    assert bench.adopted() == bench.own(**_ONE_SITE)
    assert bench.kept() == 2


@left_to_slow
def test_aws_parquet_table_of_hive_hours(rig: Rig, tmp_path: Path) -> None:
    shape = {"layout": "hive-hourly", "file_format": "parquet", "log_format": _V5}
    bench = Bench(rig, tmp_path, days=1, **shape)
    keys = ("aws-account-id", "aws-service", "aws-region", "year", "month", "day", "hour")
    bench.make(
        f"CREATE EXTERNAL TABLE net.flows ({_columns(_V5)}) "
        f"PARTITIONED BY ({', '.join(f'`{key}` string' for key in keys)}) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' "
        "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' "
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat' "
        f"LOCATION 's3://{BUCKET}/AWSLogs/' "
        "TBLPROPERTIES ('EXTERNAL'='true', 'skip.header.line.count'='1')",
        "MSCK REPAIR TABLE net.flows",
    )
    rows = bench.adopted()
    assert rows == bench.own()
    assert len(rows) == 10
    assert bench.kept() == len(list((tmp_path / "logs").rglob("hour=*")))


@left_to_slow
def test_a_table_of_all_54_fields_made_through_glue(rig: Rig, tmp_path: Path) -> None:
    bench = Bench(rig, tmp_path, log_format=_ALL)
    glue = rig.client("glue")
    glue.create_database(DatabaseInput={"Name": "net"})
    descriptor = {
        "Columns": [{"Name": f.column, "Type": f.hive_type} for f in FIELDS],
        "Location": f"s3://{BUCKET}/AWSLogs/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": _TEXT_SERDE, "Parameters": {"field.delim": " "}},
    }
    keys = ("account_partition", "region_partition", "date_partition")
    glue.create_table(
        DatabaseName="net",
        TableInput={
            "Name": "flows",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"skip.header.line.count": "1"},
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": descriptor,
        },
    )
    for account in (_ACCOUNT, "444455556666"):
        for region in (_REGION, "us-east-1"):
            glue.batch_create_partition(
                DatabaseName="net",
                TableName="flows",
                PartitionInputList=[
                    {
                        "Values": [account, region, f"{day:%Y/%m/%d}"],
                        "StorageDescriptor": {
                            **descriptor,
                            "Location": f"s3://{BUCKET}/AWSLogs/{account}/vpcflowlogs/{region}/"
                            f"{day:%Y/%m/%d}/",
                        },
                    }
                    for day in _DAYS
                ],
            )
    assert bench.adopted() == bench.own()
    assert bench.kept() == 4 * 2
    shown = bench.shell.run("config", "show", "-t", "theirs", "--format", "json").json
    assert shown["targets"]["theirs"]["keys"] == {"date_partition": "day yyyy/MM/dd"}
    assert bench.rows("theirs", **_ONE_SITE) == bench.own(**_ONE_SITE)


@pytest.mark.trino
def test_aws_projection_table(rig: Rig, tmp_path: Path) -> None:
    names = tuple(name for name in _V5 if name != "region")
    bench = Bench(rig, tmp_path, log_format=names)
    template = f"s3://{BUCKET}/AWSLogs/${{accid}}/vpcflowlogs/${{region}}/${{day}}"
    properties = {
        "projection.enabled": "true",
        "projection.accid.type": "enum",
        "projection.accid.values": f"{_ACCOUNT},444455556666",
        "projection.region.type": "enum",
        "projection.region.values": f"{_REGION},us-east-1",
        "projection.day.type": "date",
        "projection.day.range": "2026/11/01,2026/11/30",
        "projection.day.format": "yyyy/MM/dd",
        "storage.location.template": template,
    }
    told = "".join(f", '{name}'='{value}'" for name, value in properties.items())
    bench.make(
        f"CREATE EXTERNAL TABLE net.flows ({_columns(names)}) "
        "PARTITIONED BY (accid string, region string, day string) "
        + _TEXT.format(f"s3://{BUCKET}/AWSLogs/", told)
    )
    rows = bench.adopted()
    assert rows == bench.own()
    assert len(rows) == 10
    assert bench.rows("theirs", **_ONE_SITE) == bench.own(**_ONE_SITE)


@pytest.mark.asks_no_query
def test_it_shows_the_mapping_and_names_what_has_none(rig: Rig, tmp_path: Path) -> None:
    shell = configured(tmp_path, rig)
    glue = rig.client("glue")
    glue.create_database(DatabaseInput={"Name": "net"})
    columns = ("version", "src_ip", "dst_ip", "starttime", "colour")
    descriptor = {
        "Columns": [{"Name": name, "Type": "string"} for name in columns],
        "Location": f"s3://{BUCKET}/AWSLogs/",
        "SerdeInfo": {"SerializationLibrary": _TEXT_SERDE, "Parameters": {"field.delim": " "}},
    }
    glue.create_table(
        DatabaseName="net",
        TableInput={
            "Name": "flows",
            "PartitionKeys": [
                {"Name": "kunde", "Type": "string"},
                {"Name": "dt", "Type": "string"},
            ],
            "StorageDescriptor": descriptor,
        },
    )
    line = shell.refused("table", "adopt", "net.flows", code=1)
    assert "partition key kunde has no known meaning" in line
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, ["AWSLogs/a.log"], b"version srcaddr dstaddr start later\n")
    glue.create_partition(
        DatabaseName="net",
        TableName="flows",
        PartitionInput={
            "Values": [_ACCOUNT, "20261117"],
            "StorageDescriptor": {**descriptor, "Location": f"s3://{BUCKET}/AWSLogs/"},
        },
    )
    writes = len(rig.journal(service="glue"))
    done = shell.run("table", "adopt", "NET.Flows")
    assert [call["op"] for call in rig.journal(service="glue")][writes:] == [
        *("GetTable", "GetPartitions")
    ]
    told = [line.split() for line in done.out.splitlines()]
    assert ["table", "net.flows"] in told
    assert ["src_ip", "string", "srcaddr"] in told
    assert ["starttime", "string", "start"] in told
    assert ["colour", "string"] in told
    assert ["kunde", "string", "key:", "account"] in told
    assert ["dt", "string", "key:", "day", "yyyyMMdd"] in told
    assert "column colour is not a known field" in done.err
    assert "shows the Region: aws_region is 'unknown'" in done.err
    assert "wrote target 'flows'" in done.err
    shown = shell.run("config", "show", "-t", "flows", "--format", "json").json["targets"]["flows"]
    assert shown["columns"] == {"srcaddr": "src_ip", "dstaddr": "dst_ip"}
    assert shown["keys"] == {"kunde": "account", "dt": "day yyyyMMdd"}
    assert "is up to date" in shell.run("table", "adopt", "net.flows").err


@pytest.mark.asks_no_query
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("flows",), 2, "'flows' is not DATABASE.TABLE"),
        (("a.b.c",), 2, "'a.b.c' is not DATABASE.TABLE"),
        (("net.flows",), 1, "table net.flows not found in eu-west-1"),
        (("net.flows", "-t", "a b"), 2, "use letters, digits, _ and -"),
        (("net.flows", "--region", "Ireland"), 2, "region 'Ireland' is not"),
        (("ne t.flows",), 2, "database 'ne t' is not"),
    ],
)
def test_what_cannot_be_adopted(
    rig: Rig, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    shell = Shell(tmp_path, rig.env())
    assert told in shell.refused("table", "adopt", *words, code=code)
    assert not (tmp_path / "flowathena.toml").exists()
