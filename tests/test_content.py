"""What is in a local log file, and what is wrong with it; no engine runs."""

import gzip
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.engine.local import content
from flowathena.engine.local.content import LINE_BYTES, DamageError, Head, examine_text
from tests.cases import HEADER

LINE = b"2 111122223333 eni-0a 10.0.0.1 10.0.0.2 1 443 6 1 40 1793527200 1793527260 ACCEPT OK\n"
FIELDS = tuple(HEADER.split())


def examined(folder: Path, raw: bytes, name: str = "x.log") -> Head | str:
    (folder / name).write_bytes(raw)
    try:
        return examine_text(str(folder / name))
    except DamageError as error:
        return str(error)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", " \n", "\t\n", ""])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_ends_with_any_line_ending(tmp_path: Path, ending: str, mark: str) -> None:
    raw = f"{mark}{HEADER}{ending}".encode()
    assert examined(tmp_path, raw) == Head(gzip=False, fields=FIELDS)
    assert examined(tmp_path, gzip.compress(raw), "x.log.gz") == Head(gzip=True, fields=FIELDS)


def test_a_header_may_begin_in_a_later_member(tmp_path: Path) -> None:
    raw = (
        gzip.compress(b"") + gzip.compress(HEADER[:9].encode()) + gzip.compress(HEADER[9:].encode())
    )
    assert examined(tmp_path, raw, "x.log.gz") == Head(gzip=True, fields=FIELDS)


def test_nothing_is_not_a_text_without_a_header(tmp_path: Path) -> None:
    assert examined(tmp_path, gzip.compress(b""), "x.log.gz") == Head(True, None, empty=True)
    assert examined(tmp_path, LINE) == Head(False, None)


def test_a_line_may_be_as_long_as_duckdb_reads(tmp_path: Path) -> None:
    longest = b"x" * LINE_BYTES
    raw = HEADER.encode() + b"\n" + longest + b"\n" + LINE
    assert examined(tmp_path, raw) == Head(gzip=False, fields=FIELDS)
    with closing(duckdb.connect(":memory:")) as connection:
        answer = connection.execute(
            "SELECT a FROM read_csv(?, delim = ' ', header = true, quote = '', escape = '', "
            "auto_detect = false, null_padding = true, strict_mode = false, "
            "columns = {'a': 'VARCHAR'})",
            [str(tmp_path / "x.log")],
        ).fetchall()
    assert answer == [(longest.decode(),), ("2",)]
    raw = HEADER.encode() + b"\n" + longest + b"x\n" + LINE
    assert examined(tmp_path, raw) == f"line 2 is longer than {LINE_BYTES:,} bytes"


pieces = st.lists(
    st.one_of(
        st.sampled_from([b"\n", b"\n", b"abcdefghij", b"\xff", b"\xc3", b"\xed\xa0\x80"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=9).map(str.encode),
    ),
    max_size=30,
).map(b"".join)


@given(st.booleans(), pieces, st.integers(1, 20))
def test_a_text_in_pieces_is_judged_as_a_whole_one(
    tmp_path_factory: pytest.TempPathFactory, zipped: bool, raw: bytes, chunk: int
) -> None:
    """The first damaged line is named, whatever the size of the pieces that are read."""
    raw = b"version\n" + raw
    longest = 20
    expected = None
    for number, line in enumerate(raw.split(b"\n"), 1):
        too_long, valid = len(line) > longest, line.decode(errors="ignore").encode() == line
        if too_long or not valid:
            reasons = {"is longer than 20 bytes"} if valid else {"is not valid UTF-8"}
            reasons |= {"is longer than 20 bytes"} if too_long else set()
            expected = {f"line {number} {reason}" for reason in reasons}
            break
    folder = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "LINE_BYTES", longest)
        patch.setattr(content, "_CHUNK_BYTES", chunk)
        content_of_file = gzip.compress(raw) if zipped else raw
        found = examined(folder, content_of_file, "x.log.gz" if zipped else "x.log")
    if expected is None:
        assert found == Head(gzip=zipped, fields=("version",))
    else:
        assert found in expected
