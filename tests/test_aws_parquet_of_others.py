"""Parquet files that Firehose, Spark or an export wrote: other names, other types.

Every value is written out here and expected on the rig and from local files alike.
"""

import io
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from tests.aws import BUCKET, RESULTS, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_FOLDER = "AWSLogs/011122223333/vpcflowlogs/eu-west-1/2026/11/19/"
_KEY = f"{_FOLDER}part-00000-c0ffee.snappy.parquet"
_NOON = 1_795_089_600  # 2026-11-19 12:00:00 UTC
_TIMES = [_NOON, _NOON + 60]
_MOMENTS = [datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in _TIMES]
_SQL = (
    'SELECT account_id, srcaddr, dstaddr, srcport, dstport, protocol, packets, bytes, start, "end",'
    " action, log_status, interface_id, aws_account, start_time FROM flow_logs ORDER BY start"
)
# What the records say: two flows, the second of three thousand million bytes.
_ROWS = [
    (
        *("011122223333", "198.51.100.7", "10.0.0.5", 50_000, 443, 6, 3, 180, _NOON, _NOON + 59),
        *("ACCEPT", "OK", "eni-0a", "011122223333", datetime(2026, 11, 19, 12, tzinfo=UTC)),
    ),
    (
        *("011122223333", "198.51.100.8", "10.0.0.6", 50_001, 53, 17, 2_000_000, 3_000_000_000),
        *(_NOON + 60, _NOON + 119, "REJECT", "OK", "eni-0b", "011122223333"),
        datetime(2026, 11, 19, 12, 1, tzinfo=UTC),
    ),
]
Column = tuple[pa.DataType, list[Any]]


def _texts(*values: str) -> Column:
    return pa.string(), list(values)


_ENDS = [second + 59 for second in _TIMES]
_END_MOMENTS = [datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in _ENDS]
_SPARK: dict[str, Column] = {
    "accountId": (pa.int64(), [11_122_223_333] * 2),
    "interfaceId": _texts("eni-0a", "eni-0b"),
    "srcAddr": _texts("198.51.100.7", "198.51.100.8"),
    "DstAddr": _texts("10.0.0.5", "10.0.0.6"),
    "src_port": _texts("50000", "50001"),
    "dstPort": (pa.int64(), [443, 53]),
    "protocol": (pa.float64(), [6.0, 17.0]),
    "packets": (pa.decimal128(20, 0), [Decimal(3), Decimal(2_000_000)]),
    "bytes": (pa.uint32(), [180, 3_000_000_000]),
    "startTime": (pa.timestamp("us"), _MOMENTS),
    "end_time": (pa.timestamp("ms", tz="UTC"), _END_MOMENTS),
    "action": _texts("ACCEPT", "REJECT"),
    "log-status": _texts("OK", "OK"),
}
_EXPORT: dict[str, Column] = {
    "account-id": _texts("011122223333", "011122223333"),
    "interface-id": _texts("eni-0a", "eni-0b"),
    "srcaddr": _texts("198.51.100.7", "198.51.100.8"),
    "dstaddr": _texts("10.0.0.5", "10.0.0.6"),
    "srcport": (pa.uint16(), [50_000, 50_001]),
    "dstport": (pa.uint32(), [443, 53]),
    "protocol": (pa.uint8(), [6, 17]),
    "packets": (pa.float32(), [3.0, 2_000_000.0]),
    "bytes": (pa.uint64(), [180, 3_000_000_000]),
    "start": _texts(*map(str, _TIMES)),
    "end": (pa.float64(), [float(second) for second in _ENDS]),
    "action": _texts("ACCEPT", "REJECT"),
    "logstatus": _texts("OK", "OK"),
}


def _parquet(columns: dict[str, Column], **options: Any) -> bytes:  # noqa: ANN401 - of pyarrow
    arrays = {name: pa.array(values, kind) for name, (kind, values) in columns.items()}
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file, **options)
    return file.getvalue()


class Twins:
    """One file in a bucket and in a folder, with a target for each."""

    def __init__(self, rig: Rig, folder: Path, content: bytes) -> None:
        self.rig, self.config = rig, folder / "flowathena.toml"
        create_bucket(rig, BUCKET)
        create_bucket(rig, RESULTS)
        rig.put_keys(BUCKET, [_KEY], content)
        file = folder / "logs" / _KEY
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        self.shell = Shell(folder, rig.env())

    def init(self) -> dict[str, dict[str, Any]]:
        """Make both targets; gives their settings."""
        results = ("--output-location", f"s3://{RESULTS}/")
        self.shell.run("init", f"s3://{BUCKET}", "-t", "aws", "--database", "net", *results)
        self.shell.run("init", "logs", "-t", "here")
        shown = self.shell.run("config", "show", "--format", "json").json
        targets: dict[str, dict[str, Any]] = shown["targets"]
        return targets

    def rows(self, sql: str = _SQL) -> list[tuple[object, ...]]:
        """What both answer."""
        answers = []
        for name in ("aws", "here"):
            self.shell.run("partitions", "sync", "-t", name, "--all")
            with pointed_at(self.rig):
                client = Client(name, config_path=self.config)
                answers.append(client.sql(sql, since="2026-11-19", until="2026-11-20").data)
        assert answers[0] == answers[1]
        return list(answers[0])


def test_files_of_spark(rig: Rig, tmp_path: Path) -> None:
    twins = Twins(rig, tmp_path, _parquet(_SPARK))
    targets = twins.init()
    for name in ("aws", "here"):
        assert targets[name]["columns"] == {
            "account_id": "accountid",
            "interface_id": "interfaceid",
            "srcport": "src_port",
            "start": "starttime",
            "end": "end_time",
            "log_status": "log-status",
        }
        assert targets[name]["types"] == {
            "account_id": "bigint",
            "srcport": "string",
            "dstport": "bigint",
            "protocol": "double",
            "packets": "decimal(20,0)",
            "bytes": "uint32",
            "start": "timestamp",
            "end": "timestamp",
        }
    assert twins.rows() == _ROWS


def test_files_of_an_export(rig: Rig, tmp_path: Path) -> None:
    twins = Twins(rig, tmp_path, _parquet(_EXPORT))
    targets = twins.init()
    assert targets["aws"]["types"] == {"packets": "double", "start": "string", "end": "double"}
    assert twins.rows() == _ROWS


def test_times_of_older_spark(rig: Rig, tmp_path: Path) -> None:
    content = _parquet(_SPARK, use_deprecated_int96_timestamps=True)
    twins = Twins(rig, tmp_path, content)
    twins.init()
    assert twins.rows() == _ROWS


def _changed(**columns: Column) -> bytes:
    return _parquet({**_SPARK, **columns})


_MILLISECONDS = [second * 1000 for second in _TIMES]


@pytest.mark.few(3)
@pytest.mark.asks_no_query
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            _changed(src_port=(pa.struct([("number", pa.int32())]), [{"number": 1}] * 2)),
            "its column src_port is a struct, which cannot be read as srcport, a whole number",
        ),
        (_changed(bytes=(pa.list_(pa.int64()), [[1], [2]])), "its column bytes is a list"),
        (_changed(bytes=(pa.bool_(), [True, False])), "its column bytes is BOOLEAN"),
        (
            _changed(packets=(pa.timestamp("ms"), _MOMENTS)),
            "its column packets is TIMESTAMP_MILLIS",
        ),
        (
            _changed(action=(pa.float64(), [1.0, 2.0])),
            "its column action is DOUBLE, which cannot be read as action, a text",
        ),
        (
            _changed(startTime=(pa.int64(), _MILLISECONDS)),
            "has times such as 1795089660000, which are no Unix seconds but of a finer unit",
        ),
        (
            _changed(startTime=_texts("2026-11-19T12:00:00Z", "2026-11-19T12:01:00Z")),
            "startTime has times such as 2026-11-19T12:01:00Z, which are no Unix seconds",
        ),
        (_changed(BYTES=(pa.int64(), [1, 2])), "two of its columns have one name in Athena"),
    ],
)
def test_what_cannot_be_cast_is_named(rig: Rig, tmp_path: Path, content: bytes, told: str) -> None:
    twins = Twins(rig, tmp_path, content)
    for location in (f"s3://{BUCKET}", "logs"):
        line = twins.shell.refused("init", location, code=1)
        assert told in line
        assert _KEY in line
    assert not twins.config.exists()


def test_columns_that_are_no_fields(rig: Rig, tmp_path: Path) -> None:
    extra: dict[str, Column] = {
        "ingested_at": (pa.timestamp("us"), _MOMENTS),
        "cost": (pa.float64(), [0.5, 1.25]),
        "tags": (pa.map_(pa.string(), pa.string()), [[("a", "b")], []]),
    }
    twins = Twins(rig, tmp_path, _changed(**extra))
    targets = twins.init()
    assert {"ingested_at": "timestamp", "cost": "double"}.items() <= targets["aws"]["types"].items()
    assert "tags" not in targets["aws"]["log_format"]
    assert twins.rows("SELECT cost, ingested_at FROM flow_logs ORDER BY cost") == [
        (0.5, datetime(2026, 11, 19, 12, tzinfo=UTC)),
        (1.25, datetime(2026, 11, 19, 12, 1, tzinfo=UTC)),
    ]


def test_fractions_are_rounded_as_a_cast_does(rig: Rig, tmp_path: Path) -> None:
    columns: dict[str, Column] = {
        "bytes": (pa.float64(), [1.5, 2.5]),
        "packets": (pa.decimal128(10, 2), [Decimal("1.49"), Decimal("2.50")]),
        "startTime": (pa.timestamp("ms"), [each.replace(microsecond=999_000) for each in _MOMENTS]),
    }
    twins = Twins(rig, tmp_path, _changed(**columns))
    twins.init()
    rows = twins.rows("SELECT bytes, packets, start FROM flow_logs ORDER BY start")
    assert rows == [(2, 1, _NOON), (3, 3, _NOON + 60)]


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["bigint", "timestamp"])
def test_a_table_over_unsigned_numbers_and_timestamps(rig: Rig, tmp_path: Path, kind: str) -> None:
    content = _parquet(
        {**_EXPORT, "bytes": _SPARK["bytes"], "start": (pa.timestamp("us"), _MOMENTS)}
    )
    twins = Twins(rig, tmp_path, content)
    twins.shell.run("init", f"s3://{BUCKET}", "-t", "made", "--database", "net", "--table", "flows")
    twins.shell.run("partitions", "sync", "-t", "made", "--all")
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="net", Name="flows")["Table"]
    columns = table["StorageDescriptor"]["Columns"]
    for column in columns:
        column["Type"] = kind if column["Name"] == "start" else column["Type"]
    kept = {k: table[k] for k in ("Name", "TableType", "Parameters", "PartitionKeys")}
    descriptor = table["StorageDescriptor"]
    glue.update_table(DatabaseName="net", TableInput={**kept, "StorageDescriptor": descriptor})
    twins.config.unlink()
    results = ("--output-location", f"s3://{RESULTS}/")
    if kind == "bigint":
        line = twins.shell.refused("table", "adopt", "net.flows", *results, code=1)
        assert "reads column start as bigint" in line
        assert "has TIMESTAMP_MICROS there" in line
        return
    twins.shell.run("table", "adopt", "net.flows", "-t", "aws", *results)
    shown = twins.shell.run("config", "show", "--format", "json").json["targets"]["aws"]
    assert shown["types"] == {"bytes": "uint32"}
    with pointed_at(rig):
        client = Client("aws", config_path=twins.config)
        rows = client.sql(_SQL, since="2026-11-19", until="2026-11-20").data
    assert list(rows) == _ROWS


def _name(day: int, flow_log: str, ending: str) -> str:
    folder = f"AWSLogs/011122223333/vpcflowlogs/eu-west-1/2026/11/{day}/"
    name = f"011122223333_vpcflowlogs_eu-west-1_{flow_log}_202611{day}T1200Z_c0ffee"
    return f"{folder}{name}.{ending}"


def test_a_sync_finds_them_beside_logs_of_aws(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    shell = Shell(tmp_path, rig.env())
    of_aws = log(record(_NOON - 86_400, account="011122223333", bytes=7, srcport=1))
    rig.put_keys(BUCKET, [_name(18, "fl-0a", "log.gz")], of_aws)
    results = ("--output-location", f"s3://{RESULTS}/")
    shell.run("init", f"s3://{BUCKET}", "-t", "aws", "--database", "net", *results)
    rig.put_keys(BUCKET, [_name(19, "fl-0b", "snappy.parquet")], _parquet(_SPARK))
    shell.run("partitions", "sync", "-t", "aws", "--all")
    path = tmp_path / "flowathena.toml"
    (source,) = tomllib.loads(path.read_text())["targets"]["aws"]["sources"]
    assert source["types"]["bytes"] == "uint32"
    assert source["columns"]["start"] == "starttime"
    with pointed_at(rig):
        sql = "SELECT srcport, bytes FROM flow_logs ORDER BY start"
        rows = Client("aws", config_path=path).sql(sql, since="2026-11-18", until="2026-11-20")
    assert list(rows.data) == [(1, 7), (50_000, 180), (50_001, 3_000_000_000)]


@pytest.mark.asks_no_query
def test_a_sync_leaves_out_by_name_what_cannot_be_cast(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    shell = Shell(tmp_path, rig.env())
    rig.put_keys(BUCKET, [_name(18, "fl-0a", "log.gz")], log(record(_NOON - 86_400)))
    shell.run("init", f"s3://{BUCKET}", "-t", "aws", "--database", "net")
    odd = _changed(bytes=(pa.bool_(), [True, False]))
    rig.put_keys(BUCKET, [_name(19, "fl-0b", "snappy.parquet")], odd)
    done = shell.run("partitions", "sync", "-t", "aws", "--all", code=4)
    assert _name(19, "fl-0b", "snappy.parquet") in done.err
    assert "its column bytes is BOOLEAN, which cannot be read as bytes" in done.err


@pytest.mark.asks_no_query
def test_times_as_numbers_in_a_later_file_are_named(rig: Rig, tmp_path: Path) -> None:
    twins = Twins(rig, tmp_path, _parquet(_SPARK))
    twins.shell.run("init", "logs", "-t", "here")
    later = tmp_path / "logs" / _FOLDER / "part-00001-c0ffee.snappy.parquet"
    twins.shell.run("partitions", "sync", "-t", "here", "--all")
    later.write_bytes(_changed(startTime=(pa.int64(), _TIMES)))
    window = ("--since", "2026-11-19", "--until", "2026-11-20")
    done = twins.shell.try_run("sql", "SELECT count(*) FROM flow_logs", "-t", "here", *window)
    told = "its column startTime is INT64, which Athena does not read as the table's timestamp"
    assert told in done.err
    assert str(later) in done.err
