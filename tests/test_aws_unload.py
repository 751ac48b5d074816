"""Results that Athena unloads as Parquet: the same rows, and nothing left behind."""

import errno
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client, EngineError, UsageError
from flowathena.aws import results
from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.aws.unload import Unload, _Stoppable
from flowathena.result import spool, unloaded
from flowathena.result.relation import Relation
from flowathena.result.result import Held
from flowathena.target.target import Target
from tests.aws import BUCKET, RESULTS, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

pytestmark = pytest.mark.rig

OUT = "unloaded"
WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
TYPED = """
SELECT n, CASE WHEN n % 2 = 0 THEN '' WHEN n % 3 = 0 THEN NULL ELSE 'ünï "x"' END AS text,
    n * 1.5E0 AS d, n % 2 = 0 AS even, CAST(n AS decimal(9, 2)) AS amount,
    CAST('2026-11-01 12:00:00.123' AS timestamp) AS t, DATE '2026-11-01' AS day
FROM (SELECT a + 100 * b AS n FROM UNNEST(sequence(1, 100)) AS s(a),
    UNNEST(sequence(0, 110)) AS t(b)) WHERE n <= {rows}
"""


@pytest.fixture
def athena(rig: Rig) -> Iterator[Athena]:
    create_bucket(rig, RESULTS)
    create_bucket(rig, OUT)
    rig.settings(queue_polls=0)
    rig.client("glue").create_database(DatabaseInput={"Name": "net"})
    target = Target("t", "s3://logs/", database="net", output_location=f"s3://{RESULTS}/there/")
    with pointed_at(rig):
        yield Athena(Aws(target), target)


def keys(rig: Rig, bucket: str = OUT) -> list[str]:
    found = rig.client("s3").list_objects_v2(Bucket=bucket)
    return [each["Key"] for each in found.get("Contents", [])]


@pytest.mark.parametrize(("rows", "kind"), [(5, Held), (10_001, Relation)])
def test_the_rows_and_types_are_those_of_a_plain_result(
    rig: Rig, athena: Athena, rows: int, kind: type
) -> None:
    sql = TYPED.format(rows=rows)
    found = athena.execute(sql, database="net", unload=Unload(f"s3://{OUT}/a"))
    plain = athena.execute(sql, database="net")
    assert isinstance(found.store, kind)
    assert sorted(found.data) == sorted(plain.data)
    assert found.columns == plain.columns
    assert sorted(found.data)[1] == (
        *(2, "", 3.0, True, Decimal("2.00")),
        datetime(2026, 11, 1, 12, 0, 0, 123_000, tzinfo=UTC),
        date(2026, 11, 1),
    )
    assert keys(rig) == []
    assert found.stats.rows == rows


def test_each_run_has_a_folder_of_its_own_and_files_may_stay(rig: Rig, athena: Athena) -> None:
    place = Unload(f"s3://{OUT}/kept/", keep=True)
    athena.execute("SELECT 7 AS n", database="net", unload=place)
    (key,) = keys(rig)
    assert key.startswith(f"kept/{place.run_id}/")
    assert Unload(f"s3://{OUT}/kept/").folder != place.folder
    sent = rig.journal("athena", "StartQueryExecution")[-1]["params"]["QueryString"]
    assert sent == (
        f"UNLOAD (\nSELECT 7 AS n\n) TO 's3://{OUT}/kept/{place.run_id}/' "
        "WITH (format = 'PARQUET', compression = 'ZSTD')"
    )


def test_no_rows_keep_the_names_of_their_columns(athena: Athena) -> None:
    found = athena.execute(
        'SELECT 1 AS "A", 2 AS b WHERE 1 = 2', database="net", unload=Unload(f"s3://{OUT}/"),
        names=("a", "b"),
    )  # fmt: skip
    assert ([column.name for column in found.columns], len(found)) == (["a", "b"], 0)


def test_the_manifest_says_which_files_are_the_result(rig: Rig, athena: Athena) -> None:
    """A worker that Athena replaced may have left a file of rows that are there twice."""
    place = Unload(f"s3://{OUT}/")
    denied = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}
    rig.faults([denied])
    found = athena.execute("SELECT 7 AS n", database="net", unload=place)
    assert found.data == [(7,)]
    (warning,) = found.stats.warnings
    assert warning.startswith(f"files are left in {place.folder}: ListObjectsV2: AccessDenied")


@pytest.mark.parametrize("keep", [False, True])
def test_what_fails_leaves_no_files(rig: Rig, athena: Athena, keep: bool) -> None:
    place = Unload(f"s3://{OUT}/", keep=keep)
    left = f"{place.run_id}/part.parquet"
    rig.client("s3").put_object(Bucket=OUT, Key=left, Body=b"what a worker had written")
    with pytest.raises(EngineError):
        athena.execute("SELECT 1 / 0 AS n", database="net", unload=place)
    assert keys(rig) == []


@pytest.mark.parametrize("keep", [False, True])
def test_what_cannot_be_read_back_stays(rig: Rig, athena: Athena, keep: bool) -> None:
    """The query is paid for, and an UNLOAD has no rows of its own."""
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied", "match": OUT}])
    place = Unload(f"s3://{OUT}/", keep=keep)
    with pytest.raises(EngineError) as caught:
        athena.execute("SELECT 7 AS n", database="net", unload=place)
    assert "GetObject: AccessDenied" in str(caught.value)
    told = f" SUCCEEDED, its rows are kept as Parquet files in {place.folder}"
    assert str(caught.value).endswith(told)
    assert [key.partition("/")[0] for key in keys(rig)] == [place.run_id]


def test_files_that_stayed_can_be_removed(rig: Rig, shell: Shell) -> None:
    with pointed_at(rig):
        flows = Client(config_path=shell.folder / "flowathena.toml")
        found = flows.unload(
            "top_https_servers",
            f"s3://{OUT}/t/",
            keep=True,
            since="2026-10-01",
            until="2026-10-02",
        )
        assert [f"s3://{OUT}/{key.rpartition('/')[0]}/" for key in keys(rig)] == [
            found.stats.unloaded
        ]
        flows.remove_unloaded(found)
        assert (keys(rig), found.stats.unloaded) == ([], "")


def test_rows_that_cannot_be_written_stay(rig: Rig, shell: Shell) -> None:
    run = ("run", "top_https_servers", *WINDOW, "--unload", f"s3://{OUT}/temporary/")
    line = shell.refused(*run, "-o", "/dev/full", code=1)
    (key,) = keys(rig)
    folder = f"s3://{OUT}/{key.rpartition('/')[0]}/"
    assert line.rstrip().endswith(f" SUCCEEDED, its rows are kept as Parquet files in {folder}")


def test_the_chart_of_the_query_is_drawn(shell: Shell) -> None:
    run = ("run", "traffic_by_day_and_hour", *WINDOW, "--chart")
    unload = ("--unload", f"s3://{OUT}/temporary/")
    plain = shell.run(*run).out
    assert shell.run(*run, *unload).out == plain
    for name, given in (("plain.svg", ()), ("unloaded.svg", unload)):
        shell.run(*run[:-1], *given, "-o", name)
    assert (shell.folder / "unloaded.svg").read_text() == (shell.folder / "plain.svg").read_text()


def test_no_temporary_file_is_left(
    athena: Athena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for rows in (3, 10_001):
        found = athena.execute(
            TYPED.format(rows=rows), database="net", unload=Unload(f"s3://{OUT}/")
        )
        assert len(found) == rows
        del found
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """One day with three flows to one server."""
    create_bucket(rig, BUCKET)
    create_bucket(rig, OUT)
    noon = int(datetime(2026, 10, 1, 12, tzinfo=UTC).timestamp())
    place = Place("111122223333", "eu-west-1", date(2026, 10, 1))
    rig.put_keys(BUCKET, [place.key], log(*[record(noon)] * 3))
    shell = configured(tmp_path, rig)
    with pointed_at(rig):
        Client(config_path=tmp_path / "flowathena.toml").partitions.sync(everything=True)
    rig.settings(queue_polls=0)
    return shell


def test_a_run_unloads(rig: Rig, shell: Shell) -> None:
    unload = ("--unload", f"s3://{OUT}/temporary/")
    plain = shell.run("run", "top_https_servers", *WINDOW, "--format", "json")
    done = shell.run("run", "top_https_servers", *WINDOW, *unload, "--format", "json")
    assert done.json == plain.json
    assert keys(rig) == []
    done = shell.run(
        "run", "top_https_servers", *WINDOW, *unload, "--keep-unloaded", "-o", "x.parquet"
    )
    assert f"the Parquet files are left in s3://{OUT}/temporary/" in done.err
    assert len(keys(rig)) == 1
    assert pq.read_table(shell.folder / "x.parquet").to_pylist() == plain.json


def test_a_statement_of_ones_own_unloads(shell: Shell) -> None:
    sql = "SELECT dstaddr, sum(bytes) AS bytes FROM flow_logs GROUP BY 1"
    done = shell.run("sql", sql, *WINDOW, "--unload", f"s3://{OUT}/", "--format", "json")
    assert done.json == [{"dstaddr": "10.0.0.5", "bytes": 540}]
    (entry,) = shell.run("history", "--format", "json").json
    assert (entry["query"], entry["kind"]) == ("sql", "UNLOAD")


@pytest.mark.asks_no_query
def test_a_dry_run_shows_what_would_be_sent(shell: Shell) -> None:
    run = ("run", "top_https_servers", *WINDOW, "--dry-run")
    plain = shell.run(*run).out.rstrip("\n")
    shown = shell.run(*run, "--unload", f"s3://{OUT}/temporary").out
    assert shown == (
        f"UNLOAD (\n{plain}\n) TO 's3://{OUT}/temporary/RUN-ID/' "
        "WITH (format = 'PARQUET', compression = 'ZSTD')\n"
    )


@pytest.mark.asks_no_query
def test_what_cannot_be_unloaded_is_said_first(shell: Shell, tmp_path: Path) -> None:
    run = ("run", "top_https_servers", *WINDOW)
    assert "is not a folder of S3" in shell.refused(*run, "--unload", "/temporary/x")
    assert "goes with --unload" in shell.refused(*run, "--keep-unloaded")
    bad = shell.refused(*run, "--unload", f"s3://{OUT}/", "--skip-bad-files")
    assert "--skip-bad-files is for the local engine" in bad
    logs = tmp_path / "logs"
    logs.mkdir()
    client = Client(Target("l", str(logs)))
    with pytest.raises(UsageError, match="unload is for targets in AWS"):
        client.unload("top_https_servers", f"s3://{OUT}/")


def test_an_interrupt_cancels_and_clears(rig: Rig, shell: Shell) -> None:
    rig.settings(query_seconds=3600)
    process = shell.start("run", "ssh_rejects", *WINDOW, "--unload", f"s3://{OUT}/temporary/")
    until(lambda: rig.journal("athena", "GetQueryExecution"), process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "CANCELLED" in err
    assert rig.journal("s3", "ListObjectsV2")  # what it may have written is looked for
    assert keys(rig) == []


@pytest.mark.asks_no_query  # of three rows Trino makes one file
def test_several_files_are_fetched_at_once(rig: Rig, athena: Athena) -> None:
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "hold", "match": ".parquet"}])
    with ThreadPoolExecutor(1) as pool:
        sql, place = TYPED.format(rows=3), Unload(f"s3://{OUT}/")
        run = pool.submit(athena.execute, sql, database="net", unload=place)
        until(lambda: rig.held() == 2 or run.done())
        rig.release()
        assert len(run.result()) == 3


@pytest.mark.asks_no_query  # same
def test_a_file_that_is_refused_is_told_while_another_is_fetched(rig: Rig, athena: Athena) -> None:
    get = {"service": "s3", "op": "GetObject", "match": ".parquet"}
    rig.faults([{**get, "kind": "hold", "times": 1}, {**get, "kind": "access_denied"}])
    sql, place = TYPED.format(rows=3), Unload(f"s3://{OUT}/")
    with pytest.raises(EngineError, match="AccessDenied"):
        athena.execute(sql, database="net", unload=place)
    assert rig.held() == 1


def test_the_copy_of_a_file_ends_when_it_is_stopped(tmp_path: Path) -> None:
    stopped = threading.Event()
    with (tmp_path / "0").open("wb") as file:
        copying = _Stoppable(file, stopped)
        copying.write(b"abc")
        assert copying.tell() == 3
        stopped.set()
        for go_on in (lambda: copying.write(b"d"), copying.tell):
            with pytest.raises(InterruptedError):
                go_on()
    assert (tmp_path / "0").read_bytes() == b"abc"


def test_an_interrupt_while_files_are_fetched_leaves_none(rig: Rig, shell: Shell) -> None:
    (shell.folder / "temporary").mkdir()
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "hold", "match": "temporary/"}])
    started = replace(shell, env={**shell.env, "TMPDIR": str(shell.folder / "temporary")}).start(
        "run", "top_https_servers", *WINDOW, "--unload", f"s3://{OUT}/temporary/"
    )
    until(rig.held, started)
    started.send_signal(signal.SIGINT)
    _, err = started.communicate()
    assert started.returncode == 130
    assert "SUCCEEDED" in err
    assert list((shell.folder / "temporary").iterdir()) == []
    assert keys(rig) == []


def test_the_name_of_the_folder_means_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "n=5" / "k=v"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"n": [1, 2]}), folder / "0.parquet")
    columns, rows = unloaded.load(folder, [folder / "0.parquet"], [])
    assert columns == [("n", "bigint")]
    assert isinstance(rows, Held)
    assert rows.data == [(1,), (2,)]


def test_a_damaged_file_is_noticed_before_a_row_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = spool.new_folder()
    path = folder / "0.parquet"
    pq.write_table(pa.table({"n": range(200_000)}), path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(3_000))
    with pytest.raises(EngineError, match="cannot read what was unloaded"):
        unloaded.load(folder, [path], [])


def test_a_disk_without_room_is_an_error_that_says_where_the_rows_are(
    rig: Rig, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(results, "copy_object", full)
    place = Unload(f"s3://{OUT}/")
    with pytest.raises(EngineError, match=r"cannot keep the result in .*: No space") as caught:
        athena.execute("SELECT 7 AS n", database="net", unload=place)
    assert str(caught.value).endswith(f"are kept as Parquet files in {place.folder}")
    assert keys(rig)
