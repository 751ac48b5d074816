"""Archives of targets with other settings: what is refused, and what is archived all the same."""

import gzip
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.catalog import open_catalog
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.onboard.location import initialize
from flowathena.sample import generate
from tests.archives import (
    ACCOUNTS,
    COUNT,
    DAYS,
    WINDOW,
    Laptop,
    body,
    make,
    new,
    rows,
    with_archive,
)
from tests.aws import log
from tests.equality import UNTIL
from tests.portion import left_to_slow
from tests.shell import Shell

ROWS = rows(10, 20, 30)
NOON = 1_790_856_000  # 2026-10-01 12:00:00 UTC
TIMES: dict[str, Any] = {"since": "2026-10-01", "until": "2026-10-08"}
_LOCAL = 'location = "logs"\n'
_SOURCE = '[[targets.t.sources]]\ntable = "vpc_flow_logs_archive"\n'
_S3 = 'location = "s3://logs/net/"\n'


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            f'{_LOCAL}archive_location = "s3://archive/"',
            "the logs are a folder: their archive must be, too",
        ),
        (f'{_S3}archive_location = "archive"', "the logs are in S3: their archive must be, too"),
        (f'{_LOCAL}archive_location = "logs"', "the archive needs a folder of its own"),
        (
            f'{_LOCAL}archive_location = "logs/AWSLogs/archive"',
            "the archive needs a folder of its own",
        ),
        (
            f'{_S3}archive_location = "s3://logs/net/AWSLogs/a/"',
            "the archive needs a folder of its own",
        ),
        (
            f'{_LOCAL}archive_location = "archive"\narchive_table = "vpc_flow_logs"',
            "table 'vpc_flow_logs' is the one of the logs",
        ),
        (f'{_LOCAL}archive_table = "kept"', "archive_table names the table of an archive"),
        (
            f'{_LOCAL}archive_location = "archive"\nlog_format = ["srcaddr", "bytes"]',
            "records without start and end cannot be archived",
        ),
        (
            f'{_LOCAL}archive_location = "others/AWSLogs/a"\n{_SOURCE}location = "others"'.replace(
                "_archive", "_others"
            ),
            "the archive is in the folder of these logs",
        ),
        (
            f'{_LOCAL}archive_location = "archive"\n{_SOURCE}location = "others"',
            "table 'vpc_flow_logs_archive' is the one of the archive",
        ),
    ],
)
def test_settings_that_contradict_each_other(tmp_path: Path, settings: str, message: str) -> None:
    (tmp_path / "flowathena.toml").write_text(f"[targets.t]\n{settings}\n")
    assert message in Shell(tmp_path).run("archive", "plan", code=2).err


def test_a_target_without_an_archive_is_told_how_to_have_one(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text('[targets.t]\nlocation = "logs"\n')
    line = Shell(tmp_path).refused("archive", "run", "--yes")
    assert 'archive_location = "archive"' in line


def test_a_table_of_the_name_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    laptop = make(tmp_path)
    client = Client(config_path=tmp_path / "flowathena.toml")
    archive = client.target.archive
    assert archive
    laptop.archive.mkdir()
    source = client._runs.source(required=True)  # noqa: SLF001 - the table as it is
    catalog = open_catalog(archive, client._aws)  # noqa: SLF001
    catalog.create(replace(source.table, name=archive.table, location=str(laptop.archive)))
    for words in (("archive", "run", "--all", "--yes"), ("sql", COUNT, *WINDOW)):
        line = laptop.shell.refused(*words, code=1)
        assert "flowathena.vpc_flow_logs_archive is no archive of flow logs" in line
        assert "set another archive_table in [targets.local]" in line
    laptop.set('archive_table = "kept"')
    laptop.run()
    assert laptop.rows() == ROWS


def test_the_archive_of_another_target_is_refused(tmp_path: Path) -> None:
    laptop = make(tmp_path)
    laptop.run()
    laptop.set('[targets.other]\nlocation = "others"\narchive_location = "archive"')
    shutil.copytree(tmp_path / "logs" / "AWSLogs", tmp_path / "others" / "AWSLogs")
    laptop.shell.run("partitions", "sync", "--all", "-t", "other")
    for words in (("archive", "plan"), ("sql", COUNT, *WINDOW)):
        line = laptop.shell.refused(*words, "-t", "other", code=1)
        assert f"table flowathena.vpc_flow_logs_archive is the archive of {tmp_path}/logs" in line
    assert laptop.rows("-t", "local") == ROWS


def test_an_archive_may_be_moved_alone(tmp_path: Path) -> None:
    laptop = make(tmp_path)
    laptop.run()
    (tmp_path / "elsewhere").mkdir()
    shutil.move(laptop.archive, tmp_path / "elsewhere" / "kept")
    config = tmp_path / "flowathena.toml"
    config.write_text(config.read_text().replace('"archive"', '"elsewhere/kept"'))
    shutil.rmtree(tmp_path / "logs" / "AWSLogs")
    assert laptop.rows() == ROWS


def test_an_archive_that_is_a_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    laptop = make(tmp_path)
    laptop.archive.write_text("")
    ran = laptop.shell.run("archive", "run", "--all", "--yes", code=1)
    assert ran.err.splitlines()[1:] == [f"error: archive: {laptop.archive}: File exists"]


@left_to_slow
@pytest.mark.parametrize("name", ["o d[1]*'?é", 'back\\slash "x"'], ids=["odd", "backslash"])
def test_folders_may_have_any_name(tmp_path: Path, name: str) -> None:
    laptop = make(tmp_path / name)
    files = "SELECT DISTINCT file FROM flow_logs ORDER BY 1"
    before = laptop.shell.run("sql", files, *WINDOW, "--format", "json").json
    assert len(before) == 6
    laptop.run()
    assert laptop.rows() == ROWS
    assert laptop.shell.run("sql", files, *WINDOW, "--format", "json").json == before
    assert laptop.shell.run("archive", "verify", "--all").err == "6 partitions as written\n"


def kept(laptop: Laptop, columns: str = "*") -> list[str]:
    """Every record, with its file and flow log."""
    client = Client(config_path=laptop.folder / "flowathena.toml")
    sql = f"SELECT {columns}, file, flow_log FROM flow_logs"
    return sorted(map(repr, client.sql(sql, **TIMES).data))


def archived(laptop: Laptop) -> None:
    """Archive everything, and take the logs away."""
    done = laptop.run()
    assert done["failed"] == []
    assert done["written"]
    assert "as written" in laptop.shell.run("archive", "verify", "--all").err
    shutil.move(laptop.folder / "logs", laptop.folder / "gone")
    shutil.copytree(laptop.folder / "gone" / ".flowathena", laptop.folder / "logs" / ".flowathena")


SETTINGS = {
    "single keys and older names": (
        'partition_keys = "single"\naccount = "111122223333"\nlog_region = "eu-west-1"\n'
        'column_names = "older"'
    ),
    "flow logs": 'flow_logs = ["fl-0123456789abcdef0"]',
    "headerless": "header = false",
}


@pytest.mark.few(1)
@pytest.mark.parametrize("name", SETTINGS)
def test_other_tables_are_archived_as_they_are_read(tmp_path: Path, name: str) -> None:
    laptop = new(tmp_path, SETTINGS[name])
    for number, day in enumerate(DAYS, start=1):
        path = laptop.put(ACCOUNTS[0], day, 10 * number)
        other = path.with_name(path.name.replace("fl-0123456789abcdef0", "fl-0beef"))
        other.write_bytes(body(ACCOUNTS[0], day, number))
        if name == "headerless":
            for each in (path, other):
                lines = gzip.decompress(each.read_bytes()).split(b"\n", 1)[1]
                each.write_bytes(gzip.compress(lines))
    laptop.shell.run("partitions", "sync", "--all")
    before = kept(laptop)
    assert len(before) == (60 if name == "flow logs" else 66)
    archived(laptop)
    assert kept(laptop) == before


@left_to_slow
def test_tables_of_several_formats_make_one_archive(tmp_path: Path) -> None:
    logs, config = tmp_path / "logs", tmp_path / "flowathena.toml"
    generate(logs, until=UNTIL, days=4, records=600, seed=3, mix=True)
    initialize(str(logs), None, config, tmp_path, {}, now=datetime.now(UTC))
    Client(config_path=config).partitions.sync(everything=True)
    plain = Client(config_path=config)
    assert len(plain.target.tables) == 3
    client = Client(with_archive(plain.target, f"{tmp_path}/archive"))
    names = ", ".join('"' + each.replace("-", "_") + '"' for each in DEFAULT_FORMAT)
    sql = f"SELECT {names}, vpc_id, tcp_flags, flow_direction, az_id, file FROM flow_logs"
    every: dict[str, Any] = {"since": "2026-10-01", "until": "2026-10-08"}
    before = sorted(map(repr, client.sql(sql, **every).data))
    assert len(before) == 600
    client.archive.run(since="2026-10-03", until="2026-10-05")
    assert sorted(map(repr, client.sql(sql, **every).data)) == before
    client.archive.run(everything=True)
    shutil.rmtree(logs / "AWSLogs")
    assert sorted(map(repr, client.sql(sql, **every).data)) == before


_TWO_CLOCKS = """\
log_format = ["srcaddr", "bytes", "end"]
flow_logs = ["fl-0a"]
[[targets.local.sources]]
table = "others"
log_format = {others}
flow_logs = ["fl-0b"]
"""


def two_formats(folder: Path, others: Sequence[str], line: str) -> Laptop:
    """One flow log whose records have an end alone, and another."""
    listed = "[" + ", ".join(f'"{each}"' for each in others) + "]"
    laptop = new(folder, _TWO_CLOCKS.format(others=listed))
    path = laptop.log(ACCOUNTS[0], DAYS[0])
    path.parent.mkdir(parents=True)
    for flow_log, content in (
        ("fl-0a", log(f"10.0.0.1 5 {NOON}", header="srcaddr bytes end")),
        ("fl-0b", log(line, header=" ".join(others))),
    ):
        path.with_name(path.name.replace("fl-0123456789abcdef0", flow_log)).write_bytes(content)
    laptop.shell.run("partitions", "sync", "--all")
    return laptop


def test_records_that_have_an_end_alone_are_kept_with_others(tmp_path: Path) -> None:
    laptop = two_formats(
        tmp_path, ["srcaddr", "bytes", "start", "end"], f"10.0.0.2 7 {NOON} {NOON}"
    )
    before = kept(laptop)
    assert len(before) == 2
    archived(laptop)
    assert kept(laptop) == before


def test_records_without_a_time_are_refused(tmp_path: Path) -> None:
    laptop = two_formats(tmp_path, ["srcaddr", "bytes"], "10.0.0.2 7")
    line = laptop.shell.refused("archive", "run", "--all", "--yes", code=2)
    assert "the records of flowathena.others have neither start nor end" in line
