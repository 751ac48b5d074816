"""The files of an archive of logs of every shape: what others read in them, and in what order."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.logs.fields import EVERY_FIELD
from tests.archives import ACCOUNTS, new, with_archive
from tests.aws import Place, log, record
from tests.equality import NOON, ODD, ODD_V5, V5, Answer, Tree, laptop_of
from tests.portion import left_to_slow

# What AWS documents of its Parquet files, and of the numbers that text has as digits.
BIGINTS = {"packets", "bytes", "start", "end"}
INTS = {"version", "srcport", "dstport", "protocol", "tcp_flags", "traffic_path"}
PLACE = Place(ACCOUNTS[0], "eu-west-1", date(2026, 10, 5))
ODD_LINES = (
    record(NOON + 5, dst="10.0.0.9", src="-", packets="-", bytes="-", action="-", srcport="-"),
    record(NOON + 1, dst="10.0.0.9", src='"a', bytes=2**63 - 1),
    record(NOON + 3, dst="-", src=""),
    record(NOON + 3, dst="10.0.0.10", src="ünï", dstport=2**31, bytes=2**63 - 1),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The one file of the archive of a few odd lines."""
    laptop = new(tmp_path)
    path = laptop.folder / "logs" / PLACE.key
    path.parent.mkdir(parents=True)
    path.write_bytes(log(*ODD_LINES))
    laptop.shell.run("partitions", "sync", "--all")
    laptop.run()
    (found,) = laptop.archive.rglob("*.parquet")
    assert f"day={PLACE.day}" in str(found)
    return found


def test_the_types_are_exact_and_every_field_is_there(file: Path) -> None:
    kinds = {each.name: each.type for each in pq.read_schema(file)}
    assert sorted(kinds) == sorted([*(each.column for each in EVERY_FIELD), "log_file"])
    assert list(kinds)[:9] == [
        *("srcaddr", "dstaddr", "dstport", "protocol", "action", "packets", "bytes", "start"),
        "version",
    ]
    assert {name for name, kind in kinds.items() if kind == pa.int64()} >= BIGINTS
    assert {name for name, kind in kinds.items() if kind == pa.int32()} >= INTS
    assert {str(kind) for kind in kinds.values()} == {"int32", "int64", "string"}
    frame = pl.read_parquet(file)
    assert frame.schema["bytes"] == pl.Int64
    assert frame.schema["dstport"] == pl.Int32
    assert frame.schema["srcaddr"] == pl.String
    described = duckdb.execute(
        f"DESCRIBE FROM read_parquet('{file}', hive_partitioning = false)"
    ).fetchall()
    types = {row[0]: row[1] for row in described}
    assert (types["bytes"], types["dstport"], types["srcaddr"]) == ("BIGINT", "INTEGER", "VARCHAR")


def test_records_are_sorted_and_a_dash_is_null(file: Path) -> None:
    names = ["dstaddr", "start", "srcaddr", "packets", "bytes", "action", "srcport", "dstport"]
    wanted = [
        ("10.0.0.10", NOON + 3, "ünï", 3, 2**63 - 1, "ACCEPT", 40000, None),
        ("10.0.0.9", NOON + 1, '"a', 3, 2**63 - 1, "ACCEPT", 40000, 443),
        ("10.0.0.9", NOON + 5, None, None, None, None, None, 443),
        (None, NOON + 3, "", 3, 180, "ACCEPT", 40000, 443),
    ]
    arrow = pq.ParquetFile(file).read(columns=names).to_pylist()
    assert [tuple(row[name] for name in names) for row in arrow] == wanted
    assert pl.read_parquet(file).select(names).rows() == wanted
    columns = ", ".join(f'"{name}"' for name in names)
    assert duckdb.execute(f"SELECT {columns} FROM read_parquet('{file}')").fetchall() == wanted


def test_columns_are_compressed_by_zstd_and_name_the_log_file(file: Path) -> None:
    meta = pq.ParquetFile(file).metadata
    chunks = [meta.row_group(0).column(n) for n in range(meta.num_columns)]
    assert {each.compression for each in chunks} == {"ZSTD"}
    names = set(pq.ParquetFile(file).read(columns=["log_file"]).column(0).to_pylist())
    (name,) = names
    assert name.endswith(f"/logs/{PLACE.key}")


def test_a_hive_reader_finds_the_keys_in_the_folders(file: Path) -> None:
    run = file.parents[3]
    keys = duckdb.execute(
        "SELECT DISTINCT aws_account, aws_region, day "
        f"FROM read_parquet('{run}/**/*.parquet', hive_partitioning = 1, hive_types_autocast = 0)"
    ).fetchall()
    assert keys == [(ACCOUNTS[0], "eu-west-1", "2026-10-05")]


EVERY_COLUMN = ("file", "flow_log", "delivery_time")
WINDOW: Mapping[str, Any] = {"since": "2026-10-01", "until": "2026-10-09"}


def rows(client: Client, columns: str, **more: Any) -> Answer:  # noqa: ANN401 - options of a run
    order = ", ".join(str(1 + n) for n in range(columns.count(",") + 1))
    statement = f"SELECT {columns} FROM flow_logs ORDER BY {order}"
    result = client.sql(statement, **WINDOW, **more)
    return Answer([(each.name, each.type) for each in result.columns], list(result.data))


def archive(client: Client, folder: Path) -> Client:
    """The same target with everything archived."""
    made = Client(with_archive(client.target, f"{folder}/archive"))
    done = made.archive.run(everything=True)
    assert done.is_complete
    assert done.written
    assert all(not each.different for each in made.archive.verify(everything=True))
    return made


TREES = {
    "text v2, odd lines": Tree(odd=ODD),
    "hourly folders of v5": Tree({"layout": "plain-hourly", "log_format": V5}, ODD_V5, "12"),
    "partitions of hours": Tree({"layout": "plain-hourly", "log_format": V5}, ODD_V5, "12", "hour"),
    "hive-hourly Parquet": Tree(
        {"file_format": "parquet", "log_format": V5, "layout": "hive-hourly"}, granularity="hour"
    ),
    "all fields": Tree({"log_format": tuple(each.name for each in EVERY_FIELD if each.version)}),
}


@left_to_slow
@pytest.mark.parametrize("name", TREES)
def test_every_column_is_as_in_the_logs(tmp_path: Path, name: str) -> None:
    logs = TREES[name]
    logs.write(tmp_path / "logs", 7)
    client = laptop_of(tmp_path, tmp_path / "logs", logs)
    columns = logs.statement.removeprefix("SELECT ").partition(" FROM ")[0]
    columns = ", ".join([columns, *EVERY_COLUMN])
    before = rows(client, columns)
    moved = archive(client, tmp_path)
    shutil.move(tmp_path / "logs" / "AWSLogs", tmp_path / "gone")
    after = rows(moved, columns)
    assert len(before.rows) > 100
    assert after.equals(before)
