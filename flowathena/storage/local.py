"""Logs in a folder on this machine, laid out as in a bucket."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from threading import Lock

from flowathena.errors import PlaceError, StorageError
from flowathena.storage.base import Object, is_log
from flowathena.storage.folders import is_file, is_folder, leads_to_folder, visible_folders


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
            if not is_folder(folder):
                return []
            with os.scandir(folder) as entries:
                names = [e for e in entries if e.name.startswith(starting) and leads_to_folder(e)]
            return sorted(e.name for e in names if _has_entries(e.path))

    def has_folder(self, prefix: str) -> bool:
        """Whether there is a folder, empty or not."""
        self._count()
        return (self.root / prefix).is_dir()

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders under a prefix that contain a log."""
        self._count()
        base = self.root / prefix
        with _translate_errors(base):
            for folder in visible_folders(base, after):
                if any(
                    _is_log(entry) and folder.path + entry.name > after for entry in folder.files
                ):
                    yield folder.path

    def is_empty(self, location: str) -> bool:
        """Whether a folder contains no log; a missing folder below the root counts as empty."""
        self._count()
        folder = Path(location)
        if not folder.is_dir() and not folder.is_relative_to(self.root):
            raise StorageError(f"{folder} is not a folder")  # its disk may not be mounted
        with _translate_errors(folder):
            return not any(map(_is_log, _entries(folder)))

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every visible file under a prefix, in key order."""
        self._count()
        base = self.root / prefix.rpartition("/")[0]
        with _translate_errors(base):
            for entry in sorted(filter(is_file, _entries(base)), key=lambda entry: entry.path):
                key = Path(entry.path).relative_to(self.root).as_posix()
                if not key.startswith(prefix):
                    continue
                facts = entry.stat()
                yield Object(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def common_prefixes(self, prefix: str, delimiter: str) -> Iterator[str]:
        """What the names of visible files under a prefix have in common."""
        found: dict[str, None] = {}
        for item in self.objects(prefix):
            end = item.key.find(delimiter, len(prefix))
            found[item.key if end < 0 else item.key[: end + len(delimiter)]] = None
        yield from found

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


def _has_entries(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(entries)
    except OSError:
        return True  # to be reported when it is listed itself


def _entries(base: Path) -> Iterator["os.DirEntry[str]"]:
    return chain.from_iterable(folder.files for folder in visible_folders(base))


def _is_log(entry: "os.DirEntry[str]") -> bool:
    return is_log(entry.name) and is_file(entry)


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlaceError(f"cannot read {error.filename or path}: {error.strerror}") from error
