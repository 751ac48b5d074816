"""The views on a real Trino: their rows, their partitions, created a second time."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.logs.fields import BY_NAME
from flowathena.table.projection import ProjectionOptions
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.shell import Shell

pytestmark = pytest.mark.trino

_FORMAT = (
    *("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes"),
    *("start", "end", "action", "log-status", "vpc-id", "tcp-flags", "pkt-dst-aws-service"),
    *("flow-direction", "traffic-path"),
)
_OLDER = {
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
_ACCOUNT, _REGION = "111122223333", "eu-west-1"
_ONE = f"aws_account = '{_ACCOUNT}'"  # an injected account has to be named
_DAY = 1_791_158_400  # 2026-10-05T00:00:00Z
_END = _DAY + 86_400
_FIFTH = (
    f"eni-1 10.0.0.1 192.0.2.9 49152 443 6 3 180 {_DAY} {_DAY + 60} ACCEPT OK vpc-1 2 S3 egress 8",
    f"eni-1 10.0.0.1 192.0.2.9 4915 443 6 2 100 {_DAY + 100} {_DAY + 160} ACCEPT OK vpc-1 19 S3 egress 8",  # noqa: E501
    f"eni-1 192.0.2.9 10.0.0.1 0 0 1 1 84 {_DAY + 5} {_DAY + 6} REJECT OK vpc-1 0 - ingress -",
    f"eni-1 10.0.0.1 10.0.0.7 0 0 200 1 40 {_DAY + 7} {_DAY + 8} ACCEPT OK vpc-1 - - egress 9",
    f"eni-2 - - - - - - - {_DAY + 9} {_DAY + 69} - NODATA - - - - -",
)
_SIXTH = (
    f"eni-1 10.0.0.1 192.0.2.9 49154 443 6 5 500 {_END} {_END + 60} ACCEPT OK vpc-1 18 S3 egress 1",
)
_LOGS = {date(2026, 10, 5): _FIFTH, date(2026, 10, 6): _SIXTH}
_NAMES = (
    "start_time, end_time, protocol_name, tcp_flag_names, traffic_path_name, "
    "pkt_dst_aws_service, srcaddr, packets, aws_account, aws_region, day"
)
_SITE = [_ACCOUNT, _REGION]
_READABLE = [
    ["2026-10-05 00:00:00.000", "2026-10-05 00:01:00.000", "TCP", "SYN", "internet gateway",
     "S3", "10.0.0.1", 3, *_SITE, "2026-10-05"],
    ["2026-10-05 00:00:05.000", "2026-10-05 00:00:06.000", "ICMP", "", None,
     None, "192.0.2.9", 1, *_SITE, "2026-10-05"],
    ["2026-10-05 00:00:07.000", "2026-10-05 00:00:08.000", "200", None, "9",
     None, "10.0.0.1", 1, *_SITE, "2026-10-05"],
    ["2026-10-05 00:00:09.000", "2026-10-05 00:01:09.000", None, None, None,
     None, None, None, *_SITE, "2026-10-05"],
    ["2026-10-05 00:01:40.000", "2026-10-05 00:02:40.000", "TCP", "SYN,ACK,FIN",
     "internet gateway", "S3", "10.0.0.1", 2, *_SITE, "2026-10-05"],
    ["2026-10-06 00:00:00.000", "2026-10-06 00:01:00.000", "TCP", "SYN,ACK", "same VPC",
     "S3", "10.0.0.1", 5, *_SITE, "2026-10-06"],
]  # fmt: skip
_GRAIN = (
    "date, day, aws_account, aws_region, vpc_id, interface_id, srcaddr, dstaddr, dstport, "
    "protocol_name, action, flow_direction, traffic_path_name, pkt_dst_aws_service, "
    "flows, packets, bytes, first_start_time, last_start_time"
)
_FIFTH_DAY = ["2026-10-05 00:00:00.000", "2026-10-05", *_SITE, "vpc-1", "eni-1"]
_DAILY = [
    [*_FIFTH_DAY, "10.0.0.1", "10.0.0.7", 0, "200", "ACCEPT", "egress", "9", None,
     1, 1, 40, "2026-10-05 00:00:07.000", "2026-10-05 00:00:07.000"],
    [*_FIFTH_DAY, "10.0.0.1", "192.0.2.9", 443, "TCP", "ACCEPT", "egress", "internet gateway",
     "S3", 2, 5, 280, "2026-10-05 00:00:00.000", "2026-10-05 00:01:40.000"],
    [*_FIFTH_DAY, "192.0.2.9", "10.0.0.1", 0, "ICMP", "REJECT", "ingress", None, None,
     1, 1, 84, "2026-10-05 00:00:05.000", "2026-10-05 00:00:05.000"],
    ["2026-10-06 00:00:00.000", "2026-10-06", *_SITE, "vpc-1", "eni-1", "10.0.0.1", "192.0.2.9",
     443, "TCP", "ACCEPT", "egress", "same VPC", "S3",
     1, 5, 500, "2026-10-06 00:00:00.000", "2026-10-06 00:00:00.000"],
]  # fmt: skip
# Settings of a table, and what the constraint of its days is for the fifth of October.
_SHAPES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "registered": ({}, {"day": "2026-10-05"}),
    "projected": ({"partitioning": "projection"}, {"day": "2026/10/05"}),
    "parquet": (
        {"file_format": "parquet", "layout": "hive-daily", "partition_keys": "hive"},
        {"year": "2026", "month": "10", "day": "05"},
    ),
    "injected": ({"partitioning": "projection"}, {"day": "2026/10/05"}),
    "guide": ({}, {"dt": "2026-10-05"}),
}
_ASKED: dict[str, ProjectionOptions] = {
    "projected": {"since": "2026-10-01"},
    "injected": {"since": "2026-10-01", "injected": True},
}
every_shape = pytest.mark.parametrize("name", _SHAPES)


def _parquet(lines: tuple[str, ...]) -> bytes:
    """Numbers that are ``-`` are NULL in Parquet files, texts stay."""
    rows = [dict(zip(_FORMAT, line.split(), strict=True)) for line in lines]
    types = {"int": pa.int32(), "bigint": pa.int64(), "string": pa.string()}
    columns = {}
    for name in _FORMAT:
        kind = BY_NAME[name].hive_type
        values = [row[name] for row in rows]
        read = values if kind == "string" else [None if v == "-" else int(v) for v in values]
        columns[name.replace("-", "_")] = pa.array(read, types[kind])
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def _upload(rig: Rig) -> None:
    create_bucket(rig, BUCKET)
    put = rig.client("s3").put_object
    for day, lines in _LOGS.items():
        place = Place(_ACCOUNT, _REGION, day)
        put(Bucket=BUCKET, Key=place.key, Body=log(*lines, header=" ".join(_FORMAT)))
        folder = (
            f"parquet/AWSLogs/aws-account-id={_ACCOUNT}/aws-service=vpcflowlogs/"
            f"aws-region={_REGION}/year={day:%Y}/month={day:%m}/day={day:%d}/"
        )
        put(Bucket=BUCKET, Key=f"{folder}a.log.parquet", Body=_parquet(lines))


def _guide(rig: Rig) -> None:
    """A table with the names of guides before 2020, every column a text but one."""
    columns = [
        {
            "Name": _OLDER.get(name, name.replace("-", "_")),
            "Type": "bigint" if name == "protocol" else "string",
        }
        for name in _FORMAT
    ]
    site = f"s3://{BUCKET}/AWSLogs/{_ACCOUNT}/vpcflowlogs/{_REGION}/"
    glue = rig.client("glue")
    made = glue.get_table(DatabaseName="network", Name="registered")["Table"]
    descriptor = {**made["StorageDescriptor"], "Columns": columns}
    table = {
        "Name": "guide",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": made["Parameters"],
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "StorageDescriptor": {**descriptor, "Location": site},
    }
    glue.create_table(DatabaseName="network", TableInput=table)
    for day in _LOGS:
        placed = {**descriptor, "Location": f"{site}{day:%Y/%m/%d}/"}
        partition = {"Values": [day.isoformat()], "StorageDescriptor": placed}
        glue.create_partition(DatabaseName="network", TableName="guide", PartitionInput=partition)


@pytest.fixture(scope="module")
def site(rig_server: Rig, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The bucket, and a table of every shape with its views."""
    rig_server.reset()
    rig_server.settings(queue_polls=0)
    _upload(rig_server)
    shell = configured(tmp_path_factory.mktemp("views"), rig_server)
    for name in _SHAPES:
        with pointed_at(rig_server):
            client = _client(shell, name)
            if name == "guide":
                _guide(rig_server)
            else:
                client.table.create(**_ASKED.get(name, {}))
            if name in ("registered", "parquet"):
                client.partitions.sync(everything=True)
            assert [each.changed for each in client.views.create()] == [True, True]
    return shell


def _client(shell: Shell, name: str, **settings: Any) -> Client:  # noqa: ANN401 - of a target
    plain = Client(config_path=shell.folder / "flowathena.toml").target
    given, _ = _SHAPES[name]
    prefix = "parquet/" if "parquet" in name else ""
    target = replace(
        plain,
        location=f"{plain.location}{prefix}",
        **{"table": name, "log_format": _FORMAT, **given, **settings},
    )
    return Client(target, config_path=shell.folder / "flowathena.toml")


@pytest.fixture
def reached(rig_server: Rig) -> Iterator[Rig]:
    with pointed_at(rig_server):
        rig_server.clear_journal()
        yield rig_server


@every_shape
@pytest.mark.usefixtures("site")
def test_the_rows(trino: Trino, name: str) -> None:
    # Without days a projected table is asked for all of its years.
    days = f"WHERE {_ONE} AND day BETWEEN '2026-10-05' AND '2026-10-06'"
    readable = f"SELECT {_NAMES} FROM network.{name}_readable {days} ORDER BY start_time"
    assert trino.rows(readable) == _READABLE
    daily = f"SELECT {_GRAIN} FROM network.{name}_daily {days} ORDER BY day, srcaddr, dstaddr"
    assert trino.rows(daily) == _DAILY
    kinds = trino.types(f"SELECT {_GRAIN} FROM network.{name}_daily WHERE false")
    assert [kind.partition("(")[0] for kind in kinds[:2]] == ["timestamp", "varchar"]
    assert kinds[14:17] == ["bigint"] * 3
    types = trino.types(f"SELECT protocol, bytes FROM network.{name}_readable WHERE false")
    assert types == ["integer", "bigint"]


@every_shape
@pytest.mark.usefixtures("site")
def test_a_day_prunes_through_the_view(trino: Trino, name: str) -> None:
    _, expected = _SHAPES[name]
    asked = (
        "day = '2026-10-05'",
        f"day > '2026-10-04' AND day < '2026-10-06' AND aws_region IN ('{_REGION}', 'none')",
    )
    for view, condition in ((view, each) for view in ("readable", "daily") for each in asked):
        sql = f"SELECT count(*) FROM network.{name}_{view} WHERE {_ONE} AND {condition}"
        ((text,),) = trino.rows(f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}")
        (table,) = json.loads(text)["inputTableColumnInfos"]
        kept = {
            each["columnName"]: [span["low"]["value"] for span in each["domain"]["ranges"]]
            for each in table["constraint"]["columnConstraints"]
        }
        assert {key: kept[key] for key in expected} == {
            key: [value] for key, value in expected.items()
        }, condition


@every_shape
def test_what_athena_keeps_is_what_was_wanted(site: Shell, reached: Rig, name: str) -> None:
    """Athena keeps the query rewritten; that is no difference, and nothing runs again."""
    views = _client(site, name).views
    assert [each.diff for each in views.diff()] == ["", ""]
    assert [each.changed for each in views.create()] == [False, False]
    assert {call["op"] for call in reached.journal()} == {"GetTable"}


def _of_table(site: Shell, table: str) -> Shell:
    """The command line on another table of the target."""
    log_format = " ".join(f"${{{name}}}" for name in _FORMAT)
    own = {"FLOWATHENA_TABLE": table, "FLOWATHENA_LOG_FORMAT": log_format}
    return Shell(site.folder, {**site.env, **own})


def test_a_changed_format_replaces_the_view(site: Shell, trino: Trino, reached: Rig) -> None:
    fewer = tuple(name for name in _FORMAT if name != "tcp-flags")
    older = _client(site, "registered", table="changing", log_format=fewer)
    older.table.create()
    older.views.create()
    older.table.drop()
    _client(site, "registered", table="changing").table.create()
    reached.clear_journal()

    shell = _of_table(site, "changing")
    done = shell.run("view", "create", "--yes")
    assert '+    "tcp_flags",' in done.out.splitlines()
    assert '-    "tcp_flags",' not in done.out.splitlines()
    assert done.err == (
        "replaced view network.changing_readable\n"
        "nothing to change: view network.changing_daily is as wanted\n"
    )
    assert trino.rows("SELECT tcp_flag_names FROM network.changing_readable") == []
    # One statement, and no moment without the view.
    started = reached.journal("athena", "StartQueryExecution")
    assert len(started) == 1
    assert started[0]["params"]["QueryString"].startswith("CREATE OR REPLACE VIEW ")
    assert not {"DeleteTable", "BatchDeleteTable"} & {call["op"] for call in reached.journal()}


def test_a_statement_that_fails_tells_what_was_done(site: Shell, reached: Rig) -> None:
    client = _client(site, "registered", table="halfway")
    client.table.create()
    reached.faults(
        [{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied", "after": 1}]
    )
    shell = _of_table(site, "halfway")
    done = shell.run("view", "create", code=4)
    reached.clear_faults()
    created, line = done.err.splitlines()
    assert created == "created view network.halfway_readable"
    assert line.startswith("error: view network.halfway_daily: Athena: StartQueryExecution: ")
    assert shell.run("view", "create").err.startswith("nothing to change: view network.halfway_r")
