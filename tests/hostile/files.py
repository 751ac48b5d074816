"""Files that stand where logs should: damaged ones, other kinds, leftovers, odd names."""

import bz2
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.cases import HEADER, LogFile, record
from tests.hostile.case import DAYS, WINDOW, Case

_DAY = LogFile(DAYS[0], ()).folder
_RUN = f"run preview {WINDOW} --format csv"
_SKIP = f"{_RUN} --skip-bad-files"
_LINE = record(f"{DAYS[0]}T12:00:00")
_TEXT = f"{HEADER}\n{_LINE}\n".encode()
_GOOD = gzip.compress(_TEXT, mtime=0)
_MANY = gzip.compress(f"{_TEXT.decode()}{(_LINE + chr(10)) * 2000}".encode(), mtime=0)
_X = "x.log.gz"


def _put(name: str, content: bytes) -> Callable[[Path], object]:
    """Write a file into the first day's folder."""

    def spoil(folder: Path) -> None:
        path = folder / "logs" / _DAY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return spoil


def _put_many(folder: Path) -> None:
    for number in range(300):
        _put(f"{number:03d}.log.gz", b"\x1f\x8b")(folder)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "logs" / _DAY / _X)


def _marked(folder: Path) -> None:
    """Every log begins with a byte-order mark."""
    for path in (folder / "logs").rglob(f"*{_X[1:]}"):
        path.write_bytes(_zipped(f"\ufeff{gzip.decompress(path.read_bytes()).decode()}"))


def _zipped(text: str | bytes) -> bytes:
    return gzip.compress(text if isinstance(text, bytes) else text.encode(), 1, mtime=0)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.log", _TEXT)
    return buffer.getvalue()


def _flipped(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 0xFF
    return bytes(changed)


_DAMAGED: dict[str, tuple[bytes, str]] = {
    "Parquet": (b"PAR1....PAR1", "damaged Parquet file"),
    "a zip archive": (_archive(), "it is a zip archive, not a log"),
    "bzip2": (bz2.compress(_TEXT), "it is a bzip2 file, not a log"),
    "a page of a proxy": (b"\n <!DOCTYPE HTML><html>403", "it is an HTML page, not a log"),
    "a page of a proxy, zipped": (
        _zipped("<html>403</html>"),
        "it is an HTML page in a gzip file, not a log",
    ),
    "S3's answer": (
        _zipped("<?xml version='1.0'?><Error/>"),
        "it is an XML document in a gzip file, not a log",
    ),
    "JSON": (_zipped('\ufeff{"message": "no"}'), "it is a JSON document in a gzip file, not a log"),
    "Parquet, zipped": (_zipped(b"PAR1....PAR1"), "it is a Parquet file in a gzip file, not a log"),
    "UTF-16": (
        _zipped(_TEXT.decode().encode("utf-16")),
        "it is UTF-16 text in a gzip file, not a log",
    ),
    "Latin-1": (_zipped(_TEXT.replace(b"eni-", b"\xe9ni-")), "line 2 is not valid UTF-8"),
    "a character cut in half": (_zipped(_TEXT + "é".encode()[:1]), "line 3 is not valid UTF-8"),
    "noise": (_zipped(bytes(range(256)) * 20), "line 2 is not valid UTF-8"),
    "a line of 5 MB": (_zipped(_TEXT + b"x" * 5_000_000), "line 3 is longer than 1,999,000 bytes"),
    "one field of 5 MB": (
        _zipped(_TEXT + _LINE.replace("OK", "O" * 5_000_000).encode() + b"\n"),
        "line 3 is longer than 1,999,000 bytes",
    ),
    "a gzip bomb": (_zipped(b"\0" * 20_000_000), "line 1 is longer than 1,999,000 bytes"),
    "half a gzip file": (_MANY[: len(_MANY) // 2], "truncated gzip file"),
    "gzip without its last bytes": (_MANY[:-8], "truncated gzip file"),
    "a gzip file's first bytes": (_MANY[:2], "truncated gzip file"),
    "a wrong checksum": (_flipped(_MANY, -6), "damaged gzip file: its checksum is wrong"),
    "a wrong length": (_flipped(_MANY, -2), "damaged gzip file (incorrect length check)"),
    "something after the gzip file": (_GOOD + b"\0" * 512, "gzip file with other data after its"),
}

_SOUND: dict[str, bytes] = {
    "two gzip members": _GOOD + _zipped(f"{_LINE}\n"),
    "an empty gzip member first": _zipped("") + _zipped(f"{_TEXT.decode()}{_LINE}\n"),
    "CR and LF": _zipped(f"{_TEXT.decode()}{_LINE}\n".replace("\n", "\r\n")),
    "CR alone": _zipped(f"{_TEXT.decode()}{_LINE}\n".replace("\n", "\r")),
    "a byte-order mark": _zipped(f"\ufeff{_TEXT.decode()}{_LINE}\n"),
    "no last newline": _zipped(f"{_TEXT.decode()}{_LINE}"),
    "blank lines": _zipped(f"{HEADER}\n\n{_LINE}\n\n\n{_LINE}\n\n"),
    "a NUL in a value": _zipped(_TEXT.replace(b"eni", b"e\0i") + f"{_LINE}\n".encode()),
}
"""What has two records; two more are in the project."""

_LEFTOVERS = ("x.log.gz.a1B2c3D4", "x.log.gz.part", "x.tmp", "notes.txt", "x.log.gz~")

_NAMES = {
    "a byte that is not UTF-8": "x\udcff.log.gz",
    "a newline": "x\ny.log.gz",
    "a pattern": "x*[a]{b,c}?.log.gz",
    "quotes": "x'y\"z.log.gz",
    "a backslash": "x\\y.log.gz",
    "an escape": "x\x1b[31m.log.gz",
    "signs of an address": "x%20y#z;a b.log.gz",
}

CASES = [
    *(
        Case(f"{name} as a log", _RUN, 1, f"{_X}: {reason}", _put(_X, content))
        for name, (content, reason) in _DAMAGED.items()
    ),
    *(
        Case(f"{name} as a log, skipped", _SKIP, 0, reason, _put(_X, _DAMAGED[name][0]))
        for name in ("Parquet", "Latin-1", "a line of 5 MB", "a wrong checksum")
        for reason in [_DAMAGED[name][1]]
    ),
    *(
        Case(f"a log with {name}", _RUN, 0, "4 rows, 3 files", _put(_X, content))
        for name, content in _SOUND.items()
    ),
    Case(
        "byte-order marks: init",
        "init logs --target again --table again",
        0,
        "default, 14 fields (version 2), text",
        _marked,
        writes=("flowathena.toml",),
    ),
    Case("an empty gzip file", _RUN, 0, "2 rows, 3 files", _put(_X, _zipped(""))),
    Case("an empty file", _RUN, 0, "2 rows, 2 files", _put(_X, b"")),
    Case("text named Parquet", _RUN, 0, "3 rows, 3 files", _put("x.log.parquet", _TEXT)),
    Case("300 damaged files", _RUN, 1, "300 damaged log files: ", _put_many),
    Case("300 damaged files, named in part", _RUN, 1, "; and 297 more (--skip-bad", _put_many),
    Case("a pipe as a log", _RUN, 0, "2 rows, 2 files", _pipe),
    *(
        Case(
            f"a leftover {name}",
            _RUN,
            0,
            "ignored 1 file not named like a log (first: ",
            _put(name, b"hello"),
        )
        for name in _LEFTOVERS
    ),
    *(
        Case(f"a name with {what}", _RUN, 0, "3 rows, 3 files", _put(name, _GOOD))
        for what, name in _NAMES.items()
    ),
    *(
        Case(
            f"a damaged file named with {what}",
            _RUN,
            1,
            "truncated gzip file",
            _put(name, b"\x1f\x8b"),
        )
        for what, name in _NAMES.items()
        if what in {"a byte that is not UTF-8", "a newline", "an escape"}
    ),
    Case(
        "a folder in a day whose name is not UTF-8",
        _RUN,
        0,
        "3 rows, 3 files",
        _put("\udcff/x.log.gz", _GOOD),
    ),
]
