"""Which flow logs write into a day's folder, and what their files say, whatever their names are."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena.aws.session import Aws
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.storage import LocalStorage, S3Storage
from flowathena.storage.base import is_log
from flowathena.storage.flow_logs import list_flow_logs, read_format, read_formats
from flowathena.target.target import Target
from tests.aws import BUCKET, create_bucket, pointed_at
from tests.cases import HEADER, record
from tests.rig.client import Rig

DAY = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/02/"
OLD, NEW = "fl-0aaaaaaaaaaaaaaaa", "fl-0bbbbbbbbbbbbbbbb"
FIREHOSE = "stream-1-2026-11-02-03-04-05-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
LINE = record("2026-11-02T12:00:00")
START = 1793620800  # 2026-11-02T12:00:00Z
TEXT = f"{HEADER}\n{LINE}\n".encode()
ZIPPED = gzip.compress(TEXT, mtime=0)
V5 = ("srcaddr", "dstaddr", "bytes", "start", "pkt-dstaddr", "flow-direction")


def name(flow_log: str, time: str, ending: str = "log.gz") -> str:
    return f"111122223333_vpcflowlogs_eu-west-1_{flow_log}_20261102T{time}Z_c0ffee.{ending}"


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({key: [value] for key, value in columns.items()}), buffer)
    return buffer.getvalue()


PARQUET_FIELDS = ("version", "dstaddr", "start", "bytes")
PARQUET = parquet(version=2, dstaddr="10.0.0.1", start=START, bytes=7)


def folder(root: Path, **files: bytes) -> LocalStorage:
    return written(root, files)


def written(root: Path, files: dict[str, bytes], day: str = DAY) -> LocalStorage:
    for key, content in files.items():
        path = root / day / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return LocalStorage(str(root))


@pytest.mark.parametrize(
    ("key", "content", "expected"),
    [
        (name(NEW, "1200"), ZIPPED, ("text", "gzip", DEFAULT_FORMAT)),
        (name(NEW, "1200", "log"), ZIPPED, ("text", "gzip", DEFAULT_FORMAT)),
        (name(NEW, "1200"), TEXT, ("text", "none", DEFAULT_FORMAT)),
        (name(NEW, "1200", "log.parquet"), ZIPPED, ("text", "gzip", DEFAULT_FORMAT)),
        (name(NEW, "1200", "log.parquet"), TEXT, ("text", "none", DEFAULT_FORMAT)),
        (name(NEW, "1200"), gzip.compress(b"", mtime=0) + ZIPPED, ("text", "gzip", DEFAULT_FORMAT)),
        *(
            (name(NEW, "1200", ending), PARQUET, ("parquet", "none", PARQUET_FIELDS))
            for ending in ("log.parquet", "log.gz.parquet", "snappy.parquet", "log.gz", "log")
        ),
    ],
)
def test_the_content_tells_what_a_file_is(
    tmp_path: Path, key: str, content: bytes, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    head = read_format(written(tmp_path, {key: content}), DAY, NEW)
    assert (head.file_format, head.compression, head.fields) == expected
    assert (head.key, head.flow_log, head.delivered) == (DAY + key, NEW, "20261102T1200Z")
    assert (head.start, head.error, head.has_header) == (START, None, True)
    assert head.values == (14 if head.file_format == "text" else None)


@pytest.mark.parametrize("content", [f"{LINE}\n".encode(), gzip.compress(LINE.encode(), mtime=0)])
def test_a_text_without_a_header_line_says_how_many_values_it_has(
    tmp_path: Path, content: bytes
) -> None:
    head = read_format(written(tmp_path, {FIREHOSE: content}), DAY, "")
    assert (head.fields, head.has_header, head.values, head.start) == (None, False, 14, None)
    assert (head.file_format, head.error, head.key) == ("text", None, DAY + FIREHOSE)


def test_a_text_with_a_header_alone_has_no_record(tmp_path: Path) -> None:
    head = read_format(written(tmp_path, {"a.log": f"{HEADER}\n".encode()}), DAY, "")
    assert (head.fields, head.values, head.start) == (DEFAULT_FORMAT, None, None)


UNREADABLE = {
    "nothing": (b"", "contains no log"),
    "nothing, zipped": (gzip.compress(b"", mtime=0), "is empty"),
    "gzip cut short": (ZIPPED[:-9], "is not a complete gzip file: it ends too early"),
    "gzip cut in its first bytes": (ZIPPED[:12], "is not a complete gzip file"),
    "Parquet cut short": (PARQUET[:-1], "is not a complete Parquet file: does not end with PAR1"),
    "Parquet, zipped": (gzip.compress(PARQUET, mtime=0), "is a Parquet file, not a log"),
    "a page": (b"<html>403</html>", "is an HTML page, not a log"),
    "JSON": (b'{"version": 2}', "is a JSON document, not a log"),
    "noise": (bytes(range(100)).replace(b"\n", b"").replace(b"\r", b""), "is neither text nor"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_passed_over_for_the_file_before(tmp_path: Path, what: str) -> None:
    content, reason = UNREADABLE[what]
    storage = written(tmp_path, {name(NEW, "1300"): content})
    head = read_format(storage, DAY, NEW)
    assert head.error is not None
    assert reason in str(head.error)
    written(tmp_path, {name(NEW, "1200"): ZIPPED, name(OLD, "1400"): TEXT})
    assert read_format(storage, DAY, NEW).key == DAY + name(NEW, "1200")


def test_no_more_than_eight_files_are_tried(tmp_path: Path) -> None:
    files = {name(NEW, f"13{minute:02d}"): ZIPPED[:12] for minute in range(8)}
    storage = written(tmp_path, {name(NEW, "1259"): ZIPPED, **files})
    assert read_format(storage, DAY, NEW).key == DAY + name(NEW, "1307")
    (tmp_path / DAY / name(NEW, "1307")).unlink()
    assert read_format(storage, DAY, NEW).fields == DEFAULT_FORMAT


def test_every_flow_log_of_a_day_is_listed(tmp_path: Path) -> None:
    files = {name(OLD, "1200"): ZIPPED, name(NEW, "1205", "log.parquet"): PARQUET}
    storage = written(tmp_path, files)
    assert list_flow_logs(storage, DAY) == (OLD, NEW)
    kinds = [(head.flow_log, head.file_format) for head in read_formats(storage, DAY)]
    assert kinds == [(OLD, "text"), (NEW, "parquet")]
    written(tmp_path, {FIREHOSE: TEXT, "notes.txt": b"none", "_hidden.log": b"none"})
    assert list_flow_logs(storage, DAY) == ("", OLD, NEW)


def test_leftovers_are_no_flow_log(tmp_path: Path) -> None:
    leftovers = {"x.log.gz.a1B2c3D4": ZIPPED, "copy_2026.tmp": ZIPPED, "notes.txt": b"none"}
    storage = written(tmp_path, leftovers)
    assert list_flow_logs(storage, DAY) == ()
    assert list_flow_logs(storage, "AWSLogs/nowhere/") == ()


def test_the_newest_hour_is_looked_into_first(tmp_path: Path) -> None:
    files = {
        f"{hour}/{name(NEW, f'{hour}00')}": content
        for hour, content in {"01": ZIPPED, "02": f"{' '.join(V5)}\n".encode(), "03": b""}.items()
    }
    storage = written(tmp_path, files)
    assert list_flow_logs(storage, DAY) == (NEW,)
    assert read_format(storage, DAY, NEW).fields == V5


def test_an_unknown_flow_log_has_no_file(tmp_path: Path) -> None:
    head = read_format(written(tmp_path, {name(OLD, "1200"): ZIPPED}), DAY, NEW)
    assert (head.flow_log, head.fields, head.file_format) == (NEW, None, "")
    assert f"contains no log of {NEW} that is not empty" in str(head.error)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        *((key, True) for key in (FIREHOSE, f"my.stream-{FIREHOSE}", "a/000000_0", "part-00000")),
        *((key, True) for key in ("x.log", "x.log.gz", "x.log.gz.parquet", "x.snappy.parquet")),
        *((key, False) for key in ("README", "a/LICENSE", "x1~", "x.tmp", f"{FIREHOSE}.part")),
        *((key, False) for key in ("_x.log", "a/.x.log", "x.log.gz.a1B2c3D4", f"_tmp/{FIREHOSE}")),
    ],
)
def test_which_names_are_a_logs(key: str, expected: bool) -> None:
    assert is_log(key) is expected


@pytest.fixture
def bucket(rig: Rig) -> Iterator[S3Storage]:
    create_bucket(rig, BUCKET)
    with pointed_at(rig):
        yield S3Storage(BUCKET, Aws(Target("aws", f"s3://{BUCKET}/")))


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_a_bucket_tells_them_in_one_call(rig: Rig, bucket: S3Storage) -> None:
    for flow_log in (OLD, NEW):
        keys = [
            DAY + name(flow_log, f"{minute // 60:02d}{minute % 60:02d}") for minute in range(900)
        ]
        rig.put_keys(BUCKET, keys, ZIPPED)
    assert list_flow_logs(bucket, DAY) == (OLD, NEW)
    assert bucket.calls == {"ListObjectsV2": 1}
    heads = read_formats(bucket, DAY)
    assert [head.key for head in heads] == [DAY + name(each, "1459") for each in (OLD, NEW)]
    assert bucket.calls == {"ListObjectsV2": 4, "GetObject": 2}


@pytest.mark.rig
@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
@pytest.mark.asks_no_query
def test_an_archived_object_is_passed_over(rig: Rig, bucket: S3Storage, storage_class: str) -> None:
    s3 = rig.client("s3")
    newest = DAY + name(NEW, "1300")
    s3.put_object(Bucket=BUCKET, Key=newest, Body=ZIPPED, StorageClass=storage_class)
    head = read_format(bucket, DAY, NEW)
    assert (
        str(head.error) == f"s3://{BUCKET}/{newest}: the object is archived; restore it to read it"
    )
    s3.put_object(Bucket=BUCKET, Key=DAY + name(NEW, "1200"), Body=ZIPPED)
    before = bucket.calls["GetObject"]
    assert read_format(bucket, DAY, NEW).key == DAY + name(NEW, "1200")
    assert bucket.calls["GetObject"] == before + 1
