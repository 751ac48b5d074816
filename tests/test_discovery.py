"""Every flow log of a bucket, and what one table can read of them."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.layout import Layout, Origin
from flowathena.storage import LocalStorage
from flowathena.storage.discovery import discover
from tests.cases import HEADER, record

A, B = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"
LINE = record("2026-11-02T12:00:00")
V5 = ("srcaddr", "dstaddr", "bytes", "start", "pkt-dstaddr", "flow-direction")
IDS = {letter: f"fl-0{letter * 16}" for letter in "abcdef"}


def text(fields: tuple[str, ...]) -> bytes:
    return gzip.compress(f"{' '.join(fields)}\n{LINE}\n".encode())


def put(root: Path, account: str, region: str, day: str, name: str, content: bytes) -> str:
    """Write a file of a plain layout; its key."""
    key = f"AWSLogs/{account}/vpcflowlogs/{region}/{day.replace('-', '/')}/{name}"
    (root / key).parent.mkdir(parents=True, exist_ok=True)
    (root / key).write_bytes(content)
    return key


def deliver(
    root: Path, account: str, region: str, moment: str, flow_log: str, content: bytes
) -> str:
    """Write a file with AWS's name, delivered at a moment (``2026-11-02T1200``); its key."""
    day, _, time = moment.partition("T")
    name = f"{account}_vpcflowlogs_{region}_{flow_log}_{day.replace('-', '')}T{time}Z_c0ffee.log.gz"
    return put(root, account, region, day, name, content)


def parquet(path: Path, *names: str) -> bytes:
    pq.write_table(pa.table({name: [7] for name in names}), path)
    return path.read_bytes()


def test_flow_logs_of_every_place_by_what_one_table_reads(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    one, other = (
        parquet(tmp_path / name, *columns)
        for name, columns in {"x": ("start", "bytes"), "y": ("bytes", "start")}.items()
    )
    deliver(root, A, EU, "2026-11-02T1200", IDS["a"], text(DEFAULT_FORMAT))
    newest = deliver(root, A, EU, "2026-11-02T1300", IDS["b"], text(V5))
    deliver(root, A, US, "2026-11-02T1100", IDS["c"], text(V5))
    deliver(root, B, EU, "2026-11-01T1200", IDS["d"], one)
    deliver(root, B, US, "2026-11-02T0900", IDS["e"], other)
    deliver(root, B, US, "2026-11-02T0800", IDS["f"], gzip.compress(LINE.encode()))
    found = discover(LocalStorage(str(root)), "")
    shown = [(log.id, log.origin.account, log.origin.region, log.day) for log in found.flow_logs]
    assert shown == [
        (IDS["b"], A, EU, "2026-11-02"),
        (IDS["a"], A, EU, "2026-11-02"),
        (IDS["c"], A, US, "2026-11-02"),
        (IDS["e"], B, US, "2026-11-02"),
        (IDS["f"], B, US, "2026-11-02"),
        (IDS["d"], B, EU, "2026-11-01"),
    ]
    v5, v2, columns, bare = found.formats()
    assert (v5.fields, v5.flow_logs, v5.sample) == (V5, (IDS["b"], IDS["c"]), newest)
    assert v5.places == (Origin("", A, EU), Origin("", A, US))
    assert (v5.file_format, v5.has_header, v5.layout, v5.day) == (
        *("text", True, Layout(), "2026-11-02"),
    )
    assert (v2.fields, v2.flow_logs) == (DEFAULT_FORMAT, (IDS["a"],))
    assert (columns.file_format, columns.fields) == ("parquet", ("bytes", "start"))
    assert columns.flow_logs == (IDS["e"], IDS["d"])
    assert (bare.fields, bare.values, bare.has_header) == (None, 14, False)
    assert found.newest is found.flow_logs[0]


def test_an_unreadable_flow_log_has_an_error_and_no_format(tmp_path: Path) -> None:
    deliver(tmp_path, A, EU, "2026-11-02T1200", IDS["a"], text(DEFAULT_FORMAT))
    key = deliver(tmp_path, A, EU, "2026-11-02T1300", IDS["b"], text(V5)[:-9])
    found = discover(LocalStorage(str(tmp_path)), "")
    (bad,) = found.unreadable
    assert (bad.id, bad.head.key) == (IDS["b"], key)
    assert "is not a complete gzip file" in str(bad.error)
    (only,) = found.formats()
    assert only.flow_logs == (IDS["a"],)
    assert (found.newest_day, found.variants) == ("2026-11-02", ("plain-daily text",))


def test_an_hour_folder_is_one_of_the_same_format(tmp_path: Path) -> None:
    deliver(tmp_path, A, EU, "2026-11-02T1200", IDS["a"], text(V5))
    name = f"{A}_vpcflowlogs_{EU}_{IDS['b']}_20261102T1305Z_c0ffee.log.gz"
    put(tmp_path, A, EU, "2026-11-02", f"13/{name}", text(V5))
    found = discover(LocalStorage(str(tmp_path)), "")
    (only,) = found.formats()
    assert (only.layout, only.flow_logs) == (Layout(hourly=True), (IDS["b"], IDS["a"]))
    assert found.variants == ("plain-hourly text", "plain-daily text")


def test_every_place_examined_is_watched(tmp_path: Path) -> None:
    for account in (A, B):
        deliver(tmp_path, account, EU, "2026-11-02T1200", IDS["a"], text(V5))
    seen: list[tuple[int, int]] = []
    found = discover(LocalStorage(str(tmp_path)), "", lambda *done: seen.append(done))
    assert seen == [(1, 2), (2, 2)]
    (only,) = found.formats()
    assert only.flow_logs == (IDS["a"],)


def test_converted_files_beside_those_of_their_flow_log_are_seen(tmp_path: Path) -> None:
    deliver(tmp_path, A, EU, "2026-11-02T1200", IDS["a"], text(V5))
    name = f"{A}_vpcflowlogs_{EU}_{IDS['a']}_20261102T1200Z_c0ffee.log.parquet"
    content = parquet(tmp_path.parent / "x", "start", "bytes")
    put(tmp_path, A, EU, "2026-11-02", name, content)
    put(tmp_path, A, EU, "2026-11-02", "part-00000", f"{HEADER}\n{LINE}\n".encode())
    put(tmp_path, A, EU, "2026-11-02", "part-00000.parquet", content)
    found = discover(LocalStorage(str(tmp_path)), "")
    assert [(log.id, log.head.file_format) for log in found.flow_logs] == [
        *((IDS["a"], kind) for kind in ("parquet", "text")),
        *(("", kind) for kind in ("parquet", "text")),
    ]
    assert len(found.formats()) == 3
