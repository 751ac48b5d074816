import csv
import io
import re

import pyathena
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pyathena.cursor import Cursor

from tests.rig.client import Rig
from tests.rig.scenes import (
    descriptor,
    flow,
    make_table,
    make_world,
    packed,
    put_day,
    register,
    run,
    start,
    wait,
)
from tests.waiting import computed_in, cpu_seconds, until

pytestmark = pytest.mark.rig

FIRST, SECOND, THIRD = "2026-01-01", "2026-01-02", "2026-01-03"


@pytest.fixture
def world(rig: Rig) -> Rig:
    """Three days of flows, the first two registered."""
    make_world(rig)
    put_day(rig, FIRST, flow("10.0.0.1", 443, 100), flow("10.0.0.2", 22, 7, "REJECT"))
    put_day(rig, SECOND, flow("10.0.0.1", 443, 1000), flow("-", "-", "-", "-"))
    put_day(rig, THIRD, flow("10.9.9.9", 443, 99999))
    assert register(rig, FIRST, SECOND) == []
    return rig


def size(rig: Rig, day: str) -> int:
    found = rig.client("s3").head_object(Bucket="logs", Key=f"{day.replace('-', '/')}/a.log.gz")
    return int(found["ContentLength"])


def refusal(rig: Rig, sql: str, **more: object) -> str:
    with pytest.raises(ClientError) as caught:
        start(rig, sql, **more)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    return str(caught.value.response["Error"]["Message"])


def test_only_registered_partitions_are_counted(world: Rig) -> None:
    assert run(world, "SELECT count(*) FROM flows").data == [["4"]]
    register(world, THIRD)
    assert run(world, "SELECT count(*) FROM flows").data == [["5"]]


def test_a_table_without_partitions_registered_is_empty(world: Rig) -> None:
    make_table(world, "fresh")
    assert run(world, "SELECT count(*), sum(bytes) FROM fresh").data == [["0", None]]


def test_the_registered_location_is_what_is_read(world: Rig) -> None:
    moved = {"Values": [FIRST], "StorageDescriptor": descriptor("s3://logs/2026/01/03/")}
    world.client("glue").update_partition(
        DatabaseName="net", TableName="flows", PartitionValueList=[FIRST], PartitionInput=moved
    )
    ran = run(world, "SELECT day, srcaddr FROM flows WHERE bytes = 99999")
    assert ran.data == [[FIRST, "10.9.9.9"]]


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("day = DATE '2026-01-01'", [FIRST]),
        ("day < DATE '2026-01-02'", [FIRST]),
        ("DATE '2026-01-02' <= day", [SECOND]),
        ("day BETWEEN DATE '2026-01-02' AND DATE '2026-02-01'", [SECOND]),
        ("day IN (DATE '2026-01-01', DATE '2025-01-01')", [FIRST]),
        ("bytes > 5 AND (day = DATE '2026-01-01')", [FIRST]),
        ("day = DATE '2026-01-01' OR day = DATE '2026-01-02'", [FIRST, SECOND]),
        ("day = DATE '2026-01-01' OR bytes > 5", [FIRST, SECOND]),
        ("day_of_week(day) = 5", [SECOND]),
        ("day > date_add('day', -1, DATE '2026-01-02')", [SECOND]),
        ("day > DATE '2030-01-01'", []),
    ],
)
def test_pruning_lowers_the_bytes_scanned(world: Rig, where: str, days: list[str]) -> None:
    ran = run(world, f"SELECT count(*) FROM flows WHERE {where}")
    assert ran.scanned == sum(size(world, day) for day in days), ran.reason


def test_pruning_goes_through_ctes_and_subqueries(world: Rig) -> None:
    inside = "WITH f AS (SELECT * FROM flows WHERE day = DATE '2026-01-01') SELECT count(*) FROM f"
    outside = (
        "WITH f AS (SELECT *, day d FROM flows) SELECT count(*) FROM f WHERE d = DATE '2026-01-01'"
    )
    nested = "SELECT count(*) FROM (SELECT day AS d FROM flows) x WHERE d = DATE '2026-01-01'"
    for sql in (inside, outside, nested):
        ran = run(world, sql)
        assert (ran.data, ran.scanned) == ([["2"]], size(world, FIRST))


def test_pruning_leaves_alone_what_it_must(world: Rig) -> None:
    both = size(world, FIRST) + size(world, SECOND)
    twice = """WITH f AS (SELECT day, bytes FROM flows)
        SELECT (SELECT count(*) FROM f WHERE day = DATE '2026-01-01'), count(*) FROM f"""
    ran = run(world, twice)
    # Trino reads a CTE as often as it is named; the rig's DuckDB once.
    assert (ran.data, ran.scanned in (both, both + size(world, FIRST))) == ([["2", "4"]], True)
    outer = """SELECT a.day FROM flows a LEFT JOIN flows b
        ON a.bytes = b.bytes AND b.action = 'NONE' WHERE b.day IS NULL ORDER BY 1"""
    ran = run(world, outer)
    assert ran.data == [[FIRST], [FIRST], [SECOND], [SECOND]]
    numbered = """SELECT day, n FROM (SELECT day, row_number() OVER (ORDER BY day DESC, bytes) n
        FROM flows) x WHERE day = DATE '2026-01-01' ORDER BY n"""
    assert run(world, numbered).data == [[FIRST, "3"], [FIRST, "4"]]


def test_a_dash_is_a_text_and_no_number(world: Rig) -> None:
    ran = run(world, "SELECT srcaddr, dstport, bytes, action FROM flows WHERE dstport IS NULL")
    assert ran.data == [["-", None, None, "-"]]


def test_lines_are_read_by_position_and_never_fail(world: Rig) -> None:
    put_day(world, THIRD, "2 a", "2 b 1 2 3 X extra more", "2 c 4294967296 1.5 +7 Y", "")
    register(world, THIRD)
    ran = run(
        world,
        "SELECT version, srcaddr, dstport, bytes, start, action FROM flows"
        " WHERE day = DATE '2026-01-03'",
    )
    assert ran.data == [
        ["2", "a", None, None, None, None],
        ["2", "b", "1", "2", "3", "X"],
        ["2", "c", None, "1", "7", "Y"],
        [None, None, None, None, None, None],
    ]


def test_hidden_keys_are_not_read_and_folders_are(world: Rig) -> None:
    body = packed(flow("10.0.0.9", 1, 1))
    keys = ["2026/01/01/_x.gz", "2026/01/01/.y.gz", "2026/01/01/12/z.log.gz", "2026/01/011/n.gz"]
    world.put_keys("logs", keys, body)
    ran = run(
        world, "SELECT DISTINCT \"$path\" FROM flows WHERE day = DATE '2026-01-01' ORDER BY 1"
    )
    assert ran.data == [["s3://logs/2026/01/01/12/z.log.gz"], ["s3://logs/2026/01/01/a.log.gz"]]


def test_the_path_is_not_part_of_a_star(world: Rig) -> None:
    ran = run(world, 'SELECT *, "$path" AS p FROM flows WHERE bytes = 7')
    assert ran.rows[0] == [
        "version", "srcaddr", "dstport", "bytes", "start", "action", "day", "p",
    ]  # fmt: skip
    assert ran.data == [
        ["2", "10.0.0.2", "22", "7", "1767225600", "REJECT", FIRST, "s3://logs/2026/01/01/a.log.gz"]
    ]


def test_types_have_athenas_names(world: Rig) -> None:
    sql = """SELECT count(*), sum(bytes) AS total, max(dstport), srcaddr, day, avg(bytes),
        from_unixtime(max(start)), bool_or(true), array_agg(bytes), 1.50
        FROM flows WHERE bytes = 100 GROUP BY srcaddr, day"""
    ran = run(world, sql)
    assert ran.types == [
        "bigint", "bigint", "integer", "varchar", "date", "double",
        "timestamp with time zone", "boolean", "array", "decimal",
    ]  # fmt: skip
    assert ran.rows == [
        ["_col0", "total", "_col2", "srcaddr", "day", "_col5", "_col6", "_col7", "_col8", "_col9"],
        ["1", "100", "443", "10.0.0.1", FIRST, "100.0", "2026-01-01 00:00:00.000 UTC", "true",
         "[100]", "1.50"],
    ]  # fmt: skip


def test_results_come_in_pages_with_one_header(world: Rig) -> None:
    ran = run(world, "SELECT n FROM UNNEST(sequence(1, 2500)) AS t(n)")
    athena = world.client("athena")
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=ran.id))
    rows = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    assert rows == ["n", *(str(n) for n in range(1, 2501))]
    with pytest.raises(ClientError, match="less than or equal to 1000"):
        athena.get_query_results(QueryExecutionId=ran.id, MaxResults=1001)


def test_the_result_file_is_where_it_is_said_to_be(world: Rig) -> None:
    ran = run(world, "SELECT srcaddr, bytes, 'say \"a,b\"' AS q FROM flows ORDER BY bytes, srcaddr")
    place = ran.execution["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://out/results/{ran.id}.csv"
    body = world.client("s3").get_object(Bucket="out", Key=f"results/{ran.id}.csv")["Body"].read()
    lines = body.decode().splitlines()
    assert lines[0] == '"srcaddr","bytes","q"'
    assert lines[1] == '"10.0.0.2","7","say ""a,b"""'
    assert lines[4] == '"-",,"say ""a,b"""'
    assert len(list(csv.reader(io.StringIO(body.decode())))) == 5


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT nope FROM flows", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
        (
            "SELECT 1\nFROM nope",
            "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.net.nope' does not exist",
        ),
        ("SELECT 1 FROM no.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no' does not exist"),
        ("SELECT f(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'f' not registered"),
        ("SELECT strftime(1, '%Y')", "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not regi"),
        (
            "SELECT 1 FROM flows WHERE dstport = '443'",
            r"TYPE_MISMATCH: line 1:\d+: Cannot apply operator: integer = varchar\(3\)",
        ),
        (
            "SELECT 1 FROM flows WHERE day >= '2026-01-01'",
            # Trino knows no operator >=.
            r"TYPE_MISMATCH: line 1:\d+: Cannot apply operator: date <= varchar\(10\)",
        ),
        (
            "SELECT srcaddr, count(*) AS n FROM flows GROUP BY srcaddr HAVING n > 1",
            "COLUMN_NOT_FOUND: line 1:66: Column 'n' cannot be resolved",
        ),
    ],
)
def test_what_the_analyser_refuses_fails_with_its_words(world: Rig, sql: str, reason: str) -> None:
    ran = run(world, sql)
    assert ran.state == "FAILED"
    assert re.match(reason, ran.reason), ran.reason
    error = ran.execution["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["Retryable"]) == (2, False)
    assert error["ErrorMessage"] == ran.reason


def test_a_division_by_zero_and_a_wrong_cast_fail(world: Rig) -> None:
    assert run(world, "SELECT bytes / (bytes - bytes) FROM flows").reason == (
        "DIVISION_BY_ZERO: Division by zero"
    )
    assert run(world, "SELECT CAST(action AS bigint) FROM flows").reason.startswith(
        "INVALID_CAST_ARGUMENT: Cannot cast 'ACCEPT' to BIGINT"
    )


def test_a_truncated_file_fails_the_query(world: Rig) -> None:
    whole = packed(*(flow(f"10.0.0.{n}", n, n) for n in range(99)))
    world.put_keys("logs", ["2026/01/01/cut.log.gz"], whole[:-40])
    ran = run(world, "SELECT count(*) FROM flows WHERE day = DATE '2026-01-01'")
    wanted = "HIVE_CURSOR_ERROR: Failed to read file at s3://logs/2026/01/01/cut.log.gz"
    assert (ran.state, ran.reason[: len(wanted)]) == ("FAILED", wanted)
    assert run(world, "SELECT count(*) FROM flows WHERE day > DATE '2026-01-01'").data == [["2"]]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        ("SELECT srcaddr, FROM flows", "line 1:17: mismatched input 'FROM'"),
        ("SELECT a,, b FROM flows", "line 1:10: mismatched input ','"),
        ("SELECT `a` FROM flows", "line 1:8: backquoted identifiers are not supported"),
        ("SELECT a::int FROM flows", "line 1:9: mismatched input ':"),
        ("SELECT 1 LIMIT 5 OFFSET 2", "line 1:18: mismatched input 'OFFSET'"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("SELECT (1", "line 1:"),
    ],
)
def test_a_syntax_error_is_refused_at_the_start(world: Rig, sql: str, wanted: str) -> None:
    assert refusal(world, sql).startswith(wanted)
    assert world.client("athena").list_query_executions()["QueryExecutionIds"] == []


def test_parameters_are_bound_and_counted(world: Rig) -> None:
    sql = "SELECT count(*) FROM flows WHERE day = ? AND srcaddr = ?"
    given = ["DATE '2026-01-01'", "'10.0.0.1'"]
    ran = run(world, sql, ExecutionParameters=given)
    assert (ran.data, ran.scanned) == ([["1"]], size(world, FIRST))
    assert "Incorrect number of parameters: expected 2 but found 1" in refusal(
        world, sql, ExecutionParameters=given[:1]
    )


def test_a_query_waits_runs_and_ends(world: Rig) -> None:
    world.settings(queue_polls=2, query_seconds=3600)
    query = start(world, "SELECT 1")
    athena = world.client("athena")

    def state() -> str:
        found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        return str(found["State"])

    assert [state() for _ in range(4)] == ["QUEUED", "QUEUED", "RUNNING", "RUNNING"]
    world.release()
    assert wait(world, query)["Status"]["State"] == "SUCCEEDED"


def test_a_running_query_is_cancelled(world: Rig) -> None:
    world.settings(query_seconds=30)
    query = start(world, "SELECT 1")
    athena = world.client("athena")
    with pytest.raises(ClientError, match="Query has not yet finished"):
        athena.get_query_results(QueryExecutionId=query)
    athena.stop_query_execution(QueryExecutionId=query)
    assert wait(world, query)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        athena.get_query_results(QueryExecutionId=query)


def test_a_cancelled_query_really_stops(world: Rig) -> None:
    rig = world.pid
    assert rig is not None
    before = cpu_seconds(rig)
    heavy = """SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x)
        CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) CROSS JOIN UNNEST(sequence(1, 100)) AS c(z)
        WHERE (x * y + z) % 7919 = 1"""
    query = start(world, heavy)
    until(lambda: cpu_seconds(rig) > before + 0.5)
    world.client("athena").stop_query_execution(QueryExecutionId=query)
    assert wait(world, query)["Status"]["State"] == "CANCELLED"
    assert run(world, "SELECT count(*) FROM flows").data == [["4"]]
    until(lambda: computed_in(rig, 0.3) < 0.1)  # the whole query takes minutes


def test_the_same_token_starts_one_query(world: Rig) -> None:
    token = "t" * 32
    first = start(world, "SELECT 1", ClientRequestToken=token)
    assert start(world, "SELECT 1", ClientRequestToken=token) == first
    assert "Idempotent" in refusal(world, "SELECT 2", ClientRequestToken=token)


def test_an_output_location_has_to_come_from_somewhere(world: Rig) -> None:
    athena = world.client("athena")
    with pytest.raises(ClientError, match="No output location provided"):
        athena.start_query_execution(QueryString="SELECT 1")
    assert "was not found" in str(_error(world, QueryExecutionId="nope" * 9))
    message = refusal(world, "SELECT 1", WorkGroup="nope")
    assert message == "WorkGroup nope is not found."


def _error(rig: Rig, **arguments: str) -> ClientError:
    with pytest.raises(ClientError) as caught:
        rig.client("athena").get_query_execution(**arguments)
    return caught.value


def test_a_missing_output_bucket_is_refused(world: Rig) -> None:
    with pytest.raises(ClientError, match="Unable to verify/create output bucket nowhere"):
        world.client("athena").start_query_execution(
            QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://nowhere/"}
        )


def test_an_enforced_workgroup_settles_the_place(world: Rig) -> None:
    athena = world.client("athena")
    place = {"OutputLocation": "s3://out/group/"}
    athena.create_work_group(Name="g", Configuration={"ResultConfiguration": place})
    ran = run(world, "SELECT 1", WorkGroup="g")
    assert ran.execution["ResultConfiguration"]["OutputLocation"] == f"s3://out/group/{ran.id}.csv"
    found = athena.get_work_group(WorkGroup="g")["WorkGroup"]["Configuration"]
    assert found["EnforceWorkGroupConfiguration"] is True
    assert found["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    athena.update_work_group(
        WorkGroup="g", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    ran = run(world, "SELECT 1", WorkGroup="g")
    assert ran.execution["ResultConfiguration"]["OutputLocation"].startswith("s3://out/results/")
    assert [g["Name"] for g in athena.list_work_groups()["WorkGroups"]] == ["g", "primary"]


def test_a_cutoff_cancels_what_scans_too_much(world: Rig) -> None:
    athena = world.client("athena")
    low = {"BytesScannedCutoffPerQuery": 9_999_999}
    unchecked = world.client("athena", Config(parameter_validation=False))
    with pytest.raises(ClientError, match="greater than or equal to 10000000"):
        unchecked.create_work_group(Name="small", Configuration=low)
    athena.create_work_group(
        Name="g",
        Configuration={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": "s3://out/g/"},
        },
    )
    world.put_keys("logs", ["2026/01/01/big.log"], b"2 x 1 1 1 A\n" * 900_000)
    ran = run(world, "SELECT count(*) FROM flows WHERE day = DATE '2026-01-01'", WorkGroup="g")
    assert (ran.state, ran.reason) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert ran.scanned > 10_000_000
    assert run(
        world, "SELECT count(*) FROM flows WHERE day > DATE '2026-01-01'", WorkGroup="g"
    ).data == [["2"]]


def test_figures_and_lists(world: Rig) -> None:
    athena = world.client("athena")
    first, second = run(world, "SELECT 1"), run(world, "SELECT count(*) FROM flows")
    found = athena.list_query_executions(WorkGroup="primary")["QueryExecutionIds"]
    assert found == [second.id, first.id]
    batch = athena.batch_get_query_execution(QueryExecutionIds=[first.id, "x" * 36])
    assert [item["Query"] for item in batch["QueryExecutions"]] == ["SELECT 1"]
    assert [i["QueryExecutionId"] for i in batch["UnprocessedQueryExecutionIds"]] == ["x" * 36]
    stats = athena.get_query_runtime_statistics(QueryExecutionId=second.id)
    rows = stats["QueryRuntimeStatistics"]["Rows"]
    assert (rows["InputBytes"], rows["OutputRows"]) == (second.scanned, 1)
    assert second.execution["StatementType"] == "DML"
    assert second.execution["Statistics"]["EngineExecutionTimeInMillis"] > 0


@pytest.mark.asks_no_query
def test_an_unknown_operation_is_refused_by_name(world: Rig) -> None:
    with pytest.raises(ClientError, match="athena:CreateDataCatalog") as caught:
        world.client("athena").create_data_catalog(Name="x", Type="GLUE")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_long_query_is_refused(world: Rig) -> None:
    sql = f"SELECT '{'x' * 262_144}'"
    assert "less than or equal to 262144" in refusal(world, sql)


def test_nothing_is_kept_over_a_reset(world: Rig) -> None:
    assert run(world, "SELECT count(*) FROM flows").data == [["4"]]
    world.reset()
    make_world(world)
    put_day(world, FIRST, flow("1.1.1.1", 1, 1))
    register(world, FIRST)
    assert run(world, "SELECT count(*), max(srcaddr) FROM flows").data == [["1", "1.1.1.1"]]


def test_two_hundred_objects_are_read(world: Rig) -> None:
    body = packed(*(flow(f"10.0.0.{n % 250}", n, n) for n in range(100)))
    world.put_keys("logs", [f"2026/01/03/{n}.log.gz" for n in range(199)], body)
    register(world, THIRD)
    ran = run(world, "SELECT count(*), sum(bytes) FROM flows WHERE day = DATE '2026-01-03'")
    assert ran.data == [["19901", str(199 * 4950 + 99999)]]


def test_pyathena_reads_rows_and_reasons(world: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.env().items():
        monkeypatch.setenv(name, value)
    with pyathena.connect(
        s3_staging_dir="s3://out/pya/", schema_name="net", poll_interval=0.02, cursor_class=Cursor
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT day, sum(bytes) AS b FROM flows GROUP BY day ORDER BY day")
        assert [(str(day), size) for day, size in cursor.fetchall()] == [
            (FIRST, 107),
            (SECOND, 1000),
        ]
        assert cursor.data_scanned_in_bytes == size(world, FIRST) + size(world, SECOND)
        cursor.execute(
            "SELECT count(*) FROM flows WHERE srcaddr = ?", ["'10.0.0.1'"], paramstyle="qmark"
        )
        assert cursor.fetchone() == (2,)
        with pytest.raises(pyathena.error.OperationalError, match="COLUMN_NOT_FOUND"):
            cursor.execute("SELECT nope FROM flows")


def test_a_location_in_no_bucket_fails_the_query(world: Rig) -> None:
    lost = {"Values": [THIRD], "StorageDescriptor": descriptor("s3://nowhere/x/")}
    world.client("glue").create_partition(
        DatabaseName="net", TableName="flows", PartitionInput=lost
    )
    reason = run(world, "SELECT count(*) FROM flows").reason
    assert reason == "HIVE_FILESYSTEM_ERROR: Failed to list directory: s3://nowhere/x/"


def test_a_deleted_object_is_not_read(world: Rig) -> None:
    world.client("s3").delete_object(Bucket="logs", Key="2026/01/01/a.log.gz")
    assert run(world, "SELECT count(*) FROM flows").data == [["2"]]


def test_an_engine_that_cannot_write_says_so(world: Rig) -> None:
    if world.trino_port is not None:
        pytest.skip("Trino writes: tests/test_trino_writing.py")
    for sql in (
        "INSERT INTO flows VALUES (1)",
        "CREATE TABLE v AS SELECT 1",
    ):
        assert refusal(world, sql).startswith(f"line 1:1: mismatched input '{sql.split()[0]}'")
