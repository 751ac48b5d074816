"""Plain copies of gzip files: the answer is that of the files, and nothing remains of them.

The other way is DuckDB's own: without room for copies it unzips the files itself.
"""

import errno
import gzip
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena import Client
from flowathena.engine.local import content, copies
from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copies, Text, Use
from flowathena.errors import BadFilesError, EngineError
from tests.cases import HEADER, LogFile, record, write_project
from tests.portion import FEW_EXAMPLES, left_to_slow

WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}
DAYS = ("2026-11-01", "2026-11-02")
ALL = "SELECT * FROM flow_logs"
SHORT = "version account-id dstport start end"
LINES = [
    record("2026-11-01T12:00:00"),
    record("2026-11-01T13:00:00", dstport="1.9", packets="+5", bytes="x"),
    record("2026-11-02T01:00:00", dstaddr="-", dstport="-", log_status="NODATA"),
    record("2026-11-02T01:00:00", dstaddr="\\N", action="ö"),
    record("2026-11-01T12:00:00") + " surplus",
    "2 111122223333",
    "",
]


def root(folder: Path) -> Path:
    return folder / "logs"


def place(folder: Path, day: str, name: str, raw: bytes) -> Path:
    """A file of a day."""
    path = root(folder) / LogFile(day, ()).folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def rows(folder: Path, sql: str = ALL, *, room: int = 1 << 30) -> list[tuple[object, ...]]:
    """The rows of a statement, sorted, with so much room for copies, in bytes."""
    client = Client("local", config_path=folder / "flowathena.toml")
    with patch.object(copies, "_MOST_BYTES", room):
        answer = client.sql(sql, **WINDOW).rows()
    return sorted((tuple(row.values()) for row in answer), key=repr)


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder for temporary files, which is empty afterwards."""
    folder = tmp_path_factory.mktemp("temporary")
    with patch.object(tempfile, "tempdir", str(folder)):
        yield folder
    assert list(folder.iterdir()) == []


texts = st.builds(
    lambda mark, header, ending, lines, last: (
        mark + ending.join([header, *lines]) + (ending if last else "")
    ).encode(),
    st.sampled_from(["", "", "", "\ufeff"]),
    st.sampled_from([HEADER, HEADER, HEADER, SHORT]),
    st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]),
    st.lists(st.sampled_from(LINES), max_size=4),
    st.booleans(),
)
files = st.tuples(
    st.sampled_from(DAYS), st.sampled_from(["", "sub/"]), st.integers(0, 3), texts
)  # the number of gzip members, 0 of a plain file


def packed(raw: bytes, members: int) -> bytes:
    if not members:
        return raw
    size = len(raw) // members + 1
    return b"".join(gzip.compress(raw[at : at + size]) for at in range(0, size * members, size))


@left_to_slow
@settings(max_examples=FEW_EXAMPLES)
@given(st.lists(files, min_size=1, max_size=6), st.sampled_from([1 << 30, 900, 300]))
def test_the_rows_are_those_of_the_files(
    tmp_path_factory: pytest.TempPathFactory,
    made: Sequence[tuple[str, str, int, bytes]],
    room: int,
) -> None:
    folder = tmp_path_factory.mktemp("case")
    write_project(folder)
    for number, (day, below, members, raw) in enumerate(made):
        suffix = ".log.gz" if members else ".log"
        place(folder, day, f"{below}{number}{suffix}", packed(raw, members))
    Client("local", config_path=folder / "flowathena.toml").partitions.sync(everything=True)
    for sql in (ALL, "SELECT file, count(*) AS n, sum(bytes) AS b FROM flow_logs GROUP BY file"):
        assert rows(folder, sql, room=room) == rows(folder, sql, room=0)


def project(folder: Path) -> None:
    """Three files a day, a record each."""
    logs = [
        LogFile(day, (record(f"{day}T12:0{number}:00"),), time=f"000{number}")
        for day in DAYS
        for number in range(3)
    ]
    write_project(folder, *logs, registered=True)


def use(_path: str, _head: Head) -> Use:
    return Use(0, ("2026/11/01",), "/logs/2026/11/01/", skips_line=True)


def copied(folder: Path, raws: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is in the copies of some files, by the names of the files."""
    target = folder / "copies"
    target.mkdir()
    made = Copies(target, use)
    with made.batch() as batch:
        for name, raw in raws.items():
            (folder / name).write_bytes(gzip.compress(raw))
            batch.copy(str(folder / name))
    return {
        "+".join(Path(path).name for path in copy.paths): Path(copy.path).read_bytes()
        for copy in made.all
    }


def test_files_of_the_same_fields_are_one_copy_without_headers(tmp_path: Path) -> None:
    raws = {"a": b"version start\n2 5\n", "b": b"start version\n7 2", "c": b"version start\n2 6"}
    assert copied(tmp_path, raws) == {"a+c": b"2 5\n2 6\n", "b": b"7 2\n"}


@pytest.mark.parametrize("other", [b"version\r2\r", b"version\n2\r\n", b"\xef\xbb\xbfversion\n2\n"])
def test_what_cannot_be_told_apart_in_a_copy_is_in_none(tmp_path: Path, other: bytes) -> None:
    assert copied(tmp_path, {"a": b"version\n1\n", "b": other, "c": b"version\n3"}) == {
        "a+c": b"1\n3\n"
    }


def test_of_a_damaged_file_nothing_remains(tmp_path: Path) -> None:
    """Its checksum is wrong, which its end alone tells."""
    project(tmp_path)
    day = root(tmp_path) / LogFile(DAYS[0], ()).folder
    bad = sorted(day.iterdir())[1]
    raw = bytearray(bad.read_bytes())
    raw[-6] ^= 0xFF
    bad.write_bytes(raw)
    client = Client("local", config_path=tmp_path / "flowathena.toml")
    with patch.object(content, "_CHUNK_BYTES", 200):
        with pytest.raises(BadFilesError):
            client.sql("SELECT count(*) AS n FROM flow_logs", **WINDOW)
        answer = client.sql("SELECT count(*) AS n FROM flow_logs", **WINDOW, skip_bad_files=True)
    assert answer.rows() == [{"n": 5}]
    assert answer.stats.skipped_files == {str(bad): "damaged gzip file: its checksum is wrong"}


def test_what_is_taken_away_gives_its_room_back(tmp_path: Path) -> None:
    """One file fills all of the room and is damaged at its end; the next one has it again."""
    head = Head(gzip=True, fields=("a",))
    with patch.object(copies, "_MOST_BYTES", 10):
        made = Copies(tmp_path, lambda _path, _head: Use(0, (), "/x/", skips_line=False))
    with made.batch() as batch:
        bad, good = Text(batch, "bad"), Text(batch, "good")
        bad.write(head, b"123456789\n")
        assert not batch.take(1)
        bad.abandon()
        good.write(head, b"abcdefghi\n")
        good.end()
    (copy,) = made.all
    assert (copy.paths, Path(copy.path).read_bytes()) == (["good"], b"abcdefghi\n")
    made.stop()
    assert not batch.take(0)


def test_without_room_on_the_disk_the_files_are_read_themselves(tmp_path: Path) -> None:
    project(tmp_path)
    expected = rows(tmp_path, room=0)
    assert len(expected) == 6

    class Full(FileIO):
        """A file on a disk that is full now and then."""

        tries = 0

        def write(self, piece: Any) -> int:  # noqa: ANN401 - what FileIO takes
            Full.tries += 1
            if Full.tries % 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(piece)

    with patch.object(copies, "FileIO", Full):
        assert rows(tmp_path) == expected
    assert Full.tries == 6


def test_without_a_folder_that_duckdb_reads_the_files_are_read_themselves(
    tmp_path: Path, temporary: Path
) -> None:
    project(tmp_path)
    odd = temporary / "[tmp]"
    odd.mkdir()
    with patch.object(tempfile, "tempdir", str(odd)):
        assert len(rows(tmp_path)) == 6
    odd.rmdir()


def test_a_statement_that_fails_leaves_no_copy(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(EngineError, match="Division by zero"):
        rows(tmp_path, "SELECT 1 / (dstport - 443) AS v FROM flow_logs")
