"""Text files without a header line: every line is a record, in Athena and on this machine."""

import gzip
import json
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.aws import BUCKET, RESULTS, Place, create_bucket
from tests.rig.client import Rig
from tests.shell import Shell

NOON = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
FIELDS = "srcaddr bytes start"
LINES = tuple(f"10.0.0.{n} {2**n} {NOON + n}" for n in range(6))
PLACE = Place("111122223333", "eu-west-1", date(2026, 11, 2))
QUERY = "SELECT count(*) AS records, sum(bytes) AS bytes, min(srcaddr) AS first FROM flow_logs"
WINDOW = ("--since", "2026-11-02", "--until", "2026-11-03")
# Two objects, of two and of four records.
OBJECTS = {"a": LINES[:2], "b": LINES[2:]}
EVERY = [{"records": 6, "bytes": 63, "first": "10.0.0.0"}]
WITHOUT_FIRST = [{"records": 4, "bytes": 2 + 8 + 16 + 32, "first": "10.0.0.1"}]


def _objects(header: str = "") -> dict[str, bytes]:
    return {
        PLACE.key.replace("c0ffee", name): gzip.compress(
            "".join(f"{line}\n" for line in (*filter(None, (header,)), *lines)).encode()
        )
        for name, lines in OBJECTS.items()
    }


def _local(folder: Path, settings: str = "", header: str = "") -> Shell:
    for key, content in _objects(header).items():
        path = folder / "logs" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _configure(folder, 'location = "./logs"', settings)
    return Shell(folder)


def _aws(rig: Rig, folder: Path, settings: str = "") -> Shell:
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    for key, content in _objects().items():
        rig.put_keys(BUCKET, [key], content)
    place = (
        f'location = "s3://{BUCKET}/"\nregion = "eu-west-1"\noutput_location = "s3://{RESULTS}/x/"'
    )
    _configure(folder, place, settings)
    return Shell(folder, rig.env())


def _configure(folder: Path, place: str, settings: str) -> None:
    tokens = " ".join(f"${{{name}}}" for name in FIELDS.split())
    text = f'[targets.prod]\n{place}\nlog_format = "{tokens}"\n{settings}\n'
    (folder / "flowathena.toml").write_text(text)


def _answer(shell: Shell) -> tuple[object, str]:
    done = shell.run("sql", QUERY, *WINDOW, "--format", "json")
    return done.json, done.err


def _reads_every_record(shell: Shell) -> None:
    assert "skip.header" not in shell.run("table", "ddl").out
    shell.run("partitions", "sync", "--all")
    rows, told = _answer(shell)
    assert rows == EVERY
    assert "header" not in told
    shell.run("table", "diff")
    assert "header" not in shell.run("doctor", code=3).out


def test_every_line_is_a_record_on_this_machine(tmp_path: Path) -> None:
    _reads_every_record(_local(tmp_path, "header = false"))


@pytest.mark.rig
def test_every_line_is_a_record_in_athena(rig: Rig, tmp_path: Path) -> None:
    _reads_every_record(_aws(rig, tmp_path, "header = false"))


def _skip_a_line(folder: Path) -> None:
    """What a table is that was made before the target said header = false."""
    with sqlite3.connect(folder / "logs/.flowathena/catalog.sqlite") as catalog:
        (text,) = catalog.execute("SELECT definition FROM tables").fetchone()
        table = json.loads(text)
        table["parameters"]["skip.header.line.count"] = "1"
        catalog.execute("UPDATE tables SET definition = ?", (json.dumps(table),))
    catalog.close()


def test_a_table_that_skips_a_line_loses_the_first_record(tmp_path: Path) -> None:
    shell = _local(tmp_path, "header = false")
    shell.run("partitions", "sync", "--all")
    _skip_a_line(tmp_path)
    # The target knows better than its table.
    assert "skip.header.line.count" in shell.run("table", "diff", code=3).out
    line = shell.refused("sql", QUERY, *WINDOW, code=1)
    assert "it skips 1 line of every file, records among them" in line
    # And a target that does not: told, with what to do.
    _configure(tmp_path, 'location = "./logs"', "")
    rows, told = _answer(shell)
    assert rows == WITHOUT_FIRST
    assert "2 files without a header line" in told
    assert "set header = false in [targets.prod] and create the table anew" in told
    found = shell.run("doctor", code=3).out
    assert "the table skips the first record of every file" in found
    assert "set header = false in [targets.prod] and, flowathena table drop --yes" in found
    _configure(tmp_path, 'location = "./logs"', "header = false")
    shell.run("table", "drop", "--yes")
    shell.run("partitions", "sync", "--all")
    assert _answer(shell)[0] == EVERY


def test_a_sync_does_not_register_them_with_such_a_table(tmp_path: Path) -> None:
    told = _local(tmp_path).run("partitions", "sync", "--all", code=4).err
    assert "has no header line: its fields are unknown; name them in [targets.prod] (log_f" in told


@pytest.mark.rig
def test_in_athena_too(rig: Rig, tmp_path: Path) -> None:
    shell = _aws(rig, tmp_path, "header = false")
    shell.run("partitions", "sync", "--all")
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="flowathena", Name="vpc_flow_logs")["Table"]
    kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    changed = {key: table[key] for key in kept}
    changed["Parameters"]["skip.header.line.count"] = "1"
    glue.update_table(DatabaseName="flowathena", TableInput=changed)
    assert "it skips 1 line" in shell.refused("sql", QUERY, *WINDOW, code=1)
    config = tmp_path / "flowathena.toml"
    config.write_text(config.read_text().replace("header = false", ""))
    assert _answer(shell)[0] == WITHOUT_FIRST


def test_header_lines_below_a_table_that_skips_none(tmp_path: Path) -> None:
    shell = _local(tmp_path, "header = false", FIELDS)
    shell.run("partitions", "sync", "--all")
    assert _answer(shell)[0] == EVERY  # what a header line has for start is in no window
    assert (
        "the table reads the header line of every file as a record"
        in shell.run("doctor", code=3).out
    )
    without_clock = shell.folder / "other"
    without_clock.mkdir()
    other = _local(without_clock, "header = false", "srcaddr bytes")
    text = (without_clock / "flowathena.toml").read_text()
    (without_clock / "flowathena.toml").write_text(text.replace(" ${start}", ""))
    other.run("partitions", "sync", "--all")
    rows, told = _answer(other)
    assert rows == EVERY  # by its names
    assert "2 files with a header line" in told
    assert "which Athena reads as a record; set header = true in [targets.prod]" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('header = false\nfile_format = "parquet"', "header = false is for text files"),
        ('header = "false"', "header must be true or false, not the string 'false'"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, settings: str, told: str) -> None:
    assert told in _local(tmp_path, settings).refused("sql", QUERY)
