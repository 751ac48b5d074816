"""Files whose names have no flow log, in formats that changed; and what is not what it seems."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.aws import BUCKET, configured, create_bucket
from tests.cases import ACCOUNT, HEADER, REGION, LogFile, record, unix
from tests.rig.client import Rig
from tests.shell import Shell

DAYS = tuple(f"2026-11-{day:02d}" for day in range(1, 15))
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-16")
SUM = "SELECT count(*) AS n, sum(bytes) AS b FROM flow_logs"
OTHER = "bytes start end srcaddr dstaddr log-status"
GATEWAY = "version tgw-id tgw-attachment-id srcaddr dstaddr bytes start end log-status"


def name_of(flow_log: str, day: str, ending: str = "log.gz") -> str:
    stamp = f"{day.replace('-', '')}T1200Z"
    return f"{ACCOUNT}_vpcflowlogs_{REGION}_{flow_log}_{stamp}_c0ffee00.{ending}"


def default(day: str, size: int) -> bytes:
    return gzip.compress(f"{HEADER}\n{record(f'{day}T12:00:00', bytes=size)}\n".encode())


def other(day: str, size: int, header: str = OTHER) -> bytes:
    start = unix(f"{day}T12:00:00")
    values = {"bytes": size, "start": start, "end": start + 60, "log-status": "OK", "version": 2}
    line = " ".join(str(values.get(name, "10.0.0.1")) for name in header.split())
    return gzip.compress(f"{header}\n{line}\n".encode())


def put(root: Path, files: Mapping[tuple[str, str], bytes]) -> None:
    for (day, name), content in files.items():
        path = root / LogFile(day, ()).folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def bucket(
    rig: Rig, folder: Path, files: Mapping[tuple[str, str], bytes], settings: str = ""
) -> Shell:
    put(folder / "logs", files)
    create_bucket(rig, BUCKET)
    rig.load_tree(BUCKET, folder / "logs")
    shell = configured(folder, rig)
    with (folder / "flowathena.toml").open("a") as file:
        file.write(settings)
    return shell


def local(folder: Path, files: Mapping[tuple[str, str], bytes], settings: str = "") -> Shell:
    put(folder / "logs", files)
    (folder / "flowathena.toml").write_text(f'[targets.local]\nlocation = "./logs"\n{settings}')
    return Shell(folder)


def answer(shell: Shell) -> object:
    return shell.run("sql", SUM, *WINDOW, "--format", "json").json


@pytest.mark.rig
def test_each_day_has_the_table_of_its_own_format(rig: Rig, tmp_path: Path) -> None:
    # Nine days of 1 byte, then five of 100; more than are looked at one by one.
    old = {(day, "copy.log.gz"): default(day, 1) for day in DAYS[:9]}
    new = {(day, "copy.log.gz"): other(day, 100) for day in DAYS[9:]}
    shell = bucket(rig, tmp_path, {**old, **new})
    shell.run("partitions", "sync", "--all")
    assert answer(shell) == [{"n": 14, "b": 509}]
    listed = shell.run("partitions", "list", *WINDOW, "--format", "json").json
    tables = [(each["table"].rpartition(".")[2], each["values"]["day"]) for each in listed]
    assert tables == [
        *(("vpc_flow_logs", day) for day in DAYS[:9]),
        *(("vpc_flow_logs_v2", day) for day in DAYS[9:]),
    ]
    shell.run("partitions", "plan", "--all", "--exit-code")


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_a_change_in_the_middle_of_a_day_is_named(rig: Rig, tmp_path: Path) -> None:
    shell = bucket(
        rig,
        tmp_path,
        {
            (DAYS[0], "a.log.gz"): default(DAYS[0], 1),
            (DAYS[1], "a.log.gz"): default(DAYS[1], 10),
            (DAYS[1], "b.log.gz"): other(DAYS[1], 100),
        },
    )
    said = shell.run("partitions", "sync", "--all", code=4).err
    assert f"{DAYS[1].replace('-', '/')}/ not registered: it contains several formats" in said


@pytest.mark.rig
def test_a_folder_shared_with_a_flow_log_is_told_apart(rig: Rig, tmp_path: Path) -> None:
    shared = {
        (DAYS[1], name_of("fl-0a", DAYS[1])): default(DAYS[1], 10),
        (DAYS[1], "copy.log.gz"): other(DAYS[1], 100),
    }
    shell = bucket(rig, tmp_path, shared)
    shell.run("partitions", "sync", "--all")
    assert answer(shell) == [{"n": 2, "b": 110}]


@pytest.mark.rig
def test_a_table_with_such_files_elsewhere_does_not_share_the_folder(
    rig: Rig, tmp_path: Path
) -> None:
    # The first table must read copy.log.gz of the first day, and leave out that of the second.
    shell = bucket(
        rig,
        tmp_path,
        {
            (DAYS[0], "copy.log.gz"): default(DAYS[0], 1),
            (DAYS[1], name_of("fl-0a", DAYS[1])): default(DAYS[1], 10),
            (DAYS[1], "copy.log.gz"): other(DAYS[1], 100),
        },
    )
    said = shell.run("partitions", "sync", "--all", code=4).err
    assert "not registered: it contains several formats" in said
    assert answer(shell) == [{"n": 1, "b": 1}]


@pytest.mark.rig
@pytest.mark.asks_no_query
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (name_of("fl-0a", DAYS[0], "log"), default(DAYS[0], 1), "does not end with .gz"),
        (
            name_of("fl-0a", DAYS[0]),
            gzip.decompress(default(DAYS[0], 1)),
            "ends with .gz and is no gzip file",
        ),
        (
            name_of("fl-0a", DAYS[0]),
            gzip.compress(f"{HEADER}\n{record(unix(DAYS[0]) * 1000)}\n".encode()),
            "has start in milliseconds (1793491200000)",
        ),
    ],
)
def test_init_and_sync_tell_of_files_that_athena_misreads(
    rig: Rig, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    shell = bucket(rig, tmp_path, {(DAYS[0], name): content})
    said = shell.run("init", f"s3://{BUCKET}/", "-t", "new", "--table", "new").err
    assert f"warning: {LogFile(DAYS[0], ()).folder}{name} " in said
    assert told in said
    assert told in shell.run("partitions", "sync", "--all").err


@pytest.mark.parametrize("where", ["here", pytest.param("aws", marks=pytest.mark.rig)])
def test_flow_logs_that_do_not_exist_are_told(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    files = {(DAYS[0], name_of("fl-0a", DAYS[0])): default(DAYS[0], 1)}
    settings = 'flow_logs = ["fl-0c"]\n'
    shell = (
        bucket(request.getfixturevalue("rig"), tmp_path, files, settings)
        if where == "aws"
        else local(tmp_path, files, settings)
    )
    said = shell.run("partitions", "sync", "--all").err
    assert "no file of fl-0c (flow_logs of " in said
    assert "there are fl-0a" in said
    done = shell.run("sql", SUM, *WINDOW, "--format", "json")
    assert done.json == [{"n": 0, "b": None}]
    assert "no file of fl-0c is in 1 folder that the run reads; there are fl-0a" in done.err
    found = shell.run("doctor", "--format", "json", code=3).json
    assert ["flow_logs = fl-0c" in each["evidence"] for each in found].count(True) == 1


def test_the_doctor_knows_the_table_of_files_without_a_header(tmp_path: Path) -> None:
    headless = gzip.compress(f"{record(f'{DAYS[0]}T12:00:00', bytes=1)}\n".encode())
    files = {
        (DAYS[0], name_of("fl-0a", DAYS[0])): headless,
        (DAYS[1], name_of("fl-0b", DAYS[1])): other(DAYS[1], 100),
    }
    shell = local(tmp_path, files, "header = false\n")
    shell.run("partitions", "sync", "--all")
    assert answer(shell) == [{"n": 2, "b": 101}]
    found = json.loads(shell.try_run("doctor", "--format", "json").out)
    assert not [each for each in found if each["side"] == "flow logs"]


def test_the_target_for_records_of_another_kind_works_as_it_is_told(tmp_path: Path) -> None:
    files = {
        (DAYS[0], name_of("fl-0a", DAYS[0])): default(DAYS[0], 1),
        (DAYS[1], name_of("fl-0b", DAYS[1])): other(DAYS[1], 100, GATEWAY),
    }
    shell = local(tmp_path, files)
    said = shell.run("partitions", "sync", "--all", code=4).err
    assert "flow log fl-0b writes records of a transit gateway" in said
    log_format = "log_format = " + said.partition("log_format = ")[2].partition(" and ")[0]
    (tmp_path / "flowathena.toml").write_text(
        '[targets.local]\nlocation = "./logs"\nflow_logs = ["fl-0a"]\n'
        f'[targets.tgw]\nlocation = "./logs"\ntable = "tgw"\n{log_format}\nflow_logs = ["fl-0b"]\n'
    )
    for target, expected in (("local", 1), ("tgw", 100)):
        shell.run("partitions", "sync", "--all", "-t", target)
        done = shell.run("sql", SUM, *WINDOW, "-t", target, "--format", "json")
        assert done.json == [{"n": 1, "b": expected}]


def test_a_file_with_fewer_fields_is_read_rightly_without_a_warning(tmp_path: Path) -> None:
    files = {(DAYS[0], name_of("fl-0a", DAYS[0])): default(DAYS[0], 1)}
    names = ", ".join(f'"{name}"' for name in (*HEADER.split(), "vpc-id"))
    shell = local(tmp_path, files, f"log_format = [{names}]\n")
    shell.run("partitions", "sync", "--all")
    done = shell.run("sql", SUM, *WINDOW, "--format", "json")
    assert done.json == [{"n": 1, "b": 1}]
    assert "warning" not in done.err


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            (
                'layout = "AWSLogs/111122223333/vpcflowlogs/{region}/{year}/{month}/{day}/"\n'
                'account = "444455556666"\n'
            ),
            ":4: account is 444455556666, and the layout's folder is of 111122223333",
        ),
        (
            (
                'flow_logs = ["fl-0a"]\n[[targets.local.sources]]\ntable = "b"\n'
                'flow_logs = ["fl-0b", "fl-0a"]\n'
            ),
            ":6: fl-0a is in the flow_logs of another table already",
        ),
        (
            f'[[targets.local.sources]]\ntable = "b"\nlog_format = {json.dumps(GATEWAY.split())}\n',
            ":5: VPCs and transit gateways need a target each",
        ),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, settings: str, told: str) -> None:
    shell = local(tmp_path, {}, settings)
    assert told in shell.refused("config", "validate")
