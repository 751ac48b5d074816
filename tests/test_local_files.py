"""Which local files a run reads, which it names, and how far it says it is.

Parquet of other types, damage that only a whole reading finds, files that are gone meanwhile, links
and leftovers.
"""

import gzip
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.catalog.wanted import flow_table, wanted_table
from flowathena.cli import delivery, terminal
from flowathena.engine.local import files, scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.database import SETTINGS
from flowathena.engine.local.files import Listing, find
from flowathena.errors import BadFilesError, EngineError
from flowathena.logs.layout import Layout, Scope
from flowathena.result.result import Listener, Progress, Result
from flowathena.storage import LocalStorage
from flowathena.storage.walk import walk
from flowathena.target.target import Target
from tests.cases import ACCOUNT, HEADER, LogFile, record, write_project
from tests.shell import Shell

WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}
DAYS = ("2026-11-01", "2026-11-02")
START = 1793534400  # 2026-11-01T12:00:00Z
FLOW: dict[str, pa.Array] = {
    "version": pa.array([2], pa.int32()),
    "account_id": pa.array([ACCOUNT]),
    "dstport": pa.array([443], pa.int32()),
    "bytes": pa.array([1000], pa.int64()),
    "start": pa.array([START], pa.int64()),
    "end": pa.array([START + 60], pa.int64()),
}
COUNT = "SELECT count(*) AS n, sum(bytes) AS b, min(dstport) AS p FROM flow_logs"


def text_client(folder: Path) -> Client:
    """A record a day."""
    files = [LogFile(day, (record(f"{day}T12:00:00"),)) for day in DAYS]
    write_project(folder, *files)
    return synced(folder)


def synced(folder: Path) -> Client:
    client = Client("local", config_path=folder / "flowathena.toml")
    client.partitions.sync(everything=True)
    return client


def day(folder: Path, number: int = 0) -> Path:
    return folder / "logs" / LogFile(DAYS[number], ()).folder


def parquet_client(folder: Path, **tables: dict[str, pa.Array]) -> Client:
    """A Parquet file each, of the first day."""
    day(folder).mkdir(parents=True)
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), day(folder) / f"{name}.log.parquet")
    (folder / "flowathena.toml").write_text(
        '[targets.local]\nlocation = "./logs"\nfile_format = "parquet"\n'
    )
    return synced(folder)


def count(client: Client, listener: Listener | None = None, *, skip: bool = False) -> Result:
    return client.sql(COUNT, **WINDOW, listener=listener, skip_bad_files=skip)


def values(result: Result) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in result.rows()]


@pytest.mark.parametrize(
    ("column", "array", "reason"),
    [
        (
            "dstport",
            pa.array(["443"]),
            "its column dstport is UTF8, which Athena does not read as the table's int",
        ),
        ("dstport", pa.array([443.0]), "its column dstport is DOUBLE"),
        ("dstport", pa.array([True]), "its column dstport is BOOLEAN"),
        ("bytes", pa.array(["1000"]), "its column bytes is UTF8"),
        ("account_id", pa.array([111122223333]), "its column account_id is INT64"),
        ("start", pa.array([START], pa.int32()).cast(pa.date32()), "its column start is DATE"),
    ],
)
def test_a_parquet_column_of_another_type_is_damage(
    tmp_path: Path, column: str, array: pa.Array, reason: str
) -> None:
    client = parquet_client(tmp_path, a=FLOW, b={**FLOW, column: array})
    path = str(day(tmp_path) / "b.log.parquet")
    with pytest.raises(BadFilesError) as caught:
        count(client)
    assert list(caught.value.files) == [path]
    assert caught.value.files[path].startswith(reason)
    answer = count(client, skip=True)
    assert values(answer) == [(1, 1000, 443)]
    assert list(answer.stats.skipped_files) == [path]


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("dstport", pa.array([443], pa.int64())),
        ("dstport", pa.array([443], pa.uint16())),
        ("bytes", pa.array([1000], pa.int32())),
        ("account_id", pa.array([ACCOUNT.encode()])),
        ("tomorrows_field", pa.array([[1]])),
    ],
)
def test_a_parquet_column_that_athena_reads_all_the_same_is_none(
    tmp_path: Path, column: str, array: pa.Array
) -> None:
    client = parquet_client(tmp_path, a=FLOW, b={**FLOW, column: array})
    assert values(count(client)) == [(2, 2000, 443)]


def test_damage_inside_of_parquet_is_found_by_reading_it(tmp_path: Path) -> None:
    """Its footer is sound, so only a reading of its pages shows it."""
    client = parquet_client(tmp_path, a=FLOW, b=FLOW, c=FLOW)
    paths = [day(tmp_path) / f"{name}.log.parquet" for name in "bc"]
    for path in paths:
        content = bytearray(path.read_bytes())
        pages = pq.ParquetFile(path).metadata.row_group(0).column(3)
        first = pages.dictionary_page_offset or pages.data_page_offset
        content[first : first + 12] = b"\xff" * 12
        path.write_bytes(bytes(content))
    with pytest.raises(BadFilesError) as caught:
        count(client)
    assert caught.value.files == {str(path): "damaged Parquet file" for path in paths}
    answer = count(client, skip=True)
    assert values(answer) == [(1, 1000, 443)]
    assert answer.stats.files == 1


def unzipped(folder: Path) -> Path:
    """The file of the second day, which is no gzip file any more."""
    [path] = day(folder, 1).iterdir()
    plain = path.with_suffix("")
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    path.unlink()
    return plain


def remover(path: Path) -> Listener:
    """Removes a file after it was examined."""

    def remove(progress: Progress) -> None:
        if progress.state == "CHECKING" and progress.share == 1:
            path.unlink(missing_ok=True)

    return remove


def test_a_file_that_is_gone_after_it_was_examined_is_named(tmp_path: Path) -> None:
    client = text_client(tmp_path)
    path = unzipped(tmp_path)
    with pytest.raises(BadFilesError) as caught:
        count(client, remover(path))
    assert caught.value.files == {str(path): "No such file or directory"}


def test_a_gzip_file_is_read_as_it_was_when_it_was_examined(tmp_path: Path) -> None:
    client = text_client(tmp_path)
    [path] = day(tmp_path, 1).iterdir()
    answer = count(client, remover(path))
    assert not path.exists()
    assert values(answer) == [(2, 2000, 443)]


def test_a_file_that_is_gone_is_skipped_on_demand(tmp_path: Path) -> None:
    client = text_client(tmp_path)
    path = unzipped(tmp_path)
    answer = count(client, remover(path), skip=True)
    assert values(answer) == [(1, 1000, 443)]
    assert answer.stats.skipped_files == {str(path): "No such file or directory"}


def test_a_number_with_a_fraction_may_be_missing(tmp_path: Path) -> None:
    """Of a text in a table with a column of such, ``-`` is NULL, as every other word."""
    path = tmp_path / "1.log"
    path.write_text("version packets\n2 1.5\n2 -\n2 x\n")
    target = Target("t", str(tmp_path))
    table = wanted_table(target)
    columns = [replace(c, type="double") if c.name == "packets" else c for c in table.columns]
    source = flow_table(replace(table, columns=tuple(columns)), target)
    heads = {str(path): Head(gzip=False, fields=("version", "packets"))}
    file = files.LogFile(str(path), 1, (ACCOUNT, "eu-west-1", DAYS[0]), str(tmp_path))
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(SETTINGS)
        scan.create(connection, source, scan.Files([(str(path), file)], heads))
        name = f'"{table.database}"."{table.name}"'
        rows = connection.execute(f"SELECT packets FROM {name}").fetchall()
    assert rows == [(1.5,), (None,), (None,)]


def test_an_error_of_the_statement_is_not_blamed_on_a_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Division by zero"):
        text_client(tmp_path).sql("SELECT 1 / (dstport - 443) AS v FROM flow_logs", **WINDOW)


def test_a_folder_that_cannot_be_read_is_damage_too(tmp_path: Path) -> None:
    client = text_client(tmp_path)
    (day(tmp_path) / "up").symlink_to(tmp_path)
    with pytest.raises(BadFilesError, match="which contains it; remove the link"):
        count(client)
    answer = count(client, skip=True)
    assert list(answer.stats.skipped_files) == [str(day(tmp_path) / "up")]
    assert values(answer) == [(2, 2000, 443)]


def test_a_registered_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    client = text_client(tmp_path)
    [path] = day(tmp_path).iterdir()
    path.unlink()
    day(tmp_path).rmdir()
    answer = count(client)
    assert values(answer) == [(1, 1000, 443)]
    [warning] = answer.stats.warnings
    assert warning.startswith(f"1 registered folder not found (first: {day(tmp_path)}/);")


LOG = gzip.compress(f"{HEADER}\n{record('2026-11-01T12:00:00')}\n".encode())


def _leftovers(folder: Path) -> None:
    for name in ("a.log.gz.a1B2c3D4", "a.tmp", "a.log.gz.part", "notes.txt", "_a.log.gz"):
        (folder / name).write_bytes(LOG)


def _linked_hour(folder: Path) -> None:
    (folder.parents[6] / "hour").mkdir()
    (folder.parents[6] / "hour/x.log.gz").write_bytes(LOG)
    (folder / "10").symlink_to(folder.parents[6] / "hour")


def _linked_log(folder: Path) -> None:
    (folder.parents[6] / "x").write_bytes(LOG)
    (folder / "x.log.gz").symlink_to(folder.parents[6] / "x")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "x.log.gz")


@pytest.mark.parametrize(
    ("fill", "logs"),
    [(_leftovers, 0), (_pipe, 0), (_linked_hour, 1), (_linked_log, 1), (lambda _folder: None, 0)],
)
def test_engine_and_listing_agree_on_what_a_log_is(
    tmp_path: Path, fill: Callable[[Path], None], logs: int
) -> None:
    folder = day(tmp_path)
    folder.mkdir(parents=True)
    fill(folder)
    storage = LocalStorage(str(tmp_path / "logs"))
    found = find({("v",): f"{folder}/"})
    assert len(found.logs) == logs
    assert storage.is_empty(f"{folder}/") is (logs == 0)
    assert len(walk(storage, Layout(), Scope()).locations) == logs


def test_a_listing_names_what_it_leaves_out(tmp_path: Path) -> None:
    _leftovers(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "below/x.log.gz").write_bytes(LOG)
    (tmp_path / "empty.log").touch()
    locations: dict[tuple[str, ...], str] = {
        ("1",): f"{tmp_path}/",
        ("2",): f"{tmp_path}/nowhere/",
    }
    found = find(locations)
    assert [Path(file.path).name for file in found.logs] == ["x.log.gz"]
    assert found.logs[0].location == f"{tmp_path}/"
    names = ["a.log.gz.a1B2c3D4", "a.log.gz.part", "a.tmp", "notes.txt"]
    assert found == Listing(
        found.logs, [str(tmp_path / name) for name in names], [f"{tmp_path}/nowhere/"], {}
    )


def test_a_run_says_how_far_it_is(tmp_path: Path) -> None:
    told: list[Progress] = []
    answer = count(text_client(tmp_path), told.append)
    assert told[0].state == "CHECKING"
    assert (told[0].scanned_bytes, told[0].share) == (0, 0)
    checked = next(each for each in reversed(told) if each.state == "CHECKING")
    assert (checked.scanned_bytes, checked.share) == (answer.stats.scanned_bytes, 1)
    assert told[-1].state == "RUNNING"
    assert [each.seconds for each in told] == sorted(each.seconds for each in told)


def test_a_run_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(terminal, "progress", lambda *line: shown.append(line))
    delivery.show_progress(Progress("CHECKING", 0.1, 1_500_000, 0.379))
    delivery.show_progress(Progress("RUNNING", 1.0, 4_000_000))
    assert shown == [
        ("CHECKING", "37 %, 1.5 MB scanned", 37, 100),
        ("RUNNING", "4.0 MB scanned"),
    ]


def test_a_folder_above_may_have_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    """What lists locations as JSON spells its bytes out; they come back as they were."""
    folder = tmp_path / "\udcff\n*"
    folder.mkdir()
    write_project(folder, LogFile(DAYS[0], (record(f"{DAYS[0]}T12:00:00"),)))
    shell = Shell(folder)
    shell.run("partitions", "sync", "--all")
    [listed] = shell.run("partitions", "list", "--all", "--format", "json").json
    assert listed["location"] == f"{folder}/logs/{LogFile(DAYS[0], ()).folder}"
    shell.run("config", "show", "--format", "json")
    options = ("--since", WINDOW["since"], "--until", WINDOW["until"], "--format", "json")
    assert len(shell.run("run", "preview", *options).json) == 1
    [path] = day(folder).iterdir()
    path.write_bytes(b"")
    path.with_name("x.log.gz").write_bytes(b"\x1f\x8b")
    line = shell.refused("run", "preview", *options, code=1)
    assert f"{str(path.with_name('x.log.gz'))!r}: truncated gzip file" in line
