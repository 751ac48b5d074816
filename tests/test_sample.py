"""The made-up tree: same bytes every time, AWS's layout, believable shares."""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path

import duckdb
import pytest

from flowathena.sample import ACCOUNTS, MARKER, REGIONS, Sample, generate
from flowathena.sample.files import File, FileNames
from flowathena.sample.variant import Variant
from flowathena.sample.writing import connect, render
from tests.shell import Shell

UNTIL = date(2026, 11, 20)
RECORDS = 40_000
NAME = re.compile(
    r"(\d{12})_vpcflowlogs_([a-z0-9-]+)_(fl-[0-9a-f]{17})_(\d{8})T(\d{4})Z_([0-9a-f]{8})\.log\.gz"
)
Line = list[str]


def tree(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode("ascii").splitlines()


def logs(root: Path) -> list[Path]:
    return sorted(root.rglob("*.log.gz"))


def count(root: Path) -> int:
    return sum(len(lines_of(path)) - 1 for path in logs(root))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(tmp_path_factory.mktemp("sample"), until=UNTIL, records=RECORDS)


@pytest.fixture(scope="module")
def lines(sample: Sample) -> dict[Path, list[Line]]:
    return {p: [line.split(" ") for line in lines_of(p)[1:]] for p in logs(sample.root)}


@pytest.fixture(scope="module")
def records(lines: dict[Path, list[Line]]) -> list[Line]:
    return [line for many in lines.values() for line in many]


@pytest.fixture(scope="module")
def flows(records: list[Line]) -> list[Line]:
    return [line for line in records if line[13] == "OK"]


def test_sample_states_what_lies_on_disk(sample: Sample, records: list[Line]) -> None:
    paths = logs(sample.root)
    assert (sample.accounts, sample.regions) == (ACCOUNTS, REGIONS)
    assert (sample.first_day, sample.last_day) == (date(2026, 11, 13), date(2026, 11, 19))
    assert sample.files == len(paths)
    assert sample.records == len(records) == RECORDS
    assert sample.bytes_written == sum(path.stat().st_size for path in paths)
    with pytest.raises(FrozenInstanceError):
        sample.files = 0  # type: ignore[misc]


def test_one_folder_per_account_region_and_day(sample: Sample) -> None:
    folders = {p.parent.relative_to(sample.root).as_posix() for p in logs(sample.root)}
    assert folders == {
        f"AWSLogs/{account}/vpcflowlogs/{region}/2026/11/{day}"
        for account in ACCOUNTS
        for region in REGIONS
        for day in range(13, 20)
    }


def test_file_names_agree_with_their_folders(sample: Sample) -> None:
    logs_of_place: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in logs(sample.root):
        match = NAME.fullmatch(path.name)
        assert match
        account, region, log, day, *_ = match.groups()
        *_, folder_account, _, folder_region, year, month, folder_day = path.parent.parts
        assert (account, region) == (folder_account, folder_region)
        assert day == year + month + folder_day
        logs_of_place[account, region].add(log)
    assert all(len(ids) == 1 for ids in logs_of_place.values())
    assert len(set.union(*logs_of_place.values())) == 4


def test_four_files_or_more_a_folder(sample: Sample) -> None:
    assert min(Counter(path.parent for path in logs(sample.root)).values()) >= 4


def test_nothing_but_logs_and_the_marker(sample: Sample) -> None:
    others = [name for name in tree(sample.root) if not name.endswith(".log.gz")]
    assert others == [MARKER]


def test_gzip_header_holds_neither_time_nor_name(sample: Sample) -> None:
    for path in logs(sample.root):
        head = path.read_bytes()[:8]
        assert head[:3] == b"\x1f\x8b\x08"
        assert head[3:8] == bytes(5)


def test_every_file_begins_with_the_header_and_ends_with_a_line_feed(sample: Sample) -> None:
    header = (
        b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
        b"start end action log-status"
    )
    for path in logs(sample.root):
        text = gzip.decompress(path.read_bytes())
        assert text.startswith(header + b"\n2 ")
        assert text.endswith(b"\n")
        assert not text.endswith(b"\n\n")


def test_every_line_has_fourteen_fields(lines: dict[Path, list[Line]]) -> None:
    for path, many in lines.items():
        account = path.name[:12]
        for line in many:
            assert len(line) == 14
            assert all(line)
            assert line[:2] == ["2", account]
            assert re.fullmatch(r"eni-0[0-9a-f]{16}", line[2])


def test_end_lies_in_the_folders_day_and_after_the_files_time(
    lines: dict[Path, list[Line]],
) -> None:
    for path, many in lines.items():
        match = NAME.fullmatch(path.name)
        assert match
        named = datetime.strptime(match[4] + match[5], "%Y%m%d%H%M").replace(tzinfo=UTC)
        midnight = named.replace(hour=0, minute=0).timestamp()
        for line in many:
            assert named.timestamp() <= int(line[11]) < midnight + 86400
            assert 0 <= int(line[11]) - int(line[10]) <= 600


def test_some_flows_start_the_day_before_their_folder(lines: dict[Path, list[Line]]) -> None:
    late = Counter(
        path.parent
        for path, many in lines.items()
        for line in many
        if int(line[10]) // 86400 < int(line[11]) // 86400
    )
    assert len(late) > 7


def test_records_without_data_have_the_shape_of_aws(records: list[Line]) -> None:
    counts = Counter(line[13] for line in records)
    assert (counts["NODATA"], counts["SKIPDATA"]) == (RECORDS // 250, RECORDS // 2000)
    for line in records:
        if line[13] != "OK":
            assert line[3:10] == ["-"] * 7
            assert line[12] == "-"
            assert line[10].isdigit()
            assert line[11].isdigit()


def test_a_thousand_records_hold_both_kinds_without_data(tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, records=1000)
    states = Counter(line.split()[-1] for p in logs(tmp_path) for line in lines_of(p)[1:])
    assert states == {"OK": 995, "NODATA": 4, "SKIPDATA": 1}


def test_numbers_are_plausible(flows: list[Line]) -> None:
    for line in flows:
        source, target, protocol, packets, volume = map(int, line[5:10])
        assert 0 <= source <= 65535
        assert 0 <= target <= 65535
        assert protocol in {1, 6, 17, 47}
        assert (source == target == 0) == (protocol in {1, 47})
        assert packets >= 1
        assert 40 * packets <= volume <= 1500 * packets


def test_addresses_are_internal_or_public(flows: list[Line]) -> None:
    for address in {field for line in flows for field in line[3:5]}:
        parsed = ip_address(address)
        assert str(parsed) == address
        assert parsed.is_global != address.startswith(("10.", "2001:db8:"))
    for line in flows:
        assert line[3] != line[4]
        assert any(field.startswith(("10.", "2001:db8:")) for field in line[3:5])


def test_an_interface_keeps_its_address(flows: list[Line]) -> None:
    common: dict[str, set[str]] = {}
    for line in flows:
        if ":" not in line[3]:
            pair = set(line[3:5])
            common[line[2]] = common.get(line[2], pair) & pair
    assert 500 < len(common) <= 512  # 4 places, 2 VPCs, 64 hosts; a few idle
    assert all(common.values())


def test_shares_of_refusals_and_ipv6(flows: list[Line]) -> None:
    assert 0.07 < sum(line[12] == "REJECT" for line in flows) / len(flows) < 0.10
    assert 0.02 < sum(":" in line[3] for line in flows) / len(flows) < 0.04
    assert all((":" in line[3]) == (":" in line[4]) for line in flows)


def test_both_directions_of_a_conversation_are_there(flows: list[Line]) -> None:
    accepted = [line for line in flows if line[12] == "ACCEPT"]
    ends = {(line[3], line[5], line[4], line[6], line[7]) for line in accepted}
    answered = sum((line[4], line[6], line[3], line[5], line[7]) in ends for line in accepted)
    assert answered / len(accepted) > 0.95


def test_the_usual_services_are_there(flows: list[Line]) -> None:
    accepted = Counter((line[7], line[6]) for line in flows if line[12] == "ACCEPT")
    services = [("6", "80"), ("6", "5432"), ("6", "22"), ("17", "53"), ("17", "123"), ("1", "0")]
    assert all(accepted[service] > 100 for service in services)
    assert accepted["6", "443"] == max(accepted.values())


def test_few_servers_take_most_https(flows: list[Line]) -> None:
    web = [line for line in flows if line[6] == "443" and line[4].startswith("10.")]
    hits = Counter(line[4] for line in web if line[12] == "ACCEPT")
    assert len(hits) == 64
    assert sum(n for _, n in hits.most_common(16)) > hits.total() / 2
    volumes = sorted((int(line[9]) for line in flows), reverse=True)
    assert sum(volumes[: len(volumes) // 100]) > sum(volumes) / 2


def test_attackers_show(flows: list[Line]) -> None:
    refused = [line for line in flows if line[12] == "REJECT"]
    brute = Counter(line[3] for line in refused if line[6] == "22" and int(line[9]) >= 60)
    assert len([source for source, n in brute.items() if n > 50]) in range(3, 10)
    ports: dict[str, set[str]] = defaultdict(set)
    for line in refused:
        ports[line[3]].add(line[6])
    assert len([source for source, many in ports.items() if len(many) > 100]) in range(2, 10)
    assert {"23", "3389"} <= {line[6] for line in refused}


def test_same_arguments_same_bytes(sample: Sample, tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, records=RECORDS)
    assert tree(tmp_path) == tree(sample.root)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_do_not_show(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    connect = functools.partial(duckdb.connect, config={"threads": threads})
    monkeypatch.setattr("flowathena.sample.writing.duckdb.connect", connect)
    generate(tmp_path, until=UNTIL, records=RECORDS)
    assert tree(tmp_path) == tree(sample.root)


def test_the_text_is_the_same_on_every_machine(tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, records=2000)
    text = hashlib.sha256()
    for path in logs(tmp_path):
        text.update(path.name.encode() + gzip.decompress(path.read_bytes()))
    assert text.hexdigest() == "585edca300aa42de49a89ea01375b051f9a1943cc1c418e72b76752799ef8d42"


def test_a_version_names_the_fields_up_to_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    few = ("--days", "1", "--records", "100", "--until", "2026-11-02")
    shell.run("sample", "one", *few, "--version", "5")
    shell.run("sample", "two", *few, "--log-format", "v5")
    one, two = (
        {path.name: path.read_bytes() for path in logs(tmp_path / name)} for name in ("one", "two")
    )
    assert one == two
    header = gzip.decompress(next(iter(one.values()))).split(b"\n")[0].split()
    assert (len(header), header[-1]) == (29, b"traffic-path")


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    one = generate(tmp_path / "1", until=UNTIL, records=500)
    two = generate(tmp_path / "2", until=UNTIL, records=500, seed=2)
    assert one.records == two.records
    assert not set(tree(one.root).values()) & set(tree(two.root).values())


def test_second_run_rewrites_the_same_tree(tmp_path: Path) -> None:
    first = generate(tmp_path, until=UNTIL, records=500)
    before = tree(tmp_path)
    damaged = logs(tmp_path)[0]
    damaged.write_bytes(b"half")
    assert generate(tmp_path, until=UNTIL, records=500) == first
    assert tree(tmp_path) == before


def test_batches_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = generate(tmp_path / "whole", until=UNTIL, records=3000)
    monkeypatch.setattr("flowathena.sample.writing._BATCH", 400)
    parts = generate(tmp_path / "parts", until=UNTIL, records=3000)
    assert tree(whole.root) == tree(parts.root)


@pytest.mark.parametrize(("days", "records"), [(7, 28), (7, 29), (1, 4), (3, 1001), (40, 777)])
def test_counts_are_exact_and_no_folder_is_empty(tmp_path: Path, days: int, records: int) -> None:
    made = generate(tmp_path, until=date(2026, 3, 1), days=days, records=records)
    assert count(tmp_path) == made.records == records
    assert len({path.parent for path in logs(tmp_path)}) == 4 * days
    assert made.last_day == date(2026, 2, 28)


def test_more_records_make_more_files(tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, days=1, records=100_000)
    files = Counter(path.parent for path in logs(tmp_path))
    assert sorted(files.values()) == [8, 12, 12, 24]


def test_a_folder_of_four_million_records_can_be_rendered() -> None:
    file = File(0, 0, 9_000_000, 4_000_000, slot=287, width=1)
    with connect() as connection:
        texts = render(connection, FileNames(Path(), "key", Variant()), [file])
    assert len(texts[0].splitlines()) == file.lines


def test_days_after_2038(tmp_path: Path) -> None:
    generate(tmp_path, until=date(2038, 1, 21), days=3, records=900)
    assert count(tmp_path) == 900


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"days": 2}, {"records": 29}, {"until": date(2026, 11, 21)}]
)
def test_other_arguments_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    arguments = {"until": UNTIL, "days": 3, "records": 28, "seed": 1}
    generate(tmp_path, **arguments)  # type: ignore[arg-type]
    before = tree(tmp_path)
    with pytest.raises(FileExistsError) as caught:
        generate(tmp_path, **{**arguments, **change})  # type: ignore[arg-type]
    assert "AWSLogs contains other flow logs" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert tree(tmp_path) == before


def test_logs_of_somebody_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs" / "123456789012").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="contains other flow logs"):
        generate(tmp_path, until=UNTIL, records=28)
    assert tree(tmp_path) == {}


def test_an_empty_folder_is_taken_whatever_the_marker_says(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs").mkdir()
    (tmp_path / MARKER).write_text("other")
    generate(tmp_path, until=UNTIL, records=28)
    assert count(tmp_path) == 28


def test_a_file_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, target: Path) -> Path:
        assert path.name.startswith(".")
        assert path.parent == target.parent
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        generate(tmp_path, until=UNTIL, records=28)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": 0}, "days must be at least 1, not 0"),
        ({"days": -1}, "days must be at least 1, not -1"),
        ({"records": 27}, "records must be at least 28 for 7 days"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
        ({"until": date(1970, 1, 8)}, "7 days before 1970-01-08 would start before 1970-01-02"),
    ],
)
def test_bad_arguments(tmp_path: Path, change: dict[str, object], message: str) -> None:
    arguments = {"until": UNTIL, "days": 7, "records": 28, "seed": 1}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        generate(tmp_path, **{**arguments, **change})  # type: ignore[arg-type]
    assert tree(tmp_path) == {}
