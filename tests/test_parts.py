"""The parts of a CSV file are whole rows, whatever is in them and however they arrive."""

import tempfile
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowathena.result import examination, parts, spool, texts
from flowathena.result.examination import Examination
from flowathena.result.formats import Format, encode
from flowathena.result.loading import Loading
from flowathena.result.parts import Parts
from flowathena.result.result import Result, Stats
from flowathena.result.texts import TextColumn

VALUES = st.none() | st.text('a,"\n', max_size=8)
_KINDS = ("bigint", "double", "varchar")
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=30)


def line(row: tuple[str | None, ...]) -> str:
    quoted = ('"' + each.replace('"', '""') + '"' for each in (v or "" for v in row))
    return ",".join("" if v is None else q for v, q in zip(row, quoted, strict=True)) + "\n"


def divided(folder: Path, pieces: list[bytes]) -> list[bytes]:
    with Parts(folder) as made:
        for piece in pieces:
            made.write(piece)
        assert made.tell() == sum(map(len, pieces))
    return [file.read_bytes() for file in parts.files(folder)]


@given(rows=ROWS, header=st.tuples(VALUES, VALUES), cuts=st.lists(st.integers(0, 400)))
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_every_part_is_whole_rows(
    tmp_path: Path, rows: list[tuple[str | None, ...]], header: tuple[str, ...], cuts: list[int]
) -> None:
    lines = [line(row).encode() for row in rows]
    whole = line(header).encode() + b"".join(lines)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[a:b] for a, b in pairwise(places)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_PART_BYTES", 20)
        patch.setattr(parts, "_STEP_BYTES", 7)
        found = divided(tmp_path, pieces)
    assert b"".join(found) == b"".join(lines)
    ends = {0}
    for each in lines:
        ends.add(max(ends) + len(each))
    at = 0
    for part in found:
        at += len(part)
        assert at in ends
        # As short as may be: without its last row and what was looked at beyond it.
        assert len(part) <= 20 + 7 + max(map(len, lines), default=0)


def test_many_parts_have_all_rows_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_BYTES", 10_000)
    rows = [(str(n), '"\n",\n"' * (n % 5)) for n in range(30_000)]
    folder = spool.new_folder()
    with Loading(folder, [TextColumn("varchar", str)] * 2) as made:
        texts.write_texts([("n", "v"), *rows], made)
    assert len(parts.files(folder)) > 50
    loaded = made.rows()
    result = Result([("n", "varchar"), ("v", "varchar")], loaded, Stats("", len(loaded), 0.0))
    assert result.data == rows


@pytest.mark.parametrize(
    "name", ["part=3", "c0=5/c1=7", "a*b", "//a*b", "x/../a*b", "[a]", "a?", "a'b", "t0=x y"]
)
def test_the_name_of_the_folder_means_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / name.lstrip("/").replace("x/../", "")
    folder.mkdir(parents=True)
    (tmp_path / "x").mkdir()
    place = f"/{folder}" if name.startswith("//") else f"{tmp_path}/{name}"
    monkeypatch.setattr(tempfile, "tempdir", place)
    monkeypatch.setattr(parts, "_PART_BYTES", 50)
    rows = [(n, n / 2, "x") for n in range(40)]
    with Loading(spool.new_folder(), [TextColumn(kind, str) for kind in _KINDS]) as made:
        texts.write_texts([_KINDS, *([str(value) for value in row] for row in rows)], made)
    loaded = made.rows()
    result = Result([(kind, kind) for kind in _KINDS], loaded, Stats("", len(loaded), 0.0))
    assert result.data == rows
    lines = [f"{one},{two},{three}\n" for one, two, three in rows]
    assert encode(result, Format.CSV).decode() == "bigint,double,varchar\n" + "".join(lines)


def test_a_part_that_is_not_read_is_no_part_without_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, empty = tmp_path / "1.csv", tmp_path / "2.csv"
    path.write_text('"1"\n')
    empty.touch()
    columns = Examination(texts.form([TextColumn("bigint", str)]))
    with duckdb.connect() as connection:
        counts = [part.count for part in columns.read(connection, [empty, path])]
        assert counts == [0, 1]
        monkeypatch.setattr(examination, "_fetch", lambda *_: [])
        with pytest.raises(duckdb.Error, match=r"no row of .*1\.csv was read"):
            columns.read(connection, [empty, path])


def test_what_cannot_be_written_to_its_end_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(made: Parts, *_: object) -> None:
        made._file.close()  # noqa: SLF001
        raise OSError(28, "No space left on device")

    made = Loading(tmp_path, [TextColumn("bigint", str)])
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"), made:
        patch.setattr(Parts, "__exit__", full)
    with pytest.raises(RuntimeError, match="after shutdown"):
        made._begin(tmp_path)  # noqa: SLF001 - nothing else shows it
    with pytest.raises(duckdb.ConnectionException):
        made._connection.execute("SELECT 1")  # noqa: SLF001 - same


def test_another_file_takes_the_place_of_the_first(tmp_path: Path) -> None:
    assert divided(tmp_path, [b'"a"\n"1"\n']) == [b'"1"\n']
    assert divided(tmp_path, [b'"a', b'"\n']) == [b""]
    parts.remove(tmp_path)
    assert not list(tmp_path.iterdir())
