"""Objects of buckets on this machine, each as it was when it was last listed.

A file lies at ``<folder>/<bucket>/<key>``; a hidden file beside it holds the object's ETag, so that
a later run fetches what is new or changed. What is not used goes when there is too much.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag)
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flowathena import files
from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
from flowathena.errors import FlowathenaError, ObjectError
from flowathena.storage.base import Object

_SCHEME = "s3://"
_AT_ONCE = 1_000
"""As many fetches wait at once, so that a year of objects takes no memory."""
_LONGEST_NAME_BYTES = 240
"""A file's name has 255 at most, and the hidden file beside it has a few more than the key."""
_IN_USE_SECONDS = 3_600.0
"""What was used within an hour is not removed: another run may be reading it."""


class Source(Protocol):
    """Where objects come from: a bucket."""

    bucket: str

    def fetch(self, found: Object) -> Iterator[bytes]:
        """The content of an object as it was listed, in pieces.

        Raises:
            ObjectError: it is gone, changed or archived.
            StorageError: it cannot be read.
        """
        ...


@dataclass(frozen=True)
class Fetched:
    """What a run found in the folder, and what it fetched.

    Attributes:
        objects: how many objects were fetched.
        size_bytes: their size.
        kept: how many were there.
    """

    objects: int = 0
    size_bytes: int = 0
    kept: int = 0


class Mirror:
    """A folder with copies of objects.

    Args:
        folder: where they are; made when it is needed.
        limit_bytes: as much as is kept beyond what a run needs.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes

    def location(self, location: str) -> str:
        """The folder of an ``s3://`` location, with a slash at its end if that has one.

        Raises:
            ObjectError: it would be another folder.
        """
        path = location.removeprefix(_SCHEME)
        if not _is_path(path.removesuffix("/")):
            raise ObjectError(f"{location!r} cannot be a folder's path; use Athena")
        return f"{self.folder}/{path}"

    def name_of(self, text: str) -> str:
        """A text that names files in the folder, with the objects' locations instead."""
        return text.replace(f"{self.folder}/", _SCHEME)

    def fetch(
        self,
        objects: Sequence[tuple[Source, Object]],
        watch: Watch = lambda _done, _total: None,
    ) -> Fetched:
        """Make the folder contain objects as they were listed.

        Nothing else in it changes: another run may be reading that.

        Args:
            objects: each with its bucket.
            watch: called with how many bytes of how many are fetched.

        Raises:
            FlowathenaError: an object cannot be fetched or written, or its key is no path.
        """
        wanted = [(self.path(source.bucket, found.key), source, found) for source, found in objects]
        missing = [each for each in wanted if not _is_kept(each[0], each[2])]
        total_bytes = sum(found.size_bytes for _, _, found in missing)
        done_bytes = 0
        for first in range(0, len(missing), _AT_ONCE):
            some = missing[first : first + _AT_ONCE]
            for size_bytes in map_concurrently(_fetch, some, CONCURRENCY):
                done_bytes += size_bytes
                watch(done_bytes, total_bytes)
        return Fetched(len(missing), total_bytes, len(wanted) - len(missing))

    def trim(self) -> None:
        """Remove what was not used for the longest time, if there is too much.

        What an interrupted run left is not read, and goes when nobody can be writing it any more.
        """
        found = sorted(_stats(self.folder))
        excess = sum(size for _, size, _ in found) - self._limit_bytes
        for used, size, path in found:
            if used > time.time() - _IN_USE_SECONDS:
                return
            if excess > 0 or path.name.startswith(files.UNFINISHED):
                _remove(path)
                excess -= size

    def path(self, bucket: str, key: str) -> Path:
        """Where an object is kept.

        Raises:
            ObjectError: its key would be another path.
        """
        if not _is_path(f"{bucket}/{key}"):
            raise ObjectError(f"s3://{bucket}/{key!r}: its key cannot be a file's path; use Athena")
        return Path(self.folder, bucket, *key.split("/"))


def _is_path(text: str) -> bool:
    """Whether a text is a path that leads nowhere else."""
    return all(part not in {"", ".", ".."} and _is_name(part) for part in text.split("/"))


def _is_name(part: str) -> bool:
    return "\0" not in part and len(part.encode(errors="surrogatepass")) <= _LONGEST_NAME_BYTES


def _tag(path: Path) -> Path:
    return path.with_name(f".{path.name}.etag")


def _is_kept(path: Path, found: Object) -> bool:
    """Whether an object is there as it was listed; from now on it is in use."""
    try:
        os.utime(path)
        return path.stat().st_size == found.size_bytes and _tag(path).read_text() == found.etag
    except (OSError, ValueError):
        return False


def _fetch(item: tuple[Path, Source, Object]) -> int:
    """Fetch an object; its size in bytes."""
    path, source, found = item
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FlowathenaError(f"cannot write {path}: {error.strerror}") from error
    with files.writing(path) as stream:
        for piece in source.fetch(found):
            stream.write(piece)
    files.write(found.etag.encode(), _tag(path))
    return found.size_bytes


def _remove(path: Path) -> None:
    for each in (_tag(path), path):
        with contextlib.suppress(OSError):
            each.unlink()


def _stats(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each file of a folder was last used, its size in bytes, and its path."""
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            with contextlib.suppress(OSError):
                if not name.startswith(".") or name.startswith(files.UNFINISHED):
                    status = path.stat()
                    yield status.st_mtime, status.st_size, path
