"""The made-up tree in every layout, file format and choice of fields: always the same records."""

from __future__ import annotations

import csv
import functools
import gzip
import hashlib
import os
import re
import signal
import subprocess
from collections import Counter
from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest

from flowathena.cli.sample import FileFormat
from flowathena.cli.sample import Layout as LayoutOption
from flowathena.logs.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT, FIELDS
from flowathena.logs.layout import Layout
from flowathena.sample import FILE_FORMATS, LAYOUTS, MARKER, generate
from tests.portion import left_to_slow
from tests.shell import Shell
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = date(2026, 11, 20)
RECORDS = 1000
V5 = tuple(field.name for field in FIELDS if field.version <= 5)
ALL = tuple(field.name for field in FIELDS)
FORMATS = {"default": DEFAULT_FORMAT, "v5": V5, "all": ALL, "mixed": ("end", "tcp-flags", "start")}
SHAPES = list(product(LAYOUTS, FILE_FORMATS, ("default", "v5", "all")))
NAME = re.compile(
    r"(\d{12})_vpcflowlogs_([a-z0-9-]+)_fl-[0-9a-f]{17}_(\d{8}T\d{4}Z)_[0-9a-f]{8}\.log\.(\w+)"
)
Row = dict[str, str]


def write(root: Path, layout: str, file_format: str, fields: str, records: int = RECORDS) -> Path:
    made = generate(
        root,
        until=UNTIL,
        days=1,
        records=records,
        layout=layout,
        file_format=file_format,
        log_format=FORMATS[fields],
    )
    assert made.bytes_written == sum(path.stat().st_size for path in logs(root))
    assert made.files == len(logs(root))
    return root


def logs(root: Path) -> list[Path]:
    return sorted(path for path in (root / "AWSLogs").rglob("*") if path.is_file())


def rows(path: Path) -> list[Row]:
    """The records of a file as texts, by the names of the fields."""
    if path.name.endswith(".log.gz"):
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            return list(csv.DictReader(file, delimiter=" ", quoting=csv.QUOTE_NONE, strict=True))
    found = pq.read_table(path, partitioning=None).to_pylist()
    return [
        {BY_COLUMN[name].name: "-" if value is None else str(value) for name, value in row.items()}
        for row in found
    ]


def bag(root: Path, fields: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name] for name in fields) for path in logs(root) for row in rows(path))


def tree(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@functools.cache
def built(folder: Path, shape: tuple[str, str, str]) -> Path:
    return write(folder / "-".join(shape), *shape)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


every_shape = pytest.mark.parametrize("shape", SHAPES, ids="-".join)
every_parquet = pytest.mark.parametrize(
    "shape", [shape for shape in SHAPES if shape[1] == "parquet"], ids="-".join
)


def test_the_command_offers_what_there_is() -> None:
    assert list(LayoutOption) == list(LAYOUTS)
    assert list(FileFormat) == list(FILE_FORMATS)


@pytest.mark.few(6)
@every_shape
def test_folders_are_those_of_the_layout(folder: Path, shape: tuple[str, str, str]) -> None:
    root = built(folder, shape)
    layout = Layout(hive="hive" in shape[0], hourly="hourly" in shape[0])
    for path in logs(root):
        key = path.relative_to(root).as_posix()
        partition = layout.parse(key)
        assert partition is not None
        assert layout.prefix_of(partition) + path.name == key
        match = NAME.fullmatch(path.name)
        assert match
        account, region, moment, ending = match.groups()
        assert (account, region) == (partition.account, partition.region)
        assert ending == {"text": "gz", "parquet": "parquet"}[shape[1]]
        named = datetime.strptime(moment, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        assert named.date() == partition.day == date(2026, 11, 19)
        assert partition.hour == (named.hour if layout.hourly else None)


@pytest.mark.parametrize("layout", ["plain-hourly", "hive-hourly"])
def test_a_record_lies_in_the_hour_it_ends_in(folder: Path, layout: str) -> None:
    root = built(folder, (layout, "text", "default"))
    early = 0
    hours = set()
    for path in logs(root):
        partition = LAYOUTS[layout].parse(path.relative_to(root).as_posix())
        assert partition is not None
        hours.add(partition.hour)
        for row in rows(path):
            assert datetime.fromtimestamp(int(row["end"]), UTC).hour == partition.hour
            early += datetime.fromtimestamp(int(row["start"]), UTC).hour != partition.hour
    assert hours == set(range(24))
    assert early


@pytest.mark.few(6)
@every_shape
def test_records_are_the_same_in_every_shape(folder: Path, shape: tuple[str, str, str]) -> None:
    found = bag(built(folder, shape), FORMATS[shape[2]])
    assert found.total() == RECORDS
    assert found == bag(built(folder, ("plain-daily", "text", "all")), FORMATS[shape[2]])


@left_to_slow
def test_the_default_fields_are_those_of_the_plain_tree(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, until=UNTIL, days=1, records=RECORDS)
    wide = built(folder, ("hive-hourly", "parquet", "all"))
    assert bag(tmp_path, DEFAULT_FORMAT) == bag(wide, DEFAULT_FORMAT)


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_fields_come_in_the_order_asked_for(tmp_path: Path, file_format: str) -> None:
    write(tmp_path, "plain-daily", file_format, "mixed")
    assert {tuple(row) for path in logs(tmp_path) for row in rows(path)} == {FORMATS["mixed"]}


@pytest.mark.few(6)
@every_shape
def test_records_of_a_file_come_in_the_same_order(
    folder: Path, shape: tuple[str, str, str]
) -> None:
    fields = FORMATS[shape[2]]
    ours = [rows(path) for path in logs(built(folder, shape))]
    wide = [rows(path) for path in logs(built(folder, (shape[0], "text", "all")))]
    assert ours == [[{name: row[name] for name in fields} for row in many] for many in wide]


@pytest.mark.few(1)
@every_parquet
def test_parquet_is_typed_as_by_aws(folder: Path, shape: tuple[str, str, str]) -> None:
    hive = {"INT32": "int", "INT64": "bigint", "BYTE_ARRAY": "string"}
    logical = {"int": "INT_32", "bigint": "INT_64", "string": "UTF8"}
    for path in logs(built(folder, shape)):
        with pq.ParquetFile(path) as file:
            columns = [file.schema.column(i) for i in range(len(file.schema))]
            metadata = file.metadata
        wanted = [BY_NAME[name] for name in FORMATS[shape[2]]]
        assert [column.name for column in columns] == [field.column for field in wanted]
        assert [hive[column.physical_type] for column in columns] == [f.hive_type for f in wanted]
        assert [column.converted_type for column in columns] == [
            logical[field.hive_type] for field in wanted
        ]
        assert {column.max_definition_level for column in columns} == {1}  # may hold NULL
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        packed = {group.column(i).compression for group in groups for i in range(len(columns))}
        assert packed == {"GZIP"}


@pytest.mark.few(3)
@every_parquet
def test_only_numbers_are_null_in_parquet(folder: Path, shape: tuple[str, str, str]) -> None:
    missing = Counter(
        name
        for path in logs(built(folder, shape))
        for row in pq.read_table(path, partitioning=None).to_pylist()
        for name, value in row.items()
        if value is None
    )
    assert {BY_COLUMN[name].hive_type for name in missing} == {"int", "bigint"}
    assert missing["packets"] == 5  # four NODATA, a SKIPDATA
    assert not missing["start"] + missing["end"] + missing["version"]


def test_text_of_every_field_is_the_same_on_every_machine(folder: Path) -> None:
    root = built(folder, ("plain-daily", "text", "all"))
    text = hashlib.sha256()
    for path in logs(root):
        text.update(path.name.encode() + gzip.decompress(path.read_bytes()))
    assert text.hexdigest() == "9b9d716368f487eb80858184dcaaf7cd053af239b58a7f43b768b0035f9055f8"


@left_to_slow
@pytest.mark.parametrize("shape", [("hive-hourly", "parquet", "all"), SHAPES[2]], ids="-".join)
@pytest.mark.parametrize("threads", [1, 4])
def test_same_arguments_same_bytes(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[str, str, str],
    threads: int,
) -> None:
    connect = functools.partial(duckdb.connect, config={"threads": threads})
    monkeypatch.setattr("flowathena.sample.writing.duckdb.connect", connect)
    monkeypatch.setattr("flowathena.sample.writing._BATCH", 300)
    before = tree(built(folder, shape))
    assert tree(write(tmp_path, *shape)) == before
    assert tree(write(tmp_path, *shape)) == before  # over what is there


@pytest.mark.parametrize(
    "shapes", [SHAPES[::4], pytest.param(SHAPES, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_every_shape_is_a_flow_log_of_its_own(
    folder: Path, shapes: list[tuple[str, str, str]]
) -> None:
    roots = [built(folder, shape) for shape in shapes]
    ids = [{path.name.split("_")[3] for path in logs(root)} for root in roots]
    assert [len(some) for some in ids] == [4] * len(shapes)
    assert len(set.union(*ids)) == 4 * len(shapes)


def test_a_marker_tells_what_differs_from_the_defaults(tmp_path: Path) -> None:
    plain = '"until": "2026-11-20", "days": 1, "records": 1000, "seed": 1'
    write(tmp_path / "1", "plain-daily", "text", "default")
    write(tmp_path / "2", "hive-daily", "parquet", "mixed")
    assert (tmp_path / "1" / MARKER).read_text() == f"{{{plain}}}\n"
    assert (tmp_path / "2" / MARKER).read_text() == (
        f'{{{plain}, "layout": "hive-daily", "file_format": "parquet", '
        '"log_format": "end tcp-flags start"}\n'
    )


@pytest.mark.parametrize(
    "other",
    [
        ("hive-hourly", "text", "default"),
        ("plain-daily", "parquet", "default"),
        ("plain-daily", "text", "v5"),
    ],
    ids="-".join,
)
def test_another_shape_is_refused(tmp_path: Path, other: tuple[str, str, str]) -> None:
    write(tmp_path, "plain-daily", "text", "default")
    before = tree(tmp_path)
    with pytest.raises(FileExistsError, match="contains other flow logs than"):
        write(tmp_path, *other)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"layout": "daily"},
            "layout must be one of plain-daily, plain-hourly, hive-daily, hive-hourly, not 'daily'",
        ),
        ({"file_format": "orc"}, "file_format must be one of text, parquet, not 'orc'"),
        ({"log_format": ("start", "x", "y")}, "log_format has unknown fields: x, y"),
        ({"log_format": ()}, "log_format needs at least one field, and none twice"),
        ({"log_format": ("end", "end")}, "log_format needs at least one field, and none tw"),
    ],
)
def test_bad_arguments(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        generate(tmp_path, until=UNTIL, **change)  # type: ignore[arg-type]
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--layout", "hourly", "'hourly' is not one of"),
        ("--file-format", "csv", "'csv' is not one of"),
        ("--log-format", "v6", ": v6"),
        ("--log-format", "start,sport", ": sport"),
        ("--log-format", "start,start", "--log-format: has a field twice"),
        (
            "--log-format",
            "${end} ${endd}",
            "--log-format: lacks start and has unknown fields: endd",
        ),
        ("--log-format", "${start},${end}", "--log-format: write"),
        ("--log-format", "", "--log-format: "),
    ],
)
def test_bad_options_are_one_line(tmp_path: Path, option: str, value: str, told: str) -> None:
    line = Shell(tmp_path).refused("sample", "logs", option, value)
    assert option in line
    assert told in line
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("default", DEFAULT_FORMAT),
        ("v2", DEFAULT_FORMAT),
        ("v5", V5),
        ("v11", ALL),
        ("all", ALL),
        ("end,tcp-flags,start", FORMATS["mixed"]),
        ("end, tcp-flags start", FORMATS["mixed"]),
        ("${end} ${tcp-flags} ${start}", FORMATS["mixed"]),
    ],
)
def test_fields_on_the_command_line(tmp_path: Path, text: str, fields: tuple[str, ...]) -> None:
    options = ("--days", "1", "--records", "8", "--until", "2026-11-20", "--log-format", text)
    Shell(tmp_path).run("sample", "logs", "--layout", "hive-hourly", *options)
    found = {tuple(row) for path in logs(tmp_path / "logs") for row in rows(path)}
    assert found == {fields}
    assert "year=2026" in logs(tmp_path / "logs")[0].as_posix()


def test_a_parquet_file_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, target: Path) -> Path:
        if path.name.startswith(MARKER) or target.name == MARKER:
            os.replace(path, target)  # noqa: PTH105 - Path.replace is what fails
            return target
        assert path.name == f".{target.name}.tmp"
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path, "hive-daily", "parquet", "all")
    assert list(tree(tmp_path)) == [MARKER]


@pytest.mark.slow
@pytest.mark.parametrize("files", [1, 5])
@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_an_interrupted_run_leaves_whole_files_only(
    tmp_path: Path, file_format: str, files: int
) -> None:
    shell = Shell(tmp_path)
    options = ("--records", "2000000", "--log-format", "v5", "--file-format", file_format)
    command = shell.command("sample", "logs", "--until", "2026-11-20", *options)
    with subprocess.Popen(
        command, cwd=tmp_path, env=shell.environment(), stderr=subprocess.PIPE
    ) as process:
        until(lambda: len(logs(tmp_path / "logs")) >= files, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert (process.returncode, told) == (130, b"error: interrupted\n")
    left = logs(tmp_path / "logs")
    assert {path.name.endswith(f".{FILE_FORMATS[file_format]}") for path in left} == {True}
    assert all(rows(path) for path in left)
