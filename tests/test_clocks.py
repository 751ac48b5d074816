"""Records without start: their end puts them into a window; without both, their folder does."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from flowathena import Client
from flowathena.errors import WindowError
from flowathena.inputs.moving import MovingMoment, MovingWindow, Unit, resolve_moving
from flowathena.inputs.window import Window, resolve
from flowathena.query.bounds import FixedBounds, MovingBounds
from flowathena.shape.shape import Shape
from tests.aws import BUCKET, Place, configured, create_bucket, log
from tests.cases import LogFile
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell
from tests.test_bounds import SHAPES, asked, clocks, ends, starts
from tests.test_shape import partitions

# Of https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
NAT = "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr"
AWS_RECORDS = (
    "- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5",
    "- eni-1235b8ca123456789 10.0.0.220 203.0.113.5 10.0.0.220 203.0.113.5",
    "- eni-1235b8ca123456789 203.0.113.5 10.0.0.220 203.0.113.5 10.0.0.220",
    "- eni-1235b8ca123456789 10.0.0.220 10.0.1.5 203.0.113.5 10.0.1.5",
    "i-01234567890123456 eni-1111aaaa2222bbbb3 10.0.1.5 203.0.113.5 10.0.1.5 203.0.113.5",
    "i-01234567890123456 eni-1111aaaa2222bbbb3 203.0.113.5 10.0.1.5 203.0.113.5 10.0.1.5",
)
BY_SOURCE = "SELECT srcaddr, count(*) AS n FROM flow_logs GROUP BY 1 ORDER BY n DESC, 1"
BOTH = (
    "SELECT (SELECT count(*) FROM flow_logs) AS now, "
    "(SELECT count(*) FROM flow_logs_before) AS before"
)
WINDOW = ("--since", "2026-11-02T06:30:00Z", "--until", "2026-11-03T05:00:00Z")


def _answer(shell: Shell, sql: str, *window: str) -> tuple[list[list[object]], str]:
    done = shell.run("sql", sql, *window, "--format", "json")
    return [list(row.values()) for row in done.json], done.err


def _nat_logs(folder: Path) -> None:
    for day in range(1, 6):  # day n has n of AWS's records
        LogFile(f"2026-11-0{day}", AWS_RECORDS[:day], header=NAT).write(folder)


def _days_are_right(shell: Shell) -> None:
    rows, told = _answer(shell, BY_SOURCE, *WINDOW)
    # Of the days 2 and 3: the first two records, and the first three.
    assert rows == [["10.0.0.220", 2], ["10.0.1.5", 2], ["203.0.113.5", 1]]
    assert told.count("the window is 2026-11-02T00:00:00Z to 2026-11-04T00:00:00Z") == 1
    # Two whole days, and the two just before, none of them twice.
    assert _answer(shell, BOTH, *WINDOW)[0] == [[2 + 3, 1]]
    whole = ("--since", "2026-11-02", "--until", "2026-11-03")
    rows, told = _answer(shell, BY_SOURCE, *whole)
    assert sum(int(str(n)) for _, n in rows) == 2  # no day for late delivery
    assert "folders decide" not in told


@left_to_slow
def test_the_nat_example_of_aws_on_this_machine(tmp_path: Path) -> None:
    _nat_logs(tmp_path / "logs")
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "neither start nor end" in done.err
    shell.run("partitions", "sync", "--all")
    _days_are_right(shell)
    line = shell.refused("run", "nat_gateway_senders", *WINDOW, code=2)
    assert "needs bytes and action (version 2), flow_direction (version 5) and" in line
    listed = shell.run("queries", "list", "-t", "local", "--format", "json").json
    assert {each["name"] for each in listed if not each["problems"]} == set()
    found = shell.run("doctor", code=3).out
    assert "no logs have been delivered recently" in found
    assert found.count("fix:") == 1


@pytest.mark.rig
def test_the_nat_example_of_aws_in_athena(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    for day in range(1, 6):
        place = Place("111122223333", "eu-west-1", date(2026, 11, day))
        rig.put_keys(BUCKET, [place.key], log(*AWS_RECORDS[:day], header=NAT))
    shell = configured(tmp_path, rig)
    (tmp_path / "flowathena.toml").unlink()
    shell.run("init", f"s3://{BUCKET}/")
    text = (tmp_path / "flowathena.toml").read_text()
    results = 'output_location = "s3://query-results/x/"\n'
    (tmp_path / "flowathena.toml").write_text(f"{text}\n{results}")
    shell.run("partitions", "sync", "--all")
    _days_are_right(shell)


@pytest.mark.rig
def test_hours_decide_in_athena_too(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    place = Place("111122223333", "eu-west-1", date(2026, 11, 2))
    for hour in range(6, 12):
        key = place.key.replace(place.folder, f"{place.folder}{hour:02d}/")
        rig.put_keys(BUCKET, [key], log(*AWS_RECORDS[: hour - 5], header=NAT))
    shell = configured(tmp_path, rig)
    results = 'output_location = "s3://query-results/x/"\n'
    (tmp_path / "flowathena.toml").unlink()
    shell.run("init", f"s3://{BUCKET}/", "--granularity", "hour")
    text = (tmp_path / "flowathena.toml").read_text()
    (tmp_path / "flowathena.toml").write_text(f"{text}\n{results}")
    shell.run("partitions", "sync", "--all")
    window = ("--since", "2026-11-02T08:59:00Z", "--until", "2026-11-02T10:01:00Z")
    rows, told = _answer(shell, BOTH, *window)
    assert rows == [[3 + 4 + 5, 1 + 2]]  # 8, 9 and 10; 6 and 7, as nothing is older
    assert "the window is 2026-11-02T08:00:00Z to 2026-11-02T11:00:00Z" in told


def test_hours_decide_if_partitions_are_hours(tmp_path: Path) -> None:
    for day in (1, 2):
        for hour in range(24):
            LogFile(f"2026-11-0{day}", AWS_RECORDS[:1], header=NAT, below=f"{hour:02d}/").write(
                tmp_path / "logs"
            )
    shell = Shell(tmp_path)
    shell.run("init", "./logs", "--granularity", "hour")
    shell.run("partitions", "sync", "--all")
    window = ("--since", "2026-11-01T22:10:00Z", "--until", "2026-11-02T03:20:00Z")
    rows, told = _answer(shell, "SELECT count(*) FROM flow_logs", *window)
    assert rows == [[6]]  # 22, 23, 0, 1, 2, 3
    assert "the window is 2026-11-01T22:00:00Z to 2026-11-02T04:00:00Z" in told
    assert _answer(shell, BOTH, *window)[0] == [[6, 6]]
    assert _answer(shell, "SELECT count(*) FROM flow_logs", "--since", "2026-11-02", "--until",
                   "2026-11-03")[0] == [[24]]  # fmt: skip


def test_the_end_decides_without_a_start(tmp_path: Path) -> None:
    noon = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
    lines = tuple(f"10.0.0.{n} {noon + n}" for n in range(10))
    LogFile("2026-11-02", lines[:5], header="srcaddr end").write(tmp_path / "logs")
    LogFile("2026-11-03", lines[5:], header="srcaddr end").write(tmp_path / "logs")  # late
    shell = Shell(tmp_path)
    assert "no start: a window has those whose end is inside" in shell.run("init", "./logs").err
    shell.run("partitions", "sync", "--all")
    window = ("--since", "2026-11-02T12:00:03Z", "--until", "2026-11-02T12:00:07Z")
    rows, told = _answer(shell, "SELECT srcaddr, end_time FROM flow_logs ORDER BY 1", *window)
    assert rows == [[f"10.0.0.{n}", f"2026-11-02T12:00:0{n}Z"] for n in range(3, 7)]
    assert "folders decide" not in told
    line = shell.refused("sql", "SELECT start_time FROM flow_logs", *window, code=2)
    assert "needs start (version 2)" in line


@pytest.mark.parametrize(
    ("since", "until", "hourly", "expected"),
    [
        ("2026-11-01", "2026-11-02", False, ("2026-11-01T00", "2026-11-02T00")),
        ("2026-11-01T23:59:59Z", "2026-11-02T00:00:01Z", False, ("2026-11-01T00", "2026-11-03T00")),
        ("2026-11-01T23:59:59Z", "2026-11-02T00:00:01Z", True, ("2026-11-01T23", "2026-11-02T01")),
    ],
)
def test_whole_windows(since: str, until: str, hourly: bool, expected: tuple[str, str]) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    whole = resolve(since, until, now=now, default="7d").whole(hourly=hourly)
    assert (f"{whole.since:%Y-%m-%dT%H}", f"{whole.until:%Y-%m-%dT%H}") == expected
    assert whole.last_folder_day == whole.last_day
    assert whole.whole(hourly=hourly) == whole


def test_a_whole_window_ends_with_time_itself() -> None:
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    window = Window(last - timedelta(days=1), last).whole(hourly=False)
    assert window.last_folder_day == date(9999, 12, 31)


def test_moving_windows_of_whole_days_and_hours() -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    week = resolve_moving("7d", None, default="7d")
    assert week.whole(hourly=False) == MovingWindow(
        MovingMoment(Unit.DAY, shift=-7 * day), MovingMoment(Unit.DAY, shift=day), pad_days=0
    )
    assert week.whole(hourly=False).before() == MovingWindow(
        MovingMoment(Unit.DAY, shift=-15 * day), MovingMoment(Unit.DAY, shift=-7 * day), pad_days=0
    )
    assert resolve_moving("90m", None, default="7d").whole(hourly=True) == MovingWindow(
        MovingMoment(Unit.HOUR, offset=-1.5 * hour), MovingMoment(Unit.HOUR, shift=hour), pad_days=0
    )
    with pytest.raises(WindowError, match="such as 7d"):
        resolve_moving("90m", None, default="7d").whole(hourly=False).before()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@settings(max_examples=3)
@given(since=starts, until=ends, now=clocks)
def test_a_moving_window_keeps_the_partitions_of_the_fixed_one(
    shape: Shape, since: str, until: str | None, now: datetime
) -> None:
    hourly = shape.is_hourly
    now = now.replace(minute=7, second=3)  # at an hour sharp, one more may be kept
    moving = resolve_moving(since, until, default="7d")
    try:
        window = moving.at(now).whole(hourly=hourly)
    except WindowError:  # yesterday until last week
        return
    assert moving.whole(hourly=hourly).at(now) == window
    days = {e.date() + timedelta(days=n) for e in (window.since, window.until) for n in (-1, 0, 1)}
    stored = list(partitions(shape, sorted(days)))
    wanted = [n for n, each in enumerate(stored) if _is_inside(each.day, each.hour, window)]
    for bounds in (FixedBounds(window), MovingBounds(moving.whole(hourly=hourly))):
        condition = bounds.days(shape)
        if hourly and (hours := bounds.hours(shape)):
            condition += f" AND {hours}"
        assert asked(shape, stored, condition, now) == wanted


def _is_inside(day: date, hour: int | None, window: Window) -> bool:
    time = datetime(day.year, day.month, day.day, hour or 0, tzinfo=UTC)
    return window.since <= time < window.until


def test_a_published_query_of_days_says_the_same(tmp_path: Path) -> None:
    _nat_logs(tmp_path / "logs")
    shell = Shell(tmp_path)
    shell.run("init", "./logs")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pairs.sql").write_text(
        '/* ---\ntitle = "Pairs"\n--- */\nSELECT srcaddr, dstaddr FROM flow_logs'
    )
    client = Client(config_path=tmp_path / "flowathena.toml", query_paths=[tmp_path / "mine"])
    sql = client.render("pairs", since="7d", relative=True).sql
    assert "\"day\" BETWEEN date_format(current_date - interval '7' day" in sql
    assert "to_unixtime" not in sql
