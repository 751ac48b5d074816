"""Tables of crawlers, blogs and scripts, adopted: what each answers is counted by hand."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.errors import TableMismatchError
from tests.aws import BUCKET, HEADER, RESULTS, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_ACCOUNT = "011122223333"
_SITE = f"AWSLogs/{_ACCOUNT}/vpcflowlogs/eu-west-1/"
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_KINDS = {
    **dict.fromkeys(("version", "srcport", "dstport", "protocol"), "int"),
    **dict.fromkeys(("packets", "bytes", "start", "end"), "bigint"),
}
_COLUMNS = [(name.replace("-", "_"), _KINDS.get(name, "string")) for name in HEADER.split()]
_BY_DAY = "SELECT day, sum(bytes) AS bytes FROM flow_logs GROUP BY day ORDER BY day"


class Site:
    """A bucket whose days, and hours, have one flow each; of the table ``net.flows`` over it."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.config = rig, folder / "flowathena.toml"
        create_bucket(rig, BUCKET)
        create_bucket(rig, RESULTS)
        rig.settings(queue_polls=0)
        self.shell = Shell(folder, rig.env())
        self._columns: Sequence[tuple[str, str]] = ()

    def put(self, day: str, size: int, hour: int = 12, folder: str = "", **fields: Any) -> str:  # noqa: ANN401 - of record
        """Put the log of a flow of so many bytes; gives the location of its folder."""
        moment = datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
        place = folder or f"{_SITE}{day.replace('-', '/')}/"
        values = {"account": _ACCOUNT, "bytes": size, **fields}
        content = log(record(int(moment.timestamp()), **values))
        key = f"{place}{_ACCOUNT}_vpcflowlogs_eu-west-1_fl-0a_{moment:%Y%m%dT%H%MZ}_c0ffee.log.gz"
        self.rig.put_keys(BUCKET, [key], content)
        return f"s3://{BUCKET}/{place}"

    def table(
        self,
        keys: Mapping[str, str],
        partitions: Mapping[Any, str],
        columns: Sequence[tuple[str, str]] = _COLUMNS,
        location: str = f"s3://{BUCKET}/AWSLogs/",
        name: str = "flows",
    ) -> None:
        """Make the table through Glue, as a crawler or a script does."""
        glue = self.rig.client("glue")
        if name == "flows":
            glue.create_database(DatabaseInput={"Name": "net"})
        descriptor = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
            "Location": location,
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": _SERDE, "Parameters": {"field.delim": " "}},
        }
        table = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "skip.header.line.count": "1"},
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys.items()],
            "StorageDescriptor": descriptor,
        }
        glue.create_table(DatabaseName="net", TableInput=table)
        for values, place in partitions.items():
            partition = {
                "Values": list(values),
                "StorageDescriptor": {**descriptor, "Location": place},
            }
            glue.create_partition(DatabaseName="net", TableName=name, PartitionInput=partition)

    def adopt(self) -> dict[str, Any]:
        """Adopt the table; gives the settings of its target."""
        results = ("--output-location", f"s3://{RESULTS}/")
        self.adoption = self.shell.run("table", "adopt", "net.flows", *results)
        shown = self.shell.run("config", "show", "-t", "flows", "--format", "json").json
        settings: dict[str, Any] = shown["targets"]["flows"]
        return settings

    def client(self) -> Client:
        """The target of the table."""
        return Client("flows", config_path=self.config)

    def rows(self, sql: str, since: str, until: str) -> list[tuple[object, ...]]:
        """What the target answers."""
        with pointed_at(self.rig):
            return list(self.client().sql(sql, since=since, until=until).data)

    def registered(self) -> list[tuple[str, ...]]:
        """The values of the registered partitions, in order."""
        pages = self.rig.client("glue").get_paginator("get_partitions")
        found = pages.paginate(DatabaseName="net", TableName="flows")
        return sorted(tuple(each["Values"]) for page in found for each in page["Partitions"])


def test_days_without_leading_zeros(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    places = {
        ("2026", str(month), f"{day:02d}" if day == 7 else str(day)): site.put(
            f"2026-{month:02d}-{day:02d}", month * 1000 + day
        )
        for month, days in ((9, (2, 30)), (11, range(5, 14)))
        for day in days
    }
    site.table({"year": "string", "month": "string", "day": "string"}, places)
    assert site.adopt()["keys"] == {"month": "month M", "day": "day_of_month d"}
    november = [(f"2026-11-{day:02d}", 11_000 + day) for day in range(5, 14)]
    assert site.rows(_BY_DAY, "2026-11-05", "2026-11-14") == november
    assert site.rows(_BY_DAY, "2026-11-06", "2026-11-08") == november[1:3]
    every = [("2026-09-02", 9_002), ("2026-09-30", 9_030), *november]
    assert site.rows(_BY_DAY, "2026-09-01", "2026-11-14") == every
    assert site.rows(_BY_DAY, "2026-09-02", "2026-09-03") == every[:1]
    # A sync writes new days as the table's others are, and no day a second time.
    before = site.registered()
    site.put("2026-11-14", 11_014)
    site.put("2026-12-03", 12_003)
    site.shell.run("partitions", "sync", "-t", "flows", "--all")
    assert set(site.registered()) - set(before) == {("2026", "11", "14"), ("2026", "12", "3")}
    assert len(site.registered()) == len(before) + 2
    done = site.shell.run("partitions", "plan", "-t", "flows", "--all", "--exit-code")
    assert "spelled" not in done.out + done.err
    line = site.shell.refused("table", "convert", "projection", "-t", "flows", "--yes", code=1)
    assert "has numbers without leading zeros" in line
    with pointed_at(rig):
        now = datetime(2026, 12, 4, tzinfo=UTC)
        client = Client("flows", config_path=site.config, clock=lambda: now)
        assert [each.what for each in client.doctor() if "spell" in each.what] == []
    assert site.rows(_BY_DAY, "2026-12-01", "2026-12-08") == [("2026-12-03", 12_003)]


def test_whole_days_without_leading_zeros(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    places = {(f"2026/11/{day}",): site.put(f"2026-11-{day:02d}", day) for day in (5, 9, 10, 13)}
    site.table({"dt": "string"}, places)
    assert site.adopt()["keys"] == {"dt": "day yyyy/M/d"}
    days = [(f"2026-11-{day:02d}", day) for day in (5, 9, 10, 13)]
    assert site.rows(_BY_DAY, "2026-11-01", "2026-11-14") == days
    assert site.rows(_BY_DAY, "2026-11-09", "2026-11-11") == days[1:3]
    site.put("2026-11-14", 14)
    site.shell.run("partitions", "sync", "-t", "flows", "--all")
    assert site.registered()[-3:] == [("2026/11/14",), ("2026/11/5",), ("2026/11/9",)]


@pytest.mark.few(1)
@pytest.mark.parametrize("form", ["{:%Y-%m-%d-%H}", "{:%Y/%m/%d/%H}", "{:%Y%m%d%H}"])
def test_a_key_of_days_with_hours(rig: Rig, tmp_path: Path, form: str) -> None:
    site = Site(rig, tmp_path)
    places = {}
    for day, hour in ((5, 0), (5, 23), (6, 13), (7, 0)):
        moment = datetime(2026, 11, day, hour, tzinfo=UTC)
        folder = f"{_SITE}{moment:%Y/%m/%d/%H}/"
        place = site.put(f"2026-11-{day:02d}", day * 100 + hour, hour, folder)
        places[form.format(moment),] = place
    site.table({"datehour": "string"}, places)
    settings = site.adopt()
    assert settings["layout"] == "plain-hourly"
    assert settings["granularity"] == "hour"
    days = [("2026-11-05", 500 + 523), ("2026-11-06", 613), ("2026-11-07", 700)]
    assert site.rows(_BY_DAY, "2026-11-05", "2026-11-08") == days
    assert site.rows(_BY_DAY, "2026-11-06", "2026-11-07") == days[1:2]
    moment = datetime(2026, 11, 7, 1, tzinfo=UTC)
    site.put("2026-11-07", 1, 1, f"{_SITE}{moment:%Y/%m/%d/%H}/")
    site.shell.run("partitions", "sync", "-t", "flows", "--all")
    assert site.registered() == sorted([*places, (form.format(moment),)])
    site.shell.run("partitions", "plan", "-t", "flows", "--all", "--exit-code")
    status = site.shell.run("partitions", "status", "-t", "flows", "--all", "--format", "json")
    assert "2026-11-07" in status.out


def test_the_table_of_a_crawler(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    places = {
        (_ACCOUNT, "vpcflowlogs", "eu-west-1", "2026", "11", f"{day:02d}"): site.put(
            f"2026-11-{day:02d}", day
        )
        for day in (11, 12)
    }
    columns = [(name, _KINDS.get(name, "string")) for name in HEADER.split()]
    columns[1] = ("account-id", "bigint")
    site.table({f"partition_{place}": "string" for place in range(6)}, places, columns)
    assert site.adopt()["keys"] == {
        "partition_0": "account",
        "partition_1": "service",
        "partition_2": "region",
        "partition_3": "year",
        "partition_4": "month",
        "partition_5": "day_of_month",
    }
    sql = "SELECT account_id, aws_account, aws_region, day, bytes FROM flow_logs ORDER BY day"
    assert site.rows(sql, "2026-11-11", "2026-11-13") == [
        (_ACCOUNT, _ACCOUNT, "eu-west-1", "2026-11-11", 11),
        (_ACCOUNT, _ACCOUNT, "eu-west-1", "2026-11-12", 12),
    ]


def test_a_crawlers_single_day_is_told_by_the_order_of_folders(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    place = site.put("2026-11-11", 11)
    site.table({f"partition_{n}": "string" for n in range(3)}, {("2026", "11", "11"): place})
    assert site.adopt()["keys"] == {
        "partition_0": "year",
        "partition_1": "month",
        "partition_2": "day_of_month",
    }
    assert site.rows(_BY_DAY, "2026-11-11", "2026-11-12") == [("2026-11-11", 11)]


def test_hives_names_over_plain_folders(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    keys = ("aws-account-id", "aws-region", "year", "month", "day")
    values = (_ACCOUNT, "eu-west-1", "2026", "11", "05")
    site.table(dict.fromkeys(keys, "string"), {values: site.put("2026-11-05", 5)})
    assert site.adopt()["layout"] == "plain-daily"
    site.put("2026-11-06", 6)
    site.shell.run("partitions", "sync", "-t", "flows", "--all")
    assert site.registered() == [values, (*values[:4], "06")]
    assert site.rows(_BY_DAY, "2026-11-05", "2026-11-07") == [("2026-11-05", 5), ("2026-11-06", 6)]


def test_a_start_under_another_name(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    columns = [("first_seen" if name == "start" else name, kind) for name, kind in _COLUMNS]
    site.table({"dt": "string"}, {("2026-11-05",): site.put("2026-11-05", 5)}, columns)
    assert site.adopt()["columns"] == {"start": "first_seen"}
    sql = 'SELECT start, "end", bytes FROM flow_logs'
    noon = int(datetime(2026, 11, 5, 12, tzinfo=UTC).timestamp())
    assert site.rows(sql, "2026-11-05", "2026-11-06") == [(noon, noon + 60, 5)]


@pytest.mark.asks_no_query
def test_columns_in_another_order_than_the_logs_are_named(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    columns = [*_COLUMNS[:8], _COLUMNS[9], _COLUMNS[8], *_COLUMNS[10:]]
    site.table({"dt": "string"}, {("2026-11-05",): site.put("2026-11-05", 5)}, columns)
    site.adopt()
    assert "bytes contains packets, packets contains bytes" in site.adoption.err


def test_logs_of_an_unknown_account(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    places = {
        (f"2026-11-{day:02d}",): site.put(
            f"2026-11-{day:02d}", day, folder=f"copies/2026-11-{day:02d}/"
        )
        for day in (5, 6)
    }
    site.table({"dt": "string"}, places, location=f"s3://{BUCKET}/copies/")
    site.adopt()
    assert "aws_account is 'unknown'" in site.adoption.err
    sql = (
        "SELECT f.aws_account, f.aws_region, sum(f.bytes), sum(b.bytes) FROM flow_logs f JOIN "
        "flow_logs_before b ON f.aws_account = b.aws_account AND f.aws_region = b.aws_region "
        "GROUP BY 1, 2"
    )
    assert site.rows(sql, "2026-11-06", "2026-11-07") == [("unknown", "unknown", 6, 5)]
    with pointed_at(rig), pytest.raises(TableMismatchError, match="set account in the target"):
        site.client().sql(_BY_DAY, since="2026-11-05", until="2026-11-07", account=_ACCOUNT)
    view = site.shell.run("view", "ddl", "daily", "-t", "flows").out
    assert "CAST('unknown' AS varchar) AS \"aws_account\"" in view


def test_a_column_too_narrow_for_its_field_is_named(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    columns = [(name, "int" if name == "bytes" else kind) for name, kind in _COLUMNS]
    places = {
        ("2026-11-05",): site.put("2026-11-05", 180),
        ("2026-11-06",): site.put("2026-11-06", 3_000_000_000),
    }
    site.table({"dt": "string"}, places, columns)
    site.adopt()
    with pointed_at(rig):
        asked = {"since": "2026-11-05", "until": "2026-11-07"}
        result = site.client().sql(_BY_DAY, **asked)  # type: ignore[arg-type]
        others = site.client().sql("SELECT count(*) FROM flow_logs", **asked)  # type: ignore[arg-type]
    assert list(result.data) == [("2026-11-05", 180), ("2026-11-06", None)]
    told = (
        "table net.flows are too narrow, and larger values read as NULL: bytes is int, not bigint;"
    )
    assert [told in warning for warning in result.stats.warnings] == [True]
    assert others.stats.warnings == ()
    line = site.shell.try_run("doctor", "-t", "flows").out
    assert "ALTER TABLE `net`.`flows` CHANGE COLUMN `bytes` `bytes` bigint" in line


def test_a_table_without_partitions_gets_an_offer(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    site.put("2026-11-05", 5)
    site.put("2026-11-06", 6)
    site.table({}, {}, location=f"s3://{BUCKET}/AWSLogs/")
    line = site.shell.refused("table", "adopt", "net.flows", code=1)
    assert "has no partition keys" in line
    assert f"every query reads all of s3://{BUCKET}/AWSLogs/" in line
    init, sync = (part for part in line.split("'") if part.startswith("flowathena "))
    for command in (f"{init} --output-location s3://{RESULTS}/", sync):
        site.shell.run(*command.split()[1:])
    assert site.rows(_BY_DAY, "2026-11-05", "2026-11-06") == [("2026-11-05", 5)]


def test_two_tables_of_others_as_one_target(rig: Rig, tmp_path: Path) -> None:
    site = Site(rig, tmp_path)
    old = {(f"2026-11-{day:02d}",): site.put(f"2026-11-{day:02d}", day) for day in (3, 4)}
    new = {("2026", "11", str(day)): site.put(f"2026-11-{day:02d}", day) for day in (5, 6)}
    site.table({"dt": "string"}, old)
    keys = {"year": "string", "month": "string", "day": "string"}
    columns = [*((name, "string") for name, _ in _COLUMNS[:7]), *_COLUMNS[7:]]
    site.table(keys, new, columns, name="newer")
    site.adopt()
    line = site.shell.refused("table", "adopt", "net.flows", "--into", "flows", code=2)
    assert "table 'net.flows' is another source's already" in line
    line = site.shell.refused("table", "adopt", "net.newer", "--into", "flows", "-t", "b", code=2)
    assert "--into takes a target as it is" in line
    done = site.shell.run("table", "adopt", "net.newer", "--into", "flows")
    assert "added net.newer to target 'flows'" in done.err
    again = site.shell.run("table", "adopt", "net.newer", "--into", "flows")
    assert "is up to date" in again.err
    sources = tomllib.loads(site.config.read_text())["targets"]["flows"]["sources"]
    assert sources == [{"table": "newer", "keys": {"day": "day_of_month d"}}]
    days = [(f"2026-11-{day:02d}", day) for day in (3, 4, 5, 6)]
    assert site.rows(_BY_DAY, "2026-11-03", "2026-11-07") == days
    sql = "SELECT srcport, count(*) AS flows FROM flow_logs GROUP BY srcport"
    assert site.rows(sql, "2026-11-03", "2026-11-07") == [(40_000, 4)]
