"""Long results of Athena, by the object in S3 or page by page: the rows of PyAthena's cursor."""

import gc
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyathena
import pytest

from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.errors import EngineError
from flowathena.result.formats import PICTURES, Format, encode
from flowathena.result.relation import Relation
from flowathena.result.result import Held, Result, Stats
from flowathena.target.target import Target
from tests.aws import RESULTS, create_bucket, pointed_at
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.rig.scenes import flow, make_world, put_day, register
from tests.shell import Shell
from tests.waiting import until

pytestmark = pytest.mark.rig

OUTPUT = f"s3://{RESULTS}/there/"
ODD = r"""
SELECT n,
    CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN ''
        WHEN 2 THEN 'a "b", ünï' || chr(10) ELSE ' x' END AS v,
    CASE WHEN n % 3 > 0 THEN n * 1.5E0 END AS d,
    n % 2 = 0 AS even,
    CAST(n AS decimal(9, 2)) / 4 AS quarter,
    CAST('2026-11-01 12:00:00' AS timestamp) AS t,
    CASE WHEN n > 5 THEN from_unixtime(1793491200 + n) END AS zoned,
    DATE '2026-11-01' AS day,
    CAST(NULL AS integer) AS v,
    CAST(n AS varchar) AS text
FROM UNNEST(sequence(1, {rows})) AS s(n) ORDER BY n
"""
NESTED = """
SELECT n, ARRAY['a', NULL] AS list, CASE WHEN n > 1 THEN MAP(ARRAY['k'], ARRAY[n]) END AS map
FROM UNNEST(sequence(1, 1200)) AS s(n) ORDER BY n
"""
ONE = "SELECT nullif(n % 2, 0) AS n FROM UNNEST(sequence(1, {rows})) AS s(n) ORDER BY s.n"


@pytest.fixture(autouse=True)
def temporary(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder for temporary files; nothing is left in it."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    gc.collect()
    assert not list(folder.iterdir())


@pytest.fixture
def world(rig: Rig) -> Iterator[Rig]:
    make_world(rig)
    create_bucket(rig, RESULTS)
    rig.settings(queue_polls=0)
    with pointed_at(rig):
        yield rig


def execute(sql: str) -> Result:
    target = Target(
        "t", "s3://logs/", database="net", region="eu-west-1", workgroup="primary",
        output_location=OUTPUT,
    )  # fmt: skip
    return Athena(Aws(target), target).execute(sql, database="net")


def cursor_rows(sql: str) -> list[tuple[object, ...]]:
    """What PyAthena makes of it, page by page."""
    connection = pyathena.connect(
        s3_staging_dir=OUTPUT, region_name="eu-west-1", poll_interval=0.01
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows: Any = cursor.fetchall()
    return Result([(str(n), "varchar") for n in range(len(rows[0]))], rows, Stats("", 0, 0.0)).data


def deny(rig: Rig) -> None:
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied", "match": RESULTS}])


def calls(rig: Rig, service: str, op: str) -> int:
    return sum(
        RESULTS in str(call["params"]) or service == "athena"
        for call in rig.journal(service=service, op=op)
    )


@left_to_slow
@pytest.mark.parametrize(
    "sql", [ODD.format(rows=2500), NESTED, ONE.format(rows=1500)], ids=["odd", "nested", "one"]
)
def test_the_object_and_the_pages_have_the_rows_of_pyathenas_cursor(world: Rig, sql: str) -> None:
    expected = cursor_rows(sql)
    world.clear_journal()
    by_object = execute(sql)
    assert (calls(world, "athena", "GetQueryResults"), calls(world, "s3", "GetObject")) == (1, 1)
    deny(world)
    by_pages = execute(sql)
    assert calls(world, "athena", "GetQueryResults") > 2
    assert isinstance(by_object.store, Relation)
    assert isinstance(by_pages.store, Relation)
    assert repr(by_object.data) == repr(by_pages.data) == repr(expected)
    assert by_object.stats.rows == len(by_object) == len(expected)
    assert by_object.columns == by_pages.columns
    held = Result([(c.name, c.type) for c in by_object.columns], expected, Stats("", 0, 0.0))
    for form in set(Format) - PICTURES - {Format.PARQUET}:
        assert encode(by_object, form) == encode(by_pages, form) == encode(held, form)


@pytest.mark.usefixtures("world")
def test_columns_of_equal_names_and_types_of_every_column() -> None:
    result = execute(ODD.format(rows=1000))
    assert [column.name for column in result.columns][1::7] == ["v", "v_2"]
    assert result.data[:2] == [
        (1, "", 1.5, False, result.data[0][4], datetime(2026, 11, 1, 12, tzinfo=UTC), None,
         datetime(2026, 11, 1, tzinfo=UTC).date(), None, "1"),
        (2, 'a "b", ünï\n', 3.0, True, result.data[1][4], datetime(2026, 11, 1, 12, tzinfo=UTC),
         None, datetime(2026, 11, 1, tzinfo=UTC).date(), None, "2"),
    ]  # fmt: skip
    assert str(result.data[0][4]).startswith("0.25")
    assert result.data[5][6] == datetime.fromtimestamp(1793491206, UTC)


@pytest.mark.few(2)
@pytest.mark.parametrize(("rows", "read"), [(0, 0), (1, 0), (998, 0), (999, 1), (1000, 1)])
def test_a_result_of_one_page_needs_no_object(world: Rig, rows: int, read: int) -> None:
    result = execute(f"SELECT n, '' AS v FROM UNNEST(sequence(1, 2000)) AS s(n) WHERE n <= {rows}")
    assert [row[1] for row in result.data] == [""] * rows
    assert {row[0] for row in result.data} == set(range(1, rows + 1))
    assert isinstance(result.store, Held) == (not read)
    assert (calls(world, "s3", "GetObject"), calls(world, "athena", "GetQueryResults")) == (read, 1)


def test_ddl_has_no_object(world: Rig) -> None:
    assert execute("CREATE DATABASE spare").data == []
    days = [f"20{n // 336:02d}-{1 + n // 28 % 12:02d}-{1 + n % 28:02d}" for n in range(1200)]
    for start in range(0, len(days), 100):
        register(world, *days[start : start + 100])
    shown = execute("SHOW PARTITIONS net.flows")
    assert [row[0] for row in shown.data] == [f"day={day}" for day in days]
    assert shown.stats.rows == 1200
    assert not calls(world, "s3", "GetObject")


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["truncate_body", "reset", "internal"])
def test_a_lost_connection_is_taken_up_where_it_broke(world: Rig, kind: str) -> None:
    sql = ODD.format(rows=4000)
    expected = execute(sql).data
    world.clear_journal()
    world.faults([{"service": "s3", "op": "GetObject", "kind": kind, "times": 1, "match": RESULTS}])
    assert execute(sql).data == expected
    assert (calls(world, "athena", "GetQueryResults"), calls(world, "s3", "GetObject")) == (1, 2)


def test_rows_that_nobody_can_give_are_an_error(world: Rig) -> None:
    deny(world)
    world.faults(
        [{"service": "athena", "op": "GetQueryResults", "kind": "access_denied", "after": 1}]
    )
    with pytest.raises(EngineError, match=r"Athena: GetQueryResults: AccessDenied"):
        execute(ODD.format(rows=3000))


@pytest.mark.usefixtures("world")
def test_a_result_that_cannot_be_kept_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(EngineError, match="cannot keep the result in /nowhere: No such file"):
        execute(ODD.format(rows=1000))


@pytest.mark.usefixtures("world")
def test_parquet_needs_nothing_but_duckdb_and_has_arrows_types() -> None:
    plain = "SELECT n, 'x' AS v, n * 0.5E0 AS d, current_date AS t, n > 3 AS b"
    for rows in (5, 1500):
        result = execute(f"{plain} FROM UNNEST(sequence(1, {rows})) AS s(n) ORDER BY n")
        path = Path(tempfile.gettempdir(), "r.parquet")
        path.write_bytes(encode(result, Format.PARQUET))
        read = pq.read_table(path)
        path.unlink()
        assert read.schema == result.to_arrow().schema
        assert read.to_pylist() == result.rows()


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_the_object_is_read_leaves_nothing(
    world: Rig, tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    (tmp_path / "mine").mkdir()
    sql = "SELECT f.bytes, s.n FROM flow_logs AS f CROSS JOIN UNNEST(sequence(1, 1500)) AS s(n)"
    (tmp_path / "mine" / "long.sql").write_text(f'/* ---\ntitle = "Long"\n--- */\n{sql}\n')
    shell = project(tmp_path, world, temporary)
    put_day(world, "2026-01-01", flow("10.0.0.1", 443, 7))
    register(world, "2026-01-01")
    world.faults([{"service": "s3", "op": "GetObject", "kind": "hold", "match": RESULTS}])
    (tmp_path / "rows.csv").write_text("before")
    process = shell.start(
        "run", "long", "--since", "2026-01-01", "--until", "2026-01-03", "-o", "rows.csv"
    )
    until(world.held, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, ""), err
    assert "is SUCCEEDED" in err
    assert len(err.splitlines()) == 1
    assert (tmp_path / "rows.csv").read_text() == "before"
    assert not list(temporary.iterdir())


def project(folder: Path, rig: Rig, temporary: Path) -> Shell:
    text = f"""
default_target = "prod"
query_paths = ["mine"]

[targets.prod]
location = "s3://logs/"
database = "net"
table = "flows"
region = "eu-west-1"
workgroup = "primary"
output_location = "{OUTPUT}"
log_format = ["version", "srcaddr", "dstport", "bytes", "start", "action"]
"""
    (folder / "flowathena.toml").write_text(text)
    return Shell(folder, {**rig.env(), "TMPDIR": str(temporary)})
