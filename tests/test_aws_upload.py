"""Objects that are written into a bucket: in one call or in parts, whole or not at all."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowathena.aws.session import Aws
from flowathena.errors import FlowathenaError
from flowathena.storage import upload
from flowathena.storage.objects import write_object
from flowathena.storage.upload import Upload, part_bytes
from flowathena.target.target import Target
from tests.aws import create_bucket, pointed_at
from tests.rig.client import Rig
from tests.waiting import until

MIB = 1 << 20
PART = 5 * MIB  # S3 takes no shorter one
WHERE = "s3://made/reports/rows.csv"


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(upload, "_FIRST_PART_BYTES", PART)
    return folder


@pytest.fixture
def bucket(rig: Rig) -> Iterator[Rig]:
    create_bucket(rig, "made")
    with pointed_at(rig):
        yield rig


def write(*pieces: bytes, then: Callable[[], object] = lambda: None) -> None:
    def into(stream: Upload) -> None:
        for piece in pieces:
            stream.write(piece)
        then()

    write_object(Aws(Target("t", "s3://logs/", region="eu-west-1")), WHERE, into)


def stored(rig: Rig) -> bytes | None:
    s3 = rig.client("s3")
    if not s3.list_objects_v2(Bucket="made").get("Contents"):
        return None
    return bytes(s3.get_object(Bucket="made", Key="reports/rows.csv")["Body"].read())


def unfinished(rig: Rig) -> list[Any]:
    return list(rig.client("s3").list_multipart_uploads(Bucket="made").get("Uploads", []))


def calls(rig: Rig) -> list[str]:
    writes = ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
    found = (each["op"] for each in rig.journal(service="s3"))
    return [op for op in found if op in (*writes, "AbortMultipartUpload")]


def pattern(size: int) -> bytes:
    """Bytes of which no two megabytes are equal."""
    return b"".join(n.to_bytes(8, "big") for n in range(size // 8)) + b"x" * (size % 8)


def test_the_largest_object_of_s3_has_place_in_ten_thousand_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # the length of parts as it is
    sizes = [part_bytes(number) for number in range(1, 10_001)]
    assert sum(sizes) > 5 * 1024 * 1024 * MIB  # 5 TiB
    assert (min(sizes), max(sizes)) == (16 * MIB, 5 * 1024 * MIB)
    assert [sizes[0], sizes[999], sizes[1000]] == [16 * MIB, 16 * MIB, 32 * MIB]


@pytest.mark.few(1)
@pytest.mark.rig
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, ["PutObject"]),
        (PART - 1, ["PutObject"]),
        (PART, ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]),
        (
            2 * PART + 1,
            ["CreateMultipartUpload", *["UploadPart"] * 3, "CompleteMultipartUpload"],
        ),
    ],
)
def test_an_object_has_every_byte(bucket: Rig, size: int, expected: list[str]) -> None:
    content = pattern(size)
    bucket.clear_journal()
    write(*(content[at : at + 777_777] for at in range(0, size, 777_777)))
    assert calls(bucket) == expected
    assert stored(bucket) == content
    head = bucket.client("s3").head_object(Bucket="made", Key="reports/rows.csv")
    assert head["ContentType"] == "text/csv; charset=utf-8"
    assert not unfinished(bucket)


@pytest.mark.rig
def test_one_long_piece_becomes_parts(bucket: Rig) -> None:
    content = pattern(3 * PART + 5)
    write(content)
    assert stored(bucket) == content


@pytest.mark.rig
def test_no_more_than_a_part_waits(bucket: Rig, temporary: Path) -> None:
    """Neither in memory nor in a file: the first parts are away before the last are made."""
    seen: list[int] = []

    def into(stream: Upload) -> None:
        for _ in range(30):
            stream.write(b"x" * MIB)
            seen.append(calls(bucket).count("UploadPart"))

    write_object(Aws(Target("t", "s3://logs/", region="eu-west-1")), WHERE, into)
    assert seen == [n // 5 for n in range(1, 31)]
    assert not list(temporary.iterdir())


@pytest.mark.rig
@pytest.mark.parametrize("op", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_what_s3_refuses_leaves_nothing(bucket: Rig, op: str) -> None:
    bucket.faults([{"service": "s3", "op": op, "kind": "access_denied"}])
    with pytest.raises(FlowathenaError, match=f"^cannot write {WHERE}: {op}: AccessDenied"):
        write(pattern(2 * PART))
    assert stored(bucket) is None
    assert not unfinished(bucket)


@pytest.mark.rig
def test_a_part_is_sent_again(bucket: Rig) -> None:
    bucket.faults([{"service": "s3", "op": "UploadPart", "kind": "slowdown", "times": 1}])
    content = pattern(2 * PART + 9)
    write(content)
    assert stored(bucket) == content


@pytest.mark.rig
def test_parts_that_cannot_be_removed_are_told(bucket: Rig) -> None:
    bucket.faults(
        [
            {"service": "s3", "op": "UploadPart", "kind": "access_denied", "after": 1},
            {"service": "s3", "op": "AbortMultipartUpload", "kind": "access_denied"},
        ]
    )
    with pytest.raises(FlowathenaError, match="parts of it are left there, for Abort") as caught:
        write(pattern(2 * PART))
    [left] = unfinished(bucket)
    assert str(caught.value).endswith(f"abort its upload {left['UploadId']}")


@pytest.mark.rig
@pytest.mark.parametrize("error", [KeyboardInterrupt, FlowathenaError])
@pytest.mark.parametrize("size", [10, 2 * PART])
def test_rows_that_end_early_leave_the_object_that_was_there(
    bucket: Rig, error: type[BaseException], size: int
) -> None:
    write(b"before")

    def fail() -> None:
        raise error("no more")

    with pytest.raises(error, match="no more"):
        write(pattern(size), then=fail)
    assert stored(bucket) == b"before"
    assert not unfinished(bucket)


_WRITES = f"""
from flowathena.aws.session import Aws
from flowathena.storage import upload
from flowathena.storage.objects import write_object
from flowathena.target.target import Target

upload._FIRST_PART_BYTES = {PART}
aws = Aws(Target("t", "s3://logs/", region="eu-west-1"))
write_object(aws, {WHERE!r}, lambda stream: [stream.write(b"x" * 1000) for _ in range(20_000)])
"""


@pytest.mark.rig
@pytest.mark.parametrize("op", ["UploadPart", "CompleteMultipartUpload"])
def test_an_interrupt_while_parts_go_up_leaves_nothing(bucket: Rig, op: str) -> None:
    bucket.faults([{"service": "s3", "op": op, "kind": "hold"}])
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITES], env={**os.environ, **bucket.env()}, stderr=subprocess.PIPE
    )
    until(bucket.held, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in said
    # S3 may have joined the parts before the interrupt was heard: then all of them.
    whole = b"x" * 20_000_000 if op == "CompleteMultipartUpload" else None
    assert stored(bucket) in {None, whole}
    assert not unfinished(bucket)
