"""Two flow logs over the same interfaces: every flow counts twice until one of them is chosen.

Every sum is counted by hand from the records below.
"""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.errors import ParameterError
from flowathena.storage import LocalStorage
from flowathena.storage.overlap import find_overlaps
from tests.cases import ACCOUNT, HEADER, REGION, LogFile, record
from tests.shell import Shell

DAY = "2026-11-02"
WINDOW: dict[str, Any] = {"since": DAY, "until": "2026-11-03"}
OPTIONS = ("--since", DAY, "--until", "2026-11-03")
START = 1793620800  # 2026-11-02T12:00:00Z
VPC, SUBNET, OTHER = "fl-0a", "fl-0b", "fl-0c"
SUM = "SELECT count(*) AS n, sum(bytes) AS b FROM flow_logs"
# Of the VPC: three flows of two interfaces; the subnet has one of the interfaces.
ONE = record(START, interface_id="eni-1", bytes=1000)
TWO = record(START + 5, interface_id="eni-1", srcport=50002, bytes=200)
THREE = record(START, interface_id="eni-2", bytes=30)
NO_DATA = f"2 {ACCOUNT} eni-1 - - - - - - - {START} {START + 60} - NODATA"


def text(*lines: str, header: str = HEADER) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in (header, *lines)).encode())


def name_of(flow_log: str, time: str = "1200", ending: str = "log.gz") -> str:
    return f"{ACCOUNT}_vpcflowlogs_{REGION}_{flow_log}_20261102T{time}Z_c0ffee00.{ending}"


TWICE = {
    name_of(VPC): text(ONE, TWO, THREE, NO_DATA),
    name_of(SUBNET): text(TWO, ONE, NO_DATA),
}


def write(folder: Path, files: dict[str, bytes], settings: str = "") -> Path:
    day = folder / "logs" / LogFile(DAY, ()).folder
    day.mkdir(parents=True)
    for name, content in files.items():
        (day / name).write_bytes(content)
    config = folder / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{settings}\n')
    return config


def client(folder: Path, settings: str = "") -> Client:
    made = Client("local", config_path=write(folder, TWICE, settings))
    made.partitions.sync(everything=True)
    return made


def overlaps(folder: Path, files: dict[str, bytes]) -> list[tuple[object, ...]]:
    write(folder, files)
    found = find_overlaps(LocalStorage(str(folder / "logs")), LogFile(DAY, ()).folder)
    return [(each.flow_logs, each.interface, each.flows, each.sampled) for each in found]


# 1000 + 200 + 30 of the VPC, and 200 + 1000 of the subnet; the records without data have no bytes.
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, {"n": 7, "b": 2430}),
        (VPC, {"n": 4, "b": 1230}),
        ([SUBNET], {"n": 3, "b": 1200}),
        (f"{VPC},{SUBNET}", {"n": 7, "b": 2430}),
        ([VPC, SUBNET], {"n": 7, "b": 2430}),
    ],
)
def test_a_run_reads_the_chosen_flow_logs(
    tmp_path: Path,
    chosen: str | list[str] | None,
    expected: dict[str, int],
) -> None:
    result = client(tmp_path).sql(SUM, flow_log=chosen, **WINDOW)
    assert list(result.rows()) == [expected]
    assert not [each for each in result.stats.notices if "fl-" in each]


def test_the_target_chooses_for_every_run(tmp_path: Path) -> None:
    made = client(tmp_path, f'flow_logs = ["{VPC}"]')
    assert list(made.sql(SUM, **WINDOW).rows()) == [{"n": 4, "b": 1230}]
    result = made.sql(SUM, flow_log=SUBNET, **WINDOW)
    assert list(result.rows()) == [{"n": 0, "b": None}]
    assert result.stats.notices == (
        f"{SUBNET} is not one of the flow_logs of the target, which alone are read",
    )


def test_the_command_line_chooses(tmp_path: Path) -> None:
    client(tmp_path)
    shell = Shell(tmp_path)
    read = ("sql", SUM, *OPTIONS, "--format", "json")
    assert shell.run(*read).json == [{"n": 7, "b": 2430}]
    assert shell.run(*read, "--flow-log", VPC).json == [{"n": 4, "b": 1230}]
    assert shell.run(*read, "--flow-log", f"{VPC},{SUBNET}").json == [{"n": 7, "b": 2430}]
    both = ("--flow-log", VPC, "--flow-log", SUBNET)
    assert shell.run(*read, *both).json == [{"n": 7, "b": 2430}]
    unknown = shell.run(*read, "--flow-log", OTHER)
    assert unknown.json == [{"n": 0, "b": None}]
    said = f"no file of {OTHER} is in 1 folder that the run reads; there are {VPC}, {SUBNET}"
    assert said in unknown.err
    run = ("run", "top_talkers", *OPTIONS, "--format", "json")
    whole, part = shell.run(*run).json, shell.run(*run, "--flow-log", SUBNET).json
    # Each record counts for both of its hosts.
    assert sum(row["bytes"] for row in whole) == 2 * 2430
    assert sum(row["bytes"] for row in part) == 2 * 1200
    rendered = shell.run("queries", "render", "top_talkers", *OPTIONS, "--flow-log", VPC).out
    assert f"IN ('{VPC}')" in rendered


@pytest.mark.parametrize("given", ["0a", "fl-", "fl-0a,,fl-0b", "eni-0a"])
def test_what_is_no_id_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(ParameterError, match="is not the id of a flow log"):
        client(tmp_path).sql(SUM, flow_log=[given], **WINDOW)


def test_flows_of_one_interface_under_two_ids_are_found(tmp_path: Path) -> None:
    # Two of the subnet's two flows, all of eni-1; the records without data are no flows.
    assert overlaps(tmp_path, TWICE) == [((VPC, SUBNET), "eni-1", 2, 2)]


def test_files_are_compared_that_were_delivered_at_once(tmp_path: Path) -> None:
    old = record(START - 600, interface_id="eni-1")
    files = {
        name_of(VPC, "1150"): text(old),
        name_of(VPC, "1200"): text(THREE),
        name_of(SUBNET, "1150"): text(old, ONE),
    }
    assert overlaps(tmp_path, files) == [((SUBNET, VPC), "eni-1", 1, 1)]


def test_parquet_and_text_of_other_fields_are_compared(tmp_path: Path) -> None:
    table = {
        "interface_id": ["eni-1", "eni-9"],
        "srcaddr": ["10.0.1.5", "10.0.1.5"],
        "dstaddr": ["10.0.2.9", "10.0.2.9"],
        "srcport": pa.array([50001, 1], pa.int32()),
        "dstport": pa.array([443, 2], pa.int32()),
        "start": pa.array([START, START], pa.int64()),
    }
    pq.write_table(pa.table(table), tmp_path / "x")
    columns = {name_of(VPC): TWICE[name_of(VPC)]}
    columns[name_of(SUBNET, ending="log.parquet")] = (tmp_path / "x").read_bytes()
    assert overlaps(tmp_path, columns) == [((VPC, SUBNET), "eni-1", 1, 2)]


@pytest.mark.parametrize(
    "second",
    [
        text(record(START, interface_id="eni-3")),  # the other end of the same flow
        text(record(START + 1, interface_id="eni-1")),
        text(record(START, interface_id="eni-1", action="REJECT")),
        text(NO_DATA),
        text("10.0.1.5 10.0.2.9", header="srcaddr dstaddr"),
        b"\x1f\x8b damaged",
    ],
    ids=[
        "another interface",
        "another start",
        "another action",
        "no data",
        "few fields",
        "damaged",
    ],
)
def test_other_records_are_no_overlap(tmp_path: Path, second: bytes) -> None:
    assert overlaps(tmp_path, {name_of(VPC): text(ONE), name_of(SUBNET): second}) == []
