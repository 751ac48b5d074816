"""Logs in a folder on this machine, laid out as in a bucket."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from flowathena.errors import PlaceError, StorageError
from flowathena.storage.base import Object, is_visible


class LocalStorage:
    """The files below one folder; keys are paths relative to it."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self._calls: Counter[str] = Counter()
        self._lock = Lock()
        if not self.root.is_dir():
            raise StorageError(f"{self.root} is not a folder; correct the location")

    @property
    def calls(self) -> Counter[str]:
        """Listings made so far."""
        return self._calls

    def _count(self) -> None:
        with self._lock:
            self._calls["ListFolder"] += 1

    def folders(self, prefix: str, starting: str = "") -> list[str]:
        """Names of the non-empty folders directly under a prefix, sorted."""
        self._count()
        folder = self.root / prefix
        with _translate_errors(folder):
            if not _is_folder(folder):
                return []
            with os.scandir(folder) as entries:
                names = [e for e in entries if e.name.startswith(starting) and e.is_dir()]
            return sorted(e.name for e in names if _has_entries(e.path))

    def has_folder(self, prefix: str) -> bool:
        """Whether there is a folder, empty or not."""
        self._count()
        return (self.root / prefix).is_dir()

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders under a prefix that contain a file."""
        self._count()
        base = self.root / prefix
        with _translate_errors(base):
            if _is_folder(base):
                yield from _log_folders(base, "", after)

    def is_empty(self, location: str) -> bool:
        """Whether a folder contains no file; a missing folder below the root counts as empty."""
        self._count()
        folder = Path(location)
        if not folder.is_dir() and not folder.is_relative_to(self.root):
            raise StorageError(f"{folder} is not a folder")  # its disk may not be mounted
        with _translate_errors(folder):
            return not folder.is_dir() or next(_log_folders(folder, "", ""), None) is None

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every file under a prefix, in key order."""
        self._count()
        base = self.root / prefix
        with _translate_errors(base):
            for path in sorted(path for path in base.rglob("*") if path.is_file()):
                key = path.relative_to(self.root).as_posix()
                facts = path.stat()
                yield Object(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def first_bytes(self, key: str, size_bytes: int) -> bytes:
        """The first bytes of a file."""
        path = self.root / key
        with _translate_errors(path), path.open("rb") as file:
            return file.read(size_bytes)

    def last_bytes(self, key: str, size_bytes: int) -> bytes:
        """The last bytes of a file."""
        path = self.root / key
        with _translate_errors(path), path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size_bytes))
            return file.read()

    def location(self, prefix: str) -> str:
        """The absolute path of a folder, with its trailing slash."""
        return f"{self.root.as_posix().rstrip('/')}/{prefix}"


def _is_folder(path: Path) -> bool:
    """Whether it is a folder; unlike ``Path.is_dir`` of Python 3.14, one that is denied raises."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _has_entries(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(entries)
    except OSError:
        return True  # to be reported when it is listed itself


def _log_folders(base: Path, folder: str, after: str) -> Iterator[str]:
    with os.scandir(base / folder) as entries:
        visible = sorted((e.name, e.is_dir()) for e in entries if is_visible(e.name) and _exists(e))
    if any(not is_folder and folder + name > after for name, is_folder in visible):
        yield folder
    for name, is_folder in visible:
        below = f"{folder}{name}/"
        # If the folder's name sorts before the same part of after, so do all keys in it.
        if is_folder and below >= after[: len(below)]:
            yield from _log_folders(base, below, after)


def _exists(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a folder or a file, and not a broken link."""
    return entry.is_dir() or entry.is_file()


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlaceError(f"cannot read {error.filename or path}: {error.strerror}") from error
