"""``flowathena fields`` by the real command."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flowathena.cli.options import RESULT_FORMATS
from flowathena.result.formats import BINARY, PICTURES, Format
from tests.shell import Shell

KEYS = [
    *("name", "column", "version", "hive_type", "parquet_type", "parquet_hive_type"),
    "meaning",
]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder without configuration: the fields need none."""
    return Shell(tmp_path_factory.mktemp("fields"))


def test_all_fields_are_listed_in_aws_order(shell: Shell) -> None:
    done = shell.run("fields")
    assert done.err == ""
    header, rule, *lines = done.out.splitlines()
    assert header.split() == ["name", "version", "hive_type", "meaning"]
    assert set(rule) == {"-", " "}
    assert len(lines) == 54
    assert lines[0].split(maxsplit=3) == ["version", "2", "int", "record version"]
    assert lines[-1].split()[:3] == ["next-hop-interface-type", "11", "string"]


@pytest.mark.parametrize(("version", "total"), [(2, 14), (5, 29), (6, 29), (7, 39), (11, 54)])
def test_a_version_lists_what_its_records_can_hold(shell: Shell, version: int, total: int) -> None:
    rows = shell.run("fields", "--version", str(version), "--format", "json").json
    assert len(rows) == total
    assert all(list(row) == KEYS for row in rows)
    assert max(row["version"] for row in rows) == (5 if version == 6 else version)


def test_formats_hold_the_same_rows(shell: Shell) -> None:
    rows = shell.run("fields", "--format", "json").json
    assert rows[7] == {
        "name": "protocol",
        "column": "protocol",
        "version": 2,
        "hive_type": "int",
        "parquet_type": "INT_32",
        "parquet_hive_type": "int",
        "meaning": "IANA protocol number",
    }
    lines = shell.run("fields", "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = csv.DictReader(io.StringIO(shell.run("fields", "--format", "csv").out))
    assert [{**row, "version": int(row["version"])} for row in table] == rows


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["protocol", "srcaddr"])
def test_parquet_holds_a_field_with_and_without_values(shell: Shell, name: str) -> None:
    wanted = shell.run("fields", name, "--format", "json").json
    done = subprocess.run(
        shell.command("fields", name, "--format", "parquet"),
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert pq.read_table(io.BytesIO(done.stdout)).to_pylist() == [wanted]


def test_every_format_of_run_is_offered(shell: Shell) -> None:
    assert "--format " + "|".join(Format) in shell.run("run", "preview", "--help").out
    rows = [form for form in Format if form not in PICTURES]  # fields are no amounts to draw
    assert "--format " + "|".join(rows) + "\n" in shell.run("fields", "--help").out
    assert "'svg' is not one of table," in shell.refused("fields", "--format", "svg")
    for form in set(rows) - BINARY:
        assert "log-status" in shell.run("fields", "--version", "2", "--format", form).out


@pytest.mark.parametrize("name", ["pkt-srcaddr", "pkt_srcaddr", "PKT_SRCADDR"])
def test_a_field_is_found_by_field_and_by_column(shell: Shell, name: str) -> None:
    assert shell.run("fields", name).out == (
        "pkt-srcaddr: source address of the packet itself (behind NAT, TGW, EKS)\n"
        "column: pkt_srcaddr\n"
        "version: 3\n"
        "type: string; in Parquet files STRING\n"
    )


def test_a_field_is_shown_with_what_its_values_mean(shell: Shell) -> None:
    assert shell.run("fields", "reject_reason").out == (
        "reject-reason: BPA (Block Public Access) or EC (encryption controls)\n"
        "column: reject_reason\n"
        "version: 8\n"
        "type: string; in Parquet files STRING\n"
        "source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html\n"
        "Rejects by security groups and network ACLs have no reason.\n"
        "\n"
        "value  meaning\n"
        "-----  -----------------------\n"
        "BPA    VPC Block Public Access\n"
        "EC     VPC encryption controls\n"
    )
    lines = shell.run("fields", "tcp-flags").out.splitlines()
    header = next(n for n, line in enumerate(lines) if line.startswith("value"))
    assert lines[header].split() == ["value", "name", "meaning"]
    assert [line.split()[:2] for line in lines[header + 2 :]] == [
        *(["2", "SYN"], ["18", "SYN-ACK"], ["16", "ACK"], ["8", "PSH"], ["32", "URG"]),
        *(["1", "FIN"], ["4", "RST"], ["64", "ECE"], ["128", "CWR"]),
    ]


def test_one_field_is_one_object(shell: Shell) -> None:
    shown = shell.run("fields", "protocol", "--format", "json").json
    assert list(shown) == [*KEYS, "values", "note", "source"]
    assert shown["values"][6] == {"value": 6, "name": "TCP", "meaning": "Transmission Control"}
    assert shown["source"].startswith("https://www.iana.org/assignments/protocol-numbers/")
    assert json.loads(shell.run("fields", "protocol", "--format", "jsonl").out) == shown
    (row,) = csv.DictReader(io.StringIO(shell.run("fields", "protocol", "--format", "csv").out))
    assert json.loads(row["values"]) == shown["values"]
    plain = shell.run("fields", "vpc-id", "--format", "json").json
    assert plain["values"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("srcadr",), "unknown field 'srcadr'; did you mean 'srcaddr'? 'flowathena fields' lists"),
        (("pkt_srcadr",), "did you mean 'pkt-srcaddr'?"),
        (("quite_other",), "unknown field 'quite_other'; 'flowathena fields' lists them all"),
        (("",), "unknown field ''"),
        (("--version", "1"), "--version: flow logs have versions 2 to 11, not 1"),
        (("--version", "12"), "--version: flow logs have versions 2 to 11, not 12"),
        (("--version", "three"), "Invalid value for '--version'"),
        (("--version", "3", "type"), "a field name and --version cannot be combined"),
        (("--format", "xml"), "'xml' is not one of table, record, csv, tsv, json,"),
        (("type", "action"), "action"),
    ],
)
def test_wrong_words_are_one_line(shell: Shell, words: tuple[str, ...], told: str) -> None:
    assert told in shell.refused("fields", *words)


@pytest.mark.parametrize("words", [["--help"], ["fields", "--help"]])
def test_help_reads_no_values(tmp_path: Path, words: list[str]) -> None:
    script = (
        "import sys, atexit\n"
        "from flowathena import cli\n"
        "from flowathena.logs import values\n"
        "read = values.load.cache_info\n"
        "told = lambda: (read().currsize, 'flowathena.result.formats' in sys.modules)\n"
        "atexit.register(lambda: print(*told(), file=sys.stderr))\n"
        f"cli.main({words})\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=Shell(tmp_path).environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert process.stdout.startswith("Usage: flowathena")
    assert process.stderr == "0 False\n"


def test_the_formats_of_the_command_line_are_those_of_results() -> None:
    assert tuple(Format) == RESULT_FORMATS
