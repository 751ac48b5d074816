"""The columns ``file`` and ``delivery_time``: which file a record is in, on both engines."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.catalog import wanted
from flowathena.engine.local.translate import to_duckdb
from flowathena.query import relation
from flowathena.sql.statement import Statement
from flowathena.target.target import Target
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.rig.client import Rig

NOW = datetime(2026, 11, 8, tzinfo=UTC)
WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}
DAYS = ("2026-11-01", "2026-11-02")
FILES = "SELECT file, delivery_time, count(*) AS n FROM flow_logs GROUP BY 1, 2 ORDER BY 1"
AWS = "111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0"
TIMES = {
    f"s3://logs/AWSLogs/{AWS}_20261102T0615Z_1a2b3c4d.log.gz": datetime(2026, 11, 2, 6, 15),  # noqa: DTZ001 - as DuckDB gives it
    f"/logs/{AWS}_20240229T2355Z_0.log.parquet": datetime(2024, 2, 29, 23, 55),  # noqa: DTZ001
    f"/logs_20261102T0615Z_/{AWS}_20261103T0000Z_x.gz": datetime(2026, 11, 3),  # noqa: DTZ001
    f"/logs/{AWS}_20261102T2460Z_1a2b3c4d.log.gz": None,
    f"/logs/{AWS}_20260229T0000Z_1a2b3c4d.log.gz": None,
    "/logs_20261102T0615Z_/plain.log.gz": None,
    "/logs/20261102T0615Z_1a2b3c4d.log.gz": None,
    f"/logs/{AWS}_20261102T0615_1a2b3c4d.log.gz": None,
    "2026-11-02 06:15:00": datetime(2026, 11, 2, 6, 15),  # noqa: DTZ001 - no path: it has no slash
}


def project(folder: Path) -> Client:
    """Two text files, two records in the second."""
    lines = [record(f"{day}T12:00:00") for day in DAYS]
    write_project(
        folder,
        LogFile(DAYS[0], (lines[0],), time="1200"),
        LogFile(DAYS[1], (lines[1], lines[1]), time="1205"),
        registered=True,
    )
    return Client("local", config_path=folder / "flowathena.toml")


def test_the_time_is_that_of_the_name_that_aws_gives() -> None:
    target = Target("local", "/logs")
    source = wanted.flow_table(wanted.wanted_table(target), target)
    expression = relation.column_expressions(source)["delivery_time"]
    schema = {"flowathena": {"vpc_flow_logs": {"$path": "string"}}}
    select = f'SELECT "$path", {expression} FROM flowathena.vpc_flow_logs'
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE SCHEMA flowathena")
        connection.execute('CREATE TABLE flowathena.vpc_flow_logs ("$path" VARCHAR)')
        connection.executemany(
            "INSERT INTO flowathena.vpc_flow_logs VALUES (?)", [[path] for path in TIMES]
        )
        rows = connection.execute(to_duckdb(Statement(select), schema, NOW)).fetchall()
    assert dict(rows) == TIMES


# DuckDB takes brackets for a pattern, so that it reads such files by other names.
@pytest.mark.parametrize("name", ["plain", "[odd]*"])
def test_a_file_is_named_by_its_own_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    result = project(folder).sql(FILES, **WINDOW)
    paths = sorted(str(path) for path in folder.rglob("*.log.gz"))
    times = [datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2026, 11, 2, 12, 5, tzinfo=UTC)]
    assert result.data == list(zip(paths, times, [1, 2], strict=True))
    assert [column.type for column in result.columns] == ["varchar", "timestamp", "bigint"]


def test_a_parquet_file_too(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / LogFile(DAYS[0], ()).folder
    folder.mkdir(parents=True)
    start = pa.array([1793534400], pa.int64())  # 2026-11-01T12:00:00Z
    pq.write_table(pa.table({"start": start}), folder / f"{AWS}_20261101T1200Z_0.log.parquet")
    pq.write_table(pa.table({"start": start}), folder / "copied.parquet")
    config = tmp_path / "flowathena.toml"
    config.write_text('[targets.local]\nlocation = "./logs"\nfile_format = "parquet"\n')
    client = Client("local", config_path=config)
    client.partitions.sync(everything=True)
    assert client.sql(FILES, **WINDOW).data == [
        (f"{folder}/{AWS}_20261101T1200Z_0.log.parquet", datetime(2026, 11, 1, 12, tzinfo=UTC), 1),
        (f"{folder}/copied.parquet", None, 1),
    ]


def test_a_query_without_them_does_not_mention_the_path(tmp_path: Path) -> None:
    client = project(tmp_path)
    assert "$path" not in client.render("preview", **WINDOW).sql
    assert "file" not in [column.name for column in client.run("preview", **WINDOW).columns]


def test_a_condition_on_the_file_leaves_the_records_of_others_out(tmp_path: Path) -> None:
    statement = "SELECT count(file) AS n FROM flow_logs WHERE file LIKE '%T1205Z%'"
    client = project(tmp_path)
    assert client.sql(statement, **WINDOW).data == [(2,)]
    assert client.sql(statement, since="2026-12-01", until="2026-12-02").data == [(0,)]


def test_the_delay_of_a_file_of_another_name_is_unknown(tmp_path: Path) -> None:
    client = project(tmp_path)
    [path] = tmp_path.rglob("*T1205Z_*")
    path.rename(path.with_name("plain.log.gz"))
    result = client.run("delivery_delay", **WINDOW)
    shown = [(row["day"], row["records"], row["on_time"], row["unknown"]) for row in result.rows()]
    assert shown == [("2026-11-01", 1, 1, 0), ("2026-11-02", 2, 0, 2)]


@left_to_slow
@pytest.mark.rig
def test_in_aws_it_is_the_address_of_the_object(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    rig.settings(queue_polls=0)
    configured(tmp_path, rig)
    file = LogFile(DAYS[0], (record(f"{DAYS[0]}T12:00:00"),), time="1200")
    rig.put_keys(BUCKET, [file.key], file.content())
    with pointed_at(rig):
        client = Client(config_path=tmp_path / "flowathena.toml")
        client.partitions.sync(everything=True)
        [(path, time, n)] = client.sql(FILES, **WINDOW).data
    assert re.fullmatch(rf"s3://.*/{re.escape(file.key)}", str(path))
    assert (time, n) == (datetime(2026, 11, 1, 12, tzinfo=UTC), 1)
