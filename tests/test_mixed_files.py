"""Files of several kinds and formats in one folder: each read by its own header or schema.

Every sum is counted by hand from the records below.
"""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.errors import BadFilesError
from flowathena.result.result import Result
from tests.cases import ACCOUNT, HEADER, LogFile, record

DAY = "2026-11-02"
WINDOW: dict[str, Any] = {"since": DAY, "until": "2026-11-03"}
START = 1793620800  # 2026-11-02T12:00:00Z
V2 = record(START, srcport=50001, dstport=443, bytes=1000)
V5_HEADER = "srcaddr dstaddr bytes dstport srcport start end pkt-dstaddr flow-direction account-id"
V5 = f"10.9.9.1 10.9.9.2 200 22 50002 {START} {START + 60} 10.9.9.3 ingress {ACCOUNT}"
ROWS = "SELECT srcport, dstport, bytes, flow_direction FROM flow_logs ORDER BY srcport"
SUM = "SELECT count(*) AS n, sum(bytes) AS b FROM flow_logs"


def parquet(path: Path, **changed: pa.Array) -> bytes:
    """A record of 30 bytes from port 50003 to port 53."""
    columns = {
        "account_id": pa.array([ACCOUNT]),
        "srcport": pa.array([50003], pa.int32()),
        "dstport": pa.array([53], pa.int32()),
        "bytes": pa.array([30], pa.int64()),
        "start": pa.array([START], pa.int64()),
        "end": pa.array([START + 60], pa.int64()),
        "flow_direction": pa.array(["egress"]),
    }
    pq.write_table(pa.table(columns | changed), path)
    return path.read_bytes()


def text(header: str, *lines: str) -> bytes:
    return "".join(f"{line}\n" for line in (header, *lines)).encode()


def project(folder: Path, settings: str, **files: bytes) -> Client:
    """A target with these files in its day; ``_`` before the ending of a name is a dot."""
    day = folder / "logs" / LogFile(DAY, ()).folder
    day.mkdir(parents=True)
    for name, content in files.items():
        (day / name.replace("_", ".")).write_bytes(content)
    config = folder / "flowathena.toml"
    fields = ", ".join(f'"{name}"' for name in dict.fromkeys(f"{HEADER} {V5_HEADER}".split()))
    config.write_text(
        f'[targets.local]\nlocation = "./logs"\nlog_format = [{fields}]\n{settings}\n'
    )
    client = Client("local", config_path=config)
    client.partitions.sync(everything=True)
    return client


def rows(result: Result) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in result.rows()]


MIXED = [(50001, 443, 1000, None), (50002, 22, 200, "ingress"), (50003, 53, 30, "egress")]


@pytest.mark.parametrize("file_format", ["text", "parquet"])
def test_each_file_is_read_by_what_it_says_of_itself(tmp_path: Path, file_format: str) -> None:
    client = project(
        tmp_path,
        f'file_format = "{file_format}"',
        a_log_gz=gzip.compress(text(HEADER, V2)),
        b_log_gz=gzip.compress(text(V5_HEADER, V5)),
        c_log_parquet=parquet(tmp_path / "x"),
    )
    assert rows(client.sql(ROWS, **WINDOW)) == MIXED
    result = client.sql(SUM, **WINDOW)
    assert rows(result) == [(3, 1230)]
    assert (result.stats.files, result.stats.skipped_files) == (3, {})
    # Names without an id: the folder has the table of its newest file.
    among = ("1 Parquet file among text (first: ", "2 text files among Parquet (first: ")
    assert any(each.startswith(among) for each in result.stats.warnings)


@pytest.mark.parametrize("file_format", ["text", "parquet"])
def test_names_tell_nothing(tmp_path: Path, file_format: str) -> None:
    client = project(
        tmp_path,
        f'file_format = "{file_format}"',
        a_log_gz=text(HEADER, V2),
        b_log=gzip.compress(text(V5_HEADER, V5)),
        c_log_gz=parquet(tmp_path / "x"),
        d_log_gz_parquet=parquet(tmp_path / "x", srcport=pa.array([50004], pa.int32())),
        e_snappy_parquet=gzip.compress(
            text(HEADER, V2.replace("50001", "50005"), V2.replace("50001", "50006"))
        ),
        part00000=text(V5_HEADER, V5.replace("50002", "50007")),
    )
    assert rows(client.sql(ROWS, **WINDOW)) == [
        *MIXED,
        (50004, 53, 30, "egress"),
        (50005, 443, 1000, None),
        (50006, 443, 1000, None),
        (50007, 22, 200, "ingress"),
    ]
    result = client.sql(SUM, **WINDOW)
    assert rows(result) == [(7, 3460)]
    misnamed = [each for each in result.stats.warnings if "do not tell the compression" in each]
    assert [each.split(" ")[0] for each in misnamed] in (["3"], [])  # of text tables alone


def test_columns_of_a_guide_stand_for_the_fields_of_parquet_too(tmp_path: Path) -> None:
    """Such a table calls bytes numbytes; the Parquet files beside its text do not."""
    client = project(
        tmp_path,
        'column_names = "older"',
        a_log=text(HEADER, V2),
        c_log_parquet=parquet(tmp_path / "x"),
    )
    assert rows(client.sql(ROWS, **WINDOW)) == [MIXED[0], MIXED[2]]


def test_what_is_damaged_is_skipped_and_nothing_else(tmp_path: Path) -> None:
    good = gzip.compress(text(HEADER, *[V2] * 500), mtime=0)
    client = project(
        tmp_path,
        "",
        a_log_gz=text(HEADER, V2),
        b_log=gzip.compress(text(V5_HEADER, V5)),
        c_gz_parquet=parquet(tmp_path / "x"),
        d_log_gz=good[:-9],
        e_log_parquet=parquet(tmp_path / "x")[:-1],
        f_log_gz=b"<html>403</html>",
        g_log_gz=b"",
        h_log_gz=gzip.compress(b""),
        i_log_gz=gzip.compress(parquet(tmp_path / "x")),
    )
    reasons = {
        "d.log.gz": "truncated gzip file",
        "e.log.parquet": "damaged Parquet file (truncated)",
        "f.log.gz": "it is an HTML page, not a log",
        "i.log.gz": "it is a Parquet file in a gzip file, not a log",
    }
    with pytest.raises(BadFilesError) as caught:
        client.sql(SUM, **WINDOW)
    assert {Path(path).name: why for path, why in caught.value.files.items()} == reasons
    result = client.sql(SUM, **WINDOW, skip_bad_files=True)
    assert rows(result) == [(3, 1230)]
    assert {Path(path).name: why for path, why in result.stats.skipped_files.items()} == reasons


def test_a_text_without_a_header_has_no_place_in_a_parquet_table(tmp_path: Path) -> None:
    """A Parquet table's columns have no positions."""
    client = project(
        tmp_path,
        'file_format = "parquet"',
        a_log=text(V2),
        c_log_parquet=parquet(tmp_path / "x"),
    )
    with pytest.raises(BadFilesError, match="a text without a header line, in a Parquet table"):
        client.sql(SUM, **WINDOW)
    assert rows(client.sql(SUM, **WINDOW, skip_bad_files=True)) == [(1, 30)]
