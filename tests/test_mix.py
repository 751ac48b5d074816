"""A sample of several formats: who writes what and when, and that every flow is there once."""

import gzip
import hashlib
import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.sample import LAYOUTS, MARKER, Sample, generate
from tests.mix import Record, counted, read_file, read_tree, summed, within
from tests.portion import left_to_slow
from tests.shell import Shell

UNTIL = date(2026, 11, 1)  # the 30 days before are the 2nd to the 31st of October
RECORDS = 6_000
FIRST, SECOND = "111122223333", "444455556666"
REGIONS = ("eu-west-1", "us-east-1")
# Noon of the tenth and of the twentieth day (2026-10-11 and 21, 12:00 UTC) as date -u tells them.
TENTH, TWENTIETH = 1_791_720_000, 1_792_584_000
PLAIN = [name.replace("-", "_") for name in DEFAULT_FORMAT]
V2 = "text, 14: version account-id"
CUSTOM = "text, 27: version vpc-id"
PARQUET = "parquet, 29: version account_id"
PLACE = {"aws_account", "aws_region", "day", "hour", "flow_log", "kind"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(tmp_path_factory.mktemp("mix"), until=UNTIL, days=30, records=RECORDS, mix=True)


@pytest.fixture(scope="module")
def records(sample: Sample) -> list[Record]:
    return read_tree(sample.root)


def logs(root: Path) -> list[Path]:
    return sorted(path for path in (root / "AWSLogs").rglob("*") if path.is_file())


def head(path: Path) -> str:
    """Kind, number of fields and the first two of them, as the file itself has them."""
    if path.suffix == ".parquet":
        kind, fields = "parquet", list(pq.read_schema(path).names)
    else:
        kind, fields = "text", gzip.decompress(path.read_bytes()).split(b"\n")[0].decode().split()
    return f"{kind}, {len(fields)}: {' '.join(fields[:2])}"


def heads(root: Path, account: str, region: str, folder: str) -> dict[str, set[str]]:
    """The ids of the flow logs in a day folder, by what is in their files."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (root / "AWSLogs" / account / "vpcflowlogs" / region / folder).iterdir():
        found[head(path)].add(path.name.split("_")[3])
    return dict(found)


def tree(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@left_to_slow
def test_every_record_of_the_plain_tree_is_there_once(
    tmp_path: Path, sample: Sample, records: list[Record]
) -> None:
    generate(tmp_path, until=UNTIL, days=30, records=RECORDS)
    plain = read_tree(tmp_path)
    assert len(plain) == len(records) == sample.records == RECORDS
    placed = ("aws_account", "aws_region", "day", *PLAIN)
    assert counted(records, *placed) == counted(plain, *placed)


@left_to_slow
def test_the_fields_that_a_format_adds_are_those_of_the_record(
    tmp_path: Path, records: list[Record]
) -> None:
    parquet = [r for r in records if r["kind"] == "parquet"]
    custom = [r for r in records if r["kind"] == "text" and "vpc_id" in r]
    fields, fewer = (sorted(set(some[0]) - PLACE) for some in (parquet, custom))
    assert (len(fields), len(fewer)) == (29, 27)
    names = [name.replace("_", "-") for name in fields]
    generate(tmp_path, until=UNTIL, days=30, records=RECORDS, log_format=names)
    wide = read_tree(tmp_path)
    assert counted(parquet, *fields) <= counted(wide, *fields)
    assert counted(custom, *fewer) <= counted(wide, *fewer)


@left_to_slow
def test_everything_is_parquet_from_noon_of_the_twentieth_day(records: list[Record]) -> None:
    assert [r for r in records if (r["kind"] == "parquet") != (r["end"] >= TWENTIETH)] == []
    assert {r["aws_account"] for r in records if r["kind"] == "parquet"} == {FIRST, SECOND}


def test_one_vpc_of_one_account_has_the_custom_format_from_noon_of_the_tenth_day(
    records: list[Record],
) -> None:
    custom = [r for r in records if r["kind"] == "text" and "vpc_id" in r]
    assert {r["aws_account"] for r in custom} == {SECOND}
    assert all(TENTH <= r["end"] < TWENTIETH for r in custom)
    assert len(counted(custom, "aws_region", "vpc_id")) == len(counted(custom, "aws_region")) == 2
    interfaces = {r["interface_id"] for r in custom}
    beside = [
        r
        for r in records
        if r["aws_account"] == SECOND and TENTH <= r["end"] < TWENTIETH and "vpc_id" not in r
    ]
    assert len(interfaces) > 64  # of two VPCs with 64 hosts; many are idle
    assert interfaces.isdisjoint({r["interface_id"] for r in beside})
    assert 0.4 < len(custom) / (len(custom) + len(beside)) < 0.6


def test_an_interface_has_one_flow_log_at_a_time(records: list[Record]) -> None:
    ends: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for r in records:
        ends[r["interface_id"]][r["flow_log"]].append(r["end"])
    for many in ends.values():
        spans = sorted((min(times), max(times)) for times in many.values())
        assert all(last < first for (_, last), (first, _) in pairwise(spans))
    assert {len(many) for many in ends.values()} >= {2, 3}


def test_a_flow_log_has_one_format_and_one_vpc(sample: Sample, records: list[Record]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in logs(sample.root):
        found[path.name.split("_")[3]].add(head(path))
    # Eight VPCs at first, two in the custom format, eight in Parquet.
    assert (
        sorted(list(some) for some in found.values())
        == [[PARQUET]] * 8 + [[V2]] * 8 + [[CUSTOM]] * 2
    )
    vpcs = counted((r for r in records if "vpc_id" in r), "flow_log", "vpc_id")
    assert len(vpcs) == 10


@pytest.mark.parametrize(
    ("account", "folder", "expected"),
    [
        (SECOND, "2026/10/10", {V2: 2}),
        (FIRST, "2026/10/15", {V2: 2}),
        (FIRST, "2026/10/21", {V2: 2, PARQUET: 2}),
        (FIRST, "2026/10/22", {PARQUET: 2}),
        (SECOND, "2026/10/11", {V2: 2, CUSTOM: 1}),
        (SECOND, "2026/10/12", {V2: 1, CUSTOM: 1}),
        (SECOND, "2026/10/20", {V2: 1, CUSTOM: 1}),
        (SECOND, "2026/10/21", {V2: 1, CUSTOM: 1, PARQUET: 2}),
        (SECOND, "2026/10/31", {PARQUET: 2}),
    ],
)
def test_formats_and_flow_logs_of_a_day(
    sample: Sample, account: str, folder: str, expected: dict[str, int]
) -> None:
    for region in REGIONS:
        found = heads(sample.root, account, region, folder)
        assert {text: len(ids) for text, ids in found.items()} == expected


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("days", "changes"),
    [(3, ("10/29", "10/30")), (4, ("10/28", "10/29")), (7, ("10/26", "10/28"))],
)
def test_shorter_trees_change_in_proportion(
    tmp_path: Path, days: int, changes: tuple[str, str]
) -> None:
    generate(tmp_path, until=UNTIL, days=days, records=400 * days, mix=True)
    first, second = (heads(tmp_path, SECOND, "eu-west-1", f"2026/{day}") for day in changes)
    assert set(first) == {V2, CUSTOM}
    assert set(second) == {V2, CUSTOM, PARQUET}
    assert len(first[V2]) == 2
    assert len(second[V2]) == 1
    assert set(heads(tmp_path, SECOND, "eu-west-1", "2026/10/31")) == {PARQUET}


@pytest.fixture(scope="module")
def plain_records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    root = tmp_path_factory.mktemp("plain")
    generate(root, until=UNTIL, days=3, records=1000)
    return read_tree(root)


@pytest.mark.few(1)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_the_same_records(
    tmp_path: Path, plain_records: list[Record], layout: str
) -> None:
    generate(tmp_path, until=UNTIL, days=3, records=1000, layout=layout, mix=True)
    found = read_tree(tmp_path)
    assert counted(found, "day", *PLAIN) == counted(plain_records, "day", *PLAIN)
    assert ({r["hour"] for r in found} == set(range(24))) == ("hourly" in layout)
    kinds = counted(found, "aws_account", "aws_region", "day", "hour", "kind")
    places = counted(found, "aws_account", "aws_region", "day", "hour")
    # In days, the four folders of the day of the change hold both kinds; in hours, none does.
    assert len(kinds) - len(places) == (0 if "hourly" in layout else 4)


@left_to_slow
def test_same_arguments_same_bytes(sample: Sample) -> None:
    before = tree(sample.root)
    again = generate(sample.root, until=UNTIL, days=30, records=RECORDS, mix=True)
    assert again == sample
    assert tree(sample.root) == before
    paths = logs(sample.root)
    assert (sample.files, sample.bytes_written) == (
        len(paths),
        sum(path.stat().st_size for path in paths),
    )


def test_the_text_is_the_same_on_every_machine(tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, days=3, records=2000, mix=True)
    text = hashlib.sha256()
    for path in sorted(tmp_path.rglob("*.log.gz")):
        text.update(path.name.encode() + gzip.decompress(path.read_bytes()))
    assert text.hexdigest() == "a97e6c07e2d652c7caebb4337df2f28b6c8f9eb7aeff5e3df7fd946393ebf4bd"


def test_few_records_leave_no_empty_file(tmp_path: Path) -> None:
    made = generate(tmp_path, until=UNTIL, days=3, records=12, mix=True)
    assert all(list(read_file(path)) for path in logs(tmp_path))
    assert len(read_tree(tmp_path)) == made.records == 12
    assert made.files == len(logs(tmp_path))


def test_a_marker_keeps_a_mix_from_another_tree(tmp_path: Path) -> None:
    arguments = {"until": UNTIL, "days": 3, "records": 12}
    generate(tmp_path, **arguments, mix=True)  # type: ignore[arg-type]
    assert (tmp_path / MARKER).read_text() == (
        '{"until": "2026-11-01", "days": 3, "records": 12, "seed": 1, "mix": true}\n'
    )
    before = tree(tmp_path)
    with pytest.raises(FileExistsError, match="contains other flow logs than"):
        generate(tmp_path, **arguments)  # type: ignore[arg-type]
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": 2}, "a mix needs at least 3 days, not 2"),
        ({"file_format": "parquet"}, "a mix has formats of its own; leave out file_format and"),
        ({"log_format": ("start", "end")}, "a mix has formats of its own; leave out file_format"),
    ],
)
def test_bad_arguments(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        generate(tmp_path, until=UNTIL, mix=True, **change)  # type: ignore[arg-type]
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "options",
    [
        ("--file-format", "text"),
        ("--file-format", "parquet"),
        ("--log-format", "v5"),
        ("--log-format", "default"),
        ("--version", "5"),
    ],
)
def test_options_that_a_mix_decides_are_refused(tmp_path: Path, options: tuple[str, str]) -> None:
    line = Shell(tmp_path).refused("sample", "logs", "--mix", *options)
    assert "leave out --file-format, --log-format and --version" in line
    assert tree(tmp_path) == {}


@left_to_slow
def test_the_command_writes_what_the_function_does(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    few = ("--days", "3", "--records", "300", "--until", "2026-11-01", "--layout", "hive-daily")
    shell.run("sample", "one", "--mix", *few)
    generate(tmp_path / "two", until=UNTIL, days=3, records=300, layout="hive-daily", mix=True)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert "3 days" in shell.refused("sample", "three", "--mix", "--days", "2")


# tests.mix itself, on files written by hand.

TEXT = """version bytes dstport action tcp-flags
2 10 443 ACCEPT 3
2 - - - -
2 7 22 REJECT 2
"""


def put(root: Path, folder: str, flow_log: str, text: str) -> Path:
    path = root / "AWSLogs" / folder / f"1{'0' * 11}_vpcflowlogs_eu-west-1_{flow_log}_"
    path = path.with_name(f"{path.name}20261030T0000Z_c0ffee.log.gz")
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_a_text_file_is_read_by_its_first_line(tmp_path: Path) -> None:
    put(tmp_path, "1/vpcflowlogs/eu-west-1/2026/10/30", "fl-0a", TEXT)
    place = {
        "aws_account": "100000000000",
        "aws_region": "eu-west-1",
        "day": date(2026, 10, 30),
        "hour": None,
        "flow_log": "fl-0a",
        "kind": "text",
    }
    nothing = dict.fromkeys(("bytes", "dstport", "action", "tcp_flags"))
    assert read_tree(tmp_path) == [
        {"version": 2, "bytes": 10, "dstport": 443, "action": "ACCEPT", "tcp_flags": 3, **place},
        {"version": 2, **nothing, **place},
        {"version": 2, "bytes": 7, "dstport": 22, "action": "REJECT", "tcp_flags": 2, **place},
    ]


def test_a_parquet_file_is_read_by_its_schema(tmp_path: Path) -> None:
    path = put(tmp_path, "x/year=2026/month=10/day=30/hour=07", "fl-0b", "")
    path = path.rename(path.with_suffix(".parquet"))
    pq.write_table(pa.table({"action": ["ACCEPT", "-"], "bytes": [5, None]}), path)
    found = [(r["action"], r["bytes"], r["hour"], r["kind"]) for r in read_tree(tmp_path)]
    assert found == [("ACCEPT", 5, 7, "parquet"), (None, None, 7, "parquet")]


@pytest.mark.parametrize("line", ["2 10 443 ACCEPT", "2 10 443 ACCEPT 3 4", "2 10 443 ACCEPT x"])
def test_a_line_that_does_not_fit_its_header_is_no_record(tmp_path: Path, line: str) -> None:
    put(tmp_path, "1/2026/10/30", "fl-0a", f"{TEXT}{line}\n")
    with pytest.raises(ValueError, match=r"zip|invalid literal"):
        read_tree(tmp_path)


def test_counters(tmp_path: Path) -> None:
    put(tmp_path, "1/2026/10/30", "fl-0a", TEXT)
    put(tmp_path, "1/2026/10/31", "fl-0c", "dstport bytes start\n443 5 100\n443 6 200\n")
    found = read_tree(tmp_path)
    assert counted(found, "action") == {("ACCEPT",): 1, ("REJECT",): 1, (None,): 3}
    assert summed(found, "bytes", "dstport") == {(443,): 21, (22,): 7}
    assert summed(found, "bytes") == {(): 28}
    assert summed(found, "bytes", "flow_log", "action") == {
        ("fl-0a", "ACCEPT"): 10,
        ("fl-0a", "REJECT"): 7,
        ("fl-0c", None): 11,
    }
    late = [r for r in found if "start" in r]
    assert [r["start"] for r in within(late, 100, 200)] == [100]
