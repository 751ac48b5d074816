"""The embedded catalog, one SQLite file."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flowathena.catalog import Change, LocalCatalog, Outcome, Status, read_partitions
from flowathena.errors import CatalogError
from flowathena.logs.layout import Scope
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

ONE = ("111122223333", "eu-west-1", "2026-11-01")
TWO = ("444455556666", "us-east-1", "2026-11-02")
ALL = Scope()
SHAPE = Shape(
    (
        Key("aws_account", "string", Role.ACCOUNT),
        Key("aws_region", "string", Role.REGION),
        Key("day", "string", Role.DAY),
    )
)


def table(root: Path, *columns: str) -> Table:
    return Table(
        "network",
        "logs",
        tuple(Column(name, "string") for name in columns or ("srcaddr",)),
        tuple(Column(key, "string") for key in ("aws_account", "aws_region", "day")),
        f"{root}/AWSLogs/",
        {"skip.header.line.count": "1"},
    )


def catalog(root: Path) -> LocalCatalog:
    return LocalCatalog(str(root), "network", "logs")


@pytest.fixture
def created(tmp_path: Path) -> LocalCatalog:
    made = catalog(tmp_path)
    made.create(table(tmp_path))
    return made


def test_there_is_no_table_before_it_is_created(tmp_path: Path) -> None:
    assert catalog(tmp_path).table() is None


def test_looking_for_the_table_creates_no_file(tmp_path: Path) -> None:
    catalog(tmp_path).table()
    assert list(tmp_path.iterdir()) == []


def test_a_created_table_is_read_as_it_was(created: LocalCatalog, tmp_path: Path) -> None:
    assert created.table() == table(tmp_path)


def test_creating_twice_changes_nothing(created: LocalCatalog, tmp_path: Path) -> None:
    created.create(table(tmp_path, "other"))
    assert created.table() == table(tmp_path)


def test_creating_twice_keeps_the_partitions(created: LocalCatalog, tmp_path: Path) -> None:
    created.add(changes([(ONE, f"{tmp_path}/a/")]))
    created.create(table(tmp_path))
    assert list(read_partitions(created, ALL, SHAPE)) == [ONE]


def test_another_table_of_the_file_is_another_table(created: LocalCatalog, tmp_path: Path) -> None:
    created.add(changes([(ONE, f"{tmp_path}/a/")]))
    other = LocalCatalog(str(tmp_path), "network", "other")
    assert (other.table(), read_partitions(other, ALL, SHAPE)) == (None, {})


def test_partitions_are_added(created: LocalCatalog, tmp_path: Path) -> None:
    outcomes = created.add(changes([(ONE, f"{tmp_path}/a/"), (TWO, f"{tmp_path}/b/")]))
    assert outcomes == [Outcome(ONE, Status.ADDED), Outcome(TWO, Status.ADDED)]
    assert read_partitions(created, ALL, SHAPE) == {ONE: f"{tmp_path}/a/", TWO: f"{tmp_path}/b/"}


def test_a_partition_added_twice_existed(created: LocalCatalog, tmp_path: Path) -> None:
    created.add(changes([(ONE, f"{tmp_path}/a/")]))
    assert created.add(changes([(ONE, f"{tmp_path}/a/")])) == [Outcome(ONE, Status.EXISTED)]


def test_a_partition_keeps_its_first_location(created: LocalCatalog, tmp_path: Path) -> None:
    created.add(changes([(ONE, f"{tmp_path}/a/")]))
    created.add(changes([(ONE, f"{tmp_path}/b/")]))
    assert read_partitions(created, ALL, SHAPE) == {ONE: f"{tmp_path}/a/"}


def test_a_partition_twice_in_one_batch_is_added_once(
    created: LocalCatalog, tmp_path: Path
) -> None:
    outcomes = created.add(changes([(ONE, f"{tmp_path}/a/"), (ONE, f"{tmp_path}/a/")]))
    assert [outcome.status for outcome in outcomes] == [Status.ADDED, Status.EXISTED]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), [ONE, TWO]),
        (Scope(first=date(2026, 11, 2)), [TWO]),
        (Scope(last=date(2026, 11, 1)), [ONE]),
        (Scope(date(2026, 11, 1), date(2026, 11, 2)), [ONE, TWO]),
        (Scope(date(2026, 11, 3), date(2026, 11, 9)), []),
        (Scope(accounts=frozenset({"444455556666"})), [TWO]),
        (Scope(regions=frozenset({"eu-west-1"})), [ONE]),
        (Scope(accounts=frozenset({"444455556666"}), regions=frozenset({"eu-west-1"})), []),
    ],
)
def test_a_scope_filters(
    created: LocalCatalog, scope: Scope, expected: list[tuple[str, ...]]
) -> None:
    created.add(changes([(ONE, "/a/"), (TWO, "/b/")]))
    assert list(read_partitions(created, scope, SHAPE)) == expected


def test_locations_move_with_the_folder(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    catalog(before).create(table(before))
    catalog(before).add(changes([(ONE, f"{before}/AWSLogs/a/")]))
    before.rename(after)
    assert read_partitions(catalog(after), ALL, SHAPE) == {ONE: f"{after}/AWSLogs/a/"}
    assert catalog(after).table() == table(after)


def test_a_location_outside_the_folder_stays(created: LocalCatalog) -> None:
    created.add(changes([(ONE, "/elsewhere/a/")]))
    assert read_partitions(created, ALL, SHAPE) == {ONE: "/elsewhere/a/"}


def test_a_folder_whose_name_begins_like_the_root_is_outside(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    root.mkdir()
    made = catalog(root)
    made.create(table(root))
    made.add(changes([(ONE, f"{tmp_path}/logs-old/a/")]))
    assert read_partitions(made, ALL, SHAPE) == {ONE: f"{tmp_path}/logs-old/a/"}


def test_values_of_any_text_are_kept(created: LocalCatalog) -> None:
    hostile = ("it's", 'a"b', "é\n; DROP TABLE partitions")
    created.add(changes([(hostile, "/a/")]))
    assert read_partitions(created, ALL, SHAPE) == {hostile: "/a/"}


def test_a_corrupt_file_is_told_in_one_line(created: LocalCatalog) -> None:
    created.path.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(CatalogError) as caught:
        created.table()
    assert str(caught.value) == (
        f"catalog file {created.path} is damaged (file is not a database); remove it, then "
        "'flowathena partitions sync --all' writes it anew"
    )


def test_adding_to_a_corrupt_file_fails_each_partition(created: LocalCatalog) -> None:
    created.path.write_bytes(b"this is no database, whatever its name says" * 100)
    outcomes = created.add(changes([(ONE, "/a/"), (TWO, "/b/")]))
    assert [outcome.status for outcome in outcomes] == [Status.FAILED] * 2
    assert all("file is not a database" in outcome.error for outcome in outcomes)


def test_a_folder_that_is_not_there_is_a_catalog_error(tmp_path: Path) -> None:
    nowhere = catalog(tmp_path / "nowhere")
    with pytest.raises(CatalogError, match="No such file or directory"):
        nowhere.create(table(tmp_path))


def test_calls_are_counted(created: LocalCatalog) -> None:
    before = created.calls["CatalogTransaction"]
    created.add(changes([(ONE, "/a/"), (TWO, "/b/")]))
    read_partitions(created, ALL, SHAPE)
    assert created.calls["CatalogTransaction"] == before + 2


def changes(pairs: list[tuple[tuple[str, ...], str]]) -> list[Change]:
    return [Change(*pair) for pair in pairs]


def days(count: int) -> list[tuple[tuple[str, ...], str]]:
    first = date(2026, 1, 1).toordinal()
    texts = [date.fromordinal(first + n).isoformat() for n in range(count)]
    return [(("111122223333", "eu-west-1", day), f"/logs/{day}/") for day in texts]


def test_threads_that_add_the_same_days_add_each_once(tmp_path: Path) -> None:
    catalog(tmp_path).create(table(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: catalog(tmp_path).add(changes(days(200))), range(4)))
    added = [o.values for answer in answers for o in answer if o.status is Status.ADDED]
    assert sorted(added) == [values for values, _ in days(200)]


def test_threads_that_create_at_once_all_succeed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: catalog(tmp_path).create(table(tmp_path)), range(8)))
    assert catalog(tmp_path).table() == table(tmp_path)


_ADDER = """
import sys
from flowathena.catalog import Change, LocalCatalog, Status
catalog = LocalCatalog(sys.argv[1], "network", "logs")
values = [("111122223333", "eu-west-1", f"day {n:04d}") for n in range(500)]
batch = [Change(each, f"/logs/{each[2]}/") for each in values]
print(sum(outcome.status is Status.ADDED for outcome in catalog.add(batch)))
"""


def test_two_processes_that_add_the_same_days_add_each_once(tmp_path: Path) -> None:
    catalog(tmp_path).create(table(tmp_path))
    command = [sys.executable, "-c", _ADDER, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    added = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(added) == len(read_partitions(catalog(tmp_path), ALL, SHAPE)) == 500


def test_a_locked_file_is_told_after_a_while(
    created: LocalCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowathena.catalog.local._WAIT_SECONDS", 0)
    with closing(sqlite3.connect(created.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogError) as caught:
            created.table()
        [outcome] = created.add(changes([(ONE, "/a/")]))
    told = (
        f"catalog file {created.path} is locked by another process; try again when that has ended"
    )
    assert str(caught.value) == outcome.error == told
    assert created.table() is not None


def test_a_read_only_file_is_told(created: LocalCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SQLite opens it for a user who may only read; root may always write."""
    opened = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **kw: opened(f"file:{path}?mode=ro", uri=True, **kw)
    )
    assert created.table() is not None
    [outcome] = created.add(changes([(ONE, "/a/")]))
    assert outcome.error == (
        f"catalog file {created.path} cannot be written: it, or its folder, is read-only"
    )


def test_a_damaged_file_names_the_command_that_rebuilds_it(
    created: LocalCatalog, tmp_path: Path
) -> None:
    created.path.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(CatalogError, match="then 'REBUILD' writes"):
        LocalCatalog(str(tmp_path), "network", "logs", "REBUILD").table()


def test_a_file_without_a_version_is_an_earlier_release_s(
    created: LocalCatalog, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(created.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.execute("PRAGMA user_version = 0")
    assert created.table() == table(tmp_path)


def test_a_damaged_file_is_rebuilt_as_told(tmp_path: Path) -> None:
    write_project(tmp_path, LogFile("2026-11-01", (record("2026-11-01T12:00:00"),)))
    shell = Shell(tmp_path)
    shell.run("partitions", "sync", "--all")
    path = tmp_path / "logs/.flowathena/catalog.sqlite"
    path.write_bytes(path.read_bytes()[:5000])
    line = shell.refused("partitions", "list", code=1)
    path.unlink()
    shell.run(*line.partition("'flowathena ")[2].partition("'")[0].split())
    assert len(shell.run("partitions", "list", "--all", "--format", "json").json) == 1


def test_properties_that_somebody_else_has_changed_are_left_as_they_are(
    created: LocalCatalog, tmp_path: Path
) -> None:
    seen = created.table()
    assert seen
    created.change_properties(seen, {**seen.parameters, "theirs": "1"})
    with pytest.raises(CatalogError, match=r"network\.logs was changed by somebody else"):
        created.change_properties(seen, {**seen.parameters, "ours": "1"})
    now = catalog(tmp_path).table()
    assert now
    assert now.parameters == {"skip.header.line.count": "1", "theirs": "1"}
    created.change_properties(now, {})
    assert created.table() == replace(table(tmp_path), parameters={})


def test_properties_of_a_table_that_is_gone(created: LocalCatalog) -> None:
    seen = created.table()
    assert seen
    created.drop()
    with pytest.raises(CatalogError, match="was changed by somebody else"):
        created.change_properties(seen, {})
    assert created.table() is None
