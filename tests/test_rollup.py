"""Daily sums on this machine: the rows of the view, of logs or archive, whenever killed."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.catalog import open_catalog, read_partitions
from flowathena.catalog.rollup import ROLLUP_DAYS, SHAPE
from flowathena.cost.limits import SpendingLimits
from flowathena.errors import CostError, TableMismatchError, UsageError
from flowathena.logs.days import Days
from flowathena.logs.layout import Scope
from tests.cases import write_project
from tests.portion import left_to_slow
from tests.rolled import ACCOUNTS, CLOSED, DAYS, FILES, OPEN, Row, expected, logs
from tests.shell import Shell

NOW = datetime(2026, 10, 20, tzinfo=UTC)
EVERY = Scope(date.min, date.max)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path, *FILES)
    config = tmp_path / "flowathena.toml"
    config.write_text(f'{config.read_text()}archive_location = "archive"\n')
    client(tmp_path).partitions.sync(everything=True)
    return tmp_path


def client(folder: Path, now: datetime = NOW) -> Client:
    return Client("local", config_path=folder / "flowathena.toml", clock=lambda: now)


def locations(folder: Path) -> dict[str, str]:
    """Where each day's sums are, of the days that they are read for."""
    rollup = client(folder).target.rollup
    assert rollup is not None
    catalog = open_catalog(rollup, client(folder)._aws)  # noqa: SLF001 - what the catalog says
    table = catalog.table()
    if table is None:
        return {}
    days = Days.parse(table.parameters[ROLLUP_DAYS])
    found = read_partitions(catalog, EVERY, SHAPE)
    return {str(day): found[str(day),] for day in days}


def rows(folder: Path) -> dict[str, set[Row]]:
    """The rows that a reader of the rollup finds, by day; each of them once."""
    found = {}
    for day, location in locations(folder).items():
        (file,) = Path(location).glob("*.parquet")
        table = pq.read_table(file, partitioning=None)
        every = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        assert len(every) == len(set(every))
        found[day] = set(every)
    return found


def test_a_day_has_the_rows_of_its_records(project: Path) -> None:
    done = client(project).archive.rollup.run(everything=True)
    assert (done.failures, done.left) == ([], [])
    assert [each.day for each in done.written] == list(done.moved) == DAYS
    assert sum(each.rows for each in done.written) == 60 * 2 * 4  # NODATA is no flow
    assert rows(project) == CLOSED
    assert client(project).archive.rollup.plan(everything=True).is_done


def test_a_day_that_is_archived_is_made_of_its_archive(project: Path) -> None:
    """No log is there any more, and the rows are the same."""
    client(project).archive.run(everything=True)
    for file in FILES:
        (project / "logs" / file.key).unlink()
    done = client(project).archive.rollup.run(everything=True)
    assert (done.failures, len(done.written)) == ([], 4)
    assert rows(project) == CLOSED


@left_to_slow
def test_a_day_that_is_archived_later_is_not_rolled_up_again(project: Path) -> None:
    client(project).archive.rollup.run(everything=True)
    client(project).archive.run(everything=True)
    assert client(project).archive.rollup.plan(everything=True).is_done
    again = client(project).archive.rollup.run(everything=True, again=True)
    assert (again.failures, len(again.written)) == ([], 4)
    assert rows(project) == CLOSED


@pytest.mark.few(1)
@pytest.mark.parametrize("archived", [False, True])
def test_a_day_whose_logs_grew_is_rolled_up_again_and_no_other(
    project: Path, archived: bool
) -> None:
    if archived:
        client(project).archive.run(everything=True)
    client(project).archive.rollup.run(everything=True)
    before = locations(project)
    late = logs(DAYS[2], ACCOUNTS[0], seed=7)
    late.write(project / "logs")
    if archived:  # what queries read has not grown yet
        assert client(project).archive.rollup.plan(everything=True).is_done
        client(project).archive.run(everything=True)
    done = client(project).archive.rollup.run(everything=True)
    assert ([each.day for each in done.written], list(done.moved)) == ([DAYS[2]], [])
    after = locations(project)
    assert [day for day in after if after[day] != before[day]] == [str(DAYS[2])]
    assert rows(project) == expected(*(file for file in FILES if file.day != str(OPEN)), late)


def test_days_without_logs_any_more_stay(project: Path) -> None:
    client(project).archive.rollup.run(everything=True)
    for file in FILES:
        (project / "logs" / file.key).unlink()
    for again in (False, True):
        done = client(project).archive.rollup.run(everything=True, again=again)
        assert done.written == []
    assert rows(project) == CLOSED


def test_limits_stop_between_statements(project: Path) -> None:
    sizes = [
        sum((project / "logs" / file.key).stat().st_size for file in FILES if file.day == str(day))
        for day in DAYS
    ]
    # Logs are read twice; a statement takes what --max-scan of the target allows: a day.
    config = project / "flowathena.toml"
    config.write_text(f"{config.read_text()}max_scan = {max(sizes)}\n")
    limits = SpendingLimits(max_scan_bytes=2 * sum(sizes[:2]))
    done = client(project).archive.rollup.run(everything=True, spending_limits=limits)
    assert [each.day for each in done.written] == list(done.moved) == DAYS[:2]
    assert [each.day for each in done.left] == DAYS[2:]
    assert "--max-scan" in done.stop
    with pytest.raises(CostError):
        client(project).archive.rollup.run(
            everything=True, spending_limits=SpendingLimits(max_scan_bytes=1)
        )


def test_a_table_of_other_columns_or_of_something_else_is_refused(project: Path) -> None:
    client(project).archive.rollup.run(everything=True)
    rollup = client(project).target.rollup
    assert rollup is not None
    catalog = open_catalog(rollup, client(project)._aws)  # noqa: SLF001 - a table is changed
    table = catalog.table()
    assert table is not None
    for changed, message in (
        (replace(table, columns=table.columns[:-1]), "has other columns than the view"),
        (replace(table, file_format="text"), "is no rollup of flow logs: set another rollup_table"),
    ):
        catalog.drop()
        catalog.create(changed)
        with pytest.raises(TableMismatchError, match=message):
            client(project).archive.rollup.run(everything=True)


def test_days_that_cannot_be_read_are_written_anew(project: Path) -> None:
    client(project).archive.rollup.run(everything=True)
    rollup = client(project).target.rollup
    assert rollup is not None
    catalog = open_catalog(rollup, client(project)._aws)  # noqa: SLF001 - a table is changed
    table = catalog.table()
    assert table is not None
    catalog.change_properties(table, {**table.parameters, ROLLUP_DAYS: "yesterday"})
    done = client(project).archive.rollup.run(everything=True)
    assert (done.written, list(done.moved)) == ([], DAYS)
    assert rows(project) == CLOSED


def test_a_damaged_log_leaves_its_day_and_no_other(project: Path) -> None:
    (project / "logs" / FILES[0].key).write_bytes(FILES[0].content()[:-20])
    done = client(project).archive.rollup.run(everything=True)
    (failure,) = done.failures
    assert failure.name == str(DAYS[0])
    assert failure.reason.startswith("damaged log file: ")
    assert list(done.moved) == DAYS[1:]
    assert rows(project) == {day: own for day, own in CLOSED.items() if day != str(DAYS[0])}


def test_a_target_without_an_archive_has_no_place_for_it(project: Path) -> None:
    config = project / "flowathena.toml"
    config.write_text(config.read_text().replace('archive_location = "archive"\n', ""))
    with pytest.raises(UsageError, match="set archive_location"):
        client(project).archive.rollup.run(everything=True)


def test_the_command_says_what_it_does_and_status_shows_it(project: Path) -> None:
    shell = Shell(project)
    assert shell.run("archive", "rollup", "--all", "--dry-run").out.count("computed") == 5
    done = shell.run("archive", "rollup", "--all", "--yes", "--format", "json").json
    assert (len(done["written"]), done["flows"], done["views"]) == (5, 600, [])
    told = shell.run("archive", "status", "--all", "--format", "json").json["days"]
    assert {each["rollup_state"] for each in told} == {"rolled up"}
    assert all(each["rollup_bytes"] for each in told)
    assert "5 days rolled up" in shell.run("archive", "status", "--all").err
    assert "nothing to roll up" in shell.run("archive", "rollup", "--all", "--yes").err


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class Fate:
    """Ends a run at one of its operations on files; whatever would clean up fails as well."""

    events = frozenset(
        {"open", "os.rename", "os.mkdir", "os.remove", "os.scandir", "shutil.rmtree"}
        | {"os.rmdir", "sqlite3.connect"}
    )

    def __init__(self) -> None:
        self.folder = ""
        self.left = -1
        self.count = 0
        sys.addaudithook(self.happen)

    def happen(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.folder or event not in self.events:
            return
        if self.folder not in str(arguments[0]):
            return
        self.count += 1
        if 0 <= self.left < self.count:
            raise Killed

    @contextmanager
    def after(self, folder: Path, operations: int) -> Iterator[None]:
        self.folder, self.left, self.count = str(folder), operations, 0
        try:
            yield
        finally:
            self.folder = ""


@cache
def fate() -> Fate:
    """The only one: what listens to a process does so until its end."""
    return Fate()


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(20))
def test_a_run_that_is_killed_leaves_what_is_right_and_is_taken_up_again(
    project: Path, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    config = project / "flowathena.toml"
    sizes = [(project / "logs" / file.key).stat().st_size for file in FILES]
    config.write_text(f"{config.read_text()}max_scan = {2 * max(sizes)}\n")  # a day at once
    written = list(FILES)
    if seed % 2:  # two days are there already, and one has grown
        client(project).archive.rollup.run(since="2026-10-02", until="2026-10-04")
        late = logs(DAYS[1], ACCOUNTS[1], seed=5)
        late.write(project / "logs")
        written.append(late)
    if seed % 4 > 1:
        client(project).archive.run(everything=True)
    right = expected(*(file for file in written if file.day != str(OPEN)))
    older = expected(*(file for file in FILES if file.day != str(OPEN)))
    for _ in range(2):
        with suppress(Killed), fate().after(project / "archive", rng.randrange(120)):
            client(project).archive.rollup.run(everything=True)
        assert all(found in (right[day], older[day]) for day, found in rows(project).items())
    with pytest.raises(Killed), fate().after(project / "archive", rng.randrange(3)):
        client(project).archive.rollup.run(everything=True)
    done = client(project).archive.rollup.run(everything=True)
    assert (done.failures, done.left) == ([], [])
    assert rows(project) == right
    later = client(project, NOW + timedelta(days=2)).archive.rollup
    later.run(until="2026-10-10", since="2026-10-01")
    root = project / "archive" / "rollup"
    files = {str(path.parent) for path in root.rglob("*.parquet")}
    assert files == {each.rstrip("/") for each in locations(project).values()}
