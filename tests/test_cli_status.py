"""``flowathena partitions status`` on local logs, and messages for schedulers."""

import json
import os
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flowathena.cli.options import ListFormat
from flowathena.cli.show import show_coverage
from flowathena.inputs.window import Window
from flowathena.partitions.coverage import Coverage, PlaceCoverage
from tests.shell import Shell
from tests.terminal import run_on_terminal

_DAYS: list[date] = []  # of the last test that began: status asks the clock
_PLACES = [("111122223333", "eu-west-1"), ("444455556666", "us-east-1")]


def _folder(root: Path, place: tuple[str, str], number: int) -> Path:
    account, region = place
    day = _DAYS[number]
    return root / "logs/AWSLogs" / account / "vpcflowlogs" / region / f"{day:%Y/%m/%d}"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Two places; of the first, day 2 is not stored and day 3 not registered."""
    now = datetime.now(UTC)
    _DAYS[:] = [(now - timedelta(days=n)).date() for n in range(5, -1, -1)]
    for place in _PLACES:
        for number in range(len(_DAYS)):
            folder = _folder(tmp_path, place, number)
            folder.mkdir(parents=True)
            log = folder / "1_vpcflowlogs_x_fl-0_20261101T0000Z_0.log.gz"
            log.touch()
            written = (now - timedelta(minutes=90, days=5 - number)).timestamp()
            os.utime(log, (written, written))
    shell = Shell(tmp_path)
    (tmp_path / "flowathena.toml").write_text('[targets.local]\nlocation = "logs"\n')
    late = _folder(tmp_path, _PLACES[0], 3)
    shutil.move(late, tmp_path / "late")
    shell.run("partitions", "sync")
    shutil.move(tmp_path / "late", late)
    shutil.rmtree(_folder(tmp_path, _PLACES[0], 2))
    return shell


def test_it_counts_days_by_account_and_region(shell: Shell) -> None:
    found = shell.run("partitions", "status", "--format", "json").json
    first, second = found["places"]
    assert (first["account"], first["region"]) == _PLACES[0]
    assert (first["first_day"], first["last_day"]) == (str(_DAYS[0]), str(_DAYS[5]))
    assert (first["stored_days"], first["registered_days"]) == (5, 5)
    assert first["missing_in_catalog"] == [str(_DAYS[3])]
    assert first["missing_in_storage"] == [str(_DAYS[2])]
    assert 90 * 60 <= first["age_seconds"] < 100 * 60
    assert first["stale"] is None
    assert (second["stored_days"], second["registered_days"]) == (6, 6)
    assert second["missing_in_catalog"] == second["missing_in_storage"] == []


def test_the_table_has_a_line_each_and_a_sum(shell: Shell) -> None:
    done = shell.run("partitions", "status")
    lines = done.out.splitlines()
    assert lines[0].split() == [
        *("account", "region", "first_day", "last_day", "stored", "registered"),
        *("missing_in_catalog", "missing_in_storage", "newest_object"),
    ]
    days = [str(_DAYS[0]), str(_DAYS[5])]
    assert lines[2].split()[:8] == [*_PLACES[0], *days, "5", "5", "1", "1"]
    assert lines[3].split()[:8] == [*_PLACES[1], *days, "6", "6", "0", "0"]
    assert re.search(r"  1h 3\dm ago$", lines[3])
    assert len(lines) == 4
    assert "2 accounts and Regions, 11 days stored, 1 missing in the catalog, 1 missing" in done.err


def test_the_calendar_has_a_mark_a_day(shell: Shell) -> None:
    args = ("partitions", "status", "--since", str(_DAYS[0]), "--calendar")
    lines = shell.run(*args).out.splitlines()
    assert lines[-3] == "111122223333 eu-west-1 ██░▒██"
    assert lines[-2] == "444455556666 us-east-1 ██████"
    assert lines[-4].split()[0] == f"{_DAYS[0]:%Y-%m}"


def test_a_max_age_is_for_alarms(shell: Shell) -> None:
    assert shell.run("partitions", "status", "--max-age", "2h").code == 0
    done = shell.run("partitions", "status", "--max-age", "1h", "--format", "json", code=3)
    assert [place["stale"] for place in done.json["places"]] == [True, True]
    assert "2 stale" in done.err
    assert "stale" in shell.run("partitions", "status", "--max-age", "60m", code=3).out


def test_nothing_at_all_is_stale(shell: Shell) -> None:
    window = ("--since", "2020-01-01", "--until", "2020-01-02")
    assert shell.run("partitions", "status", *window).out == ""
    shell.run("partitions", "status", *window, "--max-age", "1h", code=3)


def test_an_exit_code_tells_that_a_day_is_missing(shell: Shell) -> None:
    shell.run("partitions", "status", "--exit-code", code=3)
    shell.run("partitions", "status", "--exit-code", "--account", "444455556666")


@pytest.mark.parametrize("age", ["2", "soon", "-1h", ""])
def test_an_age_is_a_duration(shell: Shell, age: str) -> None:
    line = shell.refused("partitions", "status", f"--max-age={age}")
    assert line == f"error: --max-age: {age!r} is not a valid duration; use 90m, 2h or 1d"


def test_messages_for_schedulers_are_json_lines(shell: Shell) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    done = shell.run("partitions", "plan", "--log-format", "json", "--format", "json")
    (line,) = map(json.loads, done.err.splitlines())
    assert list(line) == ["time", "level", "message"]
    assert line["level"] == "info"
    assert line["message"].startswith("flowathena.vpc_flow_logs: add 1, relocate 0, stale 1")
    assert began <= datetime.fromisoformat(line["time"]) <= datetime.now(UTC)
    assert done.json["keep"] == 10


def test_warnings_and_errors_are_json_lines_too(shell: Shell) -> None:
    done = shell.run("partitions", "sync", "--log-format", "json")
    levels = [json.loads(line)["level"] for line in done.err.splitlines()]
    assert levels == ["warning", "info"]
    failed = shell.run("partitions", "plan", "--log-format", "json", "-t", "nobody", code=2)
    (line,) = map(json.loads, failed.err.splitlines())
    assert line["level"] == "error"


def test_a_terminal_sees_a_bar_and_a_calendar(shell: Shell) -> None:
    shown = run_on_terminal(shell, "partitions", "status")
    assert shown.code == 0
    assert re.search(r"listed .*━━━━.* 2/2 ", shown.raw)
    assert any("██░▒██" in line for line in shown.screen)
    assert not any("listed" in line for line in shown.screen)  # the bar is taken away


_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "columns", "head", "marks"),
    [
        # Two days of October leave no room for its name: it stands in the margin.
        (date(2026, 10, 30), date(2026, 11, 28), 80, " 2026-10   2026-11", 30),
        # The current month began today: its name is longer than its days.
        (date(2026, 10, 3), date(2026, 11, 1), 80, f"         2026-10{' ' * 22}2026-11", 30),
        # Three months and two days of a fourth.
        (
            date(2026, 8, 30),
            date(2026, 11, 28),
            120,
            f" 2026-08   2026-09{' ' * 23}2026-10{' ' * 24}2026-11",
            91,
        ),
        # Seven days just do not leave a space between two names; eight do.
        (date(2026, 10, 25), date(2026, 11, 20), 80, " 2026-10        2026-11", 27),
        (date(2026, 10, 24), date(2026, 11, 20), 80, "         2026-10 2026-11", 28),
        # The shortest month is 28 days.
        (date(2026, 2, 1), date(2026, 3, 1), 80, f"         2026-02{' ' * 21}2026-03", 29),
        # The turn of a year, and a single day.
        (date(2025, 12, 31), date(2026, 1, 9), 80, " 2025-12  2026-01", 10),
        (date(2026, 11, 1), date(2026, 11, 1), 80, "         2026-11", 1),
        # 50 columns: 8 of the place, a space, and of the other 41 the name of March needs 5 beside
        # its two days. From 26 January to 2 March are 36 days.
        (date(2026, 1, 1), date(2026, 3, 2), 50, f" 2026-01       2026-02{' ' * 21}2026-03", 36),
    ],
)
def test_every_month_of_the_calendar_is_named(  # noqa: PLR0917 - a row of the table each
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    first: date,
    last: date,
    columns: int,
    head: str,
    marks: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    since, until = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (first, last + _DAY))
    place = PlaceCoverage("1234", "x-1", (last,), (last,), ())
    found = Coverage("local", "a.b", Window(since, until), (place,), until, {})
    show_coverage(found, ListFormat.TABLE, None, calendar=True)
    lines = capfd.readouterr().out.splitlines()
    assert lines[-3] == head
    assert lines[-2] == f"1234 x-1 {'·' * (marks - 1)}█"
    assert max(map(len, lines[-3:-1])) <= columns


def test_one_day_of_one_place_is_told_in_the_singular(tmp_path: Path) -> None:
    day = datetime.now(UTC).date()
    folder = tmp_path / f"logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/{day:%Y/%m/%d}"
    folder.mkdir(parents=True)
    (folder / "a_b.log.gz").touch()
    (tmp_path / "flowathena.toml").write_text('[targets.local]\nlocation = "logs"\n')
    done = Shell(tmp_path).run("partitions", "status")
    assert "flowathena.vpc_flow_logs: 1 account and Region, 1 day stored, 1 missing in" in done.err
