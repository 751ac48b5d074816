"""Statements that write: through Athena's API, done by Trino, seen in Glue and S3."""

import io

import pyarrow.parquet as pq
import pyathena
import pytest
from pyathena.pandas.cursor import PandasCursor

from tests.aws import pointed_at
from tests.rig.client import Rig
from tests.rig.scenes import Ran, flow, make_world, put_day, register, run

pytestmark = pytest.mark.trino

DAY = "2026-01-01"


@pytest.fixture
def world(rig: Rig) -> Rig:
    """One registered day with two flows."""
    make_world(rig)
    put_day(rig, DAY, flow("10.0.0.1", 443, 100), flow("10.0.0.2", 22, 7, "REJECT"))
    register(rig, DAY)
    return rig


def done(rig: Rig, sql: str) -> Ran:
    ran = run(rig, sql)
    assert ran.state == "SUCCEEDED", ran.reason
    return ran


def keys(rig: Rig, prefix: str) -> list[str]:
    found = rig.client("s3").list_objects_v2(Bucket="out", Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def test_a_view_is_made_replaced_and_read(world: Rig) -> None:
    done(world, "CREATE VIEW ssh AS SELECT srcaddr, day FROM flows WHERE dstport = 22")
    assert done(world, "SELECT * FROM ssh").data == [["10.0.0.2", DAY]]
    stored = world.client("glue").get_table(DatabaseName="net", Name="ssh")["Table"]
    assert stored["TableType"] == "VIRTUAL_VIEW"
    assert stored["ViewOriginalText"].startswith("/* Presto View: ")
    ran = done(world, "CREATE OR REPLACE VIEW ssh AS SELECT count(*) AS n FROM flows")
    assert (ran.execution["StatementType"], ran.execution["SubstatementType"]) == (
        "DDL",
        "CREATE_VIEW",
    )
    assert done(world, "SELECT n FROM ssh").data == [["2"]]
    assert "already exists" in run(world, "CREATE VIEW ssh AS SELECT 1 AS x").reason


def test_a_table_is_made_of_a_query_and_grows(world: Rig) -> None:
    sql = """CREATE TABLE kept WITH (format = 'PARQUET', write_compression = 'SNAPPY',
        external_location = 's3://out/kept/', partitioned_by = ARRAY['action'])
        AS SELECT srcaddr, bytes, action FROM flows"""
    done(world, sql)
    assert {key.split("/")[1] for key in keys(world, "kept/")} == {"action=ACCEPT", "action=REJECT"}
    assert done(world, "SELECT srcaddr FROM kept WHERE action = 'REJECT'").data == [["10.0.0.2"]]
    done(world, "INSERT INTO kept VALUES ('10.0.0.9', 1, 'REJECT')")
    ran = done(world, "SELECT count(*), sum(bytes) FROM kept WHERE action = 'REJECT'")
    assert ran.data == [["2", "8"]]


def test_a_table_without_a_place_goes_below_the_results(world: Rig) -> None:
    done(world, "CREATE TABLE t AS SELECT 1 AS one")
    table = world.client("glue").get_table(DatabaseName="net", Name="t")["Table"]
    assert table["StorageDescriptor"]["Location"].startswith("s3://out/results/tables/")
    assert done(world, "SELECT one FROM t").data == [["1"]]


def test_unload_writes_files_and_a_manifest_and_no_table(world: Rig) -> None:
    ran = done(
        world,
        "UNLOAD (SELECT srcaddr, bytes FROM flows WHERE bytes > 50) TO 's3://out/u/' "
        "WITH (format = 'PARQUET', compression = 'snappy')",
    )
    (key,) = keys(world, "u/")
    body = world.client("s3").get_object(Bucket="out", Key=key)["Body"].read()
    assert pq.read_table(io.BytesIO(body)).to_pylist() == [{"srcaddr": "10.0.0.1", "bytes": 100}]
    place = ran.execution["Statistics"]["DataManifestLocation"]
    assert place == f"s3://out/results/{ran.id}-manifest.csv"
    manifest = world.client("s3").get_object(Bucket="out", Key=f"results/{ran.id}-manifest.csv")
    assert manifest["Body"].read().decode().splitlines() == [f"s3://out/{key}"]
    names = [t["Name"] for t in world.client("glue").get_tables(DatabaseName="net")["TableList"]]
    assert names == ["flows"]
    databases = world.client("glue").get_databases()["DatabaseList"]
    assert [database["Name"] for database in databases] == ["net"]
    assert ran.scanned > 0


def test_unload_into_a_folder_that_holds_something_fails(world: Rig) -> None:
    world.put_keys("out", ["full/x.parquet"], b"x")
    ran = run(world, "UNLOAD (SELECT 1 AS a) TO 's3://out/full/' WITH (format = 'PARQUET')")
    assert (ran.state, "already exists" in ran.reason) == ("FAILED", True)


@pytest.mark.filterwarnings("ignore:engine='auto'")  # PyAthena's own call of pandas
def test_pyathena_unloads_into_a_data_frame(world: Rig) -> None:
    with (
        pointed_at(world),
        pyathena.connect(
            s3_staging_dir="s3://out/pya/", schema_name="net", poll_interval=0.05
        ) as connection,
    ):
        cursor = connection.cursor(PandasCursor, unload=True)
        frame = cursor.execute("SELECT srcaddr, bytes FROM flows").as_pandas()
    assert frame.sort_values("bytes").to_dict("records") == [
        {"srcaddr": "10.0.0.2", "bytes": 7},
        {"srcaddr": "10.0.0.1", "bytes": 100},
    ]


def test_explain_tells_the_plan(world: Rig) -> None:
    ran = done(world, f"EXPLAIN SELECT count(*) FROM flows WHERE day = DATE '{DAY}'")
    assert ran.execution["StatementType"] == "UTILITY"
    assert f":: [[{DAY}]]" in "\n".join(str(row[0]) for row in ran.rows)
