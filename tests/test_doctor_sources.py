"""What the doctor says of the files of a target with several tables; pure."""

from dataclasses import replace
from datetime import date

import pytest

from flowathena.catalog import wanted
from flowathena.doctor.format_findings import check_flow_logs
from flowathena.doctor.log_findings import Logs, check_logs
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.layout import Layout
from flowathena.storage.extent import Extent
from flowathena.storage.samples import FileHead
from flowathena.target.sources import source_table, table_for
from flowathena.target.target import Target

V5 = ("srcaddr", "dstaddr", "bytes", "start", "flow-direction")
COLUMNS = ("version", "bytes", "start")
ONE = Target("prod", "s3://logs/")
SEVERAL = replace(
    ONE,
    sources=(
        replace(ONE, table="v5", log_format=V5),
        replace(ONE, table="columns", log_format=COLUMNS, file_format="parquet"),
    ),
)
FORMATS = {
    "a": ("text", DEFAULT_FORMAT),
    "b": ("text", V5),
    "c": ("parquet", COLUMNS[1:]),
    "d": ("text", ("start", "bytes")),
}


def head(letter: str) -> FileHead:
    file_format, fields = FORMATS[letter]
    return FileHead(f"AWSLogs/{letter}.log", f"fl-0{letter}", "", fields, file_format=file_format)


def logs(letters: str) -> Logs:
    return Logs(Extent(()), Layout(), newest=[head(letter) for letter in letters])


def said(target: Target, letters: str) -> list[str]:
    seen, today = logs(letters), date(2026, 11, 3)
    table = wanted.wanted_table(target.tables[0])
    found = [*check_logs(target, seen, today), *check_flow_logs(target, table, seen)]
    return [each.what for each in found]


@pytest.mark.parametrize(
    ("letters", "place"), [("a", 0), ("b", 1), ("c", 2), ("d", None)], ids="abcd"
)
def test_the_table_of_records(letters: str, place: int | None) -> None:
    found = table_for(SEVERAL, *FORMATS[letters])
    assert found == (None if place is None else SEVERAL.tables[place])


def test_files_of_several_formats_are_well_if_each_has_its_table() -> None:
    assert said(SEVERAL, "abc") == []
    assert said(ONE, "abc") == [
        "flow logs of several layouts or file formats share a prefix",
        "flow logs of different formats are delivered to one folder",
    ]


def test_a_format_without_a_table_is_named() -> None:
    assert said(SEVERAL, "abcd") == ["flow logs write a format that no table of the target is for"]
    table = wanted.wanted_table(SEVERAL.tables[0])
    (finding,) = check_flow_logs(SEVERAL, table, logs("abcd"))
    assert finding.evidence == "fl-0d: 2 fields"
    assert finding.fix.startswith("flowathena partitions sync -t prod, ")


def test_a_further_table_is_called_by_its_format() -> None:
    assert source_table("flows", "text", V5, ["flows"]) == "flows_v5"
    assert source_table("flows", "text", V5, ["flows", "flows_v5"]) == "flows_v5_2"
    assert source_table("flows", "parquet", V5, ["flows"]) == "flows_parquet"
    assert source_table("flows", "text", ("unknown-1",), []) == "flows_v0"
